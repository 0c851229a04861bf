"""Names of engines to engines: ``embedded``, ``spark``, ``sc://host:port``, or a plugin's.

A plugin is an entry point of the group ``clearwell.engines``: a callable that takes the Settings and
returns an Engine. It cannot take the name of a built-in engine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.engines.connect.code_archive import CodeArchive
from clearwell.engines.connect.engine import ConnectEngine
from clearwell.engines.connect.session import ConnectClient
from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.engines.spark.engine import open_spark
from clearwell.errors import ClearwellError, EngineError, did_you_mean
from clearwell.names import is_url

if TYPE_CHECKING:
    from clearwell.engines.base import Engine
    from clearwell.settings import Settings

__all__ = ["GROUP", "open_engine"]

GROUP = "clearwell.engines"


def open_engine(settings: Settings) -> Engine:
    """The engine that ``settings.engine`` names; it starts with its first work.

    Raises:
        EngineError: there is no engine of that name, or this installation cannot run it.
    """
    engine = _engine(settings)
    if isinstance(engine, ConnectClient):
        engine.unverified_functions = settings.unverified_functions
    return engine


def _engine(settings: Settings) -> Engine:
    wanted, deadline = settings.engine, settings.engine_deadline_seconds
    if wanted == "embedded":
        return EmbeddedEngine(memory=settings.engine_memory, deadline_seconds=deadline)
    if wanted == "spark":
        return open_spark(settings)
    if wanted.startswith("sc://"):
        apart = [Path(place) for place in settings.places.values() if not is_url(place)]
        code = CodeArchive(settings.project, without=(settings.lake, *apart))
        return ConnectEngine(wanted, deadline_seconds=deadline, code_archive=code)
    return _plugin(wanted, settings)


def _plugin(wanted: str, settings: Settings) -> Engine:
    from importlib.metadata import entry_points

    found = {point.name: point for point in entry_points(group=GROUP)}
    if wanted not in found:
        known = ["embedded", "spark", *sorted(found)]
        near = did_you_mean(wanted, known)
        choices = f"engines: {', '.join(known)}, or sc://host:port"
        raise EngineError(f"no engine {wanted!r}", hint=f"{near} {choices}" if near else choices)
    try:
        return found[wanted].load()(settings)
    except ClearwellError:
        raise
    except Exception as error:
        raise EngineError(
            f"the engine {wanted!r} cannot be loaded: {type(error).__name__}: {error}",
            place=found[wanted].value,
            hint="it is a plugin: see its documentation, or reinstall it",
        ) from error
