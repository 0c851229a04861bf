"""The S3 server that other tests trust: what they need of it is true of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import obstore
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from obstore.exceptions import AlreadyExistsError, PreconditionError

from tests.services.process import comes_true, free_ports, listens
from tests.unit.engines.processes import has_ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ObjectStore

    from tests.services.s3 import S3Server, S3Space

WRITERS, KEYS = 8, 20


def opened(url: str) -> ObjectStore:
    return obstore.store.from_url(url, client_options={"allow_http": True})


def race(url: str, write: Any) -> list[Any]:
    """What ``write(store, writer)`` gave each of the writers, each a client of its own, all at once."""
    start = Barrier(WRITERS)

    def one(writer: int) -> Any:
        store = opened(url)
        start.wait()
        return write(store, writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def test_of_eight_writers_that_create_one_key_one_wins_and_its_bytes_stay(s3: S3Space) -> None:
    def create(store: ObjectStore, writer: int) -> list[int]:
        won = []
        for key in range(KEYS):
            try:
                obstore.put(store, f"{key}.json", str(writer).encode(), mode="create")
            except AlreadyExistsError:
                continue
            won.append(key)
        return won

    won = race(s3.url("created"), create)
    assert sorted(key for keys in won for key in keys) == list(range(KEYS))
    store = opened(s3.url("created"))
    for writer, keys in enumerate(won):
        for key in keys:
            assert bytes(obstore.get(store, f"{key}.json").bytes()) == str(writer).encode()


def test_of_eight_writers_that_replace_what_they_have_read_one_wins_each_turn(s3: S3Space) -> None:
    first = opened(s3.url("replaced"))
    obstore.put(first, "pointer", b"0")

    def count_up(store: ObjectStore, writer: int) -> int:
        """Each success adds one, so a lost update would be seen in the sum."""
        successes = 0
        for _ in range(KEYS):
            seen = obstore.get(store, "pointer")
            value = int(bytes(seen.bytes()))
            version: Any = {"e_tag": seen.meta["e_tag"]}
            try:
                obstore.put(store, "pointer", str(value + 1).encode(), mode=version)
            except (PreconditionError, AlreadyExistsError):
                continue
            successes += 1
        return successes

    successes = sum(race(s3.url("replaced"), count_up))
    assert successes >= KEYS
    assert int(bytes(obstore.get(first, "pointer").bytes())) == successes


def test_a_delta_table_takes_the_appends_of_many_writers_once_each(s3: S3Space) -> None:
    url = s3.url("table")
    write_deltalake(url, pa.table({"writer": pa.array([], pa.int64())}))

    def append(_: ObjectStore, writer: int) -> None:
        write_deltalake(url, pa.table({"writer": [writer]}), mode="append")

    race(url, append)
    assert sorted(DeltaTable(url).to_pyarrow_table()["writer"].to_pylist()) == list(range(WRITERS))


def test_nobody_gets_in_without_the_key(s3: S3Space) -> None:
    obstore.put(opened(s3.url()), "private", b"x")
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"{s3.server.endpoint}/{s3.url().removeprefix('s3://')}/private", timeout=10)
    refused.value.close()


def test_two_spaces_share_nothing(s3_server: S3Server, s3: S3Space) -> None:
    other = s3_server.space("other")
    obstore.put(opened(s3.url()), "mine", b"x")
    assert [meta["path"] for page in obstore.list(opened(s3.url())) for meta in page] == ["mine"]
    assert [meta for page in obstore.list(opened(other.url())) for meta in page] == []


def test_it_comes_back_at_its_address_with_its_data(s3: S3Space) -> None:
    obstore.put(opened(s3.url()), "kept", b"x")
    s3.server.stop()
    try:
        assert not listens(int(s3.server.endpoint.rpartition(":")[2]))
    finally:
        s3.server.start()
    assert bytes(obstore.get(opened(s3.url()), "kept").bytes()) == b"x"


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder in which weed can make its sockets: a socket's path has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="s3-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_however_its_owner_ends_nothing_is_left(number: signal.Signals, short_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-m", "tests.services.s3"],
        env={**os.environ, "TMPDIR": str(short_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    with owner.stdout:
        said = [owner.stdout.readline() for _ in range(7)]
        assert said[0].startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")
        assert said[-1].startswith("# s3://lake is there")
        (folder,) = short_path.iterdir()
        weed = int(said[-1].split("process ")[1].split()[0])
        owner.send_signal(number)
        owner.wait(30)
    assert has_ended(weed)
    assert comes_true(lambda: not folder.exists())


def test_free_ports_are_different_ones() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert not any(listens(port) for port in ports)
