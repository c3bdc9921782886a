# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""The compiled way of a text, in one pass over its UTF-8 bytes: code points, folded words, shingles, signature.

Texts lie end to end in one buffer, as Arrow keeps them: text `i` is `data[offsets[i]:offsets[i + 1]]`. The folding
comes as the arrays of `dq.fold.table`. A word is known by a 64-bit hash of its folded code points (FNV-1a, then the
finalizer of MurmurHash3), a shingle by a polynomial of its words' hashes, finalized in the same way. Arithmetic is
modulo 2^64 throughout: every constant is typed, because numba would turn a mixture of signed and unsigned into floats.

Sources: http://www.isthe.com/chongo/tech/comp/fnv (FNV-1a), https://github.com/aappleby/smhasher (MurmurHash3).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.dedup.compiled import njit

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX_64 = (np.uint64(33), np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_MIX_32 = (np.uint32(16), np.uint32(13), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))
_BASE = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd: the variable of the shingles' polynomial
_NO_HASH = np.uint32(0xFFFFFFFF)  # datasketch's value of an empty signature
_SPACE = np.uint32(32)
_FEW_WORDS = 1024  # scratch to begin with; it grows with the longest text
_TWO_BYTES, _THREE_BYTES, _FOUR_BYTES = 0xC0, 0xE0, 0xF0  # the first byte of a longer code point, in UTF-8 (RFC 3629)

SEVERAL, NOTHING = np.uint32(0xFFFFFFFE), np.uint32(0xFFFFFFFF)
"""What `single` says of code points that do not fold to just one: look into the folding's arrays, or skip them."""

# Types of the arguments, in numba's notation: what a kernel only reads may be read-only, as Arrow's buffers are.
_BYTES = "Array(uint8, 1, 'C', readonly=True)"
_I32 = "Array(int32, 1, 'C', readonly=True)"
_I64 = "Array(int64, 1, 'C', readonly=True)"
_U32 = "Array(uint32, 1, 'C', readonly=True)"
_TEXTS = f"{_BYTES}, {_I64}, {_U32}, {_I32}, {_U32}"


@njit()
def _mix_64(value: Any) -> Any:
    shift, first, second = _MIX_64
    value = (value ^ (value >> shift)) * first
    value = (value ^ (value >> shift)) * second
    return value ^ (value >> shift)


@njit()
def _mix_32(value: Any) -> Any:
    """MurmurHash3's finalizer for 32 bits; numba widens each product, hence the casts."""
    outer, inner, first, second = _MIX_32
    value = np.uint32((value ^ (value >> outer)) * first)
    value = np.uint32((value ^ (value >> inner)) * second)
    return np.uint32(value ^ (value >> outer))


@njit()
def _decode(data: Any, at: Any) -> Any:
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
def _fold_words(data: Any, first: Any, last: Any, single: Any, fold_offsets: Any, fold_points: Any, words: Any) -> Any:
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
            code, at = _decode(data, at)
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
    return n_words, _mix_64(key)


@njit()
def _end_word(word: Any, n_words: Any, key: Any, words: Any) -> Any:
    word = _mix_64(word)
    if n_words < words.size:
        words[n_words] = word
    return n_words + 1, (key ^ word) * _BASE


@njit()
def _shingles(words: Any, n_words: Any, size: Any, out: Any) -> Any:
    """The number of shingles of `size` words; their hashes, in text order, go to `out`."""
    if n_words < size:
        return 0
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= _BASE
    rolling = np.uint64(0)
    for at in range(n_words):
        if at >= size:
            rolling -= words[at - size] * top
        rolling = rolling * _BASE + words[at]
        if at >= size - 1:
            out[at - size + 1] = _mix_64(rolling)
    return n_words - size + 1


@njit()
def _sign(shingles: Any, n_shingles: Any, mixed: Any, factors: Any, terms: Any, signature: Any) -> None:
    """The least value of factor * mixed + term mod 2^32 over the shingles' low 32 bits: `affine32`."""
    for at in range(n_shingles):
        mixed[at] = _mix_32(np.uint32(shingles[at]))
    for row in range(factors.size):
        factor, term = factors[row], terms[row]
        least = _NO_HASH
        for at in range(n_shingles):
            least = min(least, np.uint32(factor * mixed[at] + term))
        signature[row] = least


@njit()
def _distinct(values: Any, n_values: Any, out: Any) -> Any:
    """The number of different values; they go to `out`, ascending. Sorts `values`."""
    values[:n_values].sort()
    n_distinct = 0
    for at in range(n_values):
        if at == 0 or values[at] != values[at - 1]:
            out[n_distinct] = values[at]
            n_distinct += 1
    return n_distinct


@njit(f"void({_BYTES}, boolean[::1])")
def byte_pairs(data: Any, seen: Any) -> None:
    """Set `seen[256 * a + b]` where byte b follows byte a: without a branch, five times as fast as decoding."""
    for at in range(data.size - 1):
        seen[(np.int64(data[at]) << 8) | data[at + 1]] = True


@njit(f"void({_TEXTS}, int64, int64, int64[::1], uint64[::1])")
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
        n_words[text], keys[text] = _fold_words(
            data, offsets[text], offsets[text + 1], single, fold_offsets, fold_points, nowhere
        )


@njit(f"void({_TEXTS}, {_I64}, int64, int64, {_I64}, uint64[::1])")
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
        _fold_words(data, offsets[text], offsets[text + 1], single, fold_offsets, fold_points, place)


@njit(f"void({_TEXTS}, {_I64}, int64, int64, int64, {_U32}, {_U32}, {_I64}, uint64[::1], int64[::1], uint32[:, ::1])")
def fingerprint(
    data: Any, offsets: Any, single: Any, fold_offsets: Any, fold_points: Any, texts: Any, first: Any, last: Any,
    size: Any, factors: Any, terms: Any, starts: Any, sets: Any, set_sizes: Any, signatures: Any,
) -> None:  # fmt: skip
    """Signatures and shingle sets of `texts[first:last]`, with `size` words in a shingle.

    Row i of `signatures` belongs to `texts[i]`; where it has no row, no signature is made. The shingles of `texts[i]`,
    each once, ascending, go to `sets` from `starts[i]` on, their number to `set_sizes[i]`; where `set_sizes` is empty,
    no set is made.
    """
    words = np.empty(_FEW_WORDS, np.uint64)
    shingles = np.empty(_FEW_WORDS, np.uint64)
    mixed = np.empty(_FEW_WORDS, np.uint32)
    for i in range(first, last):
        begin, end = offsets[texts[i]], offsets[texts[i] + 1]
        n_words, _ = _fold_words(data, begin, end, single, fold_offsets, fold_points, words)
        if n_words > words.size:
            words = np.empty(n_words, np.uint64)
            shingles = np.empty(n_words, np.uint64)
            mixed = np.empty(n_words, np.uint32)
            _fold_words(data, begin, end, single, fold_offsets, fold_points, words)
        n_shingles = _shingles(words, n_words, size, shingles)
        if i < signatures.shape[0]:
            _sign(shingles, n_shingles, mixed, factors, terms, signatures[i])
        if i < set_sizes.size:
            set_sizes[i] = _distinct(shingles, n_shingles, sets[starts[i] :])


@njit(f"void(uint64[::1], {_I64}, {_I64})")
def close_gaps(sets: Any, starts: Any, set_sizes: Any) -> None:
    """Move the sets that `fingerprint` made together, in place and in order."""
    place = 0
    for i in range(starts.size):
        for at in range(starts[i], starts[i] + set_sizes[i]):
            sets[place] = sets[at]
            place += 1
