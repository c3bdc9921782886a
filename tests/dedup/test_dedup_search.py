import re
from datetime import UTC, datetime

import polars as pl
import pytest

from dq.dedup import find_duplicates
from dq.errors import ConfigError, TableError
from dq.options import DedupOptions
from dq.tables import CLUSTERS, DUPLICATES, PASSAGES, REUSE

OPTIONS = DedupOptions()


def search(rows, options=OPTIONS):
    return find_duplicates(pl.DataFrame(rows, infer_schema_length=None), options)


def relations(found):
    return [(row["left_id"], row["right_id"], row["relation"]) for row in found.duplicates.iter_rows(named=True)]


def articles(**texts):
    return [{"id": name, "text": text} for name, text in texts.items()]


def test_exact_copies(story):
    found = search(articles(a=story(1), b=story(1), c=story(2)))
    assert found.duplicates.to_dicts() == [
        {
            "left_id": "a",
            "right_id": "b",
            "relation": "exact",
            "jaccard": 1.0,
            "containment_left": 1.0,
            "containment_right": 1.0,
            "longest_shared_words": 80,
            "same_title": False,
            "title_likeness": None,
            "days_between": None,
            "bands_hit": 0,
            "folded_only": False,
        }
    ]
    assert found.membership.rows() == [("a", "a", True), ("b", "a", False), ("c", None, True)]


def test_near_copies_carry_their_evidence(story, edited):
    base = story(1, 100)
    found = search(articles(b=edited(base, 25), a=f"{base} {story(2, 10)}"))
    row = found.duplicates.row(0, named=True)
    assert (row["left_id"], row["right_id"], row["relation"]) == ("a", "b", "near")
    shared = 4 * 20  # four edits, the last one at the end, leave runs of 24 words: 20 shingles each
    assert row["jaccard"] == pytest.approx(shared / (106 + 96 - shared))
    assert row["containment_left"] == pytest.approx(shared / 106)
    assert row["containment_right"] == pytest.approx(shared / 96)
    assert row["longest_shared_words"] == 24
    assert row["bands_hit"] > 0


def test_a_wire_in_a_long_article_is_contained_and_not_clustered(story):
    wire = story(1, 60)
    found = search(articles(wire=wire, long=f"{story(2, 400)} {wire} {story(3, 400)}"))
    assert relations(found) == [("long", "wire", "contains")]
    assert found.duplicates["containment_right"].item() == 1.0
    assert found.clusters.is_empty()
    found = search(articles(a=wire, b=f"{story(2, 400)} {wire} {story(3, 400)}"))
    assert relations(found) == [("a", "b", "contained_in")]


def test_one_address_makes_versions(story, edited):
    base, url = story(1, 120), "https://example.org/story"
    rows = [
        {"id": "a", "text": base, "url": url},
        {"id": "b", "text": edited(base, 12), "url": url},
        {"id": "c", "text": edited(base, 60), "url": "https://example.org/other"},
        {"id": "d", "text": base, "url": url},
    ]
    named = {(left, right): relation for left, right, relation in relations(search(rows))}
    assert named["a", "b"] == named["b", "d"] == "version"
    assert named["a", "c"] == "near"
    assert named["a", "d"] == "exact"


def test_strangers_at_one_address_stay_strangers(story):
    rows = [{"id": str(seed), "text": story(seed), "url": "https://example.org/"} for seed in range(5)]
    assert search(rows).duplicates.is_empty()


def test_matches_that_only_folding_makes_are_marked(story):
    accented = story(1).replace("a", "á").replace("e", "é").replace("o", "ö").replace("u", "ü").replace("i", "í")
    found = search(articles(a=story(1), b=accented, c=story(1)))
    marked = {(row["left_id"], row["right_id"]): row["folded_only"] for row in found.duplicates.iter_rows(named=True)}
    assert marked == {("a", "b"): True, ("a", "c"): False, ("b", "c"): True}
    near = search(articles(a=story(1), b=f"{accented} {story(2, 10)}", c=f"{story(1)} {story(3, 10)}"))
    marked = {(row["left_id"], row["right_id"]): row["folded_only"] for row in near.duplicates.iter_rows(named=True)}
    assert marked == {("a", "b"): True, ("a", "c"): False, ("b", "c"): True}


def test_titles_are_compared_folded_and_missing_ones_never_equal(story):
    rows = [
        {"id": "a", "text": story(1), "title": "أخبار القدس"},
        {"id": "b", "text": story(1), "title": "اخبار «القُدس»"},
        {"id": "c", "text": story(1), "title": None},
        {"id": "d", "text": story(1), "title": "…"},
        {"id": "e", "text": story(1), "title": "…"},
    ]
    same = search(rows).duplicates.filter("same_title")
    assert same.select("left_id", "right_id").rows() == [("a", "b")]


