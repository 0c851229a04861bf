"""Discovery: each file once, by what it holds, and never a file that is still being written."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.errors import SourceError
from clearwell.sources import Discovery, KnownFile, RawFile, SourceSpec, discover, files, folder_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def look(
    root: Path, known: Mapping[str, KnownFile] | None = None, path: str = "in/*.csv", **options: Any
) -> Discovery:
    options.setdefault("settle_seconds", 0)
    return discover(SourceSpec(path, **options), root, known or {})


def put(root: Path, name: str, content: str = "a\n1\n") -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def as_known(*found: RawFile) -> dict[str, KnownFile]:
    return {
        file.file_id: KnownFile(file.path, file.size, file.modified_ns, file.inode, file.changed_ns)
        for file in found
    }


def paths(found: tuple[RawFile, ...]) -> list[str]:
    return [file.path for file in found]


def test_a_file_is_known_by_the_hash_of_its_content(tmp_path: Path) -> None:
    file = put(tmp_path, "in/b.csv", "a\n2\n")
    put(tmp_path, "in/a.csv")
    put(tmp_path, "in/other.txt")
    found = look(tmp_path)
    assert paths(found.new) == ["in/a.csv", "in/b.csv"]
    status = file.stat()
    file_id = hashlib.sha256(b"a\n2\n").hexdigest()[:32]
    assert found.new[1] == RawFile(
        "in/b.csv",
        file,
        file_id,
        status.st_size,
        status.st_mtime_ns,
        status.st_ino,
        status.st_ctime_ns,
    )


def test_looking_again_finds_nothing_and_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)

    def no_reading(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(files, "open_regular", no_reading)
    again = look(tmp_path, known)
    assert again == Discovery((), (), (), (), {}, (), unchanged=1)


def test_a_touched_file_is_still_known(tmp_path: Path) -> None:
    file = put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)
    os.utime(file, ns=(1, 1))
    found = look(tmp_path, known)
    assert found == Discovery((), (), (), (), {}, (), unchanged=1, touched=found.touched)
    assert [(file.path, file.modified_ns) for file in found.touched] == [("in/a.csv", 1)]


def test_the_same_content_under_another_name_is_a_duplicate(tmp_path: Path) -> None:
    put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)
    put(tmp_path, "in/0.csv")
    put(tmp_path, "in/new.csv", "a\n2\n")
    put(tmp_path, "in/new2.csv", "a\n2\n")
    found = look(tmp_path, known)
    assert paths(found.new) == ["in/new.csv"]
    assert [(d.file.path, d.same_as) for d in found.duplicates] == [
        ("in/0.csv", "in/a.csv"),
        ("in/new2.csv", "in/new.csv"),
    ]


def test_other_content_under_a_known_path_is_a_change(tmp_path: Path) -> None:
    put(tmp_path, "in/a.csv")
    before = look(tmp_path).new[0]
    put(tmp_path, "in/a.csv", "a\n2\n")
    found = look(tmp_path, as_known(before))
    (change,) = found.changed
    assert (change.file.path, change.was, change.taken) == ("in/a.csv", (before.file_id,), False)
    assert (found.new, found.missing, found.unchanged) == ((), {}, 0)


def test_a_change_to_content_that_is_taken_already_says_so(tmp_path: Path) -> None:
    put(tmp_path, "in/a.csv")
    put(tmp_path, "in/b.csv", "a\n2\n")
    known = as_known(*look(tmp_path).new)
    put(tmp_path, "in/b.csv")
    (change,) = look(tmp_path, known).changed
    assert (change.file.path, change.taken) == ("in/b.csv", True)


def test_a_log_that_was_rotated_is_a_new_file_and_not_a_change(tmp_path: Path) -> None:
    file = put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)
    file.rename(tmp_path / "in/a.1.csv")
    put(tmp_path, "in/a.csv", "a\n2\n")
    found = look(tmp_path, known)
    assert paths(found.new) == ["in/a.csv"]
    assert (found.changed, found.missing) == ((), {})
    assert (paths(found.touched), found.duplicates) == (["in/a.1.csv"], ())


def test_a_known_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    file = put(tmp_path, "in/a.csv")
    put(tmp_path, "in/b.csv", "b\n")
    known = as_known(*look(tmp_path).new)
    file.unlink()
    found = look(tmp_path, known)
    assert [known_file.path for known_file in found.missing.values()] == ["in/a.csv"]
    assert found.unchanged == 1


def test_a_young_file_that_changes_is_left_for_later(tmp_path: Path) -> None:
    file = put(tmp_path, "in/a.csv")
    put(tmp_path, "in/b.csv", "b\n")
    writer = threading.Timer(0.2, lambda: file.write_text("a\n1\n2\n"))
    writer.start()
    found = look(tmp_path, settle_seconds=1.0)
    writer.join()
    assert found.growing == ("in/a.csv",)
    assert paths(found.new) == ["in/b.csv"]
    assert paths(look(tmp_path, settle_seconds=0.1).new) == ["in/a.csv", "in/b.csv"]


def test_old_and_known_files_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    os.utime(put(tmp_path, "in/old.csv", "old\n"), ns=(1, 1))
    put(tmp_path, "in/known.csv")
    known = as_known(*look(tmp_path).new)
    look(tmp_path, known, settle_seconds=5.0)
    assert waits == []
    for name in ("in/x.csv", "in/y.csv"):
        put(tmp_path, name, name)
    os.utime(put(tmp_path, "in/future.csv", "future\n"), ns=(2**62, 2**62))
    assert len(look(tmp_path, known, settle_seconds=5.0).new) == 3
    assert len(waits) == 1
    assert 0 < waits[0] <= 5.0


def test_a_file_that_changes_under_the_hash_is_growing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path, "in/a.csv")
    digest = hashlib.file_digest

    def slow_digest(stream: Any, name: str) -> Any:
        found = digest(stream, name)
        file.write_text("a\n1\n2\n")
        return found

    monkeypatch.setattr(hashlib, "file_digest", slow_digest)
    assert look(tmp_path).growing == ("in/a.csv",)


def test_a_known_file_that_grows_is_not_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)
    file.write_text("a\n1\n2\n")
    monkeypatch.setattr(files, "_identify", lambda *_: None)
    found = look(tmp_path, known)
    assert (found.growing, found.missing, found.changed) == (("in/a.csv",), {}, ())


HOSTILE = [
    "in/a b.csv",
    "in/'q'\"d\".csv",
    "in/ü☃.csv",
    "in/line\nbreak.csv",
    "in/[a]*?.csv",
    "in/a%20b.csv",
    "in/-rf.csv",
    "in/" + "x" * 251 + ".csv",
    "in/$(id);&.csv",
    "in/back\\slash.csv",
]


def test_hostile_names_are_each_found_once(tmp_path: Path) -> None:
    for name in HOSTILE:
        put(tmp_path, name, name)
    assert paths(look(tmp_path).new) == sorted(HOSTILE)
    assert look(tmp_path, as_known(*look(tmp_path).new)).unchanged == len(HOSTILE)


def test_what_is_no_regular_file_is_skipped_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path, "in/a.csv")
    (tmp_path / "in/folder.csv").mkdir()
    os.mkfifo(tmp_path / "in/pipe.csv")
    (tmp_path / "in/broken.csv").symlink_to("nowhere")
    (tmp_path / "in/loop.csv").symlink_to("loop.csv")
    (tmp_path / "in/device.csv").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(tmp_path / "in")  # a socket's path is limited to some hundred bytes
        try:
            server.bind("socket.csv")
        finally:
            os.chdir(here)
    with open(os.fsencode(tmp_path) + b"/in/\xff.csv", "wb"):
        pass
    found = look(tmp_path)
    assert paths(found.new) == ["in/a.csv"]
    assert {skip.path: skip.reason for skip in found.skipped} == {
        "in/folder.csv": "a folder",
        "in/pipe.csv": "not a regular file",
        "in/socket.csv": "not a regular file",
        "in/device.csv": "not a regular file",
        "in/broken.csv": "a broken link",
        "in/loop.csv": "a broken link",
        "in/\\udcff.csv": "its name is not UTF-8",
    }


SETTING = "`links: follow` in the source reads it"


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A project whose source has a file, and three links out of its folder."""
    root = tmp_path / "project"
    secret = put(tmp_path, "outside/secret.csv", "outside")
    store = put(root, "store/a.csv", "inside")
    password = put(root, "deep/er/.env", "password")
    own = put(root, "in/own.csv", "own")
    (root / "in/inside.csv").symlink_to(store)
    (root / "in/outside.csv").symlink_to(secret)
    (root / "in/second.csv").hardlink_to(password)
    (root / "in/own2.csv").hardlink_to(own)
    return root


