from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.components.shop import make_shop
from tests.services.component_types import describe_once
from tests.services.dagster_home import make_databases

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.settings import Settings

describe_once()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DAGSTER_HOME",
        "CLEARWELL_AUTOMATION",
        "CLEARWELL_LAKE",
        "CLEARWELL_ENGINE",
        "SHOP_RAW",
        "SHOP_SCHEDULE",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    settings = make_shop(tmp_path / "shop")
    make_databases(settings)
    return settings
