"""Each build records where its columns come from, once; what the plan hides is declared, or fails a check."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from clearwell.errors import ProjectError
from clearwell.flow.build.staleness import fingerprint
from clearwell.flow.check.project import check_project
from clearwell.flow.cleanse import cleanse, cleanse_code
from clearwell.flow.curate import curate_code
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.lineage import plan
from clearwell.model import Outcome
from clearwell.project.load import load_project
from clearwell.tables import LINEAGE, Lake, lineage_of
from tests.project import EDITED, TRANSFORM, make_project, run_steps
from tests.unit.lineage.told import lines, told

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.engines import Engine
    from clearwell.model import BuildResult, CheckResult
    from tests.project import SmallProject

ORIGIN = """
    _file_id = bronze_orders._file_id
    _record_no = bronze_orders._record_no
    _batch_id = bronze_orders._batch_id
    _ingested_at = bronze_orders._ingested_at
"""
SILVER = f"""
    {ORIGIN}
    order_id = bronze_orders.order_id
    day = bronze_orders.day
    amount = bronze_orders.amount
"""
BRONZE = """
    _file_id, _record_no, _batch_id, _ingested_at .
    order_id ~ raw_orders.order_id
    day ~ raw_orders.day
    amount ~ raw_orders.amount
"""
HIDING = TRANSFORM.replace(
    'return orders.select(*PROVENANCE, "order_id", "day", "amount")',
    """def risk(frames):
        for frame in frames:
            yield frame.assign(risk=frame.amount * 2)

    kept = orders.select(*PROVENANCE, "order_id", "day", "amount")
    return kept.mapInPandas(risk, f"{ddl(kept)}, risk double")""",
).replace(
    "def clean",
    'def ddl(frame):\n    return ", ".join(f"{f.name} {f.dataType.simpleString()}" for f in frame.schema)'
    "\n\n\ndef clean",
)
FROM_NOWHERE = TRANSFORM.replace(
    'return orders.select(*PROVENANCE, "order_id", "day", "amount")',
    """known = orders.sparkSession.createDataFrame([(1, 0.5)], "order_id bigint, rate double")
    return orders.join(known, "order_id", "left").select(*PROVENANCE, "order_id", "day", "amount", "rate")""",
)
WITH_SQL = TRANSFORM.replace(
    'return orders.select(*PROVENANCE, "order_id", "day", "amount")',
    """orders.createOrReplaceTempView("all_orders")
    columns = f"{', '.join(PROVENANCE)}, order_id, amount * 2 as twice"
    return orders.sparkSession.sql(f"select {columns} from all_orders where day is not null")""",
)

LOOKS_AT_ITS_INPUT = TRANSFORM.replace(
    'return orders.select(*PROVENANCE, "order_id", "day", "amount")',
    """first = orders.agg({"_batch_id": "max"}).collect()[0][0] == 1
    extra = (orders["amount"] * 2).cast("bigint") if first else orders["order_id"]
    return orders.select(*PROVENANCE, "order_id", "day", "amount", extra.alias("extra"))""",
)


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    project = make_project(tmp_path / "project")
    project.deliver("a.csv", 1, 3)
    return project


def declare(project: SmallProject, text: str) -> None:
    """Write ``lineage: TEXT`` into the YAML of the silver table."""
    file = project.root / "pipelines" / "orders" / "defs.yaml"
    before = file.read_text()
    file.write_text(before.replace("    write:", f"    lineage: {text}\n    write:"))


def recorded(project: SmallProject) -> dict[str, list[str]]:
    return {table: told(edges) for table, edges in lineage_of(Lake(project.lake)).items()}


def versions(project: SmallProject) -> dict[str, int]:
    lake = Lake(project.lake)
    return {str(name): lake.existing(name).version for name in lake.tables()}


def check_of(result: BuildResult) -> CheckResult:
    (found,) = [check for check in result.checks if check.name == "column_lineage"]
    return found


def test_each_table_says_where_each_column_comes_from(project: SmallProject, engine: Engine) -> None:
    bronze, silver = run_steps(project, engine)
    assert recorded(project) == {"bronze_orders": lines(BRONZE), "silver_orders": lines(SILVER)}
    assert told(bronze.lineage) == lines(BRONZE)
    assert told(silver.lineage) == lines(SILVER)
    assert check_of(silver).success
    assert check_of(silver).observed == {"exact": 7, "blurred": 0, "constant": 0, "missing": 0}


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "replace_partitions"])
def test_a_later_batch_adds_what_is_new_and_a_rerun_nothing(
    project: SmallProject, engine: Engine, mode: str
) -> None:
    project.write_yaml(mode=mode)
    run_steps(project, engine)
    project.deliver("b.csv", 2, 4)
    run_steps(project, engine)
    assert recorded(project) == {"bronze_orders": lines(BRONZE), "silver_orders": lines(SILVER)}
    before = versions(project)
    bronze, silver = run_steps(project, engine)
    assert (bronze.outcome, silver.outcome) == (Outcome.UNCHANGED, Outcome.UNCHANGED)
    assert versions(project) == before
    assert told(silver.lineage) == lines(SILVER)
    assert check_of(silver).success


def test_a_second_batch_with_the_same_edges_does_not_touch_the_record(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    before = versions(project)[str(LINEAGE)]
    project.deliver("b.csv", 4, 2)
    run_steps(project, engine)
    assert versions(project)[str(LINEAGE)] == before


def test_what_an_earlier_batch_came_from_stays_known(project: SmallProject, engine: Engine) -> None:
    """A transform may look at its input, as this one does: no edit, so its table is not rebuilt."""
    project.write_transform(LOOKS_AT_ITS_INPUT)
    run_steps(project, engine)
    project.deliver("b.csv", 4, 2)
    _, silver = run_steps(project, engine)
    both = lines(f"{SILVER}\nextra ~ bronze_orders.amount\nextra = bronze_orders.order_id")
    assert told(silver.lineage) == recorded(project)["silver_orders"] == both
    _, silver = run_steps(project, engine)
    assert told(silver.lineage) == both


def test_an_edited_transform_leaves_nothing_of_the_old_edges(project: SmallProject, engine: Engine) -> None:
    project.write_transform(EDITED)
    run_steps(project, engine)
    assert recorded(project)["silver_orders"] == lines(f"{SILVER}\ndoubled ~ bronze_orders.amount")
    project.write_transform()
    run_steps(project, engine)
    assert recorded(project)["silver_orders"] == lines(SILVER)


def test_sql_over_a_view_that_the_transform_makes_needs_no_word_of_the_user(
    project: SmallProject, engine: Engine
) -> None:
    project.write_transform(WITH_SQL)
    _, silver = run_steps(project, engine)
    assert told(silver.lineage) == lines(
        f"{ORIGIN}\norder_id = bronze_orders.order_id\ntwice ~ bronze_orders.amount\n"
        "rows FILTER bronze_orders.day"
    )


def test_an_empty_table_has_lineage_too(project: SmallProject, engine: Engine) -> None:
    (project.raw / "a.csv").write_text("order_id,day,amount\n")
    _, silver = run_steps(project, engine)
    assert (silver.rows, told(silver.lineage)) == (0, lines(SILVER))


def test_a_run_that_died_before_the_record_is_taken_up_with_its_edges(
    project: SmallProject, engine: Engine
) -> None:
    def die(step: str, table: str) -> None:
        if (step, table) == ("committed", "silver_orders"):
            raise KeyboardInterrupt

    loaded = load_project(project.settings)
    (spec,) = loaded.tables.values()
    run = Run(loaded, Lake(project.lake, on_step=die), engine)
    ingest(run, spec)
    with pytest.raises(KeyboardInterrupt):
        cleanse(run, spec)
    assert "silver_orders" not in recorded(project)
    _, silver = run_steps(project, engine)
    assert silver.outcome is Outcome.UNCHANGED
    assert recorded(project)["silver_orders"] == lines(SILVER)
    assert told(silver.lineage) == lines(SILVER)


def test_a_column_of_hidden_code_is_blurred_and_passes(project: SmallProject, engine: Engine) -> None:
    project.write_transform(HIDING)
    _, silver = run_steps(project, engine)
    assert check_of(silver).success
    assert check_of(silver).observed == {"exact": 0, "blurred": 8, "constant": 0, "missing": 0}


def test_a_declaration_takes_the_place_of_blurred_edges(project: SmallProject, engine: Engine) -> None:
    project.write_transform(HIDING)
    declare(project, "{risk: [bronze_orders.amount, bronze_orders.amount], _file_id: []}")
    _, silver = run_steps(project, engine)
    found = told(silver.lineage)
    assert [line for line in found if line.startswith("risk")] == ["risk ~ bronze_orders.amount"]
    assert [line for line in found if line.startswith("_file_id")] == ["_file_id ."]
    assert check_of(silver).observed == {"exact": 1, "blurred": 6, "constant": 1, "missing": 0}


def test_a_declaration_adds_to_what_is_exact(project: SmallProject, engine: Engine) -> None:
    declare(project, "{amount: [bronze_orders.amount, bronze_orders.day]}")
    _, silver = run_steps(project, engine)
    found = [line for line in told(silver.lineage) if line.startswith("amount")]
    assert found == ["amount = bronze_orders.amount", "amount ~ bronze_orders.day"]


def test_a_column_from_nowhere_fails_the_check_and_not_the_build(
    project: SmallProject, engine: Engine
) -> None:
    project.write_transform(FROM_NOWHERE)
    _, silver = run_steps(project, engine)
    check = check_of(silver)
    assert (silver.outcome, silver.rows, check.success) == (Outcome.BUILT, 3, False)
    assert "1 column comes from data that the plan does not show: rate" in (check.message or "")
    assert "lineage: {rate: [TABLE.COLUMN]}" in (check.message or "")
    declare(project, "{rate: []}")
    _, silver = run_steps(project, engine)
    assert (silver.outcome, check_of(silver).success) == (Outcome.BUILT, True)
    assert "rate ." in told(silver.lineage)


def test_a_fault_of_the_walk_stops_no_build(
    project: SmallProject, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan.PlanWalk, "columns", lambda *_: 1 / 0)
    _, silver = run_steps(project, engine)
    assert (silver.outcome, silver.rows) == (Outcome.BUILT, 3)
    assert check_of(silver).observed == {"exact": 0, "blurred": 0, "constant": 0, "missing": 7}
    assert not check_of(silver).success


@pytest.mark.parametrize(
    ("text", "fact", "hint"),
    [
        (
            "{amout: []}",
            "lineage is declared for 'amout', which the transform does not",
            "did you mean 'amount'?",
        ),
        (
            "{day: [silver_orders.day]}",
            "not a column of an input of this table",
            "did you mean 'bronze_orders'? write TABLE.COLUMN",
        ),
        (
            "{day: [day]}",
            "'day' is not a column of an input",
            "its inputs are bronze_orders; write TABLE.COLUMN",
        ),
        ("{day: [bronze_orders.days]}", "bronze_orders has no column 'days'", "did you mean 'day'?"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_its_line(
    project: SmallProject, engine: Engine, text: str, fact: str, hint: str
) -> None:
    declare(project, text)
    with pytest.raises(ProjectError, match=fact) as caught:
        run_steps(project, engine)
    assert caught.value.hint == hint
    assert (caught.value.place or "").endswith("defs.yaml:14")
    assert Lake(project.lake).table("silver_orders").snapshot() is None


def test_check_finds_a_declared_table_that_is_no_input(project: SmallProject) -> None:
    declare(project, "{day: [bronze_orders.anything, bronze_order.day], amount: [bronze_orders]}")
    problems = check_project(project.settings)
    assert [problem.fact for problem in problems] == [
        "'bronze_order.day' is not a column of an input of this table",
        "'bronze_orders' is not a column of an input of this table",
    ]
    assert [(problem.place or "").rpartition("/")[2] for problem in problems] == ["defs.yaml:14"] * 2
    assert problems[1].hint == "its inputs are bronze_orders; write TABLE.COLUMN"


def test_only_a_declaration_moves_the_code_of_a_table(project: SmallProject, engine: Engine) -> None:
    run = Run(load_project(project.settings), Lake(project.lake), engine)
    (spec,) = run.project.tables.values()
    assert spec.silver
    before = fingerprint(run.project.fingerprint(spec), spec.silver.write.model_dump_json(), "")
    assert cleanse_code(run, spec) == before
    declare(project, "{day: [bronze_orders.day]}")
    again = Run(load_project(project.settings), Lake(project.lake), engine)
    (declared,) = again.project.tables.values()
    assert cleanse_code(again, declared) != before


def test_a_curated_table_is_declared_in_the_same_way(project: SmallProject, engine: Engine) -> None:
    folder = project.root / "pipelines" / "totals"
    folder.mkdir()
    (project.root / "assets" / "totals.py").write_text(
        "def totals(silver_orders):\n"
        "    return silver_orders.groupBy('day').applyInPandas(lambda rows: rows[['day']], 'day date')\n"
    )
    text = (
        "type: clearwell.components.Curated\n"
        "attributes:\n"
        "  name: totals\n"
        "  inputs: [silver_orders]\n"
        "  transform: 'assets.totals:totals'\n"
    )
    (folder / "defs.yaml").write_text(text)
    *_, gold = run_steps(project, engine)
    assert check_of(gold).observed == {"exact": 0, "blurred": 1, "constant": 0, "missing": 0}
    run = Run(load_project(project.settings), Lake(project.lake), engine)
    before = curate_code(run, run.project.curated["totals"])
    (folder / "defs.yaml").write_text(f"{text}  lineage: {{day: [silver_orders.day]}}\n")
    run = Run(load_project(project.settings), Lake(project.lake), engine)
    assert curate_code(run, run.project.curated["totals"]) != before
    *_, gold = run_steps(project, engine)
    assert told(gold.lineage) == lines("day ~ silver_orders.day")


def test_a_lake_from_before_lineage_is_not_rebuilt_and_gets_it_with_its_next_build(
    project: SmallProject, engine: Engine
) -> None:
    run_steps(project, engine)
    shutil.rmtree(project.lake / LINEAGE.path)
    for file in (project.lake / "control" / "intents").rglob("*.json"):
        intent = json.loads(file.read_text())
        del intent["lineage"]
        intent["checks"] = [check for check in intent["checks"] if check["name"] != "column_lineage"]
        file.write_text(json.dumps(intent))
    before = versions(project)
    bronze, silver = run_steps(project, engine)
    assert (bronze.outcome, silver.outcome) == (Outcome.UNCHANGED, Outcome.UNCHANGED)
    assert versions(project) == before
    assert (silver.lineage, silver.checks) == ((), ())
    project.deliver("b.csv", 4, 2)
    run_steps(project, engine)
    assert recorded(project) == {"bronze_orders": lines(BRONZE), "silver_orders": lines(SILVER)}
