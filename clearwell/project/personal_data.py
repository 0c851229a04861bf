"""Which columns of a table hold personal data: those named in its YAML, and those it inherits.

A column that keeps its name stays personal in every table downstream. A column that a transform renames or
derives from it is known by the lineage (``spread``); where the plan hides that, declare it there too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.project.specs import CuratedSpec, TableSpec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from clearwell.model import Edge
    from clearwell.project.load import Project

__all__ = ["personal_columns", "spread", "tables_before"]


def personal_columns(project: Project, table: str) -> frozenset[str]:
    """The columns named in `personal:` by the spec of ``table`` or of any table upstream of it."""
    made = project.produced
    names = (table, *tables_before(project, table))
    return frozenset(
        column
        for name in names
        if isinstance(spec := made.get(name), TableSpec | CuratedSpec)
        for column in spec.personal
    )


def spread(
    personal: Mapping[str, frozenset[str]],
    edges: Mapping[str, Sequence[Edge]],
    *,
    kinds: Collection[str] | None = None,
) -> dict[str, frozenset[str]]:
    """By table: its ``personal`` columns, and the columns derived from them by edges of ``kinds``."""
    found = dict(personal)
    is_new = True
    while is_new:
        is_new = False
        for table, its in edges.items():
            known = found.get(table, frozenset())
            more = {
                edge.column
                for edge in its
                if edge.is_direct
                and (kinds is None or edge.subtype in kinds)
                and edge.source_column in found.get(edge.source, ())
            }
            if more - known:
                found[table] = known | more
                is_new = True
    return found


def tables_before(project: Project, table: str) -> tuple[str, ...]:
    """The upstream tables of ``table``, nearest first."""
    made, found, to_visit = project.produced, dict[str, None](), [table]
    while to_visit:
        name = to_visit.pop(0)
        for before in _inputs(made.get(name), name):
            if before not in found and before != table:
                found[before] = None
                to_visit.append(before)
    return tuple(found)


def _inputs(spec: object, name: str) -> tuple[str, ...]:
    match spec:
        case CuratedSpec():
            return spec.inputs
        case TableSpec() if name != str(spec.bronze_table):
            return (str(spec.bronze_table),)
        case _:
            return ()
