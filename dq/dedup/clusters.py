# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""Groups of near-duplicates without chaining: every member resembles the article that stands for its group.

Articles are numbered by rank, best first: earlier batch, earliest date, fullest text, lowest id. In that order each one
becomes canonical unless it resembles one that already is; every other one joins, of the canonical articles ranked
before it, the one that it resembles most. The canonical articles are a maximal independent set of the graph of
resemblance, the same for every order of the input, and a chain A ~ B ~ C with A unlike C falls apart where it should.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dq.compiled import njit
from dq.texts import F64, I64

RANK = ("added_at", "date", "n_words", "id")
RANK_DESCENDING = (False, False, True, False)

EARLIER_BATCH, EARLIEST, FULLEST, LOWEST_ID = "earlier batch", "earliest date", "fullest text", "lowest id"


def by_rank(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` (id, added_at, date, n_words), the article that would be canonical before all others first.

    Articles of a batch that was added before come first; those without a date come last.
    """
    return frame.sort(RANK, descending=RANK_DESCENDING, nulls_last=True)


def canonical_of(
    n: int, edges: pl.DataFrame, settled: I64 | None = None, apart: pl.DataFrame | None = None
) -> tuple[I64, F64]:
    """(canonical row, Jaccard with it) of each of `n` rows, which come in order of rank.

    A row that is canonical, or alone, is its own, with a Jaccard of 1. `edges` has one row a resembling pair: left,
    right, jaccard, with left < right. Of rows that are `settled` (1, 0; -1 for all others) it is known that they are
    canonical, or not; those that are not belong elsewhere, and have -1. Pairs (left, right) that are `apart` are in no
    cluster together: a row joins no canonical one from which it, or a row that is there already, is apart.
    """
    edges = edges.select("left", "right", "jaccard").sort("right", "left")
    starts = np.searchsorted(edges["right"].to_numpy(), np.arange(n + 1))
    settled = np.full(n, -1) if settled is None else settled
    canonical, likeness = np.where(settled == 0, -1, np.arange(n)), np.ones(n)
    foe_starts, foes = _foes(n, apart)
    _choose(
        starts, edges["left"].to_numpy(), edges["jaccard"].to_numpy(), settled, foe_starts, foes, canonical, likeness
    )
    return canonical, likeness


def _foes(n: int, apart: pl.DataFrame | None) -> tuple[I64, I64]:
    """(starts, rows): those from which row i is apart are `rows[starts[i]:starts[i + 1]]`."""
    if apart is None or apart.is_empty():
        return np.zeros(n + 1, np.int64), np.zeros(0, np.int64)
    both = pl.concat([apart.select("left", "right"), apart.select(left="right", right="left")]).sort("left", "right")
    return np.searchsorted(both["left"].to_numpy(), np.arange(n + 1)), both["right"].to_numpy()


_ROWS = "Array(int64, 1, 'C', readonly=True)"


@njit(
    f"void({_ROWS}, {_ROWS}, Array(float64, 1, 'C', readonly=True), {_ROWS}, {_ROWS}, {_ROWS}, int64[::1],"
    " float64[::1])"
)
def _choose(
    starts: Any, better: Any, jaccard: Any, settled: Any, foe_starts: Any, foes: Any, canonical: Any, likeness: Any
) -> None:
    """`better[starts[i]:starts[i + 1]]` are the rows ranked before row i that it resembles."""
    for row in range(canonical.size):
        if settled[row] >= 0:
            continue
        for edge in range(starts[row], starts[row + 1]):
            leads = canonical[better[edge]] == better[edge]
            for foe in range(foe_starts[row], foe_starts[row + 1]):
                leads = leads and canonical[foes[foe]] != better[edge]
            if leads and (canonical[row] == row or jaccard[edge] > likeness[row]):
                canonical[row] = better[edge]
                likeness[row] = jaccard[edge]


def canonical_reason() -> pl.Expr:
    """Aggregate a group (added_at, date, n_words; by rank) to the rule that made its first row canonical.

    It is the first rule by which no other row of the group equals that one.
    """
    same_batch = pl.col("added_at").slice(1).eq_missing(pl.col("added_at").first())
    same_date = same_batch & pl.col("date").slice(1).eq_missing(pl.col("date").first())
    same_length = same_date & (pl.col("n_words").slice(1) == pl.col("n_words").first())
    return (
        pl.when(~same_batch.any())
        .then(pl.lit(EARLIER_BATCH))
        .when(~same_date.any())
        .then(pl.lit(EARLIEST))
        .when(~same_length.any())
        .then(pl.lit(FULLEST))
        .otherwise(pl.lit(LOWEST_ID))
    )
