# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""The compiled way of a text to its words, in one pass over its UTF-8 bytes: code points, folded letters, word hashes.

Texts lie end to end in one buffer, as Arrow keeps them: text `i` is `data[offsets[i]:offsets[i + 1]]`. The folding
comes as the arrays of `dq.fold.table`. A word is known by a 64-bit hash of its folded code points (FNV-1a, then the
finalizer of MurmurHash3). Arithmetic is modulo 2^64 throughout: every constant is typed, because numba would turn a
mixture of signed and unsigned into floats.

Sources: http://www.isthe.com/chongo/tech/comp/fnv (FNV-1a), https://github.com/aappleby/smhasher (MurmurHash3).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.compiled import njit

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX_64 = (np.uint64(33), np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
BASE = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd: the variable of the shingles' polynomial
_SPACE = np.uint32(32)
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0  # the first byte of a longer code point, in UTF-8 (RFC 3629)
_BLANKS = (
    (0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680),
    (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
)  # fmt: skip  # white space, as Python's str.isspace has it

SEVERAL, NOTHING = np.uint32(0xFFFFFFFE), np.uint32(0xFFFFFFFF)
"""What `single` says of code points that do not fold to just one: look into the folding's arrays, or skip them."""

# Types of the arguments, in numba's notation: what a kernel only reads may be read-only, as Arrow's buffers are.
BYTES = "Array(uint8, 1, 'C', readonly=True)"
I32 = "Array(int32, 1, 'C', readonly=True)"
I64 = "Array(int64, 1, 'C', readonly=True)"
U32 = "Array(uint32, 1, 'C', readonly=True)"
U64 = "Array(uint64, 1, 'C', readonly=True)"
TEXTS = f"{BYTES}, {I64}, {U32}, {I32}, {U32}"


@njit()
def mix_64(value: Any) -> Any:
    shift, first, second = _MIX_64
    value = (value ^ (value >> shift)) * first
    value = (value ^ (value >> shift)) * second
    return value ^ (value >> shift)


@njit()
def decode(data: Any, at: Any) -> Any:
    """(code point, index of the next one) at `data[at]`; the bytes are known to be valid UTF-8."""
    byte = np.int64(data[at])
    if byte < _TWO_BYTES:
        return byte, at + 1
    if byte < _THREE_BYTES:
        return ((byte & 0x1F) << 6) | (data[at + 1] & 0x3F), at + 2
    if byte < _FOUR_BYTES:
        return ((byte & 0x0F) << 12) | ((data[at + 1] & 0x3F) << 6) | (data[at + 2] & 0x3F), at + 3
    high = ((byte & 0x07) << 18) | ((data[at + 1] & 0x3F) << 12)
    return high | ((data[at + 2] & 0x3F) << 6) | (data[at + 3] & 0x3F), at + 4


@njit()
def fold_words(data: Any, first: Any, last: Any, single: Any, fold_offsets: Any, fold_points: Any, words: Any) -> Any:
    """(number of words, hash of all of them in order) of the text; their hashes go to `words`, as far as it reaches.

    The loop takes one folded code point at a time: the next one of several to which the last character folded, else
    what the next character folds to. Outside of words, `word` is _FNV_OFFSET.
    """
    n_words, word, key = 0, _FNV_OFFSET, _FNV_OFFSET
    at, place, end = first, np.int64(0), np.int64(0)
    while at < last or place < end:
        if place < end:
            point = fold_points[place]
            place += 1
        else:
            code, at = decode(data, at)
            point = single[code]
            if point >= SEVERAL:
                if point == SEVERAL:
                    place, end = np.int64(fold_offsets[code]), np.int64(fold_offsets[code + 1])
                continue
        if point != _SPACE:
            word = (word ^ np.uint64(point)) * _FNV_PRIME
        elif word != _FNV_OFFSET:
            n_words, key = _end_word(word, n_words, key, words)
            word = _FNV_OFFSET
    if word != _FNV_OFFSET:
        n_words, key = _end_word(word, n_words, key, words)
    return n_words, mix_64(key)


@njit()
def _end_word(word: Any, n_words: Any, key: Any, words: Any) -> Any:
    word = mix_64(word)
    if n_words < words.size:
        words[n_words] = word
    return n_words + 1, (key ^ word) * BASE


@njit(f"void({BYTES}, boolean[::1])")
def byte_pairs(data: Any, seen: Any) -> None:
    """Set `seen[256 * a + b]` where byte b follows byte a: without a branch, five times as fast as decoding."""
    for at in range(data.size - 1):
        seen[(np.int64(data[at]) << 8) | data[at + 1]] = True


@njit(f"void({TEXTS}, int64, int64, int64[::1], uint64[::1])")
def measure(
    data: Any,
    offsets: Any,
    single: Any,
    fold_offsets: Any,
    fold_points: Any,
    first: Any,
    last: Any,
    n_words: Any,
    keys: Any,
) -> None:
    """Number of words and hash of the folded text, for texts `first` to `last` (excluded)."""
    nowhere = np.empty(0, np.uint64)
    for text in range(first, last):
        n_words[text], keys[text] = fold_words(
            data, offsets[text], offsets[text + 1], single, fold_offsets, fold_points, nowhere
        )


@njit(f"void({TEXTS}, {I64}, int64, int64, {I64}, uint64[::1])")
def hash_words(
    data: Any,
    offsets: Any,
    single: Any,
    fold_offsets: Any,
    fold_points: Any,
    texts: Any,
    first: Any,
    last: Any,
    starts: Any,
    out: Any,
) -> None:
    """Word hashes of `texts[first:last]`; those of `texts[i]` go to `out[starts[i]:starts[i + 1]]`, which they fill."""
    for i in range(first, last):
        text = texts[i]
        place = out[starts[i] : starts[i + 1]]
        fold_words(data, offsets[text], offsets[text + 1], single, fold_offsets, fold_points, place)


@njit()
def _is_blank(code: Any) -> Any:
    for first, last in _BLANKS:  # noqa: SIM110  # numba unrolls this
        if first <= code <= last:
            return True
    return False


@njit(f"void({TEXTS}, {I64}, int64, int64, {I64}, int64[::1], int64[::1])")
def word_spans(  # noqa: C901  # one pass
    data: Any,
    offsets: Any,
    single: Any,
    fold_offsets: Any,
    fold_points: Any,
    texts: Any,
    first: Any,
    last: Any,
    starts: Any,
    begins: Any,
    ends: Any,
) -> None:
    """First character of each word of `texts[first:last]`, and the one behind its last, from `starts[i]` on.

    Punctuation between a word and the nearest white space belongs to it, on both sides.
    """
    for i in range(first, last):
        at, stop = offsets[texts[i]], offsets[texts[i] + 1]
        word, char = starts[i], np.int64(0)
        inside, solid = False, np.int64(0)  # where the stretch without white space began, or the last word ended
        while at < stop:
            code, at = decode(data, at)
            point = single[code]
            n_points, place = np.int64(1), np.int64(0)
            if point == SEVERAL:
                place, n_points = np.int64(fold_offsets[code]), np.int64(fold_offsets[code + 1] - fold_offsets[code])
            elif point == NOTHING:
                n_points = np.int64(0)
            lettered = False
            for step in range(n_points):
                folded = fold_points[place + step] if point == SEVERAL else point
                if folded == _SPACE:
                    if inside:
                        word += 1
                    inside = False
                elif not inside:
                    inside = True
                    begins[word] = solid
                if inside:
                    ends[word] = char + 1
                    lettered = True
            char += 1
            if lettered or _is_blank(code):
                solid = char
            elif inside:
                ends[word] = char
            elif word > starts[i] and ends[word - 1] == char - 1:
                ends[word - 1] = char
