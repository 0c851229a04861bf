"""What a project's own component may override, and what is asked of it.

``get_asset_spec`` is called when definitions are loaded, so all that is wrong with it is found there; of
``execute`` its parameters, and whether it can yield anything. What it does yield is looked at in the run.
Every error names the class, what it should be, and the line of the override.
"""

from __future__ import annotations

import dis
import inspect
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import dagster as dg

from clearwell.components.display.labels import asset_spec
from clearwell.components.running.resources import LAKE
from clearwell.errors import ClearwellError, ProjectError
from clearwell.project.component_types import COMPONENTS
from clearwell.project.transforms import line_in_project
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel

    from clearwell.components.display.labels import AssetProps
    from clearwell.components.running.record import LakeRun
    from clearwell.project.load import Project
    from clearwell.yaml_lines import Document

__all__ = ["asset_of", "events_of", "require_overrides", "require_seen"]


class Extended(Protocol):
    """What is asked here of a component."""

    spec_type: ClassVar[type[BaseModel]]
    spec: Any

    def get_asset_spec(self, props: AssetProps) -> dg.AssetSpec:
        """The asset of ``props``."""
        ...

    def execute(self, context: dg.AssetExecutionContext) -> Iterator[Any]:
        """The events of one asset."""
        ...

    def asset_key(self, context: dg.AssetExecutionContext) -> dg.AssetKey:
        """The asset that a call of ``execute`` is about."""
        ...


_SIGNATURES = {
    "get_asset_spec": "def get_asset_spec(self, props: AssetProps) -> dg.AssetSpec:",
    "execute": "def execute(self, context: dg.AssetExecutionContext) -> Iterator[Any]:",
}
_USE_SUPER = {
    "get_asset_spec": "return super().get_asset_spec(props), or what its merge_attributes(...) returns",
    "execute": "write `yield from super().execute(context)`, and around it what is yours",
}
_EVENTS = (dg.MaterializeResult, dg.AssetCheckResult, dg.AssetObservation, dg.AssetMaterialization)
_STAYS = "correct it; what super().execute(context) has published stays, and the next run does not repeat it"


def require_overrides(component: Extended) -> None:
    """Pass if a project's own class has methods that can be called as Clearwell calls them.

    Raises:
        ProjectError: a method with other parameters, or none; an ``execute`` that can yield nothing.
    """
    for name, signature in _SIGNATURES.items():
        if (owner := _owner(component, name)) is None:
            continue
        label, written = f"{owner.__name__}.{name}", vars(owner)[name]
        function = inspect.unwrap(getattr(written, "__func__", written))
        wrong = None
        if not callable(function):
            wrong = f"{label} is a {type(written).__name__}, not a method"
        elif inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            wrong = f"{label} is async"
        elif not _takes_one(getattr(component, name)):
            wrong = f"{label}{_parameters(function)} has other parameters than Clearwell gives it"
        if wrong:
            raise ProjectError(wrong, place=_place(owner, name), hint=f"write `{signature}`")
        if name == "execute" and _returns_nothing(function):
            raise ProjectError(
                f"{label} yields nothing and returns nothing",
                place=_place(owner, name),
                hint=_USE_SUPER[name],
            )


def require_seen(component: Extended, project: Project, document: Document) -> None:
    """Pass if ``project``, which is read without being run, knows the component that Dagster has loaded.

    Raises:
        ProjectError: its class is made at run time, or has attributes of its own.
    """
    cls = type(component)
    kinds = {spec: kind.rpartition(".")[2] for kind, spec in COMPONENTS.items()}
    kind = next((name for spec, name in kinds.items() if issubclass(cls.spec_type, spec)), None)
    if kind is None:
        return
    if cls.spec_type not in kinds:
        raise ProjectError(
            f"{cls.__name__}.spec_type is {cls.spec_type.__name__}: a {kind} has the attributes of a {kind}",
            place=_place(cls),
            hint="remove spec_type; what the class needs to know can be an attribute of the class",
        )
    if (cls.spec_type.__name__, component.spec.name) not in project.documents:
        raise ProjectError(
            f"{document.value['type']} is a {kind}, which cannot be told without running its module",
            place=document.place("type"),
            hint=f"write it as `class {cls.__name__}({kind}):` at the top level of a module",
        )


