"""No text is taken for markup, wherever it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clearwell.reports.render.markup import el, join, soft
from tests.unit.reports.reading import Reader

# Without carriage returns and NUL, which the parser of HTML itself replaces.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1)


@given(TEXT, TEXT)
def test_a_text_and_an_attribute_are_read_back_as_they_were(text: str, value: str) -> None:
    read = Reader(el("p", text, aria_label=value))
    assert read.tags == ["p"]
    assert "".join(read.texts) == text
    assert read.attributes == [("aria-label", value)]


@given(TEXT)
def test_a_name_that_may_break_is_still_the_name(name: str) -> None:
    read = Reader(soft(name))
    assert "".join(read.texts) == name
    assert read.tags == ["wbr"] * name.count("_")


def test_what_was_made_here_stays_markup_and_nothing_is_nothing() -> None:
    made = el("p", [el("b", "a<b"), "c&d"], None, class_="x", title=None, id="")
    assert made == '<p class="x"><b>a&lt;b</b>c&amp;d</p>'
    assert join("<i>", el("i")) == "&lt;i&gt;<i></i>"