def test_a_link_out_of_a_sources_folder_is_left_out_with_the_key_that_reads_it(linked: Path) -> None:
    found = look(linked)
    assert paths(found.new) == ["in/own.csv"]
    assert [duplicate.file.path for duplicate in found.duplicates] == ["in/own2.csv"]
    assert {skip.path: skip.reason for skip in found.skipped} == {
        "in/inside.csv": f"a link out of the source: {SETTING}",
        "in/outside.csv": f"a link out of the project: {SETTING}",
        "in/second.csv": f"a second name (hard link) of deep/er/.env: {SETTING}",
    }


def test_a_source_that_follows_links_reads_them(linked: Path) -> None:
    found = look(linked, links="follow")
    assert paths(found.new) == ["in/inside.csv", "in/outside.csv", "in/own.csv", "in/second.csv"]
    assert found.skipped == ()


def test_a_source_in_the_projects_own_folder_has_no_names_elsewhere(linked: Path) -> None:
    assert paths(look(linked, path="*/own*.csv").new) == ["in/own.csv"]


def test_the_sources_own_folder_may_be_a_link_to_anywhere(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    put(tmp_path, "mount/a.csv")
    (tmp_path / "mount/b.csv").symlink_to("a.csv")
    (root / "in").symlink_to(tmp_path / "mount")
    found = look(root)
    assert paths(found.new) == ["in/a.csv"]
    assert [d.file.path for d in found.duplicates] == ["in/b.csv"]


def test_patterns_reach_through_folders_but_not_through_links_or_hidden_ones(tmp_path: Path) -> None:
    for name in ("in/a.csv", "in/x/b.csv", "in/x/y/c.csv", "in/.hidden/d.csv", "in/.e.csv", "in/x/f.txt"):
        put(tmp_path, name, name)
    (tmp_path / "in/x/up").symlink_to("..")
    assert paths(look(tmp_path, path="in/**/*.csv").new) == ["in/a.csv", "in/x/b.csv", "in/x/y/c.csv"]
    assert paths(look(tmp_path, path="in/*/*.csv").new) == ["in/x/b.csv"]
    assert paths(look(tmp_path, path="in/x/?.[!c]*").new) == ["in/x/f.txt"]
    assert paths(look(tmp_path, path="in/.*.csv").new) == ["in/.e.csv"]
    assert paths(look(tmp_path, path="in/x/**").new) == ["in/x/b.csv", "in/x/f.txt", "in/x/y/c.csv"]
    assert [skip.path for skip in look(tmp_path, path="in/x/*/*.csv").skipped] == ["in/x/up"]


def test_a_missing_folder_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    put(tmp_path, "sample_data/flights/a.csv")
    with pytest.raises(SourceError, match="no folder sample_data/flihgts") as caught:
        look(tmp_path, path="sample_data/flihgts/*.csv", place="pipelines/flights.yaml:9")
    assert caught.value.place == "pipelines/flights.yaml:9"
    assert caught.value.hint == "did you mean 'flights'?"
    with pytest.raises(SourceError, match=r"a\.csv is not a folder"):
        look(tmp_path, path="sample_data/flights/a.csv/*.csv")


def test_an_existing_folder_without_files_is_an_empty_discovery(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert look(tmp_path) == Discovery((), (), (), (), {}, (), unchanged=0)


def test_a_source_of_one_named_file_needs_that_file(tmp_path: Path) -> None:
    file = put(tmp_path, "in/airports.csv")
    found = look(tmp_path, path="in/airports.csv")
    assert paths(found.new) == ["in/airports.csv"]
    with pytest.raises(SourceError, match=r"no file in/airport\.csv") as caught:
        look(tmp_path, path="in/airport.csv")
    assert caught.value.hint == "did you mean 'airports.csv'?"
    with pytest.raises(SourceError, match="in is a folder") as caught:
        look(tmp_path, path="in")
    assert caught.value.hint == "write a pattern for files: in/*.csv"
    file.unlink()
    assert list(look(tmp_path, as_known(*found.new), path="in/airports.csv").missing) == [
        found.new[0].file_id
    ]


def test_a_file_that_cannot_be_read_is_skipped_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "in/a.csv")
    put(tmp_path, "in/b.csv", "b\n")
    opened = files.open_regular

    def denied(path: Path) -> Any:
        if path.name == "a.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path)

    monkeypatch.setattr(files, "open_regular", denied)
    found = look(tmp_path)
    assert paths(found.new) == ["in/b.csv"]
    assert [(skip.path, skip.reason) for skip in found.skipped] == [
        ("in/a.csv", "cannot be read: Permission denied")
    ]


def _change_in_place(file: Path, content: str) -> None:
    """Write as many other bytes, and put the time back."""
    before = file.stat()
    with file.open("r+") as stream:
        stream.write(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize(("rehash", "noticed"), [("changed", True), ("always", True), ("never", False)])
def test_a_file_that_changed_in_place_and_kept_size_and_time(
    tmp_path: Path, rehash: str, noticed: bool
) -> None:
    file = put(tmp_path, "in/a.csv", "a\n1\n")
    known = as_known(*look(tmp_path).new)
    _change_in_place(file, "a\n2\n")
    found = look(tmp_path, known, rehash=rehash)
    assert [change.file.path for change in found.changed] == (["in/a.csv"] if noticed else [])
    assert (found.unchanged, found.new) == (0 if noticed else 1, ())


def test_a_copy_that_takes_a_files_place_is_read_again_and_told_as_touched(tmp_path: Path) -> None:
    """Its inode is another one, its content is the same."""
    file = put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)
    before = file.stat()
    copy = put(tmp_path, "copy.csv")
    os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
    copy.replace(file)
    found = look(tmp_path, known)
    assert (paths(found.touched), found.unchanged, found.changed) == (["in/a.csv"], 1, ())
    assert look(tmp_path, as_known(*found.touched)).touched == ()


@pytest.mark.parametrize(("rehash", "reads"), [("always", 2), ("changed", 0), ("never", 0)])
def test_how_many_known_files_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rehash: str, reads: int
) -> None:
    put(tmp_path, "in/a.csv")
    put(tmp_path, "in/b.csv", "b\n")
    known = as_known(*look(tmp_path).new)
    read: list[str] = []
    identify = files._identify
    monkeypatch.setattr(files, "_identify", lambda *given: read.append(given[1]) or identify(*given))
    found = look(tmp_path, known, rehash=rehash)
    assert (found.unchanged, found.touched, len(read)) == (2, (), reads)


