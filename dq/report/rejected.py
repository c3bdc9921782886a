"""Pages with a problem, and rows that failed expectations."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.failing import SEVERITIES, UNJUDGED, Rule, parse_reason
from dq.report.flow import UNSTATED
from dq.report.language import marked, tr
from dq.report.problems import problem_told
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import PAGES, REJECTED

_STATUS_ORDER = {"rejected": 0, "empty": 1, "ok": 2}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PageProblem:
    """A page that was rejected, came out empty, or has something to know about it."""

    host: str | None
    url: str | None
    place: str
    status: str
    problem: str
    encoding: str
    n_bytes: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FailingRow:
    """A row that failed, with every rule that it broke."""

    table: str
    row_id: str
    host: str | None
    severity: str
    rules: tuple[Rule, ...]


def read_page_problems(run: Run, options: ReportOptions) -> Capped[PageProblem]:
    """Rejected pages, then empty ones, then those with a remark."""
    pages = run.scan(PAGES).filter((pl.col("status") != "ok") | pl.col("problem").is_not_null())
    order = pl.col("status").replace_strict(_STATUS_ORDER, default=len(_STATUS_ORDER), return_dtype=pl.Int8)
    shown = pages.sort(order, "problem", "host", "path", "row", "page_id").head(options.max_rejected).collect()
    return Capped(
        what=marked("pages with a problem"),
        rows=tuple(_page_problem(row, options) for row in shown.iter_rows(named=True)),
        total=pages.select(pl.len()).collect().item(),
        option="max_rejected",
    )


def read_failing_rows(run: Run, options: ReportOptions) -> Capped[FailingRow]:
    """The rows of the table rejected, the gravest first."""
    rejected = run.scan(REJECTED)
    rank = pl.col("severity").replace_strict(list(SEVERITIES), range(UNJUDGED), default=UNJUDGED, return_dtype=pl.Int8)
    shown = rejected.sort(rank, "table", "host", "row_id").head(options.max_rejected).collect()
    return Capped(
        what=marked("failing rows"),
        rows=tuple(_failing_row(row, options) for row in shown.iter_rows(named=True)),
        total=rejected.select(pl.len()).collect().item(),
        option="max_rejected",
    )


def _page_problem(row: Mapping[str, Any], options: ReportOptions) -> PageProblem:
    record = "" if row["row"] is None else tr(", record %(place)s", place=f"{row['row'] + 1:,}")
    return PageProblem(
        host=row["host"],
        url=row["url"],
        place=clip(row["path"] + record, options.max_text),
        status=row["status"],
        problem=clip(problem_told(row["problem"] or UNSTATED), options.max_text),
        encoding=row["encoding"] or "–",
        n_bytes=row["n_bytes"],
    )


def _failing_row(row: Mapping[str, Any], options: ReportOptions) -> FailingRow:
    return FailingRow(
        table=row["table"],
        row_id=clip(row["row_id"] or "", options.max_text),
        host=row["host"],
        severity=row["severity"],
        rules=tuple(parse_reason(row["table"], reason) for reason in row["reasons"] or ()),
    )
