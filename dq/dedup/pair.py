"""One pair of texts, taken apart: where their signatures meet, what they share, and why that makes it a copy or not."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl

from dq.dedup.corpus import Corpus
from dq.dedup.lsh import Pairs, choose_banding
from dq.dedup.passages import find_reuse
from dq.dedup.rarity import nothing_common
from dq.dedup.sketches import Sketches, sketch
from dq.dedup.verify import accepted, compare, least_shared, longest_shared_runs
from dq.options import DedupOptions
from dq.tables import TIMESTAMP
from dq.texts import without_folding


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """What two texts share: shares of folded shingles; `passages` are (text in the left one, words), longest first."""

    left_words: int
    right_words: int
    left_shingles: int
    right_shingles: int
    shared_shingles: int
    jaccard: float
    estimated_jaccard: float
    containment_left: float
    containment_right: float
    longest_shared_words: int
    bands: tuple[int, ...]
    n_bands: int
    rows_per_band: int
    passages: tuple[tuple[str, int], ...]
    alike: bool
    folded_only: bool
    decision: str


def overlap(left: str, right: str, options: DedupOptions) -> Overlap:
    """What `left` and `right` share; shingles that are common in their batch count here, for no batch is known."""
    texts = pl.DataFrame({"text": [left, right]})
    size = options.shingle_words
    both = sketch(Corpus(texts).chunks(), shingle_words=size, n_permutations=options.permutations)
    written = sketch(Corpus(texts).chunks(), shingle_words=size, n_permutations=0, folding=without_folding)
    pair = Pairs(np.array([0]), np.array([1]))
    shared, as_written = (
        compare(one.sets, pair, nothing_common(one.sets)).with_columns(accepted=accepted(options)).row(0, named=True)
        for one in (both, written)
    )
    banding = choose_banding(options.permutations, jaccard=options.candidate_jaccard, recall=options.candidate_recall)
    equal = (
        both.signatures[0] == both.signatures[1] if len(both.sets[0]) and len(both.sets[1]) else np.zeros(0, np.bool_)
    )
    used = equal[: banding.bands * banding.rows].reshape(-1, banding.rows)
    same = bool(both.keys[0] == both.keys[1] and both.n_words[0])
    alike = same or bool(shared["accepted"])
    return Overlap(
        left_words=int(both.n_words[0]),
        right_words=int(both.n_words[1]),
        left_shingles=shared["left_size"],
        right_shingles=shared["right_size"],
        shared_shingles=shared["shared"],
        jaccard=1.0 if same else shared["jaccard"],
        estimated_jaccard=float(equal.mean()) if len(equal) else 0.0,
        containment_left=1.0 if same else shared["containment_left"],
        containment_right=1.0 if same else shared["containment_right"],
        longest_shared_words=int(longest_shared_runs(both.words, both.word_starts, pair)[0]),
        bands=tuple(np.flatnonzero(used.all(axis=1)).tolist()),
        n_bands=banding.bands,
        rows_per_band=banding.rows,
        passages=_passages(texts, both, options),
        alike=alike,
        folded_only=alike and not (as_written["accepted"] or written.keys[0] == written.keys[1]),
        decision=_decision(shared, both.n_words.tolist(), options, same=same),
    )


def _passages(texts: pl.DataFrame, sketches: Sketches, options: DedupOptions) -> tuple[tuple[str, int], ...]:
    articles = texts.with_row_index("source").select(
        pl.col("source").cast(pl.Int64),
        id=pl.col("source").cast(pl.String),
        host=pl.lit(None, pl.String),
        added_at=pl.lit(None, TIMESTAMP),
    )
    reuse = find_reuse(articles, Corpus(texts), sketches, options).reuse
    longest_first = reuse.sort("n_words", "reuse_id", descending=[True, False])
    return tuple(longest_first.select("text", "n_words").iter_rows())


def _decision(  # noqa: PLR0911  # one rule after another
    shared: dict[str, float], n_words: list[int], options: DedupOptions, *, same: bool
) -> str:
    """The rule of `accepted` that the pair met first, or every one that it failed, with its numbers."""
    if min(n_words) < options.min_words:
        return f"one has {min(n_words)} words, fewer than {options.min_words} (min-words): too short to judge"
    if same:
        return "the folded words are the same, in the same order"
    jaccard, n_shared = shared["jaccard"], int(shared["shared"])
    contained = max(shared["containment_left"], shared["containment_right"])
    if jaccard >= options.near_jaccard:
        return f"Jaccard {jaccard:.2f} reaches {options.near_jaccard} (near-jaccard): nearly one text"
    if n_shared < least_shared(options):
        least = f"the {least_shared(options)} in {options.min_shared_words} words (min-shared-words)"
        return f"{n_shared} shared shingles, fewer than {least}"
    if jaccard >= options.min_jaccard:
        return f"Jaccard {jaccard:.2f} reaches {options.min_jaccard} (min-jaccard), over {n_shared} shared shingles"
    if contained >= options.min_containment:
        return f"containment {contained:.2f} reaches {options.min_containment} (min-containment)"
    return (
        f"Jaccard {jaccard:.2f} is below {options.min_jaccard} (min-jaccard), and containment {contained:.2f} below "
        f"{options.min_containment} (min-containment)"
    )
