"""Passages that stand in several articles: quotations, wire copy, boilerplate; and where they stand.

    seeds -> links -> matches -> followed back to the earliest article -> groups -> places -> rows

Document MinHash sees next to nothing of a paragraph in a long article. Here the shingles that winnowing keeps (seeds)
link each article to earlier ones; each link is extended word by word, over small edits, to the whole passage that the
two share (`dq.dedup.passage_kernels`). A passage belongs to the earliest article that has it, whose text stands for
all. The cost is linear in the words, however many articles share a passage.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl

from dq import fold
from dq.compiled import over_ranges
from dq.dedup import passage_kernels as kernels
from dq.dedup.corpus import Corpus, blocks, release
from dq.dedup.kernels import different_rests, place_keys, place_likeness, place_shingles
from dq.dedup.lsh import runs
from dq.dedup.shingles import ShingleSets
from dq.dedup.sketches import Sketches
from dq.figures import UNKNOWN_HOST
from dq.options import DedupOptions
from dq.tables import PASSAGES, REUSE, make_id
from dq.texts import I32, I64, U64, texts_of, word_spans

SEED_BITS, SEED_SHIFT = 26, np.uint64(64 - 26)
"""A seed of an earlier article is kept where one of the batch begins with the same so many bits."""
WINDOW = 4
"""Of so many successive shingles winnowing keeps one at least: a run of eight equal words never goes unseen."""
EQUAL_SHARE = 0.5
"""Words of a passage, of the longer of its two forms, that two articles must have in common."""
COVERED = 0.9
"""An article has the whole of a passage where it has this share of its words."""
SAME_EXTENT = 0.8
"""Two passages of one article are one where they share this much of the words that either spans."""
ARTICLES_AT_ONCE = 5_000
"""Articles that are split into paragraphs at once."""
PARAGRAPH_SHARE = 0.5
"""A paragraph is reused where a passage covers this share of its characters."""
QUOTED = r"«[^»]*»|“[^”]*”|„[^“”]*[“”]|\"[^\"]*\""
"""A quotation, in Arabic, French, English, German or typewriter marks."""
BOILERPLATE = "boilerplate"
QUOTED_SHARE = 0.5
"""A passage is a quote when at least this share of its characters stands between quotation marks."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reuse:
    """The tables reuse and passages, and what others learn from them.

    paragraphs: article_id, paragraph, reuse_id, reuse_articles, reuse_hosts.
    boilerplate: shingles of passages that are boilerplate, each once, ascending.
    boilerplate_articles: the articles (rows) that hold one.
    """

    reuse: pl.DataFrame
    passages: pl.DataFrame
    paragraphs: pl.DataFrame
    boilerplate: U64
    boilerplate_articles: I64


def no_reuse() -> Reuse:
    """What is told where passages are not looked for."""
    columns = {"article_id": pl.String, "paragraph": pl.Int32, "reuse_id": pl.String}
    counts = {"reuse_articles": pl.Int32, "reuse_hosts": pl.Int32}
    none = pl.DataFrame(schema={**columns, **counts})
    return Reuse(
        reuse=REUSE.empty(),
        passages=PASSAGES.empty(),
        paragraphs=none,
        boilerplate=np.empty(0, np.uint64),
        boilerplate_articles=np.empty(0, np.int64),
    )


def find_reuse(articles: pl.DataFrame, corpus: Corpus, sketches: Sketches, options: DedupOptions) -> Reuse:
    """Reused passages of `articles` (id, source, host, added_at), which come by rank.

    The text of an article, and its words, are those of row `source` of `corpus` and `sketches`.
    """
    source = articles["source"].to_numpy()
    words = _Words(sketches.words, sketches.word_starts[source], sketches.word_starts[source + 1])
    n_earlier = articles.height - articles["added_at"].null_count()
    places = _told(_apart(_places(words, n_earlier, options)), words, articles, options)
    stories = _stories(places, words, source, sketches.sets, options)
    release(sketches.words, sketches.sets.flat)
    texts = _texts(corpus, articles, places["article"].unique().sort())
    places = _in_characters(places, texts, words, options)
    reuse = _reuse(places, stories, options)
    of_hosts = places.join(reuse.filter(kind=BOILERPLATE), on="group", how="semi")
    boilerplate, holders = _boilerplate(of_hosts, words, options)
    named = places.join(reuse.select("group", "reuse_id", "n_articles", "n_hosts"), on="group")
    return Reuse(
        reuse=REUSE.conform(reuse),
        passages=PASSAGES.conform(named.rename({"id": "article_id"})),
        paragraphs=_paragraphs(texts, articles, named),
        boilerplate=boilerplate,
        boilerplate_articles=holders,
    )


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """The words of article i, as hashes: `flat[begins[i]:ends[i]]`."""

    flat: U64
    begins: I64
    ends: I64

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def arrays(self) -> tuple[U64, I64, I64]:
        """What every kernel that reads words takes first."""
        return self.flat, self.begins, self.ends


