"""The data of a batch, and the rows of it that a metric is about."""

from __future__ import annotations

import dataclasses
from typing import Any

import polars as pl

from dq.gate.polars_engine import gx
from dq.gate.polars_engine.columns import Column

POSITION = "__position"
"""Row number in the batch, before any row condition: what Great Expectations calls an index."""

MAX_ROWS = 200
"""Rows that a result of Great Expectations holds at most, indices aside."""


class PolarsBatchData(gx.BatchData):  # type: ignore[misc] # Great Expectations has no types here
    """A batch: a frame, with NaN told as null, and what went wrong with it so far."""

    def __init__(self, execution_engine: Any, frame: pl.DataFrame | pl.LazyFrame) -> None:
        super().__init__(execution_engine=execution_engine)
        self.schema = frame.collect_schema()
        self.eager = isinstance(frame, pl.DataFrame)
        self.frame = _without_nan(frame, self.schema).lazy()
        self.failures: dict[Any, str] = {}
        """Messages of metrics that failed, by id: Great Expectations asks for each three times."""

    @property
    def dataframe(self) -> pl.LazyFrame:
        """The frame, as Great Expectations names it."""
        return self.frame


def _without_nan(frame: pl.DataFrame | pl.LazyFrame, schema: pl.Schema) -> pl.DataFrame | pl.LazyFrame:
    floats = [name for name, dtype in schema.items() if dtype.is_float()]
    if isinstance(frame, pl.DataFrame):
        floats = [name for name in floats if frame[name].is_nan().any()]
    return frame.with_columns(Column(name, schema[name]).expr.fill_nan(None) for name in floats) if floats else frame


@dataclasses.dataclass(frozen=True, slots=True)
class Domain:
    """The rows that some metrics are about."""

    batch: PolarsBatchData
    condition: pl.Expr | None

    def rows(self, *, positions: bool = False) -> pl.LazyFrame:
        """These rows, with their row numbers in the batch on demand."""
        frame = self.batch.frame.with_row_index(POSITION) if positions else self.batch.frame
        return frame if self.condition is None else frame.filter(self.condition)

    def collect(self, query: pl.LazyFrame) -> pl.DataFrame:
        """The result of a query: in parts where the batch may be larger than memory."""
        return query.collect() if self.batch.eager else query.collect(engine="streaming")

    def column(self, name: str, *, called: str = 'column "{}" in BatchData') -> Column:
        """A column; by its name in another case, or in quotes, where there is none of just that name.

        Raises Great Expectations' own error where there is none at all.
        """
        schema = self.batch.schema
        bare = name.casefold()
        for spelt in (bare, bare.strip('"'), bare.strip("[]"), bare.strip("`")):
            found = name if name in schema else next((one for one in schema if one.casefold() == spelt), None)
            if found is not None:
                return Column(found, schema[found])
        raise gx.InvalidMetricAccessorDomainKwargsKeyError(message=f"Error: The {called.format(name)} does not exist.")
