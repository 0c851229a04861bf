"""Report: the cost and the state of the lake, written to ``LAKE/reports``, with the pages of its tables.

The report is Markdown, HTML and JSON. A lake that has not changed keeps its report: the three files are
written again only when a figure, a price or the layout changed, and only then are charts drawn. Each file is
replaced by one rename.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

from clearwell.model import Outcome
from clearwell.names import REPORTS
from clearwell.pages.build import render_pages
from clearwell.reports import (
    CATEGORIES,
    Owners,
    layout,
    load_prices,
    measure_overview,
    readable_cost,
    render_html,
    render_markdown,
)
from clearwell.tables import pending_attempts

if TYPE_CHECKING:
    from pathlib import Path

    from clearwell.flow.run import Run
    from clearwell.project.blocks import FreshnessSpec
    from clearwell.project.load import Project
    from clearwell.project.specs import ReportsSpec
    from clearwell.reports import Overview

__all__ = ["ReportResult", "report"]

_log = logging.getLogger("clearwell")

_TABLE_PAGES = "tables"


@dataclass(frozen=True)
class ReportResult:
    """The contents of a report, and where it is. Costs are exact decimals, as strings."""

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
    costs: dict[str, str] = field(default_factory=dict[str, str])
    rows: int = 0
    quarantined: int = 0
    checks: int = 0
    failing_checks: int = 0
    blocked: int = 0
    releases: int = 0
    pages: int = 0
    pages_written: int = 0

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of the report."""
        return self.markdown, self.html, self.json

    @property
    def summary(self) -> str:
        """One line, such as ``< 0.01 USD a month for 51,234 bytes (s3)``."""
        return f"{self.cost_text} a month for {self.bytes:,} bytes ({self.store})"

    @property
    def cost_text(self) -> str:
        """The cost with its currency, rounded for display."""
        return f"{readable_cost(Decimal(self.cost_per_month))} {self.currency}"


def report(run: Run, spec: ReportsSpec) -> ReportResult:
    """Measure the lake and write its report, unless the existing report is the same.

    Raises:
        ProjectError: the price sheet is missing or not valid.
        TableError: the lake's files differ from those in its tables' logs, or it is another project's.
    """
    run.lake.require_owner()
    sheet = load_prices(run.project.prices(spec))
    now = dt.datetime.now(dt.UTC)
    overview = measure_overview(
        run.lake,
        sheet,
        _owners(run.project),
        now.date(),
        pending=pending_attempts(run.lake),
        late=_late(run.project, now),
    )
    folder = run.lake.root / REPORTS
    base = spec.name.replace("_", "-")
    markdown, html, document = (folder / f"{base}.{kind}" for kind in ("md", "html", "json"))
    fingerprint = _fingerprint(overview)
    is_whole = markdown.is_file() and html.is_file()
    is_new = not is_whole or _fingerprint_of(document) != fingerprint
    if is_new:
        page = overview.page(f"{now:%Y-%m-%d %H:%M} UTC")
        _replace(markdown, render_markdown(page))
        _replace(html, render_html(page))
        # Last, because it records what the others contain.
        _replace(document, overview.to_json(made=now.isoformat(timespec="seconds"), fingerprint=fingerprint))
    there = {file.stem: _text_of(file) or "" for file in (folder / _TABLE_PAGES).glob("*.html")}
    pages = render_pages(run.project, run.lake, before=there, day=now.date().isoformat())
    written = _write_pages(folder, pages)
    cost = overview.cost
    storage = cost.storage
    usage = {name: storage.category(name) for name in CATEGORIES}
    result = ReportResult(
        name=spec.name,
        outcome=Outcome.BUILT if is_new or written else Outcome.UNCHANGED,
        markdown=markdown,
        html=html,
        json=document,
        bytes=storage.total.bytes,
        files=storage.total.files,
        cost_per_month=f"{cost.monthly:f}",
        currency=sheet.currency,
        store=cost.store,
        categories={name: used.bytes for name, used in usage.items()},
        costs={name: f"{cost.of(used):f}" for name, used in usage.items()},
        rows=sum(table.rows for table in overview.published),
        quarantined=overview.quarantined,
        checks=len(overview.checks.current),
        failing_checks=len(overview.checks.failing),
        blocked=len(overview.checks.held),
        releases=len(overview.releases),
        pages=len(pages),
        pages_written=written,
    )
    _log.info("%s: %s", spec.name, result.summary, extra={"passing": True})
    return result


def _owners(project: Project) -> Owners:
    return Owners(
        tables={name: spec.owners for name, spec in project.produced.items()},
        datasets={name: spec.owners for name, spec in project.datasets.items()},
    )


def _late(project: Project, now: dt.datetime) -> dict[str, dt.datetime]:
    """By table, the time since when its freshness wants new data."""
    windows: dict[str, FreshnessSpec | None] = {
        name: getattr(spec, "freshness", None) for name, spec in project.produced.items()
    }
    return {
        name: now - dt.timedelta(hours=window.fail_after_hours) for name, window in windows.items() if window
    }


def _write_pages(folder: Path, pages: dict[str, str]) -> int:
    """Update the pages in ``folder``, and delete those that are of no table; returns how many."""
    changed = 0
    for name, text in pages.items():
        if _text_of(folder / name) != text:
            _replace(folder / name, text)
            changed += 1
    for found in sorted((folder / _TABLE_PAGES).glob("*.html")):
        if f"{_TABLE_PAGES}/{found.name}" not in pages:
            found.unlink(missing_ok=True)
            changed += 1
    return changed


def _fingerprint(overview: Overview) -> str:
    """A hash of all figures and of how they are shown, without the time."""
    said = json.dumps(overview.document(), ensure_ascii=False)
    return hashlib.sha256(f"{layout()}\0{said}".encode()).hexdigest()


def _fingerprint_of(file: Path) -> str | None:
    try:
        return json.loads(file.read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _text_of(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _replace(path: Path, text: str) -> None:
    """Write a file so that readers see the complete old or new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{uuid4().hex}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
