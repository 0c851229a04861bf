"""Find every problem of a project without an engine and without reading data.

This checks more than `load_project`: transforms are imported, which runs the top level of their modules, and
their parameters are compared with the inputs; suites are read check by check, price sheets line by line. The
folders of raw files are looked into. For existing tables on this machine the log is read: another writer may
have enabled features of Delta that prevent a run, and a suite or SQL may name columns that they lack.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clearwell.errors import ProjectError, SourceError, TableError
from clearwell.flow.build.lineage import Declared, wrong_origins
from clearwell.flow.check.columns import wrong_columns
from clearwell.project.code_hash import sources_of
from clearwell.project.files_read import folder_reads
from clearwell.project.load import read_project
from clearwell.project.specs import CuratedSpec
from clearwell.sources import look_into
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.project.load import Project
    from clearwell.settings import Settings

__all__ = ["check_project", "listed_folders"]


def check_project(settings: Settings) -> list[ProjectError]:
    """All problems of the project, in the order of its files; an empty list if it is valid."""
    project, problems = read_project(settings)
    seen = {str(problem) for problem in problems}
    found = (*_transforms(project), *_lineage(project), *_suites(project), *_prices(project))
    for problem in (*found, *_raw_files(project), *_foreign_tables(project), *wrong_columns(project)):
        if str(problem) not in seen:
            seen.add(str(problem))
            problems.append(problem)
    return problems


def listed_folders(project: Project) -> list[str]:
    """The lines that list a folder in a transform without `reads`: which files are read, they do not say."""
    found: dict[str, None] = {}
    for spec in (*(t for t in project.tables.values() if t.silver), *project.curated.values()):
        ref, place, _ = project.transform_of(spec)
        for source in () if project.reads(spec) else sources_of(ref, project.root, place):
            found |= {f"{shown(source.file)}:{line}": None for line in folder_reads(source.file)}
    return list(found)


def _raw_files(project: Project) -> Iterator[ProjectError]:
    """Folders that are not there, and patterns that no file matches where others are."""
    for spec in project.tables.values():
        try:
            look_into(project.source(spec), project.root)
        except SourceError as error:
            yield ProjectError(error.fact, place=project.place(spec, "source", "path"), hint=error.hint)
        except ProjectError:
            continue  # a source that could read no file has its own problem


def _transforms(project: Project) -> Iterator[ProjectError]:
    made = project.produced
    for spec in (*(t for t in project.tables.values() if t.silver), *project.curated.values()):
        if isinstance(spec, CuratedSpec) and not set(spec.inputs) <= set(made):
            continue  # an input is misspelt: the parameters would seem to be misspelt too
        try:
            project.transform(spec)
        except ProjectError as error:
            yield error


def _lineage(project: Project) -> Iterator[ProjectError]:
    """Declared sources that are in no input; whether their columns exist, only a build can check."""
    for spec in project.tables.values():
        if spec.silver:
            declared = Declared(spec.silver.lineage, partial(project.place, spec, "silver", "lineage"))
            yield from wrong_origins(declared, {str(spec.bronze_table): None})
    for curated in project.curated.values():
        declared = Declared(curated.lineage, partial(project.place, curated, "lineage"))
        yield from wrong_origins(declared, dict.fromkeys(curated.inputs))


def _suites(project: Project) -> Iterator[ProjectError]:
    from clearwell.quality import check_suite  # Great Expectations takes seconds to import

    specs = (*project.tables.values(), *project.curated.values())
    files = {suite for spec in specs if (suite := project.suite(spec)) and suite.is_file()}
    for file in sorted(files):
        yield from check_suite(file)


def _prices(project: Project) -> Iterator[ProjectError]:
    from clearwell.reports import load_prices

    for file in sorted({project.prices(spec) for spec in project.reports.values()}):
        try:
            if file.is_file():
                load_prices(file)
        except ProjectError as error:
            yield error


def _foreign_tables(project: Project) -> Iterator[ProjectError]:
    """Tables of the project to which a run could not commit, or which its engine could not read."""
    from clearwell.tables import WriteKind, lake_of

    lake = lake_of(project.settings)
    for name, spec in project.produced.items():
        path = lake.table(name).name.path
        if not lake.store.is_local(path):
            continue  # each check would be a request
        try:
            if (snapshot := lake.table(name).snapshot()) is None:
                continue
            if project.settings.engine == "embedded":
                snapshot.require_readable()
            mode = getattr(getattr(spec, "write", None), "mode", "append")
            snapshot.require_writable(WriteKind.of(mode))
        except TableError as error:
            yield ProjectError(f"{name}: {error.fact}", place=project.place(spec), hint=error.hint)
