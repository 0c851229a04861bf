"""The mutants can still be planted, each in one place: what they do is seen by `make mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_still_fits_the_code(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    planted = mutant.plant(text)
    assert planted != text
    compile(planted, mutant.file, "exec")
    assert all((ROOT / test).exists() for test in mutant.tests)


def test_one_that_no_longer_fits_says_so() -> None:
    with pytest.raises(ValueError, match="holds 0 times"):
        MUTANTS[0].plant("")
