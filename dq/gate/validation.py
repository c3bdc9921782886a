"""Tables meet suites: each suite is run by Great Expectations on its table, on the engine for Polars.

What comes out is free of Great Expectations' types.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from dq.gate.quiet import quiet
from dq.gate.stock import PLACE, configuration
from dq.gate.suites import JUDGED_TABLES, Check, Suite
from dq.tables import Table

with quiet():
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    import dq.gate.polars_engine  # noqa: F401 - gives contexts the data source for Polars

_SAMPLE: Mapping[type[pl.DataType], Any] = {
    pl.String: "text",
    pl.Boolean: True,
    pl.List: ["text"],
    pl.Datetime: datetime(2001, 1, 1, tzinfo=UTC),
}
_SAMPLE_NUMBER = 1
_ROW = "__row"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What Great Expectations found out about one check."""

    check: Check
    success: bool
    kwargs: Mapping[str, Any]
    """The check's arguments, suite parameters filled in."""
    observed: Any = None
    """The value that was computed, where the check judges no rows."""
    judged: int | None = None
    """Rows that were judged: those of the row condition without those that lack a value; None as above."""
    failing: tuple[str, ...] = ()
    """Ids of the rows that broke it."""
    examples: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """The first of these, with the values in the check's columns."""
    fault: str | None = None
    """Why it could not be answered; it then says nothing about the data."""


def run_suite(
    suite: Suite, table: pl.DataFrame | pl.LazyFrame, parameters: Mapping[str, Any], *, max_examples: int
) -> tuple[Result, ...]:
    """The results of all checks of a suite, in its order, on a table of `JUDGED_TABLES`; a lazy one is streamed.

    An expectation that raises has a fault and no other; where Great Expectations gives up on the whole suite, each
    check is run by itself, so that the others are answered.
    """
    if not suite.checks:
        return ()
    try:
        with quiet():
            return _run(suite, table, {**parameters, **suite.parameters}, max_examples)
    except Exception as error:  # noqa: BLE001 - whatever Great Expectations stumbles over is told, with its place
        if len(suite.checks) == 1:
            fault = f"{type(error).__name__}: {error}"
            return (Result(check=suite.checks[0], success=False, kwargs=suite.checks[0].kwargs, fault=fault),)
    alone = [dataclasses.replace(suite, checks=(check,)) for check in suite.checks]
    return tuple(result for one in alone for result in run_suite(one, table, parameters, max_examples=max_examples))


def rehearse(suite: Suite, parameters: Mapping[str, Any]) -> tuple[Result, ...]:
    """The checks that cannot work on their table, whatever it holds: found on one made-up row, each with its fault.

    A check with a row condition is tried without it as well, as the made-up row may not meet it.
    """
    schema = JUDGED_TABLES[suite.table].schema
    row = {name: [_SAMPLE.get(dtype.base_type(), _SAMPLE_NUMBER)] for name, dtype in schema.items()}
    sample = pl.DataFrame({name: pl.Series(values).cast(schema[name]) for name, values in row.items()})
    free = [_without_condition(check) for check in suite.checks if "row_condition" in check.kwargs]
    faults: dict[int, Result] = {}
    for tried in (suite, dataclasses.replace(suite, checks=tuple(free))):
        for result in run_suite(tried, sample, parameters, max_examples=0):
            if result.fault is not None:
                faults.setdefault(result.check.place, result)
    return tuple(faults.values())


def _without_condition(check: Check) -> Check:
    kept = {name: value for name, value in check.kwargs.items() if name not in {"row_condition", "condition_parser"}}
    return dataclasses.replace(check, kwargs=kept)


def _run(
    suite: Suite, rows: pl.DataFrame | pl.LazyFrame, parameters: Mapping[str, Any], max_examples: int
) -> tuple[Result, ...]:
    table = JUDGED_TABLES[suite.table]
    expectations = gx.ExpectationSuite(name=suite.table, expectations=[configuration(one) for one in suite.checks])
    validation = (
        _batches(suite.table)
        .get_batch({"dataframe": rows})
        .validate(
            expectations,
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": list(table.key),
                "exclude_unexpected_values": True,  # a body for each failing row fills memory: examples are looked up
                "return_unexpected_index_query": False,
                "partial_unexpected_count": 0,  # the lists in full are there anyway
            },
            expectation_parameters=dict(parameters),
        )
    )
    found = {_place(result): result for result in validation.results}
    results = [_result(check, found[check.place], table) for check in suite.checks]
    return _with_examples(results, rows.lazy(), table, max_examples)


def _batches(table: str) -> Any:
    """What makes a batch of a frame, in a context of its own.

    A batch is validated by itself, and not through a Checkpoint: that writes the results, copied several times over,
    into a store which nobody reads.
    """
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    return context.data_sources.add_polars("dq").add_dataframe_asset(table).add_batch_definition_whole_dataframe("run")


def _result(check: Check, validation: Any, table: Table) -> Result:
    kwargs, result = validation.expectation_config.kwargs, validation.result
    fault = _fault(validation.exception_info)
    if fault is not None or "element_count" not in result:
        return Result(
            check=check,
            success=bool(validation.success),
            kwargs=kwargs,
            observed=result.get("observed_value"),
            fault=fault,
        )
    return Result(
        check=check,
        success=bool(validation.success),
        kwargs=kwargs,
        judged=result["element_count"] - (result.get("missing_count") or 0),
        failing=tuple(_row_ids(result.get("unexpected_index_list") or [], table)),
    )


def _row_ids(index: Sequence[Mapping[str, Sequence[Any]]], table: Table) -> Iterable[str]:
    """Ids of rows whose keys are given column by column."""
    keys = {name: [value for part in index for value in part[name]] for name in table.key}
    frame = pl.DataFrame({name: pl.Series(values, dtype=table.schema[name]) for name, values in keys.items()})
    return frame.select(table.row_id).to_series().to_list()


def _with_examples(
    results: Sequence[Result], rows: pl.LazyFrame, table: Table, max_examples: int
) -> tuple[Result, ...]:
    """The results, each with the values of its first failing rows in the check's columns: one look at the table."""
    wanted = {row for result in results for row in result.failing[:max_examples]}
    if not wanted:
        return tuple(results)
    columns = dict.fromkeys(name for result in results for name in _shown(result.check, table))
    named = rows.filter(table.row_id.is_in(pl.Series(sorted(wanted)).implode())).select(
        table.row_id.alias(_ROW), *(pl.col(name) for name in columns)
    )
    values = {row.pop(_ROW): row for row in named.collect(engine="streaming").to_dicts()}
    return tuple(
        dataclasses.replace(
            result,
            examples=tuple(
                (row, {name: values[row][name] for name in _shown(result.check, table)})
                for row in result.failing[:max_examples]
            ),
        )
        for result in results
    )


def _shown(check: Check, table: Table) -> list[str]:
    """The columns whose values an example tells: those judged; beside a change what it is from, and since when."""
    figures = [name.removesuffix("_change") for name in check.columns if name.endswith("_change")]
    beside = [f"{figure}{part}" for figure in figures for part in ("", "_usual", "_since")]
    return [*check.columns, *(name for name in beside if name in table.columns)]


def _place(validation: Any) -> int:
    return int(validation.expectation_config.meta[PLACE])


def _fault(info: Mapping[str, Any]) -> str | None:
    """What an expectation raised, if it did: Great Expectations tells it as one record, or as one for each metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    raised = [str(record["exception_message"]) for record in records if record["raised_exception"]]
    return "; ".join(dict.fromkeys(raised)) if raised else None
