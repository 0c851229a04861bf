"""The raw files of a project as recorded in its lake, matched to the files on disk.

A file is named by its path at delivery, by a unique suffix of that path, or by its hash. It may be ingested,
set aside, or not ingested yet.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clearwell.errors import SourceError, did_you_mean
from clearwell.sources import UnreadableFile, read_record
from clearwell.sources.match import matches
from clearwell.sources.reading import open_regular
from clearwell.tables import blocks_in_effect, files_of
from clearwell.trace.records import RawStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.model import FileCounts
    from clearwell.project.load import Project
    from clearwell.project.specs import TableSpec
    from clearwell.tables import Lake

__all__ = ["KnownRaw", "find_raw", "raw_step", "taken_files"]

_HASH = re.compile(r"[0-9a-f]{8,32}")
_LONGEST_TEXT = 100_000


@dataclass(frozen=True)
class KnownRaw:
    """A raw file of a source: what it delivered (None: not ingested), or why it was set aside."""

    spec: TableSpec
    file_id: str
    path: str
    counts: FileCounts | None = None
    set_aside: str | None = None
    copy_of: str | None = None


def taken_files(lake: Lake, spec: TableSpec) -> dict[str, FileCounts]:
    """What each raw file delivered to the bronze table of ``spec``, by file id."""
    snapshot = lake.table(spec.bronze_table).snapshot()
    return {counts.file_id: counts for counts in files_of(lake, snapshot)} if snapshot else {}


def find_raw(project: Project, lake: Lake, wanted: str) -> list[KnownRaw]:
    """The file that ``wanted`` names, once for each source that it belongs to.

    Raises:
        SourceError: no such file, or several.
    """
    known = [raw for spec in project.tables.values() for raw in _known(lake, spec)]
    name = _relative(project.root, wanted)
    found = [raw for raw in known if raw.path == name]
    if not found and _HASH.fullmatch(wanted):
        found = [raw for raw in known if raw.file_id.startswith(wanted)]
    found = found or [raw for raw in known if raw.path.endswith(f"/{name}")]
    found = found or list(_not_taken(project, known, name))
    if not found:
        raise _unknown(project, known, wanted)
    if len({raw.file_id for raw in found}) > 1:
        listed = ", ".join(f"{raw.path} ({raw.file_id[:12]})" for raw in found[:5])
        raise SourceError(
            f"{wanted!r} is the name of {len(found)} files: {listed}",
            hint="write more of its path, or the first 12 digits of its hash",
        )
    return found


def raw_step(
    project: Project,
    spec: TableSpec | None,
    file_id: str,
    record_no: int,
    counts: FileCounts | None,
    *,
    path: str = "",
) -> RawStep:
    """Record ``record_no`` of a raw file, read again from the disk if the file is found there.

    ``path`` is the location of a file without recorded counts, because it is not ingested yet.
    """
    step = RawStep(
        path=counts.path if counts else path,
        file_id=file_id,
        record_no=record_no,
        state="unknown",
        records=counts.delivered if counts else None,
        bytes=counts.size if counts else None,
        modified=_moment(counts.modified_ns) if counts and counts.modified_ns else None,
    )
    if spec is None or not step.path:
        return replace(step, note="no source of this project has this file: its text cannot be read")
    state, found = _on_disk(project, spec, file_id, step)
    if found is None:
        what = "is gone" if state == "gone" else "has changed since it was ingested"
        return replace(step, state=state, note=f"the raw file {what}: its text cannot be read again")
    moved = found if state == "moved" else None
    try:
        text = read_record(project.root / found, project.source(spec), record_no)
    except UnreadableFile as error:
        return replace(step, state=state, found_at=moved, note=f"its text cannot be read: {error.fact}")
    if text.raw is None:
        note = f"the file has {text.records or 0:,} records"
        return replace(step, state=state, found_at=moved, records=text.records, missing=True, note=note)
    cut = len(text.text) > _LONGEST_TEXT
    note = f"the first {_LONGEST_TEXT:,} of {len(text.text):,} characters" if cut else None
    if not text.exact:
        note = f"bytes that are not {spec.source.encoding} are shown as escapes"
    return replace(
        step,
        state=state,
        found_at=moved,
        text=text.text[:_LONGEST_TEXT],
        is_json=text.is_json,
        note=note,
    )


def _known(lake: Lake, spec: TableSpec) -> Iterator[KnownRaw]:
    """The ingested files of a source, then those that are set aside."""
    taken = taken_files(lake, spec)
    for counts in taken.values():
        yield KnownRaw(spec, counts.file_id, counts.path, counts)
    for block in blocks_in_effect(lake, spec.bronze_table, lake.table(spec.bronze_table).snapshot()):
        reasons = block.reason.split("\n")
        for counts in block.files:
            if counts.file_id not in taken:
                why = next((line for line in reasons if line.startswith(f"{counts.path}:")), block.reason)
                yield KnownRaw(spec, counts.file_id, counts.path, counts, set_aside=why)


def _not_taken(project: Project, known: list[KnownRaw], name: str) -> Iterator[KnownRaw]:
    """New files on disk that match a source; one with known content is a copy of that file."""
    for spec in project.tables.values():
        for path, reason in matches(spec.source.path, project.root):
            if reason is None and (path == name or path.endswith(f"/{name}")):
                try:
                    file_id = _hash(project.root / path)
                except OSError:
                    continue
                same = next((k for k in known if k.file_id == file_id and k.spec is spec), None)
                if same:
                    yield KnownRaw(spec, file_id, same.path, same.counts, same.set_aside, copy_of=path)
                else:
                    yield KnownRaw(spec, file_id, path)


def _unknown(project: Project, known: list[KnownRaw], wanted: str) -> SourceError:
    here = (project.root / wanted).is_file() or Path(wanted).is_file()
    fact = f"{wanted!r} does not match any source of this project" if here else f"no raw file {wanted!r}"
    patterns = ", ".join(sorted({spec.source.path for spec in project.tables.values()}))
    near = did_you_mean(wanted, [raw.path for raw in known] + [Path(raw.path).name for raw in known])
    return SourceError(
        fact, hint=near or f"sources take {patterns or 'nothing'}; `clearwell show` lists files"
    )


def _relative(root: Path, wanted: str) -> str:
    """``wanted`` as the ledger stores paths: relative to the project, also when typed from elsewhere."""
    path = Path(wanted)
    for absolute in (path, Path.cwd() / path):
        if (
            absolute.is_absolute()
            and absolute.is_relative_to(root)
            and (path.is_absolute() or absolute.exists())
        ):
            return absolute.relative_to(root).as_posix()
    return path.as_posix()


def _on_disk(project: Project, spec: TableSpec, file_id: str, step: RawStep) -> tuple[str, str | None]:
    """The state of a file, and its present path relative to the project if its content exists anywhere."""
    there = _is_it(project.root / step.path, file_id, step.bytes)
    if there:
        return "as it was", step.path
    for path, reason in matches(spec.source.path, project.root):
        if reason is None and path != step.path and _is_it(project.root / path, file_id, step.bytes):
            return "moved", path
    return ("gone" if there is None else "changed"), None


def _is_it(file: Path, file_id: str, size: int | None) -> bool | None:
    """Whether ``file`` has the content of that id; None when there is no such file."""
    try:
        if size is not None and file.stat().st_size != size:
            return False
        return _hash(file) == file_id
    except OSError:
        return None


def _hash(file: Path) -> str:
    with open_regular(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:32]


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat(timespec="seconds")
