"""How often a call that finds no server is retried: a few times, and not at all once Python is exiting.

pyspark's threads tell a server what it may forget, and Python waits for them at exit. If the server is gone,
each of them would retry for minutes under pyspark's own policy.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql.connect.client.retries import RetryPolicy

__all__ = ["short_retry"]

_ending = threading.Event()


def short_retry(tries: int) -> RetryPolicy:
    """Retry ``tries`` times, then raise the call's own error: pyspark would log a warning as well."""
    from pyspark.sql.connect.client.retries import DefaultPolicy, RetryPolicyState

    _notice_the_end()

    class State(RetryPolicyState):
        def next_attempt(self, exception: BaseException | None = None) -> int | None:
            milliseconds = super().next_attempt(exception)
            if exception is not None and (_ending.is_set() or milliseconds is None):
                raise exception
            return milliseconds

    class Policy(DefaultPolicy):
        def to_state(self) -> RetryPolicyState:
            return State(self)

    return Policy(max_retries=tries, max_backoff=4_000, max_server_retry_delay=10_000)


@cache
def _notice_the_end() -> None:
    """Run before Python joins threads, which is before all atexit functions; there is no public API."""
    module: Any = threading
    if register := getattr(module, "_register_atexit", None):
        register(_ending.set)
