"""MinHash signatures, bit for bit those of datasketch 2's scheme `affine32`, computed straight from text.

Broder, "On the resemblance and containment of documents" (1997). datasketch hashes each shingle to 32 bits, mixes it
once with MurmurHash3's finalizer, and keeps, for each permutation, the least value of `factor * mixed + term` modulo
2^32. The only difference is the shingles' own hash: ours is the low half of the kernel's 64-bit hash, where
datasketch's default is SHA-1. Signatures can therefore go into datasketch's own indexes (`to_lean_minhash`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.compiled import over_ranges
from dq.dedup import kernels
from dq.dedup.shingles import ShingleSets
from dq.texts import I64, U32, U64, Texts, texts_of

if TYPE_CHECKING:
    from datasketch import LeanMinHash

SEED = 1
"""datasketch's default seed: signatures of one seed can be compared with one another only."""


def permutations(n: int, seed: int = SEED) -> tuple[U32, U32]:
    """(factors, terms) of `n` permutations, as `datasketch.MinHash(n, seed)` draws them; the factors are odd."""
    generator = np.random.RandomState(seed)  # datasketch's generator, to draw the same numbers
    factors = generator.randint(0, 1 << 31, n, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    terms = generator.randint(0, 1 << 32, n, dtype=np.uint32)
    return factors, terms


def fingerprints(  # noqa: PLR0913  # what to read, and how; the lengths are known to every caller
    texts: Texts, rows: I64, n_words: I64, *, shingle_words: int, n_permutations: int, threads: int = 0
) -> tuple[npt.NDArray[np.uint32], ShingleSets]:
    """Signatures (one row a text, one column a permutation) and shingle sets of the texts `rows`.

    `n_words` are the words of each of those rows, as `measure` counts them. A text with fewer words than a shingle has
    an empty set, and a signature in which every value is 2^32 - 1.
    """
    n_shingles = np.maximum(n_words - shingle_words + 1, 0)
    starts = np.cumsum(n_shingles) - n_shingles
    sets, sizes = np.empty(n_shingles.sum(), np.uint64), np.zeros(len(rows), np.int64)
    signatures = np.empty((len(rows), n_permutations), np.uint32)
    _run(texts, rows, shingle_words, (starts, sets, sizes, signatures), threads)
    kernels.close_gaps(sets, starts, sizes)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return signatures, ShingleSets(flat=sets[: ends[-1]], starts=ends)


def shingle_sets(texts: Texts, rows: I64, n_words: I64, *, shingle_words: int, threads: int = 0) -> ShingleSets:
    """The shingle sets alone, as `fingerprints` makes them."""
    return fingerprints(texts, rows, n_words, shingle_words=shingle_words, n_permutations=0, threads=threads)[1]


def signatures(
    column: pl.Series, *, shingle_words: int = 5, n_permutations: int = 128, threads: int = 0
) -> npt.NDArray[np.uint32]:
    """Signatures of a column of texts: one row a text, one column a permutation."""
    texts = texts_of(column)
    made = np.empty((len(texts), n_permutations), np.uint32)
    no_sets = np.zeros(len(texts), np.int64), np.empty(0, np.uint64), np.empty(0, np.int64)
    _run(texts, np.arange(len(texts)), shingle_words, (*no_sets, made), threads)
    return made


def _run(
    texts: Texts, rows: I64, shingle_words: int, out: tuple[I64, U64, I64, npt.NDArray[np.uint32]], threads: int
) -> None:
    factors, terms = permutations(out[-1].shape[1])

    def run(first: int, last: int) -> None:
        kernels.fingerprint(*texts.buffers, rows, first, last, shingle_words, factors, terms, *out)

    over_ranges(run, len(rows), threads)


def to_lean_minhash(signature: npt.NDArray[np.uint32]) -> LeanMinHash:
    """One signature as datasketch's own type, ready for `datasketch.MinHashLSH`, in memory or on Redis.

    >>> rows = signatures(pl.Series(["one two three four five", "One, two: THREE four five!"]))
    >>> to_lean_minhash(rows[0]).jaccard(to_lean_minhash(rows[1]))
    1.0
    """
    from datasketch import LeanMinHash  # noqa: PLC0415  # brings in scipy, which only this door needs

    return LeanMinHash(seed=SEED, hashvalues=signature, scheme="affine32")
