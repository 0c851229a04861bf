"""Data Docs of one table: its facts, its state, and its check results. No row, no value.

A page is made from plain data and is the same for the same data. It shows counts, names and the suite's own
text; no value of a row appears in it, whether the column is personal or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearwell.pages.lineage_page import lineage_anchor
from clearwell.reports.content import Mark
from clearwell.reports.render.document import asset, document
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from clearwell.model import Edge
    from clearwell.pages.table_doc import BatchDoc, TableDoc

__all__ = ["moment", "table_page"]

_MOST_FILES = 50
_MOST_SOURCES = 6
_HOW = {"IDENTITY": "as it is", "TRANSFORMATION": "computed", "AGGREGATION": "aggregated"}


def table_page(doc: TableDoc) -> str:
    """The page, for ``tables/<name>.html`` beside ``lineage.html`` and ``index.html``."""
    most = max((batch.accepted for batch in doc.batches), default=0) or 1
    return document(
        "pages/templates/table.html.j2",
        title=f"{doc.name}: Data Docs",
        style=asset("reports/render/static/page.css") + asset("pages/static/table.css"),
        doc=doc,
        facts=list(_facts(doc)),
        most_rows=most,
        batches=[_mark(batch, most) for batch in doc.batches],
        origins={column.name: _sources(column.edges) for column in doc.columns},
        files=doc.files[-_MOST_FILES:][::-1],
        lineage=_lineage,
    )


def moment(when: datetime | None) -> str:
    """A time in readable form, in UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "unknown"


def _lineage(table: str, column: str = "") -> str:
    return f"../lineage.html#{lineage_anchor(table, column)}"


def _facts(doc: TableDoc) -> Iterator[tuple[str, str]]:
    if doc.gone and doc.version is None:
        yield "State", "gone"
    elif doc.version is None:
        yield "State", "not built yet: clearwell run builds it"
    else:
        yield "Rows", f"{doc.rows:,}"
        yield "Size", readable_size(doc.bytes)
        yield "Version", f"{doc.version:,}"
    if doc.batches:
        yield "Last build", moment(doc.batches[-1].when)
        yield "It brought", _brought(doc.batches[-1])
    if doc.owners:
        yield "Owners", ", ".join(doc.owners)
    if doc.license:
        yield "Licence", doc.license


def _brought(batch: BatchDoc) -> str:
    if batch.is_void:
        return "nothing: the batch was voided"
    return f"{batch.accepted:,} rows ({batch.mode}), {batch.quarantined:,} quarantined"


def _mark(batch: BatchDoc, most: int) -> Mark:
    text = f"batch {batch.number}, {moment(batch.when)}: {_brought(batch)}"
    return Mark("faint" if batch.is_void else "accent", text, batch.accepted / most)


@dataclass(frozen=True)
class _Source:
    """Source columns of a column in one table, and how many more there are; "" for no table."""

    table: str
    how: str
    columns: Sequence[str] = ()
    more: int = 0
    is_missing: bool = False


def _sources(edges: Sequence[Edge]) -> list[_Source]:
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for edge in edges:
        groups.setdefault((edge.source, edge.subtype, edge.blurred), []).append(edge.source_column)
    return [_source(*kind, columns) for kind, columns in groups.items()]


def _source(table: str, subtype: str, blurred: bool, columns: Sequence[str]) -> _Source:
    if not table:
        is_missing = subtype == "MISSING"
        return _Source("", "origin unknown" if is_missing else "constant", is_missing=is_missing)
    how = f"{_HOW.get(subtype, subtype.lower())}{', perhaps' if blurred else ''}"
    return _Source(table, how, columns[:_MOST_SOURCES], max(len(columns) - _MOST_SOURCES, 0))
