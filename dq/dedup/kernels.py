# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""The compiled way from a text's words to its shingles and signature.

A shingle is known by a polynomial of its words' hashes, finalized by MurmurHash3; a signature has the least value of
each permutation over the shingles. Texts and folding lie as in `dq.word_kernels`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.compiled import njit
from dq.word_kernels import BASE, I64, TEXTS, U32, U64, fold_words, mix_64

_MIX_32 = (np.uint32(16), np.uint32(13), np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35))
_NO_HASH = np.uint32(0xFFFFFFFF)  # datasketch's value of an empty signature
_FEW_WORDS = 1024  # scratch to begin with; it grows with the longest text


@njit()
def _mix_32(value: Any) -> Any:
    """MurmurHash3's finalizer for 32 bits; numba widens each product, hence the casts."""
    outer, inner, first, second = _MIX_32
    value = np.uint32((value ^ (value >> outer)) * first)
    value = np.uint32((value ^ (value >> inner)) * second)
    return np.uint32(value ^ (value >> outer))


@njit()
def _shingles(words: Any, n_words: Any, size: Any, out: Any) -> Any:
    """The number of shingles of `size` words; their hashes, in text order, go to `out`."""
    if n_words < size:
        return 0
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= BASE
    rolling = np.uint64(0)
    for at in range(n_words):
        if at >= size:
            rolling -= words[at - size] * top
        rolling = rolling * BASE + words[at]
        if at >= size - 1:
            out[at - size + 1] = mix_64(rolling)
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


@njit(f"void({TEXTS}, {I64}, int64, int64, int64, {U32}, {U32}, {I64}, uint64[::1], int64[::1], uint32[:, ::1])")
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
        n_words, _ = fold_words(data, begin, end, single, fold_offsets, fold_points, words)
        if n_words > words.size:
            words = np.empty(n_words, np.uint64)
            shingles = np.empty(n_words, np.uint64)
            mixed = np.empty(n_words, np.uint32)
            fold_words(data, begin, end, single, fold_offsets, fold_points, words)
        n_shingles = _shingles(words, n_words, size, shingles)
        if i < signatures.shape[0]:
            _sign(shingles, n_shingles, mixed, factors, terms, signatures[i])
        if i < set_sizes.size:
            set_sizes[i] = _distinct(shingles, n_shingles, sets[starts[i] :])


@njit(f"void(uint64[::1], {I64}, {I64})")
def close_gaps(sets: Any, starts: Any, set_sizes: Any) -> None:
    """Move the sets that `fingerprint` made together, in place and in order."""
    place = 0
    for i in range(starts.size):
        for at in range(starts[i], starts[i] + set_sizes[i]):
            sets[place] = sets[at]
            place += 1


@njit(f"void({U64}, {I64}, int64, int64, int64, {U32}, {U32}, {I64}, uint64[::1], int64[::1], uint32[:, ::1])")
def fingerprint_words(
    words: Any, word_starts: Any, first: Any, last: Any,
    size: Any, factors: Any, terms: Any, starts: Any, sets: Any, set_sizes: Any, signatures: Any,
) -> None:  # fmt: skip
    """As `fingerprint`, for texts whose words are known: `words[word_starts[i]:word_starts[i + 1]]`."""
    longest = 0
    for i in range(first, last):
        longest = max(longest, word_starts[i + 1] - word_starts[i])
    shingles = np.empty(longest, np.uint64)
    mixed = np.empty(longest, np.uint32)
    for i in range(first, last):
        own = words[word_starts[i] : word_starts[i + 1]]
        n_shingles = _shingles(own, own.size, size, shingles)
        _sign(shingles, n_shingles, mixed, factors, terms, signatures[i])
        set_sizes[i] = _distinct(shingles, n_shingles, sets[starts[i] :])
