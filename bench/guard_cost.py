"""What the guard of the embedded engine costs a whole `clearwell run` of the sample project on an empty lake.

Counted in one run: CPU seconds of the thread that guards a plan, and those that the engine spends
while it answers the guard's questions. sqlglot is imported before, because lineage needs it anyway.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil

from bench.cold_run import environment_of, home_in
from bench.measure import Comparison

__all__ = ["compare"]

LIMIT = 0.02
_RUN, _GUARD = "a whole run", "the guard"


def compare(repeats: int) -> Comparison:
    """CPU seconds of the guard, and of the run that it is a part of."""
    runs = [_measured() for _ in range(repeats)]
    return Comparison(
        claim=f"the guard takes at most {LIMIT:.0%} of the CPU seconds of a run on an empty lake",
        holds=lambda seconds: seconds[_GUARD] <= LIMIT * seconds[_RUN],
        reference=_RUN,
        seconds={_RUN: [run["all"] for run in runs], _GUARD: [run["guard"] + run["engine"] for run in runs]},
        facts=[f"{runs[-1]['plans']:.0f} plans, {runs[-1]['questions']:.0f} questions to the engine"],
    )


def _measured() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="clearwell-bench-") as folder:
        command = [sys.executable, "-m", "bench.guard_cost", str(Path(folder) / "lake")]
        environment = environment_of() | {"DAGSTER_HOME": str(home_in(Path(folder)))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the run ended with {done.returncode}:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.splitlines()[-1])


def _run(lake: str) -> None:
    """Run the sample project in this process, and print what was counted as the last line."""
    from clearwell.cli import main
    from clearwell.engines.sail_guard import session_hook

    import_module("clearwell.engines.sail_guard.sql.rewrite")
    used: dict[str, float] = dict.fromkeys(("guard", "engine", "plans", "questions", "counting"), 0.0)
    hook: Any = vars(session_hook)["_Guard"]
    guarded, ask = hook._guarded, hook._ask  # noqa: SLF001

    def guarded_and_counted(self: Any, plan: Any) -> Any:
        used["plans"] += 1
        began, outside = time.thread_time(), used["counting"]
        try:
            return guarded(self, plan)
        finally:
            used["guard"] += time.thread_time() - began - (used["counting"] - outside)

    def ask_and_count(self: Any, plan: Any) -> Any:
        used["questions"] += 1
        before = _engine_seconds(used)
        try:
            return ask(self, plan)
        finally:
            used["engine"] += _engine_seconds(used) - before

    hook._guarded, hook._ask = guarded_and_counted, ask_and_count  # noqa: SLF001
    sys.argv = ["clearwell", "run", "--lake", lake]
    ended = 0
    try:
        main()
    except SystemExit as ending:
        ended = int(ending.code or 0)
    times = psutil.Process().cpu_times()
    used["all"] = times.user + times.system + times.children_user + times.children_system
    print(json.dumps(used))
    sys.exit(ended)


def _engine_seconds(used: dict[str, float]) -> float:
    """CPU seconds of the engine's threads so far, of a finer grain than a process's own count."""
    began = time.thread_time()
    (engine,) = [child for child in psutil.Process().children() if "sail" in " ".join(child.cmdline())]
    spent = 0
    for thread in Path(f"/proc/{engine.pid}/task").iterdir():
        try:
            spent += int((thread / "schedstat").read_text().split()[0])
        except OSError:
            continue  # it has ended
    used["counting"] += time.thread_time() - began
    return spent / 1e9


if __name__ == "__main__":
    _run(sys.argv[1])
