"""The way of a batch: articles in; duplicates, clusters, reuse and passages out.

    rank -> set exact copies aside -> fingerprint -> candidates -> compare -> clusters -> rows -> reused passages

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
from dq.dedup.index import Earlier
from dq.dedup.lsh import Banding, Pairs, bands_hit, choose_banding, key_of, least_agreement, meetings, pairs_of
from dq.dedup.minhash import fingerprints, shingle_sets
from dq.dedup.passages import find_reuse
from dq.dedup.rarity import Commonness, commonness, nothing_common, sharing_pairs
from dq.dedup.shingles import ShingleSets
from dq.dedup.verify import accepted, compare, least_share, least_shared, longest_shared_runs, relation
from dq.figures import UNKNOWN_HOST
from dq.options import DedupOptions
from dq.tables import CANDIDATES, CLUSTERS, DUPLICATES, TIMESTAMP
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


def search(frame: pl.DataFrame, options: DedupOptions, earlier: Earlier | None = None) -> Duplicates:
    """What `dq.dedup.find_duplicates` finds in a frame with exactly the columns COLUMNS, and in `earlier` articles."""
    batch = _batch(_with_earlier(frame, earlier), options)
    candidates, found = _compared(batch, options)
    together = found.filter(_clusters_together(options))
    canonical, likeness = canonical_of(batch.nodes.height, together, _settled(batch))
    members = _members(batch, canonical, likeness, earlier)
    reuse = find_reuse(members, batch.texts, options)
    return Duplicates(
        duplicates=_duplicates(batch, found, options),
        clusters=_clusters(members, earlier),
        reuse=reuse.reuse,
        passages=reuse.passages,
        membership=_membership(members),
        paragraphs=reuse.paragraphs,
        likes=_likes(batch, together, members, options),
        candidates=_candidates(batch, candidates, options) if options.keep_candidates else None,
    )


def _with_earlier(frame: pl.DataFrame, earlier: Earlier | None) -> pl.DataFrame:
    """The batch, and the earlier articles that it may resemble, which have a time at which they were added."""
    frame = frame.with_columns(
        added_at=pl.lit(None, TIMESTAMP), story=pl.lit(None, pl.String), jaccard=pl.lit(None, pl.Float64)
    )
    return frame if earlier is None else pl.concat([frame, earlier.related.select(frame.columns)])


def _batch(frame: pl.DataFrame, options: DedupOptions) -> _Batch:
    n_words, keys = measure(texts_of(frame["text"]), threads=options.threads)
    title_words, title_keys = measure(texts_of(frame["title"]), threads=options.threads)
    title_key = pl.when(pl.Series(title_words) > 0).then(pl.Series(title_keys))
    articles = by_rank(frame.with_columns(n_words=pl.Series(n_words), key=pl.Series(keys), title_key=title_key))
    held = copies(articles["n_words"].to_numpy(), articles["key"].to_numpy(), min_words=options.min_words)
    return _Batch(articles=articles, texts=texts_of(articles["text"]), held=held)


def _compared(batch: _Batch, options: DedupOptions) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(candidates, accepted ones): pairs of different texts (left < right, nodes), with what they share.

    Of the accepted ones also relation, bands_hit, longest_shared_words, one_address (two articles that hold them share
    a URL). Pairs of earlier articles alone are neither.
    """
    nodes, threads = batch.nodes, options.threads
    rows, n_words = nodes["row"].to_numpy(), nodes["n_words"].to_numpy()
    how = {"shingle_words": options.shingle_words, "n_permutations": options.permutations, "threads": threads}
    signatures, sets = fingerprints(batch.texts, rows, n_words, **how)
    common = commonness(sets, limit=options.common_documents)
    banding = choose_banding(options.permutations, jaccard=options.candidate_jaccard, recall=options.candidate_recall)
    of_one_address = _of_one_address(batch)
    pairs = pairs_of(_met(signatures, banding, options), _sharing(sets, common, options), of_one_address)
    pairs = _with_new(batch, pairs)
    _log.debug("%d different texts, %d candidate pairs", nodes.height, len(pairs))
    candidates = compare(sets, pairs, common, threads=threads).with_columns(accepted=accepted(options))
    found = candidates.filter("accepted")
    pairs = Pairs(found["left"].to_numpy(), found["right"].to_numpy())
    found = found.with_columns(
        relation=relation(options),
        bands_hit=pl.Series(bands_hit(signatures, banding, pairs, threads=threads)),
        longest_shared_words=pl.Series(_longest_shared_words(batch, pairs, threads)),
        one_address=pl.Series(np.isin(key_of(pairs.left, pairs.right), of_one_address)),
    )
    return candidates, found


