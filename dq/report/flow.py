"""From pages scraped to articles published: every loss with its count and reasons, so that the counts add up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import polars as pl

from dq.figures import Figures
from dq.report.language import marked, tr
from dq.report.problems import problem_told
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import ARTICLES, DUPLICATES, PAGES

MAX_REASONS = 6
"""Reasons told for one loss; the rest is summed up, and each page's own is in the list of pages with a problem."""
MAX_REASON = 160
"""Characters of a reason: a problem may quote the page."""
UNSTATED = marked("no reason stated")
THROUGH = "through"
"""The relation of a duplicate that was never verified as a pair with the article that is kept."""
RELATIONS = {
    "exact": (marked("exact copy"), marked("exact copies")),
    "near": (marked("near-duplicate"), marked("near-duplicates")),
    "contains": (marked("contains the kept article"), marked("contain the kept article")),
    "contained_in": (marked("contained in the kept article"), marked("contained in the kept article")),
    "version": (marked("other version at the same address"), marked("other versions at the same address")),
    THROUGH: (marked("tied by other copies"), marked("tied by other copies")),
}
"""How one duplicate, and how several, relate to the article that is kept in their stead."""

_FLIPPED = {"contains": "contained_in", "contained_in": "contains"}


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """A part of a loss or gain."""

    text: str
    count: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A line of the account: a total, or what is lost or gained on the way to the next total."""

    name: str
    kind: Literal["total", "loss", "gain"]
    label: str
    count: int
    reasons: tuple[Reason, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Flow:
    """The account from the first total to the last; each total is the one before with its gains and losses."""

    steps: tuple[Step, ...]

    def count(self, name: str) -> int:
        """The count of a step; 0 where the account has none of that name."""
        return sum(step.count for step in self.steps if step.name == name)


def read_flow(run: Run) -> Flow:
    """The account of a run; problems of one kind (the words before the colon, numbers aside) are counted together."""
    kind = pl.col("problem").str.split(": ").list.first().str.replace_all(r"(^|\s)\d[\d,.]*", "${1}N")
    problems = run.scan(PAGES).group_by("status", problem=kind).agg(count=pl.len().cast(pl.Int64)).collect()
    return account(run.verdict.figures, problems=problems, relations=_relations(run))


def account(figures: Figures, *, problems: pl.DataFrame, relations: Mapping[str, int]) -> Flow:
    """The account of `figures`; `problems` has the columns status, problem, count, `relations` counts duplicates."""
    without = max(figures.pages_ok - figures.main_articles, 0)
    further = figures.articles - figures.pages_ok + without
    steps = (
        _total("pages", tr("Pages scraped"), figures.pages),
        _loss(
            "rejected", tr("Rejected: could not be read"), figures.pages_rejected, _page_reasons(problems, "rejected")
        ),
        _loss(
            "empty",
            tr("Empty: nothing that could be an article"),
            figures.pages_empty,
            _page_reasons(problems, "empty"),
        ),
        _total("ok", tr("Pages with an article"), figures.pages_ok),
        _loss("without", tr("Without a main article"), without, []),
        Step(name="further", kind="gain", label=tr("Further articles on the same pages"), count=further),
        _total("articles", tr("Articles"), figures.articles),
        _loss(
            "duplicates", tr("Duplicates: another article is kept"), figures.duplicates, _relation_reasons(relations)
        ),
        _total("published", tr("Articles to publish"), figures.published),
    )
    return Flow(tuple(step for step in steps if step.kind == "total" or step.count))


def _loss(name: str, label: str, count: int, reasons: list[Reason]) -> Step:
    return Step(name=name, kind="loss", label=label, count=count, reasons=_told(reasons, count))


def _total(name: str, label: str, count: int) -> Step:
    return Step(name=name, kind="total", label=label, count=count)


def _told(reasons: list[Reason], count: int) -> tuple[Reason, ...]:
    """The most frequent reasons; the rest as one, so that they add up to `count`."""
    ordered = sorted(reasons, key=lambda reason: (-reason.count, reason.text))[:MAX_REASONS]
    rest = count - sum(reason.count for reason in ordered)
    return (*ordered, Reason(tr("other reasons"), rest)) if rest > 0 else tuple(ordered)


def _page_reasons(problems: pl.DataFrame, status: str) -> list[Reason]:
    rows = problems.filter(pl.col("status") == status).select("problem", "count").iter_rows()
    return [Reason(clip(problem_told(problem or UNSTATED), MAX_REASON), count) for problem, count in rows]


def _relation_reasons(relations: Mapping[str, int]) -> list[Reason]:
    return [Reason(tr(RELATIONS.get(name, (name, name))[count > 1]), count) for name, count in relations.items()]


def _relations(run: Run) -> dict[str, int]:
    """How many duplicates stand in which relation to the canonical article of their cluster."""
    removed = run.scan(ARTICLES).filter(~pl.col("is_canonical")).select("article_id", canonical_id="cluster_id")
    with_pair = removed.join(member_pairs(run.scan(DUPLICATES)), on=["article_id", "canonical_id"], how="left")
    counts = with_pair.group_by(pl.col("relation").fill_null(THROUGH)).agg(count=pl.len()).collect()
    return dict(counts.select("relation", "count").iter_rows())


def member_pairs(duplicates: pl.LazyFrame) -> pl.LazyFrame:
    """Every pair from both sides: article_id, canonical_id, the first's relation to the second, and the evidence."""
    evidence = ("jaccard", "longest_shared_words", "same_title", "bands_hit", "folded_only")
    as_left = duplicates.select(
        "relation",
        *evidence,
        article_id="left_id",
        canonical_id="right_id",
        containment="containment_left",
    )
    as_right = duplicates.select(
        pl.col("relation").replace(_FLIPPED),
        *evidence,
        article_id="right_id",
        canonical_id="left_id",
        containment="containment_right",
    )
    return pl.concat([as_left, as_right])
