"""Cleanse, merge and audit on the embedded engine, on Apache Spark and by plain DuckDB, on the same rows.

    cleanse    events are normalised, the latest of each customer kept, bad rows split off; all is written
    merge      1 % changed rows spread over the table, 1 % in its newest part, 10 % spread
    audit      twenty checks of Great Expectations on the cleansed rows

Clearwell does it on its own write path: stage, verify, decide, swap. DuckDB does the least that gives the
same rows: one query to Parquet of the same codec; for a merge a rewrite of everything, for the audit one
aggregate a group of checks. CPU seconds are of all processes from an engine that has answered its first
query; peak memory is the sum of each process's own peak.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.engine_tasks import BY_CLEARWELL, BY_DUCKDB, TASKS, prepare
from bench.measure import Comparison, ProcessTree, compare_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compare"]

ROWS = 5_000_000
ENGINES = ("embedded", "spark")
LIMITS = {"cleanse": 0.7, "merge 1 % spread": 1.2, "merge 1 % clustered": 0.2, "merge 10 % spread": 1.3}
"""Of DuckDB's CPU, for the embedded engine; the audit has no limit."""

_PROJECT = Path(__file__).parent.parent


@dataclass
class _Seen:
    """What the runs of one variant said besides their CPU seconds."""

    peaks: list[int] = field(default_factory=list[int])
    facts: set[str] = field(default_factory=set[str])


def compare(repeats: int) -> list[Comparison]:
    """One comparison a task; each run is in a process of its own."""
    found: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="clearwell-bench-") as folder:
        prepare(Path(folder), ROWS)
        for task in TASKS:
            seen = {variant: _Seen() for variant in ("duckdb", *ENGINES)}
            print(f"   {task}", file=sys.stderr, flush=True)
            runs = {name: _in_process(task, name, Path(folder), seen[name]) for name in seen}
            seconds = compare_in_turn(runs, repeats)
            found.append(_comparison(task, seconds, seen))
    return found


def _comparison(task: str, seconds: dict[str, list[float]], seen: dict[str, _Seen]) -> Comparison:
    if len(facts := set[str]().union(*(one.facts for one in seen.values()))) != 1:
        raise RuntimeError(f"{task}: the variants do not agree: { {n: s.facts for n, s in seen.items()} }")
    limit = LIMITS.get(task)
    claim = f"{task}, {ROWS:,} rows" + (f": embedded at most {limit:g} times DuckDB" if limit else "")
    peaks = ", ".join(f"{name} {max(one.peaks) / 2**20:,.0f} MiB" for name, one in seen.items())
    return Comparison(
        claim=claim,
        holds=lambda medians: limit is None or medians["embedded"] <= limit * medians["duckdb"],
        reference="duckdb",
        seconds=seconds,
        facts=[f"the same of all: {facts.pop()}", f"peak memory: {peaks}"],
        task=task,
    )


def _in_process(task: str, variant: str, folder: Path, seen: _Seen) -> Callable[[], float]:
    def run() -> float:
        command = [sys.executable, "-m", "bench.engines", task, variant, str(folder)]
        environment = os.environ | {"PYTHONPATH": str(_PROJECT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{task} by {variant} failed:\n{done.stderr[-2000:]}")
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        seen.peaks.append(said["peak"])
        seen.facts.add(said["fact"])
        return float(said["seconds"])

    return run


def _one_run(task: str, variant: str, folder: Path) -> None:
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    tree = ProcessTree()
    if variant == "duckdb":
        fact = BY_DUCKDB[task](folder, work, tree)
    else:
        fact = BY_CLEARWELL[task](folder, work, variant, tree)
    print(json.dumps({"seconds": tree.seconds, "peak": tree.peak, "fact": fact}))


if __name__ == "__main__":
    _one_run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
