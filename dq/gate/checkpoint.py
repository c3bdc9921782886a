"""Tables meet suites: each suite is run by Great Expectations as a Checkpoint on its table.

The one file in which data is handed to Great Expectations, for now as a pandas view of the columns that a suite looks
at. What comes out is free of Great Expectations' types.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import polars as pl

from dq.gate.expectations import PLACE, configuration
from dq.gate.quiet import quiet
from dq.gate.suites import JUDGED_TABLES, Check, Suite

with quiet():
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

_SAMPLE: Mapping[type[pl.DataType], Any] = {
    pl.String: "text",
    pl.Boolean: True,
    pl.List: ["text"],
    pl.Datetime: datetime(2001, 1, 1, tzinfo=UTC),
}
_SAMPLE_NUMBER = 1


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


def row_id(values: Iterable[Any]) -> str:
    """A row's key as one text.

    >>> row_id(["0f", 3]), row_id(["0f", 3.0]), row_id([None]), row_id([float('nan')])
    ('0f:3', '0f:3', '', '')
    """
    return ":".join(_key_text(value) for value in values)


def run_suite(
    suite: Suite, table: pl.DataFrame, parameters: Mapping[str, Any], *, max_examples: int
) -> tuple[Result, ...]:
    """The results of all checks of a suite, in its order; `table` has at least the columns that `columns_of` names.

    An expectation that raises has a fault and no other; where Great Expectations gives up on the whole suite, each
    check is run by itself, so that the others are answered.
    """
    if not suite.checks:
        return ()
    try:
        with quiet(), pd.option_context("mode.string_storage", "python"):  # so that regular expressions are Python's
            return _run(suite, _view(table), {**parameters, **suite.parameters}, max_examples)
    except Exception as error:  # noqa: BLE001 - whatever Great Expectations stumbles over is told, with its place
        if len(suite.checks) == 1:
            fault = f"{type(error).__name__}: {error}"
            return (Result(check=suite.checks[0], success=False, kwargs=suite.checks[0].kwargs, fault=fault),)
    alone = [dataclasses.replace(suite, checks=(check,)) for check in suite.checks]
    return tuple(result for one in alone for result in run_suite(one, table, parameters, max_examples=max_examples))


def columns_of(suite: Suite) -> list[str]:
    """The columns that a suite's checks look at, and the table's key by which rows are named."""
    table = JUDGED_TABLES[suite.table]
    needs = [check.needs for check in suite.checks]
    if None in needs:
        return list(table.columns)
    wanted = frozenset(table.key).union(*(need for need in needs if need is not None))
    return [column for column in table.columns if column in wanted]


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
        for result in run_suite(tried, sample.select(columns_of(tried)), parameters, max_examples=0):
            if result.fault is not None:
                faults.setdefault(result.check.place, result)
    return tuple(faults.values())


def _without_condition(check: Check) -> Check:
    kept = {name: value for name, value in check.kwargs.items() if name not in {"row_condition", "condition_parser"}}
    return dataclasses.replace(check, kwargs=kept)


def _view(table: pl.DataFrame) -> pd.DataFrame:
    """`table` for pandas: instants as UTC without a zone, so that bounds need none either; lists as tuples."""
    zoned = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.Datetime) and dtype.time_zone]
    view: pd.DataFrame = table.with_columns(pl.col(zoned).dt.replace_time_zone(None)).to_pandas()
    for name in [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]:
        view[name] = pd.Series([None if items is None else tuple(items) for items in table[name]], dtype=object)
    return view


def _run(suite: Suite, view: pd.DataFrame, parameters: Mapping[str, Any], max_examples: int) -> tuple[Result, ...]:
    key = list(JUDGED_TABLES[suite.table].key)
    checkpoint = _checkpoint(
        suite,
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": key,
            "return_unexpected_index_query": False,
            "partial_unexpected_count": 0,  # the lists in full are there anyway
        },
    )
    outcome = checkpoint.run(batch_parameters={"dataframe": view}, expectation_parameters=dict(parameters))
    (validation,) = outcome.run_results.values()
    found = {_place(result): result for result in validation.results}
    return tuple(_result(check, found[check.place], key, max_examples) for check in suite.checks)


def _checkpoint(suite: Suite, *, result_format: dict[str, Any]) -> gx.Checkpoint:
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    batch = (
        context.data_sources.add_pandas("dq")
        .add_dataframe_asset(suite.table)
        .add_batch_definition_whole_dataframe("run")
    )
    expectations = [configuration(check) for check in suite.checks]
    stock = context.suites.add(gx.ExpectationSuite(name=suite.table, expectations=expectations))
    validation = gx.ValidationDefinition(name=suite.table, data=batch, suite=stock)
    context.validation_definitions.add(validation)
    checkpoint = gx.Checkpoint(name=suite.table, validation_definitions=[validation], result_format=result_format)
    return context.checkpoints.add(checkpoint)


def _result(check: Check, validation: Any, key: Sequence[str], max_examples: int) -> Result:
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
    rows = result.get("unexpected_index_list") or []
    return Result(
        check=check,
        success=bool(validation.success),
        kwargs=kwargs,
        judged=result["element_count"] - (result.get("missing_count") or 0),
        failing=tuple(row_id(row[column] for column in key) for row in rows),
        examples=tuple(
            (row_id(row[column] for column in key), {column: row[column] for column in check.columns})
            for row in rows[:max_examples]
        ),
    )


def _place(validation: Any) -> int:
    return int(validation.expectation_config.meta[PLACE])


def _fault(info: Mapping[str, Any]) -> str | None:
    """What an expectation raised, if it did: Great Expectations tells it as one record, or as one for each metric."""
    records = [info] if "raised_exception" in info else list(info.values())
    raised = [str(record["exception_message"]) for record in records if record["raised_exception"]]
    return "; ".join(dict.fromkeys(raised)) if raised else None


def _key_text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN, in which pandas keeps what is missing
        return ""
    if isinstance(value, float) and value.is_integer():  # a whole number beside a missing one
        return str(int(value))
    return str(value)
