"""The way of a batch: articles in; duplicates, clusters, reuse and passages out.

    sketch -> rank -> set exact copies aside -> candidates -> compare -> reused passages -> clusters -> rows

Articles are sorted by rank first (`dq.dedup.clusters`) and known by their place in that order from there on. Everything
that follows depends on the articles alone, never on the order, the chunks or the threads in which they came.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.dedup import audit
from dq.dedup.apart import Apart, apart, apart_rows, apart_units, in_order, of_units, units
from dq.dedup.clusters import by_rank, canonical_of, canonical_reason
from dq.dedup.copies import copies, exact_pairs, spread
from dq.dedup.corpus import Corpus, blocks, release
from dq.dedup.duplicates import Duplicates
from dq.dedup.index import Earlier
from dq.dedup.lsh import Pairs, bands_hit, choose_banding, key_of, least_agreement, meetings, pairs_of
from dq.dedup.passages import Reuse, find_reuse, no_reuse
from dq.dedup.rarity import Commonness, commonness, nothing_common, sharing_pairs
from dq.dedup.sketches import Sketches, sketch
from dq.dedup.verify import accepted, compare, least_share, least_shared, longest_shared_runs, relation, title_likeness
from dq.figures import UNKNOWN_HOST
from dq.options import DedupOptions
from dq.reviews import PairCase
from dq.tables import AUDIT, CANDIDATES, CLUSTERS, DUPLICATES, TIMESTAMP
from dq.texts import I64, U64, measure, texts_of, without_folding

_log = logging.getLogger(__name__)

MICROSECONDS_A_DAY = 86_400_000_000
IDS = ("left_id", "right_id")
PAIRS_AT_ONCE = 50_000
"""Pairs that are compared before the memory that their texts took is let go."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Batch:
    """Articles in order of rank, the sketches of their texts, which of them hold the same text, and which are apart.

    The text of an article is row `source` of the corpus and of the sketches. `reviewed` has the pairs of rows that
    people decided to keep apart (`dq.dedup.apart.apart_rows`); like `apart` it is None where nobody did.
    """

    articles: pl.DataFrame
    corpus: Corpus
    sketches: Sketches
    held: pl.DataFrame
    reviewed: pl.DataFrame | None = None
    apart: Apart | None = None

    @property
    def nodes(self) -> pl.DataFrame:
        """The first article of each different text."""
        return self.held.filter(pl.col("nth") == 0)

    @property
    def rows(self) -> I64:
        """The row of each node in the sketches."""
        return self.articles["source"].gather(self.nodes["row"]).to_numpy()

    @property
    def new(self) -> npt.NDArray[np.bool_]:
        """Which nodes an article of the batch itself holds."""
        new = np.zeros(self.nodes.height, np.bool_)
        new[self.held["node"].filter(self.articles["added_at"].is_null().gather(self.held["row"])).to_numpy()] = True
        return new


def search(
    articles: pl.DataFrame,
    texts: pl.DataFrame | pl.LazyFrame,
    options: DedupOptions,
    earlier: Earlier | None = None,
    *,
    reviews: Sequence[PairCase] = (),
) -> Duplicates:
    """What `dq.dedup.find_duplicates` finds in articles (COLUMNS but text) and their texts, and in `earlier` ones."""
    batch = _batch(articles, texts, options, earlier)
    if reviews:
        rows = apart_rows(batch.articles, reviews)
        batch = dataclasses.replace(batch, reviewed=rows, apart=apart(rows, batch.held))
    candidates, found, common, n_compared = _compared(batch, options)
    reuse = find_reuse(batch.articles, batch.corpus, batch.sketches, options) if options.passages else no_reuse()
    found = _without_apart(batch, _without_boilerplate(batch, found, reuse, common, options))
    together = found.filter(_clusters_together(options))
    members = _members(batch, together, earlier)
    return Duplicates(
        duplicates=_duplicates(batch, found, options),
        audit=_audit(batch, found, reuse, common, n_compared, options),
        clusters=_clusters(members, earlier),
        reuse=reuse.reuse,
        passages=reuse.passages,
        membership=_membership(members),
        paragraphs=reuse.paragraphs,
        likes=_likes(batch, together, members, options),
        candidates=_candidates(batch, candidates, options) if options.keep_candidates else None,
        apart=None if batch.reviewed is None else _named(batch, batch.reviewed, "id").select("case", *IDS),
    )


