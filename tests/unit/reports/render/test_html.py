"""The page is whole, asks nothing of the network, and nothing in it is taken for markup."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree

import pytest

import clearwell
from clearwell.reports import Page, Section, layout, render_html, render_markdown
from clearwell.reports.content import Figure, Table
from tests.unit.reports.figures import HOSTILE, overview

_VOID = ("meta", "link", "br", "img")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.styled: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.styled += [tag for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(text: str) -> _Tags:
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    return tags


def test_it_is_whole_and_asks_nothing_of_the_network() -> None:
    text = render_html(overview().page("2026-06-01"))
    tags = parsed(text)
    anchors = {link for link in tags.links if link.startswith("#")}
    assert anchors <= {f"#{id}" for id in tags.ids}
    assert set(tags.links) - anchors == {"index.html", "lineage.html"}
    assert not {"script", "link", "img", "iframe", "image", "use", "foreignobject"} & set(tags.seen)
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert "default-src 'none'" in unescape(text)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert 'name="viewport"' in text


def test_the_policy_lets_every_part_of_it_be_drawn() -> None:
    """The policy allows one hashed style sheet: so no part may have a style, or a handler, of its own."""
    tags = parsed(render_html(overview().page("now")))
    assert tags.styled == []
    assert len(tags.ids) == len(set(tags.ids))


def test_each_chart_is_an_image_with_words_and_a_table_of_its_figures() -> None:
    text = render_html(overview().page("now"))
    charts = re.findall(r'<svg [^>]*role="img" aria-labelledby="([\w-]+) ([\w-]+)">', text)
    assert len(charts) == 8
    for title, described in charts:
        assert f'<title id="{title}">' in text
        assert f'<desc id="{described}">' in text
    assert "role=" not in "".join(re.findall(r"<g[^>]*>", text))
    for figure in ("20,000", "12,556"):
        assert f">{figure}<" in text


def test_every_figure_section_and_chart_says_how_it_was_computed() -> None:
    page = overview().page("now")
    assert [f.label for f in page.figures] == [
        "Cost a month",
        "Bytes",
        "Rows",
        "Tables",
        "Quarantined rows",
        "Failing checks",
        "Newest release",
    ]
    assert all(figure.how for figure in page.figures)
    assert all(section.how for section in page.sections)
    assert all(chart.how for section in page.sections for chart in section.charts)
    hows = parsed(render_html(page)).text.count("How: ")
    assert hows == len(page.figures) + len(page.sections) + sum(len(s.charts) for s in page.sections)


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_no_name_is_taken_for_markup(render: object) -> None:
    text = render(overview(HOSTILE).page(HOSTILE))  # type: ignore[operator]
    assert "<script>" not in text.replace("\\<script\\>", "")
    if render is render_html:
        tags = parsed(text)
        assert "script" not in tags.seen
        assert f"gold_{HOSTILE}" in tags.text
        assert any(text.startswith(f"gold_{HOSTILE}: x") for text in tags.text)  # in a chart
    else:
        rows = [line for line in text.splitlines() if line.startswith("| gold")]
        assert {row.replace("\\|", "").count("|") for row in rows} <= {6, 7, 8, 9, 10, 11, 12}


def test_the_same_figures_give_the_same_text() -> None:
    first, second = overview(), overview()
    for render in (render_html, render_markdown):
        assert render(first.page("x")) == render(second.page("x"))
    assert first.to_json() == second.to_json()
    assert layout() == layout()


LAYOUT = """
from pathlib import Path
from clearwell.reports.render.html import layout
package = Path("clearwell")
files = ["reports/overview.py", "reports/measure/checks.py", "reports/render/static/report.css", "sizes.py"]
for file in [*(package / file for file in files), *package.glob("reports/render/templates/*")]:
    before = layout()
    with file.open("a") as out:
        out.write("\\n")
    print(file.name, layout() != before)
"""


def test_the_layout_is_another_when_anything_that_shows_figures_is(tmp_path: Path) -> None:
    """Or a report would stay as an earlier version drew it."""
    copytree(Path(clearwell.__file__).parent, tmp_path / "clearwell")
    command = [sys.executable, "-c", LAYOUT]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    said = dict(line.split() for line in done.stdout.splitlines())
    assert {"report.html.j2", "parts.html.j2", "document.html.j2"} <= set(said)
    assert set(said.values()) == {"True"}


def test_what_is_empty_says_so() -> None:
    table = Table("a table", ("a", "b"), (), frozenset({"a"}), empty="nothing came")
    figure = Figure("a figure", "1", "of one", "by counting")
    page = Page("t", "h", "m", (figure,), (Section("s", "a section", "by looking", (), (table,)),))
    for text in (render_html(page), render_markdown(page)):
        assert "nothing came" in text
        assert "<tbody>" not in text
        assert "by looking" in text