def test_titles_and_days_are_evidence(story):
    rows = [
        {"id": "a", "text": story(1), "title": "Flood in the old town", "date": datetime(2024, 4, 8, 6)},
        {"id": "b", "text": story(1), "title": "FLOOD in the new town!", "date": datetime(2024, 4, 6, 18)},
        {"id": "c", "text": story(1), "title": "…", "date": None},
    ]
    found = search(rows).duplicates.select("left_id", "right_id", "title_likeness", "days_between").rows()
    assert found[0] == ("a", "b", pytest.approx(1 - 6 / 42, abs=1e-3), 1.5)
    assert found[1:] == [("a", "c", None, None), ("b", "c", None, None)]


SHORT = [
    ("empty", ["", "", "  ", None]),
    ("one word", ["تعليقات", "تعليقات"]),
    ("a caption", ["محافظ الطائف يرأس الاجتماع"] * 3),
    ("nine words", ["a b c d e f g h i"] * 2),
    ("marks only", ["... !!! ***", "... !!! ***"]),
]


@pytest.mark.parametrize("texts", [case[1] for case in SHORT], ids=[case[0] for case in SHORT])
def test_texts_too_short_to_judge_resemble_nothing(texts):
    found = search([{"id": str(i), "text": text} for i, text in enumerate(texts)])
    assert found.duplicates.is_empty()
    assert found.clusters.is_empty()
    assert found.membership["is_canonical"].all()


def test_texts_shorter_than_a_shingle_match_exactly_if_long_enough():
    options = DedupOptions(min_words=2)
    found = search(articles(a="three words here", b="Three words, here!", c="three words there"), options)
    assert relations(found) == [("a", "b", "exact")]
    assert found.duplicates["longest_shared_words"].item() == 3


def test_a_template_makes_no_duplicates_and_a_copy_in_it_does(story):
    frame = story(900, 60)
    bulletins = {f"t{seed}": f"{frame} {story(seed, 50)}" for seed in range(40)}
    found = search(articles(**bulletins, copy=bulletins["t7"].upper(), edited=f"{frame} {story(7, 45)} new end here"))
    assert relations(found) == [("copy", "edited", "near"), ("copy", "t7", "exact"), ("edited", "t7", "near")]


def test_clusters_do_not_chain(story):
    parts = [story(seed, 60) for seed in range(5)]
    chain = {f"a{i}": f"{parts[i]} {parts[i + 1]}" for i in range(4)}
    rows = [{"id": name, "text": text, "date": datetime(2024, 1, int(name[1]) + 1)} for name, text in chain.items()]
    found = search(rows)
    assert len(relations(found)) == 3
    assert found.membership.rows() == [("a0", "a0", True), ("a1", "a0", False), ("a2", "a2", True), ("a3", "a2", False)]
    assert found.clusters["min_jaccard"].min() >= OPTIONS.cluster_jaccard


def test_a_cluster_is_told_with_its_canonical(story, edited):
    base = story(1, 100)
    rows = [
        {"id": "late", "text": base, "date": datetime(2024, 4, 9), "host": "one"},
        {"id": "early", "text": edited(base, 30), "date": datetime(2024, 4, 8), "host": "two"},
        {"id": "undated", "text": base, "date": None, "host": None},
    ]
    found = search(rows)
    row = found.clusters.row(0, named=True)
    assert row["min_jaccard"] == found.duplicates["jaccard"].min() < 1
    del row["min_jaccard"]
    assert row == {
        "cluster_id": "early",
        "size": 3,
        "n_hosts": 3,
        "canonical_id": "early",
        "canonical_reason": "earliest date",
        "first_published_at": datetime(2024, 4, 8),
    }
    assert found.membership.rows() == [("early", "early", True), ("late", "early", False), ("undated", "early", False)]


def test_a_thousand_copies_make_one_cluster_and_few_rows(story):
    options = DedupOptions(max_copies=10)
    rows = [{"id": f"{i:04}", "text": story(1)} for i in range(1000)]
    found = search([*rows, {"id": "near", "text": f"{story(1)} {story(2, 10)}"}], options)
    assert found.clusters.select("size", "canonical_id").rows() == [(1001, "near")]
    assert found.duplicates.height == 45 + 990 + 10


def test_a_thousand_edits_of_one_story_make_one_cluster(story, edited):
    base = story(1, 200)
    found = search([{"id": f"{seed:04}", "text": edited(base, 50, seed)} for seed in range(1000)])
    assert found.clusters["size"].to_list() == [1000]


