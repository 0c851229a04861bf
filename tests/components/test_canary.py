"""A word that is planted in every secret is found nowhere after a run: not told, not logged, not kept."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from clearwell.components.running.launch import run_project
from clearwell.settings import load_settings
from tests.components.shop import TABLE, write
from tests.unit.sources.plugin import TOML_LINES, install

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.settings import Settings

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
