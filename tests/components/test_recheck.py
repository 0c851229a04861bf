"""A check that is executed alone judges the published table and writes nothing; no sample is personal."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from clearwell.components.failing import reason_of
from clearwell.components.quiet import quiet_dagster
from clearwell.components.running.instance import open_instance
from clearwell.components.running.launch import run_project
from clearwell.components.running.location import load_definitions
from clearwell.model import BuildResult
from clearwell.project.load import load_project
from tests.components.shop import SUITE, TABLE, deliver, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clearwell.settings import Settings


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def audit(
    settings: Settings, instance: dg.DagsterInstance, *names: str
) -> dict[str, dg.AssetCheckEvaluation] | str:
    """What Dagster gets when it executes checks alone, as its pages do; the failure's text if it fails."""
    job = load_definitions(load_project(settings)).resolve_implicit_global_asset_job_def()
    wanted = {
        dg.AssetCheckKey(dg.AssetKey(asset), check) for asset, _, check in (n.partition(":") for n in names)
    }
    with quiet_dagster():
        result = job.get_subset(asset_selection=set(), asset_check_selection=wanted).execute_in_process(
            instance=instance, raise_on_error=False
        )
    if not result.success:
        (failed,) = [event for event in result.all_events if event.is_step_failure]
        return reason_of(failed.step_failure_data.error)
    assert result.get_asset_materialization_events() == []
    return {e.asset_check_key.name: e for e in result.get_asset_check_evaluations()}


