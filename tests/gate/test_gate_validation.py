"""What Great Expectations answers on the tables' types, and that nothing of its own gets out."""

import logging
import os
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.errors import FaultError
from dq.gate.quiet import LOGGER, quiet
from dq.gate.stock import objections
from dq.gate.suites import Check, Suite
from dq.gate.validation import rehearse, run_suite
from dq.gate.words import MISSING, condition_told, demanded, excerpt, told
from dq.tables import ARTICLES, PAGES, PARAGRAPHS

ROOT = Path(__file__).parents[2]
BETWEEN = "expect_column_values_to_be_between"
ARTICLE = {
    "article_id": "a", "page_id": "p", "ordinal": 0, "is_main": True, "url": "u", "host": "h", "title": "t",
    "subtitle": None, "body": "b", "authors": ["x", "y"], "credit": None, "published_at": datetime(2024, 1, 1),
    "fetched_at": None, "date_source": "line", "language": "ar", "n_words": 5, "n_paragraphs": 1, "boilerplate_share": 0.5, "cluster_id": None, "is_canonical": True,
}  # fmt: skip


def suite(table, *expectations):
    checks = tuple(
        Check(table=table, place=place, line=place + 1, type=kind, kwargs=kwargs, severity="critical", note="")
        for place, (kind, kwargs) in enumerate(expectations)
    )
    return Suite(table=table, path=Path(f"expectations/{table}.json"), checks=checks)


def results_on(table, rows, *expectations, parameters=None, max_examples=5):
    return run_suite(suite(table.name, *expectations), table.frame(rows), parameters or {}, max_examples=max_examples)


def articles(**columns):
    """As many articles as the columns given have values; ids are their places."""
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [ARTICLE | {"article_id": f"{place}"} | row for place, row in enumerate(rows)]


DAY = datetime(2024, 4, 9)
# Column, its values, an expectation, and the rows that break it.
TYPES = {
    "missing texts": ("title", ["a", None, ""], "expect_column_values_to_not_be_null", {}, ["1"]),
    "no missing texts": ("title", ["a", None, ""], "expect_column_values_to_be_null", {}, ["0", "2"]),
    "lengths, missing ones aside": ("title", ["abc", None, ""], "expect_column_value_lengths_to_be_between", {"min_value": 1}, ["2"]),
    "numbers with a missing one": ("n_words", [5, None, 50], BETWEEN, {"min_value": 10}, ["0"]),
    "only missing numbers": ("n_words", [None, None], BETWEEN, {"min_value": 10}, []),
    "NaN is missing": ("boilerplate_share", [float("nan"), 0.5], BETWEEN, {"max_value": 0.1}, ["1"]),
    "truth": ("is_main", [True, False, None], "expect_column_values_to_be_in_set", {"value_set": [True]}, ["1"]),
    "dates": ("published_at", [DAY, None, datetime(1950, 1, 1)], BETWEEN, {"min_value": "1995-01-01"}, ["2"]),
    "dates far away": ("published_at", [datetime(9999, 1, 1), datetime(1, 1, 1)], BETWEEN, {"max_value": "2030-01-01"}, ["0"]),
    "times with a zone": ("published_at", [datetime(2024, 1, 1, 11)], BETWEEN, {"max_value": "2024-01-01T12:00:00+02:00"}, ["0"]),
    "lists": ("authors", [["x"], None, []], "expect_column_values_to_not_be_null", {}, ["1"]),
    "lists twice": ("authors", [["x"], ["y"], ["x"]], "expect_column_values_to_be_unique", {}, ["0", "2"]),
    "look-ahead": ("title", ["ab", "ac"], "expect_column_values_to_match_regex", {"regex": "a(?=b)"}, ["1"]),
    "back-reference": ("title", ["aa", "ab"], "expect_column_values_to_match_regex", {"regex": r"(a)\1"}, ["1"]),
    "Arabic word ends": ("title", ["قال وزير", "قالت"], "expect_column_values_to_match_regex", {"regex": r"\bقال\b"}, ["1"]),
    "sets": ("language", ["ar", "xx", None], "expect_column_values_to_be_in_set", {"value_set": {"$PARAMETER": "known"}}, ["1"]),
}  # fmt: skip


def test_each_type_is_judged_as_its_reader_expects():
    for name, (column, values, kind, kwargs, failing) in TYPES.items():
        (result,) = results_on(
            ARTICLES, articles(**{column: values}), (kind, {"column": column, **kwargs}), parameters={"known": ["ar"]}
        )
        assert (name, result.fault, list(result.failing), result.success) == (name, None, failing, not failing)


def test_instants_are_compared_without_a_zone():
    page = dict.fromkeys(PAGES.columns) | {"page_id": "p", "fetched_at": datetime(2024, 1, 1, 12, tzinfo=UTC)}
    kwargs = {"column": "fetched_at", "max_value": "2024-01-01T12:30:00+02:00"}
    (result,) = results_on(PAGES, [page], (BETWEEN, kwargs))
    assert (result.fault, result.failing) == (None, ("p",))
    (known,) = results_on(
        PAGES,
        [page],
        (BETWEEN, kwargs | {"max_value": {"$PARAMETER": "now"}}),
        parameters={"now": datetime(2024, 1, 1, 12)},
    )
    assert known.success


