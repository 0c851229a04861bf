"""Find the project: the nearest folder whose pyproject.toml has ``[tool.clearwell]``, and its settings."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from clearwell.errors import ProjectError

__all__ = ["PYPROJECT", "find_project", "project_name", "tool_section"]

PYPROJECT = "pyproject.toml"


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
