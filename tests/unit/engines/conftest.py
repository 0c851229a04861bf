"""One embedded engine for each module that only asks it questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clearwell.engines.sail.engine import EmbeddedEngine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedEngine]:
    with EmbeddedEngine() as engine:
        yield engine
