"""Report: what the lake's storage costs, written to ``LAKE/reports`` as Markdown, HTML and JSON.

A lake that has not changed keeps its report: the three files are written anew only when a figure, a price
or the layout is another. Each file is replaced by one rename.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.model import Outcome
from clearwell.names import REPORTS
from clearwell.reports import (
    CATEGORIES,
    StorageCost,
    load_prices,
    measure,
    money,
    render_html,
    render_markdown,
)
from clearwell.tables import pending_attempts

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.flow.run import Run
    from clearwell.flow.specs import ReportsSpec

__all__ = ["ReportResult", "report"]

_log = logging.getLogger("clearwell")


@dataclass(frozen=True)
class ReportResult:
    """What a report says, and where it is. ``cost_per_month`` is an exact decimal, as text."""

    name: str
    outcome: Outcome
    markdown: Path
    html: Path
    json: Path
    bytes: int
    files: int
    cost_per_month: str
    currency: str
    store: str
    categories: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the report."""
        return self.markdown, self.html, self.json

    @property
    def summary(self) -> str:
        """One line for people, such as ``0.0012 USD a month for 51,234 bytes (s3)``."""
        return f"{self.cost_text} a month for {self.bytes:,} bytes ({self.store})"

    @property
    def cost_text(self) -> str:
        """The cost with its currency, rounded for people."""
        from decimal import Decimal

        return f"{money(Decimal(self.cost_per_month))} {self.currency}"


def report(run: Run, spec: ReportsSpec) -> ReportResult:
    """Measure the lake and write what it costs, unless the report that is there says the same.

    Raises:
        ProjectError: the price sheet is missing or not valid.
        TableError: the lake's files are not those that its tables' logs list.
    """
    sheet = load_prices(run.project.root / spec.prices)
    now = dt.datetime.now(dt.UTC)
    cost = StorageCost(measure(run.lake, pending=pending_attempts(run.lake)), sheet, now.date())
    folder = run.lake.root / REPORTS
    base = spec.name.replace("_", "-")
    paths = {kind: folder / f"{base}.{kind}" for kind in ("md", "html", "json")}
    fingerprint = _fingerprint(cost)
    is_new = _fingerprint_of(paths["json"]) != fingerprint or not all(p.is_file() for p in paths.values())
    if is_new:
        page = cost.page(f"{now:%Y-%m-%d %H:%M} UTC")
        folder.mkdir(parents=True, exist_ok=True)
        _replace(paths["md"], render_markdown(page))
        _replace(paths["html"], render_html(page))
        # Last, for it says of what the others are.
        _replace(paths["json"], cost.to_json(made=now.isoformat(timespec="seconds"), fingerprint=fingerprint))
    result = ReportResult(
        name=spec.name,
        outcome=Outcome.BUILT if is_new else Outcome.UNCHANGED,
        markdown=paths["md"],
        html=paths["html"],
        json=paths["json"],
        bytes=cost.storage.total.bytes,
        files=cost.storage.total.files,
        cost_per_month=f"{cost.monthly:f}",
        currency=sheet.currency,
        store=sheet.default.store,
        categories={name: cost.storage.category(name).bytes for name in CATEGORIES},
    )
    _log.info("%s: %s", spec.name, result.summary)
    return result


def _fingerprint(cost: StorageCost) -> str:
    """A hash of all that the report says, and of how, but for when it was made."""
    page = cost.page("")
    said = "\0".join([render_markdown(page), render_html(page), cost.to_json()])
    return hashlib.sha256(said.encode()).hexdigest()


def _fingerprint_of(file: Path) -> str | None:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _replace(path: Path, text: str) -> None:
    """Write a file that readers see whole, the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{uuid4().hex}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
