"""Strikes keep their rows and their codes; what cannot be told apart or matched is marked."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import yaml

from assets.wildlife import risk
from clearwell.names import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The file, every value as text."""
    file = ROOT / "sample_data/wildlife/birdstrikes.csv"
    return pd.read_csv(file, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def cleaned(silver: dict[str, DataFrame]) -> pd.DataFrame:
    """Silver strikes, in the order of their records."""
    return silver["silver_wildlife_strikes"].toPandas().sort_values("_record_no", ignore_index=True)


@pytest.fixture(scope="module")
def judged(silver: dict[str, DataFrame]) -> pd.DataFrame:
    """Gold strikes, in the order of their records."""
    gold = risk(silver["silver_wildlife_strikes"], silver["silver_airports"])
    return gold.toPandas().sort_values("_record_no", ignore_index=True)


def test_every_column_of_the_file_is_typed(sources: dict[str, dict[str, Any]], raw: pd.DataFrame) -> None:
    assert [name.replace(" ", "_") for name in raw.columns] == list(sources["wildlife_strikes"]["columns"])


def test_every_strike_stays_with_its_values(cleaned: pd.DataFrame, raw: pd.DataFrame) -> None:
    assert cleaned["_record_no"].tolist() == list(range(1, 10_001))
    assert list(cleaned.columns[-len(PROVENANCE) :]) == list(PROVENANCE)
    for column, name in (
        ("airport_name", "Airport Name"),
        ("aircraft", "Aircraft Make Model"),
        ("damage", "Effect Amount of damage"),
        ("species", "Wildlife Species"),
    ):
        assert (cleaned[column] == raw[name]).all()
    assert (cleaned["strike_date"].astype(str) == raw["Flight Date"]).all()
    assert cleaned["strike_date"].min() == date(1990, 1, 8)


def test_no_damage_is_a_category_and_no_speed_is_null(cleaned: pd.DataFrame, raw: pd.DataFrame) -> None:
    assert Counter(cleaned["damage"]) == {
        "None": 8_939, "Minor": 549, "Substantial": 311, "Medium": 186, "C": 14, "B": 1,
    }  # fmt: skip
    assert cleaned["speed_knots"].isna().sum() == 2_836
    known = cleaned["speed_knots"].dropna()
    assert (known == raw.loc[known.index, "Speed IAS in knots"].astype(int)).all()


def test_costs_are_numbers_that_add_up(cleaned: pd.DataFrame) -> None:
    assert cleaned["cost_total"].sum() == 40_545_276
    assert (cleaned["cost_parts"] == cleaned["cost_total"]).all()
    assert (cleaned["cost_other"] + cleaned["cost_repair"] == cleaned["cost_total"]).all()


def test_the_star_of_an_operator_becomes_a_flag(cleaned: pd.DataFrame, raw: pd.DataFrame) -> None:
    starred = raw["Aircraft Airline Operator"].str.endswith("*")
    assert (cleaned["has_star"] == starred).all()
    assert starred.sum() == 1_084
    assert set(cleaned.loc[starred, "operator"]) == {"US AIRWAYS"}
    assert (cleaned.loc[~starred, "operator"] == raw.loc[~starred, "Aircraft Airline Operator"]).all()


def test_a_record_that_is_there_before_is_marked_and_stays(cleaned: pd.DataFrame, raw: pd.DataFrame) -> None:
    assert (cleaned["is_repeat"] == raw.duplicated(keep="first")).all()
    assert cleaned["is_repeat"].sum() == 24


def test_airports_are_matched_by_name_and_by_the_shorter_one(judged: pd.DataFrame, raw: pd.DataFrame) -> None:
    assert len(judged) == 10_000
    airports = pd.read_csv(ROOT / "sample_data/reference/airports.csv")
    codes = airports.assign(name=airports["name"].str.lower()).drop_duplicates("name", keep=False)
    code = codes.set_index("name")["faa"]
    whole = raw["Airport Name"].str.lower().map(code)
    short = raw["Airport Name"].str.removesuffix(" ARPT").str.lower().map(code)
    expected = whole.fillna(short)
    assert (judged["faa"].fillna("") == expected.fillna("")).all()
    assert judged["airport_match"].value_counts(dropna=False).to_dict() == {
        None: 5_925,
        "name": 2_957,
        "short name": 1_118,
    }
    assert judged["airport_alt"].notna().sum() == 4_075
    assert (judged["faa"] == "JFK").sum() == 216
    assert (judged["faa"] == "EWR").sum() == 206


def test_a_name_that_two_airports_share_is_matched_to_none_and_doubles_no_strike(
    silver: dict[str, DataFrame],
) -> None:
    strikes = silver["silver_wildlife_strikes"].where("airport_name = 'JOHN F KENNEDY INTL'")
    lists = silver["silver_airports"].where("faa = 'JFK'")
    twin = lists.selectExpr("'XXX' AS faa", *[name for name in lists.columns if name != "faa"])
    gold = risk(strikes, lists.unionByName(twin)).toPandas()
    assert len(gold) == 216
    assert gold["faa"].isna().all()


def test_a_strike_is_costly_by_damage_or_by_cost(judged: pd.DataFrame, raw: pd.DataFrame) -> None:
    damaged = raw["Effect Amount of damage"] != "None"
    cost = raw["Cost Total $"].astype(int) > 0
    assert (judged["is_costly"] == (damaged | cost)).all()
    assert (damaged.sum(), cost.sum(), judged["is_costly"].sum()) == (1_061, 209, 1_116)


def test_the_objective_names_what_chance_reaches() -> None:
    *_, release = yaml.safe_load_all((ROOT / "pipelines/wildlife/defs.yaml").read_text())
    dataset = release["attributes"]
    strikes = pd.read_csv(ROOT / "sample_data/wildlife/birdstrikes.csv", keep_default_na=False)
    test = strikes[strikes["Flight Date"] >= dataset["split"]["test_from"].isoformat()]
    costly = (test["Effect Amount of damage"] != "None") | (test["Cost Total $"] > 0)
    assert round(costly.mean(), 3) == dataset["objective"]["baseline"]
