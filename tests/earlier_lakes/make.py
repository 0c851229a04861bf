"""Make a small lake with the Clearwell that is installed, for the tests of later versions to read.

    git worktree add ../then COMMIT
    PYTHONPATH=../then python tests/earlier_lakes/make.py tests/earlier_lakes/COMMIT.tar.gz

Two deliveries in two runs, the second with orders of the first again; rejected records in bronze and in
silver; a merge, a gold table, a release, maintenance. ``project`` writes the same project for the tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import textwrap
from pathlib import Path

__all__ = ["deliver", "project"]

FILES = {
    "pyproject.toml": """
        [project]
        name = "earlier"

        [tool.clearwell]
        lake = "lake"

        [tool.dg]
        directory_type = "project"

        [tool.dg.project]
        root_module = "pipelines"
        defs_module = "pipelines"
        code_location_target_module = "clearwell.definitions"
        registry_modules = ["clearwell.components"]
        """,
    "pipelines/__init__.py": "",
    "assets/__init__.py": "",
    "assets/orders.py": """
        from pyspark.sql import functions as F


        def clean(orders):
            return orders


        def days(silver_orders):
            totals = (F.sum("amount").alias("amount"), F.count("*").alias("orders"))
            return silver_orders.groupBy("day").agg(*totals)
        """,
    "expectations/silver_orders.yaml": """
        checks:
          - name: amount_small
            expectation: expect_column_values_to_be_between
            kwargs: {column: amount, max_value: 100}
            severity: warning
            why: no order is larger
        """,
    "pipelines/orders/defs.yaml": """
        type: clearwell.components.Table
        attributes:
          name: orders
          source:
            path: "raw/*.csv"
            format: csv
            columns: {order_id: bigint, day: date, amount: double}
            settle_seconds: 0
          silver:
            transform: "assets.orders:clean"
            expectations: silver_orders
            write: {mode: merge, key: [order_id]}
        ---
        type: clearwell.components.Curated
        attributes:
          name: days
          inputs: [silver_orders]
          transform: "assets.orders:days"
          write: {mode: replace}
        ---
        type: clearwell.components.Dataset
        attributes:
          name: daily
          from: gold_days
          kind: training
          label: orders
          split: {by: time, column: day, test_from: 2026-01-02}
          formats: [parquet, arrow]
        """,
}
DELIVERIES = {
    "a.csv": "order_id,day,amount\n1,2026-01-01,1.5\n2,2026-01-01,200\n3,2026-01-02,3.5\n9,2026-01-01,?\n",
    "b.csv": "order_id,day,amount\n3,2026-01-02,33.5\n4,2026-01-03,4.5\n8,someday,8\n",
    "c.csv": "order_id,day,amount\n4,2026-01-03,44.5\n5,2026-01-03,5.5\n",
}


def project(root: Path) -> None:
    """Write the project, without raw files."""
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))


def deliver(root: Path, name: str) -> None:
    """Write one raw file."""
    (root / "raw").mkdir(exist_ok=True)
    (root / "raw" / name).write_text(DELIVERIES[name])


def main(target: Path) -> None:
    """Run the project twice and pack its lake."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "earlier")
        project(root)
        for name in ("a.csv", "b.csv"):
            deliver(root, name)
            subprocess.run([sys.executable, "-m", "clearwell.cli", "run"], cwd=root, check=True)
        maintain = ["maintain", "--retention-hours", "0"]
        subprocess.run([sys.executable, "-m", "clearwell.cli", *maintain], cwd=root, check=True)
        for part in ("reports", "lineage"):  # written anew by each version
            shutil.rmtree(root / "lake" / part, ignore_errors=True)
        for commit in (root / "lake").rglob("_delta_log/*.json"):  # the first one names the folder
            commit.write_text(commit.read_text().replace(root.as_uri(), "file:///earlier"))
        with tarfile.open(target, "w:gz") as archive:
            archive.add(root / "lake", "lake", filter=_of_nobody)


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uname = member.gname = ""
    member.uid = member.gid = 0
    return member


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