def listing(lake: Path) -> dict[str, tuple[int, str]]:
    """Every file of the lake with its time and the hash of what it says."""
    return {
        str(file.relative_to(lake)): (file.stat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in sorted(lake.rglob("*"))
        if file.is_file()
    }


def test_a_check_alone_judges_the_published_table_and_writes_nothing(
    shop: Settings, instance: dg.DagsterInstance
) -> None:
    deliver(shop.project, "third.csv", "2026-01-02", [7, 31337.5])
    assert run_project(shop).success
    suite = shop.project / "expectations" / "silver_orders.yaml"
    suite.write_text(suite.read_text().replace("max_value: 1000", "max_value: 5"))
    before = listing(shop.lake)
    names = ("amount_plausible", "enough_orders", "column_lineage")
    found = audit(shop, instance, *(f"silver_orders:{name}" for name in names))
    assert listing(shop.lake) == before
    assert isinstance(found, dict)
    assert set(found) == {"amount_plausible", "enough_orders", "column_lineage"}  # and no other was judged
    plausible = found["amount_plausible"]
    assert not plausible.passed
    assert plausible.description is not None
    # The row of 31337.5 is in quarantine, not in the table: there the dearest orders are of 6 and of 7.
    assert plausible.description.startswith(
        "The published table at version 1 (7 rows) was audited again: 2 of 7 rows fail. Nothing was written"
    )
    assert plausible.metadata["delta_version"].value == 1
    assert plausible.metadata["failing rows"].value.splitlines()[2:] == [
        "| `raw/second.csv` | 3 | `6.0` |",
        "| `raw/third.csv` | 1 | `7.0` |",
    ]
    assert found["enough_orders"].passed
    assert "holds" in (found["enough_orders"].description or "")
    assert found["column_lineage"].passed
    assert found["column_lineage"].metadata["columns_exact"].value == 7


@pytest.mark.full
def test_the_raw_files_are_looked_at_again_without_taking_them(
    shop: Settings, instance: dg.DagsterInstance
) -> None:
    strict = TABLE.replace("    settle_seconds: 0", "    settle_seconds: 0\n    drift: {new_column: reject}")
    write(shop.project / "pipelines" / "orders" / "defs.yaml", strict)
    assert run_project(shop, selection="bronze_orders").success
    write(shop.project / "raw" / "wrong.csv", "order_id,day,amount,surprise\n1,2026-01-03,4,5\n")
    assert not run_project(shop, selection="bronze_orders").success
    deliver(shop.project, "third.csv", "2026-01-02", [7])
    (shop.project / "raw" / "first.csv").unlink()
    before = listing(shop.lake)
    found = audit(shop, instance, "bronze_orders:files_readable")
    assert listing(shop.lake) == before
    assert isinstance(found, dict)
    readable = found["files_readable"]
    assert not readable.passed
    counts = {
        name: readable.metadata[f"files_{name}"].value
        for name in ("taken", "set_aside", "waiting", "missing")
    }
    assert counts == {"taken": 2, "set_aside": 1, "waiting": 1, "missing": 1}
    assert "raw/wrong.csv" in (readable.description or "")
    assert "Nothing was written" in (readable.description or "")

    write(shop.project / "raw" / "wrong.csv", "order_id,day,amount\n1,2026-01-03,4\n")  # corrected
    (shop.project / "raw" / "third.csv").unlink()
    again = audit(shop, instance, "bronze_orders:files_readable")
    assert isinstance(again, dict)
    assert again["files_readable"].passed
    assert again["files_readable"].metadata["files_waiting"].value == 1


def test_a_taken_file_with_other_content_is_said_to_be_refused(
    shop: Settings, instance: dg.DagsterInstance
) -> None:
    assert run_project(shop, selection="bronze_orders").success
    deliver(shop.project, "first.csv", "2026-01-01", [9])
    found = audit(shop, instance, "bronze_orders:files_readable")
    assert isinstance(found, dict)
    assert not found["files_readable"].passed
    assert "was taken before with other content" in (found["files_readable"].description or "")


def test_there_is_nothing_to_audit_before_the_first_build(
    shop: Settings, instance: dg.DagsterInstance
) -> None:
    for check in ("silver_orders:amount_plausible", "bronze_orders:files_readable"):
        failure = audit(shop, instance, check)
        assert isinstance(failure, str)
        assert "there is nothing to audit" in failure
        assert "clearwell run +" in failure
    assert not shop.lake.exists()


def test_dagster_lets_each_check_be_executed_alone(shop: Settings) -> None:
    graph = load_definitions(load_project(shop)).resolve_asset_graph()
    for key in graph.asset_check_keys:
        assert graph.get_execution_set_asset_and_check_keys(key) == {key}


PERSONAL = {
    "customer": "Guinevere Quimby-Ash",  # a name: only `personal:` can tell
    "email": "guinevere.quimby@example.org",
    "phone": "+49 151 5550 1234",
    "card": "4111 1111 1111 1111",
    "remark": "Please ring at the blue door next to the old chapel, second floor",
}
CHECKS = "".join(
    f"  - {{name: {column}_known, expectation: expect_column_values_to_be_in_set,"
    f" kwargs: {{column: {column}, value_set: [known]}}, severity: warning}}\n"
    f"  - {{name: {column}_values, expectation: expect_column_distinct_values_to_be_in_set,"
    f" kwargs: {{column: {column}, value_set: [known]}}, severity: info}}\n"
    for column in PERSONAL
)


@pytest.mark.full
def test_a_personal_column_stays_personal_under_another_name(shop: Settings) -> None:
    file = shop.project / "assets" / "shop.py"
    code = file.read_text().replace('"amount")', '"amount", F.upper("customer").alias("who"))', 1)
    file.write_text(code.replace('groupBy("day")', 'groupBy("day", F.col("who").alias("buyer"))'))
    table = TABLE.replace("  group: shop\n", "  group: shop\n  personal: [customer]\n")
    write(shop.project / "pipelines" / "orders" / "defs.yaml", table)
    others = shop.project / "pipelines" / "others" / "defs.yaml"
    text = others.read_text()
    others.write_text(text.replace('totals"\n', 'totals"\n  expectations: gold_totals\n', 1))
    check = "  - {{name: {0}_known, expectation: expect_column_values_to_be_in_set,"
    check += " kwargs: {{column: {0}, value_set: [X]}}, severity: info}}\n"
    write(shop.project / "expectations" / "silver_orders.yaml", f"checks:\n{check.format('who')}")
    write(shop.project / "expectations" / "gold_totals.yaml", f"checks:\n{check.format('buyer')}")
    for raw in (shop.project / "raw").glob("*.csv"):
        raw.unlink()
    write(shop.project / "raw" / "a.csv", "order_id,day,amount,customer\n1,2026-01-01,5,Guinevere\n")
    report = run_project(shop, selection="bronze_orders, silver_orders, gold_totals")
    assert report.success, report.failures
    samples = {
        check.name: [sample.values for sample in check.samples]
        for result in report.results
        if isinstance(result, BuildResult)
        for check in result.checks
        if not check.success
    }
    assert samples == {"who_known": [(("who", "(withheld)"),)], "buyer_known": [(("buyer", "(withheld)"),)]}


@pytest.mark.variants
@pytest.mark.parametrize("severity", ["warning", "critical"])
def test_no_personal_data_gets_into_the_log_or_the_verdicts_of_a_lake(
    shop: Settings, instance: dg.DagsterInstance, severity: str
) -> None:
    file = shop.project / "assets" / "shop.py"
    names = ", ".join(f'"{column}"' for column in PERSONAL)
    file.write_text(file.read_text().replace('"amount")', f'"amount", {names})', 1))
    table = TABLE.replace("  group: shop\n", "  group: shop\n  personal: [customer]\n")
    write(shop.project / "pipelines" / "orders" / "defs.yaml", table)
    write(
        shop.project / "expectations" / "silver_orders.yaml",
        SUITE.rstrip() + "\n" + CHECKS.replace("severity: warning", f"severity: {severity}"),
    )
    header, row = ",".join(PERSONAL), ",".join(f'"{value}"' for value in PERSONAL.values())
    for raw in (shop.project / "raw").glob("*.csv"):
        raw.unlink()
    write(shop.project / "raw" / "a.csv", f"order_id,day,amount,{header}\n1,2026-01-01,5,{row}\n")
    report = run_project(shop, selection="bronze_orders, silver_orders")
    audited: Any = audit(shop, instance, "silver_orders:email_values") if report.success else {}
    with open_instance(shop.dagster_home) as opened:
        log = [r.event_log_entry.to_json() for r in opened.get_records_for_run(report.run_id).records]
    records = [json.loads(file.read_text()) for file in (shop.lake / "control").rglob("*.json")]
    for record in records:  # the bounds of columns, which Delta's log has too
        for staged in ("staged", "accepted", "rejected"):
            record.pop(staged, None)
    assert any(record.get("checks") for record in records)
    said = json.dumps([*log, *records, str(audited)])
    assert "(withheld)" in said  # samples are there
    assert "a.csv" in said
    for secret in PERSONAL.values():
        assert secret not in said
        assert secret[:12] not in said
