"""An engine that stays open runs the code of a function as it is now, also that of a module it imports."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from clearwell.engines.sail.engine import EmbeddedEngine
from tests.project import make_project, run_steps

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from pyspark.sql import DataFrame, functions as F

from assets.prices import dearer
from clearwell.names import PROVENANCE

more = F.udf(dearer, "double")


def clean(orders: DataFrame) -> DataFrame:
    return orders.select(*PROVENANCE, "order_id", "day", more("amount").alias("amount"))
"""


@pytest.mark.own_engine
def test_an_edited_helper_of_a_function_runs_in_an_engine_that_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(tmp_path / "project")
    monkeypatch.syspath_prepend(project.root)  # as a run does before its engine starts
    for name in [name for name in sys.modules if name.partition(".")[0] == "assets"]:
        monkeypatch.delitem(sys.modules, name)
    project.write_transform(CODE)
    project.deliver("a.csv", 1, 3)
    found: list[list[float]] = []
    with EmbeddedEngine() as engine:
        for addend in (100, 2000):
            helper = project.root / "assets" / "prices.py"
            helper.write_text(f"ADDEND = {addend}\n\n\ndef dearer(amount):\n    return amount + ADDEND\n")
            run_steps(project, engine)
            rows = project.open().existing("silver_orders").to_arrow(("amount",)).to_pylist()
            found.append(sorted(row["amount"] for row in rows))
    assert found[1] == [amount + 1900 for amount in found[0]]
