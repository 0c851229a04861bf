"""Write docs/reference/ from the code: commands, YAML, settings, the Python face, errors.

Also the tables of docs/engines.md, from docs/engines.json, and docs/benchmarks.md, from bench/history.
docs/reference/sql.md is written by hand.

python docs/generate.py            writes the pages
python docs/generate.py --check    only says which of them are not what the code says; exit code 1
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parent / "reference"
ENGINES, ARCHITECTURE, TESTING = "../engines.md", "../architecture.md", "../testing.md"
SUITES = "suites.md"
PICTURE = "../images/architecture.svg"
BELOW = "<!-- Below this line: written by docs/generate.py. -->"
NOTE = "<!-- Written by docs/generate.py from the code: edit that, then run `make docs`. -->"


def main(arguments: list[str]) -> int:
    """Write or check the pages; the exit code."""
    from bench import history, history_page  # in a checkout bench is importable as Clearwell is

    try:
        records = history.read_records()
    except RuntimeError as error:
        print(error)
        return 1
    pages = {name: f"{NOTE}\n\n" + "\n".join(write()).rstrip() + "\n" for name, write in PAGES.items()}
    pages |= _partly_by_hand()
    if arguments == ["--check"]:
        stale = [name for name, text in pages.items() if _read(FOLDER / name) != text]
        stale += history_page.stale(records)
        if stale:
            print(f"{', '.join(stale)}: not what the code says; run `make docs`")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    history_page.update(records)
    return 0


def _partly_by_hand() -> dict[str, str]:
    """Pages that are written by hand above a line and by the code below it, and the picture of one."""
    from architecture import draw, write_rooms  # these four are beside this file
    from engines_table import write_table
    from suites_page import write_suites
    from testing_table import write_promises

    below = {ENGINES: write_table, ARCHITECTURE: write_rooms, TESTING: write_promises, SUITES: write_suites}
    pages = {
        name: _read(FOLDER / name).partition(BELOW)[0] + f"{BELOW}\n\n" + "\n".join(write()).rstrip() + "\n"
        for name, write in below.items()
    }
    return pages | {PICTURE: draw()}


def commands() -> Iterator[str]:
    """Every command with its arguments and options, as `--help` has them."""
    from clearwell.cli.app import app

    yield "# Commands\n"
    yield f"{app.help}\n"
    yield (
        "Every listing takes `--json` and prints one document; every command takes `--lake PATH`"
        " (or `s3://...`) and `--debug`. Exit codes: 0 done; 1 an error, a failed run, or a check that found"
        " something; 2 wrong usage; 70 a fault of Clearwell; 130 interrupted.\n"
    )
    for name, command in app.commands.items():
        yield from _command(f"clearwell {name}", command)


def _command(name: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for part, inner in command.commands.items():
            yield from _command(f"{name} {part}", inner)
        return
    context = click.Context(command, info_name=name)
    arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
    yield f"## `{' '.join([name, *arguments])}`\n"
    yield f"{_paragraphs(command.help or command.short_help or '')}\n"
    shared = {"debug", "json", "lake"}
    options = [p for p in command.params if isinstance(p, click.Option) and p.name not in shared]
    if options:
        yield "| option | meaning |"
        yield "| --- | --- |"
        for option in options:
            signs = ", ".join(f"`{sign}`" for sign in (*option.opts, *option.secondary_opts))
            default = _option_default(option, context)
            yield f"| {signs} | {_cell(option.help or '')}{default} |"
        yield ""


def _option_default(option: click.Option, context: click.Context) -> str:
    value = option.get_default(context)
    shown = option.show_default and value is not None and not option.is_flag and not callable(value)
    return f" Default: `{value}`." if shown else ""


def yaml() -> Iterator[str]:
    """Every key of the components."""
    from clearwell.project.documents import COMPONENTS

    yield "# YAML\n"
    yield (
        "A data product is one `pipelines/NAME/defs.yaml`, with one or more documents divided by `---`, each"
        " of a `type` and its `attributes`. Any value may be a template: `{{ env.NAME }}`,"
        " `{{ env('NAME', 'default') }}`. What may not be shown is `{{ secret.NAME }}`, only below"
        " `source.options`. `clearwell check` finds what is wrong, with its `file:line`.\n"
    )
    inner: dict[str, type[BaseModel]] = {}
    for kind, model in COMPONENTS.items():
        yield f"## `{kind}`\n"
        yield f"{_first(model)}\n"
        yield from _keys(model, inner)
    for model in inner.values():
        yield f"## {model.__name__}\n"
        yield f"{_first(model)}\n"
        yield from _keys(model, inner={})


def _keys(model: type[BaseModel], inner: dict[str, type[BaseModel]]) -> Iterator[str]:
    yield "| key | value | meaning |"
    yield "| --- | --- | --- |"
    for name, field in model.model_fields.items():
        for found in _models(field.annotation):
            inner.setdefault(found.__name__, found)
            for deeper in (d for f in found.model_fields.values() for d in _models(f.annotation)):
                inner.setdefault(deeper.__name__, deeper)
        value = (
            "required" if field.is_required() else _yaml_default(field.get_default(call_default_factory=True))
        )
        kind = _cell(_kind(field.annotation))
        yield f"| `{field.alias or name}` | {kind}; {value} | {_cell(field.description or '')} |"
    yield ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is type(None):
        return ""
    if origin in (Union, types.UnionType):
        return " or ".join(filter(None, map(_kind, arguments)))
    if str(origin) == "typing.Literal":
        return ", ".join(f"`{value}`" for value in arguments)
    if str(origin) == "typing.Annotated" or hasattr(annotation, "__metadata__"):
        return _kind(arguments[0])
    if origin is tuple:
        return f"list of {_kind(arguments[0])}"
    if origin is dict:
        return f"mapping to {_kind(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    names = {"str": "text", "bool": "true or false", "int": "number", "float": "number", "Any": "anything"}
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(name, name)


def _yaml_default(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return "optional"
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_defaults=True)
    if value in ((), {}, ""):
        return "optional"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(str(part) or repr(part) for part in value)}]`"
    return f"`{value}`".replace("'", "")


def settings() -> Iterator[str]:
    """Every setting of `[tool.clearwell]`, and every environment variable."""
    import clearwell.settings as module

    yield "# Settings\n"
    yield "In `[tool.clearwell]` of the project's pyproject.toml; an environment variable wins over it, and"
    yield "an option of the command line over both.\n"
    blocks = (module.__doc__ or "").strip().split("\n\n")
    file = [block for block in blocks if block.startswith("    ")]
    after = "\n\n".join(blocks[1 + len(file) :])
    yield "```toml"
    yield "\n\n".join("\n".join(line[4:] for line in block.splitlines()) for block in file)
    yield "```\n"
    yield "| key | environment variable |"
    yield "| --- | --- |"
    for field in fields(module.Settings):
        if field.name not in ("project", "profile"):
            yield f"| `{field.name}` | `CLEARWELL_{field.name.upper()}` |"
    yield f"\n{_paragraphs(after)}"
    yield "\nOnly from the environment, for secrets must not stand in files, and these are of a machine:\n"
    yield "| | |"
    yield "| --- | --- |"
    for name, member in vars(module.Settings).items():
        if isinstance(member, property) and (text := member.__doc__):
            yield f"| `{name}` | {_cell(text)} |"


def python() -> Iterator[str]:
    """What `import clearwell` and `clearwell.testing` offer."""
    import clearwell
    import clearwell.testing

    yield "# Python\n"
    yield f"{_paragraphs(inspect.getdoc(clearwell) or '')}\n"
    for name in clearwell.__all__:
        member = getattr(clearwell, name)
        if not (inspect.isclass(member) and issubclass(member, Exception)) and name != "__version__":
            yield from _member(f"clearwell.{name}", member)
    yield "# Tests of your own\n"
    yield f"{_paragraphs(inspect.getdoc(clearwell.testing) or '')}\n"
    for name in clearwell.testing.__all__:
        yield from _member(f"clearwell.testing.{name}", getattr(clearwell.testing, name))


def _member(name: str, member: Any) -> Iterator[str]:
    if inspect.isclass(member):
        yield f"## `{name}`\n"
        yield f"{_paragraphs(inspect.getdoc(member) or '')}\n"
        for part, value in vars(member).items():
            if not part.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                signature = _signature(value) if inspect.isfunction(value) else ""
                said = (inspect.getdoc(value) or "").partition("\n\n")[0]
                yield f"- `{part}{signature}`: {_cell(said)}"
        yield ""
        return
    function = getattr(member, "__wrapped__", member)
    function = getattr(function, "_fixture_function", function)
    signature = _signature(function) if inspect.isfunction(function) else ""
    yield f"## `{name}{signature}`\n"
    yield f"{_paragraphs(inspect.getdoc(function) or '')}\n"


def _signature(function: Any) -> str:
    """As it is written: annotations are texts, which Python would show in quotes."""
    text = re.sub(r"""(: |-> )(?:'([^']*)'|"([^"]*)")""", lambda m: m[1] + (m[2] or m[3]), _shown(function))
    return text.replace("(self, ", "(").replace("(self)", "()")


