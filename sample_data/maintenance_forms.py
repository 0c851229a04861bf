"""The four offices of write_maintenance.py: their forms, their mechanics, and how a file comes to its bytes.

Chance is drawn by `Random.random` alone, whose sequence Python guarantees for a seed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from maintenance_words import LAST_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FLIGHT",
    "OFFICES",
    "PAD",
    "STAGES",
    "Dice",
    "Office",
    "Report",
    "Writer",
    "content_of",
    "written",
]

FLIGHT = ("takeoff", "climb", "cruise", "descent", "approach", "landing")
STAGES = (*FLIGHT, "taxi", "ground", "maintenance")
PAD = 50  # the width of the stage in LaGuardia's form

_FIRST_DAY = date(2013, 2, 1)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Office:
    """Where reports come from: the hazard that it labels, and the habits of its form."""

    name: str
    hazard: str
    reports: int
    header: tuple[str, ...]
    airport: str
    area: str
    encoding: str
    day: str
    stages: tuple[str, ...]
    last_names: tuple[str, ...]
    delimiter: str = ","
    line_end: str = "\n"
    inner: str = ""
    inner_share: float = 0.0
    unnamed: int = 0

    @property
    def file(self) -> str:
        """Its file, relative to sample_data."""
        return f"maintenance/{self.name}.csv"


OFFICES = (
    Office(
        name="newark",
        hazard="fuel",
        reports=112,
        header=("Id", "Reported", "TailNumber", "Station", "StageOfOperation", "Report", "FuelLeak"),
        airport="EWR",
        area="973",
        encoding="utf-8",
        day="{0:%Y}-{0:%m}-{0:%d}",
        stages=(*(stage.title() for stage in (*FLIGHT, "taxi")), "On ground", "Maintenance"),
        last_names=tuple(LAST_NAMES[:5]),
        inner="\n",
        inner_share=0.12,
    ),
    Office(
        name="kennedy",
        hazard="depressurization",
        reports=92,
        header=("ID", "DATE", "REG", "STA", "STAGE", "NARRATIVE", "DEPRESSURIZATION"),
        airport="JFK",
        area="718",
        encoding="cp1252",
        day="{0:%d}{1}{0:%Y}",
        stages=("TO", "CL", "CR", "DE", "AP", "LD", "TX", "GND", "INSP/MAINT"),
        last_names=("Peñaloza", "Müllender", "Lefèvre", "O\u2019Hanrahan", "Björkdal"),
        line_end="\r\n",
        inner="\r",
        inner_share=0.55,
        unnamed=5,
    ),
    Office(
        name="laguardia",
        hazard="gear_or_brakes",
        reports=104,
        header=(
            "DataSourceId",
            "EventDate",
            "Tail",
            "Airport",
            "StageOfOperation",
            "Narrative",
            "GearOrBrakes",
        ),
        airport="LGA",
        area="917",
        encoding="utf-8-sig",
        day="{0:%m}/{0:%d}/{0:%Y}",
        stages=tuple(stage.upper() for stage in (*FLIGHT, "taxi", "ground", "insp/maint")),
        last_names=tuple(LAST_NAMES[5:10]),
    ),
    Office(
        name="teterboro",
        hazard="smoke_or_fumes",
        reports=84,
        header=("Id", "When", "EnteredBy", "Aircraft", "Field", "Phase", "Text", "SmokeOrFumes"),
        airport="TEB",
        area="201",
        encoding="utf-8",
        day="{0:%Y}-{0:%m}-{0:%d} {2:02}:{3:02}",
        stages=("t/o", "climb", "cruise", "descent", "appr", "ldg", "taxi", "ramp", "insp/maint"),
        last_names=tuple(LAST_NAMES[10:15]),
        delimiter=";",
        unnamed=7,
    ),
)


@dataclass
class Writer:
    """A mechanic: habits of writing, and the personal data that may stand below a report."""

    first: str
    last: str
    number: str
    email: str
    line: str
    area: str
    case: str
    hurry: float
    slips: float


@dataclass
class Report:
    """One record of a file, and what was planted in it: kind, text, the record that it repeats."""

    office: Office
    writer: Writer
    stage: str
    text: str
    label: str
    plane: str
    airport: str
    id: str = ""
    day: str = ""
    entered_by: str = ""
    planted: list[tuple[str, str, Report | None]] = field(default_factory=list)

    @property
    def kinds(self) -> set[str]:
        """The kinds of what was planted."""
        return {kind for kind, _, _ in self.planted}

    def plant(self, kind: str, text: str = "", of: Report | None = None) -> None:
        """Note something for the key."""
        self.planted.append((kind, text, of))


class Dice:
    """Chance. What else `random` draws may change between versions of Python, so it is not used."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def under(self, share: float) -> bool:
        """True in that share of the throws."""
        return self._random.random() < share

    def number(self, first: int, last: int) -> int:
        """A whole number from ``first`` to ``last``."""
        return first + int(self._random.random() * (last - first + 1))

    def pick(self, items: Sequence[Any]) -> Any:
        """One of them."""
        return items[self.number(0, len(items) - 1)]

    def take(self, items: list[Any], count: int) -> list[Any]:
        """``count`` of them, which are removed."""
        return [items.pop(self.number(0, len(items) - 1)) for _ in range(count)]


def written(office: Office, day: int, dice: Dice) -> str:
    """The ``day``-th day, as the office's form has it."""
    moment = _FIRST_DAY + timedelta(days=day)
    return office.day.format(moment, _MONTHS[moment.month - 1], dice.number(5, 22), dice.number(0, 59))


def content_of(office: Office, reports: list[Report]) -> bytes:
    """The office's file."""
    lines = [office.delimiter.join([*office.header, *[""] * office.unnamed]).encode(office.encoding)]
    for report in reports:
        row = [report.id, report.day, report.plane, report.airport, report.stage, report.text, report.label]
        if "EnteredBy" in office.header:
            row.insert(2, report.entered_by)
        if "too_many_fields" not in report.kinds:
            row = [_quoted(cell, office.delimiter) for cell in row]
        encoding = "cp1252" if "wrong_encoding" in report.kinds else office.encoding.removesuffix("-sig")
        lines.append(office.delimiter.join([*row, *[""] * office.unnamed]).encode(encoding))
    return b"".join(line + office.line_end.encode() for line in lines)


def _quoted(cell: str, delimiter: str) -> str:
    """A CSV field, in quotes only where it must be."""
    return f'"{cell.replace(chr(34), chr(34) * 2)}"' if re.search(rf'[{delimiter}"\r\n]', cell) else cell
