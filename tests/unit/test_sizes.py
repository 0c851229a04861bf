"""Sizes are read in binary units, and never rounded to nothing."""

from __future__ import annotations

import pytest

from clearwell.sizes import readable_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1536, "1.5 KiB"),
        (600 << 20, "600.0 MiB"),
        (6 << 30, "6.0 GiB"),
        (5 << 40, "5.0 TiB"),
        (7 << 50, "7.0 PiB"),
        (7 << 60, "7,168.0 PiB"),
    ],
)
def test_a_size_is_said_in_the_unit_that_fits(size: int, text: str) -> None:
    assert readable_size(size) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1024, "1 KiB"),
        (7_942_587, "7.57 MiB"),
        (1010 << 20, "1,010 MiB"),
        (3 << 60, "3,072 PiB"),
    ],
)
def test_a_report_has_three_digits_of_it(size: int, text: str) -> None:
    assert readable_size(size, precise=True) == text
