"""A storage that nobody measured: fixed figures, with names of one's choice in every place for names."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from clearwell.reports import (
    CATEGORIES,
    LakeStorage,
    Overview,
    Owners,
    Price,
    PriceSheet,
    ReleaseStorage,
    StorageCost,
    TableStorage,
    Usage,
)
from clearwell.reports.measure.checks import CheckHistory, CheckRun, Checks, Held
from clearwell.reports.measure.growth import Growth
from clearwell.reports.measure.quarantine import Rejected
from clearwell.reports.measure.releases import Release
from clearwell.tables import Point

HOSTILE = 'x"><script>alert(1)</script>|&`*'


def cost(name: str = "lake", source: str = "a page", as_of: dt.date = dt.date(2026, 5, 4)) -> StorageCost:
    """15,827 bytes in 24 files."""
    usage = {category: Usage(1000 * n, n) for n, category in enumerate(CATEGORIES, start=1)}
    table = TableStorage(f"gold_{name}", 3, 12_556, usage)
    empty = TableStorage("gold_begun", None, 0, dict.fromkeys(CATEGORIES, Usage()))
    release = ReleaseStorage("late_flights", 2, 2, Usage(400, 3), Usage(300, 3), Usage(50, 1))
    others = {"control": Usage(77, 2)}
    storage = LakeStorage(name, (table, empty), (release,), others, Usage(15_827, 24))
    prices = (
        Price("s3", Decimal("0.023"), as_of, source),
        Price("cold", Decimal("0.00099"), dt.date(2024, 1, 1), source),
    )
    owners = Owners({f"gold_{name}": (name,)}, {"late_flights": (name,)})
    return StorageCost(storage, PriceSheet("USD", 2**30, prices[0], prices), dt.date(2026, 6, 1), owners)


def overview(name: str = "lake") -> Overview:
    """Figures of every kind, with ``name`` wherever a name can stand."""
    at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    points = tuple(Point(n, at + dt.timedelta(days=n), 100 * n, 5000 * n) for n in range(5))
    run = CheckRun(1, "2026-05-01T01:02:03+00:00", success=False, unexpected=2, judged=9)
    return Overview(
        cost=cost(name, name),
        growth=Growth({f"gold_{name}": points, "silver_other": points[:3]}),
        quarantine=(Rejected(f"gold_{name}", 2, 11, {name: 2, "other": 1}),),
        checks=Checks(
            (CheckHistory(f"gold_{name}", name, "expect_x", "critical", "row", (run,)),),
            (Held(f"gold_{name}", run.at, 9, 1, (name,)),),
        ),
        releases=(
            Release(
                name,
                2,
                is_current=True,
                kind=name,
                created="2026-05-01T01:02:03+00:00",
                rows=10,
                splits={name: 7, "test": 3},
                fingerprint="0123456789abcdef",
                label=name,
                positive={name: (1, 7)},
                inputs=(f"gold_{name} version 1",),
            ),
            Release(name, 1, is_current=False, problem=f"not readable: {name}"),
        ),
    )
