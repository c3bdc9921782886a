"""What the search misses, measured: articles drawn from the batch, each compared with every other one.

The search compares only pairs that meet in the LSH, share uncommon shingles or have one address. The audit draws some
articles and counts, shingle by shingle, what each shares with all others; whatever pair shares anything is compared
exactly, by the same rules. So it tells the recall of the search (found of all copies) and the precision of its
candidates (copies of all pairs compared); what was found is compared exactly anyway.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.dedup.corpus import blocks, release
from dq.dedup.lsh import Pairs, key_of, pairs_of
from dq.dedup.shingles import ShingleSets
from dq.texts import I64, U64

SETS_AT_ONCE = 20_000
"""Sets that are gone through before the memory that they took is let go."""
FILTER_BITS = 24
"""So many first bits of a drawn shingle's hash, and fewer for few, pass over nearly all others without a search."""
NO_NODE = -1


def draw(keys: U64, eligible: I64, n: int) -> I64:
    """At most `n` of the nodes `eligible`, those whose texts have the lowest keys, in whatever order they came.

    >>> draw(np.array([7, 3, 5], np.uint64), np.array([0, 1, 2]), 2).tolist()
    [1, 2]
    """
    return np.sort(eligible[np.argsort(keys[eligible], kind="stable")[:n]])


def sharing(sets: ShingleSets, rows: I64, drawn: I64) -> Pairs:
    """Every pair of a drawn node and another one that share a shingle (left < right, each once).

    Node i has the set `rows[i]`.
    """
    shingles = np.concatenate([np.empty(0, np.uint64), *(sets[row] for row in rows[drawn])])
    order = np.argsort(shingles, kind="stable")
    held = shingles[order], np.repeat(drawn, sets.sizes[rows[drawn]])[order]
    node_of = np.full(len(sets), NO_NODE)
    node_of[rows] = np.arange(len(rows))
    starts = _starts(held[0])
    met = [_met(sets, block, node_of, held, starts) for block in blocks(len(sets), SETS_AT_ONCE)]
    return pairs_of(*met)


def _starts(shingles: U64) -> npt.NDArray[np.bool_]:
    """With which first bits any of the shingles starts: a table of a power of two."""
    bits = min(FILTER_BITS, max(8, (32 * len(shingles)).bit_length()))
    starts = np.zeros(1 << bits, np.bool_)
    starts[shingles >> np.uint64(64 - bits)] = True
    return starts


def _met(sets: ShingleSets, block: slice, node_of: I64, held: tuple[U64, I64], starts: npt.NDArray[np.bool_]) -> U64:
    """Keys of the pairs of a drawn node and a node in `block`; `held` are shingles in order, and who holds each."""
    shingles, holders = held
    start = sets.starts[block.start]
    flat = sets.flat[start : sets.starts[block.stop]]
    places = np.flatnonzero(starts[flat >> np.uint64(65 - len(starts).bit_length())])
    first, last = (np.searchsorted(shingles, flat[places], side) for side in ("left", "right"))
    node = node_of[np.searchsorted(sets.starts, places + start, "right") - 1]
    n = np.where(node == NO_NODE, 0, last - first)
    ends = np.cumsum(n)
    holder = holders[np.arange(n.sum()) - np.repeat(ends - n, n) + np.repeat(first, n)]
    other = np.repeat(node, n)
    release(sets.flat)
    apart = holder != other
    return np.unique(key_of(holder[apart], other[apart]))


def tally(n_nodes: int, drawn: I64, *, copies: pl.DataFrame, found: pl.DataFrame, compared: I64) -> pl.DataFrame:
    """One row a drawn node: node, copies (of all pairs), found (of these), compared (pairs that the search compared).

    `copies` and `found` hold pairs of nodes as left and right; `compared` counts pairs by node.
    """
    both = copies.join(found, on=["left", "right"], how="semi")
    counts = {name: _by_node(frame, n_nodes)[drawn] for name, frame in (("copies", copies), ("found", both))}
    return pl.DataFrame({"node": drawn, **counts, "compared": compared[drawn]})


def _by_node(pairs: pl.DataFrame, n_nodes: int) -> I64:
    ends = np.concatenate([pairs["left"].to_numpy(), pairs["right"].to_numpy()])
    return np.bincount(ends, minlength=n_nodes)
