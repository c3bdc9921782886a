"""What each host gave in this run, held against its own earlier runs.

Every figure in `DRIFTING` gains five columns in the table sources:

    FIGURE_usual      median over the earlier runs
    FIGURE_spread     1.4826 times their median absolute deviation from it: the standard deviation, were they normal
                      (Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974)
    FIGURE_change     how far this run is from the usual: as a share of it for counts, as a difference for shares
    FIGURE_deviation  the same in spreads, of which the least is a tenth of the usual (a twentieth for shares): three
                      runs that are all alike do not make the next one an alarm
    FIGURE_since      the run in which it began, where this one deviates by `ALARM` spreads or more
"""

from __future__ import annotations

import polars as pl

from dq.tables import DRIFTING, OF_RUN, PAST, SOURCES

ALARM = 3.0
"""Spreads from the usual from which on a figure has drifted: one normal run in 370 lies so far out."""
MAD_TO_SIGMA = 1.4826
LEAST_SPREAD = 0.1
"""Least spread of counts, as a share of the usual."""
LEAST_SPREAD_OF_SHARES = 0.05


def past_rows(sources: pl.DataFrame, run_id: str, started_at: object) -> pl.DataFrame:
    """This run's row for every host that gave pages, as the history keeps it."""
    marked = sources.filter(pl.col("pages") > 0).with_columns(run_id=pl.lit(run_id), started_at=pl.lit(started_at))
    return marked.select(pl.col(name).cast(dtype) for name, dtype in PAST.schema.items())


def newest_runs(past: pl.DataFrame, n: int) -> pl.DataFrame:
    """The rows of the newest `n` runs of a table past."""
    return past.join(_runs(past).head(n), on="run_id", how="semi")


def _runs(past: pl.DataFrame) -> pl.DataFrame:
    """The runs of a table past, the newest first."""
    return past.group_by("run_id").agg(pl.col("started_at").min()).sort("started_at", "run_id", descending=True)


def against_past(sources: pl.DataFrame, past: pl.DataFrame, *, run_id: str) -> pl.DataFrame:
    """The table sources with what each host's earlier runs tell; hosts that vanished have rows without pages.

    `past` is a table of that name, and this run is not in it.
    """
    seen = past.join(_runs(past).select("run_id").with_row_index("ago"), on="run_id")
    hosts = seen.group_by("host").agg(
        runs_before=pl.col("run_id").n_unique().cast(pl.Int64), runs_missed=pl.col("ago").min().cast(pl.Int64)
    )
    rows = sources.select(OF_RUN).join(hosts, on="host", how="full", coalesce=True)
    now, before = pl.col("pages").fill_null(0) > 0, pl.col("runs_before").is_not_null()
    rows = rows.with_columns(
        pl.col("pages", "articles").fill_null(0),
        pl.col("runs_before").fill_null(0),
        pl.col("runs_missed").fill_null(0),
        host_history=pl.when(~before)
        .then(pl.lit("first"))
        .when(~now)
        .then(pl.lit("vanished"))
        .when(pl.col("runs_missed") > 0)
        .then(pl.lit("returned"))
        .otherwise(pl.lit("known")),
    )
    for figure, meaning in DRIFTING.items():
        rows = _drift(rows, seen, figure, run_id, relative=meaning == "count")
    return SOURCES.conform(rows)


def _drift(rows: pl.DataFrame, seen: pl.DataFrame, figure: str, run_id: str, *, relative: bool) -> pl.DataFrame:
    """`rows` with the five columns of one figure."""
    usual, spread, change = (pl.col(f"{figure}_{part}") for part in ("usual", "spread", "change"))
    value = pl.col(figure).cast(pl.Float64)
    known = seen.select("host", "ago", "run_id", past=pl.col(figure).cast(pl.Float64)).drop_nulls("past")
    mad = (
        known.with_columns(usual=pl.col("past").median().over("host"))
        .group_by("host")
        .agg(pl.col("usual").first(), spread=MAD_TO_SIGMA * (pl.col("past") - pl.col("usual")).abs().median())
        .rename({"usual": f"{figure}_usual", "spread": f"{figure}_spread"})
    )
    least = usual * LEAST_SPREAD if relative else pl.lit(LEAST_SPREAD_OF_SHARES)
    difference = value - usual
    found = rows.join(mad, on="host", how="left").with_columns(
        (pl.when(usual > 0).then(difference / usual) if relative else difference).alias(f"{figure}_change"),
        (difference / pl.max_horizontal(spread, least)).alias(f"{figure}_deviation"),
    )
    drifted = found.filter((pl.col(f"{figure}_deviation").abs() >= ALARM) & change.is_not_null())
    streak = (
        known.join(drifted.select("host", value.alias("now"), usual.alias("usual")), on="host")
        .sort("host", "ago")
        .with_columns(like_now=(pl.col("past") - pl.col("now")).abs() < (pl.col("past") - pl.col("usual")).abs())
        .filter(pl.col("like_now").cum_min().over("host"))
        .group_by("host")
        .agg(pl.col("run_id").last().alias("began"))
    )
    since = drifted.select("host").join(streak, on="host", how="left").with_columns(pl.col("began").fill_null(run_id))
    return found.join(since.rename({"began": f"{figure}_since"}), on="host", how="left")
