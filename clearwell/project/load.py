"""A project as written: the specs of `pipelines/**/defs.yaml`, and the place of each.

`load_project` returns a consistent project: names are unique, inputs exist, no table is made from itself,
suites and transforms are where the YAML says. Anything else is a ProjectError with its `file:line`. No user
code runs here; `clearwell.flow.check.project` checks more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.project.code_hash import transform_fingerprint
from clearwell.project.component_types import COMPONENTS, kind_of, type_of
from clearwell.project.documents import names_meant, parse_document
from clearwell.project.specs import CuratedSpec, DatasetSpec, ReportsSpec, TableSpec
from clearwell.project.transforms import load_transform
from clearwell.settings.project import PYPROJECT
from clearwell.yaml_lines import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from clearwell.project.specs import Spec
    from clearwell.settings import Settings
    from clearwell.sources import SourceSpec
    from clearwell.yaml_lines import Document

__all__ = ["EXPECTATIONS", "PIPELINES", "Project", "asset_names", "load_project", "read_project"]

PIPELINES = "pipelines"
EXPECTATIONS = "expectations"


@dataclass(frozen=True)
class Project:
    """The specs of a project, each kind by name; ``curated`` is ordered so that inputs come first."""

    settings: Settings
    tables: Mapping[str, TableSpec] = field(default_factory=dict)
    curated: Mapping[str, CuratedSpec] = field(default_factory=dict)
    datasets: Mapping[str, DatasetSpec] = field(default_factory=dict)
    reports: Mapping[str, ReportsSpec] = field(default_factory=dict)
    documents: Mapping[tuple[str, str], Document] = field(default_factory=dict, repr=False)

    @property
    def root(self) -> Path:
        """The folder that holds the project's pyproject.toml."""
        return self.settings.project

    @property
    def specs(self) -> tuple[Spec, ...]:
        """Every spec: tables, curated tables, datasets, reports."""
        groups = (self.tables, self.curated, self.datasets, self.reports)
        return tuple(spec for group in groups for spec in group.values())

    @property
    def extended(self) -> dict[str, str]:
        """The types of the YAML that are not ours but extend one of ours, each with that one."""
        types = {document.value["type"]: type_of(document, self.root) for document in self.documents.values()}
        kinds = {name: kind_of(type, self.root) for name, type in types.items() if type not in COMPONENTS}
        return {name: kind for name, kind in kinds.items() if kind}

    @property
    def produced(self) -> dict[str, Spec]:
        """The tables that this project makes, by full name, each with its spec."""
        made: dict[str, Spec] = {}
        for spec in self.specs:
            made.update(
                (name, spec) for name in asset_names(spec) if isinstance(spec, TableSpec | CuratedSpec)
            )
        return made

    def inputs_of(self, spec: DatasetSpec) -> tuple[str, ...]:
        """The tables that ``spec`` needs: its own, and the one whose features it must have."""
        like = (self.datasets[spec.like].from_table,) if spec.like else ()
        return tuple(dict.fromkeys([spec.from_table, *like]))

    def place(self, spec: Spec, *keys: str | int) -> str:
        """``file:line`` of an attribute of ``spec``: ``place(spec, "silver", "transform")``."""
        return self.documents[type(spec).__name__, spec.name].place("attributes", *keys)

    def transform(self, spec: TableSpec | CuratedSpec) -> Callable[..., Any]:
        """The transform of ``spec``, imported; a silver one takes one frame, a curated one its inputs.

        Raises:
            ProjectError: it cannot be imported, or has other parameters.
        """
        ref, place, inputs = self.transform_of(spec)
        return load_transform(ref, self.root, inputs=inputs, place=place)

    def fingerprint(self, spec: TableSpec | CuratedSpec) -> str:
        """A hash of the code of the transform of ``spec``; see ``transform_fingerprint``."""
        ref, place, _ = self.transform_of(spec)
        inside = () if isinstance(spec, CuratedSpec) else ("silver",)
        at = self.place(spec, *inside, "reads")
        return transform_fingerprint(ref, self.root, reads=self.reads(spec), place=place, reads_place=at)

    def reads(self, spec: TableSpec | CuratedSpec) -> tuple[str, ...]:
        """The patterns of the files that the transform of ``spec`` reads, as the YAML has them."""
        owner = spec if isinstance(spec, CuratedSpec) else spec.silver
        return owner.reads if owner else ()

    def source(self, spec: TableSpec) -> SourceSpec:
        """The source of ``spec``, with its place; raises ProjectError for values that could read no file."""
        return spec.source.to_spec(place=self.place(spec, "source"))

    def suite(self, spec: TableSpec | CuratedSpec) -> Path | None:
        """The file of the suite that checks the rows of ``spec``, if it has one."""
        name = (
            spec.expectations if isinstance(spec, CuratedSpec) else spec.silver and spec.silver.expectations
        )
        return self.root / EXPECTATIONS / f"{name}.yaml" if name else None

    def prices(self, spec: ReportsSpec) -> Path:
        """The price sheet of a report: the one in the settings (a profile may name it), or its own."""
        return self.settings.prices or self.root / spec.prices

    def transform_of(self, spec: TableSpec | CuratedSpec) -> tuple[str, str, tuple[str, ...] | None]:
        """The transform of ``spec``, its ``file:line`` in the YAML, its inputs (None: one DataFrame)."""
        if isinstance(spec, CuratedSpec):
            return spec.transform, self.place(spec, "transform"), spec.inputs
        if spec.silver is None:
            raise ProjectError(f"{spec.name} has no silver table", place=self.place(spec))
        return spec.silver.transform, self.place(spec, "silver", "transform"), None


