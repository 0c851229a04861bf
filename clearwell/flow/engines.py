"""The engines of one run: which one a step gets, each opened by the first step that it is for, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.engines import open_engine
from clearwell.lineage import Origins

if TYPE_CHECKING:
    from clearwell.engines import Engine
    from clearwell.settings import Settings

__all__ = ["Engines"]


class Engines:
    """The engines that ``settings`` name. What is known of frames and views belongs to one of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[str, tuple[Engine, Origins]] = {}

    def of(self, step: str | None = None) -> tuple[Engine, Origins]:
        """The engine of a step, or the one of all other work, with what is known of its session.

        Raises:
            EngineError: no engine of that name, or one that this installation cannot run.
        """
        settings = self._settings.at(step) if step else self._settings
        if settings.engine not in self._opened:
            self._opened[settings.engine] = open_engine(settings), Origins()
        return self._opened[settings.engine]

    def renew(self, lost: Engine) -> None:
        """Close a lost engine: the next step that it is for opens another."""
        for name, (engine, _) in list(self._opened.items()):
            if engine is lost:
                del self._opened[name]
        lost.close()

    def close(self) -> None:
        """Close all of them, whatever becomes of one; raises the first error."""
        errors: list[Exception] = []
        while self._opened:
            _, (engine, _) = self._opened.popitem()
            try:
                engine.close()
            except Exception as error:  # noqa: BLE001 - the others must be closed too
                errors.append(error)
        if errors:
            raise errors[0]
