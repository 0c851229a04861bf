"""Print the JSON schemas of a project's YAML, or write them where the project's editors look."""

from __future__ import annotations

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearwell.cli.terminal.session import Session, options
from clearwell.errors import ProjectError

if TYPE_CHECKING:
    from clearwell.settings import Settings

__all__ = ["SCHEMAS", "schema", "schema_text"]

SCHEMAS = {kind: f".schemas/{kind}.json" for kind in ("defs", "suite", "prices")}
"""The file of each schema in a project, which its .vscode/settings.json names."""


@click.command(short_help="Print the JSON schemas of the YAML, for editors.")
@click.argument("kind", type=click.Choice(list(SCHEMAS)), required=False)
@click.option("--write", is_flag=True, help="Write into the project's .schemas; without KIND, all of them.")
@options(lake=False)
def schema(session: Session, kind: str | None, write: bool) -> None:
    """Print the JSON schema of KIND: defs (pipelines/**/defs.yaml), suite (expectations/) or prices.

    An editor with yaml-language-server completes and checks the YAML with it. `clearwell init` configures
    Visual Studio Code; elsewhere begin a file with: # yaml-language-server: $schema=../../.schemas/defs.json
    """
    if not write:
        try:
            settings = session.settings()
        except ProjectError:  # not in a project, or in one whose settings are wrong
            settings = None
        click.echo(schema_text(kind or "defs", settings), nl=False)
        return
    settings = session.settings()
    for name in [kind] if kind else SCHEMAS:
        changed = _replace(settings.project / SCHEMAS[name], schema_text(name, settings))
        click.echo(f"{'written' if changed else 'unchanged':<9} {SCHEMAS[name]}")


def schema_text(kind: str, project: Settings | None = None) -> str:
    """The schema of one kind of YAML, as written to its file; with the component types of ``project``."""
    match kind:
        case "suite":
            from clearwell.quality.schema import suite_schema as make
        case "prices":
            from clearwell.reports.measure.prices import price_schema as make
        case _:
            from clearwell.project.json_schema import defs_schema
            from clearwell.project.load import read_project

            make = partial(defs_schema, read_project(project)[0].extended if project else None)
    return json.dumps(make(), indent=2, ensure_ascii=False) + "\n"


def _replace(file: Path, text: str) -> bool:
    """Write ``text`` to ``file`` by one rename; returns whether it changed."""
    if file.is_file() and file.read_bytes() == text.encode():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
    Path(draft).chmod(0o644)
    Path(draft).replace(file)
    return True