def load_project(settings: Settings) -> Project:
    """The project at ``settings.project``.

    Raises:
        ProjectError: the first problem; its hint says how many more exist.
    """
    project, problems = read_project(settings)
    if problems:
        first, more = problems[0], len(problems) - 1
        remaining = f"`clearwell check` lists {more} more" if more else None
        hint = "; ".join(filter(None, [first.hint, remaining])) or None
        raise ProjectError(first.fact, place=first.place, hint=hint)
    return project


def read_project(settings: Settings) -> tuple[Project, list[ProjectError]]:
    """The usable part of a project, and every problem found without running its code."""
    problems: list[ProjectError] = []
    groups: dict[type, dict[str, Any]] = {kind: {} for kind in COMPONENTS.values()}
    documents: dict[tuple[str, str], Document] = {}
    owners: dict[str, str] = {}
    unread: set[str] = set()
    for document in _documents(settings.project / PIPELINES, problems):
        spec, found = parse_document(document, settings.project)
        problems += found
        if spec is None:
            unread |= names_meant(document) if found else set()
            continue
        place = document.place("attributes", "name")
        names = (*asset_names(spec), *((f"raw_{spec.name}",) if isinstance(spec, TableSpec) else ()))
        if taken := [name for name in names if name in owners]:
            hint = f"it is also defined at {owners[taken[0]]}"
            problems.append(ProjectError(f"{taken[0]} is defined twice", place=place, hint=hint))
            continue
        owners.update(dict.fromkeys(names, place))
        groups[type(spec)][spec.name] = spec
        documents[type(spec).__name__, spec.name] = document
    tables, curated, datasets, reports = groups.values()
    project = Project(settings, tables, curated, datasets, reports, documents)
    problems += [
        *_bad_sources(project),
        *_unknown_inputs(project, unread),
        *_unlike(project, unread),
        *_missing_files(project),
    ]
    order, cycle = _in_order(project)
    return replace(project, curated=order), problems + cycle


def asset_names(spec: Spec) -> tuple[str, ...]:
    """The names of what ``spec`` makes in Dagster, the lake and the command line."""
    match spec:
        case TableSpec():
            return tuple(str(table) for table in (spec.bronze_table, spec.silver_table) if table)
        case CuratedSpec():
            return (str(spec.table),)
        case _:
            return (spec.name,)


