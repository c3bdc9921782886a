"""Two runs side by side as a page of the report's kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from dq.atomic import write_files, write_text
from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.compare import Comparison
from dq.report.draw import Assets, draw_page, script, style
from dq.report.hosts import FIGURES, host_anchor
from dq.report.language import marked, speaking, tr
from dq.report.run_folder import Verdict
from dq.report.text import clip
from dq.report.wording import bound_told, demand, figure, number, quantity_and_bound

Row = TypeVar("Row")

COMPARE_FILE = "compare.html"
ASSETS = "compare"
"""Folder beside it, of style and script."""
HEADLINES = {
    "pass": marked("may be published"),
    "warnings": marked("may be published, with warnings"),
    "fail": marked("must not be published"),
}
COUNTS = {
    "pages": marked("Pages scraped"),
    "pages_rejected": marked("Pages that could not be read"),
    "pages_empty": marked("Pages without an article"),
    "pages_ok": marked("Pages with an article"),
    "lines": marked("Lines"),
    "lines_kept": marked("Lines kept"),
    "articles": marked("Articles"),
    "main_articles": marked("Main articles"),
    "further_articles": marked("Further articles on the same pages"),
    "duplicates": marked("Duplicates"),
    "published": marked("Articles to publish"),
}
"""Figures of a batch that are compared, as the report calls them."""
CHANGES = {"appeared": marked("new"), "vanished": marked("gone"), "both": ""}
OUTCOMES = {"held": marked("held"), "failed": marked("failed")}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A figure in both runs; the difference is written with its sign."""

    name: str
    left: str
    right: str
    difference: str
    value: float | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HostChange:
    """A host and its figures in both runs; `weight` is the largest relative change, by which hosts are ordered."""

    name: str
    anchor: str
    change: str
    figures: tuple[Pair | None, ...]
    weight: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CheckChange:
    """A check whose outcome differs, or that only one of the runs has."""

    demand: str
    suite: str
    severity: str
    left: str
    right: str
    observed: tuple[str, str]
    threshold: tuple[str, str]
    worse: bool


def write_comparison(compared: Comparison, folder: Path, options: ReportOptions) -> Path:
    """Draw compare.html, and its style and script on demand, into `folder`; returns the page's path.

    UsageError where the folder cannot be written to.
    """
    with speaking(options.report_language):
        text = render(compared, options)
    if options.csp_safe:
        write_files(folder / ASSETS, {"report.css": str(style()), "report.js": str(script())})
    write_text(folder / COMPARE_FILE, text)
    return folder / COMPARE_FILE


def render(compared: Comparison, options: ReportOptions) -> str:
    """The page, as text, in the language in use."""
    hosts = _hosts(compared.hosts)
    return draw_page(
        "compare.html.j2",
        Assets(beside=f"{ASSETS}/" if options.csp_safe else None),
        headline=_headline(compared.verdicts),
        verdicts=compared.verdicts,
        headlines=HEADLINES,
        counts=[_count(row) for row in compared.counts.iter_rows(named=True) if row["figure"] in COUNTS],
        hosts=Capped(
            what=marked("hosts with a change"),
            rows=tuple(hosts[: options.max_hosts]),
            total=len(hosts),
            option="max_hosts",
        ),
        host_figures=FIGURES,
        checks=_some(
            [_check(row, options) for row in compared.checks.head(options.max_changes).iter_rows(named=True)],
            compared.checks.height,
            marked("checks that changed"),
        ),
        lines=_shown(compared.lines, marked("lines decided otherwise"), options),
        pairs=_shown(compared.pairs, marked("pairs decided otherwise"), options),
        max_text=options.max_text,
        host_links={},
        host_pages={},
        page_links={},
        main_page="",
    )


def _shown(frame: pl.DataFrame, what: str, options: ReportOptions) -> Capped[dict[str, Any]]:
    return _some(frame.head(options.max_changes).to_dicts(), frame.height, what)


