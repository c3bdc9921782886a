"""What changed from one run to another: verdict, counts, hosts, checks, lines and pairs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dq.figures import Figures
from dq.report.run_folder import Run, Verdict, read_run
from dq.tables import ARTICLES, CHECKS, DUPLICATES, LINES, OF_RUN, PAGES, SOURCES

SIDES = ("left", "right")
CHECK_KEY = ("suite", "expectation", "column", "nth")
"""What makes a check of one run the same as a check of another: its place in the file may have changed."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two runs side by side.

    `counts`: one row a figure of the batch: figure, left, right, difference (right less left).
    `hosts`: one row a host and figure of the table sources: host, change (appeared, vanished, both), figure, left,
    right, difference; null where a run has no value.
    `checks`: the checks whose outcome differs, or that only one run has: suite, expectation, column, severity,
    left and right (held, failed, or null), and for each run observed and threshold.
    `lines`: lines of pages that both runs have which one kept and the other removed: host, page_id, line, text,
    left and right (kept, or the label).
    `pairs`: pairs of articles that both runs have and only one took for copies: in_run (left or right), host, the ids
    and titles of both, relation, jaccard.
    """

    verdicts: tuple[Verdict, Verdict]
    counts: pl.DataFrame
    hosts: pl.DataFrame
    checks: pl.DataFrame
    lines: pl.DataFrame
    pairs: pl.DataFrame

    @property
    def verdict_changed(self) -> bool:
        """Whether one may be published and the other not, or one has warnings and the other none."""
        left, right = self.verdicts
        return (left.verdict, left.may_publish) != (right.verdict, right.may_publish)


def compare_runs(left: Path, right: Path) -> Comparison:
    """What changed from the run in `left` to the run in `right`; TableError where one of them is no finished run."""
    runs = read_run(left), read_run(right)
    return Comparison(
        verdicts=(runs[0].verdict, runs[1].verdict),
        counts=_counts([run.verdict.figures for run in runs]),
        hosts=_hosts([_figures_by_host(run) for run in runs]),
        checks=_checks([_outcomes(run) for run in runs]),
        lines=_lines(runs),
        pairs=_pairs(runs),
    )


def _lines(runs: Sequence[Run]) -> pl.DataFrame:
    """The lines of pages with the same content that the two runs decided on differently."""
    kept = pl.when("kept").then(pl.lit("kept")).otherwise("label")
    left, right = (
        run.scan(LINES).select("page_id", "line", "kept", "text", kept.alias(side))
        for run, side in zip(runs, SIDES, strict=True)
    )
    both = left.join(right.drop("text"), on=["page_id", "line"], suffix="_right")
    changed = both.filter(pl.col("kept") != pl.col("kept_right"))
    hosts = runs[1].scan(PAGES).select("page_id", "host")
    rows = changed.join(hosts, on="page_id", how="left").select("host", "page_id", "line", "text", *SIDES)
    return rows.sort("host", "page_id", "line", nulls_last=True).collect(engine="streaming")


def _pairs(runs: Sequence[Run]) -> pl.DataFrame:
    """The pairs of articles that stand in both runs and are copies in one of them only."""
    both = (
        runs[0].scan(ARTICLES).select("article_id").join(runs[1].scan(ARTICLES).select("article_id"), on="article_id")
    )
    titles = runs[1].scan(ARTICLES).select("article_id", "title", "host")
    only = [
        here.scan(DUPLICATES)
        .join(there.scan(DUPLICATES), on=["left_id", "right_id"], how="anti")
        .select("left_id", "right_id", "relation", "jaccard", in_run=pl.lit(side))
        for here, there, side in ((runs[0], runs[1], "left"), (runs[1], runs[0], "right"))
    ]
    known = pl.concat(only)
    for end in ("left_id", "right_id"):
        known = known.join(both, left_on=end, right_on="article_id", how="semi")
    named = known.join(titles, left_on="left_id", right_on="article_id", how="left").rename({"title": "left_title"})
    named = named.join(titles.drop("host"), left_on="right_id", right_on="article_id", how="left")
    rows = named.rename({"title": "right_title"}).select(
        "in_run", "host", "left_id", "left_title", "right_id", "right_title", "relation", "jaccard"
    )
    return rows.sort("in_run", "host", "left_id", "right_id", nulls_last=True).collect(engine="streaming")


def _difference() -> pl.Expr:
    return (pl.col("right") - pl.col("left")).alias("difference")


def _counts(figures: Sequence[Figures]) -> pl.DataFrame:
    names = [*(field.name for field in dataclasses.fields(Figures)), "further_articles", "published"]
    sides = {side: [getattr(one, name) for name in names] for side, one in zip(SIDES, figures, strict=True)}
    return pl.DataFrame({"figure": names, **sides}).with_columns(_difference())


def _figures_by_host(run: Run) -> pl.DataFrame:
    """One row a host and figure."""
    there = run.scan(SOURCES).filter(pl.col("pages") > 0).select(OF_RUN)
    return there.unpivot(index="host", variable_name="figure", value_name="value").collect()


def _hosts(sides: Sequence[pl.DataFrame]) -> pl.DataFrame:
    order = {name: place for place, name in enumerate(SOURCES.schema)}
    return (
        _joined(sides, ("host", "figure"))
        .with_columns(
            pl.when(pl.col("here_left").is_null())
            .then(pl.lit("appeared"))
            .when(pl.col("here_right").is_null())
            .then(pl.lit("vanished"))
            .otherwise(pl.lit("both"))
            .alias("change"),
            _difference(),
        )
        .sort("host", pl.col("figure").replace_strict(order, return_dtype=pl.Int32))
        .select("host", "change", "figure", *SIDES, "difference")
    )


def _joined(sides: Sequence[pl.DataFrame], key: Sequence[str]) -> pl.DataFrame:
    """Both sides in one row each key; `value` becomes left and right, `here_left` and `here_right` say who has it."""
    left, right = (
        side.rename({"value": name}).with_columns(pl.lit(value=True).alias(f"here_{name}"))
        for name, side in zip(SIDES, sides, strict=True)
    )
    return left.join(right, on=key, how="full", coalesce=True, nulls_equal=True)


def _outcomes(run: Run) -> pl.DataFrame:
    """The checks of a run; equal expectations on one column are told apart by their order."""
    same = ("suite", "expectation", "column")
    outcome = pl.when(pl.col("success")).then(pl.lit("held")).otherwise(pl.lit("failed"))
    return (
        run.scan(CHECKS)
        .sort(CHECKS.key)
        .with_columns(value=outcome, nth=pl.int_range(pl.len()).over(same))
        .select(*CHECK_KEY, "severity", "observed", "threshold", "value")
        .collect()
    )


def _checks(sides: Sequence[pl.DataFrame]) -> pl.DataFrame:
    facts = ("severity", "observed", "threshold")
    named = [side.rename({fact: f"{fact}_{name}" for fact in facts}) for name, side in zip(SIDES, sides, strict=True)]
    return (
        _joined(named, CHECK_KEY)
        .filter(pl.col("left").ne_missing(pl.col("right")))
        .with_columns(severity=pl.coalesce("severity_right", "severity_left"))
        .sort(CHECK_KEY, nulls_last=True)
        .select(
            "suite", "expectation", "column", "severity", *SIDES,
            *(f"{fact}_{side}" for fact in ("observed", "threshold") for side in SIDES),
        )
    )  # fmt: skip
