"""Stock expectations of Great Expectations that know its own engines by name, and how they go on with this one.

Defining a class under a stock name puts it in the stock one's place in Great Expectations' registry; with any other
engine than this it does what the stock one does.
"""

from __future__ import annotations

from typing import Any

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
    >>> sorted(type_names(pl.Datetime("us", "UTC")))[:3]
    ["Datetime(time_unit='us', time_zone='UTC')", 'Datetime', 'DatetimeTZDtype']
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


def _observed(metrics: Any, column: str | None) -> pl.DataType:
    types = {one["name"]: one["dtype"] for one in metrics["table.column_types"]}
    if column not in types:
        raise gx.InvalidMetricAccessorDomainKwargsKeyError(
            message=f'Error: The column "{column}" in BatchData does not exist.'
        )
    dtype: pl.DataType = types[column]
    return dtype


def _judged(dtype: pl.DataType, wanted: list[str] | None) -> dict[str, Any]:
    names = type_names(dtype)
    return {"success": wanted is None or not names.isdisjoint(wanted), "result": {"observed_value": str(dtype)}}


class ExpectColumnValuesToBeOfType(gx.ExpectColumnValuesToBeOfType):  # type: ignore[misc] # GX has no types here
    """The stock expectation, which asks a Polars column for its one type."""

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        if not isinstance(execution_engine, PolarsExecutionEngine):
            return super()._validate(metrics, runtime_configuration, execution_engine)
        kwargs = self.configuration.kwargs
        wanted = kwargs.get("type_")
        return _judged(_observed(metrics, kwargs.get("column")), None if wanted is None else [wanted])


class ExpectColumnValuesToBeInTypeList(gx.ExpectColumnValuesToBeInTypeList):  # type: ignore[misc]
    """The stock expectation, which asks a Polars column for its one type."""

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        if not isinstance(execution_engine, PolarsExecutionEngine):
            return super()._validate(metrics, runtime_configuration, execution_engine)
        kwargs = self.configuration.kwargs
        return _judged(_observed(metrics, kwargs.get("column")), kwargs.get("type_list"))


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

    class ExpectColumnTypeToBe(gx.ExpectColumnTypeToBe):  # type: ignore[misc]
        """The stock expectation, which asks a Polars column for its type."""

        def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
            if not isinstance(execution_engine, PolarsExecutionEngine):
                return super()._validate(metrics, runtime_configuration, execution_engine)
            kwargs = self.configuration.kwargs
            wanted = kwargs.get("type_")
            return _judged(_observed(metrics, kwargs.get("column")), None if wanted is None else [wanted])
