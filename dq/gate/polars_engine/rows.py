"""The rows that break a condition, as results tell them: values, indices, a query, whole rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import polars as pl

from dq.gate.polars_engine.columns import Column, by_name, every
from dq.gate.polars_engine.domains import MAX_ROWS, POSITION, Domain
from dq.gate.polars_engine.metrics import CONDITION, COUNTS, INDEX, QUERY, ROWS, VALUES, Mask

ResultFormat = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Broken:
    """A row-wise condition as it stands for some columns."""

    mask: Mask
    columns: tuple[Column, ...]
    looked_at: pl.Expr
    """Rows that are not left out for missing values."""
    breaks: pl.Expr
    """Which of these break it."""


@dataclasses.dataclass(frozen=True, slots=True)
class BrokenRows:
    """The rows of a domain that break a condition."""

    domain: Domain
    broken: Broken
    held: pl.Series | None
    """Of an eager frame: which rows those are."""
    count: int

    def take(self, columns: Sequence[str], limit: int | None, *, positions: bool = False) -> pl.DataFrame:
        """Some columns of the first of them, in order; `POSITION` among them on demand."""
        wanted = [by_name(name) for name in [*([POSITION] if positions else []), *dict.fromkeys(columns)]]
        frame = self.domain.rows(positions=positions)
        if self.count == 0:
            return self.domain.collect(frame.select(wanted).head(0))
        if self.held is not None:
            found = self.domain.collect(frame.select(wanted)).filter(self.held)
            return found if limit is None else found.head(limit)
        frame = frame.filter(self.broken.breaks).select(wanted)
        return self.domain.collect(frame if limit is None else frame.head(limit))

    @property
    def names(self) -> list[str]:
        """The columns that the condition is about."""
        return [column.name for column in self.broken.columns]


def broken(mask: Mask, columns: tuple[Column, ...], ignore_row_if: str | None, arguments: Mapping[str, Any]) -> Broken:
    """A condition for some columns.

    Raises what the condition raises for columns and arguments that it cannot be about.
    """
    if mask.shape == "column":
        met, looked_at = mask.condition(columns[0], **arguments), columns[0].expr.is_not_null()
        looked_at = looked_at if mask.skips_nulls else _any_row(columns[0])
    else:
        met = mask.condition(*columns, **arguments) if mask.shape == "pair" else mask.condition(columns, **arguments)
        looked_at = _looked_at(columns, ignore_row_if)
    return Broken(mask, columns, looked_at, looked_at & ~met.fill_null(value=False))


def _looked_at(columns: Sequence[Column], ignore_row_if: str | None) -> pl.Expr:
    missing = [column.expr.is_null() for column in columns]
    match ignore_row_if:
        case "both_values_are_missing" | "all_values_are_missing":
            return ~every(missing)
        case "either_value_is_missing" | "any_value_is_missing":
            return ~pl.any_horizontal(missing)
        case "neither" | "never" | None:
            return _any_row(columns[0])
    raise ValueError(f'Unrecognized value of ignore_row_if ("{ignore_row_if}").')


def _any_row(column: Column) -> pl.Expr:
    """True, once a row: a condition without any column would have one value only."""
    return column.expr.is_null() | pl.lit(value=True)


def values(rows: BrokenRows, result_format: ResultFormat) -> list[Any]:
    """Their values: of one column as they are, of a pair as tuples, of several by name."""
    found = rows.take(rows.names, _limit(result_format))
    match rows.broken.mask.shape:
        case "column":
            return found[rows.names[0]].to_list()
        case "pair":
            return list(zip(*(found[name] for name in rows.names), strict=True))
        case _:
            return found.to_dicts()


def value_counts(rows: BrokenRows, _: ResultFormat) -> list[tuple[Any, int]]:
    """How often each value breaks it, the most frequent first."""
    (name,) = rows.names
    counted = rows.take([name], None)[name].value_counts(sort=True, name="__count")
    return list(zip(counted[name].to_list(), counted["__count"].to_list(), strict=True))


def indices(rows: BrokenRows, result_format: ResultFormat) -> list[Any]:
    """Where they are: by the columns that the result format names, with their values; else by row number."""
    complete = result_format.get("result_format") == "COMPLETE"
    limit = None if complete else result_format["partial_unexpected_count"]
    keys = result_format.get("unexpected_index_column_names")
    if not keys:
        return rows.take([], limit, positions=True)[POSITION].to_list()
    keys = [rows.domain.column(key, called='unexpected_index_column "{}"').name for key in keys]
    if result_format.get("exclude_unexpected_values"):
        found = rows.take(keys, None)
        return [found.to_dict(as_series=False)] if found.height else []
    return rows.take([*rows.names, *keys], limit).to_dicts()


def query(rows: BrokenRows, result_format: ResultFormat) -> str | None:
    """How to get at them."""
    if result_format.get("return_unexpected_index_query") is False:
        return None
    positions = rows.take([], None, positions=True)[POSITION].to_list()
    return f"df.with_row_index().filter(pl.col('index').is_in({positions}))"


def whole_rows(rows: BrokenRows, result_format: ResultFormat) -> pd.DataFrame:
    """They themselves, as the pandas frame that Great Expectations asks for."""
    found = rows.take(list(rows.domain.batch.schema), _limit(result_format), positions=True)
    positions = found.drop_in_place(POSITION).to_list()
    return pd.DataFrame(found.to_dict(as_series=False), index=positions, columns=found.columns)


def condition(rows: BrokenRows, _: ResultFormat) -> tuple[pd.Series, dict[str, Any], dict[str, Any]]:
    """Which rows break it, as the pandas Series that Great Expectations' public metrics hold."""
    held = rows.held
    if held is None:
        held = rows.domain.collect(rows.domain.rows().select(rows.broken.breaks.alias("breaks")))["breaks"]
    return pd.Series(held.to_list(), dtype=bool), {}, {}


def _limit(result_format: ResultFormat) -> int:
    if result_format.get("result_format") == "COMPLETE":
        return MAX_ROWS
    return min(int(result_format["partial_unexpected_count"]), MAX_ROWS)


PARTS: Mapping[str, Callable[[BrokenRows, ResultFormat], Any]] = {
    VALUES: values,
    COUNTS: value_counts,
    INDEX: indices,
    QUERY: query,
    ROWS: whole_rows,
    CONDITION: condition,
}
"""What a family of metrics tells of rows, by the end of the metric's name."""
