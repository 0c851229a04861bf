"""A program that imports `clearwell.api` does what the command line does, and sees what came of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import clearwell
from clearwell import api, errors
from clearwell.api import Outcome, load_project, open_engine, read_table, run
from tests.components.shop import deliver, make_shop

if TYPE_CHECKING:
    from clearwell.api import RunResult
    from clearwell.settings import Settings

CHECKOUT = Path(clearwell.__file__).parents[1]
HEAVY = {
    "dagster",
    "deltalake",
    "great_expectations",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyspark",
    "yaml",
}


def brief(result: RunResult) -> list[tuple[str, str, int | None, int | None]]:
    return [(step.name, str(step.outcome), step.rows, step.version) for step in result.steps]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, RunResult, Path]:
    root = make_shop(tmp_path_factory.mktemp("api") / "shop").project
    return run(load_project(root)), run(load_project(str(root))), root


def test_each_step_says_what_became_of_it(twice: tuple[RunResult, RunResult, Path]) -> None:
    first, second, _ = twice
    assert first.success
    assert second.success
    assert [name for name, *_ in brief(first)] == [
        "bronze_orders",
        "silver_orders",
        "gold_totals",
        "daily_totals",
        "storage_cost",
    ]
    assert first["bronze_orders"].rows == 6
    assert first["bronze_orders"].reason == "first build"
    assert first["daily_totals"].version == 1
    assert (first["storage_cost"].rows, first["storage_cost"].version) == (None, None)
    assert {step.outcome for step in first.steps} == {Outcome.BUILT}
    assert {step.outcome for step in second.steps[:4]} == {Outcome.UNCHANGED}
    assert [step.rows for step in second.steps] == [step.rows for step in first.steps]
    with pytest.raises(KeyError, match="silver_order"):
        first["silver_order"]


@pytest.mark.full
def test_the_rows_of_a_table_are_read(twice: tuple[RunResult, RunResult, Path]) -> None:
    project = load_project(twice[2])
    totals = read_table(project, "gold_totals").to_pylist()
    assert sorted((str(row["day"]), row["total"]) for row in totals) == [
        ("2026-01-01", 6.0),
        ("2026-01-02", 15.0),
    ]
    assert read_table(project, "silver_orders", columns=["amount"]).column_names == ["amount"]
    with pytest.raises(api.TableNotFound, match="silver_order'"):
        read_table(project, "silver_order")
    with pytest.raises(api.TableError, match="no column 'amuont'") as caught:
        read_table(project, "silver_orders", columns=["amuont"])
    assert caught.value.hint == "did you mean 'amount'?"


def test_a_step_that_fails_is_a_result_and_what_hangs_on_it_is_skipped(shop: Settings) -> None:
    deliver(shop.project, "third.csv", "2026-01-03", [7, -1])
    result = run(load_project(shop.project), "+daily_totals")
    assert not result.success
    assert not result.interrupted
    assert [(step.name, step.outcome) for step in result.steps[:2]] == [
        ("bronze_orders", Outcome.BUILT),
        ("silver_orders", Outcome.BLOCKED),
    ]
    assert {step.name: step.outcome for step in result.steps[2:]} == {
        "gold_totals": Outcome.SKIPPED,
        "daily_totals": Outcome.SKIPPED,
    }
    (blocked,) = result.failures
    assert isinstance(blocked.error, api.BatchBlocked)
    assert blocked.reason == str(blocked.error)
    assert "clearwell quarantine silver_orders --blocked" in blocked.reason
    code = shop.project / "assets" / "shop.py"
    code.write_text(code.read_text().replace("return orders.select", "return orders.slect"))
    failed = run(load_project(shop.project), "silver_orders")["silver_orders"]
    assert (failed.outcome, type(failed.error)) == (Outcome.FAILED, api.ProjectError)
    assert "slect" in failed.trace


def test_files_that_are_set_aside_make_a_run_no_success_though_no_step_failed(shop: Settings) -> None:
    project = load_project(shop.project)
    assert run(project, "bronze_orders").success
    deliver(shop.project, "first.csv", "2026-01-09", [9])
    result = run(project, "bronze_orders")
    assert (result.success, result.failures) == (False, ())
    assert "first.csv" in "".join(result["bronze_orders"].details.notes)  # type: ignore[union-attr]


def test_what_is_wrong_with_the_project_is_raised_before_anything_runs(
    shop: Settings, tmp_path: Path
) -> None:
    with pytest.raises(api.ProjectError, match="is not in a Clearwell project"):
        load_project(tmp_path)
    with pytest.raises(api.ProjectError, match="there is no folder"):
        load_project(shop.project / "elsewhere")
    project = load_project(shop.project)
    with pytest.raises(api.ProjectError, match="selects no asset"):
        run(project, "silver_order")
    with pytest.raises(api.EngineError, match="no engine 'embeded'"):
        run(project, engine="embeded")
    assert not shop.lake.exists()


def test_the_lake_and_the_engine_of_a_project_can_be_others(shop: Settings, tmp_path: Path) -> None:
    project = load_project(shop.project, lake=tmp_path / "other", engine="embedded")
    assert run(project, "bronze_orders", full_refresh=True).success
    assert (tmp_path / "other" / "bronze" / "orders").is_dir()
    assert not shop.lake.exists()


def test_an_open_engine_runs_many_runs_and_stays_open(shop: Settings) -> None:
    project = load_project(shop.project)
    with open_engine(project, step="cleanse") as engine:
        session = engine.session()
        assert run(project, "+silver_orders", engine=engine).success
        assert run(project, "gold_totals", engine=engine).success
        assert engine.session() is session
        assert session.range(3).count() == 3


@pytest.mark.full
def test_six_lines_of_a_script_run_a_project_without_the_command_line(shop: Settings) -> None:
    script = (
        "from clearwell.api import load_project, run\n"
        "result = run(load_project(), '+silver_orders')\n"
        "for step in result.steps:\n"
        "    print(step.name, step.outcome, step.rows)\n"
        "raise SystemExit(0 if result.success else 1)\n"
    )
    command = [sys.executable, "-c", script]
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": "", "HOME": str(shop.project)}
    done = subprocess.run(
        command, cwd=shop.project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "bronze_orders built 6\nsilver_orders built 6\n"


def test_importing_it_loads_nothing_heavy() -> None:
    program = f"import clearwell.api, sys; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_everything_that_it_names_is_there_and_documented() -> None:
    for name in api.__all__:
        member = getattr(api, name)
        assert name == "PROVENANCE" or member.__doc__, name
    assert set(dir(api)) == set(api.__all__)
    with pytest.raises(AttributeError):
        api.launch  # noqa: B018


def test_every_error_can_be_imported_from_both_faces() -> None:
    of_ours = {
        name
        for name, member in vars(errors).items()
        if isinstance(member, type) and issubclass(member, errors.ClearwellError)
    }
    assert of_ours <= set(clearwell.__all__) & set(api.__all__)
    assert all(getattr(clearwell, name) is getattr(errors, name) for name in of_ours)
