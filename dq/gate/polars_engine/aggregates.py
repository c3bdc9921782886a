"""What expectations ask of a column as a whole: expressions with one value each, and what is made of these."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl

from dq.gate.polars_engine.columns import Column

MAX_DISTINCT = 20
"""Distinct values that Great Expectations puts into a result."""
_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """Expressions to be evaluated in one query, and the answer that is made of their values."""

    expressions: tuple[pl.Expr, ...]
    answer: Callable[..., Any] = lambda value: value
    streams: bool = True
    """Whether it can be answered part by part; else the column has to be there as a whole."""


class OutlierStatistics(NamedTuple):
    """As in Great Expectations: two references and the spread around them; None where there are too few values."""

    lower_reference: float | None
    upper_reference: float | None
    spread: float | None


def minimum(column: Column) -> Question:
    """The least value; None where there is none."""
    return Question((_orderable(column).min(),))


def maximum(column: Column) -> Question:
    """The greatest value; None where there is none."""
    return Question((_orderable(column).max(),))


def _orderable(column: Column) -> pl.Expr:
    if column.dtype.is_nested():
        raise TypeError(f"The column {column.name!r} holds {column.dtype}, which has no order.")
    return column.text if column.is_text else column.expr


def mean(column: Column) -> Question:
    """The mean; of instants too."""
    return Question((_averageable(column).mean(),))


def median(column: Column) -> Question:
    """The median; of instants too."""
    return Question((_averageable(column).median(),), streams=False)


def _averageable(column: Column) -> pl.Expr:
    return column.expr if column.dtype.is_temporal() else column.numbers.cast(pl.Float64)


def standard_deviation(column: Column) -> Question:
    """The sample's, with n - 1; None for fewer than two values."""
    return Question((column.numbers.std(),), _finite)


def total(column: Column) -> Question:
    """The sum; 0 where there is no value."""
    if isinstance(column.dtype, pl.Duration):
        return Question((column.expr.sum(),))
    numbers = column.numbers
    return Question((numbers.cast(pl.Int64).sum() if column.dtype.is_integer() else numbers.sum(),))


def non_null_count(column: Column) -> Question:
    """Values that are there."""
    return Question((column.expr.count(),))


def distinct_values(column: Column) -> Question:
    """All values, None among them where one is missing."""
    return Question((_hashable(column).unique().implode(),), lambda values: set(values.to_list()), streams=False)


def distinct_count(column: Column) -> Question:
    """Distinct values that are there."""
    return Question((column.expr.drop_nulls().n_unique(),), streams=False)


def under_threshold(column: Column, threshold: int) -> Question:
    """Whether the distinct values are fewer."""
    return Question((column.expr.drop_nulls().n_unique(),), lambda count: count < threshold, streams=False)


def not_in_set_count(column: Column, value_set: Sequence[Any] | None = None) -> Question:
    """Distinct values outside a set."""
    return Question((_outside(column, value_set).n_unique(),), streams=False)


def not_in_set(column: Column, value_set: Sequence[Any] | None = None, limit: int | None = None) -> Question:
    """The first of them, in order."""
    outside = _outside(column, value_set).unique().sort().head(limit or MAX_DISTINCT)
    return Question((outside.implode(),), pl.Series.to_list, streams=False)


def _outside(column: Column, value_set: Sequence[Any] | None) -> pl.Expr:
    values = column.text if column.is_text else column.expr
    return values.filter(column.expr.is_not_null() & ~column.is_in(value_set or (), parse=True))


def missing_count(column: Column, value_set: Sequence[Any] | None = None) -> Question:
    """Values of a set that the column lacks."""
    question = missing(column, value_set)
    return dataclasses.replace(question, answer=lambda found: len(_lacking(column, value_set, found)))


def missing(column: Column, value_set: Sequence[Any] | None = None, limit: int | None = None) -> Question:
    """The first of them."""
    values = (column.text if column.is_text else column.expr).filter(column.is_in(value_set or (), parse=True))
    return Question(
        (values.unique().implode(),),
        lambda found: _lacking(column, value_set, found)[: limit or MAX_DISTINCT],
        streams=False,
    )


def _lacking(column: Column, value_set: Sequence[Any] | None, found: pl.Series) -> list[Any]:
    held, there = dict(column.members(value_set or (), parse=True)), set(found)
    wanted = dict.fromkeys(held.get(value, value) for value in value_set or ())
    return [value for value in wanted if value not in there]


def most_common(column: Column) -> Question:
    """The value that stands there most often; several where they are as frequent, in order."""
    values = _hashable(column).drop_nulls().mode().sort()
    return Question((values.implode(),), pl.Series.to_list, streams=False)


def value_counts(column: Column, sort: str | None = "value", collate: str | None = None) -> Question:
    """How often each value stands there, as a pandas Series by value: that is what Great Expectations goes on with."""
    if sort not in {"value", "count", "none", None}:
        raise ValueError("sort must be either 'value', 'count', or 'none'")
    if collate is not None:
        raise ValueError("collate parameter is not supported in PandasDataset")

    def series(counted: pl.Series) -> pd.Series:
        counts = {row[column.name]: row["count"] for row in counted}
        found = pd.Series(
            list(counts.values()), index=pd.Index(list(counts), name="value"), name="count", dtype="int64"
        )
        return found.sort_index() if sort in {"value", None} else found

    return Question((_hashable(column).drop_nulls().value_counts(sort=True).implode(),), series, streams=False)


