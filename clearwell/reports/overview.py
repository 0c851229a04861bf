"""All contents of a lake's report: the figures at the top, the page, and all figures as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clearwell.datasets import open_release_store
from clearwell.names import RELEASES, TableName
from clearwell.reports.attention import attention_table, find_attention
from clearwell.reports.content import Figure, Page
from clearwell.reports.formats import money, percent, readable_cost
from clearwell.reports.measure.checks import measure_checks
from clearwell.reports.measure.cost import StorageCost
from clearwell.reports.measure.growth import PUBLISHED, measure_growth
from clearwell.reports.measure.history import read_builds
from clearwell.reports.measure.quarantine import measure_quarantine, quarantine_document, quarantine_section
from clearwell.reports.measure.releases import measure_releases, release_section, releases_document
from clearwell.reports.measure.storage import measure
from clearwell.reports.render.check_tables import check_section, check_state
from clearwell.reports.render.cost_tables import cost_sections
from clearwell.reports.render.other_costs import other_costs_document, other_costs_sections
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Mapping

    from clearwell.reports.attention import Finding
    from clearwell.reports.content import State
    from clearwell.reports.measure.checks import Checks
    from clearwell.reports.measure.growth import Growth
    from clearwell.reports.measure.prices import PriceSheet
    from clearwell.reports.measure.quarantine import Rejected
    from clearwell.reports.measure.releases import Release
    from clearwell.reports.measure.shares import Owners
    from clearwell.reports.measure.storage import TableStorage
    from clearwell.tables import Lake

__all__ = ["Overview", "measure_overview"]


@dataclass(frozen=True)
class Overview:
    """A lake at one time: its cost, growth, quarantine, failed checks and releases."""

    cost: StorageCost
    growth: Growth
    quarantine: tuple[Rejected, ...]
    checks: Checks
    releases: tuple[Release, ...]
    attention: tuple[Finding, ...] = ()

    @property
    def quarantined(self) -> int:
        """Rows in quarantine."""
        return sum(rejected.rows for rejected in self.quarantine)

    @property
    def published(self) -> tuple[TableStorage, ...]:
        """The tables that hold data."""
        return tuple(t for t in self.cost.storage.tables if TableName.parse(t.name).zone in PUBLISHED)

    def page(self, made: str) -> Page:
        """The report; ``made`` says when it was made."""
        cost, total = self.cost, self.cost.storage.total
        return Page(
            title=f"Lake report: {cost.storage.name}",
            headline=(
                f"{readable_cost(cost.monthly)} {cost.sheet.currency} a month for {total.bytes:,} bytes "
                f"in {total.files:,} files"
            ),
            made=made,
            figures=self._figures(),
            sections=self._sections(),
            attention=attention_table(self.attention),
        )

    def document(self) -> dict[str, Any]:
        """All figures, as plain data: the JSON beside the page, which decides whether a new page is due."""
        return {
            "needs_attention": [vars(finding) for finding in self.attention],
            **self.cost.document(),
            **other_costs_document(self.cost),
            "growth": self.growth.document(),
            "quarantine": quarantine_document(self.quarantine),
            "checks": self.checks.document(),
            "published": releases_document(self.releases),
            **({"unreadable": dict(found)} if (found := self.cost.storage.unreadable) else {}),
        }

    def to_json(self, **head: str) -> str:
        """The document after the entries of ``head``."""
        return json.dumps({**head, **self.document()}, indent=1, ensure_ascii=False) + "\n"

    def _sections(self) -> tuple[Any, ...]:
        cost, tables, prices = cost_sections(self.cost)
        return (
            cost,
            self.growth.section(),
            check_section(self.checks),
            quarantine_section(self.quarantine),
            release_section(self.releases),
            tables,
            prices,
            *other_costs_sections(self.cost),
        )

    def _figures(self) -> tuple[Figure, ...]:
        cost, storage, total = self.cost, self.cost.storage, self.cost.storage.total
        live = storage.category("live")
        records = len(storage.tables) - len(self.published)
        delivered = sum(rejected.delivered for rejected in self.quarantine)
        where = f"{len(self.quarantine)} of {len(self.published)} tables"
        share = f"{percent(self.quarantined, delivered)} of the rows delivered to {where}"
        return (
            Figure(
                "Cost a month",
                f"{readable_cost(cost.monthly)} {cost.sheet.currency}",
                f"at {cost.store}",
                cost.formula,
                exact=f"{money(cost.monthly)} {cost.sheet.currency}",
            ),
            Figure(
                "Bytes",
                readable_size(total.bytes, precise=True),
                f"{total.bytes:,} bytes, {percent(live.bytes, total.bytes)} live",
                f"a listing of {total.files:,} files, without this report's; live by the tables' logs",
            ),
            Figure(
                "Rows",
                f"{sum(table.rows for table in self.published):,}",
                "in bronze, silver and gold",
                "the records that the logs of these tables count in their live files",
            ),
            Figure(
                "Tables",
                f"{len(self.published):,}",
                f"and {records:,} of Clearwell's own records",
                "folders with a Delta log in bronze, silver and gold; quarantine, files and history",
            ),
            Figure(
                "Quarantined rows",
                f"{self.quarantined:,}",
                share if self.quarantine else "nothing was kept out",
                "rows in the quarantine tables that count for the present contents of their tables",
                "warn" if self.quarantine else "good",
            ),
            self._failing(),
            self._newest(),
            *self._unreadable(),
        )

    def _unreadable(self) -> Iterator[Figure]:
        if found := self.cost.storage.unreadable:
            names = ", ".join(found)
            how = "tables whose log cannot be opened; their files count as live, their rows as none"
            yield Figure("Unreadable tables", f"{len(found):,}", f"clearwell repair: {names}", how, "bad")

    def _failing(self) -> Figure:
        failing, current = self.checks.failing, self.checks.current
        severities = [history.severity for history in failing]
        said = ", ".join(
            f"{severities.count(severity)} {severity}"
            for severity in ("critical", "warning", "info")
            if severity in severities
        )
        held = f"{len(self.checks.held)} blocked; " if self.checks.held else ""
        states = {check_state(severity) for severity in severities}
        state: State = next((s for s in ("bad", "warn", "info") if s in states), "good")
        return Figure(
            "Failing checks",
            f"{len(failing):,}",
            f"{held}{said or 'all passed'}, of {len(current):,}",
            "checks that failed on the newest batch of their table, a blocked batch included",
            "bad" if held else state,
        )

    def _newest(self) -> Figure:
        how = "the manifest with the latest time of creation"
        readable = [release for release in self.releases if not release.problem]
        if not readable:
            return Figure("Newest release", "none", "nothing has been released yet", how)
        newest = max(readable, key=lambda r: (r.created, r.dataset, r.version))
        when = newest.created[:16].replace("T", " ")
        return Figure(
            "Newest release", f"{newest.dataset} v{newest.version}", f"{newest.rows:,} rows, {when} UTC", how
        )


def measure_overview(
    lake: Lake,
    sheet: PriceSheet,
    owners: Owners,
    today: dt.date,
    *,
    pending: Collection[str] = (),
    late: Mapping[str, dt.datetime] | None = None,
) -> Overview:
    """Measure ``lake``: every figure at the same versions of its tables.

    Args:
        lake: The lake.
        sheet: The prices.
        owners: Who owns which table and dataset.
        today: The current date, which only shows how old a price is.
        pending: Ids of the attempts whose staged files may still be needed.
        late: By table, the time since when its freshness wants new data.

    Raises:
        TableError: the lake's files differ from those in its tables' logs.
    """
    storage = measure(lake, pending=pending)
    builds = read_builds(storage)
    growth, checks = measure_growth(lake, storage), measure_checks(lake, storage, builds)
    return Overview(
        cost=StorageCost(storage, sheet, today, owners),
        growth=growth,
        quarantine=measure_quarantine(lake, storage, builds),
        checks=checks,
        releases=measure_releases(open_release_store(lake.store.absolute(RELEASES)), storage),
        attention=find_attention(checks, growth, builds, storage.unreadable, late or {}),
    )
