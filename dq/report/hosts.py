"""The scorecard: one row a host, those in trouble first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.failing import SEVERITIES, UNJUDGED, Failing
from dq.report.run_folder import Run
from dq.report.wording import number, share
from dq.tables import SOURCES, make_id

Unit = Literal["number", "loss", "rate"]
"""A loss is a share that should be small, a rate one that should be large."""

FIGURES: tuple[tuple[str, str, Unit], ...] = (
    ("pages", "Pages", "number"),
    ("rejected_share", "Rejected", "loss"),
    ("empty_share", "Empty", "loss"),
    ("articles", "Articles", "number"),
    ("duplicate_share", "Duplicates", "loss"),
    ("boilerplate_share", "Boilerplate", "loss"),
    ("median_words", "Words", "number"),
    ("title_share", "Title", "rate"),
    ("date_share", "Date", "rate"),
    ("language_share", "Language", "rate"),
)
"""Columns of the table sources as the scorecard shows them: name, heading, unit."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One figure of a host; `flag` is the severity of the expectation that it broke."""

    text: str
    value: float | None
    unit: Unit
    flag: str | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A host's row; `severity` is the gravest of its failing rows', in any table."""

    name: str
    anchor: str
    severity: str | None
    rank: int
    cells: tuple[Cell, ...]


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
    return Capped(
        what="hosts",
        rows=tuple(_host(row, failing.host_flags) for row in shown.iter_rows(named=True)),
        total=frame.height,
        option="max_hosts",
    )


def _host(row: Mapping[str, Any], flags: Mapping[tuple[str, str], str]) -> Host:
    host, rank = row["host"], row["rank"]
    return Host(
        name=host,
        anchor=host_anchor(host),
        severity=SEVERITIES[rank] if rank < UNJUDGED else None,
        rank=rank,
        cells=tuple(_cell(row[name], unit, flags.get((host, name))) for name, _, unit in FIGURES),
    )


def _cell(value: float | None, unit: Unit, flag: str | None) -> Cell:
    written = "–" if value is None else number(value) if unit == "number" else share(value)
    return Cell(text=written, value=value, unit=unit, flag=flag)
