"""A word that is planted in every secret is found nowhere after a run: not told, not logged, not kept."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import psutil
import pyarrow.fs as pafs
import pytest

from clearwell.components.running.launch import run_project
from clearwell.settings import load_settings
from tests.components.shop import TABLE, make_shop, write
from tests.services.dagster_home import make_databases
from tests.unit.sources.plugin import TOML_LINES, install

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.settings import Settings
    from tests.services.s3 import S3Space

CANARY = "canary-4711"
PLANTED = {
    "SHOP_WORD": CANARY,
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "OPENLINEAGE_URL": "http://127.0.0.1:1",
    "OPENLINEAGE_API_KEY": CANARY,
    "CLEARWELL_ALERT_WEBHOOK": f"http://127.0.0.1:1/{CANARY}",
    "CLEARWELL_ALERT_MAIL": "jane@example.org",
    "CLEARWELL_SMTP_URL": f"smtp://jane:{CANARY}@127.0.0.1:1",
}
READER = TOML_LINES.replace(
    '    table: str = "record"\n', '    table: str = "record"\n    key: str\n'
).replace(
    "        stream, charset = file.text()\n        for",
    "        if 'refused' in file.place:\n"
    "            raise ValueError('the key ' + file.spec.options['key'] + ' is refused')\n"
    "        stream, charset = file.text()\n        for",
)
FAILING = """
import os


def clean(orders):
    raise ValueError("its secret: " + os.environ["SHOP_WORD"])


def totals(silver_orders):
    return silver_orders
"""
SOURCE = """
    path: "raw/*.tomll"
    format: toml_lines
    options: {table: order, key: "{{ secret.SHOP_WORD }}"}
"""


@pytest.fixture
def planted(shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The shop, whose raw format asks for a key, with the word in all that is secret."""
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    return with_secrets(shop, tmp_path, monkeypatch)


@pytest.fixture
def planted_far(s3: S3Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same with its lake in a bucket, which must be opened with its true key."""
    for name in PLANTED.keys() - s3.environment.keys():
        monkeypatch.setenv(name, PLANTED[name])
    shop = make_shop(tmp_path / "shop", lake=s3.url("lake"))
    make_databases(shop)
    return with_secrets(shop, tmp_path, monkeypatch)


def with_secrets(shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("OPENLINEAGE_DISABLED", raising=False)
    monkeypatch.syspath_prepend(install(tmp_path / "site", code=READER))
    monkeypatch.delitem(sys.modules, "toml_lines", raising=False)
    before, after = TABLE.split("    path:")[0], TABLE.partition("    format: csv\n")[2]
    write(shop.project / "pipelines/orders/defs.yaml", before + SOURCE.lstrip("\n") + after)
    write(shop.project / "raw/a.tomll", "order = {order_id = 1, day = '2026-01-01', amount = 2.5}\n" * 2)
    write(shop.project / "raw/refused.tomll", "order = {}\n")
    return load_settings(shop.project)


def test_a_secret_is_in_no_output_log_record_page_or_process(
    planted: Settings, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    report = run_project(planted)
    everyone = [psutil.Process(), *psutil.Process().children(recursive=True)]
    processes = " ".join(part for process in everyone for part in process.cmdline())
    told = f"{report} {caplog.text} {''.join(capfd.readouterr())} {processes}"
    assert "the key *** is refused" in told
    assert CANARY not in told
    files = [file for file in planted.project.rglob("*") if file.is_file()]
    assert {"runs.db", "index.html"} <= {file.name for file in files}
    assert any(file.suffix == ".ndjson" for file in files)
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []


def test_a_secret_is_in_no_object_of_a_lake_in_a_bucket(planted_far: Settings, s3: S3Space) -> None:
    secrets = (CANARY, s3.environment["AWS_SECRET_ACCESS_KEY"])
    second = "order = {order_id = 2, day = '2026-01-02', amount = 2.5}\n"
    write(planted_far.project / "raw/b.tomll", second)
    run_project(planted_far)
    objects = objects_of(s3)
    assert any("/releases/daily_totals/" in key for key in objects)
    write(planted_far.project / "assets/shop.py", FAILING)
    sys.modules.pop("assets.shop", None)
    failed = {step.name: step.error for step in run_project(planted_far).steps}
    assert "its secret: ***" in str(failed["silver_orders"]), failed
    objects |= objects_of(s3)
    assert told_in(objects, *secrets) == []
    bucket, prefix = bucket_of(s3)
    for key, data in (("planted", CANARY), (f"named-{CANARY}", "")):
        with bucket.open_output_stream(f"{prefix}/{key}") as stream:
            stream.write(data.encode())
    assert {key.rpartition("/")[2] for key in told_in(objects_of(s3), CANARY)} == {
        "planted",
        f"named-{CANARY}",
    }


def bucket_of(s3: S3Space) -> tuple[pafs.FileSystem, str]:
    """The store as Arrow sees it, and where the lake is in it."""
    environment = s3.environment
    store = pafs.S3FileSystem(
        access_key=environment["AWS_ACCESS_KEY_ID"],
        secret_key=environment["AWS_SECRET_ACCESS_KEY"],
        endpoint_override=environment["AWS_ENDPOINT_URL"],
        region=environment["AWS_REGION"],
    )
    return store, s3.url("lake").removeprefix("s3://")


def objects_of(s3: S3Space) -> dict[str, bytes]:
    """The bytes of every object of the lake, by its key."""
    store, lake = bucket_of(s3)
    found = store.get_file_info(pafs.FileSelector(lake, recursive=True))
    return {info.path: store.open_input_file(info.path).read() for info in found if info.is_file}


def told_in(objects: dict[str, bytes], *secrets: str) -> list[str]:
    """The keys of objects that have a secret in their bytes or in their key."""
    return [
        key
        for key, data in objects.items()
        if any(secret in key or secret.encode() in data for secret in secrets)
    ]