def _with_new(batch: _Batch, pairs: Pairs) -> Pairs:
    """The pairs of which at least one text is held by an article of the batch itself."""
    new = np.zeros(batch.nodes.height, np.bool_)
    is_new = batch.articles["added_at"].is_null().gather(batch.held["row"])
    new[batch.held["node"].filter(is_new).to_numpy()] = True
    kept = new[pairs.left] | new[pairs.right]
    return Pairs(pairs.left[kept], pairs.right[kept])


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


def _settled(batch: _Batch) -> I64:
    """What is known of each node: 1 an earlier canonical article, 0 another earlier article, -1 nothing yet."""
    first = batch.articles.select(
        settled=pl.when(pl.col("added_at").is_null())
        .then(-1)
        .otherwise((pl.col("story") == pl.col("id")).cast(pl.Int64))
    )
    return first["settled"].cast(pl.Int64).gather(batch.nodes["row"]).to_numpy()


def _members(batch: _Batch, canonical: I64, likeness: F64, earlier: Earlier | None) -> pl.DataFrame:
    """Articles by rank, with story (their canonical article's id, their own if alone), jaccard with it, and size.

    A copy of an earlier article belongs where that one does.
    """
    node = batch.held["node"].to_numpy()
    first = batch.articles.select("id", "story", "jaccard", "added_at")[batch.nodes["row"]]
    stands = first["id"].gather(np.maximum(canonical, 0))
    known = first.select(
        story=pl.when(pl.col("added_at").is_null()).then(stands).otherwise("story"),
        jaccard=pl.when(pl.col("added_at").is_null()).then(pl.Series(likeness, dtype=pl.Float64)).otherwise("jaccard"),
    )
    placed = pl.concat([batch.held.select("row"), known[node]], how="horizontal")
    rows = batch.articles.rename({"story": "own_story", "jaccard": "own_jaccard"}).with_columns(
        row=pl.int_range(pl.len())
    )
    rows = rows.join(placed, on="row", how="left", maintain_order="left")
    rows = rows.with_columns(
        story=pl.coalesce("own_story", "story", "id"), jaccard=pl.coalesce("own_jaccard", "jaccard")
    ).drop("own_story", "own_jaccard")
    own = rows.filter(pl.col("added_at").is_null()).select("story")
    everywhere = own if earlier is None else pl.concat([own, earlier.members.select("story")])
    sizes = everywhere.group_by("story").agg(size=pl.len())
    return rows.join(sizes, on="story", how="left", maintain_order="left")


def _clusters(members: pl.DataFrame, earlier: Earlier | None) -> pl.DataFrame:
    """The clusters of the batch's articles, with all their earlier members."""
    columns = ["id", "host", "date", "n_words", "added_at", "story", "jaccard"]
    rows = members.filter((pl.col("size") > 1) & pl.col("added_at").is_null()).select(columns)
    if earlier is not None:
        before = earlier.members.filter(pl.col("story").is_in(rows["story"].unique().implode()))
        rows = pl.concat([before.select(columns), rows])
    groups = rows.group_by("story", maintain_order=True)
    clusters = groups.agg(
        size=pl.len(),
        n_hosts=pl.col("host").fill_null(UNKNOWN_HOST).n_unique(),
        canonical_id=pl.col("story").first(),
        canonical_reason=canonical_reason(),
        min_jaccard=pl.col("jaccard").min(),
        first_published_at=pl.col("date").min(),
    )
    return CLUSTERS.conform(clusters.rename({"story": "cluster_id"}))


