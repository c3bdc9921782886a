import polars as pl
import pytest

from dq.dedup import find_duplicates
from dq.dedup.passages import kind, split
from dq.options import DedupOptions
from dq.tables import make_id

OPTIONS = DedupOptions()

TEXTS = [
    ("", []),
    ("\n\n \n", []),
    ("One.", [("One.", 0, 4)]),
    ("One.\nTwo.", [("One.", 0, 4), ("Two.", 5, 9)]),
    ("  One. \r\n\r\n\tTwo.", [("One.", 2, 6), ("Two.", 12, 16)]),
    ("أولاً.\n\n\n ثانيًا 👍", [("أولاً.", 0, 6), ("ثانيًا 👍", 10, 18)]),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_paragraphs_are_lines_that_are_not_blank(text, expected):
    rows = split(pl.DataFrame({"text": [text, "x"]})).filter(pl.col("article") == 0)
    assert rows.select("text", "start", "end").rows() == expected
    assert rows["paragraph"].to_list() == list(range(len(expected)))
    assert all(text[start:end] == paragraph for paragraph, start, end in expected)


def search(rows):
    return find_duplicates(pl.DataFrame(rows, infer_schema_length=None), OPTIONS)


def article(name, *paragraphs, host=None):
    return {"id": name, "text": "\n\n".join(paragraphs), "host": host}


def test_a_shared_paragraph_is_told_with_its_places(story, edited):
    shared = story(1, 40)
    own = " ".join(shared.split()[:39])  # the last word of the copy is another one
    found = search(
        [
            article("b", story(2), f"  {edited(shared, 20)}", host="two"),
            article("a", shared.upper(), story(3, 120), host="one"),
            article("c", story(4), story(5)),
        ]
    )
    assert found.reuse.to_dicts() == [
        {
            "reuse_id": make_id(own),
            "text": own.upper(),
            "n_words": 39,
            "n_articles": 2,
            "n_hosts": 2,
            "first_article_id": "a",
            "kind": "wire",
        }
    ]
    places = found.passages.rows()
    start = 7 * 80 - 1 + 2 + 2
    assert places[0] == (make_id(own), "a", 0, len(own), 1.0)
    assert places[1][1:4] == ("b", start, start + len(own))
    assert places[1][4] == pytest.approx(30 / 40)
    assert found.paragraphs.rows() == [("a", 0, make_id(own), 2, 2), ("b", 1, make_id(own), 2, 2)]


def test_short_and_unshared_paragraphs_are_not_reuse(story):
    short, twice = story(1, 19), story(2, 60)
    found = search([article("a", short, twice, twice), article("b", short, story(3))])
    assert found.reuse.is_empty()
    assert found.passages.is_empty()
    assert found.paragraphs.is_empty()


def test_a_paragraph_twice_in_one_article_counts_once(story):
    shared = story(1, 30)
    found = search([article("a", shared, story(2), shared), article("b", shared, story(3))])
    assert found.reuse["n_articles"].to_list() == [2]
    assert found.passages["article_id"].to_list() == ["a", "a", "b"]
    assert found.paragraphs["paragraph"].to_list() == [0, 2, 0]


def test_boilerplate_recurs_in_different_stories_of_one_host(story):
    notice = story(1, 30)
    stories = [article(f"a{seed}", story(seed, 100), notice, host="h") for seed in range(10, 13)]
    assert search(stories).reuse["kind"].to_list() == ["boilerplate"]
    elsewhere = [*stories, article("b", story(20, 100), notice, host="other")]
    assert search(elsewhere).reuse["kind"].to_list() == ["wire"]
    unknown = [{**row, "host": None} for row in stories]
    assert search(unknown).reuse["kind"].to_list() == ["wire"]
    again = [article(f"a{day}", story(10, 100), notice, host="h") for day in range(3)]
    assert set(search(again).reuse["kind"]) == {"wire"}


KINDS = [
    ("«كل الكلام هنا بين علامتي التنصيص»، قال.", "quote"),
    ("He said “all of this was said” and left.", "quote"),
    ('He went home and said nothing more than "no" to them.', "wire"),
    ("No marks at all.", "wire"),
]


@pytest.mark.parametrize(("text", "expected"), KINDS)
def test_quotes_are_known_by_their_marks(text, expected):
    frame = pl.DataFrame({"text": [text], "n_hosts": [2], "known": [True], "stories": [9]})
    assert frame.select(kind(OPTIONS)).to_series().to_list() == [expected]
