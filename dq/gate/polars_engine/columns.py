"""Columns of a frame, and Python values that are held against them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import polars as pl
from dateutil.parser import parse as parse_date

TEXT = (pl.String, pl.Categorical, pl.Enum)
_MIXED = "Column values, min_value, and max_value must either be None or of the same type."


def by_name(name: str) -> pl.Expr:
    """The column of just this name, which Polars may take for a regular expression (`^...$`)."""
    return pl.col(f"^{re.escape(name)}$" if name.startswith("^") and name.endswith("$") else name)


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A column by name, with its type in the frame."""

    name: str
    dtype: pl.DataType

    @property
    def expr(self) -> pl.Expr:
        """Its values."""
        return by_name(self.name)

    @property
    def is_text(self) -> bool:
        """Whether it holds text: strings, categories or members of an enumeration."""
        return isinstance(self.dtype, TEXT)

    @property
    def text(self) -> pl.Expr:
        """Its values as text, as Python's `str` writes them."""
        if isinstance(self.dtype, pl.String):
            return self.expr
        if self.is_text or self.dtype.is_integer():
            return self.expr.cast(pl.String)
        return self.map(str, pl.String)

    @property
    def keyed(self) -> pl.Expr:
        """Its values as something that can be counted: nested ones as they are written."""
        return self.map(lambda value: repr(_plain(value)), pl.String) if self.dtype.is_nested() else self.expr

    @property
    def numbers(self) -> pl.Expr:
        """Its values as numbers: decimals as floats, truth values as 0 and 1.

        Raises TypeError where it holds none.
        """
        if isinstance(self.dtype, pl.Boolean):
            return self.expr.cast(pl.Int8)
        if isinstance(self.dtype, pl.Decimal | pl.Null):
            return self.expr.cast(pl.Float64)
        if not self.dtype.is_numeric():
            told = str(self.dtype).lower()
            raise TypeError(f"could not convert {told} to float: the column {self.name!r} holds no numbers")
        return self.expr

    def map(self, function: Callable[[Any], Any], dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        """What a Python function makes of each value, one after the other; nulls stay null."""

        def mapped(series: pl.Series) -> pl.Series:
            values = (None if value is None else function(value) for value in series)
            return pl.Series(series.name, list(values), dtype=dtype)

        return self.expr.map_batches(mapped, return_dtype=dtype, is_elementwise=True)

    def bound(self, value: Any) -> tuple[pl.Expr, pl.Expr]:
        """Its values and `value`, each as what the other may be compared with by order.

        A text is read as a date beside dates and times. A time without zone is taken in the column's own zone, and one
        with a zone as UTC where the column has none. Raises TypeError where the two have no order.
        """
        held, bound = self._bound(value)
        return held, bound if isinstance(bound, pl.Expr) else pl.lit(bound)

    def _bound(self, value: Any) -> tuple[pl.Expr, Any]:
        if self.is_text or isinstance(value, str):
            return self._text_bound(value)
        if isinstance(self.dtype, pl.Datetime | pl.Date):
            return self._time_bound(value)
        if isinstance(self.dtype, pl.Duration | pl.Time):
            if not isinstance(value, dt.timedelta | dt.time):
                raise TypeError(f"{value!r} cannot be compared with {self.dtype}.")
            return self.expr, value
        if not _is_number(value):
            raise TypeError(f"{value!r} cannot be compared with {self.dtype}.")
        exact = isinstance(self.dtype, pl.Decimal) and isinstance(value, decimal.Decimal)
        return self.expr if exact else self.numbers, value if exact or _fits(value) else float(value)

    def _text_bound(self, value: Any) -> tuple[pl.Expr, Any]:
        if isinstance(self.dtype, pl.Datetime | pl.Date) and isinstance(value, str):
            return self._time_bound(parse_date(value))
        if isinstance(self.dtype, pl.Null):
            return self.expr.cast(pl.String), str(value)
        if not (self.is_text and isinstance(value, str)):
            raise TypeError(_MIXED)
        return self.expr.cast(pl.String), value

    def _time_bound(self, value: Any) -> tuple[pl.Expr, Any]:
        if not isinstance(value, dt.date):
            raise TypeError(f"{value!r} cannot be compared with {self.dtype}.")
        if isinstance(self.dtype, pl.Date):
            if not isinstance(value, dt.datetime):
                return self.expr, value
            return self.expr.cast(pl.Datetime("us")), _without_zone(value)
        moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
        zone = self.dtype.time_zone if isinstance(self.dtype, pl.Datetime) else None
        if zone is None:
            return self.expr, _without_zone(moment)
        if moment.tzinfo is None:
            return self.expr, pl.lit(moment).dt.replace_time_zone(zone)
        return self.expr, pl.lit(moment.astimezone(dt.UTC)).dt.convert_time_zone(zone)

    def members(self, values: Iterable[Any], *, parse: bool = False) -> list[tuple[Any, Any]]:
        """Those of `values` that the column could hold, each as given and as it would stand there.

        With `parse` a text is read as a date beside dates and times, as Great Expectations does for some expectations
        and not for others.
        """
        pairs = [(value, self._stored(value, parse=parse)) for value in values]
        return [(value, stored) for value, stored in pairs if stored is not None]

    def is_in(self, values: Iterable[Any], *, parse: bool = False) -> pl.Expr:
        """Whether its values are among `values`."""
        stored = [held for _, held in self.members(values, parse=parse)]
        if self.dtype.is_nested() or isinstance(self.dtype, pl.Object):
            return self.map(lambda value: _plain(value) in stored, pl.Boolean)
        if not stored:
            return pl.lit(value=False) & self.expr.is_not_null()
        if self.is_text:
            return self.expr.cast(pl.String).is_in(stored)
        return self.expr.is_in(pl.Series(stored, dtype=self.dtype).implode())

    def equals(self, value: Any) -> pl.Expr:
        """Whether its values equal `value`; null equals only None."""
        if value is None:
            return self.expr.is_null()
        return self.is_in([value]).fill_null(value=False)

    def _stored(self, value: Any, *, parse: bool) -> Any:
        """`value` as the column would hold it; None where it cannot."""
        try:
            return self._as_held(value, parse=parse)
        except (TypeError, ValueError, OverflowError, decimal.InvalidOperation):
            return None

    def _as_held(self, value: Any, *, parse: bool) -> Any:  # noqa: PLR0911 - one line a type
        dtype = self.dtype
        if isinstance(value, str) and parse and isinstance(dtype, pl.Datetime | pl.Date):
            value = parse_date(value)
            value = value.date() if isinstance(dtype, pl.Date) else value
        if self.is_text:
            return value if isinstance(value, str) else None
        if isinstance(dtype, pl.Datetime):
            return self._as_moment(value)
        if isinstance(dtype, pl.Date):
            return value if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else None
        if isinstance(dtype, pl.Duration):
            return value if isinstance(value, dt.timedelta) else None
        if isinstance(dtype, pl.Time):
            return value if isinstance(value, dt.time) else None
        if isinstance(dtype, pl.Binary):
            return value if isinstance(value, bytes) else None
        if dtype.is_nested() or isinstance(dtype, pl.Object):
            return _plain(value)
        return self._as_number(value) if _is_number(value) else None

    def _as_moment(self, value: Any) -> dt.datetime | None:
        if not isinstance(value, dt.datetime) or not isinstance(self.dtype, pl.Datetime):
            return None
        if (value.tzinfo is None) != (self.dtype.time_zone is None):
            return None
        return value if value.tzinfo is None else value.astimezone(dt.UTC)

    def _as_number(self, value: Any) -> Any:
        dtype = self.dtype
        if isinstance(dtype, pl.Boolean):
            return bool(value) if value in {0, 1} else None
        if isinstance(dtype, pl.Decimal):
            exact = decimal.Decimal(str(value)) if isinstance(value, float) else decimal.Decimal(value)
            return exact if exact == value else None
        if dtype.is_integer():
            low, high = pl.select(pl.lit(0, dtype).lower_bound(), pl.lit(0, dtype).upper_bound().alias("high")).row(0)
            return int(value) if int(value) == value and low <= value <= high else None
        return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | decimal.Decimal) or hasattr(value, "__float__")


def _fits(value: Any) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _without_zone(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _plain(value: Any) -> Any:
    """A nested value made of lists, so that values of other sequence types compare by what they hold."""
    if isinstance(value, pl.Series | tuple):
        return [_plain(item) for item in value]
    return value


def every(conditions: Sequence[pl.Expr]) -> pl.Expr:
    """Whether all of `conditions` hold."""
    return pl.all_horizontal(conditions) if conditions else pl.lit(value=True)


def is_nan(value: Any) -> bool:
    """Whether a Python value is a float that is no number.

    >>> is_nan(float("nan")), is_nan(None), is_nan("nan")
    (True, False, False)
    """
    return isinstance(value, float) and math.isnan(value)
