from collections import Counter

import numpy as np
import polars as pl
import pytest

from dq.dedup.lsh import pairs_of
from dq.dedup.minhash import shingle_sets
from dq.dedup.rarity import commonness, nothing_common, sharing_pairs
from dq.texts import measure, texts_of


def sets_of(texts):
    column = texts_of(pl.Series(texts))
    return shingle_sets(column, np.arange(len(texts)), measure(column)[0], shingle_words=5)


@pytest.fixture
def frames(story):
    """Thirty bulletins: one frame of 60 words, 40 words of their own."""
    frame = story(900, 60)
    return [f"{frame} {story(seed, 40)}" for seed in range(30)]


def test_counts_are_how_many_texts_hold_a_shingle(frames, story):
    sets = sets_of([*frames, story(1), ""])
    common = commonness(sets, limit=20)
    held = Counter(sets.flat.tolist())
    assert common.is_rare(sets.flat).tolist() == [held[shingle] <= 20 for shingle in sets.flat.tolist()]
    assert common.rare_sizes.tolist() == [40] * 30 + [76, 0]


def test_where_nothing_is_common_all_shingles_count(frames):
    sets = sets_of(frames)
    common = nothing_common(sets)
    assert common.is_rare(sets.flat).all()
    assert common.rare_sizes.tolist() == sets.sizes.tolist()


def test_a_short_text_in_a_long_one_is_found_and_a_shared_frame_is_not(frames, story):
    wire = story(500, 60)
    texts = [*frames, wire, f"{story(501, 800)} {wire} {story(502, 800)}"]
    sets = sets_of(texts)
    pairs = pairs_of(sharing_pairs(sets, commonness(sets, limit=20), min_shared=16, min_share=0.25))
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([30], [31])


def test_too_small_an_overlap_is_not_worth_comparing(story):
    shared = story(1, 12)
    sets = sets_of([f"{shared} {story(2, 300)}", f"{shared} {story(3, 300)}"])
    assert len(sharing_pairs(sets, commonness(sets, limit=20), min_shared=16, min_share=0.25)) == 0


def test_no_texts():
    sets = sets_of([""])
    common = commonness(sets, limit=20)
    assert common.rare_sizes.tolist() == [0]
    assert len(sharing_pairs(sets, common, min_shared=1, min_share=0.1)) == 0