def test_what_an_earlier_version_recorded_is_compared_by_size_and_time(tmp_path: Path) -> None:
    file = put(tmp_path, "in/a.csv")
    status = file.stat()
    (new,) = look(tmp_path).new
    known = {new.file_id: KnownFile("in/a.csv", status.st_size, status.st_mtime_ns)}
    assert (look(tmp_path, known).unchanged, look(tmp_path, known).touched) == (1, ())


def test_an_inode_of_64_bits_fits_the_ledger(tmp_path: Path) -> None:
    found = put(tmp_path, "in/a.csv").stat()
    huge = os.stat_result((*found[:1], 2**64 - 1, *found[2:]))
    assert files._inode(huge) == 2**63 - 1


def test_a_renamed_file_has_moved_and_a_change_at_its_new_path_is_noticed(tmp_path: Path) -> None:
    file = put(tmp_path, "in/a.csv")
    known = as_known(*look(tmp_path).new)
    file.rename(tmp_path / "in/b.csv")
    found = look(tmp_path, known)
    assert (paths(found.touched), found.new, found.duplicates, found.missing) == (["in/b.csv"], (), (), {})
    known = as_known(*found.touched)
    put(tmp_path, "in/b.csv", "a\n2\n")
    assert [change.file.path for change in look(tmp_path, known).changed] == ["in/b.csv"]


