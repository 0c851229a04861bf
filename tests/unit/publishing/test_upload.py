"""In a store too, whatever is killed, run twice or woken late: one release for each thing, no way back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from clearwell.datasets import open_dataset
from clearwell.errors import DatasetError, StoreError
from clearwell.publishing import upload as module
from tests.unit.publishing.storing import attempt_of, delete, objects, publisher_at, put, released

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.publishing.upload import RemotePublisher
    from tests.services.s3 import S3Space


@pytest.fixture
def lake(s3: S3Space) -> str:
    return s3.url("lake")


@pytest.fixture
def publisher(lake: str, tmp_path: Path) -> RemotePublisher:
    return publisher_at(lake, tmp_path)


def test_releases_are_numbered_and_the_pointer_follows(
    publisher: RemotePublisher, lake: str, tmp_path: Path
) -> None:
    for batch in (1, 2, 3):
        held = released(publisher, batch)
        assert (held.version, open_dataset("late_flights", lake=lake).version) == (batch, batch)
    top = {path.partition("/")[0] for path in objects(f"{lake}/releases/late_flights")}
    assert top == {"current.json", "v1", "v2", "v3"}
    assert list((tmp_path / "late_flights").iterdir()) == []


def test_a_release_in_a_store_is_the_one_that_was_made(
    publisher: RemotePublisher, lake: str, tmp_path: Path
) -> None:
    attempt, made = attempt_of(publisher, 1)
    here = {file.path: (attempt / file.path).read_bytes() for file in made.files}
    held, is_ours = publisher.claim(attempt, made, seen=())
    assert (is_ours, held.fingerprint, len(held.files)) == (True, made.fingerprint, len(here))
    dataset = open_dataset("late_flights", lake=lake)
    dataset.verify()
    for file in held.files:
        assert (dataset.path / file.path).read_bytes() == here[file.path.partition("/")[2]]


def test_the_same_made_twice_is_one_release(publisher: RemotePublisher, lake: str) -> None:
    released(publisher, 1)
    before = objects(f"{lake}/releases")
    held = released(publisher, 1, created="later")
    assert (held.version, held.created) == (1, "2026-01-01T00:00:00+00:00")
    assert objects(f"{lake}/releases") == before


def test_a_run_that_was_overtaken_in_its_sleep_is_dropped(publisher: RemotePublisher) -> None:
    released(publisher, 5)
    attempt, made = attempt_of(publisher, 6)
    seen = publisher.versions()
    released(publisher, 7)
    held, is_ours = publisher.claim(attempt, made, seen=seen)
    assert (held.version, held.inputs[0].batch, is_ours, publisher.versions()) == (2, 7, False, (1, 2))


def test_two_that_upload_into_one_number_are_two_releases(
    publisher: RemotePublisher, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other wins while this one uploads; nothing of one is in the other."""
    other, old = publisher_at(lake, tmp_path / "other"), module.RemotePublisher._upload
    attempt, made = attempt_of(publisher, 2, 70)

    def slow(self: RemotePublisher, *args: object) -> None:
        old(self, *args)
        if self is publisher and not other.versions():
            released(other, 1, 50)

    monkeypatch.setattr(module.RemotePublisher, "_upload", slow)
    held, is_ours = publisher.claim(attempt, made, seen=(1,))
    publisher.forget(attempt)
    assert (held.version, is_ours) == (2, True)
    for version, count in ((1, 50), (2, 70)):
        dataset = open_dataset("late_flights", version=version, lake=lake)
        dataset.verify()
        assert len(dataset) == count
    listed = [*open_dataset("late_flights", version=1, lake=lake).manifest.files]
    left = [path for path in objects(f"{lake}/releases/late_flights/v1") if path != "manifest.json"]
    assert sorted(left) == sorted(file.path for file in listed)


