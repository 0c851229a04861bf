"""Which tests run, where, and in what order: decided by what a test needs, so that no test has to say it.

A test that asks for a fixture of ``NEEDS`` gets the marker of that name. Tests that share a heavy server run
in one process (``xdist_group``). Those of ``ONLY_IN_FULL`` need ``--full``, as `make test-all` has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MarkGuard", "add_marks", "in_order", "left_out"]

NEEDS = {
    "spark_engine": "spark",
    "cluster": "cluster",
    "connect_engine": "cluster",
    "s3_server": "s3",
    "browser": "browser",
    "postgres": "postgres",
}
"""Fixture -> marker of the tests that ask for it, directly or by way of another fixture."""

TOGETHER = ("cluster", "spark", "postgres", "browser")
"""Markers whose tests run in one process, for there they share what they need. The first one counts."""

SAMPLE = "tests/end_to_end/"
"""The folder of the tests that look at the sample project after a run: one process makes that run."""

BUILD_THEIR_OWN = tuple(f"{SAMPLE}test_{name}.py" for name in ("bad_input", "guide", "new_project"))
"""Its files that do not look at it."""

OWN_ENGINE = ("tests/unit/engines/",)
"""Folders whose tests are about the engines' processes themselves."""

ONLY_IN_FULL = frozenset({"cluster", "postgres", "browser", "full"})


def add_marks(items: Iterable[pytest.Item]) -> None:
    """Mark each test with what it needs, and group those that belong in one process."""
    for item in items:
        fixtures: list[str] = getattr(item, "fixturenames", [])
        for marker in sorted({NEEDS[name] for name in fixtures if name in NEEDS}):
            item.add_marker(marker)
        if item.nodeid.startswith(OWN_ENGINE):
            item.add_marker("own_engine")
        group = next((name for name in TOGETHER if item.get_closest_marker(name)), None)
        if group is None and item.nodeid.startswith(SAMPLE):
            group = item.path.stem if item.nodeid.startswith(BUILD_THEIR_OWN) else "sample"
        if group and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(group))


def left_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The tests that run with ``--full`` alone: those marked so, and all ``variants`` but the first."""
    seen: set[str] = set()
    out: list[pytest.Item] = []
    for item in items:
        function = item.nodeid.partition("[")[0]
        another = function in seen and item.get_closest_marker("variants") is not None
        if another or any(item.get_closest_marker(name) for name in ONLY_IN_FULL):
            out.append(item)
        else:
            seen.add(function)
    return out


def in_order(item: pytest.Item) -> tuple[bool, bool, bool]:
    """Fast tests first: those of single parts, then the others, then the slow ones.

    Before them those of `make test-all` alone: they are the longest, and one at the end has a process idle.
    """
    return (
        item.get_closest_marker("full") is None,
        item.get_closest_marker("slow") is not None,
        not item.nodeid.startswith("tests/unit/"),
    )


class MarkGuard:
    """A plugin that fails a test that starts what it is not marked for.

    A fixture that is asked for by ``getfixturevalue`` is not among a test's ``fixturenames``, and
    ``-m "not spark"`` would run the test all the same.
    """

    _item: pytest.Item | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._item = item

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> None:
        marker = NEEDS.get(fixturedef.argname)
        if marker and self._item and self._item.get_closest_marker(marker) is None:
            pytest.fail(f"{self._item.nodeid} asks for {fixturedef.argname} and is not marked {marker}")
