"""Pages: the lineage of the lake, the Data Docs of each table, and the list of both, as HTML text.

``render_pages`` only reads. The same lake and project give the same text, without any timestamp, so the
writer of the pages (`clearwell.flow.report`) can leave an unchanged file alone.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from clearwell.datasets import open_release_store
from clearwell.errors import DatasetError, ProjectError
from clearwell.names import RELEASES, TableName, Zone
from clearwell.pages.gone import Gone, gone_since, reason
from clearwell.pages.index_page import index_page
from clearwell.pages.lineage_page import LineageColumn, LineageTable, lineage_page
from clearwell.pages.table_facts import Histories, read_table
from clearwell.pages.table_page import table_page
from clearwell.project.personal_data import PersonalData
from clearwell.project.specs import CuratedSpec, TableSpec, personal_said
from clearwell.quality import is_personal
from clearwell.tables import lineage_of
from clearwell.type_names import recorded_type

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from clearwell.model import Edge
    from clearwell.pages.table_doc import TableDoc
    from clearwell.project.load import Project
    from clearwell.project.specs import DatasetSpec
    from clearwell.tables import Lake

__all__ = ["render_pages"]

_ZONES = (Zone.BRONZE, Zone.SILVER, Zone.GOLD)


def render_pages(
    project: Project, lake: Lake, *, before: Mapping[str, str] | None = None, day: str = ""
) -> dict[str, str]:
    """Every page by its path relative to ``LAKE/reports``: lineage.html, index.html, tables/NAME.html.

    Args:
        project: The project.
        lake: Its lake.
        before: The pages of tables that are there, by the table's name. None is dropped: the page of a table
            that is gone says since when, and why.
        day: Today, for a table that is found to be gone.

    Raises:
        ProjectError: a suite is not valid.
        TableError: a table cannot be read.
    """
    edges = lineage_of(lake)
    histories = Histories.read(lake)
    personal = PersonalData(project, lambda: edges)
    since = {name: gone_since(text) or day for name, text in (before or {}).items()}
    docs: list[TableDoc] = []
    there = lake.tables()
    for name in _tables(project, there, since):
        its, hidden = edges.get(str(name), ()), personal.columns(str(name))
        doc = read_table(project, lake, name, histories, its, hidden)
        why = reason(
            is_made=doc.name in _made(project),
            is_there=name in there,
            was_there=name in there or bool(doc.batches),
        )
        docs.append(replace(doc, gone=Gone(why, since.get(doc.name, day)) if why else None))
    made_from = _made_from(project, edges)
    title = lake.root.name
    pages = {
        "lineage.html": lineage_page(title, _nodes(project, lake, docs, personal), edges, home="index.html")
    }
    pages["index.html"] = index_page(title, docs, _reports(project))
    built = {doc.name for doc in docs}
    for doc in docs:
        sources = sorted(made_from.get(doc.name, ()))
        users = sorted(name for name, its in made_from.items() if doc.name in its)
        full = replace(doc, before=_linked(sources, built), after=_linked(users, built))
        pages[f"tables/{doc.name}.html"] = table_page(full)
    return pages


def _tables(project: Project, there: Collection[TableName], known: Collection[str]) -> list[TableName]:
    """The tables that the project makes, the lake has, or a page is of, in the order of zones."""
    found = {*_parsed(_made(project)), *there, *_parsed(known)}
    return sorted(
        (name for name in found if name.zone in _ZONES), key=lambda name: (_ZONES.index(name.zone), name.name)
    )


def _parsed(names: Collection[str]) -> Iterator[TableName]:
    for name in names:
        with suppress(ProjectError):  # no page of a table
            yield TableName.parse(name)


def _made(project: Project) -> set[str]:
    """The tables that the project makes."""
    return {
        str(name)
        for spec in project.produced.values()
        for name in (
            [spec.table]
            if isinstance(spec, CuratedSpec)
            else [spec.bronze_table, spec.silver_table]
            if isinstance(spec, TableSpec)
            else []
        )
        if name
    }


def _made_from(project: Project, edges: Mapping[str, Sequence[Edge]]) -> dict[str, set[str]]:
    """By table or dataset: its sources, according to the project and to its builds."""
    before: dict[str, set[str]] = {}
    for spec in project.specs:
        match spec:
            case TableSpec():
                before[str(spec.bronze_table)] = {f"raw_{spec.name}"}
                if spec.silver_table:
                    before[str(spec.silver_table)] = {str(spec.bronze_table)}
            case CuratedSpec():
                before[str(spec.table)] = set(spec.inputs)
            case _:
                if source := getattr(spec, "from_table", None):
                    before[spec.name] = {source}
    for name, its in edges.items():
        before.setdefault(name, set()).update(edge.source for edge in its if edge.source)
    return before


def _linked(names: Sequence[str], built: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{quote(name)}.html" if name in built else "") for name in names)


def _reports(project: Project) -> list[tuple[str, str]]:
    return [
        (name.replace("_", " ").capitalize(), f"{name.replace('_', '-')}.html") for name in project.reports
    ]


def _nodes(
    project: Project, lake: Lake, docs: Sequence[TableDoc], personal: PersonalData
) -> Iterator[LineageTable]:
    """The contents of the lineage page: raw files, tables, datasets."""
    for spec in project.tables.values():
        raw = f"raw_{spec.name}"
        columns = tuple(
            LineageColumn(name, kind, is_personal(name, personal.columns(raw)))
            for name, kind in spec.source.columns.items()
        )
        yield LineageTable(raw, "raw", spec.source.path, spec.owners, columns)
    for doc in docs:
        columns = tuple(LineageColumn(c.name, c.type, c.is_personal) for c in doc.columns)
        page = f"tables/{quote(doc.name)}.html"
        yield LineageTable(doc.name, doc.zone, doc.description, doc.owners, columns, page)
    for spec in project.datasets.values():
        columns = _released(lake, spec, personal.columns(spec.name))
        said = " ".join([*([spec.description] if spec.description else []), *personal_said(spec)])
        yield LineageTable(spec.name, "release", said, spec.owners, columns)


def _released(lake: Lake, spec: DatasetSpec, personal: Collection[str]) -> tuple[LineageColumn, ...]:
    """The columns of a dataset's current release; none if nothing is released."""
    try:
        release_store = open_release_store(lake.store.absolute(RELEASES))
        manifest = release_store.manifest(spec.name, release_store.current(spec.name))
    except DatasetError:
        return ()
    return tuple(
        LineageColumn(
            c.name, recorded_type(c.type), is_personal(c.name, personal), is_label=c.name == manifest.label
        )
        for c in manifest.schema
    )
