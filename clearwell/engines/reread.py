"""Answers that cannot be read. gRPC takes one for the end of its stream, so they must be noticed here.

Under heavy load an answer of the embedded engine came now and then that protobuf did not understand, and the
same query was answered well when it was asked again. Why is not known (grpc/grpc#34670 tells of the like).
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

__all__ = ["LOST", "read_twice"]

LOST = ("Exception deserializing response!", "task context not found for operation")
"""What gRPC says of such an answer, or Sail, when the rest of one is asked for that it has sent whole."""

_log = logging.getLogger("clearwell")


def read_twice(session: SparkSession) -> None:
    """Have the session read a message of a stream again that it cannot read, and then say so."""
    client: Any = session.client
    channel = client._channel  # noqa: SLF001 - pyspark makes its stub by itself, here and below
    plain = channel.unary_stream

    def unary_stream(method: str, *, response_deserializer: Callable[[bytes], Any], **options: Any) -> Any:
        return plain(method, response_deserializer=_twice(response_deserializer), **options)

    channel.unary_stream = unary_stream
    client._stub = type(client._stub)(channel)  # noqa: SLF001


def _twice(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def careful(message: bytes) -> Any:
        try:
            return read(message)
        except Exception as error:  # noqa: BLE001 - what a parser raises is its own
            # Its bytes are the user's rows, so only their hash is told.
            seen = f"{len(message):,} bytes, SHA-256 {hashlib.sha256(message).hexdigest()[:16]}"
            _log.warning("an answer of the engine cannot be read and is read once more: %s: %s", seen, error)
            return read(message)

    return careful
