"""Other bounds: what they tell is what the gate would find with them."""

import polars as pl
import pytest

from dq.tables import CHECKS, WHAT_IF


def expectation(kind, **kwargs):
    return {"type": kind, "kwargs": kwargs, "severity": "warning", "notes": "why"}


def told(folder):
    return pl.read_parquet(WHAT_IF.file(folder))


def test_at_the_bound_that_is_set_it_tells_what_the_gate_found(gate, batch, tmp_path):
    batch.articles[3]["title"] = "Short"
    batch.articles[5]["boilerplate_share"] = 1.0
    gate(batch)
    checks = pl.read_parquet(CHECKS.file(tmp_path))
    now = told(tmp_path).filter("is_set").join(checks, on=["suite", "check"], suffix="_of_check")
    assert now.height > 10
    assert now.filter(pl.col("rows") != pl.col("unexpected_count")).select("suite", "check", "rows").rows() == []
    assert (now["success"] == now["success_of_check"]).all()


@pytest.mark.parametrize(
    "rule",
    [
        ("expect_column_values_to_be_between", {"column": "n_words", "min_value": 40, "mostly": 0.8}),
        ("expect_column_value_lengths_to_be_between", {"column": "title", "max_value": 60}),
    ],
)
def test_every_alternative_is_what_the_gate_finds_with_it(gate, batch, only, tmp_path, rule):
    kind, kwargs = rule
    for place, article in enumerate(batch.articles):
        article["n_words"] = 10 + 5 * place
    gate(batch, suites=only("articles", expectation(kind, **kwargs)))
    side = "min_value" if "min_value" in kwargs else "max_value"
    alternatives = told(tmp_path).rows(named=True)
    for one in alternatives[::3]:
        gate(batch, suites=only("articles", expectation(kind, **{**kwargs, side: one["bound"]})))
        found = pl.read_parquet(CHECKS.file(tmp_path)).row(0, named=True)
        assert (one["rows"], one["success"]) == (found["unexpected_count"], found["success"])


@pytest.mark.parametrize("bound", [float("inf"), float("nan"), 1e308])
def test_a_bound_beyond_numbers_has_no_alternatives_beyond_them(gate, batch, only, tmp_path, bound):
    gate(
        batch,
        suites=only("articles", expectation("expect_column_values_to_be_between", column="n_words", max_value=bound)),
    )
    found = told(tmp_path)["bound"]
    assert found.is_finite().all()


def test_alternatives_of_a_count_are_counts(gate, batch, only, tmp_path):
    rules = [
        expectation("expect_column_values_to_be_between", column="articles", min_value=1),
        expectation("expect_column_values_to_be_between", column="median_words", min_value=45),
        expectation("expect_column_values_to_be_between", column="empty_share", max_value=0.5),
    ]
    gate(batch, suites=only("sources", *rules))
    bounds = dict(told(tmp_path).group_by("check").agg("bound").iter_rows())
    assert bounds[0] == [0, 1, 2]
    assert all(bound == int(bound) for bound in bounds[1])
    assert len(bounds[1]) == 8
    assert bounds[2] == [0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7]


def test_hosts_of_rows_are_counted_and_rows_without_a_host_have_none(gate, batch, only, tmp_path):
    for article in batch.articles[:4]:
        article["n_words"] = 1
    hosts = len({article["host"] for article in batch.articles[:4]})
    gate(
        batch, suites=only("articles", expectation("expect_column_values_to_be_between", column="n_words", min_value=2))
    )
    assert told(tmp_path).filter("is_set").row(0, named=True)["hosts"] == hosts
    rule = expectation("expect_column_values_to_be_between", column="jaccard", min_value=0.5)
    gate(batch, suites=only("duplicates", rule))
    without = told(tmp_path).filter(pl.col("suite") == "duplicates")
    assert without["hosts"].to_list() == [None] * without.height
    assert without.height > 1


def test_other_bound_row_condition_and_bounds_that_are_no_number_stay_as_they_are(gate, batch, only, tmp_path):
    rules = [
        expectation("expect_column_values_to_be_between", column="n_words", min_value=10, max_value=12,
                    row_condition='host == "big.example"', condition_parser="pandas"),
        expectation("expect_column_values_to_be_between", column="published_at", min_value="2001-01-01"),
    ]  # fmt: skip
    gate(batch, suites=only("articles", *rules))
    found = told(tmp_path)
    assert set(found["check"]) == {0}
    assert found.filter(pl.col("side") == "min_value")["bound"].max() <= 12
    assert found.filter(pl.col("side") == "max_value")["bound"].min() >= 10
    assert found["hosts"].max() <= 1
