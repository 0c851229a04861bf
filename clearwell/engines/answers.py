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

    import grpc

__all__ = ["LOST", "reading_twice"]

LOST = ("Exception deserializing response!", "task context not found for operation")
"""What gRPC says of such an answer, or Sail, when the rest of one is asked for that it has sent whole."""

_log = logging.getLogger("clearwell")


def reading_twice(channel: grpc.Channel) -> grpc.Channel:
    """The channel, whose streams read a message again that they cannot read, and then say so."""
    plain: Any = channel.unary_stream

    def unary_stream(method: str, *, response_deserializer: Callable[[bytes], Any], **options: Any) -> Any:
        return plain(method, response_deserializer=_twice(response_deserializer), **options)

    channel.unary_stream = unary_stream  # type: ignore[method-assign]
    return channel


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
