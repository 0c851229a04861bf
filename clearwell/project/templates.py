"""Environment variables in the YAML, marked by whoever writes it as what may be shown or what may not.

`{{ env.NAME }}`, `{{ env('NAME') }}` and `{{ env('NAME', 'default') }}` may be shown: Dagster's pages, its
records and the lake tell paths and descriptions. `{{ secret.NAME }}`, in the same forms, is kept out of every
message, and is taken below `source.options` alone, which only the format's own reader sees. An unset variable
is a problem; any other template is left as it is.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError
from clearwell.secret_values import learn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clearwell.yaml_lines import Document

__all__ = ["SecretScope", "misplaced_secrets", "rendered"]

_TEMPLATE = re.compile(
    r"""\{\{\s*(?P<scope>env|secret)(?:\.(?P<dotted>[A-Za-z_]\w*)
        |\(\s*(?P<q>['"])(?P<called>[A-Za-z_]\w*)(?P=q)\s*(?:,\s*(?P<d>['"])(?P<default>.*?)(?P=d)\s*)?\))\s*\}\}""",
    re.VERBOSE,
)
_SECRET = re.compile(r"\{\{[^}]*\bsecret\s*[.(]")
_APART = ("attributes", "source", "options")


class SecretScope:
    """`secret` in the templates that Dagster renders; raises ProjectError for a variable that is not set."""

    def __call__(self, name: str, default: str | None = None) -> str:
        """The value of ``name``, which no message will have."""
        value = os.environ.get(name, default)
        if value is None:
            raise _is_unset("secret", name, None)
        learn(value)
        return value

    def __getattr__(self, name: str) -> str:
        if name.startswith(("jinja", "_")):  # jinja looks whether the scope is more than a value
            raise AttributeError(name)
        return self(name)


def rendered(value: Any, document: Document, keys: tuple[str | int, ...]) -> tuple[Any, list[ProjectError]]:
    """``value`` with environment variables resolved, and a problem for each that is unset or misplaced."""
    problems = list(misplaced_secrets(value, document, keys))

    def render(part: Any, at: tuple[str | int, ...]) -> Any:
        if isinstance(part, str):
            problems.extend(_unset(part, document.place(*at)))
            return _TEMPLATE.sub(_from_environment, part)
        if isinstance(part, dict):
            return {key: render(inner, (*at, key)) for key, inner in part.items()}
        if isinstance(part, list):
            return [render(inner, (*at, index)) for index, inner in enumerate(part)]
        return part

    return render(value, keys), problems


def misplaced_secrets(value: Any, document: Document, keys: tuple[str | int, ...]) -> Iterator[ProjectError]:
    """A problem for each secret in ``value`` that is not an option of a format."""
    if keys[:3] == _APART:
        return
    if isinstance(value, str) and _SECRET.search(value):
        yield ProjectError(
            "a secret is only an option of a format: what stands here is shown on pages and kept in records",
            place=document.place(*keys),
            hint="write it below `source.options`, or {{ env.NAME }} if it is no secret",
        )
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from misplaced_secrets(inner, document, (*keys, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from misplaced_secrets(inner, document, (*keys, index))


def _unset(text: str, place: str) -> Iterator[ProjectError]:
    for found in _TEMPLATE.finditer(text):
        name = found["dotted"] or found["called"]
        if name not in os.environ and found["default"] is None:
            yield _is_unset(found["scope"], name, place)


def _is_unset(scope: str, name: str, place: str | None) -> ProjectError:
    hint = f"set it, or write {{{{ {scope}('{name}', 'default') }}}}"
    return ProjectError(f"the environment variable {name} is not set", place=place, hint=hint)


def _from_environment(found: re.Match[str]) -> str:
    value = os.environ.get(found["dotted"] or found["called"], found["default"] or "")
    if found["scope"] == "secret":
        learn(value)
    return value