def _texts(corpus: Corpus, articles: pl.DataFrame, involved: pl.Series) -> pl.DataFrame:
    """The articles (rows) that are `involved`, with their text."""
    source = articles["source"].gather(involved)
    read = pl.DataFrame({"source": source.sort(), "text": corpus.gather(source.to_numpy())})
    return pl.DataFrame({"article": involved, "source": source}).join(
        read, on="source", how="left", maintain_order="left"
    )


def _places(words: _Words, n_earlier: int, options: DedupOptions) -> pl.DataFrame:
    """Places of passages: group, article (row), first and last (words, last excluded), leads (the group's own text).

    Of the first `n_earlier` articles only those are told that later ones share something with.
    """
    links, pair_starts = _links(words, n_earlier, options)
    matches, found = _matches(words, links, pair_starts, options)
    by_later = np.searchsorted(matches[:, kernels.LATER], np.arange(len(words) + 1))
    roots = np.empty((len(matches), 3), np.int64)
    kernels.follow_back(matches, found, by_later, COVERED, roots)
    longest_first = np.lexsort((roots[:, kernels.ROOT_START], roots[:, kernels.ROOT_START] - roots[:, kernels.ROOT_END],
                                roots[:, kernels.ROOT]))  # fmt: skip
    group_of, groups = np.empty(len(matches), np.int64), np.empty_like(roots)
    groups = groups[: kernels.group(roots, longest_first, SAME_EXTENT, group_of, groups)]
    return pl.concat(
        [
            _as_places(np.arange(len(groups)), groups, leads=True),
            _as_places(group_of, matches[:, [kernels.LATER, kernels.LATER_START, kernels.LATER_END]]),
            _as_places(group_of, matches[:, [kernels.EARLIER, kernels.EARLIER_START, kernels.EARLIER_END]]),
            _spread(matches, found, groups, len(words), options),
        ]
    )


def _as_places(group: I64, place: I64, *, leads: bool = False) -> pl.DataFrame:
    columns = {"group": group, "article": place[:, 0], "first": place[:, 1], "last": place[:, 2]}
    return pl.DataFrame(columns).with_columns(leads=pl.lit(leads))


def _links(words: _Words, n_earlier: int, options: DedupOptions) -> tuple[I32, I64]:
    """(links by later article, earlier one and place; where each pair of articles begins among them, and the end)."""
    size = options.shingle_words

    def seeds(first: int, last: int) -> tuple[U64, I64, I64]:
        room = int((words.ends[first:last] - words.begins[first:last]).sum())
        hashes, texts, places = np.empty(room, np.uint64), np.empty(room, np.int64), np.empty(room, np.int64)
        n = kernels.winnow(*words.arrays, first, last, size, WINDOW, hashes, texts, places)
        kept = may_be_new[hashes[:n] >> SEED_SHIFT]
        return hashes[:n][kept], texts[:n][kept], places[:n][kept]

    none: tuple[U64, I64, I64] = np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64)
    may_be_new = np.ones(1 << SEED_BITS, np.bool_)
    parts = over_ranges(
        lambda first, last: seeds(n_earlier + first, n_earlier + last), len(words) - n_earlier, options.threads
    )
    if n_earlier:
        may_be_new = np.zeros(1 << SEED_BITS, np.bool_)
        for hashes, _, _ in parts:
            may_be_new[hashes >> SEED_SHIFT] = True
        parts = over_ranges(seeds, n_earlier, options.threads) + parts
    hashes, texts, places = (np.concatenate(column) for column in zip(none, *parts, strict=True))
    order, group_starts = runs(hashes)
    sizes = np.diff(group_starts)
    links = np.empty((int(2 * (sizes - 1).sum()), 4), np.int32)
    links = links[: kernels.link(order, group_starts, texts, places, n_earlier, links)]
    links = np.ascontiguousarray(pl.DataFrame(links, ["later", "earlier", "here", "there"]).sort(pl.all()).to_numpy())
    new = np.ones(len(links) + 1, np.bool_)
    new[1:-1] = (links[1:, :2] != links[:-1, :2]).any(axis=1)
    return links, np.flatnonzero(new) if len(links) else np.zeros(1, np.int64)


