"""What a run tells of raw files: those that it left out; what those that it took have new, or lack."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from clearwell.model import CheckResult, Scope, Severity
from clearwell.names import PROVENANCE
from clearwell.sources import folder_keys, is_outside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from clearwell.flow.landing.result import Landed
    from clearwell.model import FileCounts
    from clearwell.sources import Discovery

__all__ = ["NONE_ACCEPTED", "OF_NEW_FILES", "Note", "left_out_notes", "notes_of", "results_of"]

_MOST_NAMES = 10

NEW_COLUMNS, MISSING_COLUMNS, NONE_ACCEPTED = "new_columns", "missing_columns", "none_accepted"
LEFT_FOR_LATER, SKIPPED = "left_for_later", "skipped"
OF_NEW_FILES = {
    NEW_COLUMNS: "New files have no column that the table had not.",
    MISSING_COLUMNS: "New files have all columns of the table.",
    NONE_ACCEPTED: "Of each new file at least one record was accepted.",
}
"""Kinds of notes that only a run that takes files can make, and what is so without one."""


class Note(NamedTuple):
    """What is told, and its kind: a key of ``notes`` in YAML, or "" if it has no severity."""

    kind: str
    text: str


def results_of(
    notes: Sequence[Note], severities: Mapping[str, str], *, has_new_files: bool
) -> tuple[CheckResult, ...]:
    """The notes as results, one for each kind; those of new files only if there were any."""
    return tuple(
        CheckResult(
            name=kind,
            expectation="raw_files",
            severity=(severity := Severity(said)),
            scope=Scope.TABLE,
            success=severity is Severity.INFO or not texts,
            message="\n".join(texts) or None,
        )
        for kind, said in severities.items()
        for texts in [[note.text for note in notes if note.kind == kind]]
        if has_new_files or kind not in OF_NEW_FILES
    )


def left_out_notes(
    found: Discovery, known: Sequence[FileCounts], former: Mapping[str, FileCounts], pattern: str
) -> Iterator[Note]:
    """The files that add no row and are not set aside, and those that a restored copy has brought back.

    Args:
        found: What was found.
        known: What the ledger says.
        former: The same of the batches that a restored table has lost.
        pattern: The path of the source, relative to the project.
    """
    taken_back = {f.file_id for f in (*former.values(), *known) if f.is_retracted}
    for copy in found.duplicates:
        which = f"{copy.same_as}, which was taken back" if copy.file.file_id in taken_back else copy.same_as
        yield Note("", f"{copy.file.path}: same content as {which}, nothing to add")
    for path in found.growing:
        yield Note(LEFT_FOR_LATER, f"{path}: still growing, left for the next run")
    for skip in found.skipped:
        yield Note(SKIPPED, f"{skip.path}: skipped, {skip.reason}")
    outside = [f.path for f in known if not f.is_retracted and is_outside(pattern, f.path)]
    if outside and not pattern.startswith(("/", "..")):
        told = "which `path` does not match any more; `clearwell retract` takes them back"
        yield Note("", f"the rows of {len(outside)} files stay, {told}: {_listed(outside)}")
    for file in known:
        why = former[file.file_id].retraction if file.file_id in former else None
        if why and not why.undone and not file.retraction and _is_before(file.ingested_at, why.at):
            told = f"{why.by} took it back ({why.reason}), and a restore has brought it again"
            yield Note("", f"{file.path}: {told}")


def _is_before(ingested: str | None, taken_back: str) -> bool:
    return not ingested or datetime.fromisoformat(ingested) < datetime.fromisoformat(taken_back)


def notes_of(landed: Landed, table: pa.Schema | None) -> Iterator[Note]:
    """Notes about accepted files; ``table`` has the columns before them, None where it is made anew."""
    yield from (Note("", text) for text in landed.notes)
    for counts in landed.counts:
        if counts.delivered and not counts.accepted:
            yield Note(
                NONE_ACCEPTED, f"{counts.path}: all of its {counts.delivered:,} records are in quarantine"
            )
    named = [set(names) for names in landed.named if names]
    before = [name for name in table.names if name not in PROVENANCE] if table is not None else None
    if before is not None and (new := [name for name in landed.columns.names if name not in before]):
        yield Note(NEW_COLUMNS, f"new in the table: {_listed(new)}; NULL in the rows before")
    lacking = [n for n in before or landed.columns.names if named and any(n not in names for names in named)]
    everywhere = [name for name in lacking if all(name not in names for names in named)]
    if everywhere:
        yield Note(MISSING_COLUMNS, f"in no new file, and NULL in its rows: {_listed(everywhere)}")
    if some := [name for name in lacking if name not in everywhere]:
        yield Note(MISSING_COLUMNS, f"not in every new file, and NULL in the rows without: {_listed(some)}")
    keys = folder_keys(counts.path for counts in landed.counts)
    if lost := [key for key in keys if key not in landed.columns.names]:
        yield Note(
            "", f"folders are named by {_listed(lost)}, which is no column of their files, nor of the table"
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_MOST_NAMES]))
    return f"{shown}, ..." if len(names) > _MOST_NAMES else shown
