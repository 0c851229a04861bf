"""The maintenance reports as Python's csv reads them, and the key of what was planted in them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "sample_data"
PERSONAL = {"name", "phone", "email", "ssn", "employee", "name_of_form", "email_of_form", "employee_of_form"}


@dataclass(frozen=True)
class Form:
    """How an office's file is written, and what its columns are called."""

    name: str
    hazard: str
    encoding: str
    delimiter: str
    id: str
    day: str
    plane: str
    airport: str
    stage: str
    text: str
    label: str
    width: int = 0  # of the terminal that broke its lines

    @property
    def path(self) -> str:
        return f"maintenance/{self.name}.csv"


FORMS = (
    Form(
        "newark", "fuel", "utf-8", ",",
        "Id", "Reported", "TailNumber", "Station", "StageOfOperation", "Report", "FuelLeak",
    ),
    Form(
        "kennedy", "depressurization", "cp1252", ",",
        "ID", "DATE", "REG", "STA", "STAGE", "NARRATIVE", "DEPRESSURIZATION",
    ),
    Form(
        "laguardia", "gear_or_brakes", "utf-8-sig", ",",
        "DataSourceId", "EventDate", "Tail", "Airport", "StageOfOperation", "Narrative", "GearOrBrakes",
    ),
    Form(
        "teterboro", "smoke_or_fumes", "utf-8", ";",
        "Id", "When", "Aircraft", "Field", "Phase", "Text", "SmokeOrFumes", width=40,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One record of a file: its fields as they are, and its text as it was meant."""

    form: Form
    number: int
    cells: tuple[str, ...]
    fields: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.fields[getattr(self.form, column)]

    @property
    def meant(self) -> str:
        """The text in one line, a word that the terminal broke put together again."""
        lines = re.split(r"\r\n|\r|\n", self["text"])
        whole = "".join(line if len(line) == self.form.width else f"{line} " for line in lines)
        return re.sub(r"\s+", " ", whole).strip()

    @property
    def label(self) -> str:
        """The answer, without its dirt."""
        return self["label"].strip().capitalize()

    @property
    def is_readable(self) -> bool:
        """Whether it has the fields of its header, in its file's encoding."""
        width = len(self.fields) if None not in self.fields else -1
        return len(self.cells) == width and not re.search("[\ud800-\udfff]", "".join(self.cells))

    @property
    def is_dated(self) -> bool:
        """Whether its date is in the calendar."""
        return self["day"][:10] not in {"2013-02-30", "0000-00-00"}


@cache
def records() -> dict[tuple[str, int], Record]:
    """Every record by its file and number; a byte that the encoding lacks is a surrogate."""
    found: dict[tuple[str, int], Record] = {}
    for form in FORMS:
        raw = (DATA / form.path).read_bytes().decode(form.encoding, "surrogateescape")
        header, *rows = csv.reader(io.StringIO(raw, newline=""), delimiter=form.delimiter)
        names = [name or f"unnamed {at}" for at, name in enumerate(header)]
        for number, row in enumerate(rows, 1):
            fields = dict(zip(names, row, strict=False))
            found[form.path, number] = Record(form, number, tuple(row), fields)
    return found


@cache
def key() -> list[dict[str, Any]]:
    """What was planted: file, record, kind, perhaps text and the record that is repeated."""
    return json.loads((DATA / "maintenance/KEY.json").read_text(encoding="utf-8"))


def planted(*kinds: str) -> set[tuple[str, int]]:
    """File and number of the records in which any of these kinds was planted."""
    return {(entry["file"], entry["record"]) for entry in key() if entry["kind"] in kinds}


def letters_of(text: str) -> str:
    """What is left of a text without case, digits and marks."""
    return re.sub(r"[\W\d_]+", " ", text.lower()).strip()
