"""The guard of a Sail session: it checks each plan before the engine sees it.

That applies to executions and to requests about columns alike, so that a frame has the types that its rows
will have. What differs from Spark is made equal, or refused with the place in the code. A plan that was seen
before, which is the usual case, only costs its serialization.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyspark.sql.connect.proto as pb
from pyspark.errors import PySparkException

from clearwell.engines.failures import is_disconnect
from clearwell.engines.sail_guard.call_site import Refused
from clearwell.engines.sail_guard.plan import guard_message
from clearwell.engines.sail_guard.type_inference import Questions
from clearwell.engines.sail_guard.verified import Trust
from clearwell.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType

__all__ = ["install"]

_MOST_KEPT = 2_000


def install(session: SparkSession, *, warn: bool = False) -> set[str]:
    """Guard every plan of the session from now on; return the set for paths that Clearwell itself reads.

    ``warn``: a function that was not compared with Spark's is warned of, not refused.
    """
    client: Any = session.client
    guard = _Guard(client._analyze, Trust(warn))  # noqa: SLF001 - no public door sees both executions and questions
    client._session_hooks.append(guard)  # noqa: SLF001
    client._analyze = guard.analyze  # noqa: SLF001
    # A compressed plan could not be inspected.
    client._plan_compression_threshold, client._plan_compression_algorithm = -1, "NONE"  # noqa: SLF001
    return guard.allowed_paths


class _Guard:
    """Rewrites plans; ``ask`` is the client's own method to analyze one."""

    def __init__(self, ask: Callable[..., Any], trust: Trust) -> None:
        self._trust = trust
        self._client_ask = ask
        self._questions = Questions(self._ask)
        self.allowed_paths: set[str] = set()
        self._seen: dict[bytes, Any] = {}
        self._relations: dict[bytes, Any] = {}

    def on_execute_plan(self, request: Any) -> Any:
        """The request with a plan that Sail executes as Spark would."""
        request.plan.CopyFrom(self._guarded(request.plan))
        return request

    def analyze(self, method: str, **arguments: Any) -> Any:
        """An analysis request, for the guarded plan."""
        for name in ("plan", "other"):
            if isinstance(arguments.get(name), pb.Plan):
                arguments[name] = self._guarded(arguments[name])
        if isinstance(arguments.get("relation"), pb.Relation):
            plan = pb.Plan()
            plan.root.CopyFrom(arguments["relation"])
            arguments["relation"] = self._guarded(plan).root
        return self._client_ask(method, **arguments)

    def _guarded(self, plan: Any) -> Any:
        key = plan.SerializeToString(deterministic=True)
        if len(self._relations) > _MOST_KEPT:  # a session of many frames
            self._seen.clear()
            self._relations.clear()
            self._questions.forget()
        if key not in self._seen:
            made = pb.Plan()
            made.CopyFrom(plan)
            try:
                guard_message(made, self._questions, self._relations, self.allowed_paths, self._trust)
            except Refused as refused:
                raise _error(refused) from None
            self._seen[key] = made
        return self._seen[key]

    def _ask(self, plan: Any) -> StructType | None:
        try:
            return self._client_ask("schema", plan=plan).schema
        except PySparkException as error:
            if is_disconnect(error):
                raise
            return None


def _error(refused: Refused) -> EngineError:
    instead = f"use {refused.instead}, or " if refused.instead else ""
    return EngineError(
        f"[{refused.guard}] {refused.why}",
        place=refused.place,
        hint=f"{instead}run it on Apache Spark: --engine spark",
    )
