"""On PostgreSQL, with nobody at the keyboard: triggers fire, runs queue, end on demand, are run again, and
failures are told."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.components.shop import deliver
from tests.production.conftest import configured, database, free_port, instance, wait_for
from tests.receivers import mail_server, webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.production.conftest import Database, Instance

pytestmark = pytest.mark.slow

SLOW = """
    import time

    @F.udf("double")
    def waits(amount: float) -> float:
        time.sleep(120)
        return amount

    orders = orders.withColumn("amount", waits("amount"))
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Database]:
    with database() as data:
        yield data


def edit(served: Instance, old: str, new: str) -> None:
    module = served.root / "assets" / "shop.py"
    text = module.read_text()
    assert old in text
    module.write_text(text.replace(old, new))


def test_triggers_fire_runs_queue_and_failures_are_told(postgres: Database, tmp_path: Path) -> None:
    with webhook() as posts, mail_server() as mails:
        variables = {
            "CLEARWELL_AUTOMATION": "on",
            "CLEARWELL_ALERT_WEBHOOK": posts.url,
            "CLEARWELL_ALERT_MAIL": "ops@example.org",
            "CLEARWELL_SMTP_URL": mails.url,
            "CLEARWELL_DAGSTER_URL": "https://dagster.example.org",
        }
        every_minute = {"SHOP_SCHEDULE": "* * * * *"}
        with instance(tmp_path / "shop", postgres, runs_at_once=1, **variables, **every_minute) as served:
            # The sensor has seen the first files; the schedule fires by the clock.
            for tag in ("dagster/sensor_name", "dagster/schedule_name"):
                name = f"bronze_orders_and_on_{'new_files' if 'sensor' in tag else 'schedule'}"
                run = wait_for(f"a run of {name}", lambda tag=tag, name=name: served.runs(**{tag: name}))[-1]
                assert served.status(run["runId"], "SUCCESS", "FAILURE") == "SUCCESS"
            # A new file starts another one.
            seen = {run["runId"] for run in served.runs()}
            deliver(served.root, "third.csv", "2026-01-03", [7, 8, 9])
            new = wait_for(
                "a run for the new file",
                lambda: [
                    run
                    for run in served.runs(**{"dagster/sensor_name": "bronze_orders_and_on_new_files"})
                    if run["runId"] not in seen
                ],
            )
            assert served.status(new[0]["runId"], "SUCCESS", "FAILURE") == "SUCCESS"
            _stop_the_schedule(served)
            _queue_cancel_and_retry(served)
            _fail(served)
            (post,) = wait_for(
                "the alert", lambda: [p for p in posts.bodies if "silver_orders" in p["title"]]
            )
            assert "no cookies left" in post["text"]
            assert "assets/shop.py:" in post["text"]
            assert post["link"].startswith("https://dagster.example.org/runs/")
            wait_for("the mail", lambda: [m for m in mails.messages if "silver_orders" in m["Subject"]])
            told = "\n".join((served.home / name).read_text() for name in _logs(served))
            assert "secret-token" not in told


def test_the_command_line_runs_on_the_same_instance(postgres: Database, tmp_path: Path) -> None:
    with instance(tmp_path / "shop", postgres) as served:
        done = _clearwell(served, "run")
        assert done.returncode == 0, done.stderr
        assert any(run["status"] == "SUCCESS" for run in served.runs())


def test_a_database_that_is_down_is_told_in_one_message(postgres: Database, tmp_path: Path) -> None:
    shop = configured(tmp_path / "shop", postgres)
    shop.environment["DAGSTER_POSTGRES_URL"] = (
        f"postgresql://dagster:hunter2@127.0.0.1:{free_port()}/postgres"
    )
    done = _clearwell(shop, "run")
    assert done.returncode == 1, done.stderr
    error = done.stderr[done.stderr.index("error:") :]
    assert "database" in error
    assert "next:" in error
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert not (shop.root / "lake").exists()


def _stop_the_schedule(served: Instance) -> None:
    states = served.ask("""{ schedulesOrError(repositorySelector: {repositoryName: "__repository__",
        repositoryLocationName: "shop"}) { ... on Schedules { results { name scheduleState { id } } } } }""")
    (state,) = [s for s in states["schedulesOrError"]["results"] if s["name"].startswith("bronze_orders")]
    stopped = served.ask(
        "mutation Stop($id: String!) { stopRunningSchedule(id: $id) { __typename } }",
        id=state["scheduleState"]["id"],
    )
    assert stopped["stopRunningSchedule"]["__typename"] == "ScheduleStateResult"
    wait_for(
        "the last run to end",
        lambda: all(r["status"] in ("SUCCESS", "FAILURE", "CANCELED") for r in served.runs()),
    )


def _queue_cancel_and_retry(served: Instance) -> None:
    """With one run at once the second waits; the first is cancelled and run again, as on the pages."""
    edit(
        served,
        "def clean(orders: DataFrame) -> DataFrame:\n",
        f"def clean(orders: DataFrame) -> DataFrame:{SLOW}",
    )
    first = served.launch("bronze_orders", "silver_orders")
    served.status(first, "STARTED")
    second = served.launch("bronze_orders")
    assert served.status(second, "QUEUED", "STARTED", "SUCCESS") == "QUEUED"
    said = served.ask("mutation End($id: String!) { terminateRun(runId: $id) { __typename } }", id=first)
    assert said["terminateRun"]["__typename"] == "TerminateRunSuccess"
    served.status(first, "CANCELED")
    assert served.status(second, "SUCCESS", "FAILURE") == "SUCCESS"
    edit(served, SLOW, "\n")
    again = served.ask(
        """mutation Again($id: String!) {
             launchRunReexecution(reexecutionParams: {parentRunId: $id, strategy: ALL_STEPS}) {
               __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
        id=first,
    )["launchRunReexecution"]
    assert again["__typename"] == "LaunchRunSuccess", again
    assert served.status(again["run"]["runId"], "SUCCESS", "FAILURE") == "SUCCESS"


def _fail(served: Instance) -> None:
    edit(
        served,
        "def clean(orders: DataFrame) -> DataFrame:\n",
        'def clean(orders: DataFrame) -> DataFrame:\n    raise ValueError("no cookies left")\n',
    )
    run = served.launch("bronze_orders", "silver_orders")
    served.status(run, "FAILURE")


def _logs(served: Instance) -> list[str]:
    return [file.name for file in served.home.glob("*.log")]


def _clearwell(served: Instance, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clearwell.cli", *arguments],
        cwd=served.root,
        env=served.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
