"""Times without a zone are UTC in Python too, wherever the machine is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pyspark.sql import Row
from pyspark.sql import functions as F

SEVEN = datetime(2013, 10, 31, 7)
ABROAD = SEVEN.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-5)))
BEFORE = datetime(1893, 4, 1, 0, 0, 0, 999_999)


@pytest.fixture(params=["Asia/Kathmandu", "America/New_York"], autouse=True)
def zone(request, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        assert time.localtime(0).tm_hour != 0
        yield
    time.tzset()


@pytest.fixture
def session(engine):
    with engine.work("a test"):
        yield engine.session()


@pytest.mark.parametrize("kind", ["timestamp", "timestamp_ntz"])
@pytest.mark.parametrize("literal", [SEVEN, ABROAD])
def test_a_literal_is_the_time_in_utc(session, kind, literal):
    frame = session.sql(f"select {kind} '2013-10-31 07:00:00' at")
    same = (F.col("at") == literal, F.col("at").isin([literal]), F.col("at") >= F.lit(literal))
    assert frame.select(*same).collect() == [(True, True, True)]


def test_a_literal_inside_another_and_a_parameter_of_sql_are_too(session):
    rows = session.sql("select cast(:at as string) at", args={"at": SEVEN})
    texts = rows.select("at", F.lit([SEVEN, BEFORE])[1].cast("string"), F.lit(BEFORE).cast("string"))
    assert texts.collect() == [("2013-10-31 07:00:00", *["1893-04-01 00:00:00.999999"] * 2)]


def test_rows_come_back_as_they_were_sent(session):
    schema = "at timestamp, bare timestamp_ntz, some array<timestamp>, part struct<at: timestamp>"
    sent = [(SEVEN, SEVEN, [BEFORE, None], Row(at=SEVEN)), (None, None, None, None)]
    frame = session.createDataFrame(sent, schema)
    assert frame.collect() == sent
    assert list(frame.toLocalIterator()) == sent
    assert frame.select(F.col("at").cast("string")).first()[0] == "2013-10-31 07:00:00"
    assert frame.toPandas()["at"][0] == SEVEN
    assert session.createDataFrame([(ABROAD,)], "at timestamp").first().at == SEVEN


def test_a_literal_is_shown_as_it_was_written(session):
    assert "2013-10-31 07:00:00" in str(F.lit(SEVEN))