def _documents(folder: Path, problems: list[ProjectError]) -> Iterator[Document]:
    files = sorted(folder.rglob("defs.yaml"))
    if not files:
        problems.append(
            ProjectError(
                "no defs.yaml in this folder or below",
                place=str(folder),
                hint="write pipelines/NAME/defs.yaml",
            )
        )
    for file in files:
        try:
            yield from read_yaml(file)
        except ProjectError as error:
            problems.append(error)


def _bad_sources(project: Project) -> Iterator[ProjectError]:
    from clearwell.sources import find_source, parse_type, read_options

    for spec in project.tables.values():
        source, place = spec.source, partial(project.place, spec, "source")
        try:
            for column, kind in source.columns.items():
                parse_type(kind, place=place("columns", column))
            taken = find_source(source.format, place=place("format")).options
            read_options(source.format, taken, source.options, partial(place, "options"))
            project.source(spec)
        except ProjectError as error:
            yield error


def _unknown_inputs(project: Project, unread: set[str]) -> Iterator[ProjectError]:
    made = project.produced
    wanted = [
        *(
            (spec, name, ("inputs", n))
            for spec in project.curated.values()
            for n, name in enumerate(spec.inputs)
        ),
        *((spec, spec.from_table, ("from",)) for spec in project.datasets.values()),
    ]
    for spec, name, keys in wanted:
        if name not in made and name not in unread:
            hint = did_you_mean(name, made) or f"this project makes {', '.join(made) or 'no table'}"
            yield ProjectError(
                f"no table {name!r} in this project", place=project.place(spec, *keys), hint=hint
            )


def _unlike(project: Project, unread: set[str]) -> Iterator[ProjectError]:
    """Inference datasets whose ``like`` is not a training dataset."""
    known = [spec.name for spec in project.datasets.values() if spec.kind == "training"]
    for spec in project.datasets.values():
        if spec.like is not None and spec.like not in known and spec.like not in unread:
            hint = did_you_mean(spec.like, known) or f"training datasets: {', '.join(known) or 'none'}"
            yield ProjectError(
                f"no training dataset {spec.like!r} in this project",
                place=project.place(spec, "like"),
                hint=hint,
            )


def _missing_files(project: Project) -> Iterator[ProjectError]:
    """Suites, transforms and price sheets that are not where the YAML says."""
    for spec in (*project.tables.values(), *project.curated.values()):
        inside = () if isinstance(spec, CuratedSpec) else ("silver",)
        suite = project.suite(spec)
        if suite and not suite.is_file():
            place = project.place(spec, *inside, "expectations")
            hint = did_you_mean(suite.stem, [file.stem for file in suite.parent.glob("*.yaml")])
            yield ProjectError(
                f"no suite {suite.stem!r}", place=place, hint=hint or f"write {EXPECTATIONS}/{suite.name}"
            )
        if isinstance(spec, CuratedSpec) or spec.silver:
            try:
                project.fingerprint(spec)
            except ProjectError as error:
                yield error
    for spec in project.reports.values():
        if not project.prices(spec).is_file():
            named = project.settings.prices
            place = str(project.root / PYPROJECT) if named else project.place(spec, "prices")
            yield ProjectError(f"no file {str(named or spec.prices)!r} in this project", place=place)


def _in_order(project: Project) -> tuple[dict[str, CuratedSpec], list[ProjectError]]:
    """The curated tables, inputs first; and the error if a table is made from itself."""
    gold = {str(spec.table): spec for spec in project.curated.values()}
    sorter = TopologicalSorter({name: [i for i in spec.inputs if i in gold] for name, spec in gold.items()})
    try:
        return {gold[name].name: gold[name] for name in sorter.static_order()}, []
    except CycleError as error:
        way: list[str] = error.args[1]
        spec = gold[way[0]]
        fact = f"{way[0]} is made from itself: {' <- '.join(reversed(way))}"
        problem = ProjectError(fact, place=project.place(spec, "inputs"), hint="remove one of these inputs")
        return dict(project.curated), [problem]
