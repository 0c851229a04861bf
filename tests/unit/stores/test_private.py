"""Who may enter a folder of data: whom the settings name, and a folder is never opened further."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from clearwell.stores.private import keep_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o7777


@pytest.mark.parametrize(
    ("access", "made", "closed"), [("owner", 0o700, 0o2700), ("group", 0o750, 0o2770), ("all", 0o755, 0o2775)]
)
def test_a_folder_is_made_and_kept_as_the_settings_say(
    tmp_path: Path, access: str, made: int, closed: int
) -> None:
    keep_private(tmp_path / "deep/lake", access)
    assert mode(tmp_path / "deep/lake") == made
    (tmp_path / "there").mkdir()
    (tmp_path / "there").chmod(0o2775)
    keep_private(tmp_path / "there", access)
    assert mode(tmp_path / "there") == closed


def test_a_folder_that_is_closed_further_stays_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    keep_private(tmp_path, "all")
    assert mode(tmp_path) == 0o700


def test_what_cannot_be_made_is_told_by_who_writes_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    keep_private(tmp_path / "file/lake", "group")