def _batch(
    articles: pl.DataFrame, texts: pl.DataFrame | pl.LazyFrame, options: DedupOptions, earlier: Earlier | None
) -> _Batch:
    """The batch, and the earlier articles that it may resemble, which have a time at which they were added."""
    nothing = {"added_at": TIMESTAMP, "story": pl.String(), "jaccard": pl.Float64()}
    articles = articles.with_columns(pl.lit(None, kind).alias(name) for name, kind in nothing.items())
    if earlier is not None:
        articles = pl.concat([articles, earlier.related.select(articles.columns)])
        texts = pl.concat([texts.lazy().select("text"), earlier.related.lazy().select("text")])
    corpus = Corpus(texts)
    sketches = sketch(
        corpus.chunks(),
        shingle_words=options.shingle_words,
        n_permutations=options.permutations,
        threads=options.threads,
    )
    title_words, title_keys = measure(texts_of(articles["title"]), threads=options.threads)
    ranked = by_rank(
        articles.with_columns(
            source=pl.int_range(pl.len()),
            n_words=pl.Series(sketches.n_words),
            key=pl.Series(sketches.keys),
            title_key=pl.when(pl.Series(title_words) > 0).then(pl.Series(title_keys)),
        )
    )
    held = copies(ranked["n_words"].to_numpy(), ranked["key"].to_numpy(), min_words=options.min_words)
    return _Batch(articles=ranked, corpus=corpus, sketches=sketches, held=held)


def _compared(batch: _Batch, options: DedupOptions) -> tuple[pl.DataFrame, pl.DataFrame, Commonness, I64]:
    """(candidates, accepted ones, which shingles are common, how many candidates each text has).

    Candidates are pairs of different texts (left < right).

    Of the accepted ones also relation, bands_hit, longest_shared_words, one_address (two articles that hold them share
    a URL). Pairs of earlier articles alone are neither, and candidates are empty unless options say that they are kept.
    """
    rows, new, sketches, threads = batch.rows, batch.new, batch.sketches, options.threads
    banding = choose_banding(options.permutations, jaccard=options.candidate_jaccard, recall=options.candidate_recall)
    met = meetings(
        sketches.signatures,
        banding,
        least=least_agreement(options.permutations, options.min_jaccard),
        max_bucket=options.max_bucket,
        rows=rows,
        new=new,
        threads=threads,
    )
    release(sketches.signatures)
    common = commonness(sketches.sets, limit=options.common_documents, rows=rows)
    sharing = sharing_pairs(
        sketches.sets,
        common,
        min_shared=least_shared(options),
        min_share=least_share(options),
        rows=rows,
        new=new,
    )
    of_one_address = _of_one_address(batch)
    pairs = pairs_of(met, sharing, of_one_address)
    with_new = new[pairs.left] | new[pairs.right]
    pairs = Pairs(pairs.left[with_new], pairs.right[with_new])
    _log.debug("%d different texts, %d candidate pairs", len(rows), len(pairs))
    candidates, found = _verified(batch, pairs, common, options)
    n_compared = np.bincount(pairs.left, minlength=len(rows)) + np.bincount(pairs.right, minlength=len(rows))
    pairs = Pairs(found["left"].to_numpy(), found["right"].to_numpy())
    at = Pairs(rows[pairs.left], rows[pairs.right])
    found = found.with_columns(
        relation=relation(options),
        bands_hit=pl.Series(bands_hit(sketches.signatures, banding, at, threads=threads)),
        longest_shared_words=pl.Series(_longest_shared_words(sketches, at, threads)),
        one_address=pl.Series(np.isin(key_of(pairs.left, pairs.right), of_one_address)),
        own_jaccard="jaccard",
    )
    release(sketches.signatures, sketches.sets.flat)
    return candidates, found, common, n_compared


def _longest_shared_words(sketches: Sketches, pairs: Pairs, threads: int) -> I64:
    found = []
    for block in blocks(len(pairs), PAIRS_AT_ONCE):
        some = Pairs(pairs.left[block], pairs.right[block])
        found.append(longest_shared_runs(sketches.words, sketches.word_starts, some, threads=threads))
        release(sketches.words)
    return np.concatenate(found)


