"""Take back a raw file that was wrongly accepted, or undo that: `clearwell retract`.

The next run rebuilds what was made from its rows. Refused: a file that the table never took.
"""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell.errors import SourceError, did_you_mean
from clearwell.model import Retraction
from clearwell.names import TableName, Zone
from clearwell.tables import blocks_in_effect, retract_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clearwell.engines import Engine
    from clearwell.model import FileCounts
    from clearwell.tables import Lake

__all__ = ["Retracted", "retract"]

_HASH = re.compile(r"[0-9a-f]{8,32}")


@dataclass(frozen=True)
class Retracted:
    """What became of it. ``changed``: whether anything was written; ``retraction``: what the ledger says now.

    ``accepted`` and ``quarantined`` are the records that have left the table and its quarantine.
    """

    table: str
    path: str
    file_id: str
    changed: bool
    retraction: Retraction | None
    accepted: int = 0
    quarantined: int = 0


def retract(
    lake: Lake, table: str, file: str, *, reason: str, engine: Engine, undo: bool = False
) -> Retracted:
    """Take ``file`` back from the bronze table, or undo that; ``file`` is its path, a suffix, or its hash.

    Raises:
        SourceError: the table never took such a file, or several are meant; to undo, another has its place.
        TableNotFound: there is no such bronze table.
    """
    name = TableName.parse(table)
    if name.zone is not Zone.BRONZE:
        raise SourceError(
            "raw files are taken by bronze tables only",
            place=table,
            hint=f"clearwell retract {TableName(Zone.BRONZE, name.name)} {file}",
        )
    now = Retraction(_user(), datetime.now(UTC).isoformat(timespec="milliseconds"), reason, undone=undo)
    found, changed = retract_file(
        lake, name, lambda known: _find(lake, name, known, file, undo), now, engine=engine
    )
    gone = (found.accepted, found.quarantined) if changed else (0, 0)
    return Retracted(table, found.path, found.file_id, changed, now if changed else found.retraction, *gone)


def _find(lake: Lake, name: TableName, known: Sequence[FileCounts], wanted: str, undo: bool) -> FileCounts:
    """The file that is meant; of several at one path the one for which there is something to do."""
    named = [f for f in known if f.path == wanted]
    if not named and _HASH.fullmatch(wanted):
        named = [f for f in known if f.file_id.startswith(wanted)]
    named = named or [f for f in known if f.path.endswith(f"/{wanted}")]
    found = [f for f in named if f.is_retracted is undo] or named[-1:]
    if len(found) == 1:
        if undo:
            _require_place(found[0], known, name)
        return found[0]
    if found:
        listed = ", ".join(f"{f.path} ({f.file_id[:12]})" for f in found[:5])
        raise SourceError(
            f"{wanted!r} is the name of {len(found)} files: {listed}",
            place=str(name),
            hint="write more of its path, or the first 12 digits of its hash",
        )
    aside = [f.path for block in blocks_in_effect(lake, name, lake.existing(name)) for f in block.files]
    if any(path == wanted or path.endswith(f"/{wanted}") for path in aside):
        raise SourceError(
            f"{wanted} is set aside: no record of it is in the table",
            place=str(name),
            hint="correct it, or remove it from the source's folder; then run again",
        )
    raise SourceError(
        f"it has taken no file {wanted!r}",
        place=str(name),
        hint=did_you_mean(wanted, [f.path for f in known])
        or f"clearwell show {name} lists those it has taken",
    )


def _require_place(file: FileCounts, known: Sequence[FileCounts], name: TableName) -> None:
    """Check that no other file has its place in the order of deliveries: one of two would win at random."""
    for other in known:
        taken = other.arrival is not None and other.arrival == file.arrival and not other.is_retracted
        if taken and other.file_id != file.file_id:
            its, own = f"{other.path} ({other.file_id[:12]})", f"{file.path} ({file.file_id[:12]})"
            raise SourceError(
                f"{its} has taken the place of {own}",
                place=str(name),
                hint=f"take that back first: clearwell retract {name} {other.file_id[:12]} --reason ...",
            )


def _user() -> str:
    """Who does it, by the name that the operating system knows, or else the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such user: in a container
        return f"user {os.getuid()}"
