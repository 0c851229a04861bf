"""Which raw files a batch reads, in which order, and what their rows keep of an earlier batch.

A table is a function of its files and of their order, not of the runs that took them. So a rebuild replays
them: each known file at its place, under the batch that first took it. A corrected file takes the place of
the one that it corrects; what the table has refused so far comes after all that it has taken, as in any run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.errors import SourceError
from clearwell.flow.landing.result import Delivery
from clearwell.sources import KnownFile, delivery_key, discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from clearwell.model import FileCounts
    from clearwell.sources import RawFile, SourceSpec

__all__ = ["after", "again", "known_files"]


def known_files(counts: Iterable[FileCounts]) -> dict[str, KnownFile]:
    """The files of a ledger, by their ids, as ``discover`` takes them."""
    return {f.file_id: KnownFile(f.path, f.size or 0, f.modified_ns or 0) for f in counts}


def after(
    source: SourceSpec,
    known: Sequence[FileCounts],
    new: Iterable[RawFile],
    *,
    batch: int,
    moment: datetime,
) -> list[Delivery]:
    """New files, after all ``known`` ones: in the order of the source, and by name where that is arrival."""
    last = max((f.arrival or 0 for f in known), default=0)
    ordered = sorted(new, key=lambda f: (delivery_key(source.order, source.path, f.path, 0), f.path))
    return [Delivery(file, number, batch, moment) for number, file in enumerate(ordered, last + 1)]


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

    Raises:
        SourceError: a known file is gone, or has other content and the source refuses that.
    """
    found = discover(source, root, {})
    at = {file.path: file for file in (*found.new, *(copy.file for copy in found.duplicates))}
    by_id = {file.file_id: file for file in found.new}
    ids = {counts.file_id for counts in known}
    kept: list[Delivery] = []
    gone: list[str] = []
    changed: list[str] = []
    placed: set[str] = set()
    for counts in known:
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
    rest = [file for file in found.new if file.file_id not in placed]
    return [*kept, *after(source, known, rest, batch=batch, moment=moment)]


def _require(place: str, gone: list[str], changed: list[str]) -> None:
    for paths, how, next_step in (
        (gone, "are gone", "restore them to their former paths, and run again"),
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
