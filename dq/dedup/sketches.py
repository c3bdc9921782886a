"""What is kept of each text for comparing it: its words, its shingles and its signature, all as hashes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import polars as pl

from dq.compiled import over_ranges
from dq.dedup import kernels
from dq.dedup.corpus import Spool
from dq.dedup.minhash import permutations
from dq.dedup.shingles import ShingleSets
from dq.fold import fold_char
from dq.texts import I64, U32, U64, measure, texts_of, words_of


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sketches:
    """Of text i: words `words[word_starts[i]:word_starts[i + 1]]`, their hash `keys[i]`, `sets[i]`, `signatures[i]`."""

    words: U64
    word_starts: I64
    keys: U64
    sets: ShingleSets
    signatures: U32

    @property
    def n_words(self) -> I64:
        """Folded words of each text."""
        return np.diff(self.word_starts)


def sketch(
    chunks: Iterable[pl.Series],
    *,
    shingle_words: int,
    n_permutations: int,
    threads: int = 0,
    folding: Callable[[str], str] = fold_char,
) -> Sketches:
    """Sketches of the texts in `chunks`, in order; with no permutations, signatures have no columns.

    A text with fewer words than a shingle has an empty set, and a signature in which every value is 2^32 - 1.
    """
    words, sets, signatures = Spool(np.uint64), Spool(np.uint64), Spool(np.uint32, max(n_permutations, 1))
    n_words, keys, set_sizes = Spool(np.int64), Spool(np.uint64), Spool(np.int64)
    for chunk in chunks:
        texts = texts_of(chunk, folding)
        lengths, chunk_keys = measure(texts, threads=threads)
        hashes, starts = words_of(texts, np.arange(len(texts)), lengths, threads=threads)
        flat, sizes, signed = _of_words(hashes, starts, shingle_words, n_permutations, threads)
        for spool, part in (
            (n_words, lengths),
            (keys, chunk_keys),
            (words, hashes),
            (sets, flat),
            (set_sizes, sizes),
            (signatures, signed),
        ):
            spool.append(part)
    return Sketches(
        words=words.array(),
        word_starts=_starts(n_words.array()),
        keys=keys.array(),
        sets=ShingleSets(flat=sets.array(), starts=_starts(set_sizes.array())),
        signatures=signatures.array()[:, :n_permutations],
    )


def _of_words(words: U64, starts: I64, shingle_words: int, n_permutations: int, threads: int) -> tuple[U64, I64, U32]:
    """(shingle sets end to end, their sizes, signatures) of texts whose words are known."""
    factors, terms = permutations(n_permutations)
    n_shingles = np.maximum(np.diff(starts) - shingle_words + 1, 0)
    set_starts = np.cumsum(n_shingles) - n_shingles
    sets, sizes = np.empty(n_shingles.sum(), np.uint64), np.zeros(len(n_shingles), np.int64)
    signatures = np.empty((len(n_shingles), n_permutations), np.uint32)

    def run(first: int, last: int) -> None:
        kernels.fingerprint_words(
            words, starts, first, last, shingle_words, factors, terms, set_starts, sets, sizes, signatures
        )

    over_ranges(run, len(sizes), threads)
    kernels.close_gaps(sets, set_starts, sizes)
    return sets[: sizes.sum()], sizes, signatures


def _starts(lengths: I64) -> I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
