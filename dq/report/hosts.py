"""The scorecard: one row a host, those in trouble first, each figure beside the host's own earlier runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.charts import sparkline
from dq.report.failing import SEVERITIES, UNJUDGED, Failing
from dq.report.language import marked, numeral, tr
from dq.report.run_folder import Run
from dq.report.wording import figure
from dq.tables import DRIFTING, PAST, SOURCES, make_id

Unit = Literal["number", "loss", "rate"]
"""A loss is a share that should be small, a rate one that should be large."""

FIGURES: tuple[tuple[str, str, Unit], ...] = (
    ("pages", marked("Pages"), "number"),
    ("rejected_share", marked("Rejected"), "loss"),
    ("empty_share", marked("Empty"), "loss"),
    ("articles", marked("Articles"), "number"),
    ("duplicate_share", marked("Duplicates"), "loss"),
    ("boilerplate_share", marked("Boilerplate"), "loss"),
    ("median_words", marked("Words"), "number"),
    ("title_share", marked("Title"), "rate"),
    ("date_share", marked("Date"), "rate"),
    ("language_share", marked("Language"), "rate"),
)
"""Columns of the table sources as the scorecard shows them: name, heading, unit."""
HISTORIES = {
    "first": marked("not seen before"),
    "returned": marked("back after a gap"),
    "vanished": marked("gave no page"),
}
"""What is told of a host by its place in the history; of known ones nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One figure of a host; `flag` is the severity of the expectation that it broke.

    `trend` is the path of its sparkline, this run last, empty where earlier runs do not tell; `usual` is what these
    had.
    """

    text: str
    value: float | None
    unit: Unit
    flag: str | None
    trend: str
    usual: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A figure that left what is usual for its host, and the day of the run in which it did."""

    figure: str
    heading: str
    value: str
    usual: str
    day: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A host's row; `severity` is the gravest of its failing rows', in any table."""

    name: str
    anchor: str
    severity: str | None
    rank: int
    cells: tuple[Cell, ...]
    runs_before: int
    history: str
    changes: tuple[Change, ...]


def host_anchor(host: str) -> str:
    """Where a host's row stands in the page."""
    return f"host-{make_id(host)}"


def read_hosts(run: Run, failing: Failing, options: ReportOptions) -> Capped[Host]:
    """The hosts with the gravest failing rows first, then by number of pages."""
    frame = run.scan(SOURCES).collect()
    ranks = pl.Series([failing.host_ranks.get(host, UNJUDGED) for host in frame["host"]], dtype=pl.Int64)
    shown = (
        frame.with_columns(rank=ranks)
        .sort("rank", "pages", "host", descending=[False, True, False])
        .head(options.max_hosts)
    )
    past = _past(run, shown["host"])
    days = _days(run)
    return Capped(
        what=marked("hosts"),
        rows=tuple(
            _host(row, failing.host_flags, past.get(row["host"], {}), days) for row in shown.iter_rows(named=True)
        ),
        total=frame.height,
        option="max_hosts",
    )


def _past(run: Run, hosts: pl.Series) -> dict[str, dict[str, list[float | None]]]:
    """The figures of each host in earlier runs, the oldest first."""
    rows = run.scan(PAST).filter(pl.col("host").is_in(hosts.implode())).sort(PAST.key)
    columns = rows.group_by("host", maintain_order=True).agg("articles", *DRIFTING).collect()
    return {row.pop("host"): row for row in columns.iter_rows(named=True)}


def _days(run: Run) -> dict[str, str]:
    """The day on which each run began, by its id."""
    runs = run.scan(PAST).group_by("run_id").agg(pl.col("started_at").min()).collect()
    days = {run_id: numeral(f"{started:%Y-%m-%d}") for run_id, started in runs.iter_rows()}
    return days | {run.verdict.run_id: numeral(run.record.started_at[:10])}


def _host(
    row: Mapping[str, Any],
    flags: Mapping[tuple[str, str], str],
    past: Mapping[str, Sequence[float | None]],
    days: Mapping[str, str],
) -> Host:
    host, rank = row["host"], row["rank"]
    return Host(
        name=host,
        anchor=host_anchor(host),
        severity=SEVERITIES[rank] if rank < UNJUDGED else None,
        rank=rank,
        cells=tuple(_cell(row, name, unit, flags.get((host, name)), past.get(name, ())) for name, _, unit in FIGURES),
        runs_before=row["runs_before"],
        history=tr(HISTORIES.get(row["host_history"], "")) if len(days) > 1 else "",
        changes=tuple(_changes(row, days)),
    )


def _cell(row: Mapping[str, Any], name: str, unit: Unit, flag: str | None, past: Sequence[float | None]) -> Cell:
    value = row[name]
    return Cell(
        text=figure(value, unit),
        value=value,
        unit=unit,
        flag=flag,
        trend=sparkline([*past, value], most=1.0 if unit != "number" else None),
        usual=figure(row[f"{name}_usual"], unit) if name in DRIFTING and past else "",
    )


def _changes(row: Mapping[str, Any], days: Mapping[str, str]) -> list[Change]:
    """The figures that drifted, those that changed for longest first."""
    changes = [
        Change(
            figure=name,
            heading=tr(heading),
            value=figure(row[name], unit),
            usual=figure(row[f"{name}_usual"], unit),
            day=days.get(row[f"{name}_since"], row[f"{name}_since"]),
        )
        for name, heading, unit in FIGURES
        if name in DRIFTING and row[f"{name}_since"] is not None
    ]
    return sorted(changes, key=lambda change: change.day)
