"""The way through the gate: suites are loaded and tried, tables are checked against them, the verdict is written."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dq.atomic import write_text
from dq.errors import FaultError, SuiteError, TableError, told_together
from dq.figures import Figures
from dq.gate.junit import junit_xml
from dq.gate.outcomes import checks_frame, outcome, rejected_frame, with_hosts
from dq.gate.sarif import repository_root, sarif_json
from dq.gate.suites import JUDGED_TABLES, Mistake, Suite, read_suites
from dq.gate.summary import summary_md
from dq.gate.verdict import Verdict, judge, verdict_json
from dq.gate.what_if import what_if
from dq.options import ISO_639_1, GateOptions
from dq.tables import CHECKS, REJECTED, WHAT_IF, Table

if TYPE_CHECKING:
    from dq.gate.validation import Result

GRACE = timedelta(days=1)
"""By how much a date may lie after the run's start: pages tell local time, up to 14 hours ahead of UTC."""

SUMMARY_FILE, JUNIT_FILE, SARIF_FILE, VERDICT_FILE = "summary.md", "junit.xml", "findings.sarif", "verdict.json"


def load_suites(folder: Path, *, python_regex: bool = False) -> tuple[Suite, ...]:
    """Every suite of a folder, known to work on its table; imports Great Expectations.

    Each expectation is built and tried on one made-up row, so that what cannot work is told before there is data:
    unreadable JSON, no expectations, the format before 1.0, unknown tables, columns, types, arguments and severities,
    values out of range, regular expressions that do not compile, columns of the wrong kind. Regular expressions with
    look-around or back-references are mistakes too, unless `python_regex` lets Python run them.

    Raises SuiteError with all mistakes of all files, each with file and line.
    """
    return _tried(folder, _contents(folder), python_regex)


