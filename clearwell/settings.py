"""The only reader of the environment and of ``[tool.clearwell]`` in the project's pyproject.toml.

    [tool.clearwell]
    lake = "lake"                    # where the tables are; a relative path starts at the project
    engine = "embedded"              # or "spark", or "sc://host:port"
    engine_memory = "6GiB"           # limit of the engine's process; default half of the machine
    engine_deadline_seconds = 3600   # a query that takes longer ends the run
    pages_url = "https://lake.example.org/pages"   # where a web server publishes LAKE/reports
    openlineage = "file"             # or "http://host:port", or "off": where OpenLineage events go

An environment variable wins over the file (``CLEARWELL_LAKE``, ``CLEARWELL_ENGINE``, ...), an option
of the command line over both. An unknown key is an error.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings", "find_project", "load_settings", "parse_bytes"]

_UNITS = {"": 1, "B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Settings:
    """What a project is run with. ``project`` is the folder that holds its pyproject.toml."""

    project: Path
    lake: Path
    engine: str = "embedded"
    engine_memory: int | None = None
    engine_deadline_seconds: float = 3600.0
    pages_url: str | None = None
    openlineage: str | None = None

    @property
    def lineage_receiver(self) -> str:
        """Where OpenLineage events go: ``file``, ``off``, or the address of a receiver.

        The setting wins over the variables that all OpenLineage clients know: OPENLINEAGE_DISABLED and
        OPENLINEAGE_URL.
        """
        if self.openlineage:
            return self.openlineage
        if os.environ.get("OPENLINEAGE_DISABLED", "").lower() in ("true", "1"):
            return "off"
        url = os.environ.get("OPENLINEAGE_URL")
        return _receiver(url, "OPENLINEAGE_URL") if url else "file"

    @property
    def lineage_namespace(self) -> str:
        """OPENLINEAGE_NAMESPACE: of the jobs in OpenLineage events; default: clearwell."""
        return os.environ.get("OPENLINEAGE_NAMESPACE") or "clearwell"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its instance: the project's, unless DAGSTER_HOME is set."""
        return Path(os.environ.get("DAGSTER_HOME") or self.project / "dagster_home").absolute()

    @property
    def automation(self) -> bool:
        """Whether schedules and sensors start by themselves: CLEARWELL_AUTOMATION=on."""
        return os.environ.get("CLEARWELL_AUTOMATION", "").lower() in ("on", "true", "1")

    # Secrets are looked up when they are needed and are no fields: so no repr and no log can show them.

    @property
    def openlineage_api_key(self) -> str | None:
        """OPENLINEAGE_API_KEY: sent to the receiver of OpenLineage events as a bearer token."""
        return os.environ.get("OPENLINEAGE_API_KEY") or None

    @property
    def alert_webhook(self) -> str | None:
        """CLEARWELL_ALERT_WEBHOOK: where a failed run is posted to."""
        return os.environ.get("CLEARWELL_ALERT_WEBHOOK") or None

    @property
    def alert_mail(self) -> str | None:
        """CLEARWELL_ALERT_MAIL: who gets a mail about a failed run, separated by commas."""
        return os.environ.get("CLEARWELL_ALERT_MAIL") or None

    @property
    def alert_from(self) -> str | None:
        """CLEARWELL_ALERT_FROM: the sender of such a mail."""
        return os.environ.get("CLEARWELL_ALERT_FROM") or None

    @property
    def smtp_url(self) -> str | None:
        """CLEARWELL_SMTP_URL: the mail server, as smtp://user:password@host:port or smtps://..."""
        return os.environ.get("CLEARWELL_SMTP_URL") or None

    @property
    def dagster_url(self) -> str | None:
        """CLEARWELL_DAGSTER_URL: where people find Dagster's pages, for links in alerts."""
        return (os.environ.get("CLEARWELL_DAGSTER_URL") or "").rstrip("/") or None


