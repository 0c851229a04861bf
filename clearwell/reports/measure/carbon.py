"""What keeping bytes emits: energy of the disks of all copies, cooling included, times the grid's intensity.

    carbon:
      wh_per_tb_hour: 0.65      # of one copy on its disk; 1 TB = 10^12 bytes
      copies: 6                 # that the store keeps
      pue: 1.135                # power of the whole building / power of its machines
      grid_g_per_kwh: 380.9     # of the region, by location
      as_of: 2024-03-25
      source: where the four figures are from

kg CO2e a month = TB x Wh per TB and hour x 730.5 hours x copies x PUE x g per kWh / 1,000,000. Making the
disks, computing, and sending over networks are not in it.
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
    "description": "What keeping a terabyte there takes and emits.",
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
    """The figures of one store, when they were seen, and where."""

    wh_per_tb_hour: Decimal
    copies: Decimal
    pue: Decimal
    grid_g_per_kwh: Decimal
    as_of: dt.date
    source: str

    def kilograms(self, size: int) -> Decimal:
        """CO2e of keeping ``size`` bytes for a month, in kg, exactly."""
        with localcontext(prec=_EXACT):
            hours = Decimal(size) / _TERABYTE * self.wh_per_tb_hour * _HOURS
            return hours * self.copies * self.pue * self.grid_g_per_kwh / _MILLION


def read_carbon(document: Document, at: At, value: Any) -> Carbon:
    """What a price sheet says of one store; raises ProjectError."""
    entry = read_mapping(document, at, value, what="carbon", required=(*_FIGURES, "as_of", "source"))
    hint = "a number, as its source has it"
    figures = {
        key: read_amount(document, (*at, key), entry[key], what=f"a figure of {key}", hint=hint)
        for key in _FIGURES
    }
    day = read_day(document, (*at, "as_of"), entry["as_of"])
    return Carbon(**figures, as_of=day, source=read_text(document, (*at, "source"), entry["source"]))
