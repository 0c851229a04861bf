"""Which commits have changed a table, by its log: the last one, and those of other writers.

A commit of Clearwell that moves rows has the number of its batch, and its compactions move none. So every
other commit that moves rows is another writer's, and a step that has read the table batch by batch must read
it again completely, even if one of Clearwell's batches came after.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from clearwell.errors import TableError
from clearwell.stores import read_file
from clearwell.tables.read.snapshot import APP_BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.tables.read.snapshot import Snapshot

__all__ = ["OthersCommit", "changed_at", "changed_by_others", "changed_since", "commits_of_others"]


@dataclass(frozen=True)
class OthersCommit:
    """A commit of another writer that moved rows, as that writer describes it."""

    version: int
    at: datetime | None
    operation: str
    writer: str


def changed_at(snapshot: Snapshot) -> datetime | None:
    """The time of the last commit that moved rows, by its writer's clock; None if the log does not say.

    That of the oldest commit in the log where all later ones have moved none.
    """
    oldest: list[dict[str, Any]] = []
    for number in range(snapshot.version, -1, -1):
        if (actions := _actions(snapshot, number)) is None:
            break
        oldest = actions
        if _moves(actions):
            break
    return _moment_of(oldest)


def changed_since(snapshot: Snapshot, version: int) -> bool:
    """Whether a commit after ``version`` has moved data; a commit that is no longer in the log counts."""
    return any(actions is None or _moves(actions) for _, actions in _commits(snapshot, version))


def changed_by_others(snapshot: Snapshot, version: int) -> bool:
    """Whether another writer moved data after ``version``; a commit that is no longer in the log counts."""
    return any(
        actions is None or (_moves(actions) and not _is_ours(actions))
        for _, actions in _commits(snapshot, version)
    )


def commits_of_others(snapshot: Snapshot, *, most: int = 20) -> list[OthersCommit]:
    """The commits among the last ``most`` versions by which other writers moved rows, oldest first."""
    found: list[OthersCommit] = []
    for number, actions in _commits(snapshot, snapshot.version - most):
        if actions and _moves(actions) and not _is_ours(actions):
            info = _info(actions)
            writer = str(info.get("engineInfo", "an unnamed writer"))
            operation = str(info.get("operation", "WRITE"))
            found.append(OthersCommit(number, _moment_of(actions), operation, writer))
    return found


def _commits(snapshot: Snapshot, version: int) -> Iterator[tuple[int, list[dict[str, Any]] | None]]:
    """The actions of each commit after ``version``; None for one that is no longer in the log."""
    for number in range(max(version, -1) + 1, snapshot.version + 1):
        yield number, _actions(snapshot, number)


def _actions(snapshot: Snapshot, number: int) -> list[dict[str, Any]] | None:
    entry = read_file(f"{snapshot.root}/_delta_log/{number:020}.json")
    if entry is None:
        return None
    try:
        return [json.loads(line) for line in entry.decode().splitlines() if line.strip()]
    except ValueError as error:
        raise TableError(
            f"commit {number} in its log cannot be read: {error}",
            place=str(snapshot.name),
            hint=f"clearwell repair {snapshot.name}; or restore its _delta_log folder from a backup",
        ) from error


def _info(actions: list[dict[str, Any]]) -> dict[str, Any]:
    return next((action["commitInfo"] for action in actions if "commitInfo" in action), {})


def _moment_of(actions: list[dict[str, Any]]) -> datetime | None:
    info = _info(actions)
    at = info.get("inCommitTimestamp") or info.get("timestamp")
    return datetime.fromtimestamp(at / 1000, UTC) if at else None


def _moves(actions: list[dict[str, Any]]) -> bool:
    changes = (action.get("add") or action.get("remove") for action in actions)
    return any(change.get("dataChange", True) for change in changes if change)


def _is_ours(actions: list[dict[str, Any]]) -> bool:
    return any(action.get("txn", {}).get("appId") == APP_BATCH for action in actions)
