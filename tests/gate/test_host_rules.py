"""Bounds of single hosts take the place of those for all, and say where they come from."""

import json

import pytest

from dq.errors import ConfigError
from dq.gate import load_suites, with_host_rules

BETWEEN = "expect_column_values_to_be_between"


@pytest.fixture
def sources(tmp_path):
    def suites(*expectations):
        stated = {"name": "sources", "expectations": list(expectations)}
        (tmp_path / "sources.json").write_text(json.dumps(stated), encoding="utf-8")
        return load_suites(tmp_path)

    return suites


def test_a_host_is_judged_by_its_own_bound(batch, gate, sources):
    suites = sources({"type": BETWEEN, "kwargs": {"column": "median_words", "min_value": 200}})
    assert gate(batch, suites=suites).failures[0].unexpected_count == 8
    rules = [f"{host}: median_words >= 100" for host in ("big.example", "large.example")]
    (failure,) = gate(batch, suites=with_host_rules(suites, rules, origin="dq.toml")).failures
    assert failure.unexpected_count == 6
    assert failure.threshold == (
        "every row: at least 200; for big.example at least 100, for large.example at least 100 (dq.toml)"
    )


def test_other_expectations_are_left_alone(sources):
    suites = sources(
        {"type": BETWEEN, "kwargs": {"column": "median_words", "min_value": 200}},
        {"type": BETWEEN, "kwargs": {"column": "pages", "min_value": 1}},
    )
    ruled = with_host_rules(suites, ["a.example: median_words >= 1"], origin="flag")
    assert [check.host_rules_origin for check in ruled[0].checks] == ["flag", None]
    assert with_host_rules(suites, [], origin="") == suites


def test_rules_that_change_nothing_are_told_at_once(sources):
    suites = sources({"type": BETWEEN, "kwargs": {"column": "median_words", "min_value": 200}})
    rules = ["a.example: median_word >= 1", "a.example: median_words <= 1", "b.example: median_words >= 5"]
    with pytest.raises(ConfigError) as caught:
        with_host_rules(suites, rules, origin="DQ_HOST_RULES")
    told = str(caught.value)
    assert "DQ_HOST_RULES" in told
    assert "did you mean 'median_words'?" in told
    assert "no expectation on sources has a bound on that side of 'median_words'" in told
    assert "b.example" not in told
