"""A page runs and draws only what is its own, and its data comes out as it went in."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clearwell.reports.render.document import document
from tests.unit.reports.reading import Reader, allowed, hashed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_the_policy_names_the_style_and_the_script_and_no_other() -> None:
    page = Reader(
        document(title="t", body="<p>b</p>", style="p { color: red }", script="let a = 1 < 2;", data=[])
    )
    assert page.policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; ")
    assert allowed(page.policy, "style-src") == [hashed(text) for text in page.inline["style"]]
    assert allowed(page.policy, "script-src") == [hashed(text) for text in page.inline["script"]]
    assert "unsafe" not in page.policy


def test_a_page_without_a_script_allows_none() -> None:
    page = Reader(document(title="t", body="", style=""))
    assert "script" not in page.tags
    assert allowed(page.policy, "script-src") == []


@given(JSON | st.sampled_from(["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028&lt;"]))
def test_data_comes_out_as_it_went_in_and_ends_nothing(data: Any) -> None:
    text = document(title="t", body="", style="", script="", data=[data])
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert json.loads(block) == [data]
    assert not set("<>&") & set(block)
    text.encode()  # even half of a character can be written


def test_a_title_is_text() -> None:
    assert Reader(document(title="</title><b>", body="", style="")).text == "</title><b>"
