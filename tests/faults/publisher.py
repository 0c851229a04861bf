"""Publish in a process of its own: one that is killed in the midst of it, or one of two at once."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

from clearwell.flow import publish as publishing
from clearwell.publishing import upload
from tests.unit.publishing.project import load

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

__all__ = ["KILLED_AT", "publish_and_die", "publish_once"]

RELEASE = "late_flights"

KILLED_AT = {
    "make_training": False,
    "first upload": False,
    "all uploads": False,
    "manifest": True,
    "pointer": True,
}
"""What a publisher does last before it is killed -> whether its release is complete by then."""


def publish_and_die(root: Path, at: str) -> None:
    """Publish the release of the project at ``root``, and be killed ``at`` a key of ``KILLED_AT``."""
    real = upload.upload

    def upload_one(file: Any, url: Any) -> None:
        real(file, url)
        _die()

    if at == "make_training":
        publishing.make_training = _make_half
    elif at == "first upload":
        upload.upload = upload_one
    elif at == "all uploads":
        upload.RemotePlace.put_new = _die
    elif at == "manifest":
        upload.RemotePublisher._point = _die
    else:
        upload.RemotePublisher.forget = _die
    run = load(root)
    publishing.publish(run, run.project.datasets[RELEASE])


def publish_once(root: Path, exclude: list[str], start: Barrier) -> None:
    """Publish without some columns when all have come to ``start``; prints the version and the outcome."""
    run = load(root)
    spec = run.project.datasets[RELEASE]
    start.wait(60)
    result = publishing.publish(run, spec.model_copy(update={"exclude": (*spec.exclude, *exclude)}))
    print(json.dumps([result.version, str(result.outcome)]), flush=True)  # noqa: T201


def _make_half(batches: Any, recipe: Any, folder: Path, **given: Any) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "train-00000.parquet").write_bytes(b"half")
    _die()


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
