"""Turn a YAML document of `pipelines/` into a spec, or report all its problems, each with its line.

Only documents of our component types, and of classes that extend them, are read; those of Dagster and other
packages are ignored. Of Dagster's templates only environment variables are resolved (``templates``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from clearwell.errors import ProjectError, did_you_mean
from clearwell.names import Zone
from clearwell.project.component_types import COMPONENTS, kind_of, require_type, type_of
from clearwell.project.templates import rendered

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from clearwell.project.specs import Spec
    from clearwell.yaml_lines import Document

__all__ = ["COMPONENTS", "KEYS", "attribute_problems", "names_meant", "parse_document"]

KEYS = ("type", "attributes", "requirements", "template_vars_module", "post_processing")
"""The top-level keys that a document may have: Dagster's own keys."""


def parse_document(document: Document, root: Path | None = None) -> tuple[Spec | None, list[ProjectError]]:
    """The spec that ``document`` declares (None: not ours, or not usable) and all its problems.

    ``root`` is the project's, in which classes that extend our components are looked for; default: the
    folder of the document.
    """
    value = document.value
    if value is None:
        return None, []
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return None, [
            ProjectError(
                "a component without a type",
                place=document.place(),
                hint=f"start with `type:` and one of {', '.join(COMPONENTS)}",
            )
        ]
    root = root or document.file.parent
    written = type_of(document, root)
    try:
        if (kind := kind_of(written, root)) is None:
            require_type(written, root, place=document.place("type"))
            return None, []
    except ProjectError as error:
        return None, [error]
    problems = [_unknown_key(key, KEYS, document.place(str(key))) for key in value if key not in KEYS]
    attributes, unset = rendered(value.get("attributes") or {}, document, ("attributes",))
    problems += unset
    try:
        spec = COMPONENTS[kind].model_validate(attributes)
    except ValidationError as error:
        return None, problems + attribute_problems(error, COMPONENTS[kind], document)
    return (None if unset else spec), problems


def names_meant(document: Document) -> set[str]:
    """What an unusable document was meant to create, so that references to it are not reported too."""
    value: Any = document.value if isinstance(document.value, dict) else {}
    attributes = value.get("attributes")
    name = attributes.get("name") if isinstance(attributes, dict) else None
    return {str(name), *(f"{zone}_{name}" for zone in Zone)} if name else set()


def attribute_problems(
    error: ValidationError, model: type[BaseModel], document: Document
) -> list[ProjectError]:
    """Pydantic's errors, each with its place in the document's ``attributes`` and a next step.

    A value that fits no member of a union is one problem, not one for each member.
    """
    problems: dict[str, ProjectError] = {}
    for detail in error.errors(include_url=False):
        keys = _written_keys(detail, document)
        problem = _problem(detail, keys, model, document.place("attributes", *keys))
        problems.setdefault(f"{problem.place} {'.'.join(map(str, keys))}", problem)
    return list(problems.values())


def _problem(
    detail: ErrorDetails, keys: tuple[str | int, ...], model: type[BaseModel], place: str
) -> ProjectError:
    name = _dotted(keys)
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(name.rpartition(".")[2], _known_keys(model, keys[:-1]), place)
        case "missing":
            return ProjectError(f"{name!r} is missing", place=place, hint=f"add `{name.rpartition('.')[2]}:`")
        case "literal_error":
            expected: str = detail["ctx"]["expected"] if "ctx" in detail else ""
            near = did_you_mean(str(detail["input"]), re.findall(r"'([^']*)'", expected))
            return ProjectError(f"{name}: {detail['input']!r} is not {expected}", place=place, hint=near)
        case "clearwell":
            fact, hint = (detail["ctx"]["fact"], detail["ctx"]["hint"]) if "ctx" in detail else ("", None)
            return ProjectError(f"{name}: {fact}" if name else fact, place=place, hint=hint)
        case _:
            message = detail["msg"][:1].lower() + detail["msg"][1:]
            return ProjectError(
                f"{name}: {message}", place=place, hint=f"its value is {detail['input']!r}"[:200]
            )


def _unknown_key(key: object, known: tuple[str, ...], place: str) -> ProjectError:
    hint = did_you_mean(str(key), known) or f"the keys are {', '.join(known)}"
    return ProjectError(f"unknown key {key!r}", place=place, hint=hint)


def _written_keys(detail: ErrorDetails, document: Document) -> tuple[str | int, ...]:
    """The part of pydantic's location that is in the YAML: pydantic also names the members of unions."""
    node: Any = document.value.get("attributes") or {}
    keys: list[str | int] = []
    for step in detail["loc"]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            if detail["type"] != "missing":
                continue
        keys.append(step)
    return tuple(keys)


def _known_keys(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys of the model at ``path`` below ``model``."""
    for step in path:
        for name, field in model.model_fields.items():
            if step in (name, field.alias):
                members = (field.annotation, *get_args(field.annotation))
                model = next((m for m in members if isinstance(m, type) and issubclass(m, BaseModel)), model)
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _dotted(keys: tuple[str | int, ...]) -> str:
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text
