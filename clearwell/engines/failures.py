"""Errors inside an engine, in our words: one line of fact, a place, a next step.

Engines word their errors differently, and Sail has no error classes, so this module never decides what the
program does, only what it reports.
"""

from __future__ import annotations

import os
import re

from clearwell.engines.reread import LOST
from clearwell.errors import AnswerLost, EngineError, EngineLost

__all__ = ["first_line", "is_disconnect", "is_foreign", "lost", "refused"]

_SENT = re.compile(r"^.*/clearwell-[0-9a-f]{16}\.zip/")
_LONGEST_LINE = 600


def is_foreign(error: BaseException) -> bool:
    """Whether the error comes from the client's libraries, not from Clearwell or a user's Python."""
    return type(error).__module__.partition(".")[0] in {"pyspark", "grpc", "pyarrow"}


def is_disconnect(error: BaseException) -> bool:
    """Whether the error says that the engine is gone, or has forgotten the session."""
    status = getattr(error, "getGrpcStatusCode", None) or getattr(error, "code", None)
    if callable(status) and getattr(status(), "name", "") == "UNAVAILABLE":
        return True
    text = str(error)
    return "Channel closed" in text or "closed channel" in text or "INVALID_HANDLE.SESSION" in text


def lost(what: str, how: str, *, words: str = "", hint: str) -> EngineLost:
    """The error for work that ended because the engine did. ``words`` is its last output."""
    fact = f"{what}: the engine was lost: {how}"
    if words:
        fact += f"; its last output: {words}"
    return EngineLost(fact, hint=hint, quotes=words or None)


def refused(what: str, error: BaseException, *, words: str = "") -> EngineError:
    """The error for work that a running engine refused or failed: invalid, or not supported."""
    text = str(error)
    if any(sign in text for sign in LOST):
        return AnswerLost(f"{what}: the engine's answer could not be read", hint="run again")
    if raised := _raised_by_user(text):
        message, place = raised
        hint = _next_step(message, "", "a Python function that the engine ran raised this")
    else:
        message, place = first_line(text), None
        if _gave_up(message) and words:
            message = f"the engine gave up on the query: {first_line(_panic(words))}"
        if spoken := _SPARKS.match(message):  # Spark itself: there is no other engine to suggest
            message = _SPARKS_ADVICE.sub("", message).strip()
            hint = _next_step(spoken[1] or message, "", _OWN_STEP, _SPARKS_STEPS)
        else:
            hint = _next_step(message, type(error).__name__, _ANY_STEP)
    return EngineError(f"{what}: {message}", place=place, hint=hint, quotes=message)


def first_line(text: str) -> str:
    """The first meaningful line of an engine's message, truncated."""
    line = next((line.strip() for line in _plain(text).splitlines() if line.strip()), "no message")
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..."


def _plain(text: str) -> str:
    """The message inside a raw gRPC error, with column names instead of Sail's internals."""
    if details := re.search(r'details = "(.*)"\s*\n\s*debug_error_string', text, re.DOTALL):
        text = details[1]
    return re.sub(
        r"attribute ObjectName\(\[(.*?)\]\) is missing from the schema: cannot resolve attribute",
        lambda found: f"no column {'.'.join(re.findall(r'Identifier..(.*?).[)]', found[1]))!r} in the frame",
        text,
    )


def _raised_by_user(text: str) -> tuple[str, str | None] | None:
    """``("ValueError: no such carrier", "assets/flights.py:12")`` from the traceback of a Python worker."""
    _, marker, trace = text.rpartition("Traceback (most recent call last):")
    if not marker:
        return None
    place, message = None, None
    for line in trace.splitlines()[1:]:
        if frame := re.match(r'  File "(.+)", line (\d+)', line):
            file = _SENT.sub("", frame[1])  # the project's name of a file that was sent to a worker
            place = f"{file}:{frame[2]}" if _is_users(file) else place
        elif line and not line.startswith(" "):
            message = first_line(line)
            break
    return (message, place) if message else None


def _is_users(file: str) -> bool:
    """Whether the file is user code: not Python's, a package's, or Clearwell's as sent to workers."""
    library = ("site-packages", "dist-packages", f"{os.sep}lib{os.sep}python3", "<frozen")
    return os.sep in file and not file.startswith("clearwell/") and not any(part in file for part in library)


def _gave_up(message: str) -> bool:
    return "RST_STREAM" in message or "panicked" in message


def _panic(words: str) -> str:
    """The sentence that a Rust panic prints under its ``panicked at`` line."""
    _, marker, rest = words.rpartition("panicked at ")
    return rest.partition("\n")[2] if marker else words


def _next_step(message: str, kind: str, otherwise: str, steps: _Steps | None = None) -> str:
    low = f"{message} {kind}".lower()
    return next(
        (hint for signs, hint in steps or _NEXT_STEPS if any(sign in low for sign in signs)), otherwise
    )


_Steps = tuple[tuple[tuple[str, ...], str], ...]

_SPARKS = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)?)\] |\((?:java|org\.apache|io\.delta)\.[\w.$]+\) ")
"""How each error of Spark begins: with its error class, or with a Java class."""

_SPARKS_ADVICE = re.compile(
    r' If necessary set "?spark\.sql\.\S+ to "?false"? .*?to bypass this error(?:, and .*? instead)?\.?'
    r"| SQLSTATE: \w+;?"
)
"""Advice not to repeat: to make Spark silently return other values, and a query number."""


_LESS = "raise engine_memory, or process less at once"
_ON_SPARK = "Apache Spark may do it: --engine spark"
_OWN_STEP = "correct the transform or its data"
_ANY_STEP = f"correct the transform or its data; if only this engine refuses it, {_ON_SPARK}"
_PYTHON = (
    "the engine's Python (for Spark's workers: PYSPARK_PYTHON) needs our version, pyarrow and your imports"
)
_NEXT_STEPS = (
    (("python_version_mismatch", "no module named", "package_not_installed"), _PYTHON),
    (("memory pool", "resources exhausted", "null pointer", "memoryerror"), _LESS),
    (("unresolved_routine", "unknown function", "unsupported", "not supported"), _ON_SPARK),
    (("not implemented", "not yet", "gave up"), _ON_SPARK),
    (("no column", "unresolved_column"), "check the column names in the transform"),
)
_SPARKS_STEPS: _Steps = (
    (("python_version_mismatch", "package_not_installed"), _PYTHON),
    (("out_of_memory", "cannot_acquire_memory"), _LESS),
    (("unresolved_column",), "check the column names in the transform"),
    (("unresolved_routine",), "check the name of the function in the transform"),
    (
        ("filesystem not found", "no filesystem for scheme"),
        "give this Spark's server and workers the classes that open the store: hadoop-aws for s3://",
    ),
    (("path_not_found", "path_already_exists"), "something other than this run works there: see what it is"),
    (
        ("overflow", "out_of_range"),
        "cast to a wider type first; the try_ functions give NULL where none is wide enough",
    ),
    (
        ("cast_", "divide_by_zero", "invalid_", "cannot_parse"),
        "reject such rows by a check, or take the try_ function of that name",
    ),
)
