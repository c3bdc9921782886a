"""What holds for every batch, whatever is in it."""

import dataclasses
import random
import string
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq import fold
from dq.dedup import checked, find_duplicates
from dq.dedup.index import FORMED, ROWS, formed, index_rows
from dq.dedup.lsh import choose_banding, meetings, pairs_of
from dq.dedup.minhash import signatures
from dq.options import DedupOptions
from dq.tables import TIMESTAMP

OPTIONS = DedupOptions(keep_candidates=True)
SCHEMA = {
    "id": pl.String,
    "text": pl.String,
    "title": pl.String,
    "date": pl.Datetime("us"),
    "host": pl.String,
    "url": pl.String,
}


def words(seed: int, n: int) -> str:
    letters = random.Random(seed)  # noqa: S311  # reproducible words, no secret
    return " ".join("".join(letters.choices(string.ascii_lowercase, k=5)) for _ in range(n))


BLOCKS = [words(seed, 8 + 7 * seed) for seed in range(7)]
"""Pieces of 8 to 50 words, of which articles are made, so that they overlap in every way."""

block = st.sampled_from([*BLOCKS, BLOCKS[4].upper(), BLOCKS[5].replace("a", "á"), "", "one"])
body = st.lists(block, max_size=5).map("\n\n".join)
article = st.tuples(
    st.one_of(body, st.text(max_size=80)),
    st.sampled_from([None, "", "عنوان", "Title", "TITLE"]),
    st.sampled_from([None, datetime(2024, 1, 1), datetime(2024, 1, 2)]),
    st.sampled_from([None, "a.example", "b.example"]),
    st.sampled_from([None, "https://a.example/1", "https://a.example/2"]),
)
batches = st.lists(article, max_size=12)


def frame_of(batch) -> pl.DataFrame:
    return pl.DataFrame([(f"{i:02}", *row) for i, row in enumerate(batch)], schema=SCHEMA, orient="row")


def tables(found) -> dict[str, list[tuple]]:
    made = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
    return {name: table.rows() for name, table in made.items() if table is not None}


def shingles(text: str) -> set[tuple[str, ...]]:
    folded = fold.words(text)
    return {tuple(folded[at : at + 5]) for at in range(len(folded) - 4)}


def jaccard(left: str, right: str) -> float:
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b) if a | b else 1.0


@settings(deadline=None, max_examples=12)
@given(batches, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_number_of_threads_change_nothing(batch, shuffle):
    frame = frame_of(batch)
    order = list(range(frame.height))
    shuffle.shuffle(order)
    expected = tables(find_duplicates(frame, OPTIONS))
    assert tables(find_duplicates(frame[order], OPTIONS)) == expected
    assert tables(find_duplicates(frame, dataclasses.replace(OPTIONS, threads=1))) == expected


@settings(deadline=None, max_examples=15)
@given(batches)
def test_every_pair_is_what_it_says(batch):
    frame = frame_of(batch)
    text = dict(frame.select("id", "text").iter_rows())
    for row in find_duplicates(frame, OPTIONS).duplicates.iter_rows(named=True):
        left, right = text[row["left_id"]], text[row["right_id"]]
        a, b = shingles(left), shingles(right)
        assert row["left_id"] < row["right_id"]
        assert row["jaccard"] == pytest.approx(jaccard(left, right))
        assert row["containment_left"] == pytest.approx(len(a & b) / len(a))
        assert row["containment_right"] == pytest.approx(len(a & b) / len(b))
        assert (row["relation"] == "exact") == (fold.words(left) == fold.words(right))
        if row["relation"] == "contains":
            assert row["containment_right"] >= OPTIONS.min_containment > row["containment_left"]
        if row["relation"] == "contained_in":
            assert row["containment_left"] >= OPTIONS.min_containment > row["containment_right"]


@settings(deadline=None, max_examples=15)
@given(batches)
def test_every_member_of_a_cluster_resembles_its_canonical(batch):
    frame = frame_of(batch)
    text = dict(frame.select("id", "text").iter_rows())
    found = find_duplicates(frame, OPTIONS)
    assert found.membership["id"].to_list() == frame["id"].to_list()
    clustered = found.membership.filter(pl.col("cluster_id").is_not_null())
    sizes = dict(clustered.group_by("cluster_id").len().iter_rows())
    assert sizes == dict(found.clusters.select("cluster_id", "size").iter_rows())
    for row in found.clusters.iter_rows(named=True):
        members = clustered.filter(cluster_id=row["cluster_id"])["id"].to_list()
        alike = [jaccard(text[member], text[row["canonical_id"]]) for member in members]
        assert row["min_jaccard"] == pytest.approx(min(alike))
        assert min(alike) >= OPTIONS.cluster_jaccard
    canonical = found.membership.filter("is_canonical")["id"].to_list()
    assert set(found.clusters["canonical_id"]) <= set(canonical)
    assert len(canonical) == frame.height - sum(size - 1 for size in sizes.values())


@settings(deadline=None, max_examples=15)
@given(batches)
def test_passages_stand_where_they_say(batch):
    frame = frame_of(batch)
    text = dict(frame.select("id", "text").iter_rows())
    found = find_duplicates(frame, OPTIONS)
    of = {row["reuse_id"]: row for row in found.reuse.iter_rows(named=True)}
    for row in found.passages.iter_rows(named=True):
        stands, own = text[row["article_id"]][row["start"] : row["end"]], of[row["reuse_id"]]["text"]
        assert stands == stands.strip()
        assert row["similarity"] == pytest.approx(jaccard(stands, own))
        assert len(fold.words(stands)) >= OPTIONS.min_passage_words
    places = found.passages.group_by("reuse_id").agg(pl.col("article_id").n_unique())
    assert dict(places.iter_rows()) == {name: row["n_articles"] for name, row in of.items()}
    assert all(row["n_articles"] > 1 for row in of.values())


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(0, 60), min_size=2, max_size=10), st.integers(0, 1000))
def test_strangers_of_any_length_never_match(lengths, seed):
    texts = [words(seed * 100 + i, n) for i, n in enumerate(lengths)]
    found = find_duplicates(pl.DataFrame({"id": [str(i) for i in range(len(texts))], "text": texts}), OPTIONS)
    assert found.duplicates.is_empty()
    assert found.clusters.is_empty()
    assert found.reuse.is_empty()


