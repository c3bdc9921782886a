"""Pairs that people decided are not one story: neither a row nor a cluster has both."""

import dataclasses
import random
import string

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.dedup import find_duplicates
from dq.dedup.clusters import canonical_of
from dq.history import History
from dq.options import DedupOptions
from dq.reviews import PairCase, Side

OPTIONS = DedupOptions(keep_candidates=True)


def apart(left, right, left_url=None, right_url=None):
    sides = (Side(article_id=name, url=url, title=None) for name, url in ((left, left_url), (right, right_url)))
    return PairCase(**dict(zip(("left", "right"), sides, strict=True)), together=False)


def search(rows, *cases, options=OPTIONS, index=None):
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return find_duplicates(frame, options, reviews=cases, index=index)


def articles(**texts):
    return [{"id": name, "text": text} for name, text in texts.items()]


def pairs(found):
    return set(found.duplicates.select("left_id", "right_id").iter_rows())


def clusters(found):
    groups = {}
    for name, cluster, _ in found.membership.iter_rows():
        groups.setdefault(cluster or name, set()).add(name)
    return sorted(map(sorted, groups.values()))


def test_a_pair_that_is_apart_is_no_row_and_no_cluster(story, edited):
    rows = articles(a=story(1), b=edited(story(1), 25), c=story(2))
    assert pairs(search(rows)) == {("a", "b")}
    found = search(rows, apart("b", "a"))
    assert pairs(found) == set()
    assert clusters(found) == [["a"], ["b"], ["c"]]
    assert found.membership["is_canonical"].all()
    assert found.candidates["accepted"].to_list() == [False]
    assert found.apart.rows() == [(0, "a", "b")]
    assert found.audit.filter(pl.col("copies") > 0).is_empty()


def test_copies_of_one_text_are_parted_one_by_one(story):
    rows = articles(a=story(1), b=story(1), c=story(1))
    found = search(rows, apart("a", "b"))
    assert pairs(found) == {("a", "c"), ("b", "c")}
    assert set(found.duplicates["relation"]) == {"exact"}
    assert clusters(found) == [["a", "c"], ["b"]]
    assert clusters(search(rows, apart("a", "b"), apart("a", "c"))) == [["a"], ["b", "c"]]
    assert clusters(search(rows, apart("a", "b"), apart("a", "c"), apart("b", "c"))) == [["a"], ["b"], ["c"]]


def test_what_is_decided_on_two_texts_holds_for_their_copies(story, edited):
    rows = articles(a=story(1), b=edited(story(1), 25), c=story(1), d=edited(story(1), 25))
    found = search(rows, apart("a", "b"))
    assert pairs(found) == {("a", "c"), ("b", "d")}
    assert clusters(found) == [["a", "c"], ["b", "d"]]


def test_two_that_resemble_a_third_are_not_joined_by_it(story, edited):
    base = story(1, 120)
    rows = articles(a=base, b=edited(base, 40, 1), c=edited(base, 40, 2), d=edited(base, 40, 3))
    assert len(clusters(search(rows))) == 1
    found = search(rows, apart("b", "c"))
    assert ("b", "c") not in pairs(found)
    assert ("a", "c") in pairs(found)
    joined = clusters(found)
    assert len(joined) == 2
    assert not any({"b", "c"} <= set(group) for group in joined)
    assert found.clusters["size"].sum() == sum(len(group) for group in joined if len(group) > 1)


def test_a_row_joins_no_cluster_of_one_that_it_is_apart_from():
    edges = pl.DataFrame({"left": [0, 0, 1, 2], "right": [1, 2, 2, 3], "jaccard": [0.9, 0.8, 0.8, 0.7]})
    apart = pl.DataFrame({"left": [1], "right": [2]})
    assert canonical_of(4, edges)[0].tolist() == [0, 0, 0, 3]
    assert canonical_of(4, edges, apart=apart)[0].tolist() == [0, 0, 2, 2]
    assert canonical_of(4, edges, apart=apart.clear())[0].tolist() == [0, 0, 0, 3]


def test_articles_are_known_by_their_addresses_too(story, edited):
    rows = [
        {"id": "new", "text": story(1), "url": "https://a.example/1"},
        {"id": "b", "text": edited(story(1), 25), "url": "https://b.example/2"},
    ]
    assert pairs(search(rows, apart("old", "gone", "https://a.example/1", "https://b.example/2"))) == set()
    assert pairs(search(rows, apart("old", "gone", "https://a.example/1", "https://b.example/3"))) == {("b", "new")}
    assert search(rows, apart("old", "gone")).apart.is_empty()