def _hashable(column: Column) -> pl.Expr:
    if column.dtype.is_nested():
        raise TypeError(f"unhashable type: the column {column.name!r} holds {column.dtype}")
    return column.text if column.is_text and not isinstance(column.dtype, pl.String) else column.expr


def quantiles(column: Column, quantiles: Sequence[float], allow_relative_error: Any = False) -> Question:  # noqa: FBT002
    """Quantiles as pandas takes them: of the values that are there, the nearest unless told otherwise."""
    interpolation = allow_relative_error or "nearest"
    if interpolation not in _INTERPOLATIONS:
        raise ValueError(
            "If specified for pandas, allow_relative_error must be one an allowed value for the 'interpolation'"
            f"parameter of .quantile() (one of {_INTERPOLATIONS})"
        )
    values = (column.expr if column.dtype.is_temporal() else column.numbers).drop_nulls()
    places = [(values.len().cast(pl.Int64) - 1) * share for share in quantiles]
    neighbours = [values.sort().get(at, null_on_oob=True) for place in places for at in _around(place)]

    def picked(count: int, *found: Any) -> list[Any]:
        pairs = zip(quantiles, found[::2], found[1::2], strict=True)
        return [_interpolated(share * (count - 1), low, high, interpolation) for share, low, high in pairs]

    return Question((values.len(), *neighbours), picked, streams=False)


def _around(place: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The whole places next to one."""
    return (place + 1e-9).floor().cast(pl.Int64), (place - 1e-9).ceil().cast(pl.Int64)


def _interpolated(  # noqa: PLR0911 - one line a rule
    place: float, low: Any, high: Any, interpolation: str
) -> Any:
    """The value at a place between two neighbours in order; at a half the nearest is the even one, as in NumPy.

    NaN where there is no value at all, as the expectation compares what it is given.
    """
    if low is None or high is None:
        return math.nan
    part = place - math.floor(place)
    if math.isclose(part, 0, abs_tol=1e-9) or math.isclose(part, 1, abs_tol=1e-9):
        return high if part > 1 / 2 else low
    match interpolation:
        case "lower":
            return low
        case "higher":
            return high
        case "midpoint":
            return low + (high - low) / 2
        case "linear":
            return low + (high - low) * part
    if math.isclose(part, 1 / 2, abs_tol=1e-12):
        return low if math.floor(place) % 2 == 0 else high
    return low if part < 1 / 2 else high


def outlier_statistics(column: Column, method: str) -> Question:
    """The quartiles, or the mean twice, and their spread."""
    numbers = column.numbers
    if method == "iqr":
        return Question((numbers.quantile(0.25, "linear"), numbers.quantile(0.75, "linear")), _quartiles, streams=False)
    if method == "std":
        return Question((numbers.mean(), numbers.std()), _mean_and_deviation)
    raise NotImplementedError(f"method {method!r} has not been implemented")


def _quartiles(first: float | None, third: float | None) -> OutlierStatistics:
    low, high = _finite(first), _finite(third)
    return OutlierStatistics(low, high, None if low is None or high is None else high - low)


def _mean_and_deviation(centre: float | None, deviation: float | None) -> OutlierStatistics:
    return OutlierStatistics(_finite(centre), _finite(centre), _finite(deviation))


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def histogram(column: Column, bins: Any) -> Question:
    """Values in each of some bins, as NumPy counts them."""

    def counted(values: pl.Series) -> list[np.int64]:
        return list(np.histogram(values.to_numpy(), bins, density=False)[0])  # NumPy's integers, for the same reason

    return Question((column.numbers.drop_nulls().implode(),), counted, streams=False)


def length_max(column: Column) -> Question:
    """Characters of the longest text."""
    return Question((column.text.str.len_chars().max(),))


def length_min(column: Column) -> Question:
    """Characters of the shortest text."""
    return Question((column.text.str.len_chars().min(),))


def sample_values(column: Column, count: int = 20) -> Question:
    """Some values that are there."""
    return Question((column.expr.drop_nulls().head(count).implode(),), pl.Series.to_list)


def matching_values(condition: Callable[..., pl.Expr]) -> Callable[..., Question]:
    """The first values that meet a condition."""

    def question(column: Column, *, limit: int = MAX_DISTINCT, **kwargs: Any) -> Question:
        return Question((column.expr.filter(condition(column, **kwargs)).head(limit).implode(),), pl.Series.to_list)

    return question


def count_where(condition: Callable[..., pl.Expr]) -> Callable[..., Question]:
    """How many values meet a condition, as NumPy's integer: an expectation divides it by a count that may be 0."""

    def question(column: Column, **kwargs: Any) -> Question:
        return Question((condition(column, **kwargs).sum(),), np.int64)

    return question
