"""Names of raw formats to their readers: four are built in, others are entry points of installed packages.

    [project.entry-points."clearwell.sources"]
    toml_lines = "toml_lines:TomlLines"

Listing them imports none. A package cannot use the name of a built-in one, and two packages cannot share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from clearwell.errors import ClearwellError, ProjectError, did_you_mean
from clearwell.names import IDENTIFIER

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FORMATS", "GROUP", "Offer", "find_offer", "format_names", "load_offer", "offers"]

GROUP = "clearwell.sources"

_BUILT_IN = {
    "csv": "clearwell.sources.formats.csv:Csv",
    "jsonl": "clearwell.sources.formats.json:JsonLines",
    "parquet": "clearwell.sources.formats.parquet:Parquet",
    "text": "clearwell.sources.formats.text:Text",
}

FORMATS = tuple(_BUILT_IN)
"""The formats that are built in."""


@dataclass(frozen=True)
class Offer:
    """An offered format: ``point`` is the entry point of its class, ``package`` the package."""

    point: EntryPoint
    package: str

    @property
    def format(self) -> str:
        """Its name in YAML."""
        return self.point.name

    @property
    def is_built_in(self) -> bool:
        """Whether it needs no plugin."""
        return self.point.value == _BUILT_IN.get(self.format)

    @property
    def wrong(self) -> str | None:
        """Why it cannot be used; None if its name is valid."""
        if self.is_built_in:
            return None
        if self.format in FORMATS:
            return f"{self.package} offers the format {self.format!r}, which is built in"
        if not IDENTIFIER.fullmatch(self.format):
            return f"{self.package} offers {self.format!r}, which cannot name a format"
        return None


def offers() -> tuple[Offer, ...]:
    """All offered formats, by name: built-in ones first."""
    built_in = [Offer(EntryPoint(name, value, GROUP), "clearwell") for name, value in _BUILT_IN.items()]
    found = [_offer(point) for point in entry_points(group=GROUP)]
    return (*built_in, *sorted(found, key=lambda offer: (offer.format, offer.package)))


def format_names() -> tuple[str, ...]:
    """The formats that YAML may name: built-in ones first."""
    return tuple(dict.fromkeys(offer.format for offer in offers() if offer.wrong is None))


def find_offer(format: str, *, place: str | None = None) -> Offer:
    """The reader of ``format``.

    Raises:
        ProjectError: there is none, or two packages offer it; ``place`` is the ``file:line`` that names it.
    """
    if format in FORMATS:
        return Offer(EntryPoint(format, _BUILT_IN[format], GROUP), "clearwell")
    found = [offer for offer in offers() if offer.format == format and offer.wrong is None]
    if not found:
        known = format_names()
        hint = did_you_mean(format, known) or f"one of {', '.join(known)}; another format needs a plugin"
        raise ProjectError(f"{format!r} is not {_either(known)}", place=place, hint=hint)
    if len(found) > 1:
        packages = [offer.package for offer in found]
        raise ProjectError(
            f"the format {format!r} is offered by {' and by '.join(packages)}",
            place=place,
            hint=f"uninstall all of them but one: pip uninstall {packages[-1].partition(' ')[0]}",
        )
    return found[0]


def load_offer(offer: Offer, *, place: str | None = None) -> Any:
    """The imported class of the entry point.

    Raises:
        ProjectError: it cannot be imported; the text names the package and the reason.
    """
    try:
        return offer.point.load()
    except ClearwellError:
        raise
    except (Exception, SystemExit) as error:
        raise ProjectError(
            f"format {offer.format!r} of {offer.package} cannot be loaded: {type(error).__name__}: {error}",
            place=place,
            hint=f"it is the plugin {offer.point.value}: reinstall it, or see its documentation",
        ) from error


def _offer(point: EntryPoint) -> Offer:
    return Offer(point, f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package")


def _either(names: Iterable[str]) -> str:
    *most, last = map(repr, names)
    return f"{', '.join(most)} or {last}"
