"""Great Expectations' pandas engine and the one for Polars are given the same data: results must be equal."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import os
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dq.gate.quiet import quiet

with quiet():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig


UTC = dt.UTC
TEXTS = st.one_of(
    st.sampled_from(["a", "b", "B", "", "ab", "مدينة", "a\n", "10", "2024-01-31", '{"a": 1}', "x y", "🙂"]),
    st.text(max_size=4).filter(lambda text: "\x00" not in text),
)
MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2030, 1, 1)).map(lambda one: one.replace(microsecond=0))
KINDS: dict[str, tuple[st.SearchStrategy[Any], pl.DataType]] = {
    "int": (st.integers(-5, 5), pl.Int64()),
    "float": (
        st.one_of(st.sampled_from([0.5, 1.0, -2.0, math.inf, math.nan]), st.floats(-4, 4, width=32)),
        pl.Float64(),
    ),
    "text": (TEXTS, pl.String()),
    "bool": (st.booleans(), pl.Boolean()),
    "datetime": (MOMENTS, pl.Datetime("us")),
    "zoned": (MOMENTS.map(lambda one: one.replace(tzinfo=UTC)), pl.Datetime("us", "UTC")),
    "date": (st.dates(dt.date(2020, 1, 1), dt.date(2020, 1, 9)), pl.Date()),
    "decimal": (st.integers(-300, 300).map(lambda cents: decimal.Decimal(cents) / 100), pl.Decimal(10, 2)),
    "category": (st.sampled_from(["red", "green", "أزرق"]), pl.Categorical()),
    "list": (st.lists(st.integers(0, 1), max_size=2), pl.List(pl.Int64)),
}
SETS = {
    "int": [1, 2, 3.0, "x"],
    "float": [0.5, 1, "x", None],
    "text": ["a", "ab", "مدينة", 1],
    "bool": [True],
    "datetime": [dt.datetime(2020, 1, 1)],
    "zoned": [dt.datetime(2020, 1, 1, tzinfo=UTC)],
    "date": [dt.date(2020, 1, 1), dt.date(2020, 1, 2)],
    "decimal": [decimal.Decimal(1), decimal.Decimal("0.25")],
    "category": ["red", "violet"],
}
BOUNDS = {
    "int": (-2, 3),
    "float": (-1.5, 2.5),
    "bool": (0, 1),
    "datetime": (dt.datetime(2000, 1, 1), dt.datetime(2020, 1, 1)),
    "zoned": (dt.datetime(2000, 1, 1, tzinfo=UTC), dt.datetime(2020, 1, 1, tzinfo=UTC)),
    "decimal": (-1, 2.25),
}
NUMBERS = {"int", "float", "decimal", "bool"}
ORDERED = {*NUMBERS, "datetime", "zoned"}


def newer(name: str, **arguments: Any) -> list[Any]:
    """An expectation that older releases do not have."""
    found = next((getattr(gxe, one) for one in dir(gxe) if one.endswith(name)), None)
    return [] if found is None else [found(**arguments)]


OLD = tuple(map(int, gx.__version__.split(".")[:2])) < (1, 24)
ODD = [
    # pandas' mean of decimals is that of other rows where a row condition leaves some out
    (lambda kind, _, condition: kind == "decimal" and condition, "expect_column_mean_to_be_between"),
    # next to an infinity it finds no quantile, even where that is the value itself
    *((lambda _, rows, __: any(isinstance(x, float) and math.isinf(x) for x, _ in rows), f"expect_column_{name}")
      for name in ("quantile_values_to_be_between", "values_to_not_be_outliers")),
    # older releases count categories that do not occur, and take a lone value for an outlier
    *((lambda kind, *_: OLD and kind == "category", f"expect_column_distinct_values_to_{name}")
      for name in ("be_in_set", "contain_set", "equal_set")),
    (lambda *_: OLD, "expect_column_value_z_scores_to_be_less_than"),
]  # fmt: skip
"""Where the two may differ, and why."""


def on_column(kind: str) -> list[Any]:
    """Every core expectation on one column that has an answer for this type."""
    column, both = {"column": "x"}, {"column": "x", "mostly": 0.5}
    found: list[Any] = [
        gxe.ExpectColumnToExist(**column),
        gxe.ExpectColumnToExist(column="x", column_index=0),
        gxe.ExpectColumnValuesToBeNull(**both),
        gxe.ExpectColumnValuesToNotBeNull(**column),
        gxe.ExpectColumnValuesToNotBeNull(**both),
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(**column, min_value=0.5),
    ]
    if kind == "list":
        return found
    found += [
        gxe.ExpectColumnValuesToBeUnique(**column),
        gxe.ExpectColumnUniqueValueCountToBeBetween(**column, min_value=1, max_value=3),
        gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(**column, min_value=0.3, strict_min=True),
        gxe.ExpectColumnValuesToBeInSet(**both, value_set=SETS[kind]),
        gxe.ExpectColumnValuesToNotBeInSet(**column, value_set=SETS[kind]),
        gxe.ExpectColumnDistinctValuesToBeInSet(**column, value_set=SETS[kind]),
        gxe.ExpectColumnDistinctValuesToContainSet(**column, value_set=SETS[kind]),
        gxe.ExpectColumnDistinctValuesToEqualSet(**column, value_set=SETS[kind]),
        gxe.ExpectColumnMostCommonValueToBeInSet(**column, value_set=SETS[kind]),
        gxe.ExpectColumnMostCommonValueToBeInSet(**column, value_set=SETS[kind], ties_okay=True),
    ]
    low, high = BOUNDS.get(kind, (None, None))
    for bounds in ({"min_value": low}, {"max_value": high, "strict_max": True}, {"min_value": low, "max_value": high}):
        if kind in ORDERED:
            found.append(gxe.ExpectColumnValuesToBeBetween(**both, **bounds))
        if kind in ORDERED - {"bool", "decimal"}:
            found.append(gxe.ExpectColumnMinToBeBetween(**column, **bounds))
            found.append(gxe.ExpectColumnMaxToBeBetween(**column, **bounds))
    if kind in NUMBERS:
        found += [
            gxe.ExpectColumnMeanToBeBetween(**column, min_value=0),
            gxe.ExpectColumnSumToBeBetween(**column, max_value=3),
            gxe.ExpectMulticolumnSumToEqual(column_list=["x", "y"], sum_total=1),
        ]
    if kind in {"int", "float"}:
        quantiles = {"quantiles": [0.0, 0.25, 0.5, 1.0], "value_ranges": [[None, 0], [-1, 1], [0, None], [0, 9]]}
        found += [
            gxe.ExpectColumnMedianToBeBetween(**column, min_value=0),
            gxe.ExpectColumnKLDivergenceToBeLessThan(
                **column, partition_object={"bins": [-5, 0, 5], "weights": [0.5, 0.5]}, threshold=0.3
            ),
            gxe.ExpectColumnStdevToBeBetween(**column, max_value=1.5),
            gxe.ExpectColumnQuantileValuesToBeBetween(**column, quantile_ranges=quantiles),
            *(
                gxe.ExpectColumnQuantileValuesToBeBetween(
                    **column, quantile_ranges=quantiles, allow_relative_error=interpolation
                )
                for interpolation in ("linear", "lower", "higher", "midpoint")
            ),
            gxe.ExpectColumnValueZScoresToBeLessThan(**both, threshold=1, double_sided=True),
            gxe.ExpectColumnValueZScoresToBeLessThan(**both, threshold=1, double_sided=False),
            *(
                one
                for method in ("iqr", "std")
                for one in newer("NotBeOutliers", **column, method=method, multiplier=1)
            ),
        ]
    if kind in {"int", "float", "datetime", "zoned"}:
        found += [
            expectation(**column, strictly=strictly)
            for expectation in (_increasing, _decreasing)
            for strictly in (False, True)
        ]
    if kind in {"text", "category"}:
        found += [
            gxe.ExpectColumnValueLengthsToBeBetween(**both, min_value=1, max_value=3),
            gxe.ExpectColumnValueLengthsToBeBetween(**both, min_value=1, strict_min=True),
            gxe.ExpectColumnValueLengthsToEqual(**both, value=2),
            gxe.ExpectColumnValuesToMatchRegex(**both, regex="^[ab]"),
            gxe.ExpectColumnValuesToNotMatchRegex(**both, regex="[0-9]{2}|م"),
            gxe.ExpectColumnValuesToMatchRegexList(**both, regex_list=["a", "b"], match_on="all"),
            gxe.ExpectColumnValuesToMatchRegexList(**both, regex_list=["a", "b"], match_on="any"),
            gxe.ExpectColumnValuesToNotMatchRegexList(**both, regex_list=["a", "^x"]),
        ]
    if kind == "text":
        found += [
            _Json(**both),
            _Dateutil(**both),
            _Strftime(**both, strftime_format="%Y-%m-%d"),
            gxe.ExpectColumnKLDivergenceToBeLessThan(
                **column, partition_object={"values": ["a", "b"], "weights": [0.5, 0.5]}, threshold=0.3
            ),
        ]
    return found


_increasing = gxe.core.ExpectColumnValuesToBeIncreasing
_decreasing = gxe.core.ExpectColumnValuesToBeDecreasing
_Json = gxe.core.ExpectColumnValuesToBeJsonParseable
_Dateutil = gxe.core.ExpectColumnValuesToBeDateutilParseable
_Strftime = gxe.core.ExpectColumnValuesToMatchStrftimeFormat


def on_table(kind: str) -> list[Any]:
    """Every core expectation on several columns, or on the table."""
    found: list[Any] = [
        gxe.ExpectTableRowCountToEqual(value=3),
        gxe.ExpectTableRowCountToBeBetween(min_value=2),
        gxe.ExpectTableColumnCountToEqual(value=3),
        gxe.ExpectTableColumnCountToBeBetween(max_value=2),
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=["x", "y", "n"]),
        gxe.ExpectTableColumnsToMatchSet(column_set=["n", "y"], exact_match=False),
        gxe.ExpectTableColumnsToMatchSet(column_set=["n", "z"], exact_match=True),
    ]
    if kind == "list":
        return found
    for ignore in ("both_values_are_missing", "either_value_is_missing", "neither"):
        found.append(gxe.ExpectColumnPairValuesToBeEqual(column_A="x", column_B="y", ignore_row_if=ignore))
        if kind not in {"category", "bool"}:
            for equal in (True, False):
                missing = ignore if kind in {"int", "float", "datetime", "zoned", "text"} else "either_value_is_missing"
                found.append(
                    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                        column_A="x", column_B="y", or_equal=equal, ignore_row_if=missing
                    )
                )
    pairs = [(one, one) for one in SETS[kind] if not isinstance(one, dt.date)] + [(None, None)]
    if kind not in {"datetime", "zoned", "date"}:
        found.append(gxe.ExpectColumnPairValuesToBeInSet(column_A="x", column_B="y", value_pairs_set=pairs))
    for ignore in ("all_values_are_missing", "any_value_is_missing", "never"):
        columns = {"column_list": ["x", "y"], "ignore_row_if": ignore}
        found += [
            gxe.ExpectCompoundColumnsToBeUnique(**columns),
            gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(**columns),
            *newer("MulticolumnValuesToBeEqual", **columns),
        ]
    return found


FORMATS = [
    {"result_format": "BOOLEAN_ONLY"},
    {"result_format": "BASIC"},
    {"result_format": "SUMMARY", "partial_unexpected_count": 2},
    {"result_format": "COMPLETE"},
    {"result_format": "COMPLETE", "unexpected_index_column_names": ["n"]},
    {"result_format": "COMPLETE", "unexpected_index_column_names": ["n"], "exclude_unexpected_values": True},
]
CONDITIONS = [
    {},
    {"row_condition": "n > 1", "condition_parser": "pandas"},
    {"row_condition": "n in [0, 2, 4] or not (n == 3)", "condition_parser": "pandas"},
]


@pytest.fixture(scope="module")
def batches():
    with quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        sources = context.data_sources.add_pandas("pandas"), context.data_sources.add_polars("polars")
        return [source.add_dataframe_asset("a").add_batch_definition_whole_dataframe("b") for source in sources]


def as_pandas(kind: str, values: list[Any]) -> pd.Series:
    """A column as pandas users have it."""
    if kind == "category":
        return pd.Series(pd.Categorical(values, categories=["red", "green", "أزرق"]))
    if kind in {"decimal", "date", "list"}:
        return pd.Series(values, dtype=object)
    if kind in {"datetime", "zoned"}:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=kind == "zoned"))
    if kind == "bool" and None in values:
        return pd.Series(values, dtype=object)
    if not any(value is not None for value in values):
        return pd.Series(values, dtype={"text": "str", "bool": "bool"}.get(kind, "float64"))
    return pd.Series(values)


def told(result: Any) -> dict[str, Any]:
    """What must be equal: all of a result but how to get at rows, and how missing values are counted."""
    found = result.to_json_dict()
    raised = found["exception_info"]
    failed = raised.get("raised_exception", True) if raised else False
    details = found["result"]
    for key in ("unexpected_index_query", "partial_unexpected_counts"):
        details.pop(key, None)
    return {"success": found["success"], "raised": bool(failed), "result": plain(details)}


def plain(value: Any) -> Any:  # noqa: PLR0911 - one line a kind
    """A value of either engine in one form."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or (isinstance(value, float) and math.isnan(value)) or value == "NaT":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(f"{value:.11g}") + 0.0  # where two zeros are mixed, which of them is told is chance
    if isinstance(value, str):
        return value.removesuffix("+00:00").removesuffix(".000000000").removesuffix(".000000").removesuffix("T00:00:00")
    return value


