"""What every test gets: an environment without the developer's settings, and Hypothesis without a clock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# Settings of the developer's own shell, which would move lakes and run records.
for _name in [name for name in os.environ if name.startswith("CLEARWELL_") or name == "DAGSTER_HOME"]:
    del os.environ[_name]

# The same examples on every machine; `--hypothesis-profile explore` looks further.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: those of single parts, then the others, then the slow ones."""
    items.sort(key=lambda item: ("slow" in item.keywords, not item.nodeid.startswith("tests/unit/")))
