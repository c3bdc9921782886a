"""What changed from one run to another: verdict, counts, hosts and checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dq.figures import Figures
from dq.report.run_folder import Run, Verdict, read_run
from dq.tables import CHECKS, OF_RUN, SOURCES

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
    """

    verdicts: tuple[Verdict, Verdict]
    counts: pl.DataFrame
    hosts: pl.DataFrame
    checks: pl.DataFrame

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
    )


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
