"""Shared by every command: lake, profile, `--debug`, `--json`; and the decorator that adds them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from clearwell.errors import ClearwellError, TableError
from clearwell.names import is_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from clearwell.project.load import Project
    from clearwell.settings import Settings
    from clearwell.tables import Lake

__all__ = ["Session", "options"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")


@dataclass
class Session:
    """The options that all commands share."""

    lake: Path | str | None = None
    profile: str | None = None
    debug: bool = False
    json: bool = False

    @property
    def where(self) -> str:
        """The options with which another command works on the same lake."""
        options = {"profile": self.profile, "lake": self.lake}
        return "".join(f" --{name} {shlex.quote(str(value))}" for name, value in options.items() if value)

    def with_where(self, error: object) -> str:
        """The text of an error; where it names a command, with the options that lead it to the same lake."""
        text = str(error)
        if not self.where or "clearwell " not in text:
            return text
        return f"{text}\n  the lake: add{self.where} to each command"

    def settings(self, **chosen: Any) -> Settings:
        """The project's settings; command-line options win."""
        from clearwell.settings import load_settings

        return load_settings(lake=self.lake, profile=self.profile, **chosen)

    def project(self, *, engine: str | None = None) -> Project:
        """The project, sound, with the settings of ``settings``; raises ProjectError."""
        from clearwell.api import load_project

        return load_project(lake=self.lake, profile=self.profile, engine=engine)

    def project_of(self, lake: Lake) -> Project | None:
        """The project that ``lake`` belongs to; None where it is not here, or not sound."""
        from clearwell.errors import ProjectError
        from clearwell.tables import owner_of

        try:
            project = self.project()
        except ProjectError:
            return None
        owner, name = owner_of(lake.store), project.settings.name
        return None if owner is not None and name and owner.project != name else project

    def existing_lake(self) -> Lake:
        """The lake to read: `--lake`, which needs no project, or the project's.

        Raises:
            TableError: there is nothing at that place.
        """
        from clearwell.settings import lake_at
        from clearwell.tables import Lake, lake_of

        if self.lake is None or self.profile or (isinstance(self.lake, str) and _in_project()):
            lake = lake_of(self.settings())  # pages of a remote lake are in the project
        else:
            root, places = lake_at(self.lake)
            lake = Lake(root, places=places)
        if not lake.is_there():
            raise TableError(
                "no lake here",
                place=lake.address,
                hint="`clearwell run` creates one, or choose another: --lake PATH",
            )
        return lake


def options(*, listing: bool = False, lake: bool = True) -> Callable[[_Command], _Command]:
    """Add the shared options; a ``listing`` also has `--json`, a command without ``lake`` has no `--lake`."""

    def decorate(command: _Command) -> _Command:
        decorated = click.pass_obj(command)
        decorated = _flag("debug", "Show the traceback of an error, and every step in the log.")(decorated)
        if listing:
            decorated = _flag("json", "Print one JSON document and nothing else.")(decorated)
        if not lake:
            return decorated
        decorated = click.option(
            "--profile",
            metavar="NAME",
            shell_complete=_complete_profiles,
            callback=_keep_profile,
            expose_value=False,
            help="A profile of the project: where the lake is and what runs it.",
        )(decorated)
        return click.option(
            "--lake",
            metavar="PATH",
            callback=_keep_lake,
            expose_value=False,
            help="The lake to work on, a folder or an address (s3://BUCKET/PATH); default: the project's.",
        )(decorated)

    return decorate


def _in_project() -> bool:
    from clearwell.settings import find_project

    try:
        find_project()
    except ClearwellError:
        return False
    return True


def _flag(name: str, text: str) -> Callable[[Any], Any]:
    def keep(context: click.Context, _: click.Parameter, value: bool) -> None:
        setattr(context.find_root().obj, name, value)

    # Eager: an error in another option must already know about --debug.
    return click.option(
        f"--{name}", is_flag=True, is_eager=True, expose_value=False, callback=keep, help=text
    )


def _keep_lake(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    lake: Path | str | None = value or None
    if lake is not None and not is_url(lake):
        lake = click.Path(file_okay=False, path_type=Path).convert(lake, parameter, context)
        lake = lake.expanduser().absolute()
    context.find_root().obj.lake = lake


def _keep_profile(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.find_root().obj.profile = value


def _complete_profiles(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    from clearwell.settings import profile_names

    try:
        return [CompletionItem(name) for name in profile_names() if name.startswith(typed)]
    except ClearwellError:
        return []
