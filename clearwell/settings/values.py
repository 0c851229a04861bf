"""The settings of a project, and how each value is written."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import STEPS
from clearwell.secret_values import learn, shown
from clearwell.settings.addresses import dagster_url, read_engine, read_receiver
from clearwell.settings.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Settings",
    "parse_bytes",
    "read_access",
    "read_choice",
    "read_engines",
    "read_flag",
    "read_name",
    "read_seconds",
]

ACCESS = ("owner", "group", "all")
_UNITS = {"": 1, "B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}


@dataclass(frozen=True)
class Settings:
    """The settings of a project.

    ``project`` is the folder that holds its pyproject.toml. ``lake`` is a local folder, even when the tables
    are stored elsewhere: pages and reports are written there. ``places`` says where the parts of the lake
    are that are not below it, ``name`` what the project is called in its lake, ``engines`` which engine runs
    the steps that ``engine`` does not run, and ``profile`` which profile supplied some of the values.
    """

    project: Path
    lake: Path
    name: str = ""
    places: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    engine: str = "embedded"
    engines: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)
    engine_memory: int | None = None
    engine_deadline_seconds: float = 3600.0
    ingest_on_workers: bool = False
    durable: bool = True
    access: str = "group"
    unverified_functions: str = "refuse"
    prices: Path | None = None
    pages_url: str | None = None
    openlineage: str | None = None
    profile: str | None = None

    def engine_of(self, step: str) -> str:
        """The engine that runs ``step``: one of ``clearwell.names.STEPS``."""
        return self.engines.get(step, self.engine)

    def at(self, step: str) -> Settings:
        """A copy that uses the engine of ``step`` for all steps."""
        return replace(self, engine=self.engine_of(step), engines={})

    def told_engine(self) -> str:
        """The engine without secrets: an address has its token after the first semicolon."""
        return self.engine.partition(";")[0]

    def environment(self) -> dict[str, str]:
        """The environment variables that make another process load the same settings."""
        given = {
            **({"name": self.name} if self.name else {}),
            "lake": self.lake,
            "places": _written(self.places),
            "engine": self.engine,
            "engines": _written(self.engines),
            "prices": self.prices,
            "pages_url": self.pages_url,
            "openlineage": self.openlineage,
            "engine_memory": self.engine_memory,
            "engine_deadline_seconds": self.engine_deadline_seconds,
            "ingest_on_workers": str(self.ingest_on_workers).lower(),
            "durable": str(self.durable).lower(),
            "access": self.access,
            "unverified_functions": self.unverified_functions,
        }
        variables = {
            f"CLEARWELL_{key.upper()}": "" if value is None else str(value) for key, value in given.items()
        }
        return {**variables, "CLEARWELL_PROFILE": self.profile or ""}

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
        return read_receiver(url, "OPENLINEAGE_URL") if url else "file"

    @property
    def lineage_namespace(self) -> str:
        """OPENLINEAGE_NAMESPACE: the namespace of jobs in OpenLineage events; default: clearwell."""
        return os.environ.get("OPENLINEAGE_NAMESPACE") or "clearwell"

    @property
    def dagster_home(self) -> Path:
        """Where Dagster keeps its instance: the project's, unless DAGSTER_HOME is set."""
        return Path(os.environ.get("DAGSTER_HOME") or self.project / "dagster_home").absolute()

    @property
    def automation(self) -> bool:
        """Whether schedules and sensors start by themselves: CLEARWELL_AUTOMATION=on."""
        return os.environ.get("CLEARWELL_AUTOMATION", "").lower() in ("on", "true", "1")

    # Secrets are looked up when needed and are not fields, so no repr and no log can show them. What is
    # looked up is kept out of all messages (``secret_values``).

    @property
    def openlineage_api_key(self) -> str | None:
        """OPENLINEAGE_API_KEY: sent to the receiver of OpenLineage events as a bearer token."""
        return _secret("OPENLINEAGE_API_KEY")

    @property
    def alert_webhook(self) -> str | None:
        """CLEARWELL_ALERT_WEBHOOK: the URL that receives a POST about a failed run."""
        return _secret("CLEARWELL_ALERT_WEBHOOK")

    @property
    def alert_mail(self) -> str | None:
        """CLEARWELL_ALERT_MAIL: the recipients of mail about a failed run, separated by commas."""
        return os.environ.get("CLEARWELL_ALERT_MAIL") or None

    @property
    def alert_from(self) -> str | None:
        """CLEARWELL_ALERT_FROM: the sender of such a mail."""
        return os.environ.get("CLEARWELL_ALERT_FROM") or None

    @property
    def smtp_url(self) -> str | None:
        """CLEARWELL_SMTP_URL: the mail server, as smtp://user:password@host:port or smtps://..."""
        return _secret("CLEARWELL_SMTP_URL")

    @property
    def dagster_url(self) -> str | None:
        """CLEARWELL_DAGSTER_URL: the address of Dagster's pages, for links in alerts."""
        return dagster_url()

    @property
    def cache(self) -> Path:
        """CLEARWELL_CACHE: where copies of releases from a store are kept; default: the user's cache."""
        return cache_folder()


