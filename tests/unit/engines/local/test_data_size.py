"""How much data there is: looked at no further than the limit, and what is not there weighs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.engines.local.data_size import hold_more_than

if TYPE_CHECKING:
    from pathlib import Path


def test_the_files_of_all_folders_and_those_below_count(tmp_path: Path) -> None:
    for name in ("a/one", "a/deep/two", "b/three"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 10)
    folders = [tmp_path / "a", tmp_path / "b"]
    assert hold_more_than(29, folders)
    assert not hold_more_than(30, folders)


def test_a_folder_that_is_not_there_weighs_nothing(tmp_path: Path) -> None:
    assert not hold_more_than(0, [tmp_path / "none"])
