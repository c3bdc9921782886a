"""The way of a batch: articles in; duplicates, clusters, reuse and passages out.

    rank -> set exact copies aside -> fingerprint -> candidates -> compare -> clusters -> rows -> reused paragraphs

Articles are sorted by rank first (`dq.dedup.clusters`) and known by their place in that order from there on. Everything
that follows depends on the articles alone, never on the order, the chunks or the threads in which they came.
"""

from __future__ import annotations

import dataclasses
import logging

import numpy as np
import polars as pl

from dq.dedup.clusters import by_rank, canonical_of, canonical_reason
from dq.dedup.copies import copies, exact_pairs, spread
from dq.dedup.duplicates import Duplicates
from dq.dedup.lsh import Banding, Pairs, bands_hit, choose_banding, key_of, least_agreement, meetings, pairs_of
from dq.dedup.minhash import fingerprints, shingle_sets
from dq.dedup.passages import find_reuse
from dq.dedup.rarity import Commonness, commonness, nothing_common, sharing_pairs
from dq.dedup.shingles import ShingleSets
from dq.dedup.verify import accepted, compare, least_share, least_shared, longest_shared_runs, relation
from dq.figures import UNKNOWN_HOST
from dq.options import DedupOptions
from dq.tables import CLUSTERS, DUPLICATES
from dq.texts import F64, I64, U32, U64, Texts, measure, texts_of, without_folding, words_of

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Batch:
    """Articles in order of rank, their texts for the kernels, and which of them hold the same text."""

    articles: pl.DataFrame
    texts: Texts
    held: pl.DataFrame

    @property
    def nodes(self) -> pl.DataFrame:
        """The first article of each different text."""
        return self.held.filter(pl.col("nth") == 0)


def search(frame: pl.DataFrame, options: DedupOptions) -> Duplicates:
    """What `dq.dedup.find_duplicates` finds in a frame with exactly the columns COLUMNS."""
    batch = _batch(frame, options)
    found = _compared(batch, options)
    canonical, likeness = canonical_of(batch.nodes.height, found.filter(_clusters_together(options)))
    members = _members(batch, canonical, likeness)
    reuse = find_reuse(members, batch.texts, options)
    return Duplicates(
        duplicates=_duplicates(batch, found, options),
        clusters=_clusters(members),
        reuse=reuse.reuse,
        passages=reuse.passages,
        membership=_membership(members),
        paragraphs=reuse.paragraphs,
    )


def _batch(frame: pl.DataFrame, options: DedupOptions) -> _Batch:
    n_words, keys = measure(texts_of(frame["text"]), threads=options.threads)
    title_words, title_keys = measure(texts_of(frame["title"]), threads=options.threads)
    title_key = pl.when(pl.Series(title_words) > 0).then(pl.Series(title_keys))
    articles = by_rank(frame.with_columns(n_words=pl.Series(n_words), key=pl.Series(keys), title_key=title_key))
    held = copies(articles["n_words"].to_numpy(), articles["key"].to_numpy(), min_words=options.min_words)
    return _Batch(articles=articles, texts=texts_of(articles["text"]), held=held)


def _compared(batch: _Batch, options: DedupOptions) -> pl.DataFrame:
    """Accepted pairs of different texts: left and right (nodes, left < right), what `compare` measures, and evidence.

    The evidence: relation, bands_hit, longest_shared_words, one_address (two articles that hold them share a URL).
    """
    nodes, threads = batch.nodes, options.threads
    rows, n_words = nodes["row"].to_numpy(), nodes["n_words"].to_numpy()
    how = {"shingle_words": options.shingle_words, "n_permutations": options.permutations, "threads": threads}
    signatures, sets = fingerprints(batch.texts, rows, n_words, **how)
    common = commonness(sets, limit=options.common_documents)
    banding = choose_banding(options.permutations, jaccard=options.candidate_jaccard, recall=options.candidate_recall)
    of_one_address = _of_one_address(batch)
    candidates = pairs_of(_met(signatures, banding, options), _sharing(sets, common, options), of_one_address)
    _log.debug("%d different texts, %d candidate pairs", nodes.height, len(candidates))
    found = compare(sets, candidates, common, threads=threads).filter(accepted(options))
    pairs = Pairs(found["left"].to_numpy(), found["right"].to_numpy())
    return found.with_columns(
        relation=relation(options),
        bands_hit=pl.Series(bands_hit(signatures, banding, pairs, threads=threads)),
        longest_shared_words=pl.Series(_longest_shared_words(batch, pairs, threads)),
        one_address=pl.Series(np.isin(key_of(pairs.left, pairs.right), of_one_address)),
    )


def _longest_shared_words(batch: _Batch, pairs: Pairs, threads: int) -> I64:
    involved = np.unique(np.concatenate([pairs.left, pairs.right]))
    nodes = batch.nodes[involved]
    hashes, starts = words_of(batch.texts, nodes["row"].to_numpy(), nodes["n_words"].to_numpy(), threads=threads)
    places = Pairs(np.searchsorted(involved, pairs.left), np.searchsorted(involved, pairs.right))
    return longest_shared_runs(hashes, starts, places, threads=threads)


def _met(signatures: U32, banding: Banding, options: DedupOptions) -> U64:
    least = least_agreement(options.permutations, options.min_jaccard)
    return meetings(signatures, banding, least=least, max_bucket=options.max_bucket, threads=options.threads)


def _sharing(sets: ShingleSets, common: Commonness, options: DedupOptions) -> U64:
    return sharing_pairs(sets, common, min_shared=least_shared(options), min_share=least_share(options))


