"""What `python -m bench --record` keeps of a run: one small JSON file in bench/history, named by its commit.

    make bench ARGS=--record                    all benchmarks
    make bench ONLY=ingest_csv ARGS=--record    one

A file says which commit was measured, when, on what kind of machine (without its name or a path), and of each
comparison the medians and their ratios to the reference. Seconds of two machines cannot be compared; ratios,
measured in turn in one run, can. Refused: a tree with changes that are in no commit, for nobody could measure
it again.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.measure import Comparison

__all__ = [
    "FOLDER",
    "Commit",
    "Machine",
    "Measured",
    "Record",
    "measured_commit",
    "read_records",
    "write_record",
]

FORMAT = 1
FOLDER = Path(__file__).parent / "history"

_PROJECT = Path(__file__).parent.parent
_NOT_MEASURED = (":!bench/history", ":!docs", ":!*.md", ":!tests")
"""Changes there do not change what is measured; a run that was recorded before has left some."""


@dataclass(frozen=True)
class Commit:
    """A commit: its short hash, and its time in UTC."""

    hash: str
    time: str


@dataclass(frozen=True)
class Machine:
    """What kind of machine it was."""

    cpu: str
    cores: int
    memory_gib: int
    system: str
    python: str


@dataclass(frozen=True)
class Measured:
    """A comparison as it is kept; ``n`` is the number of runs of each variant."""

    benchmark: str
    task: str
    claim: str
    kept: bool
    unit: str
    reference: str
    n: int
    medians: Mapping[str, float]
    ratios: Mapping[str, float]

    @property
    def name(self) -> str:
        """Benchmark and task."""
        return f"{self.benchmark}: {self.task}" if self.task else self.benchmark


@dataclass(frozen=True)
class Record:
    """One recorded run."""

    commit: Commit
    measured: str
    machine: Machine
    comparisons: tuple[Measured, ...]


def measured_commit(project: Path = _PROJECT) -> Commit:
    """The commit that is checked out; raises RuntimeError if what is measured is not what it has."""
    changed = _git(project, "status", "--porcelain", "--", ".", *_NOT_MEASURED).splitlines()
    if changed:
        raise RuntimeError(f"{changed[0][3:]} is not as the commit has it; next: commit what has changed")
    hash_, time = _git(project, "show", "--no-patch", "--format=%h %ct", "HEAD").split()
    return Commit(hash_, datetime.fromtimestamp(int(time), UTC).isoformat())


def write_record(
    commit: Commit,
    results: Iterable[tuple[str, Comparison]],
    folder: Path = FOLDER,
    *,
    today: str | None = None,
) -> Path:
    """Keep (benchmark, comparison) pairs as a new file; an earlier one of the same commit stays."""
    record = Record(
        commit=commit,
        measured=today or datetime.now(UTC).date().isoformat(),
        machine=this_machine(),
        comparisons=tuple(_kept(name, result) for name, result in results),
    )
    text = json.dumps({"format": FORMAT, **asdict(record)}, indent=1, ensure_ascii=False) + "\n"
    folder.mkdir(exist_ok=True)
    number = 1
    while True:
        suffix = f"-{number}" if number > 1 else ""
        file = folder / f"{commit.time[:10]}-{commit.hash}{suffix}.json"
        try:
            with file.open("x", encoding="utf-8") as out:
                out.write(text)
        except FileExistsError:
            number += 1
        else:
            return file


def read_records(folder: Path = FOLDER) -> list[Record]:
    """All recorded runs in the order of their commits; raises RuntimeError for a file that is none."""
    found: list[tuple[str, str, Record]] = []
    for file in folder.glob("*.json"):
        try:
            raw: dict[str, Any] = json.loads(file.read_bytes())
            record = _record(raw)
        except (ValueError, KeyError, TypeError) as error:
            raise RuntimeError(f"{file.name} is no record of a benchmark: {error}") from error
        found.append((record.commit.time, file.stem, record))
    return [record for _, _, record in sorted(found, key=lambda entry: entry[:2])]


def this_machine() -> Machine:
    """What can be said of this machine without naming it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(
        cpu=_cpu(),
        cores=cores,
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
    )


def _kept(benchmark: str, result: Comparison) -> Measured:
    medians = result.medians
    base = medians[result.reference]
    return Measured(
        benchmark=benchmark,
        task=result.task,
        claim=result.claim,
        kept=result.kept,
        unit=result.unit,
        reference=result.reference,
        n=min(map(len, result.seconds.values())),
        medians={name: _rounded(value) for name, value in medians.items()},
        ratios={name: _rounded(value / base) for name, value in medians.items()},
    )


def _record(raw: dict[str, Any]) -> Record:
    if raw["format"] != FORMAT:
        raise ValueError(f"its format is {raw['format']!r}, and {FORMAT} is known")
    comparisons: list[dict[str, Any]] = raw["comparisons"]
    return Record(
        commit=Commit(**raw["commit"]),
        measured=str(raw["measured"]),
        machine=Machine(**raw["machine"]),
        comparisons=tuple(
            Measured(**{field.name: one[field.name] for field in fields(Measured)}) for one in comparisons
        ),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _git(project: Path, *arguments: str) -> str:
    command = ["git", "-C", str(project), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise RuntimeError(f"git does not say which commit this is: {said.strip()}") from error
    return done.stdout
