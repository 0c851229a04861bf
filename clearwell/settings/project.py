"""Find the project: the nearest folder whose pyproject.toml has ``[tool.clearwell]``, and its settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from clearwell.errors import ProjectError

__all__ = ["PYPROJECT", "code_location_name", "find_project", "project_name", "tool_section"]

PYPROJECT = "pyproject.toml"
DEFINITIONS = "clearwell.definitions"
"""The module that Dagster loads; a code location without a name of its own is called so."""


def find_project(start: Path | None = None) -> Path:
    """The nearest folder at or above ``start`` whose pyproject.toml has [tool.clearwell].

    Raises:
        ProjectError: there is none.
    """
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if "clearwell" in tool_section(folder / PYPROJECT):
            return folder
    raise ProjectError(
        f"{here} is not in a Clearwell project",
        hint="go to a folder whose pyproject.toml has a [tool.clearwell] section, or create a project:"
        " clearwell init DIR",
    )


def project_name(folder: Path) -> str:
    """What the project in ``folder`` is called: ``[project] name``, or else the folder's path."""
    name = _read(folder / PYPROJECT).get("project", {}).get("name")
    return name if isinstance(name, str) and name else str(folder.resolve())


def code_location_name(folder: Path) -> str:
    """What Dagster's pages call the project in ``folder``, if they are opened by `clearwell ui`."""
    tool = tool_section(folder / PYPROJECT)
    for named in (tool.get("dagster"), tool.get("dg", {}).get("project")):
        if isinstance(named, dict) and isinstance(name := named.get("code_location_name"), str):
            return name
    return DEFINITIONS


def tool_section(file: Path) -> dict[str, Any]:
    """``[tool]`` of a pyproject.toml, empty when there is none; raises ProjectError."""
    return _read(file).get("tool", {})


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"invalid TOML: {error}", place=str(file)) from error