def _of_one_address(batch: _Batch) -> U64:
    """Keys of different texts of one URL: each with the first one and with the one before it."""
    urls = batch.held.select("node", url=batch.articles["url"].gather(batch.held["row"])).filter(
        pl.col("url").is_not_null()
    )
    urls = urls.unique().sort("url", "node")
    near = urls.with_columns(first=pl.col("node").first().over("url"), before=pl.col("node").shift().over("url"))
    near = near.filter(pl.col("before").is_not_null())
    node = near["node"].to_numpy()
    return np.unique(np.concatenate([key_of(near[other].to_numpy(), node) for other in ("first", "before")]))


def _clusters_together(options: DedupOptions) -> pl.Expr:
    whole = (pl.col("relation") == "near") | pl.col("one_address")
    return whole & (pl.col("jaccard") >= options.cluster_jaccard)


def _members(batch: _Batch, canonical: I64, likeness: F64) -> pl.DataFrame:
    """Articles by rank, with story (their canonical article's id, their own if alone), jaccard with it, and size."""
    node = batch.held["node"].to_numpy()
    canonical_row = batch.nodes["row"].to_numpy()[canonical[node]]
    placed = batch.held.select(
        "row", story=batch.articles["id"].gather(canonical_row), jaccard=pl.Series(likeness[node], dtype=pl.Float64)
    )
    rows = batch.articles.with_columns(row=pl.int_range(pl.len())).join(
        placed, on="row", how="left", maintain_order="left"
    )
    return rows.with_columns(pl.col("story").fill_null(pl.col("id"))).with_columns(size=pl.len().over("story"))


def _clusters(members: pl.DataFrame) -> pl.DataFrame:
    groups = members.filter(pl.col("size") > 1).group_by("story", maintain_order=True)
    rows = groups.agg(
        size=pl.len(),
        n_hosts=pl.col("host").fill_null(UNKNOWN_HOST).n_unique(),
        canonical_id=pl.col("story").first(),
        canonical_reason=canonical_reason(),
        min_jaccard=pl.col("jaccard").min(),
        first_published_at=pl.col("date").min(),
    )
    return CLUSTERS.conform(rows.rename({"story": "cluster_id"}))


def _membership(members: pl.DataFrame) -> pl.DataFrame:
    clustered = pl.when(pl.col("size") > 1).then(pl.col("story"))
    return members.select("id", cluster_id=clustered, is_canonical=pl.col("id") == pl.col("story")).sort("id")


def _duplicates(batch: _Batch, found: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """The table duplicates: copies of one text, and `found` for all articles that hold the two texts."""
    measures = ["relation", "jaccard", "containment_left", "containment_right", "longest_shared_words", "bands_hit"]
    near = spread(found, batch.held, max_copies=options.max_copies).select("left", "right", *measures)
    exact = _exact_rows(batch, options).select("left", "right", *measures)
    rows = pl.concat([exact, near], how="vertical_relaxed")
    rows = rows.with_columns(folded_only=_folded_only(batch, rows, options))
    article = (
        batch.articles.select("id", "url", "title_key").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    )
    for side in ("left", "right"):
        rows = rows.join(article.select(pl.all().name.prefix(f"{side}_")), left_on=side, right_on=f"{side}_row")
    one_address = pl.col("left_url") == pl.col("right_url")
    rows = rows.with_columns(
        same_title=(pl.col("left_title_key") == pl.col("right_title_key")).fill_null(value=False),
        relation=pl.when((pl.col("relation") != "exact") & one_address).then(pl.lit("version")).otherwise("relation"),
    )
    return DUPLICATES.conform(_by_id(rows))


def _exact_rows(batch: _Batch, options: DedupOptions) -> pl.DataFrame:
    n_words = batch.nodes.select("node", longest_shared_words="n_words")
    rows = exact_pairs(batch.held, max_copies=options.max_copies).join(n_words, on="node")
    one = pl.lit(1.0)
    return rows.with_columns(
        relation=pl.lit("exact"),
        jaccard=one,
        containment_left=one,
        containment_right=one,
        bands_hit=pl.lit(0, pl.Int64),
    )


def _folded_only(batch: _Batch, rows: pl.DataFrame, options: DedupOptions) -> pl.Series:
    """Whether the words of each pair, left as they were written, would not have been accepted."""
    involved = np.unique(np.concatenate([rows["left"].to_numpy(), rows["right"].to_numpy()]))
    written = texts_of(batch.articles["text"].gather(involved), without_folding)
    n_words, keys = measure(written, threads=options.threads)
    sets = shingle_sets(
        written, np.arange(len(written)), n_words, shingle_words=options.shingle_words, threads=options.threads
    )
    left, right = (np.searchsorted(involved, rows[side].to_numpy()) for side in ("left", "right"))
    alike = (
        compare(sets, Pairs(left, right), nothing_common(sets), threads=options.threads)
        .select(accepted(options))
        .to_series()
    )
    return pl.select(
        pl.when(rows["relation"] == "exact").then(pl.Series(keys[left] != keys[right])).otherwise(~alike)
    ).to_series()


def _by_id(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` (left_id, right_id, ...) with the ids of each pair in order, and what is said of the two with them."""
    swap = pl.col("left_id") > pl.col("right_id")
    sides = [("left_id", "right_id"), ("containment_left", "containment_right")]
    swapped = {
        name: pl.when(swap).then(pl.col(other)).otherwise(pl.col(name))
        for pair in sides
        for name, other in (pair, pair[::-1])
    }
    turned = pl.col("relation").replace({"contains": "contained_in", "contained_in": "contains"})
    return rows.with_columns(**swapped, relation=pl.when(swap).then(turned).otherwise("relation"))