def parse_bytes(text: str | int, place: str | None = None) -> int:
    """``"6GiB"`` -> 6442450944; raises ProjectError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", str(text))
    if not found or found[2].upper() not in _UNITS:
        raise ProjectError(f"{shown(text)} is not a size", place=place, hint='write it as "512MiB" or "6GiB"')
    return int(float(found[1]) * _UNITS[found[2].upper()])


def read_name(value: Any, place: str) -> str:
    """The name of a project in its lake; raises ProjectError."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        hint = 'write a name that no other project of this lake has: name = "orders"'
        raise ProjectError(f"name = {shown(value)} is not a name", place=place, hint=hint)
    return value.strip()


def read_flag(value: Any, what: str, place: str) -> bool:
    """``true`` or ``false``, from TOML or a variable; raises ProjectError."""
    if str(value).lower() not in ("true", "false"):
        raise ProjectError(f"{what} = {shown(value)} is neither true nor false", place=place)
    return str(value).lower() == "true"


def read_access(value: Any, place: str) -> str:
    """Who may enter the lake's folders: ``owner``, ``group`` or ``all``; raises ProjectError."""
    if value not in ACCESS:
        hint = did_you_mean(str(value), ACCESS) or f"write one of {', '.join(ACCESS)}"
        raise ProjectError(f"access = {shown(value)} is nobody", place=place, hint=hint)
    return str(value)


def read_choice(value: Any, choices: Sequence[str], what: str, place: str) -> str:
    """One of some words; raises ProjectError."""
    if value not in choices:
        hint = did_you_mean(str(value), choices) or f"write {' or '.join(choices)}"
        raise ProjectError(f"{what} = {shown(value)} is not a choice", place=place, hint=hint)
    return str(value)


def read_seconds(value: Any, what: str, place: str) -> float:
    """A number of seconds; raises ProjectError."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ProjectError(f"{what} = {shown(value)} is not a number", place=place) from None


def read_engines(given: Any, place: str) -> dict[str, str]:
    """Which engine runs which step; raises ProjectError."""
    if not isinstance(given, dict):
        hint = 'write [tool.clearwell.engines] and a line for each step: curate = "spark"'
        raise ProjectError(f"engines = {shown(given)} is not a table", place=place, hint=hint)
    for step in given:
        if step == "publish":
            fact = "publish uses no engine: every engine gives the same bytes of a release"
            raise ProjectError(fact, place=place, hint=f"remove it; steps with an engine: {', '.join(STEPS)}")
        if step not in STEPS:
            hint = did_you_mean(str(step), STEPS) or f"steps: {', '.join(STEPS)}"
            raise ProjectError(f"no step {shown(step)} that an engine can run", place=place, hint=hint)
    return {step: read_engine(engine, f"engines.{step}", place) for step, engine in given.items()}


def _secret(variable: str) -> str | None:
    value = os.environ.get(variable) or None
    learn(value)
    return value


def _written(table: Mapping[str, str]) -> str:
    """A table of strings as TOML: its strings use JSON's escapes."""
    return (
        f"{{ {', '.join(f'{key} = {json.dumps(text, ensure_ascii=False)}' for key, text in table.items())} }}"
    )
