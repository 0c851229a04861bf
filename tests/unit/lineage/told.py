"""Edges as short lines, so that a case can be read: what a column comes from, what decides about rows.

b = t.a      as it is           rows FILTER t.a      which rows there are
b ~ t.a      computed           b .                  from no column
b + t.a      aggregated         b !                  from data that the plan does not show
                                ?                    at the end of a line: blurred
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.model import Edge

_SIGNS = {"IDENTITY": "=", "TRANSFORMATION": "~", "AGGREGATION": "+"}


def told(edges: Iterable[Edge]) -> list[str]:
    """Edges as lines, sorted."""
    return sorted(map(_line, edges))


def lines(text: str) -> list[str]:
    """The lines of a case, sorted; ``a, b = t.c`` stands for two, ``a ~ t.c t.d`` for two as well."""
    found: list[str] = []
    for written in filter(None, map(str.strip, text.splitlines())):
        blurred = " ?" if written.endswith("?") else ""
        head, *rest = written.removesuffix("?").split()
        columns = [head]
        while columns[-1].endswith(","):
            columns.append(rest.pop(0))
        sign, *sources = rest
        found += [
            f"{column.rstrip(',')} {sign} {source}".rstrip() + blurred
            for column in columns
            for source in (sources or [""])
        ]
    return sorted(found)


def _line(edge: Edge) -> str:
    source = f"{edge.source}.{edge.source_column}"
    if not edge.column:
        line = f"rows {edge.subtype} {source}"
    elif not edge.source:
        line = f"{edge.column} {'.' if edge.subtype == 'CONSTANT' else '!'}"
    else:
        line = f"{edge.column} {_SIGNS[edge.subtype]} {source}"
    return f"{line} ?" if edge.blurred else line