def _contents(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """The files of a folder of suites, as far as they can be read: those that cannot are told where they are parsed."""
    files: list[tuple[str, bytes]] = []
    for path in sorted(folder.glob("*.[jJ][sS][oO][nN]")):
        with suppress(OSError):
            files.append((path.name, path.read_bytes()))
    return tuple(files)


@lru_cache(maxsize=8)
def _tried(folder: Path, contents: tuple[tuple[str, bytes], ...], python_regex: bool) -> tuple[Suite, ...]:  # noqa: FBT001
    """The suites of a folder with these contents: a program that gates batch after batch tries them once."""
    del contents
    suites, mistakes = read_suites(folder)
    examples = suite_parameters(GateOptions(), started=datetime.now(UTC))
    told = [
        *mistakes,
        *(mistake for suite in suites for mistake in _unworkable(suite, mistakes, examples, python_regex)),
    ]
    if told:
        told.sort(key=lambda mistake: (mistake.path, mistake.line or 0))
        count = f"{len(told)} mistake{'s' if len(told) > 1 else ''}"
        raise SuiteError(
            told_together(f"The expectations cannot be used; {count} to put right:", [str(one) for one in told])
        )
    return suites


def check(  # noqa: PLR0913 - a batch, its expectations, and three facts of the run, each named at the call
    folder: Path, suites: Iterable[Suite], options: GateOptions, *, figures: Figures, run_id: str, started: datetime
) -> Verdict:
    """Check the tables in a run's folder, and write what was found beside them.

    Writes checks.parquet, rejected.parquet, what_if.parquet, summary.md, junit.xml, findings.sarif and verdict.json,
    each whole or not at all. `started` is when the run began, with its zone: dates are in the future if they lie after
    it.

    Raises SuiteError where there is nothing to check, TableError where a table that has a suite is missing or lacks a
    column, and FaultError where an expectation could not be answered: that is neither a pass nor bad data.
    """
    suites = tuple(suites)
    if not any(suite.checks for suite in suites):
        raise SuiteError("There is no expectation to check, and a gate that demands nothing must not pass.")
    _require_tables(folder, suites)
    parameters = suite_parameters(options, started=started)
    results = [result for suite in suites for result in _results(folder, suite, parameters, options)]
    outcomes = [outcome(result) for result in results]
    rejected = rejected_frame(outcomes, folder)
    verdict = judge(with_hosts(outcomes, rejected), strict=options.strict, figures=figures, run_id=run_id)
    _write_table(checks_frame(outcomes), CHECKS.file(folder))
    _write_table(rejected, REJECTED.file(folder))
    _write_table(what_if(folder, results), WHAT_IF.file(folder))
    write_text(folder / SUMMARY_FILE, summary_md(verdict))
    write_text(folder / JUNIT_FILE, junit_xml(verdict))
    write_text(folder / SARIF_FILE, sarif_json(verdict, root=repository_root(os.environ)))
    write_text(folder / VERDICT_FILE, verdict_json(verdict))
    return verdict


def suite_parameters(options: GateOptions, *, started: datetime) -> dict[str, Any]:
    """What a suite can name as {"$PARAMETER": ...}: languages, now and tomorrow, both in UTC without a zone.

    >>> suite_parameters(GateOptions(languages=("ar",)), started=datetime(2024, 4, 9, tzinfo=UTC))["languages"]
    ['ar']
    """
    now = started.astimezone(UTC).replace(tzinfo=None)
    return {"languages": list(options.languages or ISO_639_1), "now": now, "tomorrow": now + GRACE}


def _unworkable(
    suite: Suite,
    mistakes: Sequence[Mistake],
    parameters: Mapping[str, Any],
    python_regex: bool,  # noqa: FBT001
) -> list[Mistake]:
    """The checks that Great Expectations refuses, and those that it accepts and that then raise on every table."""
    from dq.gate.stock import objections  # noqa: PLC0415 - the same
    from dq.gate.validation import rehearse  # noqa: PLC0415 - imports Great Expectations, which takes seconds

    known = {**parameters, **suite.parameters}
    refused = [
        (one.line, objection) for one in suite.checks for objection in objections(one, known, python_regex=python_regex)
    ]
    unfit = {line for line, _ in refused} | {mistake.line for mistake in mistakes if mistake.path == suite.path}
    fit = dataclasses.replace(suite, checks=tuple(one for one in suite.checks if one.line not in unfit))
    raised = [(result.check.line, f"it cannot work on this table: {result.fault}") for result in rehearse(fit, known)]
    return [Mistake(path=suite.path, line=line, message=message) for line, message in [*refused, *raised]]


def _require_tables(folder: Path, suites: Sequence[Suite]) -> None:
    problems = [problem for suite in suites for problem in _table_problems(JUDGED_TABLES[suite.table], folder)]
    if problems:
        raise TableError(told_together("The run cannot be checked; run the pipeline again:", problems))


def _table_problems(table: Table, folder: Path) -> list[str]:
    path = table.file(folder)
    if not path.is_file():
        return [f"there is no {path.as_posix()}"]
    try:
        there = table.scan(folder).collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        return [f"{path.as_posix()} cannot be read: {error}"]
    lacking = [name for name in table.columns if name not in there]
    return [f"{path.as_posix()} lacks {', '.join(lacking)}"] if lacking else []


def _results(folder: Path, suite: Suite, parameters: Mapping[str, Any], options: GateOptions) -> tuple[Result, ...]:
    from dq.gate.validation import run_suite  # noqa: PLC0415 - imports Great Expectations

    rows = JUDGED_TABLES[suite.table].scan(folder)
    results = run_suite(suite, rows, parameters, max_examples=options.max_examples)
    faults = [
        f"{suite.path.as_posix()}:{result.check.line}: {result.check.type}: {result.fault}"
        for result in results
        if result.fault
    ]
    if faults:
        heading = "Expectations could not be answered, so there is no verdict; put them right and check again:"
        raise FaultError(told_together(heading, faults))
    return results


def _write_table(frame: pl.DataFrame, path: Path) -> None:
    part = path.with_name(f"{path.name}.part")
    frame.write_parquet(part)
    part.replace(path)
