"""A storm of writers on an S3 bucket: every acknowledged batch is in the table once, with its last values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clearwell.tables import Lake
from tests.engines.storm import NAME, ROWS

if TYPE_CHECKING:
    from tests.services.s3 import S3Space

WRITERS = {"embedded": (32, 32), "spark": (8,)}
"""Engine -> batches of each of its processes. With (90, 90) and (20,), 200 in all, it takes five minutes."""


@pytest.mark.promise("P3")
@pytest.mark.slow
@pytest.mark.full
def test_each_acknowledged_batch_is_there_once(s3: S3Space, tmp_path: Path) -> None:
    places = dict.fromkeys(("silver", "control", "files", "history", "quarantine"))
    places = {place: s3.url(f"lake/{place}") for place in places}
    said = _run_all(places)
    acknowledged = [line for line in said if "batch" in line]
    assert len(acknowledged) == sum(map(sum, WRITERS.values()))
    assert sum(line.get("compacted", 0) for line in said) > 0, "no compaction came in between"
    engines = [line["writer"] for line in sorted(acknowledged, key=lambda line: line["batch"])]
    assert len(set(engines[:60])) > 1, "the writers did not overlap"

    lake = Lake(tmp_path / "lake", places=places)
    table = lake.existing(NAME)
    assert sorted(line["batch"] for line in acknowledged) == list(range(1, table.batch + 1))
    found = sorted((row["id"], row["writer"], row["turn"]) for row in table.to_arrow().to_pylist())
    assert found == _expected(acknowledged)
    assert table.rows == len(found)


def _expected(acknowledged: list[dict[str, Any]]) -> list[tuple[int, int, int]]:
    """Each row that was appended, with the turn that wrote it last: a writer's turns come one by one."""
    last: dict[int, tuple[int, int]] = {}
    for line in sorted(acknowledged, key=lambda line: (line["writer"], line["turn"])):
        first = (line["writer"] * 1_000 + line["target"]) * ROWS
        last |= dict.fromkeys(range(first, first + ROWS), (line["writer"], line["turn"]))
    return sorted((id, *written) for id, written in last.items())


def _run_all(places: dict[str, str]) -> list[dict[str, Any]]:
    """Start every writer, let all go when all are ready, and gather what they said."""
    project = Path(__file__).parent.parent.parent
    jobs = [(engine, batches) for engine, counts in WRITERS.items() for batches in counts]
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.engines.storm",
                json.dumps(places),
                engine,
                str(n),
                str(batches),
                str(n),
            ],
            env=os.environ | {"PYTHONPATH": str(project)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n, (engine, batches) in enumerate(jobs, start=1)
    ]
    try:
        first = [process.stdout.readline() for process in processes if process.stdout]
        assert all("ready" in line for line in first), first
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        with ThreadPoolExecutor(len(processes)) as pool:
            outputs = list(pool.map(lambda process: process.communicate()[0], processes))
        assert [process.returncode for process in processes] == [0] * len(processes)
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    return [json.loads(line) for output in outputs for line in output.splitlines()]
