"""A package with a raw format, as pip leaves one: a module, and a dist-info with its entry points."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TOML_LINES = '''
"""Raw files of one TOML document a line, each with one table: order = {id = 1, price = 2.5}."""

import json
import tomllib

import pyarrow as pa
from pydantic import BaseModel

from clearwell.sources import Reject, Source, find_record, line_blocks, split_rows


class Options(BaseModel):
    """What stands below options: in the YAML."""

    table: str = "record"


class TomlLines(Source):
    version = "1"
    suffixes = (".tomll",)
    options = Options

    def read(self, file):
        stream, charset = file.text()
        for block in line_blocks(stream, place=file.place, size=file.block_bytes):
            rows, taken, rejects = [], [], []
            for at in range(len(block)):
                raw = charset.original(block.raw(at))
                try:
                    rows.append(dict(tomllib.loads(charset.decode(block.raw(at)))[file.spec.options["table"]]))
                    taken.append(at)
                except (ValueError, KeyError, TypeError) as error:
                    rejects.append(Reject(block.first + at, "toml", f"{type(error).__name__}: {error}", raw))
            names = list(dict.fromkeys(name for row in rows for name in row))
            columns = {name: pa.array([text(row.get(name)) for row in rows], pa.string()) for name in names}
            numbers = [block.first + at for at in taken]
            yield split_rows(columns, file.spec.types, numbers, lambda row: block.raw(taken[row]), rejects)

    def read_record(self, file, number):
        stream, charset = file.text()
        return find_record(line_blocks(stream, place=file.place, size=file.block_bytes), number, charset)


def text(value):
    return value if value is None or isinstance(value, str) else json.dumps(value, default=str)
'''


def install(
    folder: Path,
    *,
    package: str = "toml-lines",
    version: str = "1.0",
    points: str = "toml_lines = toml_lines:TomlLines",
    code: str = TOML_LINES,
    module: str = "toml_lines",
) -> Path:
    """The package in a folder that is to be put on ``sys.path``; again, it is another version of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(textwrap.dedent(code))
    for old in folder.glob("*.dist-info"):
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
    info = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[clearwell.sources]\n{points}\n")
    return folder
