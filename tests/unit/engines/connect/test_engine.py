"""An engine at an address: used as what it is, lost in bounded time, its token never told."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from concurrent import futures

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from clearwell.engines import Capability
from clearwell.engines.connect import engine as connect
from clearwell.engines.connect.engine import ConnectEngine
from clearwell.engines.memory import machine_memory
from clearwell.engines.sail.process import SailProcess
from clearwell.errors import EngineError, EngineLost

TOKEN = "dapi-canary-0123"


@pytest.fixture
def server(tmp_path):
    server = SailProcess(machine_memory() // 2, str(tmp_path))
    yield server
    server.kill("the test is over")


@pytest.fixture
def address(server):
    return f"sc://127.0.0.1:{server.port()}"


def test_sail_at_an_address_is_told_about_files_as_sail(address, tmp_path):
    with ConnectEngine(address) as engine:
        frame = engine.session().range(3).withColumn("x", F.lit(float("nan")))
        engine.write_parquet(frame, str(tmp_path / "50%"))
        files = [str(file) for file in (tmp_path / "50%").iterdir()]
        assert engine.read_parquet(files, pa.schema([("id", pa.int64()), ("x", pa.float64())])).count() == 3
        assert Capability.OBSERVE in engine.lacks
    assert all(pq.read_metadata(file).row_group(0).column(1).statistics is None for file in files)


def test_closing_ends_the_session_and_leaves_the_server(address, server):
    with ConnectEngine(address) as engine:
        engine.session()
    assert not server.wait(0)
    with ConnectEngine(address) as engine:
        assert engine.session().range(3).count() == 3


def test_work_over_the_deadline_is_given_up(address):
    with ConnectEngine(address, deadline_seconds=2) as engine:
        frame = engine.session().range(1).select(F.udf(lambda _: time.sleep(60), "long")("id"))
        with pytest.raises(EngineLost, match="no answer within the deadline of 2 s"), engine.work("cleanse"):
            frame.collect()


def test_a_server_that_dies_is_lost(address, server, monkeypatch):
    monkeypatch.setattr(connect, "_TRIES", 2)
    with ConnectEngine(address) as engine:
        frame = engine.session().range(1).select(F.udf(lambda _: time.sleep(60), "long")("id"))
        threading.Timer(0.5, os.kill, [server.pid, signal.SIGKILL]).start()
        with pytest.raises(EngineLost, match=f"{address} no longer answers"), engine.work("cleanse"):
            frame.collect()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def test_where_nobody_listens_is_an_error_that_names_the_address():
    address = f"sc://127.0.0.1:{free_port()}"
    with pytest.raises(EngineError, match=f"no Spark Connect endpoint answers at {address}") as caught:
        ConnectEngine(address, patience=1).session()
    assert "--engine" in str(caught.value.hint)


def test_a_listener_that_never_speaks_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"sc://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(EngineError, match="no Spark Connect endpoint"):
            ConnectEngine(address, patience=1).session()


def test_another_kind_of_server_is_an_error():
    other = grpc.server(futures.ThreadPoolExecutor(1))
    address = f"sc://127.0.0.1:{other.add_insecure_port('127.0.0.1:0')}"
    other.start()
    try:
        with pytest.raises(EngineError, match="not a Spark Connect endpoint"):
            ConnectEngine(address, patience=5).session()
    finally:
        other.stop(0).wait()


@pytest.mark.parametrize("url", ["sc://", "sc://host:port", "sc://host/path", "sc://host/;token"])
def test_a_malformed_address_is_an_error_that_shows_the_form(url):
    with pytest.raises(EngineError, match="not the address") as caught:
        ConnectEngine(url).session()
    assert "sc://host:port" in str(caught.value.hint)


@pytest.mark.promise("P5")
@pytest.mark.parametrize(
    "url",
    [
        f"sc://127.0.0.1:{{port}}/;use_ssl=true;token={TOKEN}",
        f"sc://127.0.0.1:{{port}}/;token={TOKEN};user_id=me",
        f"sc://127.0.0.1:{{port}}/path;token={TOKEN}",
        f"sc://{TOKEN}:{TOKEN}@127.0.0.1:{{port}}/",
    ],
)
def test_a_token_is_never_told(url, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    engine = ConnectEngine(url.format(port=free_port()), patience=1)
    with pytest.raises(EngineError) as caught:
        engine.session()
    engine.close()
    told: list[object] = [engine.name, caught.value, caught.value.place, caught.value.__cause__, caplog.text]
    assert TOKEN not in " ".join(map(str, [*told, *capfd.readouterr()]))
