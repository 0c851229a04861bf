"""Run all benchmarks, or the one that is named; exit code 1 when a claim fails or cannot be measured."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from bench.measure import Comparison, render

_FRAME = {"__init__", "__main__", "chromium", "engine_tasks", "measure", "orders"}


def main() -> int:
    """Measure, print a table each, and say whether every claim holds."""
    known = sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in _FRAME)
    parser = argparse.ArgumentParser(prog="bench", description="Measure Clearwell against its peers.")
    parser.add_argument("only", nargs="?", choices=known, help="one benchmark (default: all)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each variant (default: 3)")
    options = parser.parse_args()
    all_kept = True
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
    return 0 if all_kept else 1


if __name__ == "__main__":
    sys.exit(main())
