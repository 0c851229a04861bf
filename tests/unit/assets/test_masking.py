"""What is recognised as personal data is masked whole, and a mechanic's other words are not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from assets.masking import mask_personal_data
from tests.maintenance import key, planted, records

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

    Mask = Callable[[list[str]], list[str]]

LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyzéüñöłçøß")
WORDS = "signed inspected reported badge form call send example ssn name phone email employee"
NAME = st.text(LETTERS, min_size=2, max_size=9).filter(lambda name: name not in WORDS).map(str.title)
DIGITS = st.integers(0, 99).map(lambda n: f"{n:02}")
CUE = st.sampled_from(["sgd", "signed", "SIGNED:", "insp by", "inspected by", "C/W BY", "reported by", "/s/"])


@st.composite
def written(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text with one piece of personal data at its end, and what must not be left of it."""
    last, digits = draw(NAME), draw(DIGITS)
    first = draw(st.one_of(st.just(""), NAME.map(lambda n: f"{n} "), NAME.map(lambda n: f"{n[0]}. ")))
    area = draw(st.sampled_from(["201", "718", "973"]))
    line = f"01{digits}"
    phone = draw(
        st.sampled_from(["({0}) 555-{1}", "{0}-555-{1}", "+1 {0} 555 {1}", "{0}.555.{1}", "{0}555{1}"])
    )
    number = f"4{digits}1{digits}"
    said, hidden = draw(
        st.sampled_from([
            (f"{draw(CUE)} {first}{last}", [last]),
            (f"call {phone.format(area, line)}", [line]),
            (f"ph 555-{line}", [line]),
            (f"send to {last}.{digits}@mx.example.org", [f"{last}.{digits}", "example"]),
            (f"form of 666-{digits}-0{digits}7", [f"666-{digits}"]),
            (f"{draw(CUE)} {first}{last}, emp {number}", [last, number]),
            (f"badge no. {number}", [number]),
            (f"E/N {number}", [number]),
        ])
    )  # fmt: skip
    upper = draw(st.booleans())
    text = f"pump leaks at idle, ops ck good. {said}"
    return (text.upper(), [piece.upper() for piece in hidden]) if upper else (text, hidden)


@pytest.fixture(scope="module")
def mask(spark: SparkSession) -> Mask:
    """Masks a list of texts on the engine."""

    def masked(texts: list[str]) -> list[str]:
        frame = spark.createDataFrame(
            [(number, text) for number, text in enumerate(texts)], "n int, text string"
        )
        rows = frame.select("n", mask_personal_data(F.col("text")).alias("text")).collect()
        return [row["text"] for row in sorted(rows)]

    return masked


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(written(), min_size=20, max_size=40))
def test_personal_data_of_any_writing_is_masked_and_the_report_stays(
    mask: Mask, cases: list[tuple[str, list[str]]]
) -> None:
    for (text, hidden), masked in zip(cases, mask([text for text, _ in cases]), strict=True):
        ending = masked[len("pump leaks at idle, ops ck good.") :]
        assert masked.lower().startswith("pump leaks at idle, ops ck good.")
        assert not any(piece.lower() in ending.lower() for piece in hidden), (text, masked)
        assert re.search(r"\[(name|phone|email|ssn|employee)\]", ending)


def test_masks_say_what_was_there(mask: Mask) -> None:
    texts = [
        "sgd J. Okafor, badge no. 48213, jokafor@example.com",
        "SIGNED DANA O\u2019HANRAHAN PH 555-0143",
        "c/w by M. Mbeki-Strand E/N 48213. ops ck good",
        "call (201) 555-0143 or +1 201 555 0144; form 666-12-3456",
        "insp by Quispe",
    ]
    assert mask(texts) == [
        "sgd [name], [employee], [email]",
        "SIGNED [name] PH [phone]",
        "c/w by [name] [employee]. ops ck good",
        "call [phone] or [phone]; form [ssn]",
        "insp by [name]",
    ]


def test_no_null_is_made_of_a_text_and_none_of_a_null(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(None,), ("",)], "text string").select(mask_personal_data(F.col("text")))
    assert {row[0] for row in frame.collect()} == {None, ""}


def test_reports_without_personal_data_are_left_as_they_are(mask: Mask) -> None:
    personal = planted("name", "phone", "email", "ssn", "employee")
    texts = [r.meant for place, r in records().items() if r.is_readable and place not in personal]
    assert len(texts) > 250
    assert mask(texts) == texts


def test_every_planted_piece_is_masked(mask: Mask) -> None:
    pieces = [e for e in key() if e["kind"] in {"name", "phone", "email", "ssn", "employee"}]
    masked = mask([records()[e["file"], e["record"]].meant for e in pieces])
    for entry, text in zip(pieces, masked, strict=True):
        assert entry["text"].split()[-1].lower() not in text.lower()
        assert f"[{entry['kind']}]" in text


def test_what_patterns_cannot_see_stays(mask: Mask) -> None:
    unseen = ["talked to Okafor about it", "Okafor did the ops ck", "number is five five five 0143"]
    assert mask(unseen) == unseen


def test_a_mask_takes_too_much_rather_than_too_little(mask: Mask) -> None:
    assert mask(["signed off, ops ck good", "insp by Quispe again"]) == [
        "signed [name], ops ck good",
        "insp by [name]",
    ]
    assert mask(["part 1234567890 on order"]) == ["part [phone] on order"]
