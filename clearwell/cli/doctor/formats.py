"""What the doctor says of raw formats: those that are built in, and whether each plugin's can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearwell.cli.doctor.findings import Finding
from clearwell.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.sources import Offer

__all__ = ["examine_formats"]


def examine_formats() -> Iterator[Finding]:
    """One finding for all formats that are built in, and one for each that a plugin offers."""
    from clearwell.sources import FORMATS, offers

    yield Finding("raw formats", "ok", f"{', '.join(FORMATS)}, built in")
    for offer in offers():
        if not offer.is_built_in:
            yield _plugin(offer)


def _plugin(offer: Offer) -> Finding:
    from clearwell.sources import find_source

    name = f"raw format {offer.format}"
    if offer.wrong:
        hint = "no project can use it: take another name in its entry points, or uninstall it"
        return Finding(name, "warning", offer.wrong, hint)
    try:
        source = find_source(offer.format)
    except ProjectError as error:
        return Finding(name, "error", error.fact, error.hint)
    return Finding(name, "ok", f"version {source.version}, of {offer.package} ({offer.point.value})")