def _some(rows: Sequence[Row], total: int, what: str) -> Capped[Row]:
    return Capped(what=what, rows=tuple(rows), total=total, option="max_changes")


def _headline(verdicts: tuple[Verdict, Verdict]) -> str:
    before, after = (verdict.may_publish for verdict in verdicts)
    if before and not after:
        return tr("The later batch must no longer be published")
    if after and not before:
        return tr("The later batch may be published again")
    return tr("Both batches may be published") if after else tr("Neither batch may be published")


def _count(row: Mapping[str, Any]) -> Pair:
    return Pair(
        name=tr(COUNTS[row["figure"]]),
        left=number(row["left"]),
        right=number(row["right"]),
        difference=_signed(row["difference"], "number"),
        value=row["difference"],
    )


def _signed(value: float | None, unit: str) -> str:
    """A difference with its sign: of shares in points of a hundred; a dash for none.

    >>> _signed(3.0, "number"), _signed(-0.125, "loss"), _signed(0.0, "rate"), _signed(None, "number")
    ('+3', '−12.5 pp', '–', '–')
    """
    if not value:
        return "–"
    told = number(abs(value)) if unit == "number" else f"{number(round(100 * abs(value), 1))} pp"
    return f"{'+' if value > 0 else '−'}{told}"


def _hosts(changes: pl.DataFrame) -> list[HostChange]:
    """The hosts with any change, those that came or went first, then those that changed most."""
    units = {name: unit for name, _, unit in FIGURES}
    by_host: dict[str, dict[str, Pair | None]] = {}
    states: dict[str, str] = {}
    weights: dict[str, float] = {}
    for row in changes.filter(pl.col("figure").is_in(list(units))).iter_rows(named=True):
        host, unit = row["host"], units[row["figure"]]
        by_host.setdefault(host, dict.fromkeys(units))[row["figure"]] = Pair(
            name=row["figure"],
            left=figure(row["left"], unit),
            right=figure(row["right"], unit),
            difference=_signed(row["difference"], unit),
            value=row["difference"],
        )
        states[host] = row["change"]
        weights[host] = max(weights.get(host, 0.0), _weight(row, unit))
    hosts = [
        HostChange(
            name=host,
            anchor=host_anchor(host),
            change=tr(CHANGES[states[host]]),
            figures=tuple(figures.values()),
            weight=weights[host],
        )
        for host, figures in by_host.items()
        if weights[host]
    ]
    return sorted(hosts, key=lambda host: (-host.weight, host.name))


def _weight(row: Mapping[str, Any], unit: str) -> float:
    """How much a figure changed: shares by their difference, numbers by their share of the larger one."""
    left, right = row["left"], row["right"]
    if left is None and right is None:
        return 0.0
    if left is None or right is None:
        return 2.0 if row["change"] != "both" else 1.0
    if unit != "number":
        return float(abs(right - left))
    return float(abs(right - left) / max(left, right)) if max(left, right) else 0.0


def _check(row: Mapping[str, Any], options: ReportOptions) -> CheckChange:
    _, bound = quantity_and_bound(row["threshold_right"] or row["threshold_left"] or "")
    sides = {
        fact: (_told(row[f"{fact}_left"], options), _told(row[f"{fact}_right"], options))
        for fact in ("observed", "threshold")
    }
    return CheckChange(
        demand=clip(demand(row["expectation"], row["column"] or "", bound), options.max_text),
        suite=row["suite"],
        severity=row["severity"],
        left=tr(OUTCOMES.get(row["left"] or "", "")) or "–",
        right=tr(OUTCOMES.get(row["right"] or "", "")) or "–",
        observed=sides["observed"],
        threshold=sides["threshold"],
        worse=row["right"] == "failed",
    )


def _told(text: str | None, options: ReportOptions) -> str:
    return clip(bound_told(text or "–"), options.max_text)
