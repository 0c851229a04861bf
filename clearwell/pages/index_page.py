"""The list of all pages of a lake: its reports, its lineage, and the Data Docs of each table."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from clearwell.reports.render.document import asset, document
from clearwell.reports.render.markup import Html, el, join, soft

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clearwell.pages.table_doc import TableDoc

__all__ = ["index_page"]


def index_page(lake: str, docs: Sequence[TableDoc], reports: Iterable[tuple[str, str]]) -> str:
    """The page. ``reports`` are names and addresses of the other reports, which lie beside it."""
    pages = [("Lineage", "lineage.html"), *reports]
    zones = dict.fromkeys(doc.zone for doc in docs)
    body = el(
        "main",
        el("h1", f"Pages of {lake}"),
        el("p", f"{len(docs):,} tables", class_="about"),
        el(
            "ul",
            [el("li", el("a", name, href=page, class_="button")) for name, page in pages],
            class_="pages",
        ),
        [_zone(zone, [doc for doc in docs if doc.zone == zone]) for zone in zones],
    )
    style = asset("page.css") + asset("table.css")
    return document(title=f"Pages of {lake}", body=body, style=style)


def _zone(zone: str, docs: Sequence[TableDoc]) -> Html:
    heads = [
        *(el("th", name, scope="col") for name in ("Table", "Checks")),
        *(el("th", name, scope="col", class_="number") for name in ("Rows", "Quarantined")),
    ]
    table = el(
        "table", el("thead", el("tr", heads)), el("tbody", [_line(doc) for doc in docs]), class_="tables"
    )
    return el(
        "section",
        el("h2", el("span", zone, class_=f"zone z-{zone}")),
        el("div", table, class_="scroll", role="region", tabindex=0, aria_label=f"Tables of {zone}"),
    )


def _line(doc: TableDoc) -> Html:
    state, word = _checks(doc)
    return el(
        "tr",
        el(
            "th",
            el("a", soft(doc.name), href=f"tables/{quote(doc.name)}.html"),
            el("small", doc.description) if doc.description else None,
            scope="row",
        ),
        el(
            "td",
            join(
                el("b", "new data rejected", class_="mark bad") if doc.blocked else None,
                " " if doc.blocked and word else None,
                el("span", word, class_=f"word {state}") if word else None,
            ),
        ),
        el("td", f"{doc.rows:,}" if doc.version is not None else "not built yet", class_="number"),
        el("td", f"{doc.quarantined:,}", class_="number"),
    )


def _checks(doc: TableDoc) -> tuple[str, str]:
    last = [(check, check.runs[-1].success) for check in doc.checks if check.runs and not check.is_gone]
    failed = [check for check, success in last if not success]
    if failed:
        state = "bad" if any(check.severity == "critical" for check in failed) else "warn"
        return state, f"{len(failed)} of {len(last)} fail"
    return ("good", f"{len(last)} pass") if last else ("none", "")