def _likes(batch: _Batch, together: pl.DataFrame, members: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """Of each article of the batch that resembles some ranked before it: id, like_ids, like_jaccards."""
    near = spread(together, batch.held, max_copies=options.max_copies).select("left", "right", "jaccard")
    same = exact_pairs(batch.held, max_copies=options.max_copies).select("left", "right", jaccard=pl.lit(1.0))
    pairs = pl.concat([near, same]).select(
        before=pl.min_horizontal("left", "right"), row=pl.max_horizontal("left", "right"), jaccard="jaccard"
    )
    named = pairs.select("row", "jaccard", like=members["id"].gather(pairs["before"]))
    joined = members.filter(pl.col("story") != pl.col("id")).select("row", "jaccard", like="story")
    return (
        pl.concat([named, joined])
        .unique(["row", "like"])
        .sort("row", "like")
        .group_by("row", maintain_order=True)
        .agg(like_ids="like", like_jaccards="jaccard")
        .join(members.filter(pl.col("added_at").is_null()).select("row", "id"), on="row")
        .select("id", "like_ids", "like_jaccards")
    )


def _candidates(batch: _Batch, candidates: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """The table candidates: copies of one text, and all pairs of texts that were compared, accepted or not."""
    what = ["jaccard", "containment_left", "containment_right", "accepted"]
    near = spread(candidates, batch.held, max_copies=options.max_copies).select("left", "right", *what)
    exact = _exact_rows(batch, options).with_columns(accepted=pl.lit(value=True)).select("left", "right", *what)
    return CANDIDATES.conform(_by_id(_named(batch, pl.concat([exact, near]), "id")))


def _membership(members: pl.DataFrame) -> pl.DataFrame:
    clustered = pl.when(pl.col("size") > 1).then(pl.col("story"))
    own = members.filter(pl.col("added_at").is_null())
    return own.select("id", cluster_id=clustered, is_canonical=pl.col("id") == pl.col("story")).sort("id")


def _duplicates(batch: _Batch, found: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """The table duplicates: copies of one text, and `found` for all articles that hold the two texts."""
    measures = ["relation", "jaccard", "containment_left", "containment_right", "longest_shared_words", "bands_hit"]
    near = spread(found, batch.held, max_copies=options.max_copies).select("left", "right", *measures)
    exact = _exact_rows(batch, options).select("left", "right", *measures)
    rows = pl.concat([exact, near], how="vertical_relaxed")
    rows = rows.with_columns(folded_only=_folded_only(batch, rows, options))
    rows = _named(batch, rows, "id", "url", "title_key")
    one_address = pl.col("left_url") == pl.col("right_url")
    rows = rows.with_columns(
        same_title=(pl.col("left_title_key") == pl.col("right_title_key")).fill_null(value=False),
        relation=pl.when((pl.col("relation") != "exact") & one_address).then(pl.lit("version")).otherwise("relation"),
    )
    return DUPLICATES.conform(_by_id(_turned(rows)))


def _named(batch: _Batch, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`rows` (left, right, ...) with `columns` of both articles; pairs of earlier articles alone are left out."""
    article = batch.articles.select(*columns, new=pl.col("added_at").is_null())
    for side in ("left", "right"):
        rows = pl.concat([rows, article.select(pl.all().name.prefix(f"{side}_"))[rows[side]]], how="horizontal")
    return rows.filter(pl.col("left_new") | pl.col("right_new"))


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


def _turned(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the relation as `_by_id` will have their sides."""
    turned = pl.col("relation").replace({"contains": "contained_in", "contained_in": "contains"})
    swap = pl.col("left_id") > pl.col("right_id")
    return rows.with_columns(relation=pl.when(swap).then(turned).otherwise("relation"))


def _by_id(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` (left_id, right_id, ...) with the ids of each pair in order, and the containments with them."""
    swap = pl.col("left_id") > pl.col("right_id")
    swapped = {
        name: pl.when(swap).then(pl.col(other)).otherwise(pl.col(name))
        for pair in (("left_id", "right_id"), ("containment_left", "containment_right"))
        for name, other in (pair, pair[::-1])
    }
    return rows.with_columns(**swapped)
