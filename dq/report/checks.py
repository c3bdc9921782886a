"""Every expectation with its outcome, grouped by suite."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.failing import Failing, Rule, rank_of
from dq.report.language import marked, numeral, tr
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.report.wording import bound_told, demand, quantity_and_bound, share
from dq.tables import CHECKS, TABLES, WHAT_IF


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """A bound of a check, set or not, and the rows that would break it; `flips` is how many more than the one set."""

    side: str
    bound: str
    is_set: bool
    rows: int
    flips: int
    hosts: int | None
    held: bool


SIDES = {"min_value": marked("at least"), "max_value": marked("at most")}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """An expectation, what was observed, and what broke it."""

    rule: Rule
    place: int
    anchor: str
    held: bool
    demand: str
    quantity: str
    """Of which rows it is demanded; empty where the table as a whole is judged."""
    observed: str
    threshold: str
    broken: int | None
    broken_share: float | None
    note: str
    origin: str
    examples: Capped[str]
    hosts: Capped[tuple[str, int]]
    what_if: tuple[Alternative, ...]
    would_hold: str
    """The share of rows with which it would hold; empty where it holds, or no share can be demanded."""

    @property
    def weight(self) -> tuple[int, float, int, str, int]:
        """Sorts the gravest failure first: by severity, then share and number of rows; whole-table checks first."""
        share = 1.0 if self.broken_share is None else self.broken_share
        return rank_of(self.rule.severity), -share, -(self.broken or 0), self.rule.table, self.place


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """The expectations on one table, failed ones first."""

    name: str
    meaning: str
    checks: tuple[Check, ...]

    @property
    def held(self) -> int:
        """Expectations that held."""
        return sum(check.held for check in self.checks)


def read_suites(run: Run, failing: Failing, options: ReportOptions) -> tuple[Suite, ...]:
    """All suites, in the order of the tables of a run, suites of other names after them."""
    rows = run.scan(CHECKS).sort(CHECKS.key).collect()
    what_if = _what_if(run)
    by_suite: dict[str, list[Check]] = {}
    for row in rows.iter_rows(named=True):
        alternatives = what_if.get((row["suite"], row["check"]), ())
        by_suite.setdefault(row["suite"], []).append(_check(row, failing, alternatives, options))
    known = list(TABLES)
    names = sorted(by_suite, key=lambda name: (known.index(name) if name in TABLES else len(known), name))
    return tuple(_suite(name, by_suite[name]) for name in names)


def failed(suites: tuple[Suite, ...]) -> tuple[Check, ...]:
    """The expectations that did not hold, the gravest first."""
    return tuple(
        sorted((check for suite in suites for check in suite.checks if not check.held), key=lambda c: c.weight)
    )


def _suite(name: str, checks: list[Check]) -> Suite:
    meaning = TABLES[name].meaning if name in TABLES else ""
    return Suite(name=name, meaning=meaning, checks=tuple(sorted(checks, key=lambda check: (check.held, check.weight))))


def _what_if(run: Run) -> dict[tuple[str, int], tuple[Alternative, ...]]:
    """By suite and place the alternatives of checks of which another bound would change anything."""
    now = pl.col("rows").filter("is_set").first().over("suite", "check", "side")
    rows = run.scan(WHAT_IF).sort(WHAT_IF.key).with_columns(flips=pl.col("rows") - now).collect()
    found: dict[tuple[str, int], tuple[Alternative, ...]] = {}
    for row in rows.filter((pl.col("flips") != 0).any().over("suite", "check", "side")).iter_rows(named=True):
        key = row["suite"], row["check"]
        found[key] = (*found.get(key, ()), _alternative(row))
    return found


def _alternative(row: Mapping[str, Any]) -> Alternative:
    return Alternative(
        side=tr(SIDES.get(row["side"], row["side"])),
        bound=numeral(f"{row['bound']:,.15g}"),
        is_set=row["is_set"],
        rows=row["rows"],
        flips=row["flips"] or 0,
        hosts=row["hosts"],
        held=row["success"],
    )


def _check(row: Mapping[str, Any], failing: Failing, what_if: tuple[Alternative, ...], options: ReportOptions) -> Check:
    rule = Rule(row["suite"], row["severity"], row["column"] or "", row["expectation"])
    quantity, bound = quantity_and_bound(row["threshold"] or "")
    return Check(
        rule=rule,
        place=row["check"],
        anchor=f"check-{row['suite']}-{row['check']}",
        held=row["success"],
        demand=clip(demand(rule.expectation, rule.column, bound), options.max_text),
        quantity=quantity,
        observed=clip(bound_told(row["observed"] or "–"), options.max_text),
        threshold=clip(bound_told(row["threshold"] or "–"), options.max_text),
        broken=row["unexpected_count"],
        broken_share=row["unexpected_share"],
        note=row["note"] or "",
        origin=row["origin"] or "",
        what_if=what_if,
        would_hold="" if row["success"] or not row["unexpected_share"] else share(1 - row["unexpected_share"]),
        examples=_examples(row["examples"] or [], row["unexpected_count"] or 0, options),
        hosts=_hosts(failing.hosts.get(rule, ()) if row["unexpected_count"] else (), options),
    )


def _examples(examples: Sequence[str | None], broken: int, options: ReportOptions) -> Capped[str]:
    return Capped(
        what=marked("examples of failing rows"),
        rows=tuple(clip(example or "–", options.max_text) for example in examples[: options.max_shown_examples]),
        total=max(broken, len(examples)),
        option="max_shown_examples",
    )


def _hosts(hosts: tuple[tuple[str, int], ...], options: ReportOptions) -> Capped[tuple[str, int]]:
    shown = hosts[: options.max_named_hosts]
    return Capped(what=marked("hosts of failing rows"), rows=shown, total=len(hosts), option="max_named_hosts")
