import numpy as np
import polars as pl
import pytest

from dq.dedup import corpus as module
from dq.dedup.corpus import Corpus, Spool, blocks, release
from dq.dedup.minhash import fingerprints
from dq.dedup.sketches import sketch
from dq.errors import TableError
from dq.texts import measure, texts_of

TEXTS = ["واحد اثنان ثلاثة أربعة خمسة ستة", None, "one two three four five", "", "新闻 a½b!", "x"] * 5


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "READ_ROWS", 11)
    monkeypatch.setattr(module, "CHUNK_ROWS", 4)
    monkeypatch.setattr(module, "SPILL_BYTES", 64)


@pytest.fixture(params=["in memory", "in a file"])
def corpus(request, tmp_path, small_parts):
    frame = pl.DataFrame({"text": TEXTS, "other": range(30)})
    if request.param == "in memory":
        return Corpus(frame)
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=7)
    return Corpus(pl.scan_parquet(tmp_path / "t.parquet"))


def test_texts_come_in_order_whatever_holds_them(corpus):
    parts = list(corpus.chunks())
    assert max(map(len, parts)) <= 4
    assert pl.concat(parts).to_list() == [text or "" for text in TEXTS]


def test_some_texts_are_read_alone(corpus):
    rows = np.array([2, 3, 17, 29])
    expected = [TEXTS[row] or "" for row in rows]
    wanted = np.zeros(len(TEXTS), np.bool_)
    wanted[rows] = True
    assert pl.concat(list(corpus.chunks(wanted))).to_list() == expected
    assert corpus.gather(rows).to_list() == expected
    assert corpus.gather(np.empty(0, np.int64)).to_list() == []


def test_sketches_do_not_depend_on_the_parts(corpus):
    made = sketch(corpus.chunks(), shingle_words=3, n_permutations=16)
    texts = texts_of(pl.Series(TEXTS))
    n_words, keys = measure(texts)
    signatures, sets = fingerprints(texts, np.arange(len(texts)), n_words, shingle_words=3, n_permutations=16)
    assert made.n_words.tolist() == n_words.tolist()
    assert made.keys.tolist() == keys.tolist()
    assert made.signatures.tolist() == signatures.tolist()
    assert made.sets.flat.tolist() == sets.flat.tolist()
    assert made.sets.starts.tolist() == sets.starts.tolist()


def test_texts_that_cannot_be_read_to_their_end_are_told(tmp_path):
    file = tmp_path / "t.parquet"
    pl.DataFrame({"text": [f"some text {at}" * 9 for at in range(5000)]}).write_parquet(file, compression="zstd")
    whole = bytearray(file.read_bytes())
    whole[200:400] = b"\xff" * 200
    file.write_bytes(bytes(whole))
    with pytest.raises(TableError, match="cannot be read to their end"):
        list(Corpus(pl.scan_parquet(file)).chunks())


@pytest.mark.parametrize("n_parts", [0, 1, 3, 40])
def test_a_spool_holds_what_it_was_given(small_parts, n_parts):
    parts = [np.arange(at, at + 6, dtype=np.uint32).reshape(3, 2) for at in range(n_parts)]
    spool = Spool(np.uint32, 2)
    for part in parts:
        spool.append(part)
    array = spool.array()
    assert isinstance(array, np.memmap) == (n_parts > 2)
    release(array)
    assert array.tolist() == [row for part in parts for row in part.tolist()]


def test_blocks_make_up_the_whole():
    assert [(block.start, block.stop) for block in blocks(7, 3)] == [(0, 3), (3, 6), (6, 7)]
    assert [(block.start, block.stop) for block in blocks(0, 3)] == [(0, 0)]
