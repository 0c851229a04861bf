"""A new file starts a run, once; a file that is late, old or still growing is not missed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from clearwell.components.running.location import load_definitions
from clearwell.project.load import load_project
from tests.components.shop import TABLE, deliver, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clearwell.settings import Settings


@pytest.fixture
def look(shop: Settings) -> Iterator[Callable[[str | None], dg.SensorResult | dg.SkipReason]]:
    """One tick of the sensor, with the cursor of the one before."""
    with dg.DagsterInstance.ephemeral() as instance:

        def tick(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
            sensor = load_definitions(load_project(shop)).resolve_sensor_def("bronze_orders_and_on_new_files")
            return sensor(dg.build_sensor_context(instance=instance, cursor=cursor))

        yield tick


def requests(result: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    assert isinstance(result, dg.SensorResult), result
    return [request.run_key for request in result.run_requests or []]


def test_files_that_are_there_start_one_run(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason],
) -> None:
    first = look(None)
    assert len(requests(first)) == 1
    assert isinstance(look(first.cursor), dg.SkipReason)


def test_a_file_that_arrives_with_an_old_time_starts_a_run(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason], shop: Settings
) -> None:
    first = look(None)
    late = deliver(shop.project, "a_late_one.csv", "2025-12-31", [1])
    os.utime(late, (1_000_000_000, 1_000_000_000))
    second = look(first.cursor)
    assert requests(second) != requests(first)


def test_other_content_of_the_same_size_and_path_starts_a_run(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason], shop: Settings
) -> None:
    first = look(None)
    file = deliver(shop.project, "first.csv", "2026-01-01", [3, 2, 1])
    os.utime(file, ns=(1, file.stat().st_mtime_ns + 1))
    assert requests(look(first.cursor)) != requests(first)


def test_the_same_files_ask_for_the_same_run(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason],
) -> None:
    assert requests(look(None)) == requests(look(None))


def test_a_file_that_is_still_being_written_is_waited_for(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason], shop: Settings
) -> None:
    slow = TABLE.replace("settle_seconds: 0", "settle_seconds: 3600")
    write(shop.project / "pipelines" / "orders" / "defs.yaml", slow)
    assert isinstance(look(None), dg.SkipReason)
    for file in (shop.project / "raw").iterdir():
        os.utime(file, (time.time() - 7200, time.time() - 7200))
    assert len(requests(look(None))) == 1


def test_no_file_starts_nothing(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason], shop: Settings
) -> None:
    for file in (shop.project / "raw").iterdir():
        file.unlink()
    assert isinstance(look(None), dg.SkipReason)


def test_a_folder_that_is_not_there_starts_nothing(
    look: Callable[[str | None], dg.SensorResult | dg.SkipReason], shop: Settings
) -> None:
    (shop.project / "raw").rename(shop.project / "moved")
    assert isinstance(look(None), dg.SkipReason)