def test_versions_of_one_address_are_known_by_their_ids(story, edited):
    url = "https://a.example/1"
    rows = [{"id": name, "text": edited(story(1), 25, at), "url": url} for at, name in enumerate("abc")]
    found = search(rows, apart("a", "b", url, url))
    assert ("a", "b") not in pairs(found)
    assert ("a", "c") in pairs(found)


class TestHistory:
    def add(self, url, rows, *cases):
        history = History(url, DedupOptions())
        found = search(rows, *cases, options=DedupOptions(), index=history)
        history.add(pl.DataFrame(rows), found)
        return found

    def test_an_earlier_article_is_kept_apart(self, story, edited, tmp_path):
        self.add(tmp_path, articles(a=story(1)))
        found = search(articles(b=edited(story(1), 25)), apart("a", "b"), index=History(tmp_path, OPTIONS))
        assert pairs(found) == set()
        assert clusters(found) == [["b"]]

    def test_a_member_of_an_earlier_cluster_keeps_others_out_of_it(self, story, edited, tmp_path):
        base = story(1, 120)
        self.add(tmp_path, articles(a=base, b=edited(base, 40, 1)))
        later = articles(c=edited(base, 40, 2))
        assert search(later, index=History(tmp_path, OPTIONS)).membership.rows() == [("c", "a", False)]
        found = search(later, apart("b", "c"), index=History(tmp_path, OPTIONS))
        assert ("a", "c") in pairs(found)
        assert found.membership.rows() == [("c", None, True)]

    def test_a_copy_of_an_earlier_text_is_kept_apart(self, story, tmp_path):
        self.add(tmp_path, articles(a=story(1)))
        found = search(articles(b=story(1), c=story(1)), apart("a", "b"), index=History(tmp_path, OPTIONS))
        assert pairs(found) == {("a", "c"), ("b", "c")}
        assert found.membership.rows() == [("b", None, True), ("c", "a", False)]

    def test_what_was_joined_before_it_was_reviewed_falls_apart(self, story, edited, tmp_path):
        base = story(1, 120)
        self.add(tmp_path, articles(a=base, b=edited(base, 40, 1)))
        later = articles(c=edited(base, 40, 2))
        found = search(later, apart("a", "b"), index=History(tmp_path, OPTIONS))
        assert found.clusters["size"].to_list() == [2]


def words(seed, n):
    letters = random.Random(seed)  # noqa: S311  # reproducible words, no secret
    return " ".join("".join(letters.choices(string.ascii_lowercase, k=5)) for _ in range(n))


BLOCKS = [words(seed, 8 + 7 * seed) for seed in range(6)]
body = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=4).map("\n\n".join)
batches = st.lists(st.tuples(body, st.sampled_from([None, "https://a.example/1", "https://a.example/2"])), max_size=10)


@settings(max_examples=10, deadline=None)
@given(
    batches, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=6), st.randoms(use_true_random=False)
)
def test_no_row_and_no_cluster_has_both_whatever_the_order(batch, told, shuffle):
    rows = [{"id": f"{at:02}", "text": text, "url": url} for at, (text, url) in enumerate(batch)]
    frame = pl.DataFrame(rows, schema={"id": pl.String, "text": pl.String, "url": pl.String})
    cases = [apart(f"{left:02}", f"{right:02}") for left, right in told]
    found = find_duplicates(frame, OPTIONS, reviews=cases)
    cluster_of = {name: cluster for name, cluster, _ in found.membership.iter_rows()}
    for left, right in {tuple(sorted((f"{left:02}", f"{right:02}"))) for left, right in told if left != right}:
        assert (left, right) not in pairs(found)
        assert cluster_of.get(left) is None or cluster_of[left] != cluster_of.get(right)
    assert found.clusters.filter(pl.col("min_jaccard") < OPTIONS.cluster_jaccard).is_empty()
    assert pairs(found) <= pairs(find_duplicates(frame, OPTIONS))
    order = list(range(frame.height))
    shuffle.shuffle(order)
    shuffle.shuffle(cases)
    again = find_duplicates(frame[order], OPTIONS, reviews=cases)
    for field in dataclasses.fields(found):
        if field.name != "apart":  # which tells cases by their places
            assert getattr(again, field.name).equals(getattr(found, field.name)), field.name


@pytest.mark.parametrize("cases", [(), (apart("x", "y"),)])
def test_cases_that_are_not_met_change_nothing(story, edited, cases):
    rows = articles(a=story(1), b=edited(story(1), 25), c=story(1))
    expected, found = search(rows), search(rows, *cases)
    assert found.duplicates.equals(expected.duplicates)
    assert found.membership.equals(expected.membership)
