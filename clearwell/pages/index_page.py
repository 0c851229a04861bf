"""The list of all pages of a lake: its reports, its lineage, and the Data Docs of each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.reports.render.document import asset, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearwell.pages.table_doc import TableDoc

__all__ = ["index_page"]


def index_page(lake: str, docs: Sequence[TableDoc], reports: Iterable[tuple[str, str]]) -> str:
    """The page. ``reports`` are names and addresses of the other reports, in the same folder."""
    zones = dict.fromkeys(doc.zone for doc in docs)
    return document(
        "pages/templates/index.html.j2",
        title=f"Pages of {lake}",
        style=asset("reports/render/static/page.css") + asset("pages/static/table.css"),
        pages=[("Lineage", "lineage.html"), *reports],
        tables=len(docs),
        zones={zone: [doc for doc in docs if doc.zone == zone] for zone in zones},
        verdict=_verdict,
    )


def _verdict(doc: TableDoc) -> tuple[str, str]:
    """The severity of the last results of the table's checks, and their summary."""
    last = [(check, check.runs[-1].success) for check in doc.checks if check.runs and not check.is_gone]
    failed = [check for check, success in last if not success]
    if failed:
        state = "bad" if any(check.severity == "critical" for check in failed) else "warn"
        return state, f"{len(failed)} of {len(last)} fail"
    return ("good", f"{len(last)} pass") if last else ("none", "")
