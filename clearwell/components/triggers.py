"""Automatic runs: a schedule, and a sensor for new files. Both run the same job.

They are stopped until they are started on Dagster's pages, or CLEARWELL_AUTOMATION=on is set.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

import dagster as dg

from clearwell.sources.match import matches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clearwell.project.specs import SourceModel
    from clearwell.settings import Settings

__all__ = ["downstream_job", "file_sensor", "schedule"]

_SECONDS_BETWEEN_LOOKS = 30


def downstream_job(first: str) -> dg.UnresolvedAssetJobDefinition:
    """The job of the asset ``first`` and of everything downstream."""
    return dg.define_asset_job(
        f"{first}_and_on",
        selection=dg.AssetSelection.assets(first).downstream(),
        description=f"Bring {first} and everything downstream up to date.",
    )


def schedule(settings: Settings, job: dg.UnresolvedAssetJobDefinition, cron: str) -> dg.ScheduleDefinition:
    """Run ``job`` at the times of ``cron``, in UTC."""
    on = dg.DefaultScheduleStatus.RUNNING if settings.automation else dg.DefaultScheduleStatus.STOPPED
    return dg.ScheduleDefinition(
        name=f"{job.name}_schedule",
        job=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=on,
        description=f"Runs {job.name} at {cron} (UTC). Without new data nothing is built.",
    )


def file_sensor(
    settings: Settings, job: dg.UnresolvedAssetJobDefinition, source: SourceModel
) -> dg.SensorDefinition:
    """Run ``job`` when the files of ``source`` differ from the last check.

    It stores a hash of every file's path, size and time, not the newest time: a file that arrives late, or
    keeps an old time, is also detected. A file that still changes is waited for.
    """

    @dg.sensor(
        name=f"{job.name}_new_files",
        job=job,
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING
        if settings.automation
        else dg.DefaultSensorStatus.STOPPED,
        description=f"Runs {job.name} when files of {source.path} arrive or change.",
    )
    def new_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        files = _files(settings.project, source.path)
        if not files:
            return dg.SkipReason(f"no file matches {source.path}")
        seen = hashlib.sha256(repr(files).encode()).hexdigest()
        if seen == context.cursor:
            return dg.SkipReason(f"nothing new among {len(files)} files")
        newest_ns = max(modified_ns for _, _, modified_ns in files)
        if time.time_ns() - newest_ns < source.settle_seconds * 1e9:
            return dg.SkipReason("a file is still being written")
        request = dg.RunRequest(run_key=f"{job.name}:{seen}")
        return dg.SensorResult(run_requests=[request], cursor=seen)

    return new_files


def _files(root: Path, pattern: str) -> Sequence[tuple[str, int, int]]:
    """Path, size and time of every file of the pattern, in the order of their paths."""
    found: list[tuple[str, int, int]] = []
    for path, reason in matches(pattern, root):
        try:
            status = (root / path).stat()
        except OSError:  # deleted again, or a broken link
            continue
        if reason is None:
            found.append((path, status.st_size, status.st_mtime_ns))
    return sorted(found)
