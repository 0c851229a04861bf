"""Dagster's instance, which stores runs: opened for a run, and cleared of killed runs.

A database that does not answer, before or during a run, is reported as one error without a traceback.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.instance.ref import InstanceRef  # the public from_config() takes no overrides

from clearwell.components.running.resources import PROCESS_TAG
from clearwell.errors import ProjectError
from clearwell.settings import require_database_address
from clearwell.stores import locked
from clearwell.tables import Process

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["end_dead_runs", "make_home", "open_instance", "telling_of_its_database"]

_UNDER_WAY = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
_VARIABLE = re.compile(r"\benv:\s*[\"']?(\w+)")
_NO_COMPUTE_LOGS = {
    "module": "dagster._core.storage.noop_compute_log_manager",
    "class": "NoOpComputeLogManager",
    "config": {},
}


def make_home(home: Path) -> None:
    """Create Dagster's home, with a dagster.yaml for one machine, if it has none."""
    config = home / "dagster.yaml"
    if not config.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = config.with_name(f".dagster.yaml.{os.getpid()}")
        draft.write_text(
            (files("clearwell.components") / "dagster.yaml").read_text(encoding="utf-8"), "utf-8"
        )
        draft.replace(config)


def open_instance(home: Path) -> dg.DagsterInstance:
    """The instance at ``home``, for a run in this process.

    The run's own output stays on the terminal: capturing it would make Dagster start two processes.

    Raises:
        ProjectError: its dagster.yaml is invalid, or the address of its database.
    """
    make_home(home)
    for variable in _VARIABLE.findall((home / "dagster.yaml").read_text(encoding="utf-8")):
        require_database_address(variable)
    try:
        # Locked, because Dagster creates its tables without a lock.
        with telling_of_its_database(home), locked(home / ".opening", "opens Dagster's home"):
            ref = InstanceRef.from_dir(str(home), overrides={"compute_logs": _NO_COMPUTE_LOGS})
            instance = dg.DagsterInstance.from_ref(ref)
            instance.get_runs_count()  # each storage creates its tables on the first request
            instance.all_instigator_state()
            instance.has_asset_key(dg.AssetKey("none"))
            return instance
    except dg.DagsterError as error:
        if unset := re.search(r"environment variable \W?(\w+)", str(error)):
            raise ProjectError(
                f"the environment variable {unset[1]} is not set",
                place=str(home / "dagster.yaml"),
                hint="set it, or use the dagster.yaml for one machine",
            ) from error
        raise ProjectError(
            f"Dagster refuses its configuration: {error}",
            place=str(home / "dagster.yaml"),
            hint="correct it, or remove it to get a new one",
        ) from error


@contextmanager
def telling_of_its_database(home: Path) -> Generator[None]:
    """Within the block a lost database, or a missing driver, is a ProjectError.

    Dagster retries for a few seconds itself, and logs warnings with the driver's whole text.
    """
    root = logging.getLogger()
    root.addFilter(_no_retries)
    place = str(home / "dagster.yaml")
    try:
        yield
    except Exception as error:
        driver = type(error).__module__.partition(".")[0]
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        if (missing or "").startswith("dagster") or "Couldn't import module dagster" in str(error):
            hint = "pip install 'clearwell[production]'"
            raise ProjectError(
                f"a package that it needs is not installed: {error}", place=place, hint=hint
            ) from error
        if driver not in ("dagster_postgres", "sqlalchemy", "psycopg2", "sqlite3"):
            raise
        raise ProjectError(
            f"Dagster's database does not answer: {_first_line(error)}",
            place=place,
            hint="start the database, or correct its address; then run again (finished steps are kept)",
        ) from error
    finally:
        root.removeFilter(_no_retries)


def end_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark as failed every run whose process is dead; returns their number."""
    ended = 0
    for run in instance.get_runs(dg.RunsFilter(statuses=_UNDER_WAY)):
        process = _process(run.tags.get(PROCESS_TAG, ""))
        if process is not None and process.is_dead:
            instance.report_run_failed(run, "The process of this run was killed.")
            ended += 1
    return ended


def _no_retries(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Retrying failed database connection")


def _first_line(error: BaseException) -> str:
    """The driver's own message, without the SQL statement."""
    while error.__cause__ is not None:
        error = error.__cause__
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__


def _process(tag: str) -> Process | None:
    try:
        host, pid, started = tag.rsplit(":", 2)
        return Process(host, int(pid), float(started))
    except ValueError:
        return None
