import gzip
import itertools

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from dq.ingest.streams import BrokenStreamError, head, lines, peek, read_blocks

TEXT = b"".join(b"line %d of a file\n" % number for number in range(5000))
PACK = {"gz": gzip.compress, "zst": zstandard.compress}


@pytest.fixture(params=["gz", "zst"])
def compression(request):
    return request.param


def test_plain_files_come_as_they_are(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT)
    assert b"".join(read_blocks(path)) == TEXT


def test_all_members_of_a_compressed_file_are_read(tmp_path, compression):
    path = tmp_path / "a"
    path.write_bytes(PACK[compression](TEXT) + PACK[compression](b"tail") + bytes(100))
    assert b"".join(read_blocks(path, compression)) == TEXT + b"tail"


def test_an_empty_compressed_file_is_empty(tmp_path, compression):
    path = tmp_path / "a"
    path.write_bytes(b"")
    assert list(read_blocks(path, compression)) == []


@pytest.mark.parametrize("cut", [3, 40, 400])
def test_what_stands_before_a_cut_comes_before_the_error(tmp_path, compression, cut):
    path = tmp_path / "a"
    path.write_bytes(PACK[compression](TEXT[:1000]) + PACK[compression](TEXT)[:-cut])
    got = []
    with pytest.raises(BrokenStreamError, match="end too early"):
        got.extend(read_blocks(path, compression))
    assert b"".join(got).startswith(TEXT[:1000])


def test_damaged_data_are_told(tmp_path, compression):
    path = tmp_path / "a"
    path.write_bytes(b"this was never compressed, whatever its name says")
    with pytest.raises(BrokenStreamError, match=f"damaged {compression} data"):
        list(read_blocks(path, compression))


def test_a_file_that_cannot_be_opened_is_told_without_its_path(tmp_path):
    with pytest.raises(BrokenStreamError, match="No such file") as caught:
        list(read_blocks(tmp_path / "nowhere"))
    assert str(tmp_path) not in str(caught.value)


def test_a_bomb_is_left_after_the_limit(tmp_path, compression):
    path = tmp_path / "bomb"
    path.write_bytes(PACK[compression](bytes(200_000_000)))
    assert len(head(read_blocks(path, compression), 1001)) == 1001


@given(
    text=st.lists(st.binary(max_size=12).map(lambda part: part.replace(b"\n", b""))).map(b"\n".join),
    cuts=st.lists(st.integers(0, 100)),
)
def test_lines_do_not_depend_on_blocks(text, cuts):
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    blocks = [text[start:end] for start, end in itertools.pairwise(edges)]
    expected = text.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert list(lines(blocks, 100)) == expected


@given(lengths=st.lists(st.integers(0, 9)), limit=st.integers(0, 9))
def test_of_lines_above_the_limit_the_length_is_told(lengths, limit):
    text = b"".join(b"x" * length + b"\n" for length in lengths)
    assert list(lines([text], limit)) == [b"x" * length if length <= limit else length for length in lengths]


def test_peek_gives_the_start_and_the_rest():
    start, rest = peek([b"ab", b"cd", b"ef"], 3)
    assert (start, list(rest)) == (b"abcd", [b"ef"])


def test_peek_puts_a_break_after_the_start():
    def breaking():
        yield b"ab"
        raise BrokenStreamError("broken")

    start, rest = peek(breaking(), 100)
    assert start == b"ab"
    with pytest.raises(BrokenStreamError):
        next(rest)
