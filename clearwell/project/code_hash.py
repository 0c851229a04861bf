"""The code of a transform, read but never run: its files, and one hash of them.

The code of a transform is its module and every project file that this imports, recursively, including
packages' ``__init__.py``; and the files of the project that these read, as far as ``files_read`` sees it.
A module that is not at the project's root is looked for in the root's folders (``src``) and on Python's path.
What a module imports only at run time (`importlib`) is not seen. Installed packages and Clearwell itself do
not count.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearwell.errors import ProjectError, did_you_mean
from clearwell.project.files_read import digest_of, matching_files, named_files
from clearwell.yaml_lines import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Source",
    "bound_names",
    "find_module",
    "line_that_says",
    "module_names",
    "parse_module",
    "sources_of",
    "transform_fingerprint",
]


_PATH = [Path(place) for place in sys.path if place]
"""Where Python finds modules, before any code of a project changes it."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Source(NamedTuple):
    """A project file that belongs to a transform; if it is not at the root, Python may find another."""

    module: str
    file: Path
    digest: str
    at_root: bool = True


def transform_fingerprint(
    ref: str,
    root: Path,
    *,
    reads: Sequence[str] = (),
    place: str | None = None,
    reads_place: str | None = None,
) -> str:
    """A hash (64 hex digits) of the function's name and of each project file that it imports or reads.

    Args:
        ref: ``"module:function"``.
        root: The project's root.
        reads: Patterns of further files that it reads.
        place: ``file:line`` of the YAML that names it, for the errors.
        reads_place: The same of ``reads``.

    Raises:
        ProjectError: no such module, no such name in it, invalid Python; a pattern that no file matches.
    """
    digest = hashlib.sha256(ref.encode())
    files = {source.file: source.digest for source in sources_of(ref, root, place)}
    read = named_files(tuple(files), root) | matching_files(reads, root, reads_place)
    files |= {file: digest_of(file) for file in read - set(files)}
    for file in sorted(files):
        digest.update(f"\n{file.relative_to(root).as_posix()} {files[file]}".encode())
    return digest.hexdigest()


def sources_of(ref: str, root: Path, place: str | None) -> list[Source]:
    """The files that make up a transform, its own module's first.

    Raises:
        ProjectError: no such module, no such name in it, or invalid Python.
    """
    module, _, name = ref.partition(":")
    first = find_module(module, root)
    if first is None:
        hint = did_you_mean(module, module_names(root)) or f"write it in {module.replace('.', '/')}.py"
        raise ProjectError(f"no module {module!r} in this project", place=place, hint=hint)
    bound = bound_names(parse_module(first, first.read_bytes()))
    if "*" not in bound and name not in bound:
        hint = did_you_mean(name, bound) or f"write `def {name}(...)` there"
        raise ProjectError(f"{shown(first)} has no function {name!r}", place=place, hint=hint)
    found: dict[Path, Source] = {}
    queue = [(module, first, True), *_chain(module, root)]
    for dotted, file, at_root in queue:
        if file not in found:
            content = file.read_bytes()
            found[file] = Source(dotted, file, hashlib.sha256(content).hexdigest(), at_root)
            for imported in _imports(parse_module(file, content), dotted, file):
                queue += _chain(imported, root)
    return list(found.values())


def line_that_says(word: str, ref: str, root: Path) -> str | None:
    """``file:line`` where the code of a transform has ``word`` in a string or as an attribute.

    The function itself is searched first, then its module, then the imported files.
    """
    name = ref.partition(":")[2]
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    for source in sources_of(ref, root, None):
        tree = parse_module(source.file, source.file.read_bytes())
        own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
        for part in (*own, tree):
            for node in ast.walk(part):
                text = node.value if isinstance(node, ast.Constant) else getattr(node, "attr", None)
                if isinstance(text, str) and pattern.search(text) and not _is_docstring(node, tree):
                    return f"{shown(source.file)}:{getattr(node, 'lineno', 1)}"
    return None


def find_module(module: str, root: Path) -> Path | None:
    """The file of ``module`` below the folder ``root``; None when it has none there."""
    base = root.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_name(f"{base.name}.py"))
    return next((file for file in candidates if file.is_file()), None)


def parse_module(file: Path, content: bytes) -> ast.Module:
    """The syntax tree of ``content``, that of ``file``; raises ProjectError with its ``file:line``."""
    try:
        return ast.parse(content, filename=os.fspath(file))
    except SyntaxError as error:
        place = f"{shown(file)}:{error.lineno or 1}"
        raise ProjectError(
            f"invalid Python: {error.msg}", place=place, hint=(error.text or "").strip() or None
        ) from error
    except ValueError as error:  # a NUL byte, on Python 3.11
        raise ProjectError(f"invalid Python: {error}", place=f"{shown(file)}:1") from error


def bound_names(tree: ast.Module) -> set[str]:
    """The names bound at a module's top level; ``*`` when it has a star import."""
    names = {node.name for node in _top_level(tree) if isinstance(node, _DEFINITIONS)}
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def module_names(root: Path) -> Iterator[str]:
    """The modules of a project, for a hint; not those in hidden folders, environments or Clearwell."""
    for folder, subfolders, files in os.walk(root):
        here = Path(folder)
        subfolders[:] = [
            name
            for name in subfolders
            if name.isidentifier() and name != "clearwell" and not (here / name / "pyvenv.cfg").exists()
        ]
        for file in files:
            if file.endswith(".py"):
                path = (here / file).relative_to(root).with_suffix("")
                yield ".".join(path.parts[:-1] if path.name == "__init__" else path.parts)


def _top_level(block: ast.AST) -> Iterator[ast.AST]:
    """The statements that importing a module runs, also those below ``if`` and ``try``."""
    for node in ast.iter_child_nodes(block):
        yield node
        if not isinstance(node, (*_DEFINITIONS, ast.expr)):
            yield from _top_level(node)


def _is_docstring(node: ast.AST, tree: ast.Module) -> bool:
    """Whether it is a bare string expression, as a docstring is."""
    return any(isinstance(above, ast.Expr) and above.value is node for above in ast.walk(tree))


def _chain(module: str, root: Path) -> Iterator[tuple[str, Path, bool]]:
    """The project files that importing ``module`` runs: of its packages, then its own; if at the root."""
    parts = module.split(".")
    if parts[0] == "clearwell":
        return
    at_root = find_module(parts[0], root) is not None or (root / parts[0]).is_dir()
    for home in [root] if at_root else _other_homes(parts[0], root):
        for length in range(1, len(parts) + 1):
            dotted = ".".join(parts[:length])
            if file := find_module(dotted, home):
                yield dotted, file, at_root


def _other_homes(name: str, root: Path) -> list[Path]:
    """Folders of the project that may be on Python's path, and have a module or package of that name."""
    if name in sys.stdlib_module_names:
        return []
    folders = [folder for folder in root.iterdir() if folder.name[0] != "." and folder.is_dir()]
    folders += [place for place in _PATH if place.is_relative_to(root) and place not in folders]
    return [
        folder
        for folder in folders
        if (find_module(name, folder) or (folder / name).is_dir())
        and not (folder / "pyvenv.cfg").exists()
        and "site-packages" not in folder.parts
    ]


def _imports(tree: ast.Module, dotted: str, file: Path) -> Iterator[str]:
    """The full names that a module imports anywhere; each may be a module or a name in one."""
    package = dotted if file.name == "__init__.py" else dotted.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - (node.level - 1)]
                base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
