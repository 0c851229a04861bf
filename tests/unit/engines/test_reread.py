"""An answer that cannot be read is read again; if in vain, that is told, and the step may be tried again."""

from __future__ import annotations

import logging

import pytest
from google.protobuf.message import DecodeError
from pyspark.sql.connect.proto import ExecutePlanResponse

from clearwell.engines.sail.engine import EmbeddedEngine
from clearwell.errors import AnswerLost


@pytest.fixture
def parses(monkeypatch):
    """How often in a row an answer is not understood; those that were not."""
    read, state = ExecutePlanResponse.FromString, {"wrong": 0, "missed": 0}

    def sometimes(message):
        if state["wrong"]:
            state["wrong"] -= 1
            state["missed"] += 1
            raise DecodeError("Error parsing message")
        return read(message)

    class Response:
        FromString = staticmethod(sometimes)

    monkeypatch.setattr(
        "pyspark.sql.connect.proto.base_pb2_grpc.spark_dot_connect_dot_base__pb2.ExecutePlanResponse",
        Response,
    )
    return state


def test_one_that_is_understood_at_the_second_look_is_taken(parses, caplog):
    with EmbeddedEngine() as engine, caplog.at_level(logging.WARNING):
        session = engine.session()
        parses["wrong"] = 1
        assert session.range(3).count() == 3
    assert parses["missed"] == 1
    assert "trying once more" in caplog.text


def test_one_that_is_never_understood_is_a_lost_answer_of_an_engine_that_lives(parses):
    with EmbeddedEngine() as engine:
        session = engine.session()
        parses["wrong"] = 2
        with (
            pytest.raises(AnswerLost, match="count them: the engine's answer could not be read") as caught,
            engine.work("count them"),
        ):
            session.range(3).count()
        assert caught.value.transient
        assert session.range(3).count() == 3
