"""The cost of a lake's storage as sections of a report: by zone and owner, by table, and at what prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.names import EVENTS
from clearwell.reports.content import Bars, Cell, Section, Table
from clearwell.reports.formats import money, percent
from clearwell.reports.measure.shares import COLOURS, PARTS
from clearwell.reports.measure.storage import CATEGORIES, Usage
from clearwell.sizes import readable_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clearwell.reports.content import Row
    from clearwell.reports.measure.cost import StorageCost
    from clearwell.reports.measure.shares import Share
    from clearwell.reports.measure.storage import TableStorage

__all__ = ["cost_sections"]

MOST_TABLES = 50
"""A longer list is cut after the largest entries; the JSON has all."""

_MOST_BARS = 12
_MEANING = {
    "live": "in a table's newest version",
    "tombstoned": "removed by a commit, kept for readers of older versions",
    "staged": "written by a run that has not committed yet",
    "orphan": "left by an attempt that is over",
    "log": "Delta's log and checkpoints",
    "releases": "immutable releases and their manifests",
    "other": "decisions, lineage events, and files of no table and no release",
}
_OTHERS = {
    "control": "decisions, attempts, blocked batches",
    EVENTS.partition("/")[0]: "OpenLineage events, one file per day",
}


def cost_sections(cost: StorageCost) -> tuple[Section, Section, Section]:
    """By zone and owner; by table; prices, and the meaning of each category."""
    return _shares(cost), _tables(cost), _prices(cost)


def _shares(cost: StorageCost) -> Section:
    spare = cost.storage.category("tombstoned") + cost.storage.category("orphan")
    how = (
        f"Cost = bytes / {cost.sheet.bytes_per_gb:,} x {_price_text(cost)} per GB and month. "
        "Reconciled: live bytes are from the tables' logs, all others from a listing, and together they "
        "equal the listing. This report's own folder is excluded. "
        "Every byte is in one zone and has one owner, as in the project's YAML: a table's quarantine "
        "and file records belong to its owner; history, decisions and the rest belong to the lake; what "
        "several own together is not divided. "
        f"{spare.bytes:,} bytes ({cost.cost_text(spare)} {cost.sheet.currency} a month) are tombstoned or "
        "orphan; clearwell maintain deletes them once no reader can need them."
    )
    return Section(
        "cost",
        "Storage cost by zone and owner",
        how,
        (_bars("Bytes by zone", cost.zones), _bars("Bytes by owner", cost.by_owner)),
        (
            _share_table(cost, "By zone", "zone", cost.zones),
            _share_table(cost, "By owner", "owner", cost.by_owner),
        ),
    )


def _price_text(cost: StorageCost) -> str:
    """The price, or the prices of the parts of the lake in other stores."""
    sheet = cost.sheet
    default = f"{sheet.default.price} {sheet.currency}"
    if not sheet.parts:
        return default
    elsewhere = ", ".join(f"{part} {price.price} ({price.store})" for part, price in sheet.parts.items())
    return f"{default} ({sheet.default.store}; {elsewhere})"


def _bars(title: str, shares: Sequence[Share]) -> Bars:
    shown = list(shares[:_MOST_BARS])
    rows = [(share.name, tuple(share.parts[part].bytes for part in PARTS)) for share in shown]
    if rest := shares[_MOST_BARS:]:
        rows.append((f"{len(rest)} others", tuple(sum(s.parts[part].bytes for s in rest) for part in PARTS)))
    how = "Bytes of every file, by category. The same figures are in the table below."
    return Bars(title, how, "bytes", PARTS, tuple(rows), COLOURS)


def _share_table(cost: StorageCost, title: str, first: str, shares: Sequence[Share]) -> Table:
    whole = cost.storage.total

    def row(name: str, tables: int, datasets: int, usage: Usage) -> Row:
        return (
            name,
            f"{usage.bytes:,}",
            cost.cost_text(usage),
            percent(usage.bytes, whole.bytes),
            f"{usage.files:,}",
            f"{tables:,}",
            f"{datasets:,}",
        )

    head = (first, "bytes", _per_month(cost), "share", "files", "tables", "datasets")
    rows = tuple(row(s.name, s.tables, s.datasets, s.total) for s in shares)
    foot = row("total", sum(s.tables for s in shares), sum(s.datasets for s in shares), whole)
    return Table(title, head, rows, frozenset({first}), (foot,))


def _tables(cost: StorageCost) -> Section:
    tables = sorted(cost.storage.tables, key=lambda t: (-t.total.bytes, t.name))
    shown, rest = tables[:MOST_TABLES], tables[MOST_TABLES:]
    head = ("table", "owner", "bytes", _per_month(cost), "rows", "version", *CATEGORIES)
    foot = [_sum_row(cost, f"{len(rest):,} smaller tables", rest)] if rest else []
    foot.append(_sum_row(cost, f"all {len(tables):,} tables", tables))
    table = Table(
        "Tables, in bytes",
        head,
        tuple(_table_row(cost, table) for table in shown),
        frozenset({"table", "owner"}),
        tuple(foot),
        CATEGORIES,
    )
    how = (
        "Rows and live bytes are those of the newest version, from the table's log; tombstoned, staged and "
        "orphan files and the log itself are measured in the table's folder."
    )
    if rest:
        how += f" The {MOST_TABLES} largest of {len(tables):,} are shown; the JSON beside this page has all."
    return Section("tables", "Storage cost by table", how, tables=(table,))


def _table_row(cost: StorageCost, table: TableStorage) -> Row:
    sizes = tuple(table.usage[name].bytes for name in CATEGORIES)
    return (
        Cell(table.name, bar=sizes),
        cost.owners.of_table(table.name),
        f"{table.total.bytes:,}",
        cost.cost_text(table.total),
        f"{table.rows:,}",
        "-" if table.version is None else str(table.version),
        *(f"{size:,}" for size in sizes),
    )


def _sum_row(cost: StorageCost, name: str, tables: Iterable[TableStorage]) -> Row:
    of = list(tables)
    usage = {c: sum((t.usage[c] for t in of), Usage()) for c in CATEGORIES}
    total = sum(usage.values(), Usage())
    rows = f"{sum(t.rows for t in of):,}"
    sizes = (f"{usage[c].bytes:,}" for c in CATEGORIES)
    return (name, "", f"{total.bytes:,}", cost.cost_text(total), rows, "", *sizes)


def _prices(cost: StorageCost) -> Section:
    sheet = cost.sheet
    used = [price for price, _ in sheet.divide(0, dict.fromkeys(sheet.parts, 0))]
    told = (
        f"Price: {price.price} {sheet.currency} per GB and month at {price.store}. "
        f"Seen on {price.as_of}: {price.source}."
        + (" The price is more than a year old: renew the price sheet." if price.is_old(cost.today) else "")
        for price in used
    )
    how = f"{' '.join(told)} {sheet.unit}. Storage only: no requests, retrieval or transfer."
    return Section(
        "prices",
        "Prices, and what the bytes are",
        how,
        tables=(_categories(cost), _releases_and_rest(cost), _stores(cost)),
    )


def _categories(cost: StorageCost) -> Table:
    by_part = {part: sum((share.parts[part] for share in cost.zones), Usage()) for part in PARTS}
    parts = [(part, by_part[part], _MEANING[part]) for part in PARTS]
    return _usages(cost, "What the bytes are", "category", parts)


def _releases_and_rest(cost: StorageCost) -> Table:
    return _usages(cost, "Releases and the rest", "part", list(_parts(cost)))


def _parts(cost: StorageCost) -> Iterator[tuple[str, Usage, str]]:
    for release in cost.storage.releases:
        sizes = (f"{part} {getattr(release, part).bytes:,}" for part in ("current", "earlier", "rest"))
        what = f"releases made: {release.versions}; bytes: {', '.join(sizes)}"
        yield f"releases of {release.name}", release.total, what
    for name, usage in cost.storage.others.items():
        yield name, usage, _OTHERS.get(name, "belongs to no table and no release")


def _usages(cost: StorageCost, title: str, first: str, parts: Sequence[tuple[str, Usage, str]]) -> Table:
    rows = tuple((n, f"{u.bytes:,}", f"{u.files:,}", cost.cost_text(u), what) for n, u, what in parts)
    head = (first, "bytes", "files", _per_month(cost), "what it is")
    return Table(title, head, rows, frozenset({first, "what it is"}))


def _stores(cost: StorageCost) -> Table:
    total = cost.storage.total.bytes
    rows = tuple(
        (
            p.store,
            str(p.price),
            money(cost.sheet.cost(total, p)),
            f"{p.as_of}{' (more than a year ago)' if p.is_old(cost.today) else ''}",
            p.source,
        )
        for p in cost.sheet.prices
    )
    head = ("store", f"{cost.sheet.currency} per GB and month", _per_month(cost), "seen", "source")
    title = f"The same {readable_size(total, precise=True)} elsewhere"
    return Table(title, head, rows, frozenset({"store", "seen", "source"}))


def _per_month(cost: StorageCost) -> str:
    return f"{cost.sheet.currency} a month"
