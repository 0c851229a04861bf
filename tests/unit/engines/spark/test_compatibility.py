"""Versions that do not go together are refused before anything starts, with the command that mends it."""

from __future__ import annotations

import re

import pytest

from clearwell.engines.spark import compatibility
from clearwell.engines.spark.compatibility import SETS, misfit, require_fit
from clearwell.errors import EngineError

GOOD = {"python": "3.12.3", "pyspark": "4.2.0", "delta-spark": "4.4.0", "pandas": "2.3.3"}


@pytest.fixture
def installed(monkeypatch):
    def install(**versions: str | None):
        found = GOOD | {name.replace("_", "-"): number for name, number in versions.items()}
        found = {name: number for name, number in found.items() if number is not None}
        monkeypatch.setattr(compatibility, "installed_set", lambda: found)

    return install


def test_what_is_installed_here_fits():
    assert misfit() is None
    require_fit()


def test_a_set_that_was_tried_fits(installed):
    installed()
    assert misfit() is None


@pytest.mark.parametrize(
    ("versions", "fact", "hint"),
    [
        ({"delta_spark": "4.4.1"}, "delta-spark 4.4.1 has no jar", "pip install 'delta-spark==4.4.0'"),
        ({"delta_spark": "4.0.0"}, "delta-spark 4.0.0 is for an older Spark", "'delta-spark==4.4.0'"),
        ({"pyspark": "4.2.1"}, "pyspark 4.2.1 is newer", "pip install 'pyspark==4.2.0'"),
        ({"pyspark": "4.3.0.dev1"}, "pyspark 4.3.0.dev1 is newer", "'pyspark==4.2.0'"),
        ({"pyspark": "3.5.6"}, "pyspark 3.5.6 is older", "'pyspark==4.2.0'"),
        ({"pandas": "3.0.1"}, "pandas 3.0.1 is not", "'pandas>=2.2,<3'"),
        ({"pandas": "1.5.3"}, "these versions were not tested together", "clearwell[spark]"),
        ({"python": "3.14.0"}, "these versions were not tested together", "clearwell[spark]"),
        ({"delta_spark": None}, "not installed: delta-spark", "clearwell[spark]"),
    ],
)
def test_others_are_refused_by_name_with_what_to_do(installed, versions, fact, hint):
    installed(**versions)
    with pytest.raises(EngineError, match=re.escape(fact)) as caught:
        require_fit()
    assert hint in str(caught.value.hint)


def test_the_extra_installs_a_set_that_fits():
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    declared = [Requirement(line) for line in requires("clearwell") or []]
    specifiers = {requirement.name: requirement.specifier for requirement in declared}
    assert str(specifiers["pyspark"]) == SETS[-1].pyspark
    assert str(specifiers["delta-spark"]) == SETS[-1].delta
    assert set(str(specifiers["pandas"]).split(",")) == set(SETS[-1].pandas.split(","))
