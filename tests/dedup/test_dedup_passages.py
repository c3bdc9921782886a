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
    frame = pl.DataFrame({"text": [text], "stories": [None]}, schema_overrides={"stories": pl.Int64})
    assert frame.select(kind(OPTIONS)).to_series().to_list() == [expected]


def test_an_edited_passage_is_found_whole(story):
    words = story(1, 60).split()
    for at in (7, 20, 21, 33, 45):
        words[at] = "edited"
    del words[50]
    words[10:10] = ["an", "inserted", "clause"]
    found = search(
        [article("a", story(2, 200), story(1, 60), story(3)), article("b", story(4), " ".join(words), story(5))]
    )
    place = found.passages.filter(article_id="b").row(0, named=True)
    whole = len(story(4)) + 2, len(story(4)) + 2 + len(" ".join(words))
    assert (place["start"], place["end"]) == whole
    assert found.passages.filter(article_id="a")["start"].to_list() == [len(story(2, 200)) + 2]


def test_a_passage_need_not_be_a_paragraph(story):
    shared = story(1, 25)
    left, right = f"{story(2, 90)} {shared} {story(3, 90)}", f"{story(4, 40)} «{shared}». {story(5, 70)}"
    found = search([article("a", left), article("b", right)])
    assert [right[row["start"] : row["end"]] for row in found.passages.filter(article_id="b").to_dicts()] == [
        f"«{shared}»."
    ]


def test_a_passage_of_a_story_that_was_copied_is_told_of_every_copy(story):
    shared = story(1, 40)
    whole = [story(2), shared, story(3)]
    copies = [article("a", *whole), article("b", *whole, story(6, 9)), article("c", story(7, 9), *whole)]
    found = search([*copies, article("d", story(4, 120), shared, story(5, 120))])
    of_shared = found.reuse.filter(reuse_id=make_id(shared))
    assert of_shared["n_articles"].to_list() == [4]
    assert found.passages.filter(reuse_id=make_id(shared))["article_id"].to_list() == ["a", "b", "c", "d"]


def test_a_formula_too_short_is_not_told(story):
    formula = story(1, 19)
    rows = [article(f"a{seed}", f"{story(seed, 60)} {formula} {story(seed + 50, 60)}") for seed in range(10, 14)]
    assert search(rows).reuse.is_empty()


def test_boilerplate_of_a_host_makes_no_likeness(story):
    teasers = story(1, 60)
    rows = [article(f"a{seed}", story(seed, 40), teasers, host="h") for seed in range(10, 13)]
    found = search(rows)
    assert found.reuse["kind"].to_list() == ["boilerplate"]
    assert found.duplicates.is_empty()
    copied = article("copy", story(10, 40), teasers, host="h")
    assert search([*rows, copied]).duplicates.select("left_id", "right_id").rows() == [("a10", "copy")]
    elsewhere = [{**row, "host": f"h{at}"} for at, row in enumerate(rows)]
    assert search(elsewhere).duplicates.height == 3


def test_without_passages_the_rest_stays(story):
    rows = [article("a", story(1), story(2)), article("b", story(1), story(2), story(3, 9))]
    without = find_duplicates(pl.DataFrame(rows), DedupOptions(passages=False))
    assert without.reuse.is_empty()
    assert without.passages.is_empty()
    assert without.duplicates.equals(search(rows).duplicates)
