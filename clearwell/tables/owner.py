"""Which project a lake belongs to. Two projects with a table of one name would mix their rows in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearwell import __version__
from clearwell.errors import TableError
from clearwell.tables.control_records import FORMAT, read_record

if TYPE_CHECKING:
    from clearwell.stores import Store

__all__ = ["Owner", "adopt_lake", "owner_of", "require_owner"]

_FILE = "control/lake.json"


@dataclass(frozen=True)
class Owner:
    """The name of the project that a lake belongs to, and since when (ISO 8601, UTC)."""

    project: str
    since: str


def owner_of(store: Store) -> Owner | None:
    """The owner, or None of a lake that nobody has written to, or only an earlier version has.

    Raises:
        TableError: the record is damaged, or a later version has written it.
    """
    if (data := store.get(_FILE)) is None:
        return None
    try:
        raw = read_record(data, store.absolute(_FILE))
    except TableError as error:
        if "cannot be read" in error.fact:
            error.hint = "if the lake is this project's: clearwell init --adopt"
        raise
    return Owner(str(raw.get("project")), str(raw.get("since")))


def require_owner(store: Store, project: str) -> None:
    """Check that the lake belongs to ``project``, which takes one that belongs to nobody.

    Raises:
        TableError: it belongs to another project.
    """
    owner = owner_of(store)
    if owner is None and not store.put_new(_FILE, _record(project)):
        owner = owner_of(store)  # another run was first
    if owner is not None and owner.project != project:
        raise TableError(
            f"this lake belongs to the project {owner.project!r} (since {owner.since[:10]}), "
            f"not to {project!r}",
            place=store.absolute("control").removesuffix("/control"),
            hint="give this project a lake of its own (`lake` in its pyproject.toml); if it is that project "
            "under another name or in another folder: clearwell init --adopt (with its --profile)",
        )


def adopt_lake(store: Store, project: str) -> Owner | None:
    """Make ``project`` the owner, also where the record is damaged; returns the one before."""
    try:
        before = owner_of(store)
    except TableError:
        before = None
    store.put(_FILE, _record(project))
    return before


def _record(project: str) -> bytes:
    said = {"format": FORMAT, "clearwell": __version__, "project": project}
    return json.dumps({**said, "since": datetime.now(UTC).isoformat(timespec="seconds")}, indent=1).encode()