def test_thousands_of_texts_in_one_template_are_compared_with_a_few_each(story, caplog):
    frame = story(900, 120)
    texts = [f"{frame} {story(seed, 40)}" for seed in range(4000)]
    with caplog.at_level("DEBUG", logger="dq.dedup.search"):
        found = search([{"id": str(i), "text": text} for i, text in enumerate([*texts, texts[0]])])
    assert relations(found)[0][2] == "exact"
    different, candidates = map(int, re.findall(r"\d+", caplog.messages[-1]))
    assert different == len(texts)
    assert candidates <= 100 * different  # of eight million pairs


def test_tables_have_their_schemas_even_when_empty():
    empty = pl.DataFrame(schema={"id": pl.String, "text": pl.String})
    found = find_duplicates(empty, OPTIONS)
    for table in (DUPLICATES, CLUSTERS, REUSE, PASSAGES):
        assert getattr(found, table.name).schema == table.schema
    assert found.membership.schema == {"id": pl.String, "cluster_id": pl.String, "is_canonical": pl.Boolean}
    assert list(found.paragraphs.schema) == ["article_id", "paragraph", "reuse_id", "reuse_articles", "reuse_hosts"]


def test_any_types_of_columns_will_do(story):
    stamp = datetime(2024, 4, 9, 12, tzinfo=UTC)
    found = search([{"id": 2, "text": story(1), "date": stamp}, {"id": 10, "text": story(1), "date": stamp}])
    assert relations(found) == [("10", "2", "exact")]
    assert found.clusters["first_published_at"].to_list() == [datetime(2024, 4, 9, 12)]


WRONG = [
    ({"name": ["a"], "body": ["b"]}, "no column id and no column text; there are: name, body"),
    ({"id": ["a"]}, "no column text; there are: id"),
    ({"id": ["a", None], "text": ["x", "y"]}, "1 rows have no id"),
    ({"id": ["b", "a", "b", "a"], "text": ["1", "2", "3", "4"]}, "ids that come more than once: a, b: give"),
    ({"id": [str(i // 2) for i in range(14)], "text": [""] * 14}, "0, 1, 2, 3, 4 and 2 more: give"),
    ({"id": ["a"], "text": ["x"], "date": ["yesterday"]}, "column date cannot be used as Datetime"),
]


@pytest.mark.parametrize(("columns", "message"), WRONG)
def test_frames_that_cannot_be_searched(columns, message):
    with pytest.raises(TableError, match=message):
        find_duplicates(pl.DataFrame(columns), OPTIONS)


OPTIONS_THAT_CANNOT_BE_USED = [
    ({"shingle_words": 0}, "shingle_words must be 1 or more, not 0"),
    ({"permutations": -1}, "permutations must be 1 or more, not -1"),
    ({"max_copies": 0}, "max_copies must be 1 or more, not 0"),
    ({"threads": -1}, "threads must be 0 or more, not -1"),
    ({"min_jaccard": 0.0}, "min_jaccard must be more than 0 and at most 1, not 0.0"),
    ({"cluster_jaccard": 30}, "cluster_jaccard must be more than 0 and at most 1, not 30"),
    ({"candidate_recall": 1.0}, "candidate_recall must be more than 0 and less than 1, not 1.0"),
]


@pytest.mark.parametrize(("values", "message"), OPTIONS_THAT_CANNOT_BE_USED)
def test_options_that_cannot_be_used(values, message, story):
    with pytest.raises(ConfigError) as told:
        search(articles(a=story(1)), DedupOptions(**values))
    assert str(told.value).splitlines() == ["options that cannot be used:", f"  - {message}"]


def test_options_at_their_limits_are_used(story):
    options = DedupOptions(min_words=0, common_documents=0, shingle_words=1, threads=1, max_bucket=1, max_copies=1)
    assert relations(search(articles(a=story(1), b=story(1), c="", d=""), options)) == [("a", "b", "exact")]


def test_a_recall_that_cannot_be_had(story):
    with pytest.raises(ConfigError, match="raise permutations"):
        search(articles(a=story(1)), DedupOptions(permutations=4))


def test_candidates_are_kept_on_demand(story):
    formula = story(1, 30)
    texts = [story(2), story(2) + " more", *(f"{formula} {story(seed, 300)}" for seed in range(10, 13))]
    frame = pl.DataFrame({"id": [f"{at}" for at in range(len(texts))], "text": texts})
    assert find_duplicates(frame, DedupOptions()).candidates is None
    found = find_duplicates(frame, DedupOptions(keep_candidates=True))
    pairs = found.duplicates.select("left_id", "right_id").rows()
    assert found.candidates.filter("accepted").select("left_id", "right_id").rows() == pairs == [("0", "1")]
    assert found.candidates.height >= len(pairs)
