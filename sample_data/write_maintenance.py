"""Write the maintenance reports: invented, with the dirt of real ones, and a key of what was planted where.

    python sample_data/write_maintenance.py            write maintenance/*.csv and maintenance/KEY.json
    python sample_data/write_maintenance.py --check    compare them with what this script makes

The same bytes on every machine. Tail numbers and airports are those of fleet/planes.parquet and
reference/airports.csv. No two reports are alike by accident, so what KEY.json says is all there is.
Needs pyarrow.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from maintenance_forms import (
    FLIGHT,
    OFFICES,
    PAD,
    STAGES,
    Dice,
    Office,
    Report,
    Writer,
    content_of,
    written,
)
from maintenance_words import ABBREVIATIONS, CHECKS, CLOSINGS, FIRST_NAMES, OPENERS, SLOTS, SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["files", "main"]

HERE = Path(__file__).parent
SEED = 20130208
DAYS = 300
WRAP = 40  # columns of the terminal in Teterboro, which breaks lines within words
MAKERS = ("BOEING", "AIRBUS", "AIRBUS INDUSTRIE", "EMBRAER", "BOMBARDIER INC", "MCDONNELL DOUGLAS")
CASES = ("upper", "upper", "lower", "sentence", "mixed")
SIGNATURES = (
    "sgd {initial}",
    "/s/ {full}",
    "signed {full}, emp {number}",
    "c/w by {initial} E/N {number}",
    "insp by {last}",
    "questions call {phone}",
    "signed {initial} ph {line}",
    "pics sent to {email}",
    "sgd {last}, badge no. {number}, {email}",
    "reported by {initial}, {phone}",
)
PHONES = ("({0}) {1}-{2}", "{0}-{1}-{2}", "+1 {0} {1} {2}", "{0}.{1}.{2}", "{0}{1}{2}")
PERSONAL = {
    "initial": "name",
    "full": "name",
    "last": "name",
    "phone": "phone",
    "line": "phone",
    "email": "email",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write or check the maintenance reports.")
    parser.add_argument("--check", action="store_true", help="only compare the files here with what is made")
    only_check = parser.parse_args(arguments).check
    wrong = 0
    for path, content in files():
        file = HERE / path
        same = file.is_file() and file.read_bytes() == content
        if not same and not only_check:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        wrong += only_check and not same
        print(f"{'ok' if same else 'different' if only_check else 'written':<9} {path}")
    return 1 if wrong else 0


def files() -> Iterator[tuple[str, bytes]]:
    """Path below sample_data and content of every file that this script makes, the key last."""
    reports = Corpus().reports
    key: list[dict[str, object]] = []
    for office in OFFICES:
        yield office.file, content_of(office, reports[office.name])
        for record, report in enumerate(reports[office.name], 1):
            for kind, text, of in report.planted:
                entry: dict[str, object] = {"file": office.file, "record": record, "kind": kind}
                if text:
                    entry["text"] = text
                if of is not None:
                    entry["of"] = [of.office.file, reports[of.office.name].index(of) + 1]
                key.append(entry)
    lines = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in key)
    yield "maintenance/KEY.json", f"[\n{lines}\n]\n".encode()


class Corpus:
    """All reports of all offices: written first, then repeated, then spoiled, then dated and numbered."""

    def __init__(self) -> None:
        self.dice = Dice(SEED)
        self.planes, self.airports = known_planes(), known_airports()
        self.seen: set[str] = set()
        self.reports: dict[str, list[Report]] = {}
        self.free: dict[str, list[Report]] = {}
        for office in OFFICES:
            writers = [self._writer(office, last) for last in office.last_names]
            reports = [self._report(office, self.dice.pick(writers)) for _ in range(office.reports)]
            self.reports[office.name] = reports
            self.free[office.name] = [report for report in reports if not report.planted]
        for office in OFFICES:
            self._repeat(office)
        for office in OFFICES:
            self._spoil(office)
            self._date_and_number(office)

    def _writer(self, office: Office, last: str) -> Writer:
        dice = self.dice
        first = dice.pick(FIRST_NAMES)
        plain = last.lower().translate(str.maketrans("ñüèö", "nueo", "\u2019-"))
        return Writer(
            first=first,
            last=last,
            number=str(dice.number(41_000, 78_999)),
            email=f"{first[0].lower()}{plain}@{dice.pick(['example.com', 'example.org', 'mx.example.com'])}",
            line=f"01{dice.number(0, 99):02}",
            area=office.area,
            case=dice.pick(CASES),
            hurry=dice.pick([0.15, 0.45, 0.7, 0.9]),
            slips=dice.pick([0.0, 0.02, 0.04, 0.07]),
        )

    def _report(self, office: Office, writer: Writer) -> Report:
        """A report that is like no other by its letters."""
        while True:
            report = self._draft(office, writer)
            letters = letters_of(report.text)
            if letters not in self.seen and len(letters) > 25:
                break
        self.seen.add(letters)
        if self.dice.under(0.3):
            self._sign(report)
        return report

    def _draft(self, office: Office, writer: Writer) -> Report:
        dice = self.dice
        system = office.hazard if dice.under(0.5) else dice.pick(list(SYSTEMS))
        words = SYSTEMS[system]
        label = dice.pick([name for name in ("Yes", "Yes", "Maybe", "No", "No") if name in words])
        complaint = dice.pick(words[label])
        in_flight = "{phase}" in complaint or "FL{fl}" in complaint
        stage = dice.pick(FLIGHT if in_flight else STAGES)
        fixed = {"side": dice.pick(SLOTS["side"]), "eng": dice.pick(SLOTS["eng"]), "phase": stage}
        fixed["mel"] = f"{words['chapter'][0]}-{dice.pick(SLOTS['item'])}"
        fixed["part"] = self._fill(dice.pick(words["parts"]), fixed)
        is_plain = label == "No" and "plain" in words
        said = [dice.pick(OPENERS) + complaint]
        if dice.under(0.3):
            said.append(dice.pick(CHECKS))
        if not is_plain and dice.under(0.75):
            said.append(dice.pick(["", "found ", "", "suspect ", "cause: "]) + dice.pick(words["found"]))
        if dice.under(0.85):
            said.append(dice.pick(words["plain" if is_plain else "done"]))
        if dice.under(0.45):
            said.append(dice.pick(CLOSINGS))
        return Report(
            office=office,
            writer=writer,
            stage=stage,
            text=self._join([self._typed(self._fill(one, fixed), writer) for one in said], office),
            label=label if system == office.hazard else "No",
            plane=dice.pick(self.planes),
            airport=office.airport if dice.under(0.7) else dice.pick(self.airports),
        )

    def _fill(self, phrase: str, fixed: dict[str, str]) -> str:
        """The phrase with its slots filled; a slot that is there twice gets two values."""
        used: set[str] = set()

        def value(slot: re.Match[str]) -> str:
            if slot[1] in fixed:
                return fixed[slot[1]]
            drawn = self.dice.pick([item for item in SLOTS[slot[1]] if item not in used])
            used.add(drawn)
            return drawn

        return re.sub(r"{(\w+)}", value, phrase)

    def _typed(self, sentence: str, writer: Writer) -> str:
        """A sentence as this mechanic types it: shortened, with slips, in capitals or as it comes."""
        dice, text = self.dice, sentence
        for phrase, short in ABBREVIATIONS:
            if dice.under(writer.hurry):
                text = re.sub(rf"\b{phrase}\b", dice.pick(short), text)
        words = [self._slip(word) if dice.under(writer.slips) else word for word in text.split(" ")]
        if writer.case == "mixed":
            words = [word.upper() if dice.under(0.3) else word for word in words]
        text = " ".join(words)
        if writer.case == "sentence":
            return text[0].upper() + text[1:]
        return {"upper": text.upper(), "lower": text.lower()}.get(writer.case, text)

    def _join(self, sentences: list[str], office: Office) -> str:
        dice, joined = self.dice, sentences[0]
        for sentence in sentences[1:]:
            if dice.under(office.inner_share):
                joined += dice.pick([".", ".", ""]) + office.inner + sentence
            else:
                joined += dice.pick([". ", ". ", "; ", " - ", "... "]) + sentence
        if office.name == "kennedy" and dice.under(0.4):
            joined = re.sub(r"(?i) deg(rees)?\b", "°", joined)
        return joined + dice.pick([".", ".", "", "", ".."])

    def _slip(self, word: str) -> str:
        """One typing error in a word of letters."""
        if len(word) < 5 or not word.isalpha():
            return word
        at = self.dice.number(1, len(word) - 3)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return self.dice.pick([swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])

    def _sign(self, report: Report) -> None:
        """End the report with personal data, and note each piece."""
        who, is_loud = report.writer, report.writer.case == "upper"
        values = {
            "initial": f"{who.first[0]}. {who.last}",
            "full": f"{who.first} {who.last}",
            "last": who.last,
            "phone": self.dice.pick(PHONES).format(who.area, "555", who.line),
            "line": f"555-{who.line}",
            "email": who.email,
        }
        pattern = self.dice.pick(SIGNATURES)
        pieces = re.split(r"({\w+})", pattern)
        pieces = [piece.upper() if is_loud and not piece.startswith("{") else piece for piece in pieces]
        if is_loud:
            values = {name: value.upper() for name, value in values.items()}
        employee = re.search(r"(?i)(emp|e/n|badge no\.) {number}", "".join(pieces))
        signature = "".join(pieces).format(number=who.number, **values)
        report.text = f"{report.text.rstrip('.;- ')}. {signature}"
        for name, kind in PERSONAL.items():
            if f"{{{name}}}" in pattern:
                report.plant(kind, values[name])
        if employee:
            report.plant("employee", employee[0].format(number=who.number))

    def _repeat(self, office: Office) -> None:
        """Reports sent twice: word for word, to another office too, with another label, or nearly alike."""
        dice, free = self.dice, self.free[office.name]

        def original(suits: Callable[[Report], bool] = lambda _: True) -> Report:
            (found,) = dice.take([report for report in free if suits(report)], 1)
            free.remove(found)
            return found

        for _ in range(3):
            self._copy("repeat", original())
        other = dice.pick([other for other in OFFICES if other is not office and other.encoding != "cp1252"])
        self._copy(
            "repeat_elsewhere", original(lambda r: not re.search(r"[\r\n]", r.text)), office=other, label="No"
        )
        if office.name in ("newark", "laguardia"):
            for _ in range(3):
                self._copy("contradiction", original(lambda r: r.label != "No"), label="No")
        for change in (other_digits, other_marks, str.swapcase):

            def suits(report: Report, change: Callable[[str], str] = change) -> bool:
                text = change(report.text)
                return text != report.text and letters_of(text) == letters_of(report.text)

            found = original(suits)
            self._copy("near_repeat", found, text=change(found.text))
        found = original(lambda report: ". " in report.text)
        first, _, rest = found.text.partition(". ")
        self._copy("near_repeat_reworded", found, text=f"{rest.rstrip('.')}. {first}.")

    def _copy(
        self, kind: str, original: Report, *, office: Office | None = None, text: str = "", label: str = ""
    ) -> None:
        """Send a text once more, of another aircraft: later, or to another office."""
        copy = Report(
            office=office or original.office,
            writer=original.writer,
            stage=original.stage,
            text=text or original.text,
            label=label or original.label,
            plane=self.dice.pick(self.planes),
            airport=office.airport if office else original.airport,
        )
        copy.plant(kind, of=original)
        into = self.reports[copy.office.name]
        first = 0 if office else into.index(original) + 1
        into.insert(self.dice.number(first, len(into)), copy)

    def _spoil(self, office: Office) -> None:
        """The dirt of all forms, and of this office's."""
        dice, free, reports = self.dice, self.free[office.name], self.reports[office.name]
        stages = dict(zip(STAGES, office.stages, strict=True))
        for report in reports:
            report.stage = stages[report.stage]
        rows = list(reports)
        for report in dice.take(rows, 6):
            report.plane = ""
            report.plant("tail_missing")
        for report in dice.take(rows, 4):
            plane = report.plane
            report.plane = dice.pick([plane.lower(), f"N-{plane[1:]}", f" {plane} "])
            report.plant("tail_untidy", report.plane)
        for report in dice.take(rows, 4):
            report.plane = self._mistyped(report.plane)
            report.plant("tail_unknown", report.plane)
        for report in dice.take(rows, 3):
            report.airport = f"K{report.airport}"
            report.plant("airport_icao", report.airport)
        (report,) = dice.take(rows, 1)
        report.airport = "QQZ"
        report.plant("airport_unknown", "QQZ")
        (report,) = dice.take(free, 1)
        report.label = ""
        report.plant("label_missing")
        {
            "newark": self._spoil_newark,
            "kennedy": self._spoil_kennedy,
            "laguardia": self._spoil_laguardia,
            "teterboro": self._spoil_teterboro,
        }[office.name](free, reports)
        for report in reports:
            if foreign := "".join(sorted({letter for letter in report.text if not letter.isascii()})):
                report.plant("non_ascii", foreign)
            if office.inner and office.inner in report.text:
                report.plant("line_end_inside")

    def _spoil_newark(self, free: list[Report], _: list[Report]) -> None:
        dice = self.dice
        for report in dice.take(free, 4):
            self._add_ssn(report)
        (report,) = dice.take(free, 1)
        report.text = f"Crew\u2019s write-up: {report.text}"
        report.plant("wrong_encoding")
        (report,) = dice.take([one for one in free if "," in one.text and "\n" not in one.text], 1)
        free.remove(report)
        report.plant("too_many_fields")
        for report in dice.take(free, 2):
            report.text = dice.pick([" ", "   "])
            report.plant("text_blank")
        (report,) = dice.take(free, 1)
        report.stage = "Hover"
        report.plant("stage_unknown", "Hover")

    def _spoil_kennedy(self, free: list[Report], reports: list[Report]) -> None:
        for report in reports:
            report.label = report.label.upper()
        for report in self.dice.take(free, 2):
            report.stage = "XX"
            report.plant("stage_unknown", "XX")

    def _spoil_laguardia(self, free: list[Report], reports: list[Report]) -> None:
        for report in reports:
            report.stage = report.stage.ljust(PAD)
        for kind, stage, count in (
            ("stage_null", "NULL", 11),
            ("stage_empty", "", 3),
            ("stage_blank", " " * PAD, 4),
        ):
            for report in self.dice.take(free, count):
                report.stage = stage
                report.plant(kind)
        for report in self.dice.take([report for report in reports if report.label == "No"], 9):
            report.label = "No "
            report.plant("label_padded")
        (report,) = self.dice.take(free, 1)
        report.text = ""
        report.plant("text_blank")

    def _spoil_teterboro(self, free: list[Report], reports: list[Report]) -> None:
        dice = self.dice
        for report in dice.take(free, 4):
            self._add_ssn(report)
        for report in dice.take(free, 2):
            report.day = dice.pick(["2013-02-30 09:15", "0000-00-00 00:00"])
            report.plant("date_unreadable", report.day)
        for report in reports:
            who = report.writer
            kind = dice.pick(["email", "employee", "name", ""])
            if kind:
                report.entered_by = {
                    "email": who.email,
                    "employee": f"EMP {who.number}",
                    "name": f"{who.first} {who.last}",
                }[kind]
                report.plant(f"{kind}_of_form", report.entered_by)
            if dice.under(0.6):
                self._wrap(report)

    def _add_ssn(self, report: Report) -> None:
        """A number like those of social security, of the areas 000 and 666, which are given to nobody."""
        dice = self.dice
        number = f"{dice.pick(['000', '666'])}-{dice.number(11, 99)}-{dice.number(1000, 9999)}"
        report.text = f"{report.text.rstrip('.;- ')}. drug and alcohol form under SSN {number}"
        report.plant("ssn", number)

    def _mistyped(self, plane: str) -> str:
        """A tail number that no aircraft of the fleet has."""
        while True:
            at = self.dice.number(1, len(plane) - 1)
            wrong = plane[:at] + self.dice.pick("OIQ") + plane[at + 1 :]
            if wrong not in self.planes:
                return wrong

    def _wrap(self, report: Report) -> None:
        """Break lines at the terminal's width, within words too."""
        text = report.text
        for at in range(WRAP, len(text), WRAP):
            if text[at - 1].isalpha() and text[at].isalpha():
                word = next(word for word in re.finditer(r"\w+", text) if word.end() > at)
                report.plant("broken_word", word[0])
        report.text = "\n".join(text[at : at + WRAP] for at in range(0, len(text), WRAP))

    def _date_and_number(self, office: Office) -> None:
        """Days in their order; a number that begins again in each file, and in LaGuardia is given twice."""
        dice, reports = self.dice, self.reports[office.name]
        number = 100_000 if office.name == "laguardia" else 0
        for report, day in zip(reports, sorted(dice.number(0, DAYS) for _ in reports), strict=True):
            number += dice.number(1, 9) if office.name == "laguardia" else 1
            report.id = str(number)
            report.day = report.day or written(office, day, dice)
        if office.name != "laguardia":
            return
        plain = [report for report in reports if not report.planted]
        yes, no = ([report for report in plain if report.label == label] for label in ("Yes", "No"))
        pairs = [dice.take(no, 2) for _ in range(4)] + [
            dice.take(yes, 1) + dice.take(no, 1) for _ in range(2)
        ]
        for pair in pairs:
            first, second = sorted(pair, key=reports.index)
            second.id = first.id
            second.plant("id_repeated", second.id, first)


def letters_of(text: str) -> str:
    """What is left of a text without digits, marks and case."""
    return re.sub(r"[^a-z]+", " ", text.lower()).strip()


def other_digits(text: str) -> str:
    """The same words with other numbers."""
    return re.sub(r"[1-9]", lambda found: str(int(found[0]) % 9 + 1), text)


def other_marks(text: str) -> str:
    """The same words with other marks between them."""
    return text.rstrip(".").replace(". ", " -- ").replace("; ", ", ") + "!"


def known_planes() -> list[str]:
    """Tail numbers of the airliners in the fleet."""
    import pyarrow.parquet as pq

    planes = pq.read_table(HERE / "fleet/planes.parquet", columns=["tailnum", "manufacturer"]).to_pylist()
    return [plane["tailnum"] for plane in planes if plane["manufacturer"] in MAKERS]


def known_airports() -> list[str]:
    """International airports of the Northeast."""
    with (HERE / "reference/airports.csv").open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    near = [row for row in rows if 38 < float(row["lat"]) < 44 and -78 < float(row["lon"]) < -70]
    return [row["faa"] for row in near if row["faa"].isalpha() and "Intl" in row["name"]]


if __name__ == "__main__":
    sys.exit(main())