@settings(deadline=None, max_examples=15)
@given(batches.filter(len))
def test_a_copy_of_any_row_long_enough_is_found(batch):
    frame = frame_of(batch)
    copy = frame.head(1).with_columns(pl.col("text").str.to_uppercase(), id=pl.lit("copy"))
    long_enough = len(fold.words(frame["text"][0])) >= OPTIONS.min_words
    found = find_duplicates(pl.concat([frame, copy]), OPTIONS)
    pair = found.duplicates.filter(left_id="00", right_id="copy")
    same = fold.words(frame["text"][0]) == fold.words(copy["text"][0])  # some letters have no capital that folds back
    assert pair["relation"].to_list() == (["exact"] if long_enough and same else [])


@pytest.mark.parametrize(("threshold", "recall"), [(0.3, 0.99), (0.5, 0.9), (0.7, 0.6)])
def test_lsh_finds_pairs_at_the_rate_that_its_curve_promises(threshold, recall):
    n_pairs, n_words = 400, 104
    banding = choose_banding(128, jaccard=threshold, recall=recall)
    shared = round(2 * threshold / (1 + threshold) * (n_words - 4))  # of 100 shingles, for this Jaccard
    texts = []
    for i in range(n_pairs):
        common = words(3 * i, shared + 4)
        texts += [f"{common} {words(3 * i + side, n_words - shared - 4)}" for side in (1, 2)]
    pairs = pairs_of(meetings(signatures(pl.Series(texts)), banding, least=1, max_bucket=64))
    found = np.sum((pairs.right == pairs.left + 1) & (pairs.left % 2 == 0))
    exact = jaccard(texts[0], texts[1])
    promised = banding.recall(exact)
    assert exact == pytest.approx(threshold, abs=0.01)
    assert found / n_pairs == pytest.approx(
        promised, abs=4 * (promised * (1 - promised) / n_pairs) ** 0.5 + 1 / n_pairs
    )


class InMemory:
    """Earlier batches, in the order in which they were added, as `dq.history.History` keeps them on disk."""

    def __init__(self):
        self.rows = pl.DataFrame(schema=ROWS)

    def read(self, columns):
        return self.rows.select(columns)

    def chunks(self, columns):
        yield from self.rows.select(columns).iter_slices(3)

    def rows_of(self, ids, columns):
        return self.rows.filter(pl.col("id").is_in(ids.implode())).select(columns)

    def add(self, frame, found, day):
        rows = index_rows(checked(frame), found.likes, BY_BATCH)
        added = rows.with_columns(batch=pl.lit("b"), added_at=pl.lit(datetime(2024, 5, day, tzinfo=UTC), TIMESTAMP))
        self.rows = pl.concat([self.rows, added.select(pl.col(name).cast(kind) for name, kind in ROWS.items())])


BY_BATCH = DedupOptions(boilerplate_articles=99)
EVIDENCE = ("left_id", "right_id", "relation", "jaccard", "containment_left", "longest_shared_words", "folded_only")


@settings(deadline=None, max_examples=10)
@given(batches, st.integers(0, 12), st.integers(0, 12))
def test_batches_one_after_the_other_find_what_all_at_once_find(batch, first, second):
    frame = frame_of(batch)
    cuts = sorted((min(first, frame.height), min(second, frame.height)))
    parts = [frame[: cuts[0]], frame[cuts[0] : cuts[1]], frame[cuts[1] :]]
    index, pairs, members = InMemory(), set(), {}
    for day, part in enumerate(parts, start=1):
        found = find_duplicates(part, BY_BATCH, index=index)
        pairs |= set(found.duplicates.select(EVIDENCE).rows())
        members |= {name: cluster or name for name, cluster, _ in found.membership.rows()}
        index.add(part, found, day)
        again = find_duplicates(part, BY_BATCH, index=index)
        assert tables(again) == tables(found)
    assert pairs == set(find_duplicates(frame, BY_BATCH).duplicates.select(EVIDENCE).rows())
    assert dict(formed(index.read(FORMED)).select("id", "story").rows()) == members
