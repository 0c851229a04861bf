"""Personal data does not get through, whatever it looks like; numbers, dates and codes do."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.quality.explain.redaction import LONGEST, WITHHELD, is_personal, shown_value

SEPARATORS = st.sampled_from(["", " ", "-", ".", "/", " - ", ") ", "\u00a0", "\u2013", "_"])
AROUND = st.text(alphabet="abcXYZ ,;:#", max_size=6)
WIDE = str.maketrans("0123456789@", "".join(chr(ord(letter) + 0xFEE0) for letter in "0123456789@"))


@st.composite
def digits_in_groups(draw: st.DrawFn, least: int, most: int) -> str:
    """A number as people write it: digits with something between some of them."""
    digits = draw(st.lists(st.sampled_from("0123456789"), min_size=least, max_size=most))
    return digits[0] + "".join(draw(SEPARATORS) + digit for digit in digits[1:])


@given(AROUND, st.emails(), AROUND)
def test_no_email_address_gets_through(before: str, email: str, after: str) -> None:
    assert shown_value(f"{before}{email}{after}") == WITHHELD


@given(st.emails().filter(lambda email: len(email) < LONGEST - 4))
def test_an_email_address_in_other_letters_does_not_either(email: str) -> None:
    assert shown_value(email.translate(WIDE)) == WITHHELD
    assert shown_value(email.replace("@", "\u200b@\u200b")) == WITHHELD
    assert shown_value(email.replace("@", "[at]")) == WITHHELD


@given(AROUND, st.sampled_from(["", "+", "00", "(", "tel. "]), digits_in_groups(7, 16), AROUND)
def test_no_telephone_or_account_number_gets_through(before: str, sign: str, number: str, after: str) -> None:
    text = f"{before}{sign}{number}{after}"
    if unicodedata.normalize("NFKC", text).strip()[4:5] == "-":
        return  # it may be a date, of which the next tests speak
    assert shown_value(text) == WITHHELD
    assert shown_value(text.translate(WIDE)) == WITHHELD


@given(st.integers(10**11, 10**18 - 1))
def test_no_card_number_gets_through_as_a_number_either(stem: int) -> None:
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(reversed(str(stem)))]
    check = -sum(d - 9 if d > 9 else d for d in doubled) % 10
    assert shown_value(int(f"{stem}{check}")) == WITHHELD
    assert shown_value(int(f"{stem}{(check + 1) % 10}")) != WITHHELD


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "+49 (0)151 123-45-67",
        "DE89 3704 0044 0532 0130 00",
        "NL91ABNA0417164300",
        "gb29 nwbk 6016 1331 9268 19",
        "078-05-1120",
        "call 212.555.0199!",
        "192.168.17.4",
        "2001:db8:0:0:1:0:0:1",
        "jane.roe (at) example.org",
        "2125-55-0199",
        "x" * (LONGEST + 1),
        b"bytes",
        ["a", "list"],
        {"a": "structure"},
    ],
)
def test_what_looks_personal_or_is_long_is_withheld(text: object) -> None:
    assert shown_value(text) == WITHHELD


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NULL"),
        (True, "true"),
        (-17, "-17"),
        (10485, "10485"),
        (1048.36, "1048.36"),
        (float("nan"), "nan"),
        (Decimal("12.50"), "12.50"),
        (date(2013, 11, 1), "2013-11-01"),
        (datetime(2013, 11, 1, 5, 17, tzinfo=UTC), "2013-11-01 05:17:00+00:00"),
        (time(5, 17), "05:17:00"),
        ("JFK", "JFK"),
        ("N14228", "N14228"),
        ("", ""),
        ("Miami Intl", "Miami Intl"),
        ("2013-11-01", "2013-11-01"),
        ("2013-11-01T05:00:00Z", "2013-11-01T05:00:00Z"),
        ("2013-11-01 05:00:00.123456+00:00", "2013-11-01 05:00:00.123456+00:00"),
        ("517", "517"),
        ("SKU-00421-B", "SKU-00421-B"),
        ("x" * LONGEST, "x" * LONGEST),
    ],
)
def test_numbers_dates_and_short_codes_are_shown(value: object, shown: str) -> None:
    assert shown_value(value) == shown


@given(st.one_of(st.floats(), st.dates(), st.datetimes(), st.booleans(), st.integers(-(10**12), 10**12)))
def test_numbers_dates_and_booleans_are_shown_whatever_they_are(value: object) -> None:
    assert shown_value(value) != WITHHELD


@pytest.mark.parametrize(
    ("column", "personal"), [("pilot", True), ("PILOT", True), ("pilot.name", True), ("pilots", False)]
)
def test_a_personal_column_is_known_in_any_case_and_by_its_parts(column: str, personal: bool) -> None:
    assert is_personal(column, ["pilot"]) is personal
