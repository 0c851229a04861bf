"""How often a call that finds no server is tried again: a few times, and not at all once Python ends.

pyspark's threads tell a server what it may forget, and Python waits for them when it ends. With a server that
has gone, each of them would try for minutes by pyspark's own policy.
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
    """Try again ``tries`` times, then raise what the call raised: pyspark would warn as well."""
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
    """Before Python joins threads, which is before any function of atexit; there is no public way."""
    module: Any = threading
    if register := getattr(module, "_register_atexit", None):
        register(_ending.set)