def test_quantiles_can_be_asked_for():
    ranges = {"quantiles": [0.5, 1.0], "value_ranges": [[1, 3], [None, 4]]}
    rows = articles(n_words=[1, 2, 5])
    (result,) = results_on(
        ARTICLES,
        rows,
        ("expect_column_quantile_values_to_be_between", {"column": "n_words", "quantile_ranges": ranges}),
    )
    assert (result.fault, result.success, result.judged) == (None, False, None)
    assert told(result.observed).startswith("quantiles: 0.5, 1; values: 2, 5")


def test_rows_are_named_by_the_whole_key():
    rows = [dict.fromkeys(PARAGRAPHS.columns) | {"article_id": "a", "paragraph": place} for place in (0, 1, None)]
    (result,) = results_on(PARAGRAPHS, rows, ("expect_column_values_to_not_be_null", {"column": "text"}))
    assert result.failing == ("a:0", "a:1", "a:")


def test_examples_hold_what_broke_it():
    rows = articles(title=["x", "y", "z"], body=["x", "b", "z"])
    same = "expect_select_column_values_to_be_unique_within_record"
    (result,) = results_on(ARTICLES, rows, (same, {"column_list": ["title", "body"]}), max_examples=1)
    assert result.failing == ("0", "2")
    assert result.examples == (("0", {"title": "x", "body": "x"}),)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.none() | st.integers(-100, 100), max_size=12), st.integers(-100, 100))
def test_the_failing_rows_are_those_outside_the_bounds(values, least):
    (result,) = results_on(ARTICLES, articles(n_words=values), (BETWEEN, {"column": "n_words", "min_value": least}))
    assert result.failing == tuple(
        str(place) for place, value in enumerate(values) if value is not None and value < least
    )
    assert result.judged == sum(value is not None for value in values)


EMPTY = [
    ("expect_column_values_to_be_unique", {"column": "title"}, True),
    ("expect_compound_columns_to_be_unique", {"column_list": ["host", "title"]}, True),
    ("expect_column_values_to_match_regex", {"column": "title", "regex": "a"}, True),
    (BETWEEN, {"column": "published_at", "max_value": "2024-01-01"}, True),
    ("expect_table_row_count_to_be_between", {"min_value": 1}, False),
    ("expect_column_mean_to_be_between", {"column": "n_words", "min_value": 1}, False),
    ("expect_column_max_to_be_between", {"column": "published_at", "max_value": "2024-01-01"}, False),
]


def test_an_empty_table_breaks_no_row_and_has_no_figures():
    results = results_on(ARTICLES, [], *((kind, kwargs) for kind, kwargs, _ in EMPTY))
    assert [result.fault for result in results] == [None] * len(EMPTY)
    assert [result.success for result in results] == [success for _, _, success in EMPTY]
    assert results[5].observed is None


class TestFaults:
    RAISES = ("expect_column_values_to_be_between", {"column": "title", "min_value": 3})
    STOPS_ALL = (BETWEEN, {"column": "n_words", "min_value": {"$PARAMETER": "unknown"}})
    HOLDS = ("expect_column_values_to_not_be_null", {"column": "title"})

    def test_what_raises_is_a_fault_and_not_a_failure(self):
        raised, held = results_on(ARTICLES, [ARTICLE], self.RAISES, self.HOLDS)
        assert "same type" in raised.fault
        assert (held.fault, held.success) == (None, True)

    def test_what_stops_the_whole_suite_leaves_the_others_answered(self):
        stopped, held = results_on(ARTICLES, [ARTICLE], self.STOPS_ALL, self.HOLDS)
        assert "$PARAMETER unknown" in stopped.fault
        assert (held.fault, held.success) == (None, True)

    def test_there_is_no_verdict(self, batch, gate, tmp_path):
        with pytest.raises(
            FaultError, match=r"expectations/articles\.json:2: expect_column_values_to_be_between: .*same type"
        ) as caught:
            gate(batch, suites=[suite("articles", self.HOLDS, self.RAISES)])
        assert caught.value.exit_code == 4
        assert not (tmp_path / "verdict.json").exists()

    def test_a_rehearsal_finds_what_cannot_work(self):
        assert [result.check.place for result in rehearse(suite("articles", self.HOLDS, self.RAISES), {})] == [1]

    def test_nothing_to_run_is_nothing(self):
        assert run_suite(suite("articles"), ARTICLES.frame(), {}, max_examples=1) == ()


def test_a_suite_may_ask_for_the_columns_themselves():
    (result,) = results_on(
        ARTICLES, [ARTICLE], ("expect_table_columns_to_match_set", {"column_set": list(ARTICLES.columns)})
    )
    assert result.success


