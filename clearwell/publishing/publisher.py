"""Where releases are made: beside the others in a folder, or locally before the upload to a store."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from clearwell.datasets import versions_in
from clearwell.publishing.claim import adopt, claim, lost_release

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from clearwell.datasets import Manifest

__all__ = ["ATTEMPT", "LocalPublisher", "Publisher", "begin_attempt", "remove_attempt"]

ATTEMPT = ".attempt-"


class Publisher(Protocol):
    """Makes the releases of one dataset. With a store, methods may also raise StoreError."""

    def versions(self) -> tuple[int, ...]:
        """The finished releases, oldest first."""
        ...

    def address(self, version: int) -> Path | str:
        """The path or address of a release."""
        ...

    def adopt(self, identity: str) -> tuple[Manifest, bool] | None:
        """The newest release if it has that identity, and whether the pointer had to be moved to it.

        None also when the pointer names a later release, which was deleted.
        """
        ...

    def lost(self) -> int | None:
        """The number of the current release if it is gone, or not complete any more."""
        ...

    def begin(self, who: str) -> Path:
        """A folder to write in; ``who`` is recorded first, so that every folder has an owner."""
        ...

    def claim(
        self, attempt: Path, draft: Manifest, *, seen: Collection[int], after: int = 0
    ) -> tuple[Manifest, bool]:
        """Make the folder ``attempt`` the next release; see ``clearwell.publishing.claim``."""
        ...

    def forget(self, attempt: Path) -> None:
        """Remove the leftovers of an attempt, and its note; not what was released."""
        ...


class LocalPublisher:
    """Makes releases in the folder of a dataset; ``durable`` forces them to the disk."""

    def __init__(self, dataset: Path, *, durable: bool) -> None:
        self._dataset = dataset
        self._durable = durable

    def versions(self) -> tuple[int, ...]:
        """The finished releases."""
        return versions_in(self._dataset)

    def address(self, version: int) -> Path:
        """The release's folder."""
        return self._dataset / f"v{version}"

    def adopt(self, identity: str) -> tuple[Manifest, bool] | None:
        """The newest release, if it has that identity."""
        return adopt(self._dataset, identity)

    def lost(self) -> int | None:
        """The number of the current release if its folder is gone, or lacks files."""
        return lost_release(self._dataset)

    def begin(self, who: str) -> Path:
        """A folder that becomes the release by one rename."""
        return begin_attempt(self._dataset, who)

    def claim(
        self, attempt: Path, draft: Manifest, *, seen: Collection[int], after: int = 0
    ) -> tuple[Manifest, bool]:
        """Rename it."""
        return claim(self._dataset, attempt, draft, seen=seen, after=after, durable=self._durable)

    def forget(self, attempt: Path) -> None:
        """Remove the folder, if it still exists."""
        remove_attempt(attempt)


def begin_attempt(dataset: Path, who: str) -> Path:
    """A new folder in that of a dataset, with a note beside it."""
    attempt = dataset / f"{ATTEMPT}{uuid4().hex}"
    dataset.mkdir(parents=True, exist_ok=True)
    attempt.with_name(f"{attempt.name}.json").write_text(who, encoding="utf-8")
    attempt.mkdir()
    return attempt


def remove_attempt(attempt: Path) -> None:
    """Remove an attempt's folder, if it still exists, and its note."""
    shutil.rmtree(attempt, ignore_errors=True)
    attempt.with_name(f"{attempt.name}.json").unlink(missing_ok=True)
