"""Columns that a suite or the SQL of a transform names and no frame has, found without running anything.

What is known are the columns of the tables that were built. A transform may have been edited since, so a name
that its code says anywhere counts as a column. Tables that were never built are not looked at: a suite of one
is named by ``unbuilt_suites``.
"""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from clearwell.errors import ProjectError, TableError, did_you_mean
from clearwell.project.code_hash import line_that_says, parse_module, sources_of
from clearwell.project.specs import CuratedSpec
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from clearwell.project.load import Project
    from clearwell.project.specs import TableSpec

__all__ = ["unbuilt_suites", "wrong_columns"]

_MOST_NAMES = 20
_WORD = re.compile(r"\w+")


def wrong_columns(project: Project) -> Iterator[ProjectError]:
    """A problem for each such column, at the line that names it."""
    for spec in _transformed(project):
        with suppress(ProjectError):  # a suite or a transform that cannot be read has its own problem
            yield from _in_suite(project, spec)
        with suppress(ProjectError):
            yield from _in_sql(project, spec)
    for spec in (*project.tables.values(), *project.curated.values()):
        yield from _in_descriptions(project, spec)


def unbuilt_suites(project: Project) -> list[str]:
    """The tables with a suite whose columns are not known, as they were never built or are in a bucket."""
    return [
        _table(spec)
        for spec in _transformed(project)
        if project.suite(spec) and _columns(project, _table(spec)) is None
    ]


def _transformed(project: Project) -> Iterator[TableSpec | CuratedSpec]:
    yield from (spec for spec in project.tables.values() if spec.silver)
    yield from project.curated.values()


def _table(spec: TableSpec | CuratedSpec) -> str:
    return str(spec.table if isinstance(spec, CuratedSpec) else spec.silver_table)


def _inputs(spec: TableSpec | CuratedSpec) -> tuple[str, ...]:
    return spec.inputs if isinstance(spec, CuratedSpec) else (str(spec.bronze_table),)


def _columns(project: Project, table: str) -> list[str] | None:
    """The columns of a table that was built on this machine: in a bucket each look would be a request."""
    from clearwell.tables import lake_of

    lake = lake_of(project.settings)
    if not lake.store.is_local(lake.table(table).name.path):
        return None
    with suppress(TableError):
        snapshot = lake.table(table).snapshot()
        return list(snapshot.schema.names) if snapshot else None
    return None


def _in_descriptions(project: Project, spec: TableSpec | CuratedSpec) -> Iterator[ProjectError]:
    """Columns that the YAML describes; those of bronze and silver have one description."""
    if not spec.column_descriptions:
        return
    both = (spec.table,) if isinstance(spec, CuratedSpec) else (spec.bronze_table, spec.silver_table)
    tables = [str(table) for table in both if table is not None]
    built = [_columns(project, table) for table in tables]
    known = [name for columns in built for name in columns or ()]
    for column in spec.column_descriptions if None not in built else ():
        if not _is_among(column, known):
            yield ProjectError(
                f"no column {column!r} in {' or '.join(tables)}",
                place=project.place(spec, "column_descriptions", column),
                hint=did_you_mean(column, known) or f"they have {_listed(known)}",
            )


def _in_suite(project: Project, spec: TableSpec | CuratedSpec) -> Iterator[ProjectError]:
    from clearwell.quality import load_suite

    file, built = project.suite(spec), _columns(project, _table(spec))
    if file is None or built is None:
        return
    suite, (ref, _, _) = load_suite(file), project.transform_of(spec)
    for check in suite.checks:
        for column, keyword in check.columns.items():
            known = [*built, *(name for table in _inputs(spec) for name in _columns(project, table) or ())]
            if _is_among(column, known) or line_that_says(column.partition(".")[0], ref, project.root):
                continue
            yield ProjectError(
                f"{_table(spec)} has no column {column!r}, and {ref} names none",
                place=suite.place(check, keyword),
                hint=did_you_mean(column, built) or f"it has {_listed(built)}",
            )


def _in_sql(project: Project, spec: TableSpec | CuratedSpec) -> Iterator[ProjectError]:
    tables = [_columns(project, table) for table in _inputs(spec)]
    if None in tables:
        return
    known = [name for names in tables for name in names or ()]
    ref, place, _ = project.transform_of(spec)
    module = sources_of(ref, project.root, place)[0]
    texts = list(_queries(module.file, ref.partition(":")[2]))
    if not texts:
        return
    from clearwell.lineage.sql.queries import named_columns  # sqlglot takes a moment, where there is SQL

    said = _words(project.root, ref, {text for _, text in texts})
    for line, text in texts:
        for column in sorted(named_columns(text, known)):
            if column.casefold() not in said and not _is_among(column, known):
                yield ProjectError(
                    f"the SQL names a column {column!r}, which none of {', '.join(_inputs(spec))} has",
                    place=f"{shown(module.file)}:{line}",
                    hint=did_you_mean(column, known) or f"they have {_listed(known)}",
                )


def _queries(file: Path, function: str) -> Iterator[tuple[int, str]]:
    """The SQL that a function hands over as it stands, ``session.sql("...")``, with its lines."""
    for definition in parse_module(file, file.read_bytes()).body:
        if not isinstance(definition, ast.FunctionDef) or definition.name != function:
            continue
        for node in ast.walk(definition):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "sql"
            ):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.lineno, first.value


def _words(root: Path, ref: str, queries: set[str]) -> set[str]:
    """The words that the code of a transform says elsewhere than in these queries."""
    words: set[str] = set()
    for source in sources_of(ref, root, None):
        for node in ast.walk(parse_module(source.file, source.file.read_bytes())):
            text = node.value if isinstance(node, ast.Constant) else getattr(node, "attr", None)
            if isinstance(text, str) and text not in queries:
                words |= {word.casefold() for word in _WORD.findall(text)}
    return words


def _is_among(column: str, known: Sequence[str]) -> bool:
    """Whether it is a column, or a field of one; Spark compares names without case."""
    names = {name.casefold() for name in known}
    return column.casefold() in names or column.partition(".")[0].casefold() in names


def _listed(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
