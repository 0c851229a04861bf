"""The parts of docs/architecture.md that are read off the code: the way of a file, and every room.

A room is a folder of the package. A step uses what its module imports, and what the modules of `flow` import
that it leads to; a name that comes through the `__init__` of a room counts for the module that defines it.
"""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["draw", "write_rooms"]

_ROOT = Path(__file__).parent.parent
_STEPS = (
    ("ingest", "raw files", "bronze, quarantine"),
    ("cleanse", "bronze", "silver, quarantine"),
    ("curate", "silver", "gold"),
    ("publish", "gold", "release"),
    ("report", "the lake", "report, pages"),
)
_RUN = "clearwell.flow.run"  # what every step has at hand: project, lake, engines
# In the order in which a step comes to them. What all steps use is not drawn: names, errors, stores.
_SHOWN = (
    "project", "tables/read", "sources", "sources/formats", "curation", "lineage", "quality", "engines",
    "tables/staging", "tables/write", "tables/records", "publishing", "fingerprint", "datasets",
    "reports/measure", "reports/render", "pages",
)  # fmt: skip
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="#56606b"/></marker></defs>'
)


def write_rooms() -> Iterator[str]:
    """Every layer from the top down, with its rooms, what each is for, and its modules."""
    layers = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    yield "## Rooms\n"
    yield "From the top down: a layer imports what is below it, never what is above.\n"
    for layer in next(c for c in layers["contracts"] if c["id"] == "layers")["layers"]:
        for name in layer.replace("(", "").replace(")", "").replace(":", "|").split("|"):
            place = _ROOT / "clearwell" / name.strip()
            if place.is_dir():
                yield from _room(place)
            else:
                yield f"- `{name.strip()}.py`: {_first_line(place.with_suffix('.py'))}"


def _room(folder: Path, depth: int = 0) -> Iterator[str]:
    indent = "  " * depth
    modules = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("__"))
    names = f" *{', '.join(modules)}*" if modules else ""
    yield f"{indent}- **`{folder.name}/`** {_first_line(folder / '__init__.py')}{names}"
    for inner in sorted(path for path in folder.iterdir() if (path / "__init__.py").is_file()):
        yield from _room(inner, depth + 1)


def draw() -> str:
    """The way of a file from raw to release, as SVG: one row a step, one box for each room that it uses."""
    rows = [(step, into, out, rooms_of(step)) for step, into, out in _STEPS]
    wide = max(len(rooms) for *_, rooms in rows)
    width, height = 250 + wide * 118, 40 + len(rows) * 92
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _ARROW,
    ]
    for number, (step, into, out, rooms) in enumerate(rows):
        top = 30 + number * 92
        parts += _box(12, top, 106, f"{step}", fill="#1d4e89", ink="#fff", below=f"{into} →")
        for place, room in enumerate(rooms):
            left = 140 + place * 118
            parts.append(
                f'<line x1="{left - 22 if place == 0 else left - 12}" y1="{top + 20}" x2="{left - 2}" '
                f'y2="{top + 20}" stroke="#56606b" marker-end="url(#arrow)"/>'
            )
            parts += _box(left, top, 106, room, fill="#e8eef5", ink="#16202b")
        end = 140 + len(rooms) * 118
        parts.append(
            f'<line x1="{end - 12}" y1="{top + 20}" x2="{end + 4}" y2="{top + 20}" stroke="#56606b" '
            'marker-end="url(#arrow)"/>'
        )
        for line, text in enumerate(wrap(out, 14)):
            parts.append(
                f'<text x="{end + 10}" y="{top + 18 + line * 15}" font-size="12">{escape(text)}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(left: int, top: int, width: int, name: str, *, fill: str, ink: str, below: str = "") -> list[str]:
    middle = left + width / 2
    text = f'text-anchor="middle" font-size="12" fill="{ink}"'
    drawn = [
        f'<rect x="{left}" y="{top}" width="{width}" height="40" rx="6" fill="{fill}"/>',
        f'<text x="{middle}" y="{top + 24}" {text}>{escape(name)}</text>',
    ]
    if below:
        drawn.append(
            f'<text x="{middle}" y="{top + 56}" text-anchor="middle" font-size="11" fill="#56606b">'
            f"{escape(below)}</text>"
        )
    return drawn


def rooms_of(step: str) -> list[str]:
    """The rooms that a step of the flow uses, in the order of ``_SHOWN``."""
    seen: set[str] = set()
    to_visit, used = [f"clearwell.flow.{step}"], set[str]()
    while to_visit:
        module = to_visit.pop()
        if module in seen or module == _RUN:
            continue
        seen.add(module)
        for target in _imports(module):
            if target.startswith("clearwell.flow."):
                to_visit.append(target)
            else:
                used |= _with_inner_rooms(target)
        if "run.engine" in _file(module).read_text(encoding="utf-8"):
            used.add("engines")
    return [room for room in _SHOWN if room in used]


@cache
def _with_inner_rooms(module: str) -> frozenset[str]:
    """The room of a module, and those of the same package that it leads to."""
    package = ".".join(module.split(".")[:2])
    seen: set[str] = set()
    to_visit = [module]
    while to_visit:
        if (name := to_visit.pop()) not in seen:
            seen.add(name)
            to_visit += [inner for inner in _imports(name) if inner.startswith("clearwell.sources.")]
    return frozenset(_room_of(name) for name in seen if name.startswith(package))


def _room_of(module: str) -> str:
    parts = module.split(".")[1:]
    room = "/".join(parts[:2])
    return room if room in _SHOWN else parts[0]


@cache
def _imports(module: str) -> frozenset[str]:
    """The modules of Clearwell that define what ``module`` imports when it runs."""
    tree = _tree(_file(module))
    for_types = {
        id(inner)
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    return frozenset(
        _home(node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in for_types
        if node.module.startswith("clearwell")
        for alias in node.names
    )


@cache
def _home(module: str, name: str) -> str:
    """The module that defines ``name``, which ``module`` offers."""
    if _is_module(f"{module}.{name}"):
        return f"{module}.{name}"
    for node in _tree(_file(module)).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("clearwell"):
            for alias in node.names:
                if name in (alias.asname, alias.name):
                    return _home(node.module, alias.name)
    return module


def _is_module(name: str) -> bool:
    path = _ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def _file(module: str) -> Path:
    path = _ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _first_line(file: Path) -> str:
    return (ast.get_docstring(_tree(file)) or "").partition("\n")[0]