def _matches(words: _Words, links: I32, pair_starts: I64, options: DedupOptions) -> tuple[I64, I64]:
    """(matches by later article, then earlier one; their runs)."""

    def match(first: int, last: int) -> tuple[I64, I64]:
        room = int(pair_starts[last] - pair_starts[first])
        matches, found = np.empty((room, 9), np.int64), np.empty((room, 3), np.int64)
        n_matches, n_runs = kernels.match_pairs(
            *words.arrays, links, pair_starts, first, last, options.min_passage_words, EQUAL_SHARE, matches, found
        )
        return matches[:n_matches].copy(), found[:n_runs].copy()

    parts = over_ranges(match, len(pair_starts) - 1, options.threads)
    before = 0
    for matches, found in parts:
        matches[:, [kernels.RUNS_START, kernels.RUNS_END]] += before
        before += len(found)
    none: tuple[I64, I64] = np.empty((0, 9), np.int64), np.empty((0, 3), np.int64)
    matches, found = (np.concatenate(column) for column in zip(none, *parts, strict=True))
    return matches, found


def _spread(matches: I64, found: I64, groups: I64, n_texts: int, options: DedupOptions) -> pl.DataFrame:
    by_root = np.argsort(matches[:, kernels.EARLIER], kind="stable")
    of_root = np.searchsorted(matches[by_root, kernels.EARLIER], np.arange(n_texts + 1))
    out = np.empty((4 * len(matches), 4), np.int64)
    what = matches, found, by_root, of_root, groups, COVERED, options.min_passage_words
    n_places = kernels.spread_groups(*what, out)
    if n_places > len(out):
        out = np.empty((n_places, 4), np.int64)
        kernels.spread_groups(*what, out)
    return _as_places(out[:n_places, 0], out[:n_places, 1:])


def _in_characters(places: pl.DataFrame, texts: pl.DataFrame, words: _Words, options: DedupOptions) -> pl.DataFrame:
    """`places` with their start and end in characters, and the text of those that lead."""
    involved = texts["article"].to_numpy()
    n_words = words.ends[involved] - words.begins[involved]
    begins, ends, at = word_spans(texts_of(texts["text"]), np.arange(len(involved)), n_words, threads=options.threads)
    row = np.searchsorted(involved, places["article"].to_numpy())
    start = pl.Series(begins[at[row] + places["first"].to_numpy()], dtype=pl.Int64)
    end = pl.Series(ends[at[row] + places["last"].to_numpy() - 1], dtype=pl.Int64)
    places = places.with_columns(start=start, end=end, row=pl.Series(row))
    leads = places.filter("leads")
    own = leads.select("group", "start", "end", text=texts["text"].gather(leads["row"])).select(
        "group", text=pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
    )
    return places.join(own, on="group", maintain_order="left").with_columns(text=pl.when("leads").then("text"))


def _apart(places: pl.DataFrame) -> pl.DataFrame:
    """The places of each group and article without those that overlap a longer one; the leading one always stays."""
    length = pl.col("last") - pl.col("first")
    places = places.sort("group", "article", "leads", length, "first", descending=[False, False, True, True, False])
    kept = np.zeros(places.height, np.bool_)
    group, article, first, last = (places[name].to_numpy() for name in ("group", "article", "first", "last"))
    kernels.keep_apart(group, article, first, last, kept)
    return places.filter(pl.Series(kept))


