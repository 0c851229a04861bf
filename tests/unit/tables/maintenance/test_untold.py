"""No file tells bounds of a column that is untold: not a new one, not a rewritten one, not one of before."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from clearwell.tables import Lake, apply_batch, decide, maintain, pending_upgrades
from tests.unit.tables.writing import NAME, ids, publish, stage, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def told(lake: Lake) -> set[str]:
    """The columns with bounds in the log or in a footer, of any live file."""
    found: set[str] = set()
    for file in lake.existing(NAME).files:
        found |= {*file.low, *file.high}
        metadata: Any = pq.read_metadata(file.absolute)
        for group in range(metadata.num_row_groups):
            columns = [metadata.row_group(group).column(n) for n in range(metadata.num_columns)]
            found |= {c.path_in_schema for c in columns if c.is_stats_set and c.statistics.has_min_max}
    return found


def test_a_column_that_became_personal_is_silenced_by_the_next_batch_and_maintenance(lake: Lake) -> None:
    write(lake, [1, 2])
    assert told(lake) == {"id", "text"}
    publish(lake, stage(lake, [3], untold=("TEXT",)))
    assert told(lake) == {"id", "text"}, "the file of before is still there"
    maintain(lake, trust_clock=True)
    assert told(lake) == {"id"}
    assert ids(lake) == [1, 2, 3]


def test_one_large_file_is_enough_to_be_rewritten(lake: Lake) -> None:
    write(lake, [1, 2])
    publish(lake, stage(lake, [], untold=("text",)))
    (done,) = [table for table in maintain(lake, trust_clock=True, dry_run=True) if table.table == str(NAME)]
    assert done.joined == 1
    maintain(lake, trust_clock=True)
    assert told(lake) == {"id"}
    (again,) = [table for table in maintain(lake, trust_clock=True) if table.table == str(NAME)]
    assert again.joined == 0


def test_a_merge_on_an_untold_key_replaces_rows_and_tells_nothing(lake: Lake) -> None:
    engine: Any = SimpleNamespace(name="embedded")
    publish(lake, stage(lake, [1, 2, 3], untold=("id", "text")))
    merge = replace(stage(lake, [2, 9], mode="merge", untold=("id", "text")), key=("id",))
    apply_batch(lake, decide(lake, merge), engine=engine, recheck=lambda *_: True)
    assert ids(lake) == [1, 2, 3, 9]
    assert told(lake) == set()


def test_an_upgrade_takes_the_bounds_out_of_earlier_intents(lake: Lake) -> None:
    lake.require_owner()
    write(lake, [1, 2])
    publish(lake, stage(lake, [3], untold=("text",)))
    (found,) = [upgrade for upgrade in pending_upgrades(lake) if upgrade.place == str(NAME)]
    assert found.what == "take the bounds of personal columns out of the records of 1 batches"
    before = lake.control.intent(NAME, 1)
    found.apply()
    after = lake.control.intent(NAME, 1)
    assert before is not None
    assert after is not None
    stats = after.accepted[0].stats
    assert (stats["minValues"], stats["maxValues"]) == ({"id": 1}, {"id": 2})
    assert replace(after, accepted=before.accepted) == before
    assert [upgrade for upgrade in pending_upgrades(lake) if upgrade.place == str(NAME)] == []


def test_a_table_says_to_other_writers_which_columns_have_bounds(lake: Lake) -> None:
    publish(lake, stage(lake, [1], untold=("text",)))
    configuration = lake.existing(NAME).handle.metadata().configuration
    assert configuration["delta.dataSkippingStatsColumns"] == "id"
