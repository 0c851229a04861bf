"""The options of a plugin's format, as its author declares them: a pydantic model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearwell.errors import ProjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel

__all__ = ["read_options"]


def read_options(
    format: str, model: type[BaseModel] | None, given: Mapping[str, Any], place: Callable[[str], str | None]
) -> dict[str, Any]:
    """All options of ``model`` by their names in YAML: the ``given`` ones, and defaults.

    Args:
        format: The format of the options, for the errors.
        model: The accepted options; None: there are none.
        given: The options in the project's YAML.
        place: The ``file:line`` of an option, for the errors.

    Raises:
        ProjectError: an option that the format does not have, one that is missing, or a wrong value.
    """
    known = [field.alias or name for name, field in (model.model_fields if model else {}).items()]
    for name in given:
        if name not in known:
            listed = f"its options are {', '.join(known)}" if known else "remove it"
            fact = f"the format {format!r} has no option {name!r}"
            raise ProjectError(fact, place=place(name), hint=did_you_mean(name, known) or listed)
    if model is None:
        return {}
    from pydantic import ValidationError  # not at the top: workers read files without pydantic

    try:
        chosen = model.model_validate(dict(given))
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        name = str(detail["loc"][0]) if detail["loc"] else "options"
        said = detail["msg"][:1].lower() + detail["msg"][1:]
        hint = f"add `{name}:` below `options:`" if detail["type"] == "missing" else None
        raise ProjectError(f"options.{name}: {said}", place=place(name), hint=hint) from error
    return chosen.model_dump(by_alias=True)
