"""What is secret is learned once, and no error that is made afterwards has it."""

from __future__ import annotations

import pickle

import pytest

from clearwell.errors import EngineError, ProjectError
from clearwell.secret_values import learn, redact, shown


def test_no_error_has_a_value_that_was_learned_as_written_or_as_meant() -> None:
    learn("hun%40ter-two", None, "", "short")
    error = ProjectError("no hun%40ter-two", place="hun@ter-two:1", hint="no hun@ter-two, but short")
    assert str(error) == "***:1: no ***\n  next: no ***, but short"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_no_error_has_a_password_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    monkeypatch.setenv("SOME_DATABASE", "postgresql://jane:rosebud-1941@db/records")
    assert EngineError("wJalrXUtnFEMI, jane, rosebud-1941@db").fact == "***, jane, ***@db"
    monkeypatch.setenv("API_TOKEN", "a word")
    assert redact("a word") == "a word"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("embeded", "'embeded'"),
        ("6 apples", "'6 apples'"),
        (3, "3"),
        (True, "True"),
        ("jane:rosebud@host", "a text of 17 characters, not shown,"),
        ("4e1b2c3d5f6a7b8c9d0e1f", "a text of 22 characters, not shown,"),
        (["sc://jane:rosebud@host"], "a list, not shown,"),
        ({"rosebud": 1}, "a dict, not shown,"),
    ],
)
def test_a_mistyped_name_is_quoted_and_what_could_be_an_address_is_not(value: object, told: str) -> None:
    assert shown(value) == told
