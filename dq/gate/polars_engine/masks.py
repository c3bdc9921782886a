"""What row-wise expectations ask: for each a condition that is true where a row meets it.

A null stands for a row that does not, except that the asker leaves out the nulls of a single column beforehand. What a
name asks is what Great Expectations' pandas engine answers, for its own reasons in places; where that has no answer
(it raises), the docstring says what is answered here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import jsonschema
import polars as pl
from dateutil.parser import parse as parse_date

from dq.gate.polars_engine import regexes
from dq.gate.polars_engine.aggregates import OutlierStatistics
from dq.gate.polars_engine.columns import Column, every

Metrics = Mapping[str, Any]
"""Values of the metrics that one depends on, by name."""
_NO_TEXT = (
    "Values passed to {} must be of type string.\nIf you want to validate a column of dates or timestamps, please call "
    "the expectation before converting from string format."
)


def between(
    column: Column,
    min_value: Any = None,
    max_value: Any = None,
    strict_min: bool | None = None,  # noqa: FBT001 - Great Expectations' own argument, given by name
    strict_max: bool | None = None,  # noqa: FBT001
) -> pl.Expr:
    """Between two bounds; dates are compared with dates as text as well, and texts by code points."""
    if min_value is None and max_value is None:
        raise ValueError("min_value and max_value cannot both be None")
    low = None if min_value is None else column.bound(min_value)
    high = None if max_value is None else column.bound(max_value)
    if min_value is not None and max_value is not None and type(min_value) is type(max_value) and min_value > max_value:
        raise ValueError("min_value cannot be greater than max_value")
    return _within(low, high, strict_min=strict_min, strict_max=strict_max)


def _within(
    low: tuple[pl.Expr, Any] | None,
    high: tuple[pl.Expr, Any] | None,
    *,
    strict_min: bool | None,
    strict_max: bool | None,
) -> pl.Expr:
    """Between two bounds, each beside the values that it is compared with; None is no bound."""
    conditions = []
    if low is not None:
        values, bound = low
        conditions.append(values > bound if strict_min else values >= bound)
    if high is not None:
        values, bound = high
        conditions.append(values < bound if strict_max else values <= bound)
    return every(conditions)


def length_between(
    column: Column,
    min_value: float | None = None,
    max_value: float | None = None,
    strict_min: bool | None = None,  # noqa: FBT001
    strict_max: bool | None = None,  # noqa: FBT001
) -> pl.Expr:
    """Characters of the text, counted by code points."""
    if min_value is None and max_value is None:
        raise ValueError("Invalid configuration")
    length = column.text.str.len_chars()
    low = None if min_value is None else (length, min_value)
    high = None if max_value is None else (length, max_value)
    return _within(low, high, strict_min=strict_min, strict_max=strict_max)


def length_equals(column: Column, value: float) -> pl.Expr:
    """Characters of the text, counted by code points."""
    return column.text.str.len_chars() == value


def in_set(column: Column, value_set: Sequence[Any] | None = None) -> pl.Expr:
    """Among some values; dates are not read from text."""
    return pl.lit(value=True) if value_set is None else column.is_in(value_set)


def not_in_set(column: Column, value_set: Sequence[Any] | None = None) -> pl.Expr:
    """Not among some values; dates are read from text."""
    return pl.lit(value=True) if value_set is None else ~column.is_in(value_set, parse=True)


def null(column: Column) -> pl.Expr:
    """Not there."""
    return column.expr.is_null()


def not_null(column: Column) -> pl.Expr:
    """There."""
    return column.expr.is_not_null()


def unique(column: Column) -> pl.Expr:
    """Nowhere else in the column; lists and structs are compared by what they hold."""
    return ~column.keyed.is_duplicated()


def increasing(column: Column, strictly: bool | None = None) -> pl.Expr:  # noqa: FBT001
    """Not less than the last value before it; texts are compared by code points."""
    return _ordered(column, strictly=bool(strictly), up=True)


def decreasing(column: Column, strictly: bool | None = None) -> pl.Expr:  # noqa: FBT001
    """Not greater than the last value before it; texts are compared by code points."""
    return _ordered(column, strictly=bool(strictly), up=False)


def _ordered(column: Column, *, strictly: bool, up: bool) -> pl.Expr:
    values = column.text if column.is_text else column.expr
    before = values.forward_fill().shift(1)
    if isinstance(column.dtype, pl.Boolean):  # pandas takes the difference of truth values by "exclusive or"
        changed = values != before
        in_order = (changed if strictly else pl.lit(value=True)) if up else ~changed & pl.lit(value=not strictly)
        return in_order | before.is_null()
    if up:
        in_order = values > before if strictly else values >= before
    else:
        in_order = values < before if strictly else values <= before
    in_order |= before.is_null()
    if column.dtype.is_float():  # an infinity after itself: their difference is no number
        in_order |= values.is_infinite() & (values == before)
    return in_order


def json_parseable(column: Column) -> pl.Expr:
    """JSON text."""
    return column.map(_is_json, pl.Boolean)


def _is_json(value: Any) -> bool:
    try:
        json.loads(value)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def matches_json_schema(column: Column, json_schema: Mapping[str, Any]) -> pl.Expr:
    """JSON text that a schema accepts; what is no JSON raises."""

    def accepted(value: Any) -> bool:
        try:
            jsonschema.validate(json.loads(value), json_schema)
        except jsonschema.ValidationError:
            return False
        return True

    return column.map(accepted, pl.Boolean)


def dateutil_parseable(column: Column) -> pl.Expr:
    """A text that dateutil reads as a date."""

    def parseable(value: Any) -> bool:
        if not isinstance(value, str):
            raise TypeError(_NO_TEXT.format("expect_column_values_to_be_dateutil_parseable"))
        try:
            parse_date(value)
        except (ValueError, OverflowError):
            return False
        return True

    return column.map(parseable, pl.Boolean)


def matches_strftime(column: Column, strftime_format: str) -> pl.Expr:
    """A text that `strptime` reads by this format."""

    def parseable(value: Any) -> bool:
        try:
            datetime.strptime(value, strftime_format)  # noqa: DTZ007 - only whether it can be read
        except TypeError as error:
            raise TypeError(_NO_TEXT.format("expect_column_values_to_match_strftime_format")) from error
        except ValueError:
            return False
        return True

    return column.map(parseable, pl.Boolean)


def match_regex(column: Column, regex: str) -> pl.Expr:
    """A match anywhere in the text."""
    return regexes.matches(column, regex)


def not_match_regex(column: Column, regex: str) -> pl.Expr:
    """No match in the text."""
    return ~regexes.matches(column, regex)


def match_regex_list(column: Column, regex_list: Sequence[str], match_on: str | None = "any") -> pl.Expr:
    """A match of any, or of all."""
    found = regexes.listed(column, regex_list)
    if match_on in {"any", None}:
        return pl.any_horizontal(found)
    if match_on != "all":
        raise ValueError("match_on must be either 'any' or 'all'")
    return pl.all_horizontal(found)


def not_match_regex_list(column: Column, regex_list: Sequence[str]) -> pl.Expr:
    """A match of none."""
    return ~pl.any_horizontal(regexes.listed(column, regex_list))


def match_like(column: Column, like_pattern: str, escape: str | None = None) -> pl.Expr:
    """Like a pattern of SQL (not in pandas): case counts, and without `escape` nothing is escaped."""
    return regexes.matches_like(column, like_pattern, escape)


def not_match_like(column: Column, like_pattern: str, escape: str | None = None) -> pl.Expr:
    """Not like a pattern of SQL (not in pandas)."""
    return ~regexes.matches_like(column, like_pattern, escape)


def match_like_list(
    column: Column, like_pattern_list: Sequence[str], match_on: str | None = "any", escape: str | None = None
) -> pl.Expr:
    """Like any, or like all of some patterns of SQL (not in pandas)."""
    if not like_pattern_list:
        raise ValueError("At least one like_pattern must be supplied in the like_pattern_list.")
    found = [regexes.matches_like(column, pattern, escape) for pattern in like_pattern_list]
    return pl.all_horizontal(found) if match_on == "all" else pl.any_horizontal(found)


def not_match_like_list(column: Column, like_pattern_list: Sequence[str], escape: str | None = None) -> pl.Expr:
    """Like none of some patterns of SQL (not in pandas)."""
    return ~match_like_list(column, like_pattern_list, escape=escape)


def z_score_under(
    column: Column,
    threshold: float,
    double_sided: bool = True,  # noqa: FBT001, FBT002
    *,
    metrics: Metrics,
) -> pl.Expr:
    """Fewer standard deviations from the mean than a threshold; without any spread every value is."""
    mean: float | None = metrics["column.mean"]
    deviation: float | None = metrics["column.standard_deviation"]
    if not column.dtype.is_numeric() and not isinstance(column.dtype, pl.Null | pl.Boolean):
        raise TypeError("Cannot complete Z-score calculations on a non-numerical column.")
    if mean is None or not deviation:
        return pl.lit(value=True)
    score = (column.numbers - mean) / deviation
    return (score.abs() < abs(threshold) if double_sided else score < threshold) | score.is_nan()


def not_outlier(column: Column, method: str = "iqr", multiplier: float = 1.5, *, metrics: Metrics) -> pl.Expr:
    """Within a window around the quartiles, or around the mean; without any spread every value is."""
    statistics: OutlierStatistics = metrics["column.outlier_statistics"]
    low, high, spread = statistics
    if low is None or high is None or spread is None:
        return column.expr.is_not_null()
    threshold, numbers = multiplier * spread, column.numbers
    if method == "iqr":
        return (numbers >= low - threshold) & (numbers <= high + threshold)
    return numbers == low if threshold <= 0 else (numbers - low).abs() < threshold


def pair_equal(left: Column, right: Column) -> pl.Expr:
    """Equal; values of types that cannot be compared are not."""
    return _compared(left, right, pl.Expr.eq)


def pair_greater(left: Column, right: Column, or_equal: bool | None = None) -> pl.Expr:  # noqa: FBT001
    """The first greater than the second."""
    if left.is_text != right.is_text and not isinstance(left.dtype, pl.Null) and not isinstance(right.dtype, pl.Null):
        raise TypeError(f"{left.dtype} and {right.dtype} have no order.")
    return _compared(left, right, pl.Expr.ge if or_equal else pl.Expr.gt)


def _compared(left: Column, right: Column, how: Callable[[pl.Expr, Any], pl.Expr]) -> pl.Expr:
    if left.is_text and right.is_text:
        return how(left.text, right.text)
    if how is pl.Expr.eq and left.is_text != right.is_text:
        return pl.lit(value=False)
    if isinstance(left.dtype, pl.Boolean) or isinstance(right.dtype, pl.Boolean):
        return how(left.numbers, right.numbers)
    return how(left.expr, right.expr)


def pair_in_set(left: Column, right: Column, value_pairs_set: Sequence[Sequence[Any]] | None = None) -> pl.Expr:
    """Among some pairs, in which None stands for what is missing."""
    if value_pairs_set is None:
        return pl.lit(value=True)
    pairs = {(first, second) for first, second in value_pairs_set}
    if not pairs:
        return pl.lit(value=False)
    return pl.any_horizontal(left.equals(first) & right.equals(second) for first, second in pairs)


def compound_unique(columns: Sequence[Column]) -> pl.Expr:
    """No other row with the same values."""
    return ~pl.struct(column.expr for column in columns).is_duplicated()


def sum_equals(columns: Sequence[Column], sum_total: float) -> pl.Expr:
    """Values that add up to a total; a row with a missing value does not."""
    return pl.sum_horizontal([column.numbers for column in columns], ignore_nulls=False) == sum_total


def all_equal(columns: Sequence[Column]) -> pl.Expr:
    """Equal values; nulls equal one another."""
    first, *others = columns
    return every([_same(other, first) for other in others])


def _same(left: Column, right: Column) -> pl.Expr:
    """Equal values, or none on either side."""
    both_null = left.expr.is_null() & right.expr.is_null()
    return _compared(left, right, pl.Expr.eq).fill_null(value=False) | both_null


def unique_within_record(columns: Sequence[Column]) -> pl.Expr:
    """No two equal values in a row; nulls equal one another."""
    return every([~_same(left, right) for left, right in itertools.combinations(columns, 2)])
