"""An event is taken or kept, within a bounded time, and no secret is told on the way."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from clearwell.notify import receivers
from clearwell.notify.receivers import FileReceiver, HttpReceiver
from tests.lineage_server import Server, server

if TYPE_CHECKING:
    from pathlib import Path

KEY = "planted-api-key"
DAY = "2026-01-02"


def lines(*numbers: int) -> list[str]:
    return [json.dumps({"n": number}) for number in numbers]


def kept(folder: Path) -> list[int]:
    file = folder / f"undelivered-{DAY}.ndjson"
    return [json.loads(line)["n"] for line in file.read_text().splitlines()] if file.exists() else []


def to(found: Server, folder: Path, key: str | None = KEY) -> HttpReceiver:
    return HttpReceiver(found.url, key, FileReceiver(folder, prefix="undelivered-"))


def test_a_file_has_the_events_of_its_day_one_a_line(tmp_path: Path) -> None:
    receiver = FileReceiver(tmp_path / "lineage")
    receiver.take(lines(1, 2), DAY)
    receiver.take(lines(3), DAY)
    receiver.take(lines(4), "2026-01-03")
    assert sorted(file.name for file in (tmp_path / "lineage").iterdir()) == [
        "2026-01-02.ndjson",
        "2026-01-03.ndjson",
    ]
    assert (tmp_path / "lineage" / "2026-01-02.ndjson").read_text() == '{"n": 1}\n{"n": 2}\n{"n": 3}\n'


def test_lines_of_runs_that_go_on_together_do_not_mix(tmp_path: Path) -> None:
    long = [json.dumps({"n": number, "text": "x" * 20_000}) for number in range(40)]
    writers = [
        threading.Thread(target=FileReceiver(tmp_path).take, args=(long[at::4], DAY)) for at in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = [json.loads(line)["n"] for line in (tmp_path / f"{DAY}.ndjson").read_text().splitlines()]
    assert sorted(found) == list(range(40))


def test_a_receiver_gets_each_event_with_the_key(tmp_path: Path) -> None:
    with server() as found:
        to(found, tmp_path).take(lines(1, 2), DAY)
    assert found.events == [{"n": 1}, {"n": 2}]
    assert found.paths == ["/api/v1/lineage"] * 2
    assert found.keys == [f"Bearer {KEY}"] * 2
    assert list(tmp_path.iterdir()) == []


def test_without_a_key_none_is_sent(tmp_path: Path) -> None:
    with server() as found:
        to(found, tmp_path, key=None).take(lines(1), DAY)
    assert found.keys == [None]


def test_a_receiver_that_is_down_is_asked_once_and_every_event_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with server() as found:
        pass  # its port is free again
    receiver = to(found, tmp_path)
    with caplog.at_level(logging.INFO, "clearwell"):
        receiver.take(lines(1, 2), DAY)
        receiver.take(lines(3), DAY)
    assert kept(tmp_path) == [1, 2, 3]
    (warning,) = caplog.messages
    assert "no answer" in warning
    assert f"undelivered-{DAY}.ndjson" in warning
    assert KEY not in warning


@pytest.mark.parametrize("code", [500, 503, 401, 404, 302])
def test_one_that_refuses_all_is_asked_once(tmp_path: Path, code: int) -> None:
    with server() as found:
        found.answers = [code]
        to(found, tmp_path).take(lines(1, 2, 3), DAY)
    assert (found.tries, found.events, kept(tmp_path)) == (1, [], [1, 2, 3])


def test_one_that_refuses_a_single_event_gets_the_others(tmp_path: Path) -> None:
    with server() as found:
        found.answers = [422]
        to(found, tmp_path).take(lines(1, 2, 3), DAY)
    assert (found.events, kept(tmp_path)) == ([{"n": 2}, {"n": 3}], [1])


def test_one_that_does_not_answer_is_waited_for_a_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(receivers, "_SECONDS_A_POST", 0.2)
    with server() as found:
        found.delay = 60
        to(found, tmp_path).take(lines(*range(100)), DAY)
        assert found.tries == 1
        assert kept(tmp_path) == list(range(100))
    assert len(caplog.records) == 1


def test_one_that_is_slow_is_given_up_when_it_has_cost_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "_SECONDS_A_RUN", 0.3)
    with server() as found:
        found.delay = 0.2
        to(found, tmp_path).take(lines(*range(20)), DAY)
        assert found.tries <= 3
        time.sleep(0.3)  # the last one may have been taken as well as kept: twice is better than never
        taken = {event["n"] for event in found.events}
    assert taken | set(kept(tmp_path)) == set(range(20))
