"""The one resource of every run: project, lake and engines, opened once and closed at the run's end.

An engine starts in the first step that needs it. A run started from Dagster's pages gets the same resource as
one from the command line; its tags contain its options and its identity:

    clearwell/full_refresh   "true": rebuild each table that the run touches
    clearwell/lake           the lake that the run works on
    clearwell/process        host:pid:start of the process, so that a killed run can be detected
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from clearwell.components.running.record import LakeRun, RunRecord
from clearwell.components.running.report_after_failure import report_after_failure
from clearwell.flow.run import Engines, Run
from clearwell.tables import Process, lake_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.engines import Engine
    from clearwell.project.load import Project

__all__ = [
    "FULL_REFRESH",
    "LAKE",
    "LAKE_TAG",
    "PROCESS_TAG",
    "lake_resource",
    "run_tags",
]

LAKE = "lake"
FULL_REFRESH = "clearwell/full_refresh"
LAKE_TAG = "clearwell/lake"
PROCESS_TAG = "clearwell/process"


def lake_resource(
    project: Project, record: RunRecord | None = None, given: Engine | None = None
) -> dg.ResourceDefinition:
    """The resource for the runs of ``project``; ``record`` is filled during a run.

    A ``given`` engine runs all steps and stays open; else those of the settings are opened and closed.
    """
    settings = project.settings

    @dg.resource(
        description=f"The lake {lake_of(settings).address}, computed by the engine {settings.told_engine()}."
    )
    def lake(context: dg.InitResourceContext) -> Iterator[LakeRun]:
        if context.run is None:
            raise TypeError("only a run opens the lake")
        tags = context.run.tags
        if context.instance and PROCESS_TAG not in tags:  # started from Dagster's pages, or by a trigger
            context.instance.add_run_tags(context.run.run_id, run_tags(project))
        engines = Engines(settings, given)
        engine, origins = engines.of()
        run = Run(
            project=project,
            lake=lake_of(settings),
            engine=engine,
            engines=engines,
            origins=origins,
            full_refresh=tags.get(FULL_REFRESH, "").lower() in ("true", "1", "yes", "on"),
            id=context.run.run_id,
        )
        opened = LakeRun(run, record or RunRecord())
        try:
            yield opened
            report_after_failure(context, opened)
        finally:
            engines.close()

    return lake


def run_tags(project: Project, *, full_refresh: bool = False) -> dict[str, str]:
    """The tags of a run of this process."""
    process = Process.current()
    tags = {
        LAKE_TAG: lake_of(project.settings).address,
        PROCESS_TAG: f"{process.host}:{process.pid}:{process.started}",
    }
    return {**tags, FULL_REFRESH: "true"} if full_refresh else tags
