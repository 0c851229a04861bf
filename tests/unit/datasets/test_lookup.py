"""Each key finds its own row: of any type, in any order, asked for once or often, whatever hashes collide."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import pickle
import struct
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearwell.datasets import lookup, open_dataset, verify
from clearwell.datasets.index import KeyIndex
from clearwell.datasets.keys import key_digests
from clearwell.errors import DatasetError
from clearwell.publishing import inference as live
from clearwell.publishing import write
from tests.unit.publishing.small import Release, live_release

KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), st.text(max_size=4)),
    "small": (pa.int8(), st.integers(-128, 127)),
    "number": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "date": (pa.date32(), st.dates()),
    "time": (pa.timestamp("us"), st.datetimes()),
    "moment": (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(dt.UTC))),
    "decimal": (pa.decimal128(38, 2), st.decimals(-(10**20), 10**20, places=2)),
    "boolean": (pa.bool_(), st.booleans()),
    "bytes": (pa.binary(), st.binary(max_size=3)),
}


def shortened(bits: int) -> Any:
    """Digests with few values: most keys have that of another one."""

    def digests(keys: pa.RecordBatch) -> list[bytes]:
        return [
            bytes([digest[0] >> (8 - bits) << (8 - bits)]).ljust(32, b"\0") for digest in key_digests(keys)
        ]

    return digests


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.data(),
    names=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=3, unique=True),
    collide=st.sampled_from([None, 0, 1, 3]),
    buckets=st.sampled_from([1, 3]),
    is_old=st.booleans(),
)
def test_every_key_finds_its_row_and_no_other(
    data: st.DataObject,
    names: list[str],
    collide: int | None,
    buckets: int,
    is_old: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, name, value in (
        (write, "ROW_GROUP", 4),
        (write, "ROWS_PER_FILE", 8),
        (live, "INFERENCE_BATCH", 4),
    ):
        monkeypatch.setattr(module, name, value)
    for module in (live, lookup, verify):
        monkeypatch.setattr(module, "key_digests", shortened(collide) if collide is not None else key_digests)
    some_key = st.tuples(*(KINDS[name][1] for name in names))
    keys = data.draw(st.lists(some_key, min_size=1, max_size=30, unique=True), label="keys")
    others = [key for key in data.draw(st.lists(some_key, max_size=5), label="others") if key not in keys]
    schema = pa.schema([*((name, KINDS[name][0]) for name in names), ("value", pa.int64())])
    columns = [list(column) for column in zip(*keys, strict=True)]
    table = pa.table([*columns, list(range(len(keys)))], schema=schema)
    with tempfile.TemporaryDirectory() as folder:
        release = live_release(Path(folder) / "r", table, names, buckets=buckets, chunk=7)
        if is_old:
            put_index(release, earlier(release / "index/live.keys"), format=1)
        state = open_dataset(release)
        state.verify()
        asked = data.draw(st.lists(st.sampled_from([*keys, *others]), max_size=40), label="asked")
        request = {
            name: pa.array([key[place] for key in asked], KINDS[name][0]) for place, name in enumerate(names)
        }
        found = state.lookup(request, missing="null")
        number = {key: value for value, key in enumerate(keys)}
        assert found["value"].to_pylist() == [number.get(key) for key in asked]
        for place, name in enumerate(names):
            there = [key[place] if key in number else None for key in asked]
            assert found[name].to_pylist() == there
        assert state.contains(request).to_pylist() == [key in number for key in asked]
        if all(key in number for key in asked):
            exact = state.lookup(request, columns=["value"])
            assert (exact.num_rows, exact.schema) == (len(asked), pa.schema([("value", pa.int64())]))
        else:
            absent = sum(key not in number for key in asked)
            with pytest.raises(DatasetError, match=f"{absent} of {len(asked)} keys are not in state"):
                state.lookup(request)


SCHEMA = pa.schema(
    [
        ("day", pa.date32()),
        ("carrier", pa.string()),
        ("flight", pa.int32()),
        ("wind", pa.float64()),
        ("tags", pa.list_(pa.string())),
    ]
)
KEY = ["day", "carrier", "flight"]


def flights(count: int) -> pa.Table:
    return pa.table(
        {
            "day": [dt.date(2013, 2, 1) + dt.timedelta(days=n % 5) for n in range(count)],
            "carrier": [("UA", "AA")[n % 2] for n in range(count)],
            "flight": list(range(count)),
            "wind": [(math.nan, -0.0, None, n / 7)[n % 4] for n in range(count)],
            "tags": [(None, [], ["a", None])[n % 3] for n in range(count)],
        },
        SCHEMA,
    )


@pytest.fixture
def state(tmp_path: Path) -> Any:
    return open_dataset(live_release(tmp_path / "state", flights(100), KEY))


def test_keys_come_in_the_form_that_one_has(state: Any) -> None:
    rows = flights(100).slice(40, 3).select(KEY)
    expected = str(flights(100).slice(40, 3).to_pylist())
    frame = rows.to_pandas()
    forms: list[Any] = [
        rows,
        rows.to_batches()[0],
        rows.to_pylist(),
        tuple(rows.to_pylist()),
        rows.to_pydict(),
        frame,
        frame.assign(day=pd.to_datetime(frame["day"])),
        frame.astype({"carrier": "category", "flight": "int64"}),
        frame[["flight", "carrier", "day"]],
        pl.DataFrame(rows),
        rows.cast(pa.schema([("day", pa.date64()), ("carrier", pa.large_string()), ("flight", pa.uint16())])),
    ]
    for form in forms:
        assert str(state.lookup(form).to_pylist()) == expected
    assert state.lookup([]).num_rows == state.lookup(rows.slice(0, 0)).num_rows == 0
    assert state.lookup([]).schema.equals(SCHEMA)


def test_the_answer_has_the_order_and_the_repeats_of_the_question(state: Any) -> None:
    rows = flights(100).to_pylist()
    asked = [rows[n] for n in (99, 3, 3, 50, 0, 99)]
    found = state.lookup([{name: row[name] for name in KEY} for row in asked])
    assert str(found.to_pylist()) == str(asked)
    assert found.column_names == SCHEMA.names
    assert state.lookup(found.select(KEY), columns=state.features).column_names == ["wind", "tags"]


def test_a_key_that_is_not_there_is_an_error_with_its_next_step_or_a_row_of_nulls(state: Any) -> None:
    here = {"day": dt.date(2013, 2, 2), "carrier": "AA", "flight": 1}
    gone = [{**here, "flight": 1000 + n} for n in range(7)]
    with pytest.raises(DatasetError) as caught:
        state.lookup([here, *gone])
    assert caught.value.fact.startswith(
        "7 of 8 keys are not in state: day=2013-02-02, carrier=AA, flight=1000;"
    )
    assert caught.value.fact.endswith("flight=1004; and 2 more")
    assert "missing='null'" in str(caught.value.hint)
    found = state.lookup([gone[0], here], missing="null")
    assert found.slice(0, 1).to_pylist() == [dict.fromkeys(SCHEMA.names)]
    assert found["flight"].to_pylist() == [None, 1]
    assert state.contains([here, gone[0]]).to_pylist() == [True, False]


def test_a_null_names_nothing(state: Any) -> None:
    here = {"day": dt.date(2013, 2, 2), "carrier": "AA", "flight": 1}
    asked = [{**here, "carrier": None}, here, {**here, "flight": None}]
    assert state.contains(asked).to_pylist() == [False, True, False]
    assert state.contains([dict.fromkeys(KEY)]).to_pylist() == [False]
    assert state.lookup(asked, missing="null")["flight"].to_pylist() == [None, 1, None]
    with pytest.raises(DatasetError, match=r"2 of 3 keys are not in state: .*carrier=None"):
        state.lookup(asked)


def test_columns_that_may_not_be_null_are_null_where_a_key_is_missing(tmp_path: Path) -> None:
    schema = pa.schema(
        [pa.field("id", pa.int32(), nullable=False), pa.field("x", pa.bool_(), nullable=False)]
    )
    state = open_dataset(live_release(tmp_path / "s", pa.table([[1, 2], [True, False]], schema), ["id"]))
    found = state.lookup({"id": [2, 7]}, missing="null")
    found.validate(full=True)
    assert found.to_pylist() == [{"id": 2, "x": False}, {"id": None, "x": None}]
    assert state.lookup({"id": [2]}).schema == schema


DAY = dt.date(2013, 2, 2)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"day": [DAY], "carrier": ["AA"]}, "the keys have no column 'flight'"),
        ([{"day": DAY, "carrier": "AA"}], "key 0 has no column 'flight'"),
        (
            [{"day": DAY, "carrier": "AA", "flight": 1, "wind": 3.0}],
            "key 0 has columns that are not of the key: 'wind'",
        ),
        (
            {"day": [DAY], "carrier": ["AA"], "flight": [1], "x": [1]},
            "the keys have columns that are not of the key: 'x'",
        ),
        ({"day": [DAY], "carrier": ["AA"], "flight": [1, 2]}, "the columns of the keys have 1 and 2 values"),
        (
            {"day": [DAY], "carrier": ["AA"], "flight": ["1"]},
            "'flight' is int, but the given values are string",
        ),
        (
            {"day": [DAY], "carrier": ["AA"], "flight": [1.0]},
            "'flight' is int, but the given values are double",
        ),
        (
            {"day": [DAY], "carrier": ["AA"], "flight": [True]},
            "'flight' is int, but the given values are boolean",
        ),
        ({"day": [DAY], "carrier": ["AA"], "flight": [2**40]}, "not every value has an exact counterpart"),
        ({"day": [DAY], "carrier": ["AA"], "flight": [2**70]}, "'flight' cannot be read"),
        ({"day": [DAY, DAY], "carrier": ["AA", 3], "flight": [1, 1]}, "'carrier' cannot be read"),
        ({"day": ["2013-02-02"], "carrier": ["AA"], "flight": [1]}, "'day' is date, .*values are string"),
        (
            {"day": [dt.datetime(2013, 2, 2, 6)], "carrier": ["AA"], "flight": [1]},
            "'day' is date, .*values are timestamp",
        ),
        ([1, 2], "key 0 is a int, not a dict"),
        ("AA", "keys cannot be a str"),
        (7, "keys cannot be a int"),
        (pd.DataFrame({"day": [DAY], "carrier": ["AA"]}, index=[1]), "the keys have no column 'flight'"),
    ],
)
def test_keys_of_another_form_or_type_are_refused(state: Any, keys: Any, said: str) -> None:
    with pytest.raises(DatasetError, match=said) as caught:
        state.lookup(keys)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "value", "asked"),
    [
        (pa.timestamp("us"), dt.datetime(2013, 2, 2), dt.datetime(2013, 2, 2, tzinfo=dt.UTC)),
        (pa.timestamp("us", "UTC"), dt.datetime(2013, 2, 2, tzinfo=dt.UTC), dt.datetime(2013, 2, 2)),
        (pa.timestamp("us"), dt.datetime(2013, 2, 2), DAY),
        (pa.timestamp("us"), dt.datetime(2013, 2, 2), pa.array([1], pa.timestamp("ns"))),
        (pa.decimal128(5, 2), Decimal("1.50"), 1),
        (pa.decimal128(5, 2), Decimal("1.50"), Decimal("1.505")),
        (pa.string(), "1", b"1"),
        (pa.bool_(), True, 1),
    ],
)
def test_a_value_of_a_kind_that_only_looks_like_it_is_refused(
    tmp_path: Path, kind: pa.DataType, value: Any, asked: Any
) -> None:
    table = pa.table([pa.array([value], kind), pa.array([1])], names=["id", "x"])
    state = open_dataset(live_release(tmp_path / "s", table, ["id"]))
    assert state.lookup({"id": [value]})["x"].to_pylist() == [1]
    with pytest.raises(DatasetError, match="'id' is"):
        state.lookup({"id": asked if isinstance(asked, pa.Array) else [asked]})


def test_a_moment_is_the_same_in_every_zone(tmp_path: Path) -> None:
    moment = dt.datetime(2013, 2, 2, 12, tzinfo=dt.UTC)
    table = pa.table([pa.array([moment], pa.timestamp("us", "UTC")), pa.array([1])], names=["id", "x"])
    state = open_dataset(live_release(tmp_path / "s", table, ["id"]))
    zone = dt.timezone(dt.timedelta(hours=-5))
    assert state.lookup([{"id": moment.astimezone(zone)}])["x"].to_pylist() == [1]
    frame = pd.DataFrame({"id": pd.to_datetime([moment.isoformat()]).tz_convert("America/New_York")})
    assert state.lookup(frame)["x"].to_pylist() == [1]


def test_wrong_options_are_refused(state: Any) -> None:
    with pytest.raises(DatasetError, match=r"missing cannot be 'nul'(?s:.*)did you mean 'null'"):
        state.lookup([], missing="nul")
    with pytest.raises(DatasetError, match=r"no column 'widn'(?s:.*)did you mean 'wind'"):
        state.lookup([], columns=["widn"])


def test_a_training_release_has_no_keys_and_an_inference_release_no_split(
    release: Release, state: Any
) -> None:
    training = open_dataset(release())
    assert (training.kind, training.key, training.label) == ("training", (), "is_late")
    assert training.features == ("day", "carrier", "distance", "tags")
    with pytest.raises(DatasetError, match=r"is for training: its rows have no key(?s:.*)kind: inference"):
        training.lookup([{"day": DAY}])
    with pytest.raises(DatasetError, match=r"more than one split(?s:.*)\.split\('train'\)"):
        training.to_arrow()
    assert (state.kind, state.key, state.label, state.splits) == ("inference", tuple(KEY), None, ("live",))
    assert (
        len(state) == state.to_arrow().num_rows == len(state.to_pandas()) == state.to_polars().height == 100
    )
    assert state.to_arrow(["wind"]).column_names == ["wind"]
    assert sum(batch.num_rows for batch in state.to_batches()) == 100
    assert repr(state) == "Dataset('state', v1, live 100 rows)"


def test_a_dataset_goes_to_another_process(state: Any) -> None:
    state.contains([])
    again = pickle.loads(pickle.dumps(state))
    assert again.contains(flights(100).select(KEY)).to_pylist() == [True] * 100


def test_rows_and_index_stay_on_disk(tmp_path: Path) -> None:
    count = 50_000
    table = pa.table({"id": [f"customer {n}" for n in range(count)], "x": list(range(count))})
    state = open_dataset(live_release(tmp_path / "s", table, ["id"], chunk=count))
    before = pa.total_allocated_bytes()
    found = state.lookup({"id": ["customer 7", "customer 49999"]})
    assert found["x"].to_pylist() == [7, 49_999]
    assert pa.total_allocated_bytes() - before < 10_000


def test_the_reader_looks_up_without_pandas_or_numpy(state: Any) -> None:
    code = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ['numpy', 'pandas', 'pydantic', 'yaml']:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import clearwell, datetime as dt\n"
        f"d = clearwell.open_dataset({str(state.path)!r}); d.verify()\n"
        "key = {'day': dt.date(2013, 2, 2), 'carrier': 'AA', 'flight': 1}\n"
        "print(d.lookup([key])['flight'].to_pylist(), 'numpy' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[1] False False", done.stderr


BY_AN_EARLIER_VERSION = "6d334d4dece32c6477258654492aabff661a2ac7ea15765de24301d41f075e01"
"""SHA-256 of the index that the last version before format 2 wrote for ``flights(100)``."""


def earlier(path: Path) -> bytes:
    """The index as versions before format 2 of the manifest wrote it: with buckets before the hashes."""
    hashes = hashes_of(path)
    bits = max(1, (len(hashes) - 1).bit_length() - 1)
    starts = [sum(value >> (64 - bits) < bucket for value in hashes) for bucket in range((1 << bits) + 1)]
    numbers = [len(hashes), bits, *starts, *hashes]
    return b"CWKEYS01" + struct.pack(f"<{len(numbers)}Q", *numbers)


def put_index(release: Path, data: bytes, **manifest: Any) -> None:
    """Give the release another index, and a manifest that names it."""
    path = release / "index/live.keys"
    path.write_bytes(data)
    raw = json.loads((release / "manifest.json").read_text())
    for file in raw["splits"][0]["files"]:
        if file["format"] == "index":
            file |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (release / "manifest.json").write_text(json.dumps({**raw, **manifest}))


def test_a_release_of_an_earlier_version_is_read_by_the_index_that_it_has(state: Any) -> None:
    old = earlier(state.path / "index/live.keys")
    assert hashlib.sha256(old).hexdigest() == BY_AN_EARLIER_VERSION
    put_index(state.path, old, format=1)
    again = open_dataset(state.path)
    again.verify()
    assert str(again.lookup(flights(100).select(KEY)).to_pylist()) == str(flights(100).to_pylist())
    assert again.contains(flights(101).select(KEY).slice(100)).to_pylist() == [False]


def index_of(hashes: list[int], *, nullable: bool = False) -> bytes:
    schema = pa.schema([pa.field("hash", pa.uint64(), nullable=nullable)])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as out:
        out.write_batch(pa.record_batch([pa.array(hashes, pa.uint64())], schema))
    return sink.getvalue().to_pybytes()


def hashes_of(path: Path) -> list[int]:
    return pa.ipc.open_file(path.read_bytes()).read_all()["hash"].to_pylist()


ARROW_DAMAGE = [
    (lambda _: b"", "not readable"),
    (lambda _: b"CWKEYS01", "it is not an index of 100 rows"),
    (lambda _: b"ARROW1", "not readable"),
    (lambda data: data[:-1] + b"x", "not readable"),
    (lambda data: data[:-1], "not readable"),
    (lambda data: data[: len(data) // 2], "not readable"),
    (lambda _: index_of(list(range(99))), "it is not an index of 100 rows"),
    (lambda _: index_of([None] * 100, nullable=True), "it is not an index of 100 rows"),
    (lambda _: index_of([]), "it is not an index of 100 rows"),
]
OLD_DAMAGE = [
    (lambda data: data[:8] + b"\x63" + data[9:], "it is not an index of 100 rows"),
    (lambda data: data[:16] + b"\xff" * 8 + data[24:], "it is not an index of 100 rows"),
    (lambda data: data[:-1], "it is not an index of 100 rows"),
    (lambda data: data[:-800] + bytes(800), None),
    (lambda data: data[:-800] + b"\xff" * 800, None),
]


@pytest.mark.parametrize(
    ("is_old", "damage", "said"),
    [*((False, *case) for case in ARROW_DAMAGE), *((True, *case) for case in OLD_DAMAGE)],
)
def test_a_damaged_index_is_a_dataset_error(state: Any, is_old: bool, damage: Any, said: str | None) -> None:
    path = state.path / "index/live.keys"
    path.write_bytes(damage(earlier(path) if is_old else path.read_bytes()))
    with pytest.raises(DatasetError, match=r"live\.keys|keys are not in"):
        open_dataset(state.path).lookup(flights(100).select(KEY))
    if said:
        with pytest.raises(DatasetError, match=said):
            open_dataset(state.path).lookup(flights(100).select(KEY))
    with pytest.raises(DatasetError, match=r"live\.keys"):
        open_dataset(state.path).verify()


def test_an_index_that_points_elsewhere_finds_no_row_of_another_key(state: Any) -> None:
    """Wherever the search ends, the key itself is compared."""
    path = state.path / "index/live.keys"
    hashes = hashes_of(path)
    path.write_bytes(index_of([*hashes[1:], hashes[-1]]))
    with pytest.raises(DatasetError, match="keys are not in state"):
        open_dataset(state.path).lookup(flights(100).select(KEY))


@pytest.mark.parametrize("hashes", [[1, 2, 4, 3], [1, 3, 2, 4], [2, 1, 3, 4]])
def test_hashes_that_are_not_in_order_do_not_hold_their_rows(tmp_path: Path, hashes: list[int]) -> None:
    """A search would miss some of them."""
    for values, expected in ((sorted(hashes), True), (hashes, False)):
        (tmp_path / "live.keys").write_bytes(index_of(values))
        index = KeyIndex(tmp_path / "live.keys", 4)
        parts = (index.holds(at, pa.array(values[at : at + 2], pa.uint64())) for at in (0, 2))
        assert all(parts) is expected


def test_verify_proves_that_the_index_is_that_of_the_rows(state: Any) -> None:
    """A manifest that was made to fit another index still has other rows."""
    path = state.path / "index/live.keys"
    hashes = hashes_of(path)
    put_index(state.path, index_of([*hashes[:-1], hashes[-2]]))
    with pytest.raises(DatasetError, match="it does not match the rows"):
        open_dataset(state.path).verify()
    path.unlink()
    with pytest.raises(DatasetError, match="missing"):
        open_dataset(state.path).verify()
    with pytest.raises(DatasetError, match=r"live\.keys: the index of the keys is not readable"):
        open_dataset(state.path).lookup([])


def test_a_file_beside_the_index_does_not_belong(state: Any) -> None:
    (state.path / "index/more.keys").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"more\.keys: a file that the manifest does not list"):
        state.verify()
