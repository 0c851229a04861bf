"""What a store refuses is told once, in bounded time: the place, the next step, and no secret."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from clearwell.cli import main
from clearwell.errors import ClearwellError, StoreError, StoreUnreachable
from clearwell.names import SEGMENTS
from clearwell.stores import connections as clients_module
from clearwell.tables import Lake
from tests.services.answers import answering
from tests.unit.tables.writing import NAME, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.services.s3 import S3Space

SECRET = "abcdefghijklmnopqrstuvwxyz0123456789SECRET"


def lake_at(url: str, tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", places={segment: f"{url}/{segment}" for segment in SEGMENTS})


LOOKS: dict[str, Callable[[Lake], object]] = {
    "get": lambda lake: lake.store.get("control/x.json"),
    "size": lambda lake: lake.store.size("gold/x.parquet"),
    "list": lambda lake: list(lake.store.list("control")),
    "folders": lambda lake: lake.store.folders("gold"),
    "put": lambda lake: lake.store.put("control/x.json", b""),
    "put_new": lambda lake: lake.store.put_new("control/x.json", b""),
    "delete": lambda lake: lake.store.delete(["control/x.json"]),
    "tables": lambda lake: lake.tables(),
    "snapshot": lambda lake: lake.table(NAME).snapshot(),
    "create": lambda lake: lake.table(NAME).create(pa.schema([("a", pa.int64())])),
}


def refused(lake: Lake, look: str) -> StoreError:
    with pytest.raises(StoreError) as error:
        LOOKS[look](lake)
    assert error.value.place is not None
    assert error.value.place.startswith("s3://")
    assert SECRET not in str(error.value)
    assert "\n" not in error.value.fact
    return error.value


@pytest.mark.parametrize("look", LOOKS)
def test_wrong_credentials(look: str, s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = lake_at(s3.url(), tmp_path)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    error = refused(lake, look)
    assert "access was refused" in error.fact
    assert "AWS_SECRET_ACCESS_KEY" in (error.hint or "")
    assert not error.transient


@pytest.mark.parametrize("look", ["get", "tables", "snapshot", "put_new"])
def test_an_unknown_key(look: str, s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = lake_at(s3.url(), tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKNOBODY")
    assert "access was refused" in refused(lake, look).fact


@pytest.mark.parametrize("look", ["get", "size", "list", "folders", "tables", "snapshot"])
def test_no_such_bucket(look: str, s3: S3Space, tmp_path: Path) -> None:
    assert s3.root
    error = refused(lake_at(f"s3://no-such-bucket-{look}/lake", tmp_path), look)
    assert error.fact == "there is no such bucket"
    assert error.place == f"s3://no-such-bucket-{look}"


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_listens(look: str, s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients_module, "_TRIES", 1)
    monkeypatch.setitem(clients_module.OPTIONS, "max_retries", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    error = refused(lake_at(s3.url(), tmp_path), look)
    assert isinstance(error, StoreUnreachable)
    assert error.transient


@pytest.mark.parametrize("look", ["get", "list", "snapshot"])
def test_plain_http_must_be_meant(
    look: str, s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    error = refused(lake_at(s3.url(), tmp_path), look)
    assert "AWS_ALLOW_HTTP=true" in (error.hint or "")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, str], None]]:
    """Has every request from then on answered so."""
    monkeypatch.setattr(clients_module, "_TRIES", 1)
    monkeypatch.setitem(clients_module.OPTIONS, "max_retries", "1")
    with ExitStack() as servers:

        def give(status: int, body: str) -> None:
            monkeypatch.setenv("AWS_ENDPOINT_URL", servers.enter_context(answering(status, body)))

        yield give


def xml(code: str) -> str:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{SECRET}</Message></Error>'


def test_a_store_without_conditional_put(
    s3: S3Space, tmp_path: Path, answers: Callable[[int, str], None]
) -> None:
    answers(501, xml("NotImplemented"))
    error = refused(lake_at(s3.url(), tmp_path), "put_new")
    assert "would lose data" in error.fact


def test_conditional_put_that_is_switched_off(
    s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    error = refused(lake_at(s3.url(), tmp_path), "put_new")
    assert "would lose data" in error.fact


@pytest.mark.parametrize("look", ["get", "list", "put", "snapshot"])
def test_a_store_that_is_overloaded(
    look: str, s3: S3Space, tmp_path: Path, answers: Callable[[int, str], None]
) -> None:
    answers(503, xml("SlowDown"))
    error = refused(lake_at(s3.url(), tmp_path), look)
    assert isinstance(error, StoreUnreachable)


def test_an_answer_that_nobody_knows_is_told_without_what_may_be_secret(
    s3: S3Space, tmp_path: Path, answers: Callable[[int, str], None]
) -> None:
    answers(418, xml("Teapot"))
    refused(lake_at(s3.url(), tmp_path), "list")


def test_a_server_that_never_answers_is_given_up(
    s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        monkeypatch.setattr(clients_module, "_TRIES", 0)
        monkeypatch.setitem(clients_module.OPTIONS, "max_retries", "0")
        monkeypatch.setitem(clients_module.OPTIONS, "timeout", "1s")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        error = refused(lake_at(s3.url(), tmp_path), "snapshot")
    assert isinstance(error, StoreUnreachable)


def test_the_limits_are_those_of_the_libraries_that_ask() -> None:
    """Each request ends: neither library may try for the minutes that are its default."""
    assert clients_module.OPTIONS == {"max_retries": "5", "retry_timeout": "20s"}


def test_a_table_that_others_broke_is_the_tables_fault(s3: S3Space, tmp_path: Path) -> None:
    lake = lake_at(s3.url(), tmp_path)
    write(lake, [1, 2])
    lake.store.put(f"{NAME.path}/_delta_log/{0:020}.json", b"{broken")
    with pytest.raises(ClearwellError) as error:
        lake.table(NAME).snapshot()
    assert not isinstance(error.value, StoreError)
    assert error.value.place == str(NAME)


def test_a_right_that_is_missing_for_commits_is_told_at_once(
    s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after five minutes of tries, as for a conflict."""
    from clearwell.tables import swap as swap_module
    from clearwell.tables.swap import Change

    lake = lake_at(s3.url(), tmp_path)
    write(lake, [1, 2])

    def forbidden(*_: object) -> None:
        raise OSError("Error performing PUT http://x: 403 Forbidden <Code>AccessDenied</Code>")

    monkeypatch.setattr(swap_module, "_commit", forbidden)
    with pytest.raises(StoreError, match="access was refused: AccessDenied"):
        swap_module.swap(lake.table(NAME), lambda _: Change(), batch=2)


def test_a_command_on_a_bucket_that_is_not_there_says_so_in_one_message(
    s3: S3Space, capsys: pytest.CaptureFixture[str]
) -> None:
    assert s3.root
    assert main(["tables", "--lake", "s3://no-such-bucket-at-all/lake"]) == 1
    said = capsys.readouterr().err
    assert "there is no such bucket" in said
    assert "next: " in said
    assert "Traceback" not in said


def test_a_command_lists_the_tables_of_a_lake_in_a_bucket(
    s3: S3Space, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(lake_at(s3.url(), tmp_path), [1, 2, 3])
    assert main(["tables", "--json", "--lake", s3.url()]) == 0
    tables = {table["name"]: table["rows"] for table in json.loads(capsys.readouterr().out)}
    assert tables["bronze_readings"] == 3
