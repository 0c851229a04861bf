"""What a lake's storage costs: its bytes by category, times a dated price.

Storage of a month = bytes / bytes per GB x price of a GB and month, at the sheet's default store. Requests,
retrieval and transfer are not in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearwell.reports.render import Page, Section
from clearwell.reports.storage import CATEGORIES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from decimal import Decimal

    from clearwell.reports.prices import Price, PriceSheet
    from clearwell.reports.storage import LakeStorage, Usage

__all__ = ["StorageCost", "money"]

_MEANING = {
    "live": "in a table's newest version",
    "tombstoned": "removed by a commit, kept for readers of older versions",
    "staged": "written by a run whose commit is still to come",
    "orphan": "left by an attempt that is over",
    "log": "Delta's log and checkpoints",
}


@dataclass(frozen=True)
class StorageCost:
    """A lake's storage at the prices of a sheet, as of a day (which only tells how old a price is)."""

    storage: LakeStorage
    sheet: PriceSheet
    today: dt.date

    @property
    def monthly(self) -> Decimal:
        """What the lake costs a month at the default store."""
        return self.sheet.cost(self.storage.total.bytes)

    def page(self, made: str) -> Page:
        """The report; ``made`` says when it was made."""
        total = self.storage.total
        files = f"{total.bytes:,} bytes in {total.files:,} files"
        return Page(
            title=f"Storage cost of {self.storage.name}",
            headline=f"{money(self.monthly)} {self.sheet.currency} a month for {files}",
            made=made,
            notes=tuple(self._notes()),
            sections=(self._tables(), self._categories(), self._parts(), self._stores()),
        )

    def to_json(self, **head: str) -> str:
        """All figures, after those of ``head``; costs and prices are texts, for they are exact decimals."""
        storage = self.storage
        document = {
            **head,
            "lake": storage.name,
            "currency": self.sheet.currency,
            "bytes_per_gb": self.sheet.bytes_per_gb,
            "store": self.sheet.default.store,
            "total": self._amount(storage.total),
            "categories": {name: self._amount(storage.category(name)) for name in CATEGORIES},
            "tables": [
                {
                    "name": table.name,
                    "version": table.version,
                    "rows": table.rows,
                    **self._amount(table.total),
                }
                | {"categories": {name: self._amount(table.usage[name]) for name in CATEGORIES}}
                for table in storage.tables
            ],
            "releases": [
                {
                    "name": release.name,
                    "current_version": release.current_version,
                    "versions": release.versions,
                }
                | self._amount(release.total)
                | {part: self._amount(getattr(release, part)) for part in ("current", "earlier", "rest")}
                for release in storage.releases
            ],
            "others": {name: self._amount(usage) for name, usage in storage.others.items()},
            "stores": [_price_json(p) | self._amount(storage.total, p) for p in self.sheet.prices],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def _amount(self, usage: Usage, price: Price | None = None) -> dict[str, Any]:
        cost = self.sheet.cost(usage.bytes, price)
        return {"bytes": usage.bytes, "files": usage.files, "cost_per_month": f"{cost:f}"}

    def _notes(self) -> Iterator[str]:
        price, sheet = self.sheet.default, self.sheet
        yield f"Price: {price.price} {sheet.currency} for a GB and month at {price.store}. {sheet.unit}."
        yield f"Seen on {price.as_of}: {price.source}."
        if price.is_old(self.today):
            yield "The price is more than a year old: renew the price sheet."
        spare = self.storage.category("tombstoned") + self.storage.category("orphan")
        yield (
            f"{spare.bytes:,} bytes ({self._cost(spare)} {sheet.currency} a month) are tombstoned or orphan; "
            "clearwell maintain frees them once no reader can need them."
        )
        yield (
            "Reconciled: live bytes are those that the tables' logs say, all others those of a listing, and "
            "together they are the listing's. This report's own folder is left out."
        )
        yield "Storage only: no requests, retrieval or transfer."

    def _tables(self) -> Section:
        head = ("table", "version", "rows", *CATEGORIES, "bytes", self._per_month)
        rows = tuple(
            (
                table.name,
                "-" if table.version is None else str(table.version),
                f"{table.rows:,}",
                *(f"{table.usage[name].bytes:,}" for name in CATEGORIES),
                f"{table.total.bytes:,}",
                self._cost(table.total),
            )
            for table in self.storage.tables
        )
        shares = tuple(tuple(t.usage[name].bytes for name in CATEGORIES) for t in self.storage.tables)
        return Section("Tables, in bytes", head, rows, frozenset({"table"}), CATEGORIES, shares)

    def _categories(self) -> Section:
        parts = [(name, self.storage.category(name), _MEANING[name]) for name in CATEGORIES]
        return self._usages("What the tables' bytes are", "category", parts)

    def _parts(self) -> Section:
        parts: list[tuple[str, Usage, str]] = []
        for release in self.storage.releases:
            sizes = (f"{part} {getattr(release, part).bytes:,}" for part in ("current", "earlier", "rest"))
            what = f"releases made: {release.versions}; bytes: {', '.join(sizes)}"
            parts.append((f"releases of {release.name}", release.total, what))
        for name, usage in self.storage.others.items():
            known = name == "control"
            what = "decisions, attempts, blocked batches" if known else "belongs to no table and no release"
            parts.append((name, usage, what))
        return self._usages("Releases and the rest", "part", parts)

    def _usages(self, title: str, first: str, parts: list[tuple[str, Usage, str]]) -> Section:
        rows = tuple((n, f"{u.bytes:,}", f"{u.files:,}", self._cost(u), what) for n, u, what in parts)
        head = (first, "bytes", "files", self._per_month, "what it is")
        return Section(title, head, rows, frozenset({first, "what it is"}))

    def _stores(self) -> Section:
        rows = tuple(
            (
                p.store,
                str(p.price),
                money(self.sheet.cost(self.storage.total.bytes, p)),
                f"{p.as_of}{' (more than a year ago)' if p.is_old(self.today) else ''}",
                p.source,
            )
            for p in self.sheet.prices
        )
        head = ("store", f"{self.sheet.currency} a GB and month", self._per_month, "seen", "source")
        return Section("The same bytes elsewhere", head, rows, frozenset({"store", "seen", "source"}))

    @property
    def _per_month(self) -> str:
        return f"{self.sheet.currency} a month"

    def _cost(self, usage: Usage) -> str:
        return money(self.sheet.cost(usage.bytes))


def money(amount: Decimal) -> str:
    """Two decimals; for less than one, three significant digits: 1,234.50, 0.0123, 0.0000456."""
    if amount >= 1 or not amount:
        return f"{amount:,.2f}"
    text = f"{amount:.{2 - amount.adjusted()}f}"
    return text.rstrip("0").rstrip(".")


def _price_json(price: Price) -> dict[str, str]:
    said = {
        "store": price.store,
        "price": f"{price.price:f}",
        "as_of": str(price.as_of),
        "source": price.source,
    }
    optional = ("provider", "service", "region", "tier", "url")
    return said | {key: getattr(price, key) for key in optional if getattr(price, key)}