def asset_of(component: Extended, props: AssetProps) -> dg.AssetSpec:
    """The asset that ``get_asset_spec`` makes of ``props``.

    Raises:
        ProjectError: an override has failed, has returned no AssetSpec, or one that Clearwell cannot run.
    """
    if (owner := _owner(component, "get_asset_spec")) is None:
        return component.get_asset_spec(props)
    label, place, hint = f"{owner.__name__}.get_asset_spec", _place(owner, "get_asset_spec"), None
    try:
        given: Any = component.get_asset_spec(props)
    except ClearwellError:
        raise
    except Exception as error:
        raise ProjectError(
            f"{label} failed for {props.name}: {type(error).__name__}: {error}",
            place=line_in_project(error, props.project.root) or place,
            hint=_USE_SUPER["get_asset_spec"],
        ) from error
    default = asset_spec(props)
    fact = None
    if not isinstance(given, dg.AssetSpec):
        fact = f"returned a {type(given).__name__} for {props.name}, not an AssetSpec"
    elif given.key != default.key:
        fact = f"changed the key of {props.name} to {given.key.to_user_string()}"
        hint = "keep the key: runs, checks and lineage know the table by it; group_name and kinds are free"
    elif dropped := {d.asset_key for d in default.deps} - {d.asset_key for d in given.deps}:
        names = ", ".join(sorted(key.to_user_string() for key in dropped))
        fact = f"dropped {names} from the deps of {props.name}"
        hint = "keep them, as the order of the steps hangs on them; merge_attributes(deps=[...]) adds others"
    elif given.partitions_def is not None:
        fact = f"gave {props.name} partitions"
        hint = "leave partitions_def out: a run of Clearwell finds by itself what is new"
    if fact:
        raise ProjectError(f"{label} {fact}", place=place, hint=hint or _USE_SUPER["get_asset_spec"])
    return given


def events_of(component: Extended, context: dg.AssetExecutionContext) -> Iterator[Any]:
    """What ``execute`` yields; an override that breaks off or yields no result fails the step."""
    if (owner := _owner(component, "execute")) is None:
        yield from component.execute(context)
        return
    key = component.asset_key(context)
    lake: LakeRun = getattr(context.resources, LAKE)
    place = _place(owner, "execute")
    made = False
    try:
        for event in _iterated(component.execute(context)):
            if not isinstance(event, _EVENTS):
                raise ProjectError(  # noqa: TRY301
                    f"{owner.__name__}.execute yielded a {type(event).__name__}, no event of an asset",
                    place=place,
                    hint=_USE_SUPER["execute"],
                )
            made = made or isinstance(event, dg.MaterializeResult)
            yield event
        if key in context.selected_asset_keys and not made:
            raise ProjectError(  # noqa: TRY301
                f"{owner.__name__}.execute yielded no MaterializeResult of {key.to_user_string()}",
                place=place,
                hint=_USE_SUPER["execute"],
            )
    except (dg.Failure, dg.RetryRequested):  # of the step itself, or raised on purpose
        raise
    except Exception as error:
        told = error
        if not isinstance(told, ClearwellError):
            told = ProjectError(
                f"{owner.__name__}.execute failed: {type(error).__name__}: {error}",
                place=line_in_project(error, lake.run.project.root) or place,
                hint=_STAYS,
            )
        lake.record.fail(key.to_user_string(), told)
        raise dg.Failure(description=str(told), allow_retries=False) from error


def _iterated(given: Any) -> Iterable[Any]:
    """The events of what an ``execute`` has returned: of a generator, a list, or one event."""
    return (given,) if isinstance(given, _EVENTS) or not hasattr(given, "__iter__") else given


def _owner(component: Extended, name: str) -> type | None:
    """The class that overrides the method ``name``; None when it is Clearwell's own."""
    owner = next(cls for cls in type(component).__mro__ if name in vars(cls))
    return None if owner.__module__.startswith("clearwell.components.") else owner


def _takes_one(method: Any) -> bool:
    """Whether it can be called with one argument."""
    try:
        inspect.signature(method).bind(object())
    except TypeError:
        return False
    return True


def _parameters(function: Any) -> str:
    """The parameters as they are written, without types, which would be long."""
    signature = inspect.signature(function)
    bare = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return str(inspect.Signature(bare))


def _returns_nothing(function: Any) -> bool:
    """Whether it is a plain function each of whose ways out returns None, such as one without ``return``."""
    code = getattr(function, "__code__", None)
    if code is None or inspect.isgeneratorfunction(function):
        return False
    steps = list(dis.get_instructions(code))
    values = [before for before, step in pairwise(steps) if step.opname == "RETURN_VALUE"]
    values += [step for step in steps if step.opname == "RETURN_CONST"]
    return all(step.opname in ("LOAD_CONST", "RETURN_CONST") and step.argval is None for step in values)


def _place(owner: type, name: str | None = None) -> str | None:
    """``file:line`` of a method, or of its class where it is none."""
    found: Any = vars(owner).get(name or "", owner)
    code = getattr(inspect.unwrap(getattr(found, "__func__", found)), "__code__", None)
    if code is not None:
        return f"{shown(Path(code.co_filename))}:{code.co_firstlineno}"
    try:
        return f"{shown(Path(inspect.getfile(owner)))}:{inspect.getsourcelines(owner)[1]}"
    except (OSError, TypeError):  # made where there is no file
        return None
