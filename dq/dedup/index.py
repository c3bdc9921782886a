# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""Earlier articles, and which of them a new batch must be compared with.

An index keeps of each article its text, its signature and a sample of its shingles. A new batch is looked up in all of
them, chunk by chunk, so that memory is bounded by the batch and what it resembles; those that it may resemble are
compared with it as if they were part of it (`dq.dedup.search`), but keep the cluster that they have: an article that
was there before is never displaced by a later one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from dq.compiled import njit, over_ranges
from dq.dedup.apart import apart_rows
from dq.dedup.clusters import by_rank, canonical_of
from dq.dedup.corpus import Corpus
from dq.dedup.duplicates import COLUMNS, Index
from dq.dedup.lsh import NO_KEY, band_keys, choose_banding, least_agreement, runs
from dq.dedup.rarity import MARGIN, SAMPLE
from dq.dedup.sketches import sketch
from dq.dedup.verify import least_share, least_shared
from dq.options import DedupOptions
from dq.reviews import PairCase
from dq.tables import TIMESTAMP
from dq.texts import I32, I64, U32, U64
from dq.word_kernels import BASE

ROWS = {
    **COLUMNS,
    "batch": pl.String(),
    "added_at": TIMESTAMP,
    "n_words": pl.Int64(),
    "key": pl.Int64(),
    "signature": pl.Binary(),
    "sample": pl.Binary(),
    "like_ids": pl.List(pl.String),
    "like_jaccards": pl.List(pl.Float64),
}
"""Columns of an index: those of an article; the batch that brought it, and when; its folded words, their hash, its
MinHash signature (little-endian uint32) and sampled shingles (uint64), null where it is too short to resemble anything;
and the earlier articles that it resembles, with their Jaccard, from which clusters are formed."""
FORMED = ("id", "host", "url", "date", "added_at", "n_words", "like_ids", "like_jaccards")
"""Columns that `formed` reads."""
LOOKED_UP = ("id", "url", "key", "signature", "sample")
"""Columns that `related` reads."""
SLOTS_PER_VALUE = 4
"""Slots of a hash table for each of its values: most lookups end at the first one."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Earlier:
    """What a search must know of earlier articles.

    related: those that the batch may resemble, with the columns of COLUMNS, added_at and story.
    members: all of them, with the columns of FORMED, story (the id of the canonical article) and jaccard with it.
    """

    related: pl.DataFrame
    members: pl.DataFrame


def earlier_of(batch: pl.DataFrame, index: Index, options: DedupOptions, reviews: Sequence[PairCase] = ()) -> Earlier:
    """What the search of `batch` (COLUMNS) must know of an index; articles of the batch itself are passed over."""
    own = batch["id"].implode()
    columns = (*FORMED, "title") if reviews else FORMED
    members = formed(index.read(columns).filter(~pl.col("id").is_in(own)), reviews)
    ids = related(batch, index.chunks(LOOKED_UP), options)
    rows = index.rows_of(ids.filter(~ids.is_in(own)), [*COLUMNS, "added_at"])
    return Earlier(related=rows.join(members.select("id", "story", "jaccard"), on="id"), members=members)


def formed(rows: pl.DataFrame, reviews: Sequence[PairCase] = ()) -> pl.DataFrame:
    """The clusters of an index's `rows` (FORMED): the rows by rank, with story and jaccard.

    Likes of articles that are not among the rows count for nothing. Canonical are the articles that were added first,
    of one batch those that `dq.dedup.clusters` ranks first; so what an article joined when it was added, it still
    belongs to, unless that was forgotten, or `reviews` (which ask for a title, too) keep the two apart.
    """
    ranked = by_rank(rows)
    place = ranked.select("id").with_row_index("left").with_columns(pl.col("left").cast(pl.Int64))
    edges = (
        ranked.select(right=pl.int_range(pl.len()), id="like_ids", jaccard="like_jaccards")
        .explode("id", "jaccard")
        .drop_nulls("id")
        .join(place, on="id")
        .filter(pl.col("left") < pl.col("right"))
        .unique(["left", "right"], keep="any")
    )
    apart = apart_rows(ranked, reviews) if reviews else None
    canonical, likeness = canonical_of(ranked.height, edges, apart=apart)
    return ranked.with_columns(story=ranked["id"].gather(canonical), jaccard=pl.Series(likeness, dtype=pl.Float64))


def related(batch: pl.DataFrame, chunks: Iterable[pl.DataFrame], options: DedupOptions) -> pl.Series:
    """Ids of the articles in `chunks` (LOOKED_UP) that the articles of `batch` (COLUMNS) may resemble.

    They meet in a band, share sampled shingles, or have the same words or the same URL. What that means is what it
    means within a batch (`dq.dedup.lsh`, `dq.dedup.rarity`), but for shingles that are common only among the earlier
    articles: those count, which finds too much rather than too little.
    """
    looked_for = _looked_for(batch, options)
    urls = batch["url"].drop_nulls().unique()
    found = [_related_in(chunk, looked_for, urls, options) for chunk in chunks]
    return pl.concat([pl.Series("id", [], pl.String), *found])


def index_rows(batch: pl.DataFrame, likes: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """The rows of ROWS for `batch` (COLUMNS), batch and added_at excepted; `likes` (id, like_ids, like_jaccards)."""
    sketches = _sketches(batch, options)
    written = [None if row < 0 else sketches.signatures[row].tobytes() for row in sketches.row_of]
    sampled = [None if row < 0 else sketches.sample_of(row).tobytes() for row in sketches.row_of]
    return batch.with_columns(
        n_words=pl.Series(sketches.n_words),
        key=pl.Series(sketches.keys.view(np.int64)),
        signature=pl.Series(written, dtype=pl.Binary),
        sample=pl.Series(sampled, dtype=pl.Binary),
    ).join(likes, on="id", how="left", maintain_order="left")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sketches:
    """Signatures and sampled shingles of the texts that are long enough; text i has row `row_of[i]`, or -1."""

    n_words: I64
    keys: U64
    row_of: I64
    signatures: U32
    samples: U64
    starts: I64

    def sample_of(self, row: int) -> U64:
        return self.samples[self.starts[row] : self.starts[row + 1]]


def _sketches(batch: pl.DataFrame, options: DedupOptions) -> _Sketches:
    whole = sketch(
        Corpus(batch).chunks(),
        shingle_words=options.shingle_words,
        n_permutations=options.permutations,
        threads=options.threads,
    )
    rows = np.flatnonzero(whole.n_words >= max(1, options.min_words))
    sampled = whole.sets.flat % np.uint64(SAMPLE) == 0
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(sampled)])[whole.sets.starts]
    row_of = np.full(len(whole.keys), -1)
    row_of[rows] = np.arange(len(rows))
    long_enough = np.repeat(row_of >= 0, np.diff(before))
    return _Sketches(
        n_words=whole.n_words,
        keys=whole.keys,
        row_of=row_of,
        signatures=whole.signatures[rows],
        samples=whole.sets.flat[sampled][long_enough],
        starts=np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(before)[rows])]),
    )


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """Different values, a hash table of them, and the rows that hold value i: `rows[starts[i]:starts[i + 1]]`."""

    values: U64
    slots: I32
    starts: I64
    rows: I64


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _LookedFor:
    """A batch, ready for lookups."""

    sketches: _Sketches
    keys: U64
    bands: _Held
    shingles: _Held


def _looked_for(batch: pl.DataFrame, options: DedupOptions) -> _LookedFor:
    sketches = _sketches(batch, options)
    n_rows = len(sketches.signatures)
    banding = choose_banding(options.permutations, jaccard=options.candidate_jaccard, recall=options.candidate_recall)
    keys = band_keys(sketches.signatures, np.arange(n_rows), 0, banding.bands, banding.rows)
    band, row = np.nonzero(keys != NO_KEY)
    holders = np.repeat(np.arange(n_rows), np.diff(sketches.starts))
    return _LookedFor(
        sketches=sketches,
        keys=np.unique(sketches.keys[sketches.row_of >= 0]),
        bands=_held(keys[band, row], row, n_rows),
        shingles=_held(sketches.samples, holders, options.common_documents),
    )


def _held(values: U64, rows: I64, most: int) -> _Held:
    """The values that at most `most` rows hold."""
    order, starts = runs(values)
    lengths = np.diff(starts)
    few = lengths <= most
    kept = np.repeat(few, lengths)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths[few])])
    different = values[order[starts[:-1][few]]]
    return _Held(different, _table(different), ends, rows[order[kept]])


def _related_in(chunk: pl.DataFrame, looked_for: _LookedFor, urls: pl.Series, options: DedupOptions) -> pl.Series:
    same = (
        np.isin(chunk["key"].to_numpy().view(np.uint64), looked_for.keys) & chunk["signature"].is_not_null().to_numpy()
    )
    same |= chunk["url"].is_in(urls.implode()).fill_null(value=False).to_numpy()
    written = chunk.with_row_index("row").filter(pl.col("signature").is_not_null())
    alike = np.zeros(written.height, np.bool_)
    signatures = np.frombuffer(b"".join(written["signature"]), np.uint32).reshape(-1, options.permutations)
    samples = np.frombuffer(b"".join(written["sample"]), np.uint64)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(written["sample"].bin.size().to_numpy() // 8)]).astype(
        np.int64
    )
    banding = choose_banding(options.permutations, jaccard=options.candidate_jaccard, recall=options.candidate_recall)
    own = looked_for.sketches
    bands, shingles = (
        (held.values, held.slots, held.starts, held.rows) for held in (looked_for.bands, looked_for.shingles)
    )
    least = least_agreement(options.permutations, options.min_jaccard)
    enough = MARGIN * least_shared(options) / SAMPLE, MARGIN * least_share(options)

    def look_up(first: int, last: int) -> None:
        keys = band_keys(signatures, np.arange(first, last), 0, banding.bands, banding.rows)
        _look_up_bands(signatures, first, last, keys, *bands, own.signatures, least, alike)
        _look_up_shingles(samples, starts, first, last, *shingles, own.starts, *enough, alike)

    over_ranges(look_up, written.height, options.threads)
    same[written["row"].to_numpy()[alike]] = True
    return chunk["id"].filter(pl.Series(same))


_ROWS = "Array(int64, 1, 'C', readonly=True)"
_VALUES = "Array(uint64, 1, 'C', readonly=True)"
_SLOTS = "Array(int32, 1, 'C', readonly=True)"
_SIGNATURES = "Array(uint32, 2, 'C', readonly=True)"


@njit(f"int32[::1]({_VALUES})")
def _table(values: Any) -> Any:
    """A hash table of different values, with open addressing: the place of one in each taken slot, -1 in free ones."""
    bits = 2
    while (1 << bits) < SLOTS_PER_VALUE * values.size:
        bits += 1
    slots = np.full(1 << bits, np.int32(-1), np.int32)
    for place in range(values.size):
        slot = np.int64((values[place] * BASE) >> np.uint64(64 - bits))
        while slots[slot] >= 0:
            slot = (slot + 1) & (slots.size - 1)
        slots[slot] = place
    return slots


@njit()
def _place_of(values: Any, slots: Any, shift: Any, value: Any) -> Any:
    """Where `value` stands among `values`; -1 where it does not."""
    slot = np.int64((value * BASE) >> shift)
    while slots[slot] >= 0 and values[slots[slot]] != value:
        slot = (slot + 1) & (slots.size - 1)
    return np.int64(slots[slot])


@njit()
def _shift_of(slots: Any) -> Any:
    bits = 0
    while (1 << bits) < slots.size:
        bits += 1
    return np.uint64(64 - bits)


@njit(
    f"void({_SIGNATURES}, int64, int64, Array(uint64, 2, 'C', readonly=True), {_VALUES}, {_SLOTS}, {_ROWS}, {_ROWS},"
    f" {_SIGNATURES}, int64,"
    " boolean[::1])"
)
def _look_up_bands(
    signatures: Any, first: Any, last: Any, keys: Any, values: Any, slots: Any, starts: Any, holders: Any,
    own: Any, least: Any, alike: Any,
) -> None:  # fmt: skip
    """Set `alike` for the signatures that meet one of `own` in a band and agree with it in `least` values."""
    shift = _shift_of(slots)
    for document in range(first, last):
        for key in keys[:, document - first]:
            place = _place_of(values, slots, shift, key)
            if place < 0:
                continue
            for at in range(starts[place], starts[place + 1]):
                equal = 0
                for row in range(own.shape[1]):
                    equal += own[holders[at], row] == signatures[document, row]
                if equal >= least:
                    alike[document] = True
                    break
            if alike[document]:
                break


@njit(
    f"void({_VALUES}, {_ROWS}, int64, int64, {_VALUES}, {_SLOTS}, {_ROWS}, {_ROWS}, {_ROWS}, float64, float64,"
    " boolean[::1])"
)
def _look_up_shingles(
    samples: Any, sample_starts: Any, first: Any, last: Any, values: Any, slots: Any, starts: Any, holders: Any,
    own_starts: Any, min_shared: Any, min_share: Any, alike: Any,
) -> None:  # fmt: skip
    """Set `alike` for samples that share `min_shared` shingles, and `min_share` of the smaller, with one of our own."""
    shift = _shift_of(slots)
    shared = np.zeros(own_starts.size, np.int64)
    touched = np.empty(own_starts.size, np.int64)
    for document in range(first, last):
        n_touched = 0
        for at in range(sample_starts[document], sample_starts[document + 1]):
            place = _place_of(values, slots, shift, samples[at])
            if place < 0:
                continue
            for holder in holders[starts[place] : starts[place + 1]]:
                if shared[holder] == 0:
                    touched[n_touched] = holder
                    n_touched += 1
                shared[holder] += 1
        size = sample_starts[document + 1] - sample_starts[document]
        for holder in touched[:n_touched]:
            smaller = min(size, own_starts[holder + 1] - own_starts[holder])
            alike[document] |= shared[holder] >= max(min_shared, min_share * smaller)
            shared[holder] = 0
