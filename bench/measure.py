"""CPU seconds of whole process trees, and the table that compares them.

Counted are user and system time of a command and of every process below it. One that outlives the
command is inherited (Linux), waited for, and counted too; one that does not end is an error.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

__all__ = ["Comparison", "ProcessTree", "compare_in_turn", "cpu_seconds", "render"]

_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Comparison:
    """CPU seconds, or ``unit``, of each variant, run by run, and the claim that they shall bear out.

    Args:
        claim: What is promised, with its bound.
        holds: Whether it does, given the median of each variant.
        reference: The variant that ratios are taken of.
        seconds: Variant -> CPU seconds of each run.
        facts: What was counted besides, to show that the variants did the same work.
        unit: Of the figures, where they are no CPU seconds.
        task: Its name in the history, which stays when the claim changes; of a benchmark with several.
    """

    claim: str
    holds: Callable[[Mapping[str, float]], bool]
    reference: str
    seconds: Mapping[str, Sequence[float]]
    facts: Sequence[str] = ()
    unit: str = "CPU s"
    task: str = ""

    @property
    def medians(self) -> dict[str, float]:
        """Variant -> median."""
        return {name: median(runs) for name, runs in self.seconds.items()}

    @property
    def kept(self) -> bool:
        """Whether the claim holds."""
        return self.holds(self.medians)


class ProcessTree:
    """This process and all below it, while ``counting``: their CPU seconds, and the sum of their own peaks.

    ``peak`` is bytes of resident memory (VmHWM) since each process began: an upper bound, for not all
    peak at once.
    """

    seconds: float = 0.0
    peak: int = 0

    @contextmanager
    def counting(self) -> Generator[None]:
        """Count what is done within."""
        before = self._used()
        yield
        self.seconds += self._used() - before
        self.peak = sum(_high_water(process.pid) for process in self._processes())

    def _used(self) -> float:
        """Of those that live, and through their parents of those that have ended."""
        used = 0.0
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system + times.children_user + times.children_system
        return used

    def _processes(self) -> list[psutil.Process]:
        own = psutil.Process()
        return [own, *own.children(recursive=True)]


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def compare_in_turn(
    variants: Mapping[str, Callable[[], float]], repeats: int, *, unit: str = "CPU s"
) -> dict[str, list[float]]:
    """Run the variants in turn, ``repeats`` times round, so that a busy spell hits all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(1, repeats + 1):
        for name, run in variants.items():
            seconds[name].append(run())
            print(
                f"   {turn} of {repeats}  {name}: {seconds[name][-1]:.2f} {unit}", file=sys.stderr, flush=True
            )
    return seconds


def cpu_seconds(command: Sequence[str], *, environment: Mapping[str, str]) -> float:
    """CPU seconds of ``command`` and all processes below it.

    Raises:
        RuntimeError: the command failed, or left a process running.
    """
    _inherit_orphans()
    before = _children()
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    _wait_for_orphans(command)
    return _children() - before


def render(name: str, result: Comparison) -> str:
    """The comparison as a table of text."""
    base = result.medians[result.reference]
    width = max(map(len, result.seconds))
    lines = [f"{name}: {result.claim}"]
    for variant, runs in result.seconds.items():
        middle = result.medians[variant]
        spread = f"{min(runs):.2f} to {max(runs):.2f}"
        lines.append(
            f"  {variant:<{width}}  {middle:6.2f} {result.unit}  x {middle / base:.2f}"
            f"  ({spread}, n = {len(runs)})"
        )
    lines += [f"  {fact}" for fact in result.facts]
    lines.append(f"  the claim {'holds' if result.kept else 'DOES NOT HOLD'}")
    return "\n".join(lines)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _inherit_orphans() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans(command: Sequence[str]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            reaped, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not reaped:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} has left a process running")
            time.sleep(0.05)
