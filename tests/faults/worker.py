"""Run the orders of a small project in a process of its own, which dies at a step of the write path."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from clearwell.engines import open_engine
from clearwell.flow.cleanse import cleanse
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from clearwell.settings import load_settings
from clearwell.tables import Lake
from tests.services.forks import Ended, Forked

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from tests.project import SmallProject

__all__ = ["run", "start"]


def start(project: SmallProject, engine: Engine, *, die: tuple[str, str, int] | None = None) -> Forked:
    """Start a run by ``engine``; with ``die`` it is killed at the nth time of (step, table, nth)."""
    address = f"sc://{engine.session().client._builder.endpoint}"
    return Forked(run_project, project.root, address, die)


def run(project: SmallProject, engine: Engine, *, die: tuple[str, str, int] | None = None) -> Ended:
    """What came of a run that was started so."""
    return start(project, engine, die=die).end()


def run_project(root: Path, address: str, die: tuple[str, str, int] | None) -> None:
    """Ingest and cleanse what the project at ``root`` has; a line for each step."""
    left = [die[2] if die else 0]

    def on_step(step: str, table: str) -> None:
        if die and (step, table) == die[:2]:
            left[0] -= 1
            if not left[0]:
                say("killed at", step, "of", table)
                os.kill(os.getpid(), signal.SIGKILL)

    settings = replace(load_settings(root), engine=address)
    project = load_project(settings)
    with open_engine(settings) as engine:
        run = Run(project, Lake(settings.lake, places=settings.places, on_step=on_step), engine)
        for spec in project.tables.values():
            for step in (ingest, cleanse):
                result = step(run, spec)
                say(result.table, result.outcome, result.accepted, result.quarantined, result.rows)


def say(*words: object) -> None:
    """Print a line that is there though the process be killed."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()
