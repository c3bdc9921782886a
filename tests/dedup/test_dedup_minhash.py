import datasketch
import numpy as np
import polars as pl
import pytest

from dq.dedup.minhash import fingerprints, permutations, signatures, to_lean_minhash
from dq.texts import measure, texts_of


def made(texts: list[str], n_permutations: int = 128, size: int = 5):
    column = texts_of(pl.Series(texts))
    n_words, _ = measure(column)
    return fingerprints(column, np.arange(len(texts)), n_words, shingle_words=size, n_permutations=n_permutations)


@pytest.mark.parametrize("n_permutations", [1, 7, 128, 256])
def test_signatures_are_datasketchs_bit_for_bit(story, n_permutations):
    texts = ["", "two words", story(1, 6), story(2, 400), "أعلن الرئيس أمس عن خطة جديدة لدعم الاقتصاد"]
    rows, sets = made(texts, n_permutations)
    for i in range(len(texts)):
        theirs = datasketch.MinHash(n_permutations, hashfunc=int)
        theirs.update_batch([int(shingle) & 0xFFFFFFFF for shingle in sets[i]])
        assert rows[i].dtype == theirs.hashvalues.dtype
        assert rows[i].tolist() == theirs.hashvalues.tolist()


def test_permutations_are_datasketchs():
    theirs = datasketch.MinHash(64).permutations
    ours = permutations(64)
    assert [array.tolist() for array in ours] == [array.tolist() for array in theirs]


def test_the_short_way_makes_the_same_signatures(story):
    texts = [story(seed, 30 * seed) for seed in range(6)]
    assert signatures(pl.Series(texts)).tolist() == made(texts)[0].tolist()
    assert signatures(pl.Series(texts), threads=5).tolist() == made(texts)[0].tolist()


def test_a_text_without_shingles_has_an_empty_signature():
    assert set(signatures(pl.Series(["", "only four words here"])).ravel().tolist()) == {0xFFFFFFFF}


def test_signatures_go_into_datasketchs_own_index(story, edited):
    base = story(1, 200)
    rows = signatures(pl.Series([base, edited(base, 40), story(2, 200)]))
    index = datasketch.MinHashLSH(threshold=0.5, num_perm=128)
    for name, row in zip("abc", rows, strict=True):
        index.insert(name, to_lean_minhash(row))
    assert sorted(index.query(to_lean_minhash(rows[0]))) == ["a", "b"]


def test_signatures_travel_as_datasketchs_bytes(story):
    lean = to_lean_minhash(signatures(pl.Series([story(3)]))[0])
    buffer = bytearray(lean.bytesize())
    lean.serialize(buffer)
    assert datasketch.LeanMinHash.deserialize(buffer) == lean


def test_agreement_estimates_jaccard(story, edited):
    base = story(5, 1000)
    rows, sets = made([base, edited(base, 12)], 1024)
    exact = len(np.intersect1d(sets[0], sets[1])) / len(np.union1d(sets[0], sets[1]))
    assert (rows[0] == rows[1]).mean() == pytest.approx(exact, abs=0.05)
