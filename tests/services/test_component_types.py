"""The shared description is Dagster's own."""

from __future__ import annotations

from tests.services.component_types import _MAKE, described


def test_it_is_what_dagster_makes_and_has_our_components() -> None:
    assert described() == dict(_MAKE(None).metadata or {})
    assert "clearwell.components.Table" in str(described())
