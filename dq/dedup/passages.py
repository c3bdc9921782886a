"""Paragraphs that stand in several articles: quotations, wire copy, boilerplate; and where they stand.

A paragraph is a line that is not blank. Paragraphs of at least `min_paragraph_words` folded words are compared as
articles are: exact copies by hash, edited ones by MinHash and exact Jaccard, grouped without chaining around the one of
the earliest article, whose text stands for all.
"""

from __future__ import annotations

import dataclasses

import polars as pl

from dq import fold
from dq.dedup.clusters import canonical_of
from dq.dedup.copies import copies
from dq.dedup.lsh import choose_banding, least_agreement, meetings, pairs_of
from dq.dedup.minhash import fingerprints
from dq.dedup.rarity import nothing_common
from dq.dedup.verify import compare
from dq.figures import UNKNOWN_HOST
from dq.options import DedupOptions
from dq.tables import PASSAGES, REUSE, make_id
from dq.texts import measure, texts_of

QUOTED = r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\""
"""A quotation, in Arabic, French, English, German or typewriter marks."""
QUOTED_SHARE = 0.5
"""A paragraph is a quote when at least this share of its characters stands between quotation marks."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reuse:
    """The tables reuse and passages; and article_id, paragraph, reuse_id, reuse_articles, reuse_hosts of each place."""

    reuse: pl.DataFrame
    passages: pl.DataFrame
    paragraphs: pl.DataFrame


def find_reuse(articles: pl.DataFrame, options: DedupOptions) -> Reuse:
    """Reused paragraphs of `articles` (id, text, host, story), which come in order of rank.

    `story` is the same for articles of one cluster: boilerplate recurs in different stories, not in one that was
    published again.
    """
    paragraphs = split(articles)
    places = _grouped(paragraphs, options)
    places = places.join(articles.select("id", "host", "story").with_row_index("article"), on="article")
    shared = places.filter(pl.col("id").n_unique().over("group") > 1)
    reuse = _reuse(shared, options)
    named = shared.join(reuse.select("group", "reuse_id", "n_articles", "n_hosts"), on="group")
    return Reuse(
        reuse=REUSE.conform(reuse),
        passages=PASSAGES.conform(named.rename({"id": "article_id"})),
        paragraphs=named.select(
            pl.col("id").alias("article_id"),
            "paragraph",
            "reuse_id",
            reuse_articles="n_articles",
            reuse_hosts="n_hosts",
        ).sort("article_id", "paragraph"),
    )


def split(articles: pl.DataFrame) -> pl.DataFrame:
    r"""The paragraphs of `articles` (text): article (row), paragraph (0-based), text, start and end (characters).

    >>> split(pl.DataFrame({"text": ["One.\n\n  Two. "]})).rows()
    [(0, 0, 'One.', 0, 4), (0, 1, 'Two.', 8, 12)]
    """
    lines = (
        articles.select(line=pl.col("text").fill_null("").str.split("\n"))
        .with_row_index("article")
        .explode("line")
        .with_columns(width=pl.col("line").str.len_chars().cast(pl.Int64) + 1)
        .with_columns(start=pl.col("width").cum_sum().over("article") - pl.col("width"))
    )
    begun = pl.col("line").str.strip_chars_start()
    return (
        lines.with_columns(
            text=begun.str.strip_chars_end(),
            start=pl.col("start") + pl.col("width") - 1 - begun.str.len_chars().cast(pl.Int64),
        )
        .filter(pl.col("text") != "")
        .with_columns(end=pl.col("start") + pl.col("text").str.len_chars().cast(pl.Int64))
        .select(
            "article", pl.int_range(pl.len()).over("article").cast(pl.Int32).alias("paragraph"), "text", "start", "end"
        )
    )


def _grouped(paragraphs: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """`paragraphs` that are long enough, with group (equal for those that are one), leads, similarity and n_words."""
    texts = texts_of(paragraphs["text"])
    held = copies(*measure(texts, threads=options.threads), min_words=options.min_paragraph_words)
    nodes = held.filter(pl.col("nth") == 0)
    n, threads = options.permutations, options.threads
    signatures, sets = fingerprints(
        texts,
        nodes["row"].to_numpy(),
        nodes["n_words"].to_numpy(),
        shingle_words=options.shingle_words,
        n_permutations=n,
        threads=threads,
    )
    banding = choose_banding(n, jaccard=options.paragraph_jaccard, recall=options.candidate_recall)
    least = least_agreement(n, options.paragraph_jaccard)
    pairs = pairs_of(meetings(signatures, banding, least=least, max_bucket=options.max_bucket, threads=threads))
    alike = compare(sets, pairs, nothing_common(sets), threads=threads).filter(
        pl.col("jaccard") >= options.paragraph_jaccard
    )
    canonical, likeness = canonical_of(nodes.height, alike)
    node = held["node"].to_numpy()
    return paragraphs[held["row"]].with_columns(
        n_words=held["n_words"].cast(pl.Int32),
        group=pl.Series(canonical[node]),
        leads=pl.Series((canonical[node] == node) & (held["nth"].to_numpy() == 0)),
        similarity=pl.Series(likeness[node]),
    )


def _reuse(places: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """One row a group of `places`: group, and the columns of the table reuse."""
    counts = places.group_by("group").agg(
        n_articles=pl.col("id").n_unique(),
        n_hosts=pl.col("host").fill_null(UNKNOWN_HOST).n_unique(),
        known=pl.col("host").is_not_null().all(),
        stories=pl.col("story").n_unique(),
    )
    groups = places.filter("leads").select("group", "text", "n_words", first_article_id="id").join(counts, on="group")
    ids = [make_id(fold.key(text)) for text in groups["text"]]
    return groups.with_columns(reuse_id=pl.Series(ids, dtype=pl.String), kind=kind(options))


def kind(options: DedupOptions) -> pl.Expr:
    """Boilerplate where one known host has it in many different stories; else quote, by its marks; else wire.

    Reads text, n_hosts, known (all hosts are) and stories.
    """
    quoted = pl.col("text").str.extract_all(QUOTED).list.join("").str.len_chars()
    one_host = (pl.col("n_hosts") == 1) & pl.col("known")
    return (
        pl.when(one_host & (pl.col("stories") >= options.boilerplate_articles))
        .then(pl.lit("boilerplate"))
        .when(quoted >= QUOTED_SHARE * pl.col("text").str.len_chars())
        .then(pl.lit("quote"))
        .otherwise(pl.lit("wire"))
    )
