"""The code location that a run of this process belongs to, as Dagster's pages name it.

Dagster notes it in the runs that its pages or its daemon start, and in no others. A run without it is left
out of the overview and of the latest runs of its job, and no sensor looks at it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin

if TYPE_CHECKING:
    import dagster as dg

__all__ = ["note_origin"]


def note_origin(instance: dg.DagsterInstance, *, location: str, job: str) -> None:
    """From now on each run that ``instance`` creates is one of ``job`` in the code location ``location``.

    ``execute_in_process`` takes no origin, but the method of the instance by which it creates its run does.
    """
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(location), SINGLETON_REPOSITORY_NAME)
    create: Any = partial(instance.create_run_for_job, remote_job_origin=repository.get_job_origin(job))
    instance.create_run_for_job = create
