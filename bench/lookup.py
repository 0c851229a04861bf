"""Rows of an inference release by their keys, from opening it on, against DuckDB and pandas.

A million rows of 20 columns, keys of a text, a date and a number; 40 requests of 250 keys each, as a service
would get them, and 10,000 keys at once. DuckDB joins the keys with the release's Parquet file, and so reads
its key columns for each request; pandas reads it once and keeps all of it with an index. Whoever serves for
days pays the opening once: so it is told apart. Each runs in a process of its own; imports are not
counted, and all must find the same rows in the same order.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.measure import Comparison, compare_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["compare"]

ROWS = 1_000_000
REQUESTS, KEYS = 40, 250
LIMIT = 0.1
_PROJECT = Path(__file__).parent.parent
_KEY = ["customer", "day", "store"]
_FEATURES = 17
_FIRST = date(2013, 1, 1)


def compare(repeats: int) -> Comparison:
    """CPU seconds of the three for all requests."""
    with tempfile.TemporaryDirectory(prefix="clearwell-bench-") as folder:
        make_release(Path(folder), ROWS)
        found: dict[str, list[dict[str, Any]]] = {}
        seconds = compare_in_turn({name: _in_process(name, folder, found) for name in VARIANTS}, repeats)
    sums = {run["sum"] for runs in found.values() for run in runs}
    if len(sums) != 1:
        raise RuntimeError(f"not all found the same rows: {sums}")
    return Comparison(
        claim=f"{REQUESTS} requests of {KEYS} keys take at most {LIMIT} of DuckDB's CPU, and of pandas'",
        holds=lambda medians: medians["clearwell"] <= LIMIT * min(medians["duckdb"], medians["pandas"]),
        reference="duckdb",
        seconds=seconds,
        facts=[
            f"{ROWS:,} rows; the same {2 * REQUESTS * KEYS:,} rows in the same order by all",
            *_facts(found),
        ],
    )


def make_release(folder: Path, rows: int) -> None:
    """An inference release of ``rows`` rows at ``folder``, by what publishes them."""
    from clearwell.datasets import INDEX_FORMAT, Column, Manifest
    from clearwell.fingerprint.rows import ALGORITHM, combined_fingerprint
    from clearwell.publishing.inference import InferenceRecipe, make_inference

    table = make_rows(rows)
    recipe = InferenceRecipe(
        table="gold_state",
        place="bench",
        schema=table.schema,
        features=tuple(name for name in table.column_names if name not in _KEY),
        formats=("parquet", "arrow"),
        key=tuple(_KEY),
    )
    split, _ = make_inference(table.to_batches(max_chunksize=65_536), recipe, folder, rows=rows, buckets=4)
    manifest = Manifest(
        dataset="state",
        version=1,
        kind="inference",
        created="2026-01-01T00:00:00+00:00",
        clearwell_version="0",
        identity="",
        fingerprint=combined_fingerprint([(split.name, split.fingerprint)]),
        fingerprint_algorithm=ALGORITHM,
        rows=rows,
        schema=tuple(Column(f.name, str(f.type), f.nullable) for f in table.schema),
        splits=(split,),
        inputs=(),
        settings={},
        key=recipe.key,
        features=recipe.features,
        format=INDEX_FORMAT,
    )
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")


def make_rows(rows: int) -> pa.Table:
    """Customers by day and store, with numbers."""
    chance = random.Random(rows)
    columns: dict[str, Any] = {
        "customer": [f"customer {number // 4}" for number in range(rows)],
        "day": [_FIRST + timedelta(days=number % 4) for number in range(rows)],
        "store": pa.array([number % 1_000 for number in range(rows)], pa.int32()),
    }
    for number in range(_FEATURES):
        columns[f"feature_{number}"] = [chance.random() for _ in range(rows)]
    return pa.table(columns)


def make_requests(rows: int, requests: int, keys: int) -> list[pa.Table]:
    """Keys that are there, at random."""
    chance = random.Random(requests)
    asked: list[pa.Table] = []
    for _ in range(requests):
        numbers = [chance.randrange(rows) for _ in range(keys)]
        asked.append(
            pa.table(
                {
                    "customer": [f"customer {number // 4}" for number in numbers],
                    "day": [_FIRST + timedelta(days=number % 4) for number in numbers],
                    "store": pa.array([number % 1_000 for number in numbers], pa.int32()),
                }
            )
        )
    return asked


def look_up_by_clearwell(folder: Path) -> Callable[[pa.Table], pa.Table]:
    """Open the release."""
    from clearwell import open_dataset

    dataset = open_dataset(folder)
    dataset.open_lookup()
    return dataset.lookup


def look_up_by_duckdb(folder: Path) -> Callable[[pa.Table], pa.Table]:
    """Join with the Parquet file."""
    import duckdb

    connection = duckdb.connect()
    query = f"""SELECT state.* FROM (SELECT *, row_number() OVER () AS place FROM asked) asked
        JOIN read_parquet('{folder}/data/*.parquet') state USING ({", ".join(_KEY)}) ORDER BY place"""

    def ask(keys: pa.Table) -> pa.Table:
        connection.register("asked", keys)
        return connection.execute(query).to_arrow_table()

    return ask


def look_up_by_pandas(folder: Path) -> Callable[[pa.Table], pa.Table]:
    """Read the Parquet file, and index it."""
    import pandas as pd

    files = sorted((folder / "data").glob("*.parquet"))
    state = pd.concat([pd.read_parquet(file) for file in files]).set_index(_KEY)

    def ask(keys: pa.Table) -> pa.Table:
        rows: Any = state.loc[pd.MultiIndex.from_frame(keys.to_pandas())]
        return pa.Table.from_pandas(rows.reset_index(), preserve_index=False)

    return ask


VARIANTS: dict[str, Callable[[Path], Callable[[pa.Table], pa.Table]]] = {
    "duckdb": look_up_by_duckdb,
    "clearwell": look_up_by_clearwell,
    "pandas": look_up_by_pandas,
}


def _facts(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    def middle(name: str, what: str) -> float:
        return median(run[what] for run in found[name])

    lines: list[str] = []
    for name in found:
        asked, bulk = middle(name, "asked"), middle(name, "bulk")
        lines.append(
            f"{name}: opened in {middle(name, 'opened'):.2f} CPU s; then "
            f"{REQUESTS * KEYS / asked:,.0f} keys a CPU second by {KEYS}, "
            f"{REQUESTS * KEYS / bulk:,.0f} at once (x {bulk / middle('duckdb', 'bulk'):.2f}); "
            f"{middle(name, 'memory') / 2**20:,.0f} MB more memory at its peak"
        )
    return lines


def _in_process(name: str, folder: str, found: dict[str, list[dict[str, Any]]]) -> Callable[[], float]:
    def run() -> float:
        command = [sys.executable, "-m", "bench.lookup", name, folder, str(ROWS)]
        environment = os.environ | {"PYTHONPATH": str(_PROJECT)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name} failed:\n{done.stderr[-2000:]}")
        said = json.loads(done.stdout)
        found.setdefault(name, []).append(said)
        return said["opened"] + said["asked"]

    return run


def _one_run(name: str, folder: Path, rows: int) -> None:
    small = folder / f"small-{name}"
    if not small.exists():
        small.mkdir()
        make_release(small, 1_000)
    VARIANTS[name](small)(make_requests(1_000, 1, 10)[0])  # imports, and what is done but once
    requests = make_requests(rows, REQUESTS, KEYS)
    bulk = pa.concat_tables(requests)
    before, clock = _peak(), time.process_time()
    ask = VARIANTS[name](folder)
    opened = time.process_time()
    answers = [ask(request) for request in requests]
    asked = time.process_time()
    at_once = ask(bulk)
    ended = time.process_time()
    said = {
        "opened": opened - clock,
        "asked": asked - opened,
        "bulk": ended - asked,
        "memory": _peak() - before,
        "sum": _sum([*answers, at_once]),
    }
    print(json.dumps(said))


def _sum(answers: Sequence[pa.Table]) -> str:
    """A number that another order of the rows, or another row, would change."""
    values = pa.concat_tables([answer.select(["feature_0"]) for answer in answers])["feature_0"]
    places = pa.array(range(1, len(values) + 1), pa.float64())
    return f"{len(values)} {pc.sum(pc.multiply(values, places)).as_py():.3f}"


def _peak() -> int:
    """Peak of the memory of this process, in bytes; pages of files that are mapped count."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    _one_run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