def test_a_rotated_file_has_moved_and_its_path_has_a_new_one(tmp_path: Path) -> None:
    file = put(tmp_path, "in/day2.csv")
    known = as_known(*look(tmp_path).new)
    file.rename(tmp_path / "in/day1.csv")
    put(tmp_path, "in/day2.csv", "a\n2\n")
    found = look(tmp_path, known)
    assert (paths(found.touched), paths(found.new), found.changed) == (["in/day1.csv"], ["in/day2.csv"], ())


def test_of_two_copies_of_a_file_that_is_gone_one_has_moved(tmp_path: Path) -> None:
    file = put(tmp_path, "in/x.csv")
    known = as_known(*look(tmp_path).new)
    put(tmp_path, "in/a.csv")
    file.rename(tmp_path / "in/b.csv")
    found = look(tmp_path, known)
    assert paths(found.touched) == ["in/a.csv"]
    assert [(d.file.path, d.same_as) for d in found.duplicates] == [("in/b.csv", "in/x.csv")]


def test_a_file_moved_over_another_one_changes_that_one(tmp_path: Path) -> None:
    first, second = put(tmp_path, "in/a.csv"), put(tmp_path, "in/b.csv", "a\n2\n")
    known = as_known(*look(tmp_path).new)
    first.rename(second)
    found = look(tmp_path, known)
    assert [(c.file.path, c.taken) for c in found.changed] == [("in/b.csv", True)]


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        ("in/_delta_log/00000000000000000000.json", "a Delta"),
        ("in/metadata/v1.metadata.json", "an Iceberg"),
        ("in/.hoodie/hoodie.properties", "a Hudi"),
    ],
)
@pytest.mark.parametrize("path", ["in/*.csv", "in/**/*.csv", "in/day=1/*.csv", "*/*/*.csv"])
def test_the_files_of_a_table_are_no_raw_files(tmp_path: Path, path: str, mark: str, kind: str) -> None:
    """Some of them are of versions that are over."""
    put(tmp_path, "in/a.csv")
    put(tmp_path, "in/day=1/a.csv")
    look(tmp_path, path=path)
    put(tmp_path, mark)
    with pytest.raises(SourceError, match=f"in is {kind} table: among its files") as caught:
        look(tmp_path, path=path)
    assert "newest version" in (caught.value.hint or "")


def test_keys_in_the_names_of_folders_are_found() -> None:
    assert folder_keys(["in/site=a/day=1/x=y.csv", "in/day=2/b.csv", "in/=c/d.csv"]) == ["site", "day"]
