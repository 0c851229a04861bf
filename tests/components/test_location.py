"""A project's YAML becomes the assets, checks, jobs and triggers that it promises."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

import clearwell
from clearwell.components.running.location import JOB, load_definitions
from clearwell.errors import ProjectError
from clearwell.project.load import load_project
from tests.components.shop import OTHERS, TABLE, make_shop, write

if TYPE_CHECKING:
    from clearwell.settings import Settings


def load(settings: Settings) -> dg.Definitions:
    return load_definitions(load_project(settings))


def specs_of(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_each_asset_hangs_on_what_it_is_made_from(shop: Settings) -> None:
    deps = {
        name: sorted(dep.asset_key.to_user_string() for dep in spec.deps)
        for name, spec in specs_of(load(shop)).items()
    }
    assert deps == {
        "raw_orders": [],
        "bronze_orders": ["raw_orders"],
        "silver_orders": ["bronze_orders"],
        "gold_totals": ["silver_orders"],
        "daily_totals": ["gold_totals"],
        "storage_cost": ["bronze_orders", "daily_totals", "gold_totals", "silver_orders"],
    }


def test_an_asset_shows_what_its_author_wrote(shop: Settings) -> None:
    silver = specs_of(load(shop))["silver_orders"]
    assert silver.owners == ["team:sales"]
    assert silver.tags["domain"] == "sales"
    assert silver.group_name == "shop"
    assert silver.description is not None
    assert silver.description.startswith("What customers ordered.")
    assert silver.metadata["license"] == "CC0-1.0"
    assert {"spark", "deltalake", "silver"} <= silver.kinds


def test_an_asset_leads_to_the_pages_of_its_data_lineage_and_cost(shop: Settings) -> None:
    def links(settings: Settings, name: str) -> dict[str, object]:
        metadata = specs_of(load(settings))[name].metadata
        return {
            key: metadata[key].value
            for key in ("data docs", "lineage", "storage cost", "report")
            if key in metadata
        }

    served = replace(shop, pages_url="http://127.0.0.1:8000")
    assert links(served, "silver_orders") == {
        "data docs": "http://127.0.0.1:8000/tables/silver_orders.html",
        "lineage": "http://127.0.0.1:8000/lineage.html#silver_orders",
        "storage cost": "http://127.0.0.1:8000/storage-cost.html",
    }
    assert (specs_of(load(served))["silver_orders"].description or "").endswith(
        "[Data docs](http://127.0.0.1:8000/tables/silver_orders.html) · "
        "[Lineage](http://127.0.0.1:8000/lineage.html#silver_orders) · "
        "[Storage cost](http://127.0.0.1:8000/storage-cost.html)"
    )
    assert links(served, "raw_orders") == {"lineage": "http://127.0.0.1:8000/lineage.html#raw_orders"}
    assert set(links(served, "daily_totals")) == {"lineage", "storage cost"}
    assert links(served, "storage_cost")["report"] == "http://127.0.0.1:8000/storage-cost.html"
    assert links(shop, "silver_orders")["data docs"] == str(
        shop.lake / "reports" / "tables" / "silver_orders.html"
    )
    write(shop.project / "pipelines" / "others" / "defs.yaml", OTHERS.rpartition("---")[0])
    assert links(served, "silver_orders") == {}  # without a report nobody writes the pages


def test_an_asset_says_how_often_it_is_tried(shop: Settings) -> None:
    found = specs_of(load(shop))
    assert found["silver_orders"].metadata["retries"].startswith("up to 2, after 10 s, then each time twice")
    assert "retries" not in {**found["raw_orders"].metadata, **found["daily_totals"].metadata}


def test_an_asset_says_where_its_files_lie(shop: Settings) -> None:
    found = specs_of(load(shop))
    silver = found["silver_orders"].metadata
    assert silver["dagster/uri"] == (shop.lake / "silver" / "orders").as_uri()
    assert (silver["dagster/table_name"], silver["dagster/storage_kind"]) == ("silver_orders", "deltalake")
    assert found["daily_totals"].metadata["dagster/uri"] == (shop.lake / "releases" / "daily_totals").as_uri()


def test_an_asset_leads_to_the_lines_that_make_it(shop: Settings) -> None:
    def lines(name: str) -> list[tuple[str, int | None]]:
        found = specs_of(load(shop))[name].metadata["dagster/code_references"].code_references
        root = shop.project
        return [(str(Path(ref.file_path).relative_to(root)), ref.line_number) for ref in found]

    code = (shop.project / "assets" / "shop.py").read_text().splitlines()
    clean, totals = (
        1 + next(n for n, line in enumerate(code) if line.startswith(f"def {f}")) for f in ("clean", "totals")
    )
    assert lines("silver_orders") == [
        ("assets/shop.py", clean),
        ("expectations/silver_orders.yaml", 1),
        ("pipelines/orders/defs.yaml", 1),
    ]
    assert lines("gold_totals") == [("assets/shop.py", totals), ("pipelines/others/defs.yaml", 1)]
    assert lines("bronze_orders") == [("pipelines/orders/defs.yaml", 1)]
    other = (shop.project / "pipelines" / "others" / "defs.yaml").read_text().splitlines()
    assert lines("daily_totals") == [
        ("pipelines/others/defs.yaml", 1 + other.index("type: clearwell.components.Dataset"))
    ]


def test_a_table_may_grow_old_as_its_yaml_says(shop: Settings) -> None:
    table = TABLE + "  freshness: {warn_after_hours: 26, fail_after_hours: 50}\n"
    write(shop.project / "pipelines" / "orders" / "defs.yaml", table)
    found = specs_of(load(shop))
    for name in ("bronze_orders", "silver_orders"):
        assert found[name].freshness_policy == dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=50), warn_window=timedelta(hours=26)
        )
    assert found["raw_orders"].freshness_policy is found["gold_totals"].freshness_policy is None


@pytest.mark.parametrize(
    ("freshness", "fact"),
    [
        ("{fail_after_hours: 0.001}", "less than a minute"),
        ("{warn_after_hours: 50, fail_after_hours: 50}", "not before"),
    ],
)
def test_an_age_that_dagster_cannot_keep_is_refused_with_its_line(
    shop: Settings, freshness: str, fact: str
) -> None:
    file = write(shop.project / "pipelines" / "orders" / "defs.yaml", TABLE + f"  freshness: {freshness}\n")
    with pytest.raises(ProjectError, match=fact) as caught:
        load(shop)
    assert caught.value.place == f"{file}:{len(file.read_text().splitlines())}"


def test_every_job_schedule_and_sensor_says_what_it_does(shop: Settings) -> None:
    repository = load(shop).get_repository_def()
    named = [
        *(job for job in repository.get_all_jobs() if not job.name.startswith("__")),
        *repository.schedule_defs,
        *repository.sensor_defs,
    ]
    assert len(named) == 5
    assert all(definition.description for definition in named)


def test_raw_files_are_an_external_asset_of_their_format(shop: Settings) -> None:
    definitions = load(shop)
    assert {"csv", "file"} <= specs_of(definitions)["raw_orders"].kinds
    made = definitions.resolve_asset_graph().materializable_asset_keys
    assert dg.AssetKey("raw_orders") not in made


def test_each_check_of_a_suite_is_a_check_of_its_asset(shop: Settings) -> None:
    graph = load(shop).resolve_asset_graph()
    checks = {
        f"{key.asset_key.to_user_string()}:{key.name}": graph.get_check_spec(key)
        for key in graph.asset_check_keys
    }
    assert {name: spec.blocking for name, spec in checks.items()} == {
        "bronze_orders:files_readable": False,
        "bronze_orders:missing_columns": False,
        "bronze_orders:new_columns": False,
        "bronze_orders:none_accepted": False,
        "silver_orders:amount_plausible": False,
        "silver_orders:amount_not_negative": True,
        "silver_orders:enough_orders": False,
        "silver_orders:column_lineage": False,
        "gold_totals:column_lineage": False,
    }
    assert checks["silver_orders:amount_not_negative"].description == "Nobody is paid for an order."


def test_a_code_version_moves_with_the_code_alone(shop: Settings) -> None:
    def versions() -> dict[str, str | None]:
        return {name: spec.code_version for name, spec in specs_of(load(shop)).items()}

    before = versions()
    assert versions() == before
    code = shop.project / "assets" / "shop.py"
    code.write_text(code.read_text() + "\n# edited\n")
    after = versions()
    assert {name for name in before if before[name] != after[name]} == {"silver_orders", "gold_totals"}


def test_one_job_runs_everything_and_one_each_table_with_what_hangs_on_it(shop: Settings) -> None:
    definitions = load(shop)

    def assets_of(job: str) -> set[str]:
        layer = definitions.resolve_job_def(job).asset_layer
        return {key.to_user_string() for key in layer.executable_asset_keys}

    everything = {"bronze_orders", "silver_orders", "gold_totals", "daily_totals", "storage_cost"}
    assert assets_of(JOB) == everything
    assert assets_of("bronze_orders_and_on") == everything


def test_every_job_runs_its_steps_in_one_process(shop: Settings) -> None:
    definitions = load(shop)
    for job in (JOB, "bronze_orders_and_on"):
        assert definitions.resolve_job_def(job).executor_def.name == "in_process"


def test_triggers_wait_until_the_environment_starts_them(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions = load(shop)
    assert definitions.resolve_schedule_def("bronze_orders_and_on_schedule").cron_schedule == "0 6 * * *"

    def statuses() -> list[str]:
        found = load(shop)
        return [
            found.resolve_schedule_def("bronze_orders_and_on_schedule").default_status.value,
            found.resolve_sensor_def("bronze_orders_and_on_new_files").default_status.value,
        ]

    assert statuses() == ["STOPPED", "STOPPED"]
    monkeypatch.setenv("CLEARWELL_AUTOMATION", "on")
    assert statuses() == ["RUNNING", "RUNNING"]


def test_the_environment_fills_templates(shop: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "raw/*.csv" in (specs_of(load(shop))["raw_orders"].description or "")
    monkeypatch.setenv("SHOP_RAW", "elsewhere")
    assert "elsewhere/*.csv" in (specs_of(load(shop))["raw_orders"].description or "")


@pytest.mark.variants
@pytest.mark.parametrize("packaged", [True, False], ids=["package", "folder"])
def test_two_projects_of_one_process_do_not_mix(tmp_path: Path, packaged: bool) -> None:
    first, second = make_shop(tmp_path / "first"), make_shop(tmp_path / "second")
    write(second.project / "pipelines" / "orders" / "defs.yaml", TABLE.replace("name: orders", "name: sales"))
    write(
        second.project / "pipelines" / "others" / "defs.yaml", OTHERS.replace("silver_orders", "silver_sales")
    )
    write(
        second.project / "assets" / "shop.py",
        (second.project / "assets" / "shop.py").read_text().replace("silver_orders", "silver_sales"),
    )
    if not packaged:
        for settings in (first, second):
            (settings.project / "pipelines" / "__init__.py").unlink()
    assert "silver_orders" in specs_of(load(first))
    assert "silver_sales" in specs_of(load(second))
    assert "silver_orders" in specs_of(load(first))


def test_python_beside_the_yaml_brings_definitions_of_its_own(shop: Settings) -> None:
    code = """
        import dagster as dg

        @dg.asset(deps=["gold_totals"])
        def mail(): ...
        """
    write(shop.project / "pipelines" / "mail.py", code)
    assert "mail" in specs_of(load(shop))


def test_python_that_cannot_be_loaded_is_an_error_of_the_project(shop: Settings) -> None:
    write(shop.project / "pipelines" / "mail.py", "import nowhere_to_be_found\n")
    with pytest.raises(ProjectError, match="nowhere_to_be_found") as caught:
        load(shop)
    assert caught.value.place == str(shop.project / "pipelines")


def test_an_asset_made_twice_is_an_error_of_the_project(shop: Settings) -> None:
    code = """
        import dagster as dg

        @dg.asset
        def silver_orders(): ...
        """
    write(shop.project / "pipelines" / "twice.py", code)
    with pytest.raises(ProjectError, match="silver_orders"):
        load(shop)


def test_what_dagster_refuses_is_told_with_the_line_of_the_component(shop: Settings) -> None:
    file = write(
        shop.project / "pipelines" / "orders" / "defs.yaml", TABLE.replace("domain: sales", "domain: 'a b'")
    )
    with pytest.raises(ProjectError, match="a b") as caught:
        load(shop)
    assert caught.value.place == f"{file}:2"


@pytest.mark.full
def test_loading_definitions_imports_neither_pyspark_nor_great_expectations(shop: Settings) -> None:
    code = f"""
import sys
from pathlib import Path
from clearwell.settings import Settings
from clearwell.components.running.location import load_definitions
from clearwell.project.load import load_project
load_definitions(load_project(Settings(Path({str(shop.project)!r}), Path({str(shop.lake)!r}))))
print(sorted({{"pyspark", "great_expectations"}} & set(sys.modules)))
"""
    here = Path(clearwell.__file__).parents[1]
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=here, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_code_location_is_the_project_of_the_working_directory(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearwell.definitions import defs

    monkeypatch.chdir(shop.project / "pipelines" / "orders")
    assert "silver_orders" in specs_of(defs())
    monkeypatch.setenv("CLEARWELL_LAKE", str(shop.project / "other"))
    assert "other" in (defs().resources or {})["lake"].description


def test_settings_choose_the_lake_of_the_resource(shop: Settings) -> None:
    resources = load(replace(shop, lake=shop.project / "new")).resources or {}
    assert str(shop.project / "new") in resources["lake"].description
