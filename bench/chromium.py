"""A headless Chromium for pages that Clearwell writes: the one of the machine, none is fetched."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser

__all__ = ["find_chromium", "open_chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox, for it cannot be had as root in a container; no background work, for only our pages shall speak.
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """The path of the browser, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def open_chromium() -> Generator[Browser]:
    """The browser, until the block ends.

    Raises:
        RuntimeError: there is none.
    """
    from playwright.sync_api import sync_playwright

    if (path := find_chromium()) is None:
        raise RuntimeError(f"no Chromium: none of {', '.join(_NAMES)} is on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()
