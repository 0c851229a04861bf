"""Data Docs of one table: what it is, how it is, and what was found out about it. No row, no value.

A page is made of plain data and is the same for the same data. It shows counts, names and what a suite's
author wrote; a value of a row stands nowhere in it, whether the column is personal or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.pages.check_list import check_list
from clearwell.pages.lineage_page import lineage_anchor
from clearwell.reports.render.document import asset, document
from clearwell.reports.render.markup import Html, el, join, soft
from clearwell.reports.render.sparkline import Bar, strip
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from clearwell.model import FileCounts
    from clearwell.pages.table_doc import BatchDoc, ColumnDoc, TableDoc

__all__ = ["moment", "table_page"]

MOST_FILES = 50
MOST_SOURCES = 6
_LINEAGE, _INDEX = "../lineage.html", "../index.html"
_HOW = {"IDENTITY": "as it is", "TRANSFORMATION": "computed", "AGGREGATION": "aggregated"}


def table_page(doc: TableDoc) -> str:
    """The page, for ``tables/<name>.html`` beside ``lineage.html`` and ``index.html``."""
    body = join(
        el(
            "header",
            el("nav", el("a", "All pages", href=_INDEX), aria_label="Pages"),
            _link("Lineage", f"{_LINEAGE}#{lineage_anchor(doc.name)}", "button"),
            class_="top",
        ),
        el(
            "main",
            _head(doc),
            _blocked(doc),
            _ways(doc),
            _section("columns", f"Columns ({len(doc.columns)})", _columns(doc)) if doc.columns else None,
            _section("checks", f"Checks ({len(doc.checks)})", check_list(doc.checks, doc.suite)),
            _section("quarantine", f"Quarantine ({doc.quarantined:,})", _quarantine(doc)),
            _section("files", f"Raw files ({len(doc.files):,})", _files(doc)) if doc.files else None,
        ),
    )
    return document(title=f"{doc.name}: Data Docs", body=body, style=asset("page.css") + asset("table.css"))


def moment(when: datetime | None) -> str:
    """A time as people read it, in UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "unknown"


def _link(text: str, href: str, class_: str = "") -> Html:
    return el("a", soft(text), href=href, class_=class_) if href else el("span", soft(text), class_=class_)


def _section(id: str, title: str, *content: Html | None) -> Html:
    return el("section", el("h2", title, id=f"{id}-title"), *content, id=id, aria_labelledby=f"{id}-title")


def _head(doc: TableDoc) -> Html:
    last = doc.batches[-1] if doc.batches else None
    facts: list[tuple[str, str | Iterable[str]]] = []
    if doc.version is None:
        facts.append(("State", "not built yet: clearwell run builds it"))
    else:
        facts += [
            ("Rows", f"{doc.rows:,}"),
            ("Size", readable_size(doc.bytes)),
            ("Version", f"{doc.version:,}"),
        ]
    if last:
        facts.append(("Last build", moment(last.when)))
        facts.append(("It brought", _brought(last)))
    if doc.owners:
        facts.append(("Owners", ", ".join(doc.owners)))
    if doc.license:
        facts.append(("Licence", doc.license))
    if doc.tags:
        facts.append(
            (
                "Tags",
                [el("span", f"{key}: {value}", class_="mark") for key, value in sorted(doc.tags.items())],
            )
        )
    return join(
        el("p", el("span", doc.zone, class_=f"zone z-{doc.zone}"), class_="path"),
        el("h1", soft(doc.name)),
        el("p", doc.description, class_="about") if doc.description else None,
        el("dl", [el("div", el("dt", name), el("dd", value)) for name, value in facts], class_="facts"),
        _batches(doc),
    )


def _brought(batch: BatchDoc) -> str:
    if batch.is_void:
        return "nothing: the batch was voided"
    return f"{batch.accepted:,} rows ({batch.mode}), {batch.quarantined:,} quarantined"


def _batches(doc: TableDoc) -> Html | None:
    if len(doc.batches) < 2:
        return None
    most = max(batch.accepted for batch in doc.batches) or 1
    bars = [
        Bar(
            b.accepted / most,
            "faint" if b.is_void else "accent",
            f"batch {b.number}, {moment(b.when)}: {_brought(b)}",
        )
        for b in doc.batches
    ]
    label = f"Rows accepted by the last {len(bars)} batches, at most {most:,}"
    return el("figure", strip(bars, label), el("figcaption", label), class_="batches")


def _blocked(doc: TableDoc) -> Html | None:
    if not doc.blocked:
        return None
    unchanged = (
        "There is no published table yet." if doc.version is None else "The published table is unchanged."
    )
    return el(
        "div",
        [
            join(
                el(
                    "p",
                    el("strong", f"New data was rejected: {block.rows:,} records are kept out. "),
                    unchanged,
                ),
                el("ul", [el("li", text) for text in block.checks]) if block.checks else None,
                el("p", f"{len(block.files):,} raw files set aside: {_paths(block.files)}")
                if block.files and not block.checks
                else None,
                el(
                    "p",
                    f"Since {block.when}. ",
                    el("code", f"clearwell quarantine {doc.name} --blocked"),
                    " says more.",
                ),
            )
            for block in doc.blocked
        ],
        class_="note bad",
        role="alert",
    )