def test_the_same_made_by_another_between_any_two_requests_is_one_release(
    lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another publisher's whole release comes after each request of this one's claim in turn."""
    asked, wait = 0, -1

    def counted(name: str) -> None:
        old = getattr(module.RemotePlace, name)

        def call(self: module.RemotePlace, *args: object) -> object:
            nonlocal asked, wait
            found = old(self, *args)
            asked, wait = asked + 1, wait - 1
            if wait == 0:
                released(other, 1)
            return found

        monkeypatch.setattr(module.RemotePlace, name, call)

    for name in ("get", "size", "list", "folders", "put_new"):
        counted(name)
    moments = 1
    while wait <= 0:  # until a claim is over before the moment comes
        name = f"flights_{moments}"
        publisher, other = publisher_at(lake, tmp_path, name), publisher_at(lake, tmp_path / "other", name)
        attempt, made = attempt_of(publisher, 1)
        asked, wait = 0, moments
        held, _ = publisher.claim(attempt, made, seen=())
        publisher.forget(attempt)
        assert (held.version, publisher.versions()) == (1, (1,)), f"after request {moments}"
        moments += 1
    assert moments > 5


def test_a_put_that_was_done_before_its_answer_was_lost_is_ours(
    publisher: RemotePublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = module.RemotePlace.put_new

    def twice(self: module.RemotePlace, key: str, data: bytes) -> bool:
        old(self, key, data)
        return old(self, key, data)

    monkeypatch.setattr(module.RemotePlace, "put_new", twice)
    attempt, made = attempt_of(publisher, 1)
    held, is_ours = publisher.claim(attempt, made, seen=())
    assert (held.version, is_ours, publisher.versions()) == (1, True, (1,))


def test_a_crash_before_the_pointer_is_healed_by_the_next_run(publisher: RemotePublisher, lake: str) -> None:
    released(publisher, 1)
    second = released(publisher, 2)
    pointer = f"{lake}/releases/late_flights/current.json"
    put(pointer, json.dumps({"dataset": "late_flights", "version": 1}).encode())
    found = publisher.adopt(second.identity)
    assert found is not None
    assert (found[0].version, found[1]) == (2, True)
    assert open_dataset("late_flights", lake=lake).version == 2
    found = publisher.adopt(second.identity)
    assert found is not None
    assert found[1] is False
    put(pointer, b"{")
    assert publisher.adopt(second.identity) is not None
    assert open_dataset("late_flights", lake=lake).version == 2
    assert publisher.adopt("another") is None


def test_the_pointer_never_moves_back(
    publisher: RemotePublisher, lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that moves it to 1 sleeps between its look and its write, and another moves it to 2."""
    other, old = publisher_at(lake, tmp_path / "other"), module.read_tagged
    slept: list[None] = []

    def slow(url: str) -> object:
        found = old(url)
        if not slept:
            slept.append(None)
            released(other, 2)
        return found

    monkeypatch.setattr(module, "read_tagged", slow)
    assert released(publisher, 1).version == 1
    assert publisher.versions() == (1, 2)
    assert open_dataset("late_flights", lake=lake).version == 2


def test_a_damaged_release_is_not_adopted_and_its_number_not_used_again(
    publisher: RemotePublisher, lake: str
) -> None:
    held = released(publisher, 1)
    delete(f"{lake}/releases/late_flights/v1/{held.files[0].path}")
    assert publisher.adopt(held.identity) is None
    assert released(publisher, 1).version == 2
    assert open_dataset("late_flights", lake=lake).version == 2


def test_a_deleted_release_is_not_numbered_again(publisher: RemotePublisher, lake: str) -> None:
    released(publisher, 1)
    released(publisher, 2)
    for path in objects(f"{lake}/releases/late_flights/v2"):
        delete(f"{lake}/releases/late_flights/v2/{path}")
    assert publisher.adopt("made from batch 1") is None
    assert released(publisher, 1).version == 3


def test_many_at_once_make_one_release_for_each_thing(lake: str, tmp_path: Path) -> None:
    def one(n: int) -> tuple[int, bool]:
        publisher = publisher_at(lake, tmp_path / str(n))
        attempt, made = attempt_of(publisher, 1 + n % 4, 20)
        held, is_ours = publisher.claim(attempt, made, seen=tuple(range(1, 17)))  # none came meanwhile
        publisher.forget(attempt)
        return held.inputs[0].batch, is_ours

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(16)))
    versions = publisher_at(lake, tmp_path).versions()
    kept = [open_dataset("late_flights", version=version, lake=lake) for version in versions]
    assert versions == tuple(range(1, len(kept) + 1))
    assert sum(ours for _, ours in made) == len(kept)
    assert {batch for batch, _ in made} == {1, 2, 3, 4}
    for dataset in kept:
        dataset.verify()
    assert open_dataset("late_flights", lake=lake).version == len(kept)
    named = {f"v{d.version}/{file.path}" for d in kept for file in d.manifest.files}
    named |= {f"v{d.version}/manifest.json" for d in kept} | {"current.json"}
    assert set(objects(f"{lake}/releases/late_flights")) == named


def test_an_upload_that_fails_leaves_nothing(
    publisher: RemotePublisher, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    old = module.upload

    def failing(file: Path, url: str) -> None:
        if sent:
            raise StoreError("the disk of the store is full", place=url)
        sent.append(url)
        old(file, url)

    monkeypatch.setattr(module, "upload", failing)
    attempt, made = attempt_of(publisher, 1)
    with pytest.raises(StoreError, match="is full"):
        publisher.claim(attempt, made, seen=())
    publisher.forget(attempt)
    assert objects(f"{lake}/releases/late_flights") == {}


def test_what_arrived_short_is_no_release(
    publisher: RemotePublisher, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(file: Path, url: str) -> None:
        put(url, file.read_bytes()[:-1])

    monkeypatch.setattr(module, "upload", short)
    attempt, made = attempt_of(publisher, 1)
    with pytest.raises(DatasetError, match="missing or have another size"):
        publisher.claim(attempt, made, seen=())
    assert publisher.versions() == ()
