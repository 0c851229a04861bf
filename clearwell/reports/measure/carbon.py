"""Emissions of storage: disk energy of all copies, including cooling, times the grid's carbon intensity.

    carbon:
      wh_per_tb_hour: 0.65      # of one copy on its disk; 1 TB = 10^12 bytes
      copies: 6                 # that the store keeps
      pue: 1.135                # energy of the whole building / energy of its machines
      grid_g_per_kwh: 380.9     # of the region, by location
      as_of: 2024-03-25
      source: the source of the four figures

kg CO2e per month = TB x Wh per TB and hour x 730.5 hours x copies x PUE x g per kWh / 1,000,000. Making the
disks, computing, and network transfer are not included.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from clearwell.reports.measure.sheet import read_amount, read_day, read_mapping, read_text

if TYPE_CHECKING:
    import datetime as dt

    from clearwell.reports.measure.sheet import At
    from clearwell.yaml_lines import Document

__all__ = ["CARBON_SCHEMA", "Carbon", "read_carbon"]

_FIGURES = ("wh_per_tb_hour", "copies", "pue", "grid_g_per_kwh")
_TERABYTE = 10**12
_HOURS = Decimal("730.5")
_MILLION = 1_000_000
_EXACT = 200

_NUMBER = {"type": ["number", "string"], "minimum": 0, "pattern": "^[0-9.][0-9_.eE+-]*$"}

CARBON_SCHEMA: dict[str, Any] = {
    "description": "The energy and the emissions of a stored terabyte.",
    "type": "object",
    "properties": {
        **dict.fromkeys(_FIGURES, _NUMBER),
        "as_of": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "source": {"type": "string", "pattern": r"\S"},
    },
    "required": [*_FIGURES, "as_of", "source"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Carbon:
    """The figures of one store, with their date and source."""

    wh_per_tb_hour: Decimal
    copies: Decimal
    pue: Decimal
    grid_g_per_kwh: Decimal
    as_of: dt.date
    source: str

    def kilograms(self, size: int) -> Decimal:
        """CO2e of storing ``size`` bytes for a month, in kg, exactly."""
        with localcontext(prec=_EXACT):
            hours = Decimal(size) / _TERABYTE * self.wh_per_tb_hour * _HOURS
            return hours * self.copies * self.pue * self.grid_g_per_kwh / _MILLION


def read_carbon(document: Document, at: At, value: Any) -> Carbon:
    """The carbon figures of one store in a price sheet; raises ProjectError."""
    entry = read_mapping(document, at, value, what="carbon", required=(*_FIGURES, "as_of", "source"))
    hint = "a number, as in its source"
    figures = {
        key: read_amount(document, (*at, key), entry[key], what=f"a figure of {key}", hint=hint)
        for key in _FIGURES
    }
    day = read_day(document, (*at, "as_of"), entry["as_of"])
    return Carbon(**figures, as_of=day, source=read_text(document, (*at, "source"), entry["source"]))
