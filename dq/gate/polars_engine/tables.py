"""Metrics of a table as a whole, and those that users write in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import polars as pl

from dq.gate.polars_engine.domains import MAX_ROWS, Domain

_BATCH = "batch"
"""The batch's name in a query."""


def columns(domain: Domain, _: Mapping[str, Any]) -> list[str]:
    """Column names, in order."""
    return list(domain.batch.schema)


def column_types(domain: Domain, _: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Names and types, in order: the type by name, and as Polars has it."""
    return [{"name": name, "type": str(dtype), "dtype": dtype} for name, dtype in domain.batch.schema.items()]


def head(domain: Domain, arguments: Mapping[str, Any]) -> pd.DataFrame:
    """The first rows, as the pandas frame that Great Expectations asks for."""
    limit = arguments.get("n_rows")
    rows = domain.rows() if arguments.get("fetch_all") else domain.rows().head(5 if limit is None else limit)
    found = domain.collect(rows)
    return pd.DataFrame(found.to_dict(as_series=False), columns=found.columns)


def queried(parameter: str, *, alone: bool = False) -> Callable[[Domain, Mapping[str, Any]], list[dict[str, Any]]]:
    """The rows that a query in SQL finds, `{batch}` being the batch; no more than results hold unless told."""

    def rows(domain: Domain, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = _query(domain, arguments, parameter)
        limited = found if arguments.get("fetch_all") and not alone else found.head(MAX_ROWS)
        return domain.collect(limited).to_dicts()

    return rows


def counted(parameter: str) -> Callable[[Domain, Mapping[str, Any]], int]:
    """How many rows a query in SQL finds."""

    def count(domain: Domain, arguments: Mapping[str, Any]) -> int:
        return int(domain.collect(_query(domain, arguments, parameter).select(pl.len())).item())

    return count


def _query(domain: Domain, arguments: Mapping[str, Any], parameter: str) -> pl.LazyFrame:
    query = arguments.get(parameter)
    if not query:
        raise ValueError(f"Must provide `{parameter}` to a query metric.")
    text = _substituted(query, arguments)
    try:
        return pl.SQLContext({_BATCH: domain.rows()}).execute(text, eager=False)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"Polars' SQL cannot run the query {text!r}: {error}") from error


def _substituted(query: str, arguments: Mapping[str, Any]) -> str:
    several = {f"col_{place}": name for place, name in enumerate(arguments.get("columns") or (), 1)}
    names = {name: arguments[name] for name in ("column", "column_A", "column_B") if arguments.get(name)}
    template = {name: str(value).format(batch=_BATCH) for name, value in (arguments.get("template_dict") or {}).items()}
    given = {"col": names.get("column"), **names, **several, **template, _BATCH: _BATCH}
    try:
        return query.format(**given)
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(
            f"the query {query!r} holds a brace that stands for nothing ({error}); to include a literal brace, double "
            "it: {{ and }}"
        ) from error


TABLE_METRICS: Mapping[Any, Callable[[Domain, Mapping[str, Any]], Any]] = {
    "table.columns": columns,
    "table.column_types": column_types,
    "table.head": head,
    "query.table": queried("query"),
    "query.column": queried("query", alone=True),
    "query.column_pair": queried("query", alone=True),
    "query.multiple_columns": queried("query", alone=True),
    "query.template_values": queried("query", alone=True),
    "base_query.table": queried("base_query"),
    "unexpected_rows_query.table": queried("unexpected_rows_query"),
    "query.row_count": counted("query"),
    "unexpected_rows_query.row_count": counted("unexpected_rows_query"),
}
"""By name, except the row count, which goes into the query for figures."""
