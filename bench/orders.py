"""The rows that the benchmark of engines works on: order events, made by DuckDB from their numbers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COLUMNS", "EMAIL", "make_changes", "make_events"]

COLUMNS = ("event_id", "customer_id", "email", "country", "status", "amount", "quantity", "ts", "note")
EMAIL = r"^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}$"

_EVENT = """
SELECT id AS event_id,
       customer::BIGINT AS customer_id,
       customer || '@' || CASE WHEN a % 50 < 15 THEN 'example.com' WHEN a % 50 < 30 THEN 'Example.COM '
                               WHEN a % 50 < 46 THEN 'mail.test' WHEN a % 50 < 49 THEN 'shop.invalid'
                               ELSE 'bad domain' END AS email,
       ['US', 'us ', 'DE', ' de', 'FR', 'GB', 'IN', 'BR', 'CN', 'JP'][(1 + b % 10)::INTEGER] AS country,
       ['new', 'paid', 'SHIPPED', ' shipped', 'cancelled', 'returned', NULL][(1 + (b // 16) % 7)::INTEGER]
           AS status,
       round(((a // 64) % 40000) / 100.0, 2)::DOUBLE AS amount,
       (1 + (b // 1024) % 19)::INTEGER AS quantity,
       TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_seconds(((a // 4096) % 31536000)::BIGINT) AS ts,
       'note ' || (b // 65536) % 5000 || repeat(' lorem', ((b // 65536) % 5)::INTEGER) AS note
FROM (SELECT id, hash(id)::UBIGINT AS a, hash(id + 7)::UBIGINT AS b, hash(id * 3 + 1) % {keys} AS customer
      FROM ({ids}) AS made(id))
ORDER BY event_id
"""


def make_events(file: Path, rows: int) -> None:
    """``rows`` events, numbered from 0; one in 50 has a bad address, of five customers three are left."""
    _copy(_EVENT.format(ids=f"SELECT range::BIGINT FROM range({rows})", keys=rows * 4 // 5), file)


def make_changes(file: Path, rows: int, *, share: float, clustered: bool) -> int:
    """Changes to ``rows`` events: four of five replace one, the others are new; how many there are.

    ``clustered`` ones are of the newest twentieth, the others of events spread over all.
    """
    changes = round(rows * share)
    old, first = changes * 4 // 5, rows * 19 // 20 if clustered else 0
    step = (rows - first) / old
    ids = (
        f"SELECT ({first} + floor(range * {step}))::BIGINT FROM range({old}) "
        f"UNION ALL SELECT ({rows} + range)::BIGINT FROM range({changes - old})"
    )
    changed = f"SELECT * REPLACE (1.0::DOUBLE AS amount) FROM ({_EVENT.format(ids=ids, keys=rows)})"
    _copy(f"{changed} ORDER BY event_id", file)
    return changes


def _copy(query: str, file: Path) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, ROW_GROUP_SIZE 250000)")
