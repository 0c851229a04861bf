"""Small releases, as fixtures."""

from __future__ import annotations

from tests.unit.publishing.small import lake, release  # noqa: F401 - fixtures
