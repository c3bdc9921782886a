"""The kernels against plain Python that says the same."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq import fold
from dq.dedup.minhash import shingle_sets
from dq.texts import measure, texts_of, without_folding, words_of

MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15

TEXTS = [
    "",
    "   \n ",
    "one",
    "«القُدس» عاصمةُ فلسطين، والقـــدس لنا",
    "新闻网 News 报道：昨天发生了地震",
    "ﷺ ½ ﬁn — ß İstanbul",
    "a\u200fb c\u0000d 👍🏽 e",
    "نص طويل " * 50,
]


def mix(value: int) -> int:
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & MASK
    return value ^ value >> 33


def word_hash(word: str) -> int:
    value = 0xCBF29CE484222325
    for char in word:
        value = ((value ^ ord(char)) * 0x100000001B3) & MASK
    return mix(value)


def shingle_hashes(text: str, size: int) -> list[int]:
    words = [word_hash(word) for word in fold.words(text)]
    found = set()
    for at in range(len(words) - size + 1):
        value = 0
        for word in words[at : at + size]:
            value = (value * BASE + word) & MASK
        found.add(mix(value))
    return sorted(found)


def hashed(column: list[str | None], size: int = 5):
    texts = texts_of(pl.Series(column, dtype=pl.String))
    n_words, keys = measure(texts)
    return texts, n_words, keys, shingle_sets(texts, np.arange(len(column)), n_words, shingle_words=size)


def test_words_are_those_of_fold():
    texts, n_words, _, _ = hashed(TEXTS)
    hashes, starts = words_of(texts, np.arange(len(TEXTS)), n_words)
    for i, text in enumerate(TEXTS):
        assert hashes[starts[i] : starts[i + 1]].tolist() == [word_hash(word) for word in fold.words(text)]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_shingles_are_each_once_and_ascending(size):
    _, _, _, sets = hashed(TEXTS, size)
    assert [sets[i].tolist() for i in range(len(sets))] == [shingle_hashes(text, size) for text in TEXTS]


def test_rows_may_be_chosen_and_repeated():
    texts, n_words, _, sets = hashed(TEXTS)
    rows = np.array([7, 3, 7])
    chosen = shingle_sets(texts, rows, n_words[rows], shingle_words=5)
    assert [chosen[i].tolist() for i in range(3)] == [sets[row].tolist() for row in rows]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_text_at_all(column):
    _, n_words, keys, sets = hashed(column, 2)
    assert n_words.tolist() == [len(fold.words(text)) for text in column]
    assert [sets[i].tolist() for i in range(len(sets))] == [shingle_hashes(text, 2) for text in column]
    folded = [fold.words(text) for text in column]
    assert [[a == b for b in keys] for a in keys] == [[a == b for b in folded] for a in folded]


@pytest.mark.parametrize(
    ("column", "n_words"),
    [
        (pl.Series([], dtype=pl.String), []),
        (pl.Series([None, "a b"], dtype=pl.String), [0, 2]),
        (pl.Series(["x", "a b", "c"]).slice(1, 1), [2]),
        (pl.concat([pl.Series(["a"]), pl.Series(["b c"])], rechunk=False), [1, 2]),
    ],
)
def test_columns_of_any_layout(column, n_words):
    assert measure(texts_of(column))[0].tolist() == n_words


def test_threads_change_nothing():
    texts, n_words, _, sets = hashed(TEXTS * 20)
    one = shingle_sets(texts, np.arange(len(texts)), n_words, shingle_words=5, threads=1)
    many = shingle_sets(texts, np.arange(len(texts)), n_words, shingle_words=5, threads=7)
    assert one.flat.tolist() == many.flat.tolist() == sets.flat.tolist()


def test_without_folding_spellings_differ():
    folded = measure(texts_of(pl.Series(["الأمّة", "الامه"])))[1]
    written = measure(texts_of(pl.Series(["الأمّة", "الامه"]), without_folding))[1]
    assert folded[0] == folded[1]
    assert written[0] != written[1]
