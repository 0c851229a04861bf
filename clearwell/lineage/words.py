"""An edge in plain words: for the command line, and for descriptions of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clearwell.model import Edge

__all__ = ["how", "origin"]

_MOST_NAMED = 6

_WORDS = {
    "IDENTITY": "as it is",
    "TRANSFORMATION": "computed",
    "AGGREGATION": "aggregated",
    "CONSTANT": "from no column",
    "MISSING": "from data that the plan does not show",
    "FILTER": "filters the rows",
    "JOIN": "joins the rows",
    "GROUP_BY": "groups the rows",
    "SORT": "orders the rows",
    "WINDOW": "cuts or orders windows of rows",
    "CONDITIONAL": "chooses between values",
}


def how(edge: Edge) -> str:
    """How the source is used, such as ``computed`` or ``filters the rows``; and whether that is blurred."""
    words = _WORDS.get(edge.subtype, edge.subtype.lower())
    return f"{words}, blurred" if edge.blurred else words


def origin(edges: Iterable[Edge]) -> str:
    """Where one column comes from, such as ``from silver_flights.arr_delay (computed)``."""
    groups: dict[str, list[str]] = {}
    for edge in edges:
        groups.setdefault(how(edge), []).extend(
            [f"{edge.source}.{edge.source_column}"] if edge.source else []
        )
    return "; ".join(
        f"from {_listed(names)} ({words})" if names else words for words, names in groups.items()
    )


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
