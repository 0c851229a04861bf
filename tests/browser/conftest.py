"""A headless Chromium page for what only a browser can tell of our pages. Without Chromium they are skipped,
but not in continuous integration: there a missing browser is a failure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from bench.chromium import find_chromium, open_chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for these tests, and gone with them: its event loop is in the way of other tests' own."""
    if find_chromium() is None:
        why = "no Chromium: install Debian's package chromium"
        (pytest.fail if os.environ.get("CLEARWELL_CI") else pytest.skip)(why)
    with open_chromium() as browser:
        yield browser


class Opened:
    """Opens pages, each in a context of its own, and holds what it has seen go wrong."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._contexts: list[Any] = []
        self.errors: list[str] = []
        self.requests: list[str] = []

    def __call__(self, text: str, anchor: str = "", *, width: int = 1280, scheme: Any = "light") -> Page:
        file = self._folder / "page.html"
        file.write_text(text, encoding="utf-8")
        context = self._browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri() + anchor)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens a page's text. Nothing may be said on its console, and it may ask for nothing else."""
    opened = Opened(browser, tmp_path)
    yield opened
    opened.close()
    assert opened.errors == []
    assert {url.split("#")[0] for url in opened.requests} <= {(tmp_path / "page.html").as_uri()}


READ_TEXTS = """() => {
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const mix = (c, below, share = 1) => c * share + below * (1 - share);
  const over = (top, below) => top.slice(0, 3).map((c, i) => mix(c, below[i], top[3]));
  const light = (rgb) => {
    const part = rgb.map((c) => c / 255).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const chain = [];
    for (let at = element; at; at = at.parentElement) {
      chain.unshift(colour(getComputedStyle(at).backgroundColor));
    }
    const ground = chain.reduce((below, top) => over(top, below), [255, 255, 255]);
    const style = getComputedStyle(element);
    const ink = over(colour(element instanceof SVGElement ? style.fill : style.color), ground);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    found.push({ text: element.textContent.trim().slice(0, 40), ratio: (a + 0.05) / (b + 0.05) });
  }
  return found;
}"""
"""The contrast of each visible text with what is behind it, after WCAG 2.2's relative luminance."""


@pytest.fixture(scope="session")
def too_faint() -> Callable[[Page], list[str]]:
    """Says which texts of a page have less contrast than WCAG asks of small text: 4.5 to 1."""

    def read(page: Page) -> list[str]:
        texts = page.evaluate(READ_TEXTS)
        assert len(texts) > 5, "nothing was measured"
        return [f"{t['text']}: {t['ratio']:.2f}" for t in texts if t["ratio"] < 4.5]

    return read
