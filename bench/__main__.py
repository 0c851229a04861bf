"""Run all benchmarks, or the one that is named; exit code 1 when a claim fails or cannot be measured.

With --record what was measured is kept in bench/history and drawn into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from bench.history import measured_commit, read_records, write_record
from bench.history_page import update
from bench.measure import Comparison, render

_FRAME = {
    "__init__",
    "__main__",
    "chromium",
    "engine_tasks",
    "history",
    "history_chart",
    "history_page",
    "measure",
    "orders",
}


def main() -> int:
    """Measure, print a table each, and say whether every claim holds."""
    known = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in _FRAME)
    parser = argparse.ArgumentParser(prog="bench", description="Measure Clearwell against its peers.")
    parser.add_argument("only", nargs="?", choices=known, help="one benchmark (default: all)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each variant (default: 3)")
    parser.add_argument("--record", action="store_true", help="keep the figures in bench/history")
    options = parser.parse_args()
    try:  # first, for measuring takes long
        commit = measured_commit() if options.record else None
        read_records()
    except RuntimeError as error:
        print(f"nothing is measured: {error}", file=sys.stderr)
        return 1
    all_kept = True
    results: list[tuple[str, Comparison]] = []
    for name in [options.only] if options.only else known:
        print(f"-- {name}", file=sys.stderr, flush=True)
        try:
            result = import_module(f"bench.{name}").compare(max(1, options.repeats))
        except RuntimeError as error:
            print(f"{name}: not measured: {error}", file=sys.stderr, flush=True)
            all_kept = False
            continue
        for comparison in [result] if isinstance(result, Comparison) else result:
            print(render(name, comparison), flush=True)
            all_kept &= comparison.kept
            results.append((name, comparison))
    if commit and results:
        file = write_record(commit, results)
        update(read_records())
        print(f"recorded in bench/history/{file.name}, and drawn in docs/benchmarks.md: commit both")
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
