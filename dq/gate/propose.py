"""A first suite for each table, from what finished runs hold: a draft for a team to edit, not a verdict.

Each bound holds in every run it was drawn from. Numbers and lengths lie between the quantiles `TAIL` and 1 - `TAIL` of
the runs, widened on each side by `MARGIN` times the distance of the two; which quantiles those were stands in the note.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dq.errors import MissingInputError, TableError, UsageError, listed
from dq.gate.suites import JUDGED_TABLES, Severity
from dq.tables import OF_RUN, SOURCES, Table

TAIL = 0.005
"""Share of rows beyond each bound; an expectation tolerates both tails (`mostly`)."""
MOSTLY = 0.99
MARGIN = 0.5
MAX_SET = 30
"""Distinct texts up to which a column is proposed as a set ..."""
LEAST_ROWS = 20
"""... and rows from which on quantiles and sets say anything."""

Expectation = dict[str, Any]
Stats = Mapping[str, Any]


def propose(runs: Sequence[Path], out: Path) -> list[Path]:
    """Writes a suite for every table that the runs hold rows of; returns the files.

    Raises MissingInputError for a folder that is no run, TableError for a table that cannot be read, and UsageError,
    before anything is written, where one of the files is there already.
    """
    tables = [table for table in JUDGED_TABLES.values() if all(table.file(run).is_file() for run in runs)]
    found = [(table, [_stats(table, run) for run in runs]) for table in tables]
    suites = [(table, _suite(table, runs, stats)) for table, stats in found if any(one["rows"] for one in stats)]
    if not suites:
        raise MissingInputError(f"there are no tables with rows in {listed([run.as_posix() for run in runs])}")
    files = [out / f"{table.name}.json" for table, _ in suites]
    if there := [path.as_posix() for path in files if path.exists()]:
        raise UsageError(f"{listed(there)} would be written over: move what is there, or name another --out")
    out.mkdir(parents=True, exist_ok=True)
    for path, (_, suite) in zip(files, suites, strict=True):
        path.write_text(json.dumps(suite, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    return files


def _suite(table: Table, runs: Sequence[Path], stats: Sequence[Stats]) -> dict[str, Any]:
    told = f"{len(runs)} run{'s' if len(runs) > 1 else ''}: {', '.join(run.resolve().name for run in runs)}"
    return {
        "name": table.name,
        "notes": f"Proposed from {told}. Edit it: bounds follow what was there, not what should be.",
        "expectations": list(_expectations(table, stats)),
    }


def _judged(table: Table) -> list[str]:
    """Columns for which something is proposed: not the key, not ids, not what follows from earlier runs."""
    names = OF_RUN if table is SOURCES else table.columns
    return [name for name in names if name not in table.key and not name.endswith("_id")]


def _stats(table: Table, run: Path) -> Stats:
    """One run's figures of a table: rows, and of each column what `_of_column` needs."""
    asked = [pl.len().alias("rows"), pl.struct(table.key).n_unique().alias("keys")]
    asked += [pl.col(name).null_count().alias(f"{name}:nulls") for name in table.columns]
    for name in _judged(table):
        dtype, values = table.schema[name], pl.col(name)
        if dtype.is_numeric():
            asked += _quantiles(name, values.fill_nan(None) if dtype.is_float() else values)
        elif dtype == pl.String:
            asked += _quantiles(name, values.str.len_chars())
            asked.append(values.drop_nulls().unique().sort().head(MAX_SET + 1).implode().alias(f"{name}:set"))
    try:
        return table.scan(run).select(asked).collect(engine="streaming").to_dicts()[0]
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableError(f"{table.file(run).as_posix()} cannot be read: {error}; run the pipeline again") from error


def _quantiles(name: str, values: pl.Expr) -> list[pl.Expr]:
    return [
        values.quantile(TAIL, "lower").alias(f"{name}:low"),
        values.quantile(1 - TAIL, "higher").alias(f"{name}:high"),
    ]


def _expectations(table: Table, runs: Sequence[Stats]) -> Iterator[Expectation]:
    rows = [run["rows"] for run in runs]
    yield _stated(
        "expect_table_row_count_to_be_between",
        {"min_value": math.floor(min(rows) * MARGIN), "max_value": math.ceil(max(rows) * (1 + MARGIN))},
        "warning",
        f"The runs had {min(rows):,} to {max(rows):,} rows; half as many, or half as many again, are something new.",
    )
    if all(run["keys"] == run["rows"] for run in runs):
        yield _key(table)
    for name in _judged(table):
        yield from _of_column(name, table, [run for run in runs if run["rows"]])


def _key(table: Table) -> Expectation:
    note = "Rows are found by their key: two under one would be taken for each other."
    if len(table.key) == 1:
        return _stated("expect_column_values_to_be_unique", {"column": table.key[0]}, "critical", note)
    return _stated("expect_compound_columns_to_be_unique", {"column_list": list(table.key)}, "critical", note)


def _of_column(name: str, table: Table, runs: Sequence[Stats]) -> Iterator[Expectation]:
    there = min((1 - run[f"{name}:nulls"] / run["rows"] for run in runs), default=0.0)
    if there > 1 - MARGIN:
        mostly = 1.0 if there == 1 else math.floor(there * 95) / 100
        note = f"In every run {'every row' if there == 1 else f'{there:.1%} of rows or more'} had a value here."
        yield _stated("expect_column_values_to_not_be_null", {"column": name, "mostly": mostly}, "warning", note)
    if sum(run["rows"] - run[f"{name}:nulls"] for run in runs) < LEAST_ROWS or f"{name}:low" not in runs[0]:
        return
    if table.schema[name].is_numeric():
        yield _between("expect_column_values_to_be_between", name, runs, "value", share=name.endswith("_share"))
        return
    values = sorted({value for run in runs for value in run[f"{name}:set"]})
    if len(values) <= MAX_SET and all(len(run[f"{name}:set"]) <= MAX_SET for run in runs) and name != "host":
        note = "The runs had these values and no other."
        kwargs = {"column": name, "value_set": values, "mostly": MOSTLY}
        yield _stated("expect_column_values_to_be_in_set", kwargs, "warning", note)
    else:
        yield _between("expect_column_value_lengths_to_be_between", name, runs, "length", share=False)


def _between(kind: str, name: str, runs: Sequence[Stats], what: str, *, share: bool) -> Expectation:
    low = min(run[f"{name}:low"] for run in runs if run[f"{name}:low"] is not None)
    high = max(run[f"{name}:high"] for run in runs if run[f"{name}:high"] is not None)
    margin = (high - low) * MARGIN
    least, most = low - margin, high + margin
    if low >= 0:
        least = max(least, 0)
    if share:
        most = min(most, 1)
    whole = float(low).is_integer() and float(high).is_integer() and not share
    bounds = (math.floor(least), math.ceil(most)) if whole else (_down(least), -_down(-most))
    note = (
        f"{TAIL:.1%} of rows had a {what} below {low:,.6g}, and {TAIL:.1%} one above {high:,.6g}, in the run where "
        f"that was farthest out; widened on both sides by {MARGIN:g} of their distance."
    )
    kwargs = {"column": name, "min_value": bounds[0], "max_value": bounds[1], "mostly": MOSTLY}
    return _stated(kind, kwargs, "warning", note)


def _down(value: float) -> float:
    """Rounded down to three decimals: a bound that a person reads."""
    return math.floor(value * 1000) / 1000


def _stated(kind: str, kwargs: dict[str, Any], severity: Severity, note: str) -> Expectation:
    return {"type": kind, "kwargs": kwargs, "severity": severity, "notes": note, "meta": {}}
