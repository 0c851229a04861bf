"""Run the orders of a small project in a process of its own, and die or wait at a step of the write path.

python -m tests.faults.worker PROJECT ENGINE [--die STEP TABLE NTH] [--full-refresh]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from clearwell.engines import open_engine
from clearwell.flow.cleanse import cleanse
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.project.load import load_project
from clearwell.settings import load_settings
from clearwell.tables import Lake


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("engine")
    parser.add_argument("--die", nargs=3, metavar=("STEP", "TABLE", "NTH"))
    parser.add_argument("--full-refresh", action="store_true")
    options = parser.parse_args()
    left = [int(options.die[2]) if options.die else 0]

    def on_step(step: str, table: str) -> None:
        if options.die and [step, table] == options.die[:2]:
            left[0] -= 1
            if not left[0]:
                say("killed at", step, "of", table)
                os.kill(os.getpid(), signal.SIGKILL)

    settings = replace(load_settings(options.project), engine=options.engine)
    project = load_project(settings)
    with open_engine(settings) as engine:
        run = Run(
            project,
            Lake(settings.lake, places=settings.places, on_step=on_step),
            engine,
            full_refresh=options.full_refresh,
        )
        for spec in project.tables.values():
            for step in (ingest, cleanse):
                result = step(run, spec)
                say(result.table, result.outcome, result.accepted, result.quarantined, result.rows)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
