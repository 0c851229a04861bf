"""Which raw files a batch reads, in which order, and what their rows keep of an earlier batch.

A table is a function of its files and of their order, not of the runs that took them. So a rebuild replays
them: each known file at its place, under the batch that first took it. A corrected file takes the place of
the one that it corrects, also of one that was taken back; what the table has refused so far comes after all
that it has taken, as in any run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clearwell.errors import SourceError
from clearwell.flow.landing.result import Delivery
from clearwell.sources import KnownFile, delivery_key, discover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from clearwell.model import FileCounts
    from clearwell.sources import RawFile, SourceSpec

__all__ = ["after", "again", "known_files", "remembered", "retracted_ids", "touched_counts"]


def known_files(counts: Iterable[FileCounts]) -> dict[str, KnownFile]:
    """The files of a ledger, by their ids, as ``discover`` takes them."""
    return {
        f.file_id: KnownFile(f.path, f.size or 0, f.modified_ns or 0, f.inode or 0, f.changed_ns or 0)
        for f in counts
        if f.retraction is None or f.is_retracted
    }


def retracted_ids(counts: Iterable[FileCounts]) -> frozenset[str]:
    """The ids of the files that were taken back."""
    return frozenset(f.file_id for f in counts if f.is_retracted)


def touched_counts(known: Iterable[FileCounts], touched: Iterable[RawFile]) -> tuple[FileCounts, ...]:
    """How known files look now, for the ledger: rows without records, so that they are not read each time.

    Left out are those that a restored table has lost, and only remembers: its ledger has no row of them.
    """
    by_id = {counts.file_id: counts for counts in known}
    return tuple(
        replace(
            _empty(by_id[file.file_id]),
            path=file.path,
            size=file.size,
            modified_ns=file.modified_ns,
            inode=file.inode,
            changed_ns=file.changed_ns,
        )
        for file in touched
        if file.file_id in by_id
    )


def _empty(counts: FileCounts) -> FileCounts:
    return replace(counts, delivered=0, accepted=0, quarantined=0)


def after(
    source: SourceSpec,
    known: Sequence[FileCounts],
    new: Sequence[RawFile],
    *,
    batch: int,
    moment: datetime,
    former: Mapping[str, int] | None = None,
) -> list[Delivery]:
    """New files, after all ``known`` ones: in the order of the source, and by name where that is arrival.

    A file whose retraction was undone, and one at the path of a file that was taken back, get its place.

    ``former`` are the arrivals, by file id, in a table that is made anew: they come first, as they came.
    """
    last = max((f.arrival or 0 for f in known), default=0)
    place = _places(known)
    placed = [Delivery(f, p, batch, moment) for f in new if (p := place(f))]
    before = former or {}
    behind = max(before.values(), default=0) + 1
    ordered = sorted(
        (file for file in new if not place(file)),
        key=lambda f: (
            delivery_key(source.order, source.path, f.path, before.get(f.file_id, behind)),
            f.path,
        ),
    )
    behind_all = [Delivery(file, number, batch, moment) for number, file in enumerate(ordered, last + 1)]
    return [*sorted(placed, key=lambda d: d.arrival), *behind_all]


def _places(known: Sequence[FileCounts]) -> Callable[[RawFile], int | None]:
    """The arrival that a new file takes over, None if it comes after all: of a file that was taken back.

    It is the file's own where that was undone; or that of its path, unless another file has it already.
    """
    filled = {f.arrival for f in known if f.retraction is None}
    own = {f.file_id: f.arrival for f in known if f.retraction}
    at = {f.path: f.arrival for f in known if f.retraction and f.arrival not in filled}
    return lambda file: own.get(file.file_id) or at.get(file.path)


def remembered(
    known: Iterable[FileCounts], deliveries: Iterable[Delivery], *, replaces: bool
) -> tuple[FileCounts, ...]:
    """What the ledger keeps of files that were taken back, in a batch that ``replaces`` all of it."""
    again = {delivery.file.file_id for delivery in deliveries}
    return tuple(_empty(f) for f in known if replaces and f.retraction and f.file_id not in again)


def again(
    source: SourceSpec,
    root: Path,
    known: Sequence[FileCounts],
    *,
    batch: int,
    moment: datetime,
    place: str,
) -> list[Delivery]:
    """Every file of the source, for a rebuild: ``known`` ones in their order, then the others.

    Those that were taken back are left out, whatever became of them.

    Raises:
        SourceError: a known file is gone, or has other content and the source refuses that.
    """
    found = discover(source, root, {})
    retracted = retracted_ids(known)
    at = {file.path: file for file in (*found.new, *(copy.file for copy in found.duplicates))}
    by_id = {file.file_id: file for file in found.new}
    ids = {counts.file_id for counts in known if counts.retraction is None or counts.is_retracted}
    kept: list[Delivery] = []
    gone: list[str] = []
    changed: list[str] = []
    placed: set[str] = set()
    for counts in known:
        if counts.retraction:
            continue
        here = at.get(counts.path)
        file = here if here and here.file_id == counts.file_id else by_id.get(counts.file_id)
        first, began = counts.batch, counts.moment
        if file is None and here is not None and source.on_change == "replace":
            file, first, began = here, batch, moment  # corrected; its rows come with this batch
            if file.file_id in ids:
                continue  # with content that another file has: no row is added
        if file is None:
            (gone if here is None else changed).append(counts.path)
        elif file.file_id not in placed:
            placed.add(file.file_id)
            kept.append(Delivery(file, counts.arrival or 0, first or batch, began or moment))
    _require(place, gone, changed)
    rest = [file for file in found.new if file.file_id not in placed and file.file_id not in retracted]
    every = [*kept, *after(source, known, rest, batch=batch, moment=moment)]
    return sorted(every, key=lambda delivery: delivery.arrival)


def _require(place: str, gone: list[str], changed: list[str]) -> None:
    for paths, how, next_step in (
        (
            gone,
            "are not among its files now",
            "restore them to their former paths, which `path` must match; or: clearwell retract",
        ),
        (
            changed,
            "have other content",
            "restore them, or set `on_change: replace` to take what is there now",
        ),
    ):
        if paths:
            raise SourceError(
                f"a rebuild needs every raw file, and {len(paths)} {how}: {', '.join(sorted(paths)[:5])}",
                place=place,
                hint=next_step,
            )
