"""The place of a local Apache Spark, the reference engine. This version refuses to start one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from clearwell.errors import EngineError

if TYPE_CHECKING:
    from clearwell.settings import Settings

__all__ = ["open_spark"]


def open_spark(settings: Settings) -> NoReturn:
    """Raises EngineError: this version does not start Apache Spark by itself."""
    raise EngineError(
        "this version of Clearwell does not start Apache Spark itself",
        place=f"engine = {settings.engine!r}",
        hint="start Spark's Connect server and use --engine sc://host:port, or use the embedded engine",
    )
