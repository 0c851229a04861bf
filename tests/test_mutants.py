"""The mutants can still be planted, each in one place: what they do is seen by `make mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.__main__ import copy_checkout
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


def test_the_copy_has_all_code(tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    copy_checkout(copy)
    for folder in ("clearwell", "tests", "assets", "pipelines"):
        assert modules(copy, folder) == modules(ROOT, folder), folder
    assert not (copy / ".git").exists()


def modules(root: Path, folder: str) -> set[str]:
    return {str(file.relative_to(root)) for file in (root / folder).rglob("*.py")}