def find_project(start: Path | None = None) -> Path:
    """The nearest folder at or above ``start`` whose pyproject.toml has [tool.clearwell].

    Raises:
        ProjectError: there is none.
    """
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if "clearwell" in _tool_section(folder / "pyproject.toml", default={}):
            return folder
    raise ProjectError(
        f"{here} is not in a Clearwell project",
        hint="go to a folder whose pyproject.toml has a [tool.clearwell] section, or make a project:"
        " clearwell init DIR",
    )


def load_settings(project: Path | None = None, **options: Any) -> Settings:
    """Settings of ``project`` (default: found from the working directory).

    ``options`` that are not None win over the environment, which wins over the file.

    Raises:
        ProjectError: no project, an unknown key, or a value that cannot be read.
    """
    folder = find_project(project)
    file = folder / "pyproject.toml"
    given: dict[str, Any] = dict(_tool_section(file, default={})["clearwell"])
    known = [f.name for f in fields(Settings) if f.name != "project"]
    for key in given:
        if key not in known:
            raise ProjectError(
                f"unknown setting {key!r} in [tool.clearwell]", place=str(file), hint=did_you_mean(key, known)
            )
    for key in known:
        if (value := os.environ.get(f"CLEARWELL_{key.upper()}")) is not None:
            given[key] = value
    given.update({k: v for k, v in options.items() if v is not None})
    return _typed(folder, given)


def parse_bytes(text: str | int) -> int:
    """``"6GiB"`` -> 6442450944; raises ProjectError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(text))
    if not found or found[2].upper() not in _UNITS:
        raise ProjectError(f"{text!r} is not a size", hint='write it as "512MiB" or "6GiB"')
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _typed(folder: Path, given: Mapping[str, Any]) -> Settings:
    settings = Settings(
        project=folder, lake=(folder / Path(given.get("lake", "lake")).expanduser()).absolute()
    )
    changes: dict[str, Any] = {}
    if "engine" in given:
        changes["engine"] = str(given["engine"])
    if given.get("engine_memory") is not None:
        changes["engine_memory"] = parse_bytes(given["engine_memory"])
    if "engine_deadline_seconds" in given:
        try:
            changes["engine_deadline_seconds"] = float(given["engine_deadline_seconds"])
        except ValueError as error:
            raise ProjectError(
                f"engine_deadline_seconds: {error}", place=str(folder / "pyproject.toml")
            ) from error
    if given.get("pages_url"):
        changes["pages_url"] = _address(str(given["pages_url"]), str(folder / "pyproject.toml"))
    if given.get("openlineage"):
        changes["openlineage"] = _receiver(str(given["openlineage"]), str(folder / "pyproject.toml"))
    settings = replace(settings, **changes)
    settings.lineage_receiver  # noqa: B018 - a wrong OPENLINEAGE_URL is told before anything runs
    return settings


def _receiver(text: str, place: str) -> str:
    """Where OpenLineage events go, if that is ``file``, ``off`` or an address; raises ProjectError."""
    if text in ("file", "off"):
        return text
    if "://" not in text:
        fact = f"{text!r} is nowhere to send OpenLineage events to"
        hint = did_you_mean(text, ("file", "off")) or 'write "file", "off" or "http://HOST:PORT"'
        raise ProjectError(fact, place=place, hint=hint)
    return _address(text, place, what="openlineage")


def _address(url: str, place: str, *, what: str = "pages_url") -> str:
    """``url`` without a slash at its end, if it is a web address and no more; raises ProjectError."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:  # not shown: one may be a secret
        raise ProjectError(f"{what} has more than a host and a path", place=place, hint="leave that out")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProjectError(f"{what} is no web address", place=place, hint='write "https://HOST/PATH"')
    return url.rstrip("/")


def _tool_section(file: Path, *, default: dict[str, Any]) -> dict[str, Any]:
    if not file.is_file():
        return default
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")).get("tool", default)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"not readable as TOML: {error}", place=str(file)) from error