class TestQuiet:
    def test_nothing_is_said_and_nothing_written_elsewhere(self, tmp_path):
        places = {name: tmp_path / name for name in ("run", "cwd", "home", "tmp")}
        for place in places.values():
            place.mkdir()
        ARTICLES.frame([ARTICLE]).write_parquet(ARTICLES.file(places["run"]))
        (places["run"] / "articles.json").write_text(
            '{"name": "articles", "expectations": [{"type": "expect_column_values_to_match_regex",'
            ' "kwargs": {"column": "title", "regex": "(x)", "row_condition": "n_words > 1"}}]}'
        )
        script = f"""
from datetime import datetime, UTC
from pathlib import Path
from dq.figures import Figures
from dq.gate import check, load_suites
from dq.options import GateOptions
folder = Path({str(places["run"])!r})
suites = load_suites(folder)
(folder / "articles.json").unlink()
check(folder, suites, GateOptions(), figures=Figures(), run_id="r", started=datetime.now(UTC))
"""
        env = os.environ | {
            "HOME": str(places["home"]),
            "TMPDIR": str(places["tmp"]),
            "PYTHONPATH": str(ROOT),
        }
        told = subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            cwd=places["cwd"],
            env=env,
        )
        assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
        assert not [path for name in ("cwd", "home", "tmp") for path in places[name].rglob("*")]
        assert {path.name for path in places["run"].iterdir()} == {
            "articles.parquet", "checks.parquet", "rejected.parquet", "what_if.parquet", "verdict.json", "junit.xml",
            "findings.sarif", "summary.md",
        }  # fmt: skip

    def test_expectations_that_print_or_draw_are_silent(self, capfd):
        query = Check(
            table="articles", place=0, line=1, type="unexpected_rows_expectation", severity="info", note="",
            kwargs={"unexpected_rows_query": "SELECT 1"},
        )  # fmt: skip
        assert objections(query, {}) == []
        divergence = {"column": "title", "partition_object": {"values": ["t"], "weights": [1.0]}, "threshold": 0.1}
        (result,) = results_on(ARTICLES, [ARTICLE], ("expect_column_kl_divergence_to_be_less_than", divergence))
        assert result.success
        assert capfd.readouterr() == ("", "")

    def test_what_was_silenced_speaks_again(self, caplog):
        with quiet():
            logging.getLogger(LOGGER).error("not heard")
            warnings.warn("not heard", DeprecationWarning, stacklevel=1)
        logging.getLogger(LOGGER).error("heard")
        assert [record.message for record in caplog.records] == ["heard"]
        with pytest.warns(UserWarning, match="heard"):
            warnings.warn("heard", UserWarning, stacklevel=1)


class TestWords:
    @pytest.mark.parametrize(
        ("kind", "kwargs", "words"),
        [
            (BETWEEN, {"min_value": 1, "max_value": 2.5, "strict_max": True}, "at least 1 and less than 2.5"),
            ("expect_column_value_lengths_to_equal", {"value": 16.0}, "16 characters"),
            (
                "expect_column_values_to_match_regex_list",
                {"regex_list": ["a", "b"], "match_on": "all"},
                "a match of all: /a/ or /b/",
            ),
            ("expect_column_values_to_not_be_in_set", {"value_set": ["a", "b"]}, "none of a, b"),
            ("expect_table_row_count_to_equal", {"value": 1200}, "1,200"),
            (
                "expect_column_values_to_match_strftime_format",
                {"column": "a", "strftime_format": "%Y"},
                "strftime_format %Y",
            ),
            ("expect_column_to_exist", {"column": "a"}, "to hold"),
        ],
    )
    def test_demands(self, kind, kwargs, words):
        assert demanded(kind, kwargs) == words

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (float("nan"), MISSING),
            (pl.Series([1, 2]), "1, 2"),
            (list(range(15)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 3 more"),
            (datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00"),
            (True, "True"),
            (1e20, "1e+20"),
            (2**70, "1,180,591,620,717,411,303,424"),
            ({"a": 1}, "a: 1"),
            (Decimal("1.50"), "1.50"),
        ],
    )
    def test_values(self, value, words):
        assert told(value) == words

    def test_a_long_text_is_cut_where_it_matters(self):
        cut = excerpt({"body": "أ" * 5000 + "<b>" + "ب" * 5000}, {"regex_list": ["x", "<b>"]})
        assert cut.startswith("…أ")
        assert cut.endswith("ب…")
        assert "<b>" in cut
        assert len(cut) <= 201

    def test_several_columns_are_named(self):
        assert excerpt({"title": "t", "body": None}, {}) == "title: t; body: (missing)"

    @pytest.mark.parametrize(
        ("condition", "words"),
        [
            ("n_words > 3", "n_words > 3"),
            ({"type": "pass_through", "pass_through_filter": "n_words > 3"}, "n_words > 3"),
            ({"type": "nullity", "column": {"name": "host"}, "is_null": True}, "host is missing"),
            (
                {
                    "type": "or",
                    "conditions": [
                        {"type": "comparison", "column": {"name": "a"}, "operator": "NOT_IN", "parameter": [1, 2]},
                        {"type": "nullity", "column": {"name": "b"}, "is_null": False},
                    ],
                },
                "a not in 1, 2 or b is there",
            ),
        ],
    )
    def test_conditions(self, condition, words):
        assert condition_told(condition) == words
