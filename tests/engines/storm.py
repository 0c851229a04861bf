"""One writer of the storm: batch after batch into one table, appended or merged; says what is acknowledged.

    python -m tests.engines.storm LAKE ENGINE WRITER BATCHES SEED

LAKE is JSON: where each part of the lake lies. A batch is acknowledged by a line of JSON when its commit is
known to be in the table's log. Every fourth batch merges new values into rows that this writer has
appended, and after every seventh the small files are joined.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clearwell.engines import open_engine
from clearwell.names import TableName
from clearwell.settings import Settings
from clearwell.tables import Intent, Lake, apply_batch, decide, recover, schema_json, stage_frame
from clearwell.tables.maintenance.compact import compact

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from clearwell.engines import Engine

NAME = TableName.parse("silver_storm")
ROWS = 8
_KEY = ("id",)


def main() -> None:
    places, engine_name, writer, batches, seed = sys.argv[1:6]
    with tempfile.TemporaryDirectory(prefix="clearwell-storm-") as folder:
        root = Path(folder)
        settings = Settings(
            project=root, lake=root, engine=engine_name, engine_memory=2 << 30, places=json.loads(places)
        )
        with open_engine(settings) as engine:
            engine.session()
            say(ready=writer)
            sys.stdin.readline()  # all start together
            storm(Lake(root, places=settings.places), engine, int(writer), int(batches), random.Random(seed))


def storm(lake: Lake, engine: Engine, writer: int, batches: int, chance: random.Random) -> None:
    appended: list[int] = []
    for turn in range(batches):
        merging = bool(appended) and turn % 4 == 3
        target = chance.choice(appended) if merging else turn
        taken = write(lake, engine, rows(engine, writer, target, turn), "merge" if merging else "append")
        if not merging:
            appended.append(turn)
        say(writer=writer, turn=turn, target=target, batch=taken, mode="merge" if merging else "append")
        if turn % 7 == 6:
            gone, came = compact(lake, NAME)
            say(compacted=gone, into=came)
        time.sleep(chance.random() * 0.05)


def write(lake: Lake, engine: Engine, frame: DataFrame, mode: str) -> int:
    """Bring the rows in as the next batch that nobody else has taken; its number."""
    while True:
        recover(lake, NAME, engine=engine, recheck=lambda *_: True)
        snapshot = lake.table(NAME).snapshot()
        batch = (snapshot.batch if snapshot else 0) + 1
        attempt = lake.begin(NAME, batch)
        candidate = stage_frame(lake, NAME, attempt, frame, engine, required=_KEY)
        intent = Intent(
            table=str(NAME),
            batch=batch,
            generation=snapshot.generation if snapshot else batch,
            mode=mode,
            attempt=attempt.id,
            schema=schema_json(candidate.schema_with(_KEY)),
            planned_version=snapshot.version if snapshot else 0,
            key=_KEY if mode == "merge" else (),
            required=_KEY,
            accepted=candidate.accepted,
            returned=candidate.returned,
        )
        winner = decide(lake, intent)
        apply_batch(lake, winner, engine=engine, recheck=lambda *_: True)
        if winner.attempt == intent.attempt:
            return batch
        lake.discard(attempt.id, NAME)


def rows(engine: Engine, writer: int, target: int, turn: int) -> DataFrame:
    """The rows that this writer appended, or appends, in turn ``target``, with the value of this turn."""
    first = (writer * 1_000 + target) * ROWS
    values = {"id": range(first, first + ROWS), "writer": [writer] * ROWS, "turn": [turn] * ROWS}
    return engine.session().createDataFrame(pa.table({k: pa.array(v, pa.int64()) for k, v in values.items()}))


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
