"""The `type:` of a document: one of our components, a class that extends one, or somebody else's.

A class is found by reading Python, not by running it: its module, and the modules that its bases come from,
of the project or of installed packages. So a project is loaded without Dagster and without its own code. A
class that is made at run time, by a call, is not seen here: ``clearwell.components.overrides`` says so.
"""

from __future__ import annotations

import ast
import sys
from contextlib import suppress
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearwell.errors import ProjectError, did_you_mean
from clearwell.project.code_hash import find_module, module_names, parse_module
from clearwell.project.specs import CuratedSpec, DatasetSpec, ReportsSpec, Spec, TableSpec
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clearwell.yaml_lines import Document

__all__ = ["COMPONENTS", "kind_of", "require_type", "type_of"]

COMPONENTS: Mapping[str, type[Spec]] = {
    "clearwell.components.Table": TableSpec,
    "clearwell.components.Curated": CuratedSpec,
    "clearwell.components.Dataset": DatasetSpec,
    "clearwell.components.Reports": ReportsSpec,
}

_OURS = "clearwell"


class _Module(NamedTuple):
    """What the names of a module stand for: classes of its own, and the dotted names of what it imports."""

    file: Path
    classes: dict[str, ast.ClassDef]
    names: dict[str, str]
    stars: tuple[str, ...]
    """The modules of which it imports everything."""
    is_open: bool
    """Whether it may have names that cannot be read off: it has a ``__getattr__``."""


def type_of(document: Document, root: Path) -> str:
    """The type of ``document`` as a dotted name; ``.components.Daily`` is below the folder of the YAML."""
    kind: str = document.value["type"]
    folder = document.file.absolute().parent
    if not kind.startswith(".") or not folder.is_relative_to(root.absolute()):
        return kind
    return f"{'.'.join(folder.relative_to(root.absolute()).parts)}{kind}"


def kind_of(type: str, root: Path) -> str | None:
    """The one of ``COMPONENTS`` that ``type`` is or extends; None: it is somebody else's.

    Raises:
        ProjectError: a module of the project at ``root`` is not valid Python.
    """
    return type if type in COMPONENTS else _kind(type, root, set())


def require_type(type: str, root: Path, *, place: str) -> None:
    """Pass if ``type`` may be somebody else's component.

    Raises:
        ProjectError: the project has no such module or no such class in it, or nothing of that name is
            installed and it is near to ours or the project's.
    """
    module, _, name = type.rpartition(".")
    top = module.partition(".")[0]
    if top in ("", _OURS):
        hint = did_you_mean(type, COMPONENTS) or f"the types are {', '.join(COMPONENTS)}"
        raise ProjectError(f"unknown component type {type!r}", place=place, hint=hint)
    if (file := find_module(module, root)) is not None:
        found = _read(module, file)
        if name not in {*found.classes, *found.names} and not found.stars and not found.is_open:
            hint = did_you_mean(name, found.classes) or f"write `class {name}(...)` there"
            raise ProjectError(f"{shown(file)} has no class {name!r}", place=place, hint=hint)
    elif not _installed(module):
        modules = list(module_names(root))
        tops = {known.partition(".")[0] for known in modules}
        if top in tops:
            hint = did_you_mean(module, modules) or f"write the class in {module.replace('.', '/')}.py"
            raise ProjectError(f"no module {module!r} in this project", place=place, hint=hint)
        if not _installed(top) and (near := did_you_mean(top, [_OURS, *tops])):
            hint = did_you_mean(type, COMPONENTS) or near
            raise ProjectError(f"unknown component type {type!r}", place=place, hint=hint)


def _kind(dotted: str, root: Path, seen: set[str]) -> str | None:
    """The kind of what ``dotted`` names, looked up where it is defined."""
    top = dotted.partition(".")[0]
    if dotted.startswith("clearwell.components."):  # also by its module: clearwell.components.table.Table
        name = dotted.rpartition(".")[2]
        return next((kind for kind in COMPONENTS if kind.endswith(f".{name}")), None)
    module, _, name = dotted.rpartition(".")
    if not module or dotted in seen or top.startswith("dagster") or top in sys.stdlib_module_names:
        return None
    seen.add(dotted)
    found: _Module | None = None
    if (file := find_module(module, root)) is not None:
        found = _read(module, file)
    elif (file := _installed(module)) is not None:
        with suppress(ProjectError, OSError):  # whoever imports it finds out
            found = _read(module, file)
    if found is None:
        return None
    for meant in _meant(found, module, name):
        if kind := _kind(meant, root, seen):
            return kind
    return None


def _meant(found: _Module, module: str, name: str) -> Iterator[str]:
    """The dotted names behind ``name`` in a module: the bases of a class, or what was imported so."""
    if written := found.classes.get(name):
        yield from (_full(_dotted(base), found.names, module) for base in written.bases)
    elif name in found.names:
        yield found.names[name]
    else:
        yield from (f"{star}.{name}" for star in found.stars)


def _full(dotted: str | None, names: Mapping[str, str], module: str) -> str:
    """What ``dotted`` means in a module that binds ``names``; empty when that cannot be read off."""
    head, dot, rest = (dotted or "").partition(".")
    return f"{names.get(head, f'{module}.{head}')}{dot}{rest}" if head else ""


def _read(module: str, file: Path) -> _Module:
    return _read_at(module, file, file.stat().st_mtime_ns)


@cache
def _read_at(module: str, file: Path, changed_ns: int) -> _Module:  # noqa: ARG001  # a part of the key
    tree = parse_module(file, file.read_bytes())
    classes: dict[str, ast.ClassDef] = {}
    names: dict[str, str] = {}
    stars: list[str] = []
    is_open = False
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef():
                classes.setdefault(node.name, node)
            case ast.FunctionDef():
                is_open = is_open or node.name == "__getattr__"
            case ast.Import():
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom():
                base = _absolute(node, package)
                stars += [base for alias in node.names if alias.name == "*"]
                names.update({a.asname or a.name: f"{base}.{a.name}" for a in node.names if a.name != "*"})
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                names.setdefault(name, _full(_dotted(value), names, module))
            case ast.Name(id=name, ctx=ast.Store()):
                names.setdefault(name, "")
            case _:
                pass
    return _Module(file, classes, names, tuple(stars), is_open)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that an import names, whether it names it from here (``from .a import b``) or in full."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])


def _dotted(node: ast.expr) -> str | None:
    """``a.b.C`` as text, also of ``a.b.C[...]``; None for anything else."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            head = _dotted(node.value)
            return head and f"{head}.{node.attr}"
        case ast.Subscript():
            return _dotted(node.value)
        case _:
            return None


def _installed(module: str) -> Path | None:
    """The file of an installed module of Python code, found without importing it."""
    places: list[str] | None = None
    origin: str | None = None
    name = ""
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        if (spec := PathFinder.find_spec(name, places)) is None:
            return None
        places, origin = list(spec.submodule_search_locations or ()), spec.origin
    if origin and origin.endswith(".py"):
        return Path(origin)
    return Path(places[0]) / "__init__.py" if places else None
