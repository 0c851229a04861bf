"""The cost of a lake's storage: its bytes by category, zone, table and owner, times a dated price.

Storage of a month = bytes / bytes per GB x price per GB and month, of the sheet's default store, or of the
store that the sheet names for a part of the lake. Requests, retrieval and transfer are not included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clearwell.reports.formats import money
from clearwell.reports.measure.shares import Owners, shares_by_owner, shares_by_zone
from clearwell.reports.measure.storage import CATEGORIES

if TYPE_CHECKING:
    import datetime as dt
    from decimal import Decimal

    from clearwell.reports.measure.prices import Price, PriceSheet
    from clearwell.reports.measure.shares import Share
    from clearwell.reports.measure.storage import LakeStorage, Usage

__all__ = ["StorageCost"]


@dataclass(frozen=True)
class StorageCost:
    """A lake's storage at the prices of a sheet, as of a day (which only shows how old a price is)."""

    storage: LakeStorage
    sheet: PriceSheet
    today: dt.date
    owners: Owners = field(default_factory=Owners)

    @property
    def monthly(self) -> Decimal:
        """The cost of the lake per month."""
        return self.of(self.storage.total)

    def of(self, usage: Usage) -> Decimal:
        """The monthly cost of some of the bytes, each at the price of its store."""
        return self.sheet.cost_where_it_lies(usage.bytes, usage.by_part)

    @cached_property
    def zones(self) -> tuple[Share, ...]:
        """The lake by zone."""
        return shares_by_zone(self.storage)

    @cached_property
    def by_owner(self) -> tuple[Share, ...]:
        """The lake by owner, the most expensive first."""
        return shares_by_owner(self.storage, self.owners)

    @property
    def formula(self) -> str:
        """How the cost is computed, with its numbers."""
        total, sheet = self.storage.total, self.sheet
        return " + ".join(
            f"{held:,} bytes / {sheet.bytes_per_gb:,} x {price.price} {sheet.currency} "
            f"({price.store}, seen {price.as_of})"
            for price, held in sheet.divide(total.bytes, total.by_part)
        )

    @property
    def store(self) -> str:
        """The store, or the stores, whose prices are used."""
        return ", ".join(price.store for price, _ in self.sheet.divide(0, dict.fromkeys(self.sheet.parts, 0)))

    def cost_text(self, usage: Usage) -> str:
        """The cost of some of the bytes, rounded for display, without the currency."""
        return money(self.of(usage))

    def document(self) -> dict[str, Any]:
        """All figures; costs and prices are strings, because they are exact decimals."""
        storage = self.storage
        return {
            "lake": storage.name,
            "currency": self.sheet.currency,
            "bytes_per_gb": self.sheet.bytes_per_gb,
            "store": self.store,
            "parts": {part: price.store for part, price in self.sheet.parts.items()},
            "total": self._amount(storage.total),
            "categories": {name: self._amount(storage.category(name)) for name in CATEGORIES},
            "zones": [self._share(share) for share in self.zones],
            "owners": [self._share(share) for share in self.by_owner],
            "tables": [
                {
                    "name": table.name,
                    "owner": self.owners.of_table(table.name),
                    "version": table.version,
                    "rows": table.rows,
                    **self._amount(table.total),
                    "categories": {name: self._amount(table.usage[name]) for name in CATEGORIES},
                }
                for table in storage.tables
            ],
            "releases": [
                {
                    "name": release.name,
                    "owner": self.owners.of_release(release.name),
                    "current_version": release.current_version,
                    "versions": release.versions,
                    **self._amount(release.total),
                    **{part: self._amount(getattr(release, part)) for part in ("current", "earlier", "rest")},
                }
                for release in storage.releases
            ],
            "others": {name: self._amount(usage) for name, usage in storage.others.items()},
            "stores": [
                _price_json(p, self.today) | self._amount(storage.total, p) for p in self.sheet.prices
            ],
        }

    def _share(self, share: Share) -> dict[str, Any]:
        return {
            "name": share.name,
            "tables": share.tables,
            "datasets": share.datasets,
            **self._amount(share.total),
            "parts": {name: self._amount(usage) for name, usage in share.parts.items()},
        }

    def _amount(self, usage: Usage, price: Price | None = None) -> dict[str, Any]:
        cost = self.sheet.cost(usage.bytes, price) if price else self.of(usage)
        return {"bytes": usage.bytes, "files": usage.files, "cost_per_month": f"{cost:f}"}


def _price_json(price: Price, today: dt.date) -> dict[str, Any]:
    said = {
        "store": price.store,
        "price": f"{price.price:f}",
        "as_of": str(price.as_of),
        "is_old": price.is_old(today),
        "source": price.source,
    }
    optional = ("provider", "service", "region", "tier", "url")
    return said | {key: getattr(price, key) for key in optional if getattr(price, key)}
