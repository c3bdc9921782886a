"""Exact copies: texts whose folded words are the same, in the same order.

Copies are set aside before anything is compared, so that a text that came a thousand times costs as much as one that
came once. What remains, the different texts, are the nodes of all later comparisons, numbered in the order of the rows
that hold them first.
"""

from __future__ import annotations

import polars as pl

from dq.texts import I64, U64


def copies(n_words: I64, keys: U64, *, min_words: int) -> pl.DataFrame:
    """One row for each text of at least `min_words` words: row, node, nth, n_words, key.

    `nth` counts the rows of a node, from 0 for the first. Shorter texts have no node, and so resemble nothing, not even
    their equals.
    """
    rows = pl.DataFrame({"n_words": n_words, "key": keys}).with_row_index("row")
    return rows.filter(pl.col("n_words") >= max(1, min_words)).select(
        row=pl.col("row").cast(pl.Int64),
        node=pl.col("row").first().over("key").rank("dense").cast(pl.Int64) - 1,
        nth=pl.int_range(pl.len()).over("key"),
        n_words="n_words",
        key="key",
    )


def exact_pairs(held: pl.DataFrame, *, max_copies: int) -> pl.DataFrame:
    """Pairs of copies (left, right: rows; node): the first `max_copies` with one another, the others with the first."""
    spoken = held.filter(pl.col("nth") < max_copies).select("row", "node", "nth")
    first = spoken.filter(pl.col("nth") == 0)
    among = spoken.join(spoken, on="node").filter(pl.col("nth") < pl.col("nth_right"))
    further = first.join(held.filter(pl.col("nth") >= max_copies).select("row", "node", "nth"), on="node")
    return pl.concat([among, further]).select("node", left="row", right="row_right")


def spread(pairs: pl.DataFrame, held: pl.DataFrame, *, max_copies: int) -> pl.DataFrame:
    """`pairs` of nodes (left, right, ...) as pairs of rows: the first `max_copies` of one with those of the other."""
    spoken = held.filter(pl.col("nth") < max_copies)
    left, right = (
        spoken.select(pl.col("node").alias(side), pl.col("row").alias(f"{side}_row")) for side in ("left", "right")
    )
    rows = pairs.join(left, on="left").join(right, on="right").drop("left", "right")
    return rows.rename({"left_row": "left", "right_row": "right"})
