"""An error says which part of it is in the words of others, so that it can be told without them."""

from __future__ import annotations

import pickle

from clearwell.errors import EngineError


def test_an_error_can_be_told_without_the_words_of_others() -> None:
    error = EngineError("running x: no 'Ann' here", place="x.py:3", hint="cast it", quotes="no 'Ann' here")
    assert str(error) == "x.py:3: running x: no 'Ann' here\n  next: cast it"
    assert error.own_text == "x.py:3: running x: (withheld)\n  next: cast it"
    assert EngineError("no table x").own_text == "no table x"


def test_words_that_are_not_found_again_take_the_whole_fact_with_them() -> None:
    assert EngineError("running x: no 'Ann'", quotes="no 'Ann' here").own_text == "(withheld)"


def test_an_error_that_crosses_processes_still_knows_them() -> None:
    error = pickle.loads(pickle.dumps(EngineError("it says Ann", quotes="Ann")))
    assert (error.fact, error.own_fact, error.quotes) == ("it says Ann", "it says (withheld)", "Ann")
