"""Merge the settings: command-line options override the environment, which overrides the file."""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import is_url
from clearwell.secret_values import shown
from clearwell.settings.addresses import read_address, read_engine, read_receiver
from clearwell.settings.cache import cache_folder
from clearwell.settings.locations import below, read_location, read_places, require_apart
from clearwell.settings.project import PYPROJECT, find_project, project_name, tool_section
from clearwell.settings.values import (
    Settings,
    parse_bytes,
    read_access,
    read_choice,
    read_engines,
    read_flag,
    read_name,
    read_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KEYS", "lake_at", "load_settings", "profile_names"]

KEYS = tuple(f.name for f in fields(Settings) if f.name not in ("project", "profile"))
"""The keys that ``[tool.clearwell]`` and each profile may have."""

_TABLES = ("places", "engines")
_OPTIONAL = ("engine_memory", "pages_url", "openlineage", "prices")


def load_settings(project: Path | None = None, *, profile: str | None = None, **options: Any) -> Settings:
    """Settings of ``project`` (default: found from the working directory).

    ``options`` that are not None override the environment, which overrides the file. A ``profile`` from the
    file counts as if its keys were written at the level that names it.

    Raises:
        ProjectError: no project, an unknown key or profile, or a value that cannot be read.
    """
    folder = find_project(project)
    place = str(folder / PYPROJECT)
    file: dict[str, Any] = dict(tool_section(folder / PYPROJECT)["clearwell"])
    profiles = _profiles(file.pop("profiles", {}), folder, place)
    named = os.environ.get("CLEARWELL_PROFILE") or None
    given = {key: value for key, value in options.items() if value is not None}
    settings = Settings(
        project=folder, lake=folder / "lake", name=project_name(folder), profile=profile or named
    )
    for level, section in (
        (file, "[tool.clearwell]"),
        (_level(profiles, None if profile else named, _environment(), place), "the environment"),
        (_level(profiles, profile, given, place), "the options"),
    ):
        settings = _over(settings, _read(level, folder, section, place))
    require_apart(str(settings.lake), settings.places, place)
    settings.lineage_receiver  # noqa: B018 - a wrong OPENLINEAGE_URL is reported before anything runs
    settings.dagster_url  # noqa: B018 - and so is a wrong CLEARWELL_DAGSTER_URL
    return settings


def lake_at(place: str | Path) -> tuple[Path, dict[str, str]]:
    """Root and places of a lake that is all at one place, for read-only use; raises ProjectError."""
    where = read_location(place, Path.cwd(), what="lake", place="the options")
    return (cache_folder() / "no-lake", below(where)) if is_url(where) else (Path(where), {})


def profile_names(project: Path | None = None) -> list[str]:
    """The profiles of ``project``, as written in its file; raises ProjectError."""
    folder = find_project(project)
    given = tool_section(folder / PYPROJECT)["clearwell"].get("profiles", {})
    return list(_profiles(given, folder, str(folder / PYPROJECT)))


def _environment() -> dict[str, Any]:
    """The settings from the environment; tables are written as in TOML: ``{ gold = "s3://bucket/gold" }``."""
    found: dict[str, Any] = {}
    for key in KEYS:
        variable = f"CLEARWELL_{key.upper()}"
        if (text := os.environ.get(variable)) is None:
            continue
        found[key] = text
        if key in _TABLES:
            try:
                found[key] = tomllib.loads(f"value = {text or '{}'}")["value"]
            except tomllib.TOMLDecodeError as error:
                hint = 'write a TOML table, such as { gold = "s3://BUCKET/gold" }'
                raise ProjectError(f"invalid TOML: {error}", place=variable, hint=hint) from error
    return found


def _profiles(given: Any, folder: Path, place: str) -> dict[str, dict[str, Any]]:
    """The profiles in the file. All are validated, used or not, so that errors show early."""
    if not isinstance(given, dict):
        hint = "write [tool.clearwell.profiles.NAME] for each"
        raise ProjectError(f"profiles = {shown(given)} is not a table", place=place, hint=hint)
    for name, profile in given.items():
        section = f"[tool.clearwell.profiles.{name}]"
        if not isinstance(profile, dict):
            raise ProjectError(f"profiles.{name} is not a table", place=place, hint=f"write {section}")
        _read(profile, folder, section, place)
    return dict(given)


def _level(
    profiles: Mapping[str, Mapping[str, Any]], name: str | None, given: Mapping[str, Any], place: str
) -> dict[str, Any]:
    """The settings ``given`` at one level, over the profile that this level names."""
    if name is None:
        return dict(given)
    if name not in profiles:
        known = f"profiles: {', '.join(profiles)}" if profiles else "write [tool.clearwell.profiles.NAME]"
        hint = did_you_mean(name, profiles) or known
        raise ProjectError(f"no profile {shown(name)} in this project", place=place, hint=hint)
    profile = dict(profiles[name])
    if "engine" in given:  # it runs all steps
        profile.pop("engines", None)
    return {**profile, **given}


def _over(settings: Settings, level: Mapping[str, Any]) -> Settings:
    """``settings`` overridden by those of ``level``."""
    tables = {
        "places": {} if "lake" in level else dict(settings.places),
        "engines": {} if "engine" in level else dict(settings.engines),
    }
    merged = {key: {**before, **level.get(key, {})} for key, before in tables.items()}
    return replace(settings, **{**level, **merged})


def _read(given: Mapping[str, Any], folder: Path, section: str, place: str) -> dict[str, Any]:
    """The settings written at one level, with the types of ``Settings``; raises ProjectError."""
    for key in given:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"settings: {', '.join(KEYS)}"
            raise ProjectError(f"unknown setting {shown(key)} in {section}", place=place, hint=hint)
    read: dict[str, Any] = {}
    if "lake" in given:
        lake = read_location(given["lake"], folder, what="lake", place=place)
        read["lake"] = folder / "lake" if is_url(lake) else Path(lake)
        read["places"] = below(lake) if is_url(lake) else {}
    if "places" in given:
        read["places"] = {**read.get("places", {}), **read_places(given["places"], folder, place)}
    if "engines" in given:
        read["engines"] = read_engines(given["engines"], place)
    readers: dict[str, Callable[[Any], Any]] = {
        "engine": lambda value: read_engine(value, "engine", place),
        "name": lambda value: read_name(value, place),
        "engine_deadline_seconds": lambda value: read_seconds(value, "engine_deadline_seconds", place),
        "engine_memory": lambda value: parse_bytes(value, place),
        "ingest_on_workers": lambda value: read_flag(value, "ingest_on_workers", place),
        "durable": lambda value: read_flag(value, "durable", place),
        "access": lambda value: read_access(value, place),
        "unverified_functions": lambda value: read_choice(
            value, ("refuse", "warn"), "unverified_functions", place
        ),
        "pages_url": lambda value: read_address(str(value), place),
        "openlineage": lambda value: read_receiver(str(value), place),
        "prices": lambda value: (folder / Path(str(value)).expanduser()).absolute(),
    }
    for key, reader in readers.items():
        if key in given:  # an empty variable resets the file's value
            read[key] = None if key in _OPTIONAL and given[key] == "" else reader(given[key])
    return read
