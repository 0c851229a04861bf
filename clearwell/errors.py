"""Every error that Clearwell raises on purpose.

    ClearwellError
    ├── ProjectError        the project's own files: YAML, suites, transforms, settings
    ├── SourceError         raw files that cannot be ingested as they are
    ├── EngineError         the engine cannot do what is requested
    │   ├── EngineLost      the engine died, hung or ran out of memory          (transient)
    │   └── AnswerLost      the engine runs, but its answer could not be read  (transient)
    ├── StoreError          a bucket that refuses, does not exist, or lacks a needed feature
    │   └── StoreUnreachable  it did not answer                                  (transient)
    ├── TableError          a table is missing, foreign, or not as promised
    │   ├── TableNotFound
    │   ├── CandidateRefused  staged rows that must not enter the table
    │   ├── CommitConflict  other writers won every attempt                          (transient)
    │   └── FilesGone       data files went while they were read; nothing was written  (transient)
    ├── BatchBlocked        a critical check failed; nothing was published
    ├── AlertError          no alert about a failed run could be sent
    └── DatasetError        a release that cannot be read or made
        └── ReleaseNotFound

An error states the *fact*, the *place* (a file and line, a table, a path) and the *hint*: the next step. Its
text is bounded and has no known secret (``secret_values``). ``transient`` says whether an unchanged retry can
help.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

from clearwell.secret_values import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AlertError",
    "AnswerLost",
    "BatchBlocked",
    "CandidateRefused",
    "ClearwellError",
    "CommitConflict",
    "DatasetError",
    "EngineError",
    "EngineLost",
    "FilesGone",
    "ProjectError",
    "ReleaseNotFound",
    "SourceError",
    "StoreError",
    "StoreUnreachable",
    "TableError",
    "TableNotFound",
    "did_you_mean",
]

_LONGEST = 2_000


class ClearwellError(Exception):
    """The root: catch this to catch everything that Clearwell raises on purpose.

    Args:
        fact: What is wrong, one sentence.
        place: Where: ``file:line``, a table's name, a path.
        hint: What to do next.
        quotes: The part of ``fact`` in the words of others: of an engine, a library, a user's function. They
            may quote any value of a row.
    """

    transient: ClassVar[bool] = False

    def __init__(
        self, fact: str, *, place: str | None = None, hint: str | None = None, quotes: str | None = None
    ) -> None:
        self.fact = _bounded(fact)
        self.place = redact(place) if place else place
        self.hint = _bounded(hint) if hint else None
        self.quotes = redact(quotes) if quotes else quotes
        self.own_fact = self.fact if quotes is None else _without(quotes, fact)
        """The fact without the words of others."""
        super().__init__(self.fact)

    def __str__(self) -> str:
        return self._text(self.fact)

    @property
    def own_text(self) -> str:
        """The text without the words of others."""
        return self._text(self.own_fact)

    def _text(self, fact: str) -> str:
        head = f"{self.place}: {fact}" if self.place else fact
        return f"{head}\n  next: {self.hint}" if self.hint else head

    def __reduce__(self) -> tuple[object, ...]:
        return (
            _rebuild,
            (type(self), self.fact, self.place, self.hint),
            {"quotes": self.quotes, "own_fact": self.own_fact},
        )


class ProjectError(ClearwellError):
    """A YAML file, a suite, a transform or a setting of the project is wrong."""


class SourceError(ClearwellError):
    """A raw file, or its expected folder, cannot be ingested as it is."""


class EngineError(ClearwellError):
    """The engine cannot start, or cannot do what is requested; the text names an engine that can."""


class EngineLost(EngineError):
    """The engine died, hung past its deadline, or ran out of memory while working."""

    transient = True


class AnswerLost(EngineError):
    """The engine runs, but its answer to a query could not be read."""

    transient = True


class StoreError(ClearwellError):
    """A part of the lake is refused by its store or disk, does not exist, or lacks what a lake needs."""


class StoreUnreachable(StoreError):
    """An object store did not answer in time, or answered that it is temporarily unavailable."""

    transient = True


class TableError(ClearwellError):
    """A table is missing, was changed by an external writer in an unsupported way, or breaks a promise."""


class TableNotFound(TableError):
    """There is no table of that name in this lake."""

    @classmethod
    def among(cls, name: str, known: Iterable[str]) -> TableNotFound:
        """The error for ``name``, with the nearest of the ``known`` names."""
        near = did_you_mean(name, known)
        return cls(f"no table {name!r} in this lake", hint=near or "see `clearwell tables`")


class CandidateRefused(TableError):
    """Staged rows violate the table's contract: columns, types, nulls, keys, counts."""


class CommitConflict(TableError):
    """Other writers won every attempt until the deadline; nothing of this batch was lost."""

    transient = True


class FilesGone(TableError):
    """Data files of a table went, or changed, while it was read: what was read may lack rows."""

    transient = True


class BatchBlocked(ClearwellError):
    """A critical check failed: the batch is set aside and the published table is unchanged.

    ``result`` is the ``BuildResult`` of the step, with the results of all its checks. ``again`` says that the
    same build was blocked before, and that neither its data nor its code has changed since.
    """

    result: Any = None
    again: bool = False


class AlertError(ClearwellError):
    """A receiver did not accept an alert; its address, which is a secret, is not in the text."""


class DatasetError(ClearwellError):
    """A release cannot be made, or a release does not match its manifest."""


class ReleaseNotFound(DatasetError):
    """There is no release of that name or version."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str | None:
    """A hint with the nearest known name, or None when none is near."""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None


def _without(quotes: str, fact: str) -> str:
    return _bounded(fact.replace(quotes, "(withheld)")) if quotes and quotes in fact else "(withheld)"


def _bounded(text: str) -> str:
    text = redact(text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ... ({len(text)} characters)"


def _rebuild(kind: type[ClearwellError], fact: str, place: str | None, hint: str | None) -> ClearwellError:
    return kind(fact, place=place, hint=hint)
