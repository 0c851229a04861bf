"""Shell completion: of commands and options, and of tables, transforms and datasets of the project.

Names are read from the folders of the lake and from the YAML, as far as readable. Neither PySpark nor Dagster
is loaded: a key press must not wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from clearwell.cli.terminal.session import Session, options
from clearwell.errors import ClearwellError
from clearwell.names import RELEASES, Zone, is_url
from clearwell.settings import lake_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "complete_assets",
    "complete_engines",
    "complete_products",
    "complete_releases",
    "complete_tables",
    "complete_transforms",
    "completion",
]

VARIABLE = "_CLEARWELL_COMPLETE"
_ZONES = ("bronze", "silver", "gold")


@click.command(short_help="Print the script that completes commands and names.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@options(lake=False)
def completion(session: Session, shell: str) -> None:  # noqa: ARG001 - all get one
    r"""Print the script with which SHELL completes commands, options, and names of the project.

    \b
    bash  eval "$(clearwell completion bash)"     in ~/.bashrc
    zsh   eval "$(clearwell completion zsh)"      in ~/.zshrc, after compinit
    fish  clearwell completion fish > ~/.config/fish/completions/clearwell.fish
    """
    made: Any = get_completion_class(shell)
    click.echo(made(click.get_current_context().find_root().command, {}, "clearwell", VARIABLE).source())


def complete_tables(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """The tables of the lake; Clearwell's own records only once their zone is typed."""
    tables = list(_tables_in(_lake(context)))
    own = [name for name in tables if not name.startswith(_ZONES)]
    return _beginning(typed, [name for name in tables if name not in own]) or _beginning(typed, own)


def complete_products(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """The tables of the lake, and the released datasets."""
    tables = [name for name in _tables_in(_lake(context)) if name.startswith(_ZONES)]
    return _beginning(typed, [*tables, *_datasets(context)])


def complete_releases(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """The released datasets."""
    return _beginning(typed, _datasets(context))


def complete_assets(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """The names that `run` accepts, also behind a `+`, or in a list."""
    done, comma, rest = typed.rpartition(",")
    ahead = done + comma + rest[: len(rest) - len(rest.lstrip("+"))]
    names = {name for component in _components() for name in _assets(component)}
    return [CompletionItem(f"{ahead}{item.value}") for item in _beginning(typed[len(ahead) :], sorted(names))]


def complete_transforms(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Transforms as the YAML names them, and the tables that they make."""
    found: set[str] = set()
    for kind, attributes in _components():
        silver = attributes.get("silver") if kind == "Table" else attributes
        if isinstance(silver, dict) and "transform" in silver:
            found |= {str(silver["transform"]), list(_assets((kind, attributes)))[-1]}
    return _beginning(typed, sorted(found))


def complete_engines(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """The built-in engines, and the prefix of an address."""
    return _beginning(typed, ("embedded", "sc://"))


def _datasets(context: click.Context) -> list[str]:
    lake = _lake(context)
    folder = lake(RELEASES) if lake else None
    names = sorted(path.name for path in folder.iterdir()) if folder and folder.is_dir() else []
    return [name for name in names if not name.startswith(".")]


def _beginning(typed: str, names: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(typed)]


def _lake(context: click.Context) -> Callable[[str], Path | None] | None:
    """The location of each part of the lake given on the command line, or of the project's.

    Buckets are not listed: that takes too long for a key press.
    """
    session = context.find_root().obj
    try:
        named = session if isinstance(session, Session) else Session()
        if named.lake is not None and not named.profile:
            root, places = lake_at(named.lake)
        else:
            settings = named.settings()
            root, places = settings.lake, dict(settings.places)
    except ClearwellError:
        return None

    def folder(part: str) -> Path | None:
        where = places.get(part, str(root / part))
        return None if is_url(where) else Path(where)

    return folder


def _tables_in(lake: Callable[[str], Path | None] | None) -> Iterator[str]:
    for zone in Zone if lake else ():
        folder = lake(zone) if lake else None
        if folder and folder.is_dir():
            yield from sorted(f"{zone}_{t.name}" for t in folder.iterdir() if (t / "_delta_log").is_dir())


def _components() -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and attributes of each component of the project; unreadable ones are skipped."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        files = sorted((Session().settings().project / "pipelines").rglob("defs.yaml"))
    except ClearwellError:
        return
    for file in files:
        try:
            documents = list(yaml.load_all(file.read_bytes(), loader))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        for document in documents:
            kind = document.get("type") if isinstance(document, dict) else None
            attributes = document.get("attributes") if isinstance(document, dict) else None
            if isinstance(attributes, dict) and "name" in attributes:
                yield str(kind).rpartition(".")[2], attributes


def _assets(component: tuple[str, dict[str, Any]]) -> Iterator[str]:
    """The outputs of a component, as `clearwell run` and the lake name them."""
    kind, attributes = component
    name = attributes["name"]
    match kind:
        case "Table":
            yield f"bronze_{name}"
            if attributes.get("silver"):
                yield f"silver_{name}"
        case "Curated":
            yield f"gold_{name}"
        case _:
            yield str(name)
