"""What became of every line: kept and removed ones by label and by the rule that decided."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.language import marked
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import LINES

KEPT = "kept"
FAMILIES = {
    "furniture": ("navigation", "widget", "form", "footer", "share"),
    "related": ("related",),
    "repeat": ("repeat",),
    "metadata": ("byline", "date", "caption", "credit", "tags"),
    "other": ("other", "title", "subtitle", "body"),
}
"""Labels that a reader sees in one colour; the label itself always stands beside it."""
MAX_LABEL = 24
"""Characters shown of a label that is none of LABELS."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LineRule:
    """A rule that removed lines, with the text that it removed most often."""

    reason: str
    lines: int
    pages: int
    characters: int
    commonest: str
    times: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LineLabel:
    """The lines of one label that were removed (or all lines that were kept)."""

    label: str
    family: str
    lines: int
    characters: int
    share: float
    """Of all characters."""
    rules: tuple[LineRule, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LineAccount:
    """All lines: those kept, those removed by label; they add up to the totals."""

    lines: int
    characters: int
    kept: LineLabel
    removed: tuple[LineLabel, ...]
    rules: Capped[LineRule]


def family_of(label: str, *, kept: bool = False) -> str:
    """The family of a line's label.

    >>> family_of("widget"), family_of("title", kept=True), family_of("of my own")
    ('furniture', 'kept', 'other')
    """
    if kept:
        return KEPT
    return next((family for family, labels in FAMILIES.items() if label in labels), "other")


def read_lines(run: Run, options: ReportOptions) -> LineAccount:
    """The account of all lines of a run."""
    lines = run.scan(LINES).select(
        "kept", "page_id", "label", "text", pl.col("reason").fill_null(""), size=pl.col("text").str.len_chars()
    )
    counted = (
        lines.group_by("kept", "label", "reason", "page_id")  # pages counted so need no set of ids for each rule
        .agg(lines=pl.len(), characters=pl.col("size").sum())
        .group_by("kept", "label", "reason")
        .agg(pl.col("lines").sum(), pl.col("characters").sum(), pages=pl.len())
        .sort("lines", "characters", "label", "reason", descending=[True, True, False, False])
        .collect(engine="streaming")
    )
    shown = counted.filter(~pl.col("kept")).head(options.max_rules)
    commonest = _commonest(lines.filter(~pl.col("kept")))
    rules = {
        (row["label"], row["reason"]): _rule(row, commonest.get((row["label"], row["reason"]), ("", 0)), options)
        for row in shown.iter_rows(named=True)
    }
    return _account(counted, rules)


def _commonest(removed: pl.LazyFrame) -> dict[tuple[str, str], tuple[str, int]]:
    """For each label and reason the text removed most often, the first in order among equals.

    Counted by hash, so that the texts of a large run need not be held.
    """
    rule = ["label", "reason"]
    hashed = removed.select(*rule, "text", hash=pl.col("text").hash())
    counts = hashed.group_by(*rule, "hash").agg(times=pl.len()).collect(engine="streaming")
    top = counts.filter(pl.col("times") == pl.col("times").max().over(rule))
    texts = (
        hashed.join(top.lazy(), on=[*rule, "hash"])
        .group_by(rule)
        .agg(pl.col("text").min(), pl.col("times").first())
        .collect(engine="streaming")
    )
    return {(label, reason): (text, times) for label, reason, text, times in texts.iter_rows()}


def _rule(row: Mapping[str, Any], commonest: tuple[str, int], options: ReportOptions) -> LineRule:
    return LineRule(
        reason=row["reason"] or "–",
        lines=row["lines"],
        pages=row["pages"],
        characters=row["characters"],
        commonest=clip(commonest[0], options.max_text),
        times=commonest[1],
    )


def _account(counted: pl.DataFrame, rules: Mapping[tuple[str, str], LineRule]) -> LineAccount:
    characters = int(counted["characters"].sum())
    kept = counted.filter(pl.col("kept"))
    removed = counted.filter(~pl.col("kept"))
    labels = removed["label"].unique().sort()
    groups = [_label(label, removed.filter(pl.col("label") == label), rules, characters) for label in labels]
    groups.sort(key=lambda group: (-group.characters, group.label))
    return LineAccount(
        lines=int(counted["lines"].sum()),
        characters=characters,
        kept=_label(KEPT, kept, {}, characters),
        removed=tuple(groups),
        rules=Capped(
            what=marked("rules that removed lines"),
            rows=tuple(rules.values()),
            total=removed.height,
            option="max_rules",
        ),
    )


def _label(label: str, rows: pl.DataFrame, rules: Mapping[tuple[str, str], LineRule], all_characters: int) -> LineLabel:
    characters = int(rows["characters"].sum())
    return LineLabel(
        label=clip(label, MAX_LABEL),
        family=family_of(label, kept=label == KEPT),
        lines=int(rows["lines"].sum()),
        characters=characters,
        share=characters / all_characters if all_characters else 0.0,
        rules=_of_label(label, rules),
    )


def _of_label(label: str, rules: Mapping[tuple[str, str], LineRule]) -> tuple[LineRule, ...]:
    return tuple(rule for (of, _), rule in rules.items() if of == label)
