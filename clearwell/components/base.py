"""The common base of the four components: a spec as their attributes, and its project.

The spec's class is the schema: of `dg check yaml`, of the component's page, and of the errors, which contain
`file:line` and "did you mean" as in `clearwell check`. Templates (`{{ env.X }}` and those of a
`template_vars_module`) are resolved before the spec is read, so any value may be one.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import dagster as dg
from pydantic import BaseModel, RootModel, ValidationError

from clearwell.components.display.links import reference
from clearwell.engines import open_engine
from clearwell.errors import ProjectError
from clearwell.flow.run import Run
from clearwell.project.documents import attribute_problems
from clearwell.project.load import Project, load_project
from clearwell.settings import load_settings
from clearwell.tables import lake_of
from clearwell.yaml_lines import read_yaml

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from clearwell.yaml_lines import Document

__all__ = ["SpecComponent", "loading", "project_of"]

SpecT = TypeVar("SpecT", bound=BaseModel)

_loading: ContextVar[Project | None] = ContextVar("clearwell_project", default=None)


class _Attributes(RootModel[dict[str, Any]]):
    """Attributes as written, with templates; the schema is that of ``spec_type``."""

    spec_type: ClassVar[type[BaseModel]]
    example: ClassVar[dict[str, Any]]

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The schema of the spec, with its fields in order and a complete example."""
        schema = cls.spec_type.model_json_schema(*args, **kwargs)
        return {**schema, "ui:order": list(schema["properties"]), "examples": [cls.example]}


class SpecComponent(dg.Component, Generic[SpecT]):
    """A component whose attributes are ``spec_type``.

    Its docstring is the text of its page in Dagster, ``example`` the YAML there, ``makes`` the tags under
    which Dagster lists it.
    """

    spec_type: ClassVar[type[BaseModel]]
    example: ClassVar[dict[str, Any]]
    makes: ClassVar[tuple[str, ...]] = ("asset", "asset_check", "job", "schedule")

    def __init__(self, spec: SpecT) -> None:
        self.spec = spec

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        """The model of the attributes, before templates are resolved."""
        own = {"spec_type": cls.spec_type, "example": cls.example, "__module__": __name__}
        return type(f"{cls.__name__}Attributes", (_Attributes,), own)

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """The component's owner, and tags for the search."""
        return dg.ComponentTypeSpec(
            owners=["team:clearwell"],
            tags=["lakehouse", "delta-lake", "pyspark", "great-expectations"],
            produces=cls.makes,
        )

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Any:
        """The component that ``attributes`` declare.

        Raises:
            ProjectError: the first error in them, with its ``file:line``.
        """
        written: dict[str, Any] = attributes.root if isinstance(attributes, _Attributes) else {}
        try:
            spec = cls.spec_type.model_validate(context.resolution_context.resolve_value(written))
        except ValidationError as error:
            if (document := _document(context)) is None:
                raise
            raise attribute_problems(error, cls.spec_type, document)[0] from error
        return cls(spec)  # type: ignore[arg-type]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The assets, checks, jobs and triggers of this component."""
        project = project_of(context)
        run = Run(project, lake_of(project.settings), open_engine(project.settings))  # starts nothing
        try:
            return self.definitions(run)
        except dg.DagsterInvalidDefinitionError as error:  # such as a tag with a space in it
            document = _document(context)
            raise ProjectError(
                str(error),
                place=document.place("attributes") if document else None,
                hint="Dagster refuses this",
            ) from error

    @classmethod
    def get_code_references_for_yaml(cls, yaml_path: Path, source_position: Any, context: Any) -> list[Any]:  # noqa: ARG003
        """The line of the YAML that declares this component, for Dagster's link to an editor."""
        return [reference(yaml_path, source_position.start.line, label=yaml_path.name)]

    @abstractmethod
    def definitions(self, run: Run) -> dg.Definitions:
        """The definitions of this component in the project of ``run``."""


@contextmanager
def loading(project: Project) -> Generator[None]:
    """Within the block, components of ``project`` use it instead of reading it again."""
    token = _loading.set(project)
    try:
        yield
    finally:
        _loading.reset(token)


def project_of(context: dg.ComponentLoadContext) -> Project:
    """The project that a component is loaded for; raises ProjectError."""
    project = _loading.get()
    if project is not None and project.root == context.project_root:
        return project
    return load_project(load_settings(context.project_root))


def _document(context: dg.ComponentLoadContext) -> Document | None:
    """The YAML document of the component that is being loaded; None if it was made in Python."""
    loc = context.component_loc
    folder, position = getattr(loc, "file_path", None), getattr(loc, "instance_key", None)
    if folder is None or not isinstance(position, int) or not (file := folder / "defs.yaml").is_file():
        return None
    documents = read_yaml(file)
    return documents[position] if position < len(documents) else None