def _paths(files: tuple[FileCounts, ...]) -> str:
    more = f" and {len(files) - 3:,} more" if len(files) > 3 else ""
    return ", ".join(file.path for file in files[:3]) + more


def _ways(doc: TableDoc) -> Html | None:
    if not doc.before and not doc.after:
        return None

    def side(title: str, ways: tuple[tuple[str, str], ...]) -> Html:
        items = [el("li", _link(name, page or f"{_LINEAGE}#{lineage_anchor(name)}")) for name, page in ways]
        return el(
            "div", el("h3", title), el("ul", items) if items else el("p", "nothing yet", class_="faint")
        )

    return el("div", side("Made from", doc.before), side("Used by", doc.after), class_="ways")


def _columns(doc: TableDoc) -> Html:
    rows = [
        el(
            "tr",
            el(
                "th",
                el("a", soft(column.name), href=f"{_LINEAGE}#{lineage_anchor(doc.name, column.name)}"),
                el("b", "personal", class_="mark personal") if column.is_personal else None,
                scope="row",
            ),
            el(
                "td", el("code", column.type), None if column.nullable else el("b", "not null", class_="mark")
            ),
            el("td", _sources(doc, column)),
        )
        for column in doc.columns
    ]
    heads = [el("th", head, scope="col") for head in ("Column", "Type", "Comes from")]
    return _scroll("Columns", el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="columns"))


def _sources(doc: TableDoc, column: ColumnDoc) -> Html:
    """Where a column comes from, table by table: ``year, month of bronze_flights, computed``."""
    if not column.edges:
        return el("span", "from no column" if doc.has_lineage else "not recorded yet", class_="faint")
    groups: dict[tuple[str, str, bool], list[str]] = {}
    for edge in column.edges:
        groups.setdefault((edge.source, edge.subtype, edge.blurred), []).append(edge.source_column)
    parts: list[Html] = []
    for (source, subtype, blurred), columns in groups.items():
        if not source:
            is_missing = subtype == "MISSING"
            parts.append(
                el("b", "origin unknown" if is_missing else "constant", class_=f"mark{' bad' * is_missing}")
            )
            continue
        links = [
            el("a", name or "rows", href=f"{_LINEAGE}#{lineage_anchor(source, name)}") for name in columns
        ]
        more = len(links) - MOST_SOURCES
        rest = el("a", f"{more} more", href=f"{_LINEAGE}#{lineage_anchor(doc.name, column.name)}")
        shown = [*links[:MOST_SOURCES], *([rest] if more > 0 else [])]
        commas = [part for link in shown for part in (", ", link)][1:]
        how = f"{_HOW.get(subtype, subtype.lower())}{', perhaps' if blurred else ''}"
        parts.append(el("span", commas, el("small", f" of {source}, {how}"), class_="source"))
    return join(parts)


def _quarantine(doc: TableDoc) -> Html:
    if not doc.quarantine:
        return el("p", "Nothing was kept out." if doc.version is not None else "Nothing yet.", class_="faint")
    most = max(count for _, count in doc.quarantine)
    rows = [
        el(
            "tr",
            el("th", reason, scope="row"),
            el("td", f"{count:,}", class_="number"),
            el("td", strip([Bar(1, "warn")], width=max(1.0, 100 * count / most)), class_="bar"),
        )
        for reason, count in doc.quarantine
    ]
    note = el(
        "p",
        "A row that fails several checks counts for each. ",
        el("code", f"clearwell quarantine {doc.name}"),
        " shows the rows.",
    )
    heads = [
        el("th", "Reason", scope="col"),
        el("th", "Rows", scope="col", class_="number"),
        el("td", aria_hidden="true"),
    ]
    return join(_scroll("Quarantine", el("table", el("thead", el("tr", heads)), el("tbody", rows))), note)


def _files(doc: TableDoc) -> Html:
    def line(head: Html, *counts: int) -> Html:
        return el("tr", head, [el("td", f"{count:,}", class_="number") for count in counts])

    shown = doc.files[-MOST_FILES:][::-1]
    rows = [
        line(el("th", f.path or f.file_id, scope="row"), f.delivered, f.accepted, f.quarantined, f.blocked)
        for f in shown
    ]
    names = ("delivered", "accepted", "quarantined", "blocked")
    sums = [sum(getattr(file, name) for file in doc.files) for name in names]
    heads = [el("th", "File", scope="col"), *(el("th", name, scope="col", class_="number") for name in names)]
    table = el(
        "table",
        el("thead", el("tr", heads)),
        el("tbody", rows),
        el("tfoot", line(el("th", f"all {len(doc.files):,}", scope="row"), *sums)),
    )
    kept = f"The newest {len(shown)} of {len(doc.files):,}; " if len(shown) < len(doc.files) else ""
    return join(_scroll("Raw files", table), el("p", f"{kept}delivered = accepted + quarantined + blocked."))


def _scroll(name: str, table: Html) -> Html:
    return el("div", table, class_="scroll", role="region", tabindex=0, aria_label=name)
