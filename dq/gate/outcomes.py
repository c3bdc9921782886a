"""Results of checks as rows: the tables checks and rejected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dq.gate.suites import JUDGED_TABLES, SEVERITIES, Check
from dq.gate.words import demanded, excerpt, observed_rows, of_hosts, of_rows, of_table, told
from dq.tables import ARTICLES, CHECKS, PAGES, REJECTED, Table

if TYPE_CHECKING:
    from dq.gate.validation import Result

# A row without a host of its own has that of the page or article it belongs to.
_HOST_BY = {"article_id": ARTICLES, "page_id": PAGES}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One expectation's outcome: a row of the table checks, and the rows that broke it."""

    check: Check
    success: bool
    observed: str
    threshold: str
    unexpected_count: int | None
    unexpected_share: float | None
    examples: tuple[str, ...]
    failing: tuple[str, ...]
    hosts: tuple[tuple[str, int], ...] = ()
    """The hosts of these rows with how many each has, those with most first, where it did not hold (`with_hosts`)."""

    @property
    def column(self) -> str | None:
        """The columns that it judges, as one text."""
        return ", ".join(self.check.columns) or None

    @property
    def reason(self) -> str:
        """How the table rejected names it."""
        return f"{self.check.severity}: {self.column or ''}: {self.check.type}"


def outcome(result: Result) -> Outcome:
    """A result in words."""
    kwargs = result.kwargs
    demand = result.check.description or demanded(result.check.type, kwargs)
    if result.check.host_rules_origin:
        demand += f"; {of_hosts(kwargs)} ({result.check.host_rules_origin})"
    if result.judged is None:
        observed, threshold = told(result.observed), of_table(demand, kwargs)
    else:
        observed = observed_rows(result.judged - len(result.failing), result.judged)
        threshold = of_rows(demand, kwargs)
    return Outcome(
        check=result.check,
        success=result.success,
        observed=observed,
        threshold=threshold,
        unexpected_count=None if result.judged is None else len(result.failing),
        unexpected_share=len(result.failing) / result.judged if result.judged else None,
        examples=tuple(_example(row, excerpt(values, kwargs)) for row, values in result.examples),
        failing=result.failing,
    )


def _example(row: str, text: str) -> str:
    return row if text in {"", row} else f"{row}: {text}"


def checks_frame(outcomes: Iterable[Outcome]) -> pl.DataFrame:
    """The table checks."""
    rows = [
        {
            "suite": one.check.table,
            "check": one.check.place,
            "expectation": one.check.type,
            "column": one.column,
            "severity": one.check.severity,
            "success": one.success,
            "observed": one.observed,
            "threshold": one.threshold,
            "unexpected_count": one.unexpected_count,
            "unexpected_share": one.unexpected_share,
            "examples": list(one.examples),
            "note": one.check.note,
            "origin": one.check.origin,
        }
        for one in outcomes
    ]
    return CHECKS.conform(CHECKS.frame(rows))


def rejected_frame(outcomes: Sequence[Outcome], folder: Path) -> pl.DataFrame:
    """The table rejected: each row that broke an expectation once, the gravest reason first.

    Rows that an expectation tolerates (`mostly`) are there as well: the batch may pass, the row is still not right.
    """
    gravest_first = sorted(outcomes, key=lambda one: SEVERITIES.index(one.check.severity))
    failing = pl.concat([_failing(one) for one in gravest_first] or [pl.DataFrame(schema=_FAILING)])
    rows = failing.group_by("table", "row_id", maintain_order=True).agg(
        pl.col("severity").first(), pl.col("reasons").unique(maintain_order=True)
    )
    hosts = pl.concat([pl.DataFrame(schema=_HOSTS), *(_hosts(folder, name) for name in rows["table"].unique())])
    return REJECTED.conform(rows.join(hosts, on=["table", "row_id"], how="left"))


def with_hosts(outcomes: Iterable[Outcome], rejected: pl.DataFrame) -> list[Outcome]:
    """The outcomes, with their hosts where they did not hold, as the table rejected has them."""
    return [one if one.success else dataclasses.replace(one, hosts=_hosts_of(one, rejected)) for one in outcomes]


def _hosts_of(one: Outcome, rejected: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    rows = rejected.filter(pl.col("table") == one.check.table).join(_failing(one), on="row_id", how="semi")
    counted = rows.drop_nulls("host").group_by("host").len().sort("len", "host", descending=[True, False])
    return tuple(counted.iter_rows())


_FAILING = {"row_id": pl.String, "table": pl.String, "severity": pl.String, "reasons": pl.String}
_HOSTS = {"table": pl.String, "row_id": pl.String, "host": pl.String}


def _failing(one: Outcome) -> pl.DataFrame:
    rows = pl.DataFrame({"row_id": pl.Series(one.failing, dtype=pl.String)})
    return rows.with_columns(
        table=pl.lit(one.check.table), severity=pl.lit(one.check.severity), reasons=pl.lit(one.reason)
    )


def _hosts(folder: Path, name: str) -> pl.DataFrame:
    """The host of each row of a table."""
    table = JUDGED_TABLES[name]
    rows = with_host(table, folder)
    if "host" not in rows.collect_schema():
        return pl.DataFrame(schema=_HOSTS)
    hosts = rows.select(pl.lit(name).alias("table"), table.row_id.alias("row_id"), "host").collect()
    return hosts.unique(["table", "row_id"], keep="first", maintain_order=True)


def with_host(table: Table, folder: Path) -> pl.LazyFrame:
    """A table of a run, with the host of each row: found through its article or page where it has none itself.

    Without it where neither has one.
    """
    rows = table.scan(folder)
    if "host" in table.columns:
        return rows
    owner = next(((key, _HOST_BY[key]) for key in table.columns if key in _HOST_BY), None)
    if owner is None or not owner[1].file(folder).is_file():
        return rows
    key, owners = owner
    return rows.join(owners.scan(folder).select(key, "host"), on=key, how="left")