def _told(places: pl.DataFrame, words: _Words, articles: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """`places` with id, host, n_words and similarity; those unlike their group's own text are left out.

    Groups without an article of the batch itself are left out too. Groups whose own texts have the same words, one
    paragraph twice in an article say, are one.
    """
    begins = words.begins[places["article"].to_numpy()]
    firsts, lasts = (begins + places[name].to_numpy() for name in ("first", "last"))
    keys = np.empty(places.height, np.uint64)

    def hash_places(first: int, last: int) -> None:
        place_keys(words.flat, firsts, lasts, first, last, keys)

    over_ranges(hash_places, places.height, options.threads)
    places = places.with_columns(key=pl.Series(keys)).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    one = places.filter("leads").select("group", one=pl.col("group").first().over("key"))
    places = places.join(one, on="group", maintain_order="left")
    leads = places.filter("leads").group_by("one").agg(pl.col("row").min().alias("leading"))
    places = places.join(leads, on="one", maintain_order="left").with_columns(
        leads=pl.col("row") == pl.col("leading"), group="one"
    )
    likeness = np.empty(places.height, np.float64)
    leaders = places["leading"].to_numpy()

    def compare_places(first: int, last: int) -> None:
        place_likeness(words.flat, firsts, lasts, leaders, options.shingle_words, first, last, likeness)

    over_ranges(compare_places, places.height, options.threads)
    places = places.with_columns(
        n_words=(pl.col("last") - pl.col("first")).cast(pl.Int32), similarity=pl.Series(likeness)
    )
    alike = (pl.col("similarity") >= options.passage_jaccard) | pl.col("leads")
    places = places.filter(alike & (pl.col("n_words") >= options.min_passage_words))
    places = places.with_columns(articles[name].gather(places["article"]) for name in ("id", "host", "added_at"))
    told = (pl.col("article").n_unique() > 1) & pl.col("leads").any() & pl.col("added_at").is_null().any()
    return _apart(places.filter(told.over("group")))


def _boilerplate(places: pl.DataFrame, words: _Words, options: DedupOptions) -> tuple[U64, I64]:
    """(shingles, each once, ascending; articles) of the `places` of boilerplate."""
    articles = places["article"].to_numpy()
    room = int((places["last"] - places["first"]).sum())
    found = np.empty(room, np.uint64)
    firsts, lasts = (words.begins[articles] + places[name].to_numpy() for name in ("first", "last"))
    n = place_shingles(words.flat, firsts, lasts, options.shingle_words, found)
    return np.unique(found[:n]), np.unique(articles)


def _stories(
    places: pl.DataFrame, words: _Words, source: I64, sets: ShingleSets, options: DedupOptions
) -> pl.DataFrame:
    """Of each group of `places` on one host (group, stories): how many of its articles are unlike apart from it.

    They are counted up to the number that makes a passage boilerplate.
    """
    most = options.boilerplate_articles
    one_host = (pl.col("host").n_unique() == 1) & pl.col("host").is_not_null().all()
    several = places.filter((one_host & (pl.col("article").n_unique() >= most)).over("group")).sort("group", "article")
    groups = several.group_by("group", maintain_order=True).agg("article", pl.col("leads").arg_max(), "first", "last")
    counted = []
    for _, articles, leader, firsts, lasts in groups.iter_rows():
        at, row = leader, articles[leader]
        begin = words.begins[[row]]
        passage = np.empty(lasts[at] - firsts[at], np.uint64)
        where = begin + firsts[at], begin + lasts[at]
        n = place_shingles(words.flat, *where, options.shingle_words, passage)
        rows = source[np.unique(articles)]
        counted.append(
            different_rests(sets.flat, sets.starts, rows, passage[:n], options.cluster_jaccard, options.min_words, most)
        )
    return groups.select("group", stories=pl.Series(counted, dtype=pl.Int64))


def _reuse(places: pl.DataFrame, stories: pl.DataFrame, options: DedupOptions) -> pl.DataFrame:
    """One row a group of `places`: group, and the columns of the table reuse."""
    counts = places.group_by("group").agg(
        n_articles=pl.col("id").n_unique(),
        n_hosts=pl.col("host").fill_null(UNKNOWN_HOST).n_unique(),
    )
    groups = places.filter("leads").select("group", "text", "n_words", first_article_id="id").join(counts, on="group")
    groups = groups.join(stories, on="group", how="left", maintain_order="left")
    ids = [make_id(fold.key(text)) for text in groups["text"]]
    return groups.with_columns(reuse_id=pl.Series(ids, dtype=pl.String), kind=kind(options))


def _paragraphs(texts: pl.DataFrame, articles: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The paragraphs of which a place covers at least half: of several places the one that covers most of it."""
    named = pl.concat([texts.select("text"), articles.select("id", "added_at")[texts["article"]]], how="horizontal")
    own = named.filter(pl.col("added_at").is_null())
    places = places.select("id", "start", "end", "reuse_id", "n_articles", "n_hosts")
    parts = [_paragraphs_of(own[block], places) for block in blocks(own.height, ARTICLES_AT_ONCE)]
    return pl.concat(parts).sort("article_id", "paragraph")


def _paragraphs_of(articles: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    paragraphs = split(articles)
    paragraphs = paragraphs.with_columns(id=articles["id"].gather(paragraphs["article"]))
    shared = pl.min_horizontal("end", "end_right") - pl.max_horizontal("start", "start_right")
    return (
        paragraphs.select("id", "paragraph", "start", "end")
        .join(places, on="id")
        .with_columns(shared=shared)
        .filter(pl.col("shared") >= PARAGRAPH_SHARE * (pl.col("end") - pl.col("start")))
        .sort("id", "paragraph", "shared", "n_articles", "reuse_id", descending=[False, False, True, True, False])
        .group_by("id", "paragraph", maintain_order=True)
        .first()
        .select("paragraph", "reuse_id", article_id="id", reuse_articles="n_articles", reuse_hosts="n_hosts")
        .select("article_id", "paragraph", "reuse_id", "reuse_articles", "reuse_hosts")
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


def kind(options: DedupOptions) -> pl.Expr:
    """Boilerplate where one host has it in many different stories; else quote, by its marks; else wire.

    Reads text and stories, which is null for what stands on several hosts, or on unknown ones.
    """
    quoted = pl.col("text").str.extract_all(QUOTED).list.join("").str.len_chars()
    return (
        pl.when(pl.col("stories") >= options.boilerplate_articles)
        .then(pl.lit(BOILERPLATE))
        .when(quoted >= QUOTED_SHARE * pl.col("text").str.len_chars())
        .then(pl.lit("quote"))
        .otherwise(pl.lit("wire"))
    )
