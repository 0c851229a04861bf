"""What KEY.json says of the invented maintenance reports is in them, and nothing else of its kind."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections import Counter, defaultdict
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from tests.maintenance import DATA, FORMS, PERSONAL, Record, key, letters_of, planted, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

OF_KIND: dict[str, Callable[[Record], bool]] = {
    "label_missing": lambda r: r["label"] == "",
    "label_padded": lambda r: r["label"] != r["label"].strip(),
    "stage_null": lambda r: r["stage"] == "NULL",
    "stage_empty": lambda r: r["stage"] == "",
    "stage_blank": lambda r: r["stage"] != "" and not r["stage"].strip(),
    "stage_unknown": lambda r: r["stage"] in {"Hover", "XX"},
    "text_blank": lambda r: not r["text"].strip(),
    "date_unreadable": lambda r: not r.is_dated,
    "non_ascii": lambda r: not r["text"].isascii(),
    "tail_missing": lambda r: r["plane"] == "",
    "airport_unknown": lambda r: r["airport"] == "QQZ",
}


def sound() -> list[Record]:
    """The records whose fields can be told apart."""
    return [record for record in records().values() if record.is_readable]


def entries(*kinds: str) -> Iterable[tuple[dict[str, Any], Record]]:
    """Each entry of these kinds, with its record."""
    found = [(e, records()[e["file"], e["record"]]) for e in key() if e["kind"] in kinds]
    assert found
    return found


def places(found: Iterable[Record]) -> set[tuple[str, int]]:
    return {(record.form.path, record.number) for record in found}


def tidy(plane: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", plane.upper())


@pytest.mark.parametrize(
    ("office", "rows", "columns", "unnamed", "labels"),
    [
        ("newark", 124, 7, 0, {"No": 84, "Yes": 33, "Maybe": 6, "": 1}),
        ("kennedy", 99, 12, 5, {"NO": 58, "YES": 28, "MAYBE": 12, "": 1}),
        ("laguardia", 116, 7, 0, {"No": 73, "Yes": 21, "Maybe": 12, "No ": 9, "": 1}),
        ("teterboro", 91, 15, 7, {"No": 58, "Yes": 21, "Maybe": 11, "": 1}),
    ],
)
def test_files(office: str, rows: int, columns: int, unnamed: int, labels: dict[str, int]) -> None:
    found = [record for record in records().values() if record.form.name == office]
    assert len(found) == rows
    assert all(len(record.fields) == columns for record in found)
    assert sum(name.startswith("unnamed ") for name in found[0].fields) == unnamed
    answers = [record.cells[-1] if len(record.cells) > columns else record["label"] for record in found]
    assert Counter(answers) == labels
    assert not any(record.fields[name] for record in found for name in record.fields if "unnamed" in name)


def test_bytes_of_the_files() -> None:
    raw = {form.name: (DATA / form.path).read_bytes() for form in FORMS}
    assert raw["laguardia"].startswith(b"\xef\xbb\xbf")
    assert raw["kennedy"].count(b"\r\n") == 100
    assert raw["kennedy"].count(b"\r") - 100 == sum(
        record["text"].count("\r") for record in records().values() if record.form.name == "kennedy"
    )
    assert not any(b"\r" in raw[name] for name in ("newark", "laguardia", "teterboro"))
    for name in ("newark", "kennedy"):
        with pytest.raises(UnicodeDecodeError):
            raw[name].decode("utf-8")
    raw["kennedy"].decode("cp1252")
    assert all(len(line) == 50 for line in stages_of("laguardia") if line.strip() not in {"", "NULL"})


def stages_of(office: str) -> list[str]:
    return [record["stage"] for record in records().values() if record.form.name == office]


def test_records_that_no_reader_can_read_are_the_two_that_were_planted() -> None:
    unreadable = [record for record in records().values() if not record.is_readable]
    assert places(unreadable) == planted("wrong_encoding", "too_many_fields")
    (foreign,) = planted("wrong_encoding")
    assert "\udc92" in "".join(records()[foreign].cells)


@pytest.mark.parametrize("kind", OF_KIND)
def test_dirt_of_a_field_is_where_the_key_says_and_nowhere_else(kind: str) -> None:
    found = places(record for record in sound() if OF_KIND[kind](record))
    assert found
    assert found == planted(kind) & places(sound())


def test_letters_beyond_ascii_are_those_of_the_key() -> None:
    said = [(e["text"], r) for e, r in entries("non_ascii") if r.is_readable]
    assert all(letters == "".join(sorted({c for c in r["text"] if not c.isascii()})) for letters, r in said)
    assert {"é", "è", "ü", "ñ", "ö", "°", "\u2019"} >= {
        letter for letters, _ in said for letter in letters.lower()
    }


def test_ids_begin_again_or_are_given_twice() -> None:
    for form in FORMS:
        ids = [record["id"] for record in records().values() if record.form is form]
        if form.name != "laguardia":
            assert ids == [str(number) for number in range(1, len(ids) + 1)]
    first: dict[str, Record] = {}
    repeated = set()
    for record in (r for r in records().values() if r.form.name == "laguardia"):
        other = first.setdefault(record["id"], record)
        if other is not record:
            repeated.add((record.form.path, record.number))
            assert record.meant != other.meant
    assert repeated == planted("id_repeated")
    pairs = [(r.label, records()[tuple(e["of"])].label) for e, r in entries("id_repeated")]
    assert (len(pairs), sum(one != other for one, other in pairs)) == (6, 2)


def test_tail_numbers() -> None:
    planes = set(pq.read_table(DATA / "fleet/planes.parquet").column("tailnum").to_pylist())
    known = [record for record in sound() if record["plane"]]
    assert places(r for r in known if tidy(r["plane"]) not in planes) == planted("tail_unknown") & places(
        sound()
    )
    untidy = places(r for r in known if r["plane"] not in planes and tidy(r["plane"]) in planes)
    assert untidy == planted("tail_untidy") & places(sound())


def test_airports() -> None:
    with (DATA / "reference/airports.csv").open(encoding="ascii", newline="") as file:
        airports = {row["faa"] for row in csv.DictReader(file)}
    assert places(r for r in sound() if len(r["airport"]) == 4) == planted("airport_icao") & places(sound())
    assert all(record["airport"][1:] in airports for _, record in entries("airport_icao"))
    lost = places(r for r in sound() if len(r["airport"]) == 3 and r["airport"] not in airports)
    assert lost == planted("airport_unknown") & places(sound())


def test_repeats_are_those_of_the_key() -> None:
    texts: dict[str, list[Record]] = defaultdict(list)
    for record in (r for r in sound() if r.meant):
        texts[record.meant].append(record)
    again = [group for group in texts.values() if len(group) > 1]
    said = {
        frozenset([(e["file"], e["record"]), tuple(e["of"])])
        for e, _ in entries("repeat", "repeat_elsewhere", "contradiction")
    }
    assert {frozenset(places(group)) for group in again} == said
    assert Counter(e["kind"] for e, _ in entries("repeat", "repeat_elsewhere", "contradiction")) == {
        "repeat": 12,
        "repeat_elsewhere": 4,
        "contradiction": 6,
    }
    conflicts = {
        frozenset(places(group))
        for group in again
        if len({r.form for r in group}) == 1 and len({r.label for r in group}) > 1
    }
    contradictions = entries("contradiction")
    assert conflicts == {frozenset([(e["file"], e["record"]), tuple(e["of"])]) for e, _ in contradictions}


def test_near_repeats_have_the_same_letters_and_reworded_ones_the_same_words() -> None:
    letters: dict[str, set[str]] = defaultdict(set)
    for record in (r for r in sound() if r.meant):
        letters[letters_of(record.meant)].add(record.meant)
    assert sum(len(texts) > 1 for texts in letters.values()) == len(list(entries("near_repeat"))) == 12
    for entry, record in entries("near_repeat"):
        assert record.meant in letters[letters_of(records()[tuple(entry["of"])].meant)]
    for entry, record in entries("near_repeat_reworded"):
        other = records()[tuple(entry["of"])]
        assert letters_of(record.meant) != letters_of(other.meant)
        assert sorted(letters_of(record.meant).split()) == sorted(letters_of(other.meant).split())


def test_personal_data_stand_where_the_key_says() -> None:
    for entry, record in entries(*PERSONAL):
        if entry["kind"].endswith("_of_form"):
            assert record.fields["EnteredBy"] == entry["text"]
        else:
            assert entry["text"] in record.meant
    filled = places(r for r in records().values() if r.fields.get("EnteredBy"))
    assert filled == planted("name_of_form", "email_of_form", "employee_of_form")


def test_there_is_no_other_personal_data_and_all_of_it_is_invented() -> None:
    said = defaultdict(set)
    for entry, _ in entries(*PERSONAL):
        said[entry["file"], entry["record"]].add(entry["text"])
    for place, record in records().items():
        text = f"{record['text']} {record.meant} {' '.join(record.cells)}"
        for number in re.findall(r"\b\d{3}-\d{2}-\d{4}\b", text):
            assert number[:3] in {"000", "666"}
            assert number in said[place]
        for address in re.findall(r"\S+@\S+", record.meant):
            assert re.search(r"@(mx\.)?example\.(com|org)$", address.lower())
            assert address in said[place]
        for phone in re.findall(r"[+(]?[\d() .-]{7,16}\d", record.meant):
            if len(digits := re.sub(r"\D", "", phone)) >= 7:
                assert digits[-7:-2] == "55501" or re.search(r"\d{3}-\d{2}-\d{4}", phone)
                assert any(digits[-4:] in re.sub(r"\D", "", piece) for piece in said[place])


def test_words_are_broken_where_the_terminal_is_full() -> None:
    for entry, record in entries("broken_word"):
        assert re.search(rf"(?<!\w){re.escape(entry['text'])}(?!\w)", record.meant)
        pieces = [entry["text"][:at] + "\n" + entry["text"][at:] for at in range(1, len(entry["text"]))]
        assert any(piece in record["text"] for piece in pieces)
    broken = [r for r in sound() if r.form.width and re.search(r"[^\W\d_]\n[^\W\d_]", r["text"])]
    assert places(broken) == planted("broken_word")
    inner = [
        r for r in records().values() if not r.form.width and re.search(r"[\r\n]", r.fields[r.form.text])
    ]
    assert places(inner) == planted("line_end_inside")


def test_check_finds_a_changed_file(tmp_path: Path) -> None:
    copytree(DATA, tmp_path / "data", ignore=lambda *_: {"__pycache__"})
    command = [sys.executable, "-B", str(tmp_path / "data/write_maintenance.py"), "--check"]

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert check().returncode == 0
    file = tmp_path / "data/maintenance/newark.csv"
    file.write_bytes(file.read_bytes().replace(b",EWR,", b",EWS,", 1))
    said = check()
    assert said.returncode == 1
    assert "different maintenance/newark.csv" in said.stdout
    assert "ok        maintenance/KEY.json" in said.stdout
