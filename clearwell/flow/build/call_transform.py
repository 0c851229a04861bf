"""Call a user's transform, and report errors in terms of the user's own code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clearwell.errors import ClearwellError, EngineLost, ProjectError, did_you_mean
from clearwell.project.code_hash import line_that_says
from clearwell.project.transforms import line_in_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from clearwell.engines import Engine
    from clearwell.project.load import Project
    from clearwell.project.specs import CuratedSpec, TableSpec

__all__ = ["call_transform"]

# The wording of Sail, of pyspark's client, and of Spark.
_NO_COLUMN = re.compile(r"no column '(.+?)' in the frame|Cannot find column (\S+)|with name `(.+?)`")


def call_transform(
    project: Project,
    spec: TableSpec | CuratedSpec,
    frames: DataFrame | Mapping[str, DataFrame],
    engine: Engine,
) -> DataFrame:
    """The transform of ``spec`` applied to one frame, or to its named inputs, with its columns resolved.

    Raises:
        ProjectError: it raises, returns no DataFrame, or names columns that do not exist; the place is the
            line of the user's code where it happened, else the line of the YAML.
    """
    from pyspark.sql import DataFrame as Frame

    function = project.transform(spec)
    ref, yaml_place, _ = project.transform_of(spec)
    try:
        with engine.work(f"running {ref}"):
            made: Any = function(**frames) if isinstance(frames, dict) else function(frames)
    except EngineLost:
        raise
    except ClearwellError as error:  # the engine refused a query of the transform itself
        place = line_in_project(error.__cause__ or error, project.root) or error.place or yaml_place
        raise ProjectError(
            f"{ref}: {error.fact}", place=place, hint=error.hint, quotes=error.quotes
        ) from error
    except Exception as error:
        raise ProjectError(
            f"{ref} raised {type(error).__name__}: {error}",
            place=line_in_project(error, project.root) or yaml_place,
            hint=f"`clearwell preview {ref}` runs it on the current inputs and writes nothing",
            quotes=str(error) or None,
        ) from error
    if not isinstance(made, Frame):
        raise ProjectError(
            f"{ref} returned {type(made).__name__}, not a DataFrame",
            place=yaml_place,
            hint="end it with `return frame`",
        )
    try:
        with engine.work(f"reading what {ref} returns"):
            made.schema  # noqa: B018 - asks the engine, which names a column that is not there
    except ClearwellError as error:
        if error.transient:
            raise
        place, hint = _whose_column(error, ref, project, frames)
        fact = error.fact.removeprefix(f"reading what {ref} returns: ")
        place = place or error.place or yaml_place
        raise ProjectError(f"{ref}: {fact}", place=place, hint=hint, quotes=error.quotes) from error
    return made


def _whose_column(
    error: ClearwellError, ref: str, project: Project, frames: DataFrame | Mapping[str, DataFrame]
) -> tuple[str | None, str | None]:
    """Where the code names the missing column, and the closest existing name of the inputs."""
    found = _NO_COLUMN.search(error.fact)
    if found is None:
        return None, error.hint
    name = next(part for part in found.groups() if part)
    given: list[Any] = list(frames.values()) if isinstance(frames, dict) else [frames]
    known: list[str] = [column for frame in given for column in frame.columns]
    near = did_you_mean(name, known)
    return line_that_says(
        name, ref, project.root
    ), near or f"its inputs have {', '.join(dict.fromkeys(known))}"
