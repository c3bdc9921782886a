"""Stock expectations of Great Expectations that know its own engines by name, and how they go on with this one.

Defining a class under a stock name puts it in the stock one's place in Great Expectations' registry; with any other
engine than this it does what the stock one does.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pandas as pd
import polars as pl

from dq.gate.polars_engine import gx
from dq.gate.polars_engine.engine import PolarsExecutionEngine

_PYTHON_TYPES: dict[type, tuple[str, ...]] = {
    pl.String: ("str", "string"),
    pl.Categorical: ("str", "string", "category", "CategoricalDtype", "CategoricalDtypeType"),
    pl.Enum: ("str", "string", "category", "CategoricalDtype", "CategoricalDtypeType"),
    pl.Boolean: ("bool", "bool_", "BooleanDtype", "boolean"),
    pl.Date: ("date",),
    pl.Datetime: ("datetime", "datetime64", "Timestamp"),
    pl.Duration: ("timedelta", "timedelta64", "Timedelta"),
    pl.Time: ("time",),
    pl.Decimal: ("Decimal",),
    pl.Binary: ("bytes",),
    pl.List: ("list",),
    pl.Array: ("list",),
    pl.Struct: ("dict",),
}


def type_names(dtype: pl.DataType) -> frozenset[str]:
    """The names by which an expectation may ask for a Polars type: Polars' own, Python's, and those of pandas.

    >>> sorted(type_names(pl.Int64()))
    ['INT', 'INTEGER', 'Int64', 'Int64Dtype', 'int', 'int64', 'integer']
    >>> "datetime64[us, UTC]" in type_names(pl.Datetime("us", "UTC"))
    True
    """
    names = {str(dtype), repr(dtype), type(dtype).__name__, *_PYTHON_TYPES.get(type(dtype), ())}
    if dtype.is_integer():
        names |= {"int", "integer", "INT", "INTEGER", str(dtype).lower(), f"{dtype}Dtype"}
    if dtype.is_float():
        names |= {"float", "FLOAT", str(dtype).lower(), f"{dtype}Dtype"}
    if isinstance(dtype, pl.Datetime):
        names |= {f"datetime64[{dtype.time_unit}{f', {dtype.time_zone}' if dtype.time_zone else ''}]"}
        names |= {"DatetimeTZDtype"} if dtype.time_zone else set()
    if isinstance(dtype, pl.String):
        names |= {"StringDtype", "STRING", "VARCHAR", "TEXT"}
    return frozenset(names)


_TYPES: tuple[pl.DataType, ...] = (
    *(dtype() for dtype in (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128, pl.Float32, pl.Float64)),
    *(dtype() for dtype in (pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)),
    *(pl.Datetime(unit) for unit in ("ms", "us", "ns")),
    *(pl.Duration(unit) for unit in ("ms", "us", "ns")),
    pl.Datetime("us", "UTC"),
    pl.Decimal(),
    *(dtype() for dtype in (pl.String, pl.Categorical, pl.Boolean, pl.Date, pl.Time, pl.Binary, pl.Null, pl.Object)),
    pl.Enum([]),
    pl.List(pl.Null),
    pl.Array(pl.Null, 1),
    pl.Struct([]),
)


@functools.cache
def _known_names() -> frozenset[str]:
    return frozenset().union(*map(type_names, _TYPES))


def _judged(metrics: Any, column: str | None, wanted: Sequence[str] | None) -> dict[str, Any]:
    """Whether a column is of one of the types that are wanted; a column of nulls alone is of any.

    Raises ValueError where not one of these is the name of a type.
    """
    types = {one["name"]: one["dtype"] for one in metrics["table.column_types"]}
    if column not in types:
        raise gx.InvalidMetricAccessorDomainKwargsKeyError(
            message=f'Error: The column "{column}" in BatchData does not exist.'
        )
    dtype = types[column]
    names = type_names(dtype)
    if wanted is not None and names.isdisjoint(wanted) and not any(_is_type(name) for name in wanted):
        raise ValueError(f"No recognized Polars, Python or pandas type: {', '.join(map(repr, wanted))}")
    held = wanted is None or isinstance(dtype, pl.Null) or not names.isdisjoint(wanted)
    return {"success": held, "result": {"observed_value": str(dtype)}}


def _is_type(name: str) -> bool:
    if name in _known_names() or "(" in name or "[" in name:
        return True
    try:
        pd.api.types.pandas_dtype(name)
    except TypeError:
        return False
    return True


class _AsksForType:
    """Judges a Polars column by its one type, and leaves other engines to the stock expectation."""

    configuration: Any

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        if not isinstance(execution_engine, PolarsExecutionEngine):
            return super()._validate(metrics, runtime_configuration, execution_engine)  # type: ignore[misc] # a mix-in
        kwargs = self.configuration.kwargs
        one = kwargs.get("type_")
        return _judged(metrics, kwargs.get("column"), kwargs.get("type_list") if one is None else [one])


class ExpectColumnValuesToBeOfType(_AsksForType, gx.ExpectColumnValuesToBeOfType):  # type: ignore[misc] # no types
    """The stock expectation, which asks a Polars column for its one type."""


class ExpectColumnValuesToBeInTypeList(_AsksForType, gx.ExpectColumnValuesToBeInTypeList):  # type: ignore[misc]
    """The stock expectation, which asks a Polars column for its one type."""


class ExpectColumnQuantileValuesToBeBetween(gx.ExpectColumnQuantileValuesToBeBetween):  # type: ignore[misc]
    """The stock expectation with plain truth values in its result.

    Great Expectations 1.24 leaves NumPy's there, which its own store of results cannot write as JSON, so that every
    ValidationDefinition with this expectation raises TypeError, on any engine.
    """

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        found = super()._validate(metrics, runtime_configuration, execution_engine)
        details = (found.get("result") or {}).get("details") or {}
        if "success_details" in details:
            details["success_details"] = [None if held is None else bool(held) for held in details["success_details"]]
        return {**found, "success": bool(found["success"])}


if gx.ExpectColumnTypeToBe is not None:  # since 1.23

    class ExpectColumnTypeToBe(_AsksForType, gx.ExpectColumnTypeToBe):  # type: ignore[misc]
        """The stock expectation, which asks a Polars column for its type."""
