"""The common base of the four components: a spec as attributes, its project, and methods to override.

The spec's class is the schema: of `dg check yaml`, of the component's page, and of the errors, which contain
`file:line` and "did you mean" as in `clearwell check`. Templates (`{{ env.X }}`, `{{ secret.X }}` and those
of a `template_vars_module`) are resolved before the spec is read, so any value may be one.

A project extends a component by a subclass with its own ``get_asset_spec`` or ``execute``, whose dotted
name is the `type:` in its YAML: see docs/extending.md.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import dagster as dg
from pydantic import BaseModel, RootModel, ValidationError

from clearwell.components.display.labels import asset_spec
from clearwell.components.display.links import reference
from clearwell.components.loading import project_of
from clearwell.components.overrides import asset_of, events_of, require_overrides, require_seen
from clearwell.components.steps import Step, step_asset, step_events
from clearwell.engines import open_engine
from clearwell.errors import ProjectError
from clearwell.flow.run import Run
from clearwell.project.documents import attribute_problems
from clearwell.project.templates import SecretScope, misplaced_secrets
from clearwell.tables import lake_of
from clearwell.yaml_lines import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from clearwell.components.display.labels import AssetProps
    from clearwell.flow.run_result import StepDetails
    from clearwell.quality import Suite
    from clearwell.yaml_lines import Document

__all__ = ["SpecComponent"]

SpecT = TypeVar("SpecT", bound=BaseModel)


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
        self._steps: dict[dg.AssetKey, Step[SpecT]] = {}

    def get_asset_spec(self, props: AssetProps) -> dg.AssetSpec:
        """The asset that Dagster shows, one call for each asset of the component. Override it to change that.

        Tags, owners, group, kinds, metadata, description and automation condition are free, and deps may be
        added. The key and the deps that it has stay: Clearwell knows tables and lineage by them.

            def get_asset_spec(self, props):
                return super().get_asset_spec(props).merge_attributes(tags={"audited": "yes"})

        Args:
            props: What the asset is made from: ``props.name`` is its name, ``props.spec`` its attributes.
        """
        return asset_spec(props)

    def execute(
        self, context: dg.AssetExecutionContext
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        """Bring one asset up to date. Override it to do something before and after, in the same process.

        It is called for each asset of a run, from the command line as from Dagster's pages; also for checks
        that are executed alone, when ``context.selected_asset_keys`` is empty and no materialization comes.

            def execute(self, context):
                with self.lock(self.asset_key(context)):
                    yield from super().execute(context)

        Args:
            context: Dagster's; ``self.asset_key(context)`` says which asset it is about.

        Raises:
            dg.Failure: the step has failed; the text says why, and what to do.
            dg.RetryRequested: the engine was lost, or other writers won; Dagster calls this again.
        """
        yield from step_events(context, self._steps[self.asset_key(context)])

    def asset_key(self, context: dg.AssetExecutionContext) -> dg.AssetKey:
        """The asset that a call of ``execute`` is about, also when only checks of it are executed."""
        checked = (check.asset_key for check in context.selected_asset_check_keys)
        return next(iter((*context.selected_asset_keys, *checked)))

    @classmethod
    def get_additional_scope(cls) -> Mapping[str, Any]:
        """What templates may name besides `env`: `secret`, whose values no message has."""
        return {**super().get_additional_scope(), "secret": SecretScope()}

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
        if document := _document(context):
            for problem in misplaced_secrets(written, document, ("attributes",)):
                raise problem
        try:
            spec = cls.spec_type.model_validate(context.resolution_context.resolve_value(written))
        except ValidationError as error:
            if document is None:
                raise
            raise attribute_problems(error, cls.spec_type, document)[0] from error
        return cls(spec)  # type: ignore[arg-type]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The assets, checks, jobs and triggers of this component."""
        project, document = project_of(context), _document(context)
        require_overrides(self)
        if document is not None:
            require_seen(self, project, document)
        run = Run(project, lake_of(project.settings), open_engine(project.settings))  # starts nothing
        try:
            return self.definitions(run)
        except dg.DagsterInvalidDefinitionError as error:  # such as a tag with a space in it
            raise ProjectError(
                str(error),
                place=document.place("attributes") if document else None,
                hint="Dagster refuses this",
            ) from error

    @classmethod
    def get_code_references_for_yaml(cls, yaml_path: Path, source_position: Any, context: Any) -> list[Any]:  # noqa: ARG003
        """The line of the YAML that declares this component, for Dagster's link to an editor."""
        return [reference(yaml_path, source_position.start.line, label=yaml_path.name)]

    def asset(self, props: AssetProps) -> dg.AssetSpec:
        """The asset of ``props`` as ``get_asset_spec`` makes it; raises ProjectError for a wrong override."""
        return asset_of(self, props)

    def step(
        self,
        props: AssetProps,
        run: Callable[[Run, SpecT], StepDetails],
        *,
        at: str | None = None,
        suite: Suite | None = None,
        reads_files: bool = False,
    ) -> dg.AssetsDefinition:
        """The asset of ``props``, brought up to date by ``execute``; see ``Step`` for the other arguments."""
        step = Step(self.asset(props), run, self.spec, at, suite, reads_files)
        self._steps[step.asset.key] = step
        return step_asset(step, partial(events_of, self))

    @abstractmethod
    def definitions(self, run: Run) -> dg.Definitions:
        """The definitions of this component in the project of ``run``."""


def _document(context: dg.ComponentLoadContext) -> Document | None:
    """The YAML document of the component that is being loaded; None if it was made in Python."""
    loc = context.component_loc
    folder, position = getattr(loc, "file_path", None), getattr(loc, "instance_key", None)
    if folder is None or not isinstance(position, int) or not (file := folder / "defs.yaml").is_file():
        return None
    documents = read_yaml(file)
    return documents[position] if position < len(documents) else None
