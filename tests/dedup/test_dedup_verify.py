import difflib

import numpy as np
import polars as pl
import pytest

from dq import fold
from dq.dedup.lsh import Pairs
from dq.dedup.minhash import shingle_sets
from dq.dedup.rarity import commonness, nothing_common
from dq.dedup.verify import accepted, compare, least_share, least_shared, longest_shared_runs, relation
from dq.options import DedupOptions
from dq.texts import measure, texts_of, words_of

OPTIONS = DedupOptions()


def sets_of(texts):
    column = texts_of(pl.Series(texts))
    return shingle_sets(column, np.arange(len(texts)), measure(column)[0], shingle_words=5)


def all_pairs(n):
    left, right = np.triu_indices(n, 1)
    return Pairs(left, right)


def shingles(text):
    words = fold.words(text)
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def test_overlaps_are_those_of_python_sets(story, edited):
    base = story(1, 60)
    texts = [base, edited(base, 7), edited(base, 30), f"{base} {story(2, 50)}", "too short", ""]
    rows = compare(sets_of(texts), all_pairs(len(texts)), nothing_common(sets_of(texts)), threads=2)
    for row in rows.iter_rows(named=True):
        a, b = shingles(texts[row["left"]]), shingles(texts[row["right"]])
        assert row["shared"] == row["shared_rare"] == len(a & b)
        assert row["jaccard"] == pytest.approx(len(a & b) / (len(a | b) or 1))
        assert row["containment_left"] == pytest.approx(len(a & b) / (len(a) or 1))
        assert row["containment_right"] == pytest.approx(len(a & b) / (len(b) or 1))


def test_common_shingles_are_counted_apart(story):
    frame = story(1, 50)
    sets = sets_of([f"{frame} {story(seed, 50)}" for seed in range(10, 13)])
    row = compare(sets, Pairs(np.array([0]), np.array([1])), commonness(sets, limit=2)).row(0, named=True)
    assert (row["shared"], row["shared_rare"]) == (46, 0)
    assert (row["left_size"], row["left_rare"], row["right_rare"]) == (96, 50, 50)


RUNS = [
    ("", "", 0),
    ("a b c", "x y z", 0),
    ("a b c", "b", 1),
    ("a b c d e", "a b c d e", 5),
    ("x a b c y", "a b c a b", 3),
    ("a a a a a", "a a a", 3),
    ("a b a b a b c", "b a b c", 4),
]


def longest(texts):
    column = texts_of(pl.Series(texts))
    n_words, _ = measure(column)
    hashes, starts = words_of(column, np.arange(len(texts)), n_words)
    return longest_shared_runs(hashes, starts, all_pairs(len(texts)), threads=2).tolist()


@pytest.mark.parametrize(("left", "right", "expected"), RUNS)
def test_the_longest_shared_run(left, right, expected):
    assert longest([left, right]) == [expected]
    assert longest([right, left]) == [expected]


def test_the_longest_shared_run_is_difflibs():
    random = np.random.default_rng(3)
    texts = [" ".join(random.choice(list("abcd"), 40)) for _ in range(8)]
    pairs = all_pairs(8)
    expected = []
    for left, right in zip(pairs.left, pairs.right, strict=True):
        a, b = texts[left].split(), texts[right].split()
        expected.append(difflib.SequenceMatcher(None, a, b, autojunk=False).find_longest_match().size)
    assert longest(texts) == expected


def pair(shared, left, right, rare=None):
    """A pair's row; `rare` is (shared, left, right) of the uncommon shingles, all of them where not given."""
    shared_rare, left_rare, right_rare = rare or (shared, left, right)
    return {
        "jaccard": shared / (left + right - shared),
        "containment_left": shared / left,
        "containment_right": shared / right,
        "shared_rare": shared_rare,
        "left_rare": left_rare,
        "right_rare": right_rare,
    }


CASES = [
    ("two edits of one story", pair(80, 120, 120), True, "near"),
    ("heavily edited", pair(60, 200, 200), True, "near"),
    ("a few words in common", pair(8, 200, 200), False, None),
    ("wire in a long article", pair(60, 60, 900), True, "contained_in"),
    ("long article around a wire", pair(60, 900, 60), True, "contains"),
    ("half of a wire in a long article", pair(40, 70, 600), True, "contained_in"),
    ("a short text, half of it in a long one", pair(10, 15, 300), False, None),
    ("one template", pair(100, 160, 160, rare=(0, 60, 60)), False, None),
    ("one template, filled in with the same", pair(140, 160, 160, rare=(40, 60, 60)), True, "near"),
    ("one text that thirty hosts edited", pair(150, 170, 170, rare=(0, 20, 20)), True, "near"),
    ("a short text but for a word", pair(9, 11, 11), True, "near"),
]


@pytest.mark.parametrize(("row", "taken", "name"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_decision(row, taken, name):
    frame = pl.DataFrame([row]).select(taken=accepted(OPTIONS), name=relation(OPTIONS))
    assert frame["taken"].item() == taken
    if taken:
        assert frame["name"].item() == name


def test_what_candidates_must_share_follows_from_what_is_accepted():
    assert least_shared(OPTIONS) == 16
    assert least_shared(DedupOptions(min_shared_words=1)) == 1
    assert least_share(OPTIONS) == pytest.approx(0.3 / 1.15)
    assert least_share(DedupOptions(min_containment=0.1)) == pytest.approx(0.1)
