"""The costs of a lake besides its storage, and the emissions of its storage, as sections of a report.

Both appear only if the price sheet has figures for them: nothing is assumed.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from clearwell.reports.content import Section, Table
from clearwell.reports.formats import money
from clearwell.reports.measure.expenses import KINDS

if TYPE_CHECKING:
    from clearwell.reports.measure.cost import StorageCost
    from clearwell.reports.measure.expenses import Expense
    from clearwell.reports.measure.prices import Price

__all__ = ["other_costs_document", "other_costs_sections"]

_PLACES = 12


def other_costs_sections(cost: StorageCost) -> tuple[Section, ...]:
    """All costs by kind, and the carbon of storage."""
    sections: list[Section] = []
    if cost.sheet.expenses:
        sections.append(_expenses(cost))
    if _emitting(cost):
        sections.append(_carbon(cost))
    return tuple(sections)


def other_costs_document(cost: StorageCost) -> dict[str, Any]:
    """The same as plain data: sums per month by kind, in the sheet's currency, and kilograms."""
    said: dict[str, Any] = {}
    if cost.sheet.expenses:
        said["costs_by_kind"] = {kind: _text(amount) for kind, amount in _by_kind(cost).items()}
        said["expenses"] = [
            {
                "name": e.name,
                "kind": e.kind,
                "amount": f"{e.amount:f}",
                "months": e.months,
                "cost_per_month": _text(e.monthly),
                "as_of": str(e.as_of),
                "source": e.source,
            }
            for e in cost.sheet.expenses
        ]
    if emitting := list(_emitting(cost)):
        said["carbon"] = {
            "kg_co2e_per_month": f"{sum((kg for _, _, kg in emitting), Decimal()):f}",
            "stores": [
                {"store": price.store, "bytes": held, "kg_co2e_per_month": f"{kg:f}"}
                for price, held, kg in emitting
            ],
        }
    return said


def _by_kind(cost: StorageCost) -> dict[str, Fraction]:
    """Monthly sums; storage is paid regularly."""
    found = dict.fromkeys(KINDS, Fraction())
    found["opex"] += Fraction(cost.monthly)
    for expense in cost.sheet.expenses:
        found[expense.kind] += expense.monthly
    return found


def _expenses(cost: StorageCost) -> Section:
    sums = _by_kind(cost)
    currency = cost.sheet.currency
    head = ("what", "kind", f"{currency} a month", currency, "months", "seen", "source")
    storage = ("storage of this lake", KINDS["opex"], money(cost.monthly), "", "", "", "see above")
    foot = [(f"all {KINDS[kind]}", "", _money(amount), "", "", "", "") for kind, amount in sums.items()]
    foot.append(("total", "", _money(sum(sums.values(), Fraction())), "", "", "", ""))
    table = Table(
        "Total cost",
        head,
        (storage, *map(_row, cost.sheet.expenses)),
        frozenset({"what", "kind", "seen", "source"}),
        tuple(foot),
    )
    how = (
        "Monthly part of each amount = amount / months that it covers. CapEx is bought once, OpEx is paid "
        "regularly, hidden is on no invoice. Everything except storage is taken from the price sheet: what "
        "it does not name is not in the sum."
    )
    return Section("expenses", "CapEx, OpEx and hidden costs", how, tables=(table,))


def _row(expense: Expense) -> tuple[str, ...]:
    return (
        expense.name,
        KINDS[expense.kind],
        _money(expense.monthly),
        f"{expense.amount:,}",
        f"{expense.months:,}",
        str(expense.as_of),
        expense.source,
    )


def _emitting(cost: StorageCost) -> list[tuple[Price, int, Decimal]]:
    """The stores of the lake with carbon figures: bytes there, and kg CO2e per month."""
    total = cost.storage.total
    divided = cost.sheet.divide(total.bytes, total.by_part)
    return [(price, held, price.carbon.kilograms(held)) for price, held in divided if price.carbon]


def _carbon(cost: StorageCost) -> Section:
    emitting = _emitting(cost)
    figures = ("Wh per TB and hour", "copies", "PUE", "g per kWh")
    counted, total = sum(held for _, held, _ in emitting), cost.storage.total.bytes
    emitted = money(sum((kg for *_, kg in emitting), Decimal()))
    table = Table(
        "Carbon of storage",
        ("store", "bytes", "kg CO2e a month", *figures, "seen", "source"),
        tuple(_emission(*one) for one in emitting),
        frozenset({"store", "seen", "source"}),
        (("all", f"{counted:,}", emitted, *("",) * 6),),
    )
    rest = "" if counted == total else f" For {total - counted:,} bytes the sheet has no figures."
    how = (
        "kg CO2e a month = bytes / 10^12 x Wh per TB and hour x 730.5 hours x copies x PUE x g per kWh / "
        f"1,000,000. Making the disks, computing and network transfer are not included.{rest}"
    )
    return Section("carbon", "Carbon", how, tables=(table,))


def _emission(price: Price, held: int, kilograms: Decimal) -> tuple[str, ...]:
    carbon: Any = price.carbon
    figures = (carbon.wh_per_tb_hour, carbon.copies, carbon.pue, carbon.grid_g_per_kwh)
    seen = (str(carbon.as_of), carbon.source)
    return (price.store, f"{held:,}", money(kilograms), *(f"{figure:f}" for figure in figures), *seen)


def _money(amount: Fraction) -> str:
    return money(Decimal(_text(amount)))


def _text(amount: Fraction) -> str:
    """A quotient as a decimal string, rounded far beyond the precision of money."""
    whole = round(amount * 10**_PLACES)
    return f"{Decimal(whole).scaleb(-_PLACES):f}"