def _verified(
    batch: _Batch, pairs: Pairs, common: Commonness, options: DedupOptions
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`pairs` with what they share, all of them where they are kept, and the accepted ones."""
    rows, sets = batch.rows, batch.sketches.sets
    all_pairs, taken = [], []
    for block in blocks(len(pairs), PAIRS_AT_ONCE):
        left, right = pairs.left[block], pairs.right[block]
        shared = compare(sets, Pairs(rows[left], rows[right]), common, threads=options.threads)
        shared = shared.with_columns(left=pl.Series(left), right=pl.Series(right), accepted=accepted(options))
        taken.append(shared.filter("accepted"))
        all_pairs.append(shared if options.keep_candidates else shared.clear())
        release(sets.flat)
    return pl.concat(all_pairs), pl.concat(taken)


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


def _without_boilerplate(
    batch: _Batch, found: pl.DataFrame, reuse: Reuse, common: Commonness, options: DedupOptions
) -> pl.DataFrame:
    """The pairs of `found` that are still accepted when what is one host's boilerplate does not count.

    `own_jaccard` becomes the Jaccard of the rest; what else is told of a pair stays as it is.
    """
    holds = np.zeros(batch.articles.height, np.bool_)
    holds[reuse.boilerplate_articles] = True
    holds = holds[batch.nodes["row"].to_numpy()]
    touched = pl.Series(holds[found["left"].to_numpy()] & holds[found["right"].to_numpy()])
    pairs = found.filter(touched)
    if pairs.is_empty():
        return found
    involved = np.unique(np.concatenate([pairs["left"].to_numpy(), pairs["right"].to_numpy()]))
    sets = batch.sketches.sets.without(batch.rows[involved], reuse.boilerplate)
    at = Pairs(*(np.searchsorted(involved, pairs[side].to_numpy()) for side in ("left", "right")))
    rest = compare(sets, at, common.of(sets), threads=options.threads).select(
        own_jaccard="jaccard", still=accepted(options)
    )
    kept = pairs.with_columns(rest).filter("still").drop("still")
    return pl.concat([found.filter(~touched), kept.select(found.columns)]).sort("left", "right")


def _without_apart(batch: _Batch, found: pl.DataFrame) -> pl.DataFrame:
    """The pairs of nodes that nobody decided to keep apart."""
    return found if batch.apart is None else found.filter(~batch.apart.of_nodes(found))


def _audit(  # noqa: PLR0913, PLR0917  # what the search found, and all by which it did
    batch: _Batch, found: pl.DataFrame, reuse: Reuse, common: Commonness, n_compared: I64, options: DedupOptions
) -> pl.DataFrame:
    """The table audit, of articles of the batch itself."""
    first = batch.articles.select("id", "added_at")[batch.nodes["row"]]
    own = np.flatnonzero(first["added_at"].is_null().to_numpy())
    drawn = audit.draw(batch.sketches.keys[batch.rows], own, options.audit_articles)
    pairs = audit.sharing(batch.sketches.sets, batch.rows, drawn)
    every = dataclasses.replace(options, keep_candidates=False)
    _, copies = _verified(batch, pairs, common, every)
    copies = _without_boilerplate(batch, copies.with_columns(own_jaccard="jaccard"), reuse, common, options)
    copies = _without_apart(batch, copies)
    rows = audit.tally(len(batch.rows), drawn, copies=copies, found=found, compared=n_compared)
    return AUDIT.conform(rows.with_columns(article_id=first["id"].gather(rows["node"])))


def _clusters_together(options: DedupOptions) -> pl.Expr:
    whole = (pl.col("relation") == "near") | pl.col("one_address")
    return whole & (pl.col("own_jaccard") >= options.cluster_jaccard)


def _settled(batch: _Batch, first: pl.Series) -> I64:
    """What is known of the articles in the rows `first`.

    1 an earlier canonical article, 0 another earlier article, -1 nothing yet.
    """
    known = (pl.col("story") == pl.col("id")).cast(pl.Int64)
    settled = batch.articles.select(settled=pl.when(pl.col("added_at").is_null()).then(-1).otherwise(known))
    return settled["settled"].cast(pl.Int64).gather(first).to_numpy()


def _apart(batch: _Batch, held: pl.DataFrame) -> pl.DataFrame | None:
    """Pairs of units (`held` with unit) that are in no cluster together, None where nobody decided on any.

    What is apart from an earlier article is so from the earlier canonical article of that one, too.
    """
    if batch.apart is None:
        return None
    pairs = apart_units(batch.apart, held)
    article = batch.articles.select("id", "story").with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    of_unit = held.select("row", "unit").join(article, on="row")
    home = of_unit.unique("unit", keep="first", maintain_order=True).drop_nulls("story")
    home = home.join(of_unit.select(home="unit", story="id"), on="story").select("unit", "home")
    further = [
        pairs.join(home, left_on=side, right_on="unit").select(left="home", right=other)
        for side, other in (("left", "right"), ("right", "left"))
    ]
    return in_order(pl.concat([pairs, *further]).filter(pl.col("left") != pl.col("right")))


def _members(batch: _Batch, together: pl.DataFrame, earlier: Earlier | None) -> pl.DataFrame:
    """Articles by rank, clustered by the pairs that go `together`.

    With story (the id of their canonical article, or their own), jaccard with it, and the cluster's size. A copy of
    an earlier article belongs where that one does.
    """
    held = units(batch.held, batch.apart)
    firsts = held.unique("unit", keep="first", maintain_order=True)["row"]
    edges = of_units(together, held) if batch.apart is not None else together
    canonical, likeness = canonical_of(len(firsts), edges, _settled(batch, firsts), _apart(batch, held))
    unit = held["unit"].to_numpy()
    first = batch.articles.select("id", "story", "jaccard", "added_at")[firsts]
    stands = first["id"].gather(np.maximum(canonical, 0))
    known = first.select(
        story=pl.when(pl.col("added_at").is_null()).then(stands).otherwise("story"),
        jaccard=pl.when(pl.col("added_at").is_null()).then(pl.Series(likeness, dtype=pl.Float64)).otherwise("jaccard"),
    )
    placed = pl.concat([held.select("row"), known[unit]], how="horizontal")
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
    same = _exact_pairs(batch, options).filter("accepted").select("left", "right", jaccard=pl.lit(1.0))
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
    if batch.apart is not None:
        candidates = candidates.with_columns(pl.col("accepted") & ~batch.apart.of_nodes(candidates))
    near = spread(candidates, batch.held, max_copies=options.max_copies).select("left", "right", *what)
    exact = _exact_rows(batch, options).select("left", "right", *what)
    return CANDIDATES.conform(_by_id(_named(batch, pl.concat([exact, near]), "id")))


def _membership(members: pl.DataFrame) -> pl.DataFrame:
    clustered = pl.when(pl.col("size") > 1).then(pl.col("story"))
    own = members.filter(pl.col("added_at").is_null())
    return own.select("id", cluster_id=clustered, is_canonical=pl.col("id") == pl.col("story")).sort("id")


def _duplicates(batch: _Batch, found: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """The table duplicates: copies of one text, and `found` for all articles that hold the two texts."""
    measures = ["relation", "jaccard", "containment_left", "containment_right", "longest_shared_words", "bands_hit"]
    near = spread(found, batch.held, max_copies=options.max_copies).select("left", "right", *measures)
    exact = _exact_rows(batch, options).filter("accepted").select("left", "right", *measures)
    rows = pl.concat([exact, near], how="vertical_relaxed")
    rows = rows.with_columns(folded_only=_folded_only(batch, rows, options))
    rows = _named(batch, rows, "id", "url", "title", "title_key", "date")
    one_address = pl.col("left_url") == pl.col("right_url")
    rows = rows.with_columns(
        same_title=(pl.col("left_title_key") == pl.col("right_title_key")).fill_null(value=False),
        title_likeness=title_likeness(rows["left_title"], rows["right_title"], threads=options.threads),
        days_between=(pl.col("left_date") - pl.col("right_date")).abs().dt.total_microseconds() / MICROSECONDS_A_DAY,
        relation=pl.when((pl.col("relation") != "exact") & one_address).then(pl.lit("version")).otherwise("relation"),
    )
    return DUPLICATES.conform(_by_id(_turned(rows)))


def _named(batch: _Batch, rows: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`rows` (left, right, ...) with `columns` of both articles; pairs of earlier articles alone are left out."""
    article = batch.articles.select(*columns, new=pl.col("added_at").is_null())
    for side in ("left", "right"):
        rows = pl.concat([rows, article.select(pl.all().name.prefix(f"{side}_"))[rows[side]]], how="horizontal")
    return rows.filter(pl.col("left_new") | pl.col("right_new"))


def _exact_pairs(batch: _Batch, options: DedupOptions) -> pl.DataFrame:
    """Pairs of copies (left, right: rows; node), `accepted` unless they are kept apart."""
    pairs = exact_pairs(batch.held, max_copies=options.max_copies)
    return pairs.with_columns(accepted=pl.lit(value=True) if batch.apart is None else ~batch.apart.of_rows(pairs))


def _exact_rows(batch: _Batch, options: DedupOptions) -> pl.DataFrame:
    n_words = batch.nodes.select("node", longest_shared_words="n_words")
    rows = _exact_pairs(batch, options).join(n_words, on="node")
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
    source = batch.articles["source"]
    left, right = (source.gather(rows[side]).to_numpy() for side in ("left", "right"))
    wanted = np.zeros(len(source), np.bool_)
    wanted[left] = wanted[right] = True
    written = sketch(
        batch.corpus.chunks(wanted),
        shingle_words=options.shingle_words,
        n_permutations=0,
        threads=options.threads,
        folding=without_folding,
    )
    place = np.cumsum(wanted) - 1
    pairs = Pairs(place[left], place[right])
    nothing = nothing_common(written.sets)
    alike = []
    for block in blocks(rows.height, PAIRS_AT_ONCE):
        some = Pairs(pairs.left[block], pairs.right[block])
        shared = compare(written.sets, some, nothing, threads=options.threads)
        alike.append(shared.select(accepted(options)).to_series())
        release(written.sets.flat)
    differ = pl.Series(written.keys[pairs.left] != written.keys[pairs.right])
    return pl.select(pl.when(rows["relation"] == "exact").then(differ).otherwise(~pl.concat(alike))).to_series()


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
