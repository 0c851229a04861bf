"""docs/benchmarks.md, from the recorded runs: their picture, and the newest figures of each comparison.

`python -m bench --record` and `make docs` write both; `make check` says when one of them is stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.history_chart import by_comparison, digest, draw, figure, sign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.history import Machine, Measured, Record

__all__ = ["DOCS", "stale", "update", "write_page"]

DOCS = Path(__file__).parent.parent / "docs"
PAGE = "benchmarks.md"
IMAGE = "images/benchmarks.svg"

_ABOUT = """\
<!-- Written from bench/history: run `make docs`. -->

# Benchmarks

What `make bench` measured, at each commit where the figures were recorded. A figure is the median of n runs.
The variants take turns, so a busy moment of the machine hits all of them. A ratio is to the reference of the
same run: ratios can be compared between machines, seconds cannot. `make bench ARGS=--record` measures the
commit that is checked out and adds it to this page.
"""


def update(records: Sequence[Record], docs: Path = DOCS) -> None:
    """Write the page, and draw the picture unless it shows these runs already."""
    (docs / PAGE).write_text(write_page(records), encoding="utf-8")
    picture = docs / IMAGE
    if not records:
        picture.unlink(missing_ok=True)
    elif digest(records) not in _read(picture):
        picture.parent.mkdir(exist_ok=True)
        picture.write_text(draw(records), encoding="utf-8")


def stale(records: Sequence[Record], docs: Path = DOCS) -> list[str]:
    """Which of the two do not show exactly these runs."""
    drawn = digest(records) in _read(docs / IMAGE) if records else not (docs / IMAGE).exists()
    written = _read(docs / PAGE) == write_page(records)
    return [name for name, good in ((PAGE, written), (IMAGE, drawn)) if not good]


def write_page(records: Sequence[Record]) -> str:
    """The text of the page."""
    return "\n".join([_ABOUT, *_figures(records)]).rstrip() + "\n"


def _figures(records: Sequence[Record]) -> Iterator[str]:
    if not records:
        yield "No run is recorded yet."
        return
    yield f"![Ratios to the reference, commit by commit]({IMAGE})\n"
    yield "The shape of a point tells the machine. The vertical scale is logarithmic.\n"
    for name, runs in by_comparison(records).items():
        yield from _comparison(name, runs)
    yield "## Recorded runs\n"
    yield "| commit | its date | measured | machine |"
    yield "| --- | --- | --- | --- |"
    for record in reversed(records):
        when = f"{record.commit.time[:10]} | {record.measured}"
        machine = f"{sign(record.machine, records)} {_described(record.machine)}"
        yield f"| {record.commit.hash} | {when} | {machine} |"


def _comparison(name: str, runs: Sequence[tuple[Record, Measured]]) -> Iterator[str]:
    record, last = runs[-1]
    before = next((seen for other, seen in reversed(runs[:-1]) if other.machine == record.machine), None)
    verdict = "holds" if last.kept else "**does not hold**"
    yield f"## {name}\n"
    yield f"{last.claim}: {verdict} at {record.commit.hash}, n = {last.n}.\n"
    yield f"| variant | {last.unit} | ratio | ratio before, on this machine |"
    yield "| --- | ---: | ---: | ---: |"
    for variant, median in last.medians.items():
        earlier = before.ratios.get(variant) if before else None
        was = "" if earlier is None else figure(earlier)
        yield f"| {variant} | {figure(median)} | {figure(last.ratios[variant])} | {was} |"
    yield ""


def _described(machine: Machine) -> str:
    size = f"{machine.cores} cores, {machine.memory_gib} GiB"
    return f"{machine.cpu}, {size}, {machine.system}, Python {machine.python}"


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
