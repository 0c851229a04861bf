"""What steps tell OpenLineage: valid, complete, once, and without a value of any row."""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import shutil
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from clearwell.errors import ProjectError
from clearwell.flow.cleanse import cleanse
from clearwell.flow.ingest import ingest
from clearwell.flow.run import Run
from clearwell.settings import load_settings
from tests.openlineage import OFFICIAL, Judge, NoCargo, facet_class, facets, official, restated
from tests.unit.trace.tracing import Shop, make_shop, run_and_send

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clearwell.engines import Engine

Event = dict[str, Any]

VALUES = ("example.org", "a lot", "Bonn", "Ulm", "5000", "500.0", "11.5", "20.5", "60.25")
"""Texts and numbers of the shop's rows."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop") / "project", engine)


@pytest.fixture
def own(shop: Shop, tmp_path: Path) -> Shop:
    shutil.copytree(shop.root, tmp_path / "copy")
    return Shop(tmp_path / "copy")


@pytest.fixture(scope="module")
def told(shop: Shop) -> list[Event]:
    return events(shop)


@pytest.fixture(scope="session")
def spec_schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The official schemas; where cargo is not there to fetch them, the tests of them are skipped."""
    try:
        found = official(tmp_path_factory.mktemp("cargo"))
    except NoCargo as why:
        (pytest.fail if os.environ.get("CLEARWELL_CI") and shutil.which("cargo") else pytest.skip)(str(why))
    assert set(found) == OFFICIAL
    return found