def _shown(function: Any) -> str:
    return str(inspect.signature(function))


def errors() -> Iterator[str]:
    """The tree of errors, as its module draws it, and what each one means."""
    import clearwell.errors as module

    tree, _, rest = (module.__doc__ or "").partition("    ClearwellError")
    drawn, _, after = rest.partition("\n\n")
    yield "# Errors\n"
    yield f"{tree.strip()}\n"
    yield "```text"
    yield "\n".join(line.removeprefix("    ") for line in f"    ClearwellError{drawn}".splitlines())
    yield "```\n"
    yield f"{_paragraphs(after)}"


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "commands.md": commands,
    "yaml.md": yaml,
    "settings.md": settings,
    "python.md": python,
    "errors.md": errors,
}


def _first(member: Any) -> str:
    return _paragraphs(inspect.getdoc(member) or "")


def _paragraphs(text: str) -> str:
    """A docstring in Markdown: RST's double back-quotes as single ones, indented blocks as code."""
    out: list[str] = []
    for block in inspect.cleandoc(text).replace("\b", "").split("\n\n"):
        lines = block.strip("\n").splitlines()
        if lines and lines[0].rstrip(":") in ("Args", "Raises", "Returns", "Yields"):
            out.append("\n".join([f"*{lines[0].rstrip(':')}*", "", *_items(lines[1:])]))
        elif lines and all(line.startswith("    ") for line in lines):
            code = "\n".join(line[4:] for line in lines)
            if out and out[-1].endswith("\n```"):  # two paragraphs of one example
                code = f"{out.pop()[len('```text') + 1 : -len('```')]}\n{code}"
            out.append(f"```text\n{code}\n```")
        else:
            out.append("\n".join(lines).replace("``", "`"))
    return "\n\n".join(filter(None, out))


def _items(lines: list[str]) -> Iterator[str]:
    for line in lines:
        deep = len(line) - len(line.lstrip()) > 4
        yield ("  " if deep else "- ") + line.strip().replace("``", "`")


def _cell(text: str) -> str:
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
