"""Charts are drawn without a browser: well-formed, in the page's colours, the same for the same figures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearwell.reports.content import Bars, Lines
from clearwell.reports.render.charts import draw, ticks
from tests.unit.reports.figures import HOSTILE

BARS = Bars(
    "bars", "by hand", "bytes", ("live", "log"), (("a", (100, 3)), ("b", (0, 20))), ("part0", "part4")
)
DAY = 86_400_000
LINES = Lines("lines", "by hand", "rows", (("a", ((0, 0), (DAY, 5000))), ("b", ((DAY // 2, 70),))))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("chart", [BARS, LINES], ids=["bars", "lines"])
def test_a_drawing_is_well_formed_and_says_what_it_shows(chart: Bars | Lines) -> None:
    root = ElementTree.fromstring(draw(chart, "c"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "c-title c-desc"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == chart.title
    described = root[1].text or ""
    assert ("103 bytes" if chart is BARS else "a 5,000") in described
    assert not [e for e in root.iter() if e.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}use")]


def test_colours_are_those_of_the_style_sheet_and_serve_light_and_dark() -> None:
    fills = set(re.findall(r'(?:fill|stroke)="([^"]+)"', draw(BARS, "b") + draw(LINES, "l")))
    colours = {fill for fill in fills if not fill.startswith(("none", "transparent", "url("))}
    assert {"var(--part0)", "var(--part4)", "var(--hue0)", "var(--hue1)", "var(--text)"} <= colours
    assert {c for c in colours if not c.startswith("var(--")} == set()


def test_the_same_figures_are_drawn_the_same_and_ids_do_not_meet() -> None:
    first, again, other = draw(BARS, "a"), draw(BARS, "a"), draw(BARS, "b")
    assert first == again
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, other)]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])
    for text, known in zip((first, other), ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", text)) <= known


def test_hostile_names_stay_text() -> None:
    hostile = f'{HOSTILE} id="clip1" url(#x)'
    bars = Bars(hostile, "", "rows", (hostile,), ((hostile, (3,)),), ("part1",))
    root = ElementTree.fromstring(draw(bars, "c"))
    texts = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert any(text.startswith('x"><script>') for text in texts)
    assert root[0].text == hostile


def run(code: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    )
    return done.stdout


def test_no_time_zone_and_no_language_is_in_a_drawing() -> None:
    code = "from tests.unit.reports.render.test_charts import *; print(draw(LINES, 'c'))"
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[4]), os.environ.get("PYTHONPATH")]))
    there = run(code, TZ="Asia/Tokyo", LANG="de_DE.UTF-8", LC_ALL="de_DE.UTF-8", PYTHONPATH=path)
    assert there == draw(LINES, "c") + "\n"
    assert "Jan 01 00:00" in there
    assert "1970, UTC" in there


def test_nothing_is_loaded_before_something_is_drawn() -> None:
    code = "import sys, clearwell.reports, clearwell.flow.report; print('vl_convert' in sys.modules)"
    assert run(code) == "False\n"


@given(top=st.integers(0, 10**16), unit=st.sampled_from(["bytes", "rows"]))
def test_ticks_are_few_and_reach_beyond_the_largest_value(top: int, unit: str) -> None:
    values, factor, _ = ticks(top, unit)
    assert values[0] == 0
    assert values[-1] >= max(top, 1)
    assert 2 <= len(values) <= 7
    assert values == sorted(set(values))
    assert factor <= max(top, 1)
