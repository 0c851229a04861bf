"""Unreadable answers. gRPC treats one as the end of its stream, so they must be detected here.

Under heavy load the embedded engine sometimes sends an answer that protobuf cannot parse, and the same query
succeeds when repeated. The cause is unknown (grpc/grpc#34670 reports a similar case).
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
"""The error of gRPC for such an answer, or of Sail when the rest of a fully sent answer is requested."""

_log = logging.getLogger("clearwell")


def read_twice(session: SparkSession) -> None:
    """Make the session parse an unreadable message of a stream a second time, and then report it."""
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
            # Its bytes are the user's rows, so only their hash is logged.
            seen = f"{len(message):,} bytes, SHA-256 {hashlib.sha256(message).hexdigest()[:16]}"
            _log.warning("an engine's answer cannot be read, trying once more: %s: %s", seen, error)
            return read(message)

    return careful
