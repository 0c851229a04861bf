"""`dg scaffold defs clearwell.components.Table NAME` and similar: a YAML that runs without changes.

So a scaffold also writes the files that its YAML names: a transform, a suite, a few records, a price sheet.
An existing file is always kept; an invalid name is refused before anything is written.
"""

from __future__ import annotations

import keyword
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
import dagster as dg
from pydantic import BaseModel, Field

from clearwell.components.scaffold import texts
from clearwell.components.scaffold.facts import Facts, sample_records
from clearwell.errors import ClearwellError, ProjectError, did_you_mean
from clearwell.names import require_identifier
from clearwell.project.load import PIPELINES
from clearwell.sources import find_source, format_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["CuratedScaffolder", "DatasetScaffolder", "ReportsScaffolder", "TableScaffolder"]

ParamsT = TypeVar("ParamsT", bound="_Params")


class _Params(BaseModel):
    owner: str = Field(default="team:data", description='The owner: "team:NAME" or an e-mail address.')


class TableParams(_Params):
    """The options of a table's scaffold."""

    path: str | None = Field(
        default=None,
        description="The raw files, a glob; default: raw/NAME/*.csv, with a few sample records.",
    )
    file_format: str | None = Field(
        default=None, description="csv, jsonl, parquet, text, or a plugin's; default: from the path."
    )


class CuratedParams(_Params):
    """The options of a curated table's scaffold."""

    inputs: list[str] | None = Field(
        default=None, description="The input tables; default: the last silver one."
    )


class DatasetParams(_Params):
    """The options of a dataset's scaffold."""

    table: str | None = Field(
        default=None, description="The table to release; default: one with known columns."
    )
    label: str | None = Field(default=None, description="The column to predict; default: its last one.")
    column: str | None = Field(
        default=None, description="The column that splits rows into train and test; default: its first date."
    )


class ReportsParams(_Params):
    """The options of a report's scaffold."""

    prices: str | None = Field(default=None, description="A price sheet; default: a new one beside it.")


