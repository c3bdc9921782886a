"""Which rows, hosts and pages failed which expectation, from the table rejected."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import polars as pl

from dq.figures import UNKNOWN_HOST
from dq.report.run_folder import Run
from dq.tables import ARTICLES, CHECKS, REJECTED, SOURCES, TABLES

SEVERITIES = ("critical", "warning", "info")
"""The gravest first."""
UNJUDGED = len(SEVERITIES)
"""The rank of what broke no expectation."""
_LOCATED = {"host", "page_id", "article_id"}
"""Columns by which a row has a host; where it has none nevertheless, its host is not known."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """An expectation as the reasons in the table rejected name it, with the table that it judges."""

    table: str
    severity: str
    column: str
    expectation: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FailingPage:
    """A page with a failing row: every rule that it broke, and the rank of the gravest of those that did not hold."""

    rank: int
    rules: tuple[Rule, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Failing:
    """The failing rows, seen from the rule, from the host and from the page."""

    rows: int
    hosts: Mapping[Rule, tuple[tuple[str, int], ...]]
    """For each rule the hosts of its failing rows with their number, most first."""
    host_ranks: Mapping[str, int]
    """For each host with rows that broke a check which failed, the rank of the gravest."""
    host_flags: Mapping[tuple[str, str], str]
    """For each host and column of the table sources by which a check failed, the gravest severity."""
    source_ranks: Mapping[str, int]
    """For each host that failed in the table sources, the rank of its gravest failure there."""
    pages: Mapping[str, FailingPage]
    """Pages with failing rows: their own, or those of their lines, articles and paragraphs."""


def rank_of(severity: str) -> int:
    """The place of a severity, the gravest 0; an unknown one counts as the last.

    >>> rank_of("critical"), rank_of("warning"), rank_of("?")
    (0, 1, 2)
    """
    return SEVERITIES.index(severity) if severity in SEVERITIES else UNJUDGED - 1


def parse_reason(table: str, reason: str) -> Rule:
    """A reason of the table rejected, taken apart.

    >>> parse_reason("articles", "critical: body: expect_column_values_to_not_be_null").column
    'body'
    """
    severity, _, rest = reason.partition(": ")
    column, _, expectation = rest.rpartition(": ")
    return Rule(table, severity, column, expectation)


def read_failing(run: Run) -> Failing:
    """The failing rows of a run.

    A check that tolerates some rows (`mostly`) may have held all the same; its rows are told, and make no host or page
    a bad one.
    """
    rejected = run.scan(REJECTED).sort(REJECTED.key)
    failed = _failed_rules(run)
    reasons = rejected.select("table", "row_id", "host", reason="reasons").explode("reason").drop_nulls("reason")
    located = pl.col("table").is_in([name for name, table in TABLES.items() if _LOCATED & set(table.columns)])
    host = pl.when(located).then(pl.col("host").fill_null(UNKNOWN_HOST)).otherwise("host")
    by_host = (
        reasons.with_columns(host)
        .drop_nulls("host")
        .group_by("table", "reason", "host")
        .len()
        .sort("len", "host", "table", "reason", descending=[True, False, False, False])
        .collect()
    )
    of_sources = by_host.filter(pl.col("table") == SOURCES.name)
    return Failing(
        rows=rejected.select(pl.len()).collect().item(),
        hosts=_hosts_by_rule(by_host),
        host_ranks=_host_ranks(by_host, failed),
        host_flags=_host_flags(of_sources, failed),
        source_ranks=_host_ranks(of_sources, failed),
        pages=_pages(reasons, run.scan(ARTICLES), failed),
    )


def _failed_rules(run: Run) -> frozenset[Rule]:
    checks = run.scan(CHECKS).filter(~pl.col("success")).select("suite", "severity", "column", "expectation").collect()
    return frozenset(
        Rule(suite, severity, column or "", expectation) for suite, severity, column, expectation in checks.iter_rows()
    )


def _hosts_by_rule(by_host: pl.DataFrame) -> dict[Rule, tuple[tuple[str, int], ...]]:
    hosts: dict[Rule, tuple[tuple[str, int], ...]] = {}
    for table, reason, host, rows in by_host.iter_rows():
        rule = parse_reason(table, reason)
        hosts[rule] = (*hosts.get(rule, ()), (host, rows))
    return hosts


def _host_ranks(by_host: pl.DataFrame, failed: frozenset[Rule]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rule, host in _of_failed(by_host, failed):
        ranks[host] = min(rank_of(rule.severity), ranks.get(host, UNJUDGED))
    return ranks


def _host_flags(of_sources: pl.DataFrame, failed: frozenset[Rule]) -> dict[tuple[str, str], str]:
    flags: dict[tuple[str, str], str] = {}
    for rule, host in _of_failed(of_sources, failed):
        key = (host, rule.column)
        flags[key] = min(rule.severity, flags.get(key, rule.severity), key=rank_of)
    return flags


def _of_failed(by_host: pl.DataFrame, failed: frozenset[Rule]) -> Iterator[tuple[Rule, str]]:
    for table, reason, host, _ in by_host.iter_rows():
        rule = parse_reason(table, reason)
        if rule in failed:
            yield rule, host


def _pages(reasons: pl.LazyFrame, articles: pl.LazyFrame, failed: frozenset[Rule]) -> dict[str, FailingPage]:
    rows = (
        pl.concat([_of(reasons, "page_id"), _of(reasons, "article_id").join(_owners(articles), on="owner").drop("owner")
                   .rename({"page_id": "owner"})])
        .unique()
        .sort("owner", "table", "reason")
        .collect()
    )  # fmt: skip
    rules: dict[str, tuple[Rule, ...]] = {}
    for table, reason, page_id in rows.iter_rows():
        rules[page_id] = (*rules.get(page_id, ()), parse_reason(table, reason))
    return {
        page_id: FailingPage(
            rank=min((rank_of(rule.severity) for rule in broken if rule in failed), default=UNJUDGED), rules=broken
        )
        for page_id, broken in rules.items()
    }


def _owners(articles: pl.LazyFrame) -> pl.LazyFrame:
    return articles.select("page_id", owner="article_id")


def _of(reasons: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """The reasons of rows in tables whose key begins with this id, with the id; parts of a key are joined by colons."""
    tables = [name for name, table in TABLES.items() if table.key[0] == key]
    owner = pl.col("row_id").str.split(":").list.first()
    return reasons.filter(pl.col("table").is_in(tables)).select("table", "reason", owner=owner)
