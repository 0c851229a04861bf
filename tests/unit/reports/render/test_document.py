"""A page runs and draws only what is its own, and its data comes out as it went in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from clearwell.reports.render.document import document, environment
from tests.unit.reports.reading import Reader, allowed, hashed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


# Without carriage returns and NUL, which the parser of HTML itself replaces.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1)
FRAME = "reports/render/templates/document.html.j2"


def test_the_policy_names_the_style_and_the_script_and_no_other() -> None:
    page = Reader(document(FRAME, title="t", style="p > b { color: red }", script="let a = 1 < 2;", data=[]))
    assert page.policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; ")
    assert allowed(page.policy, "style-src") == [hashed(text) for text in page.inline["style"]]
    assert allowed(page.policy, "script-src") == [hashed(text) for text in page.inline["script"]]
    assert "unsafe" not in page.policy


def test_a_page_without_a_script_allows_none() -> None:
    page = Reader(document(FRAME, title="t", style=""))
    assert "script" not in page.tags
    assert allowed(page.policy, "script-src") == []


@given(JSON | st.sampled_from(["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028&lt;"]))
def test_data_comes_out_as_it_went_in_and_ends_nothing(data: Any) -> None:
    text = document(FRAME, title="t", style="", script="", data=[data])
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(block) == [data]
    assert not set("<>&") & set(block)
    text.encode()  # even half of a character can be written


def test_a_title_is_text() -> None:
    assert Reader(document(FRAME, title="</title><b>", style="")).text == "</title><b>"


@given(TEXT, TEXT)
def test_a_text_and_an_attribute_are_read_back_as_they_were(text: str, value: str) -> None:
    template = environment().from_string('<p aria-label="{{ value }}">{{ text }}</p>')
    read = Reader(template.render(text=text, value=value))
    assert read.tags == ["p"]
    assert "".join(read.texts) == text
    assert read.attributes == [("aria-label", value)]


@given(TEXT)
def test_a_name_that_may_break_is_still_the_name(name: str) -> None:
    read = Reader(environment().from_string("{{ name|soft }}").render(name=name))
    assert "".join(read.texts) == name
    assert read.tags == ["wbr"] * name.count("_")


def test_a_name_that_nobody_gave_is_an_error_and_no_empty_place() -> None:
    with pytest.raises(UndefinedError, match="'text' is undefined"):
        environment().from_string("<p>{{ text }}</p>").render()


@pytest.mark.parametrize("name", environment().list_templates(extensions=["j2"]))
def test_no_template_says_by_itself_what_is_safe(name: str) -> None:
    """What is not escaped is decided in Python, where a comment says why."""
    template = environment().get_template(name)
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", Path(str(template.filename)).read_text())
