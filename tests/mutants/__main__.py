"""Plant each fault in a copy of the checkout and run the tests that shall find it: `make mutants`.

python -m tests.mutants               all of them; exit code 1 when one survives
python -m tests.mutants NAME ...      some of them
python -m tests.mutants --list        their names, and what each one does

The tests are run on the copy as it is first: a test that fails there would kill everything.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
_LEFT_OUT_AT_TOP = {".git", ".venv", ".hypothesis", "lake", "dist", "build"}
_LEFT_OUT = shutil.ignore_patterns(".*_cache", "__pycache__")
_LIMIT_SECONDS = 300


def main() -> int:
    """Run the mutants; how many survive decides the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants to run (default: all)")
    parser.add_argument("--list", action="store_true", help="list them and run nothing")
    options = parser.parse_args()
    if unknown := set(options.names) - {mutant.name for mutant in MUTANTS}:
        parser.error(f"no mutant is named {', '.join(sorted(unknown))}; --list shows their names")
    chosen = [mutant for mutant in MUTANTS if not options.names or mutant.name in options.names]
    if options.list:
        for mutant in chosen:
            print(f"{mutant.name:<24} {mutant.file}: {mutant.effect}")
        return 0
    with tempfile.TemporaryDirectory(prefix="clearwell-mutants-") as folder:
        copy = Path(folder) / "checkout"
        copy_checkout(copy)
        print(f"-- the tests of {len(chosen)} mutants, without any", flush=True)
        sound = _run(copy, *dict.fromkeys(test for mutant in chosen for test in mutant.tests))
        if sound.returncode != 0:
            print(sound.stdout[-4000:], sound.stderr[-4000:])
            print("error: these tests fail without a mutant: nothing was tried", file=sys.stderr)
            return 1
        survivors = [mutant for mutant in chosen if not _is_killed(copy, mutant)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants were killed")
    return 1 if survivors else 0


def copy_checkout(copy: Path) -> None:
    """Copy what tests need of the checkout into the new folder ``copy``."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        return _LEFT_OUT(folder, names) | (_LEFT_OUT_AT_TOP if Path(folder) == ROOT else set())

    shutil.copytree(ROOT, copy, ignore=left_out)


def _is_killed(copy: Path, mutant: Mutant) -> bool:
    file = copy / mutant.file
    text = file.read_text(encoding="utf-8")
    file.write_text(mutant.plant(text), encoding="utf-8")
    try:
        ran = _run(copy, *mutant.tests)
    except subprocess.TimeoutExpired:
        print(f"killed    {mutant.name} (its tests did not end in {_LIMIT_SECONDS} s)", flush=True)
        return True
    finally:
        file.write_text(text, encoding="utf-8")
    killed = ran.returncode == 1  # tests failed; 2 and above: pytest itself did
    by = next((line for line in ran.stdout.splitlines() if line.startswith("FAILED ")), "")
    print(f"{'killed  ' if killed else 'SURVIVES'}  {mutant.name} {by.partition(' - ')[0][7:]}", flush=True)
    if ran.returncode > 1:
        print(ran.stdout[-2000:], ran.stderr[-2000:])
    return killed


def _run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    options = ["-q", "-x", "--full", "--no-header", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command,
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_LIMIT_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