class _Scaffolder(dg.Scaffolder, Generic[ParamsT]):
    """Writes the files of one component, or none."""

    params: type[_Params]
    kind: str
    """The component that the YAML names, unless it is asked for by a class that extends it."""

    @classmethod
    def get_scaffold_params(cls) -> type[Any]:
        """The options of `dg scaffold defs`."""
        return cls.params

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write the requested files; an error is one line and leaves no files behind."""
        try:
            if request.scaffold_format != "yaml":
                raise ProjectError("Clearwell's components are written in YAML", hint="omit --format")
            if request.append:
                raise ProjectError("a scaffold needs a separate folder", hint="omit --append")
            if request.project_root is None:
                raise ProjectError("no project here", hint="go to a folder with a pyproject.toml")
            facts = Facts.of(request.project_root)
            name = _name(request.target_path.name, facts)
            folder = request.target_path.relative_to(facts.root).as_posix()
            files = self.files(name, folder, facts, request.params)
        except ClearwellError as error:
            _remove_empty(request.target_path)
            raise click.ClickException(str(error)) from error
        for path, text in files.items():
            if path == f"{folder}/defs.yaml" and isinstance(text, str):
                text = text.replace(self.kind, request.type_name)  # noqa: PLW2901
            lined_up = texts.lined_up(text) if isinstance(text, str) else text
            _write(facts.root / path, lined_up, path)
        click.echo("next: `clearwell check`, then `clearwell run`")

    @abstractmethod
    def files(self, name: str, folder: str, facts: Facts, params: ParamsT) -> Mapping[str, str | bytes]:
        """The files by their paths in the project; ``folder`` is that of the YAML."""


class TableScaffolder(_Scaffolder[TableParams]):
    """A table, its transform, its suite; and a few records unless a path is given."""

    params = TableParams
    kind = "clearwell.components.Table"

    def files(self, name: str, folder: str, facts: Facts, params: TableParams) -> Mapping[str, str | bytes]:
        """YAML, transform, suite, and a file of records."""
        files: dict[str, str | bytes] = {}
        format = params.file_format or _format_of(params.path or "")
        path = params.path or f"raw/{name}/*{next(iter(find_source(format).suffixes), '')}"
        typed, checks = "", ""
        if params.path is None:
            files[path.replace("*", "first")], typed, checks = sample_records(format)
        elif first := facts.first_file(path):
            typed = facts.columns_line(first, format)
        else:
            click.echo(f"no file matches {path} yet: deliver one before `clearwell run`")
        module = _module(facts, files, name, "clean", texts.CLEAN.substitute(name=name), zone="silver")
        files[f"{folder}/defs.yaml"] = texts.TABLE.substitute(
            name=name,
            description=f"The raw files {path}, as delivered.",
            owner=params.owner,
            path=path,
            format=format,
            typed=typed,
            transform=f"{module}:clean",
        )
        files[f"expectations/silver_{name}.yaml"] = texts.SILVER_SUITE.substitute(name=name, checks=checks)
        return files


class CuratedScaffolder(_Scaffolder[CuratedParams]):
    """A table computed from others, its transform and its suite."""

    params = CuratedParams
    kind = "clearwell.components.Curated"

    def files(self, name: str, folder: str, facts: Facts, params: CuratedParams) -> Mapping[str, str | bytes]:
        """YAML, transform, suite."""
        inputs = [facts.table(given) for given in params.inputs or [facts.last_table()]]
        files: dict[str, str | bytes] = {}
        code = texts.COMPUTE.substitute(
            name=name,
            inputs=", ".join(inputs),
            parameters=", ".join(f"{table}: DataFrame" for table in inputs),
            named=", ".join(f'"{table}": {table}' for table in inputs),
        )
        module = _module(facts, files, name, "compute", code, zone="gold")
        files[f"{folder}/defs.yaml"] = texts.CURATED.substitute(
            name=name, inputs=", ".join(inputs), owner=params.owner, transform=f"{module}:compute"
        )
        files[f"expectations/gold_{name}.yaml"] = texts.GOLD_SUITE.substitute(name=name)
        return files


class DatasetScaffolder(_Scaffolder[DatasetParams]):
    """A release of a table with known columns: it was built, or its YAML declares their types."""

    params = DatasetParams
    kind = "clearwell.components.Dataset"

    def files(self, name: str, folder: str, facts: Facts, params: DatasetParams) -> Mapping[str, str | bytes]:
        """The YAML alone."""
        table = facts.table(params.table) if params.table else facts.table_of_known_columns()
        columns = facts.columns(table)
        for given in (params.label, params.column):
            if given and columns and given not in columns:
                raise ProjectError(
                    f"{table} has no column {given!r}",
                    hint=did_you_mean(given, columns) or f"it has {', '.join(columns)}",
                )
        label = params.label or facts.label_of(table)
        split = facts.split_of(table, params.column, label)
        text = texts.DATASET.substitute(name=name, table=table, label=label, split=split, owner=params.owner)
        return {f"{folder}/defs.yaml": text}


class ReportsScaffolder(_Scaffolder[ReportsParams]):
    """A report, and a price sheet unless one is given."""

    params = ReportsParams
    kind = "clearwell.components.Reports"

    def files(self, name: str, folder: str, facts: Facts, params: ReportsParams) -> Mapping[str, str | bytes]:
        """YAML and price sheet."""
        if params.prices and not (facts.root / params.prices).is_file():
            raise ProjectError(
                f"no file {params.prices!r} in this project", hint="omit --prices to get a new one"
            )
        prices = params.prices or f"{folder}/prices.yaml"
        files: dict[str, str | bytes] = {} if params.prices else {prices: texts.PRICES}
        files[f"{folder}/defs.yaml"] = texts.REPORTS.substitute(name=name, prices=prices, owner=params.owner)
        return files


def _format_of(path: str) -> str:
    """The format for the file's suffix, default CSV. A plugin that cannot be loaded is ignored."""
    for format in format_names():
        with suppress(ProjectError):
            if path.lower().endswith(find_source(format).suffixes):
                return format
    return "csv"


def _name(text: str, facts: Facts) -> str:
    """The name of the component, if it is valid for a table and a module and is not taken."""
    name = require_identifier(text, what="component")
    if keyword.iskeyword(name):
        raise ProjectError(
            f"{name!r} cannot name a component: it is a Python keyword", hint="use another name"
        )
    if place := facts.taken(name):
        raise ProjectError(f"the name {name!r} is taken", place=place, hint="use another name")
    return name


def _module(
    facts: Facts, files: dict[str, str | bytes], name: str, function: str, code: str, *, zone: str
) -> str:
    """The module of a transform: an existing one with the function, else a new one, added to ``files``."""
    if not (facts.root / "assets" / "__init__.py").exists():
        files["assets/__init__.py"] = ""
    for module in (name, f"{zone}_{name}"):
        file = facts.root / "assets" / f"{module}.py"
        if not file.exists():
            files[f"assets/{module}.py"] = code
            return f"assets.{module}"
        if f"def {function}(" in file.read_text(encoding="utf-8"):
            click.echo(f"kept   assets/{module}.py, which has a function {function}")
            return f"assets.{module}"
    raise ProjectError(
        f"assets/{name}.py and assets/{zone}_{name}.py exist and have no function {function!r}",
        hint=f"write `def {function}(...)` in one of them",
    )


def _remove_empty(folder: Path) -> None:
    """Remove the folders that Dagster created for a refused scaffold."""
    while folder.is_dir() and folder.name != PIPELINES and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _write(file: Path, text: str | bytes, shown: str) -> None:
    """Write a new file; an existing one is kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("xb") as opened:
            opened.write(text if isinstance(text, bytes) else text.encode())
    except FileExistsError:
        click.echo(f"kept   {shown}, which exists")
    else:
        click.echo(f"wrote  {shown}")