def unordered(value: Any) -> Any:
    """Distinct values stand in no order in pandas' results."""
    loose = {"observed_value", "partial_missing_list", "partial_unexpected_list"}
    if isinstance(value, dict):
        return {
            key: sorted(item, key=str) if key in loose and isinstance(item, list) else unordered(item)
            for key, item in value.items()
        }
    return value


def differences(  # noqa: PLR0913 - one case
    batches: Any, kind: str, rows: Any, result_format: Any, condition: Any, *, lazy: bool
) -> list[str]:
    """Where the two engines differ on these rows."""
    dtype = KINDS[kind][1]
    columns = {"x": [x for x, _ in rows], "y": [y for _, y in rows], "n": list(range(len(rows)))}
    theirs = pd.DataFrame(
        {name: as_pandas(kind, columns[name]) for name in "xy"} | {"n": pd.Series(columns["n"], dtype="int64")}
    )
    ours = pl.DataFrame(columns, schema={"x": dtype, "y": dtype, "n": pl.Int64()})
    expectations = [*on_column(kind), *on_table(kind)]
    if condition:
        expectations = [one.copy(update=condition) for one in expectations if "row_condition" in one.__fields__]
    found = []
    for batch, frame in zip(batches, (theirs, ours.lazy() if lazy else ours), strict=True):
        with quiet():
            numbered = [one.copy(update={"meta": {"place": place}}) for place, one in enumerate(expectations)]
            suite = gx.ExpectationSuite(name="s", expectations=numbered)
            results = batch.get_batch({"dataframe": frame}).validate(suite, result_format=result_format).results
            found.append(sorted(results, key=lambda one: one.expectation_config.meta["place"]))
    odd = {name for applies, name in ODD if applies(kind, rows, condition)}
    told_apart = []
    for pandas_result, polars_result in zip(*found, strict=True):
        expected, observed = unordered(told(pandas_result)), unordered(told(polars_result))
        if not expected["raised"] and expected != observed and pandas_result.expectation_config.type not in odd:
            config = json.dumps(pandas_result.expectation_config.to_json_dict(), ensure_ascii=False)
            told_apart.append(
                f"{config}\n{columns}\n pandas: {expected}\n polars: {observed} {polars_result.exception_info}"
            )
    return told_apart


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
@pytest.mark.parametrize("kind", KINDS)
@settings(
    deadline=None,
    max_examples=int(os.environ.get("DQ_CONFORMANCE_EXAMPLES", "1")),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes a second, to shrink one minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_results_are_those_of_pandas(batches, kind, lazy, data):
    values = KINDS[kind][0]
    rows = data.draw(st.lists(st.tuples(*[st.one_of(st.none(), values)] * 2), max_size=8))
    result_format, condition = data.draw(st.sampled_from(FORMATS)), data.draw(st.sampled_from(CONDITIONS))
    assert differences(batches, kind, rows, result_format, condition, lazy=lazy) == []


def test_json_schemas(batches):
    values = ['{"a": 1}', '{"a": "x"}', None]
    schema = {"type": "object", "properties": {"a": {"type": "number"}}}
    expectation = gxe.core.ExpectColumnValuesToMatchJsonSchema(column="x", json_schema=schema)
    frames = pd.DataFrame({"x": values}), pl.DataFrame({"x": values})
    with quiet():
        found = [
            told(batch.get_batch({"dataframe": frame}).validate(expectation, result_format="COMPLETE"))
            for batch, frame in zip(batches, frames, strict=True)
        ]
    assert found[0] == found[1]
    assert found[0]["result"]["unexpected_list"] == ['{"a": "x"}']