def events(shop: Shop) -> list[Event]:
    files = sorted((shop.lake.root / "lineage" / "openlineage").glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def of(told: list[Event], job: str, state: str) -> list[Event]:
    return [e for e in told if e["job"]["name"] == f"shop.{job}" and e["eventType"] == state]


def test_each_step_that_changed_something_starts_and_ends(told: list[Event]) -> None:
    states = Counter((event["job"]["name"].removeprefix("shop."), event["eventType"]) for event in told)
    for job in ("bronze_orders", "silver_orders", "gold_order_details", "gold_totals", "big_orders"):
        assert states[job, "START"] == states[job, "COMPLETE"] + states[job, "FAIL"] > 0
    assert states["bronze_orders", "COMPLETE"] == 3
    assert (states["silver_orders", "COMPLETE"], states["silver_orders", "FAIL"]) == (2, 1)
    assert states["bronze_customers", "COMPLETE"] == 1  # nothing new came after the first run
    for event in told:
        runs = [e["eventType"] for e in told if e["run"]["runId"] == event["run"]["runId"]]
        assert runs[0] == "START"
        assert len(runs) == 2


def test_every_event_and_facet_is_valid_in_our_words(told: list[Event]) -> None:
    judge = Judge(restated())
    for event in told:
        assert judge.problems(event) == []
        names = {facet["_schemaURL"].partition("#/$defs/")[2] for facet in facets(event)}
        assert judge.judged(event) == names, "a facet that nobody judges"


def test_every_event_is_valid_by_the_official_schemas(
    told: list[Event], spec_schemas: dict[str, Any]
) -> None:
    judge = Judge(spec_schemas)
    assert [problem for event in told for problem in judge.problems(event)] == []
    judged = set[str]().union(*(judge.judged(event) for event in told))
    assert len(told) > 20
    assert judged >= {
        "ColumnLineageDatasetFacet",
        "ErrorMessageRunFacet",
        "LifecycleStateChangeDatasetFacet",
        "ParentRunFacet",
        "SchemaDatasetFacet",
        "SymlinksDatasetFacet",
    }


def _drop(*way: str | int) -> Callable[[Event], None]:
    def change(event: Event) -> None:
        part: Any = event
        for key in way[:-1]:
            part = part[key]
        del part[way[-1]]

    return change


def _set(value: Any, *way: str | int) -> Callable[[Event], None]:
    def change(event: Event) -> None:
        part: Any = event
        for key in way[:-1]:
            part = part[key]
        part[way[-1]] = value

    return change


OUT = ("outputs", 0, "facets")
LINEAGE = (*OUT, "columnLineage")
BROKEN = {
    "no runId": _drop("run", "runId"),
    "runId is no UUID": _set("run 1", "run", "runId"),
    "no run": _drop("run"),
    "no job": _drop("job"),
    "no job name": _drop("job", "name"),
    "no eventTime": _drop("eventTime"),
    "no producer": _drop("producer"),
    "no schemaURL": _drop("schemaURL"),
    "unknown eventType": _set("DONE", "eventType"),
    "inputs are no list": _set({}, "inputs"),
    "an output without name": _drop("outputs", 0, "name"),
    "a facet without producer": _drop(*OUT, "schema", "_producer"),
    "a facet without schema": _set({"_producer": "urn:x"}, *OUT, "mine"),
    "a column without inputFields": _drop(*LINEAGE, "fields", "order_id", "inputFields"),
    "an input field without field": _drop(*LINEAGE, "fields", "order_id", "inputFields", 0, "field"),
    "a transformation without type": _drop(
        *LINEAGE, "fields", "order_id", "inputFields", 0, "transformations", 0, "type"
    ),
    "masking is a text": _set(
        "no", *LINEAGE, "fields", "order_id", "inputFields", 0, "transformations", 0, "masking"
    ),
    "indirect lineage without name": _drop(*LINEAGE, "dataset", 0, "name"),
    "a column without name": _drop(*OUT, "schema", "fields", 0, "name"),
    "an unknown change": _set("APPEND", *OUT, "lifecycleStateChange", "lifecycleStateChange"),
    "a link without type": _drop(*OUT, "symlinks", "identifiers", 0, "type"),
    "rows are a text": _set("many", "outputs", 0, "outputFacets", "outputStatistics", "rowCount"),
    "a parent without run": _drop("run", "facets", "parent", "run"),
    "a parent's runId is no UUID": _set("run 1", "run", "facets", "parent", "run", "runId"),
    "an engine without version": _drop("run", "facets", "processing_engine", "version"),
    "a job type without integration": _drop("job", "facets", "jobType", "integration"),
}
BROKEN_OTHERS = {
    "no version": _drop(*OUT, "version", "datasetVersion"),
    "a tag without value": _drop(*OUT, "tags", "tags", 0, "value"),
    "an owner without name": _drop(*OUT, "ownership", "owners", 0, "name"),
    "no storage layer": _drop(*OUT, "storage", "storageLayer"),
    "metrics without columns": _drop(*OUT, "dataQualityMetrics", "columnMetrics"),
    "NULLs are a text": _set("none", *OUT, "dataQualityMetrics", "columnMetrics", "order_id", "nullCount"),
}
"""Facets that the crate does not have."""


def _breakable(told: list[Event]) -> Event:
    """The build of silver_orders that has every facet that is broken above."""
    event = copy.deepcopy(of(told, "silver_orders", "COMPLETE")[0])
    assert event["outputs"][0]["facets"].keys() >= {"columnLineage", "schema", "lifecycleStateChange", "tags"}
    return event


@pytest.mark.parametrize("case", [*BROKEN, *BROKEN_OTHERS])
def test_a_broken_event_is_refused(told: list[Event], case: str) -> None:
    event = _breakable(told)
    judge = Judge(restated())
    assert judge.problems(event) == []
    {**BROKEN, **BROKEN_OTHERS}[case](event)
    assert judge.problems(event), case


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_event_is_refused_by_the_official_schemas(
    told: list[Event], spec_schemas: dict[str, Any], case: str
) -> None:
    event = _breakable(told)
    judge = Judge(spec_schemas)
    assert judge.problems(event) == []
    BROKEN[case](event)
    assert judge.problems(event), case


def test_an_assertion_without_success_is_refused(told: list[Event]) -> None:
    (event, *_) = of(told, "silver_orders.audit", "COMPLETE")
    event = copy.deepcopy(event)
    judge = Judge(restated())
    assert judge.problems(event) == []
    del event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"][0]["success"]
    assert judge.problems(event)


def test_the_clients_own_classes_take_every_facet_as_it_is(told: list[Event]) -> None:
    from openlineage.client.serde import Serde

    for facet in (facet for event in told for facet in facets(event)):
        known = facet_class(facet["_schemaURL"].partition("#/$defs/")[2])
        given = {key: value for key, value in facet.items() if key not in ("_producer", "_schemaURL")}
        again = Serde.to_dict(known(**given, producer=facet["_producer"]))
        assert {key: value for key, value in again.items() if value != []} == {
            key: value for key, value in facet.items() if value != []
        }


def test_times_uris_and_ids_are_what_they_should_be(told: list[Event]) -> None:
    from datetime import datetime

    for event in told:
        assert datetime.fromisoformat(event["eventTime"]).utcoffset() is not None
        assert UUID(event["run"]["runId"])
        for uri in (event["producer"], event["schemaURL"]):
            assert urlsplit(uri).scheme


def test_the_same_step_of_the_same_run_has_the_same_id(told: list[Event]) -> None:
    from clearwell.notify.openlineage_facts import RunFacts

    def facts(run: str, step: str, attempt: int = 0) -> RunFacts:
        return RunFacts("n", "p", step, "CLEANSE", run, "", "", attempt)

    one = facts("0" * 32, "silver_orders")
    assert one.run_id == facts("0" * 32, "silver_orders").run_id
    others = [facts("1" * 32, "silver_orders"), facts("0" * 32, "gold"), facts("0" * 32, "silver_orders", 1)]
    assert len({one.run_id, one.audit_id, one.parent_id, *(other.run_id for other in others)}) == 6
    parents = {e["run"]["facets"]["parent"]["run"]["runId"] for e in told}
    assert len(parents) == 3  # three runs


def test_columns_come_from_where_they_came(told: list[Event], shop: Shop) -> None:
    event = of(told, "gold_order_details", "COMPLETE")[-1]
    (output,) = event["outputs"]
    fields = output["facets"]["columnLineage"]["fields"]
    orders, customers = (str(shop.root / "lake" / "silver" / name) for name in ("orders", "customers"))
    assert output["name"] == str(shop.root / "lake" / "gold" / "order_details")

    def sources(column: str) -> set[tuple[str, str, str]]:
        return {
            (f["name"], f["field"], t["subtype"])
            for f in fields[column]["inputFields"]
            for t in f["transformations"]
        }

    assert sources("order_id") == {(orders, "order_id", "IDENTITY")}
    assert sources("is_big") == {(orders, "amount", "TRANSFORMATION")}
    assert sources("city") == {(customers, "city", "IDENTITY")}
    indirect = output["facets"]["columnLineage"]["dataset"]
    assert {(f["name"], f["field"]) for f in indirect} == {(orders, "customer"), (customers, "customer")}
    assert {t["type"] for f in indirect for t in f["transformations"]} == {"INDIRECT"}
    assert {i["name"] for i in event["inputs"]} == {orders, customers}
    raw = of(told, "bronze_orders", "COMPLETE")[0]["inputs"][0]
    assert (raw["namespace"], raw["name"]) == ("file", str(shop.root / "raw" / "orders"))
    assert raw["inputFacets"]["inputStatistics"]["rowCount"] == 6


def test_a_table_is_described_as_its_yaml_and_its_log_have_it(told: list[Event]) -> None:
    first, second = of(told, "silver_orders", "COMPLETE")
    found = first["outputs"][0]["facets"]
    assert found["ownership"]["owners"] == [{"name": "team:sales", "type": "OWNER"}]
    tags = [(tag["key"], tag["value"], tag.get("field")) for tag in found["tags"]["tags"]]
    assert tags == [("domain", "sales", None), ("personal", "true", "mail")]
    assert found["lifecycleStateChange"]["lifecycleStateChange"] == "CREATE"
    assert "lifecycleStateChange" not in second["outputs"][0]["facets"]
    assert (found["storage"]["storageLayer"], found["symlinks"]["identifiers"][0]["name"]) == (
        "delta",
        "silver_orders",
    )
    statistics = [e["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] for e in (first, second)]
    assert statistics == [3, 1]
    assert second["outputs"][0]["facets"]["dataQualityMetrics"]["rowCount"] == 3
    assert int(second["outputs"][0]["facets"]["version"]["datasetVersion"]) > int(
        found["version"]["datasetVersion"]
    )


def test_checks_are_the_assertions_of_an_audit(told: list[Event]) -> None:
    (event, *_) = of(told, "silver_orders.audit", "COMPLETE")
    found = event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    usual = next(a for a in found if a["name"] == "amount_usual")
    assert usual == {
        "assertion": "expect_column_values_to_be_between",
        "success": False,
        "column": "amount",
        "severity": "warn",
        "name": "amount_usual",
        "description": "to be looked at",
        "actual": "1 of 4 rows fail",
    }


def test_a_blocked_batch_fails_with_its_check_and_is_told_once(
    told: list[Event], own: Shop, engine: Engine
) -> None:
    (event,) = of(told, "silver_orders", "FAIL")
    message = event["run"]["facets"]["errorMessage"]["message"]
    assert message == (
        "new data was rejected and the published table is unchanged: 1 rows are kept out by amount_sane"
    )
    assert event["outputs"] == []
    own.run(engine)  # it is still blocked, and all else is as it was
    assert events(own) == told


def test_a_second_run_tells_nothing(own: Shop, engine: Engine) -> None:
    (own.root / "raw" / "orders" / "third.csv").unlink()
    file = next((own.root / "lake" / "lineage" / "openlineage").iterdir())
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    own.run(engine)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_no_value_of_any_row_is_told(told: list[Event]) -> None:
    text = json.dumps(told)
    for value in VALUES:
        # Alone: ids and hashes of a run may hold any digits.
        alone = rf"(?<![0-9a-f]){re.escape(value.lower())}(?![0-9a-f])"
        assert not re.search(alone, text.lower()), value


def test_an_error_is_told_by_its_kind_and_place_and_not_by_its_text(own: Shop, engine: Engine) -> None:
    text = (own.root / "assets" / "shop.py").read_text()
    own.write(
        "assets/shop.py",
        text.replace('kept = orders.where("amount <> 0")', "raise ValueError('ann@example.org')"),
    )
    with pytest.raises(ProjectError, match="raised ValueError"):
        own.run(engine)
    event = of(events(own), "silver_orders", "FAIL")[-1]
    message = event["run"]["facets"]["errorMessage"]["message"]
    assert message.startswith("ProjectError at ")
    assert "assets/shop.py:" in message
    assert "example.org" not in json.dumps(events(own))


def test_the_code_of_a_step_is_told_without_the_secrets_of_its_address(own: Shop, engine: Engine) -> None:
    for arguments in (
        ["init", "-q"],
        ["remote", "add", "origin", "https://me:planted-token@host.example/r.git"],
    ):
        subprocess.run(["git", *arguments], cwd=own.root, check=True)
    own.write("raw/customers/more.jsonl", '{"id": 9, "city": "Jena"}\n')
    own.run(engine)
    event = of(events(own), "bronze_customers", "COMPLETE")[-1]
    assert event["job"]["facets"]["sourceCodeLocation"]["url"] == "https://host.example/r.git"
    run = Run(own.project, own.lake, engine)
    spec = run.project.tables["customers"]
    run_and_send(run, spec, cleanse, name="silver_customers")
    event = of(events(own), "silver_customers", "COMPLETE")[-1]
    assert event["job"]["facets"]["sourceCodeLocation"]["path"] == "assets/shop.py"
    assert Judge(restated()).problems(event) == []
    assert "planted-token" not in json.dumps(events(own))


def test_off_means_off(own: Shop, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    before = events(own)
    own.write("raw/customers/more.jsonl", '{"id": 9, "city": "Jena"}\n')
    own.run(engine)
    assert events(own) == before


def test_a_step_does_not_fail_by_its_events(
    own: Shop, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    folder = own.root / "lake" / "lineage" / "openlineage"
    shutil.rmtree(folder)
    folder.write_text("a file in the place of the folder")
    own.write("raw/customers/more.jsonl", '{"id": 9, "city": "Jena"}\n')
    run = Run(own.project, own.lake, engine)
    spec = run.project.tables["customers"]
    with caplog.at_level(logging.WARNING, "clearwell"):
        result = run_and_send(run, spec, ingest, name="bronze_customers")
    assert result.accepted == 1
    assert "its OpenLineage events could not be sent" in caplog.text


@pytest.mark.parametrize(
    ("variables", "written", "receiver"),
    [
        ({}, "", "file"),
        ({}, 'openlineage = "off"', "off"),
        ({"OPENLINEAGE_URL": "http://127.0.0.1:5000/"}, "", "http://127.0.0.1:5000"),
        ({"OPENLINEAGE_URL": "http://127.0.0.1:5000"}, 'openlineage = "file"', "file"),
        ({"CLEARWELL_OPENLINEAGE": "http://127.0.0.1:1"}, 'openlineage = "file"', "http://127.0.0.1:1"),
        ({"OPENLINEAGE_DISABLED": "true", "OPENLINEAGE_URL": "http://127.0.0.1:5000"}, "", "off"),
    ],
)
def test_where_events_go_is_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], written: str, receiver: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "pyproject.toml").write_text(f"[tool.clearwell]\n{written}\n")
    assert load_settings(tmp_path).lineage_receiver == receiver


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("CLEARWELL_OPENLINEAGE", "fiel", "'fiel' is not a destination for OpenLineage events"),
        ("CLEARWELL_OPENLINEAGE", "ftp://host", "openlineage is not a web address"),
        ("OPENLINEAGE_URL", "http://me:planted-secret@host", "openlineage has more than a host and a path"),
        ("OPENLINEAGE_URL", "127.0.0.1:5000", "is not a destination for OpenLineage events"),
    ],
)
def test_a_wrong_receiver_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, fact: str
) -> None:
    monkeypatch.setenv(name, value)
    (tmp_path / "pyproject.toml").write_text("[tool.clearwell]\n")
    with pytest.raises(ProjectError) as caught:
        load_settings(tmp_path)
    assert fact in str(caught.value)
    assert "planted-secret" not in str(caught.value)
