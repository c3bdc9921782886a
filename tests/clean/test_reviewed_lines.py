"""Lines on which people decided: they are kept or removed as was decided, and all that is told of a page follows."""

import dataclasses
import random
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import clean_page, clean_pages, count, decide, read_drafts
from dq.clean.lines import make_line
from dq.clean.reviewed import REVIEWED
from dq.ingest import decode_page, read_pages
from dq.options import CleanOptions, IngestOptions
from dq.reviews import LineReviews, Ruling, line_key, place_of

OPTIONS = CleanOptions()
SEEDS = Path(__file__).parents[2] / "seeds"
PAGES = [decode_page(raw, IngestOptions()) for raw in read_pages([SEEDS / "news"], IngestOptions())]
CLEANED = {page.page_id: clean_page(page, OPTIONS) for page in PAGES}
EMPTY = [
    page
    for raw in read_pages([SEEDS / "broken" / "template-changed"], IngestOptions())
    if clean_page(page := decode_page(raw, IngestOptions()), OPTIONS).page.status == "empty"
]


def amid_text(cleaned):
    """Removed lines between the first and the last paragraph of a page."""
    body = [row["line"] for row in cleaned.lines if row["label"] == "body"]
    return [row for row in cleaned.lines if not row["kept"] and body[0] < row["line"] < body[-1]]


A_PAGE = next(page for page in PAGES if page.format == "html" and amid_text(CLEANED[page.page_id]))


def reviews_of(page, decisions):
    return LineReviews({place_of(page.host, page.url): rulings(decisions)})


def rulings(decisions):
    return {key: Ruling(keeps) for key, keeps in decisions.items()}


def keys(rows):
    return {line_key(row["text"]) for row in rows}


def kept(cleaned):
    return [row for row in cleaned.lines if row["kept"]]


def same_content(one, other):
    def rows(cleaned):
        return [cleaned.lines, cleaned.articles, cleaned.paragraphs]

    return rows(one) == rows(other)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(PAGES), st.data())
def test_decided_lines_are_as_was_decided_and_the_tables_of_the_page_agree(page, data):
    rows = [row for row in CLEANED[page.page_id].lines if make_line(row["text"]).text]
    some = data.draw(st.lists(st.sampled_from(rows), max_size=6))
    decisions = {line_key(row["text"]): data.draw(st.booleans()) for row in some}
    cleaned = clean_page(page, OPTIONS, reviews_of(page, decisions))
    for key, keeps in decisions.items():
        assert (key in keys(kept(cleaned))) == keeps
    assert [row["text"] for row in cleaned.lines] == [row["text"] for row in CLEANED[page.page_id].lines]
    assert [row["score"] for row in cleaned.lines] == [row["score"] for row in CLEANED[page.page_id].lines]
    for article in cleaned.articles:
        own = [row for row in cleaned.lines if row["article"] == article["ordinal"]]
        bodies = [make_line(row["text"]).text for row in own if row["label"] == "body"]
        assert article["body"] == "\n\n".join(bodies)
        assert article["n_paragraphs"] == len(bodies) > 0
    texts = [paragraph["text"] for paragraph in cleaned.paragraphs]
    assert texts == [text for article in cleaned.articles for text in article["body"].split("\n\n")]
    assert sum(article["is_main"] for article in cleaned.articles) == bool(cleaned.articles)
    assert (cleaned.page.status == "ok") == bool(cleaned.articles)
    assert all((row["label"] in {"title", "subtitle", "body"}) == row["kept"] for row in cleaned.lines)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(PAGES), st.data())
def test_only_what_was_decided_otherwise_is_told_as_reviewed(page, data):
    before = CLEANED[page.page_id]
    decisions = {line_key(row["text"]): row["kept"] for row in before.lines}
    decisions |= dict.fromkeys(keys(kept(before)), True)
    assert same_content(clean_page(page, OPTIONS, reviews_of(page, decisions)), before)
    row = data.draw(st.sampled_from([row for row in before.lines if make_line(row["text"]).text]))
    cleaned = clean_page(page, OPTIONS, reviews_of(page, {line_key(row["text"]): not row["kept"]}))
    told = [one for one in cleaned.lines if one["reason"] == REVIEWED]
    assert keys(told) <= {line_key(row["text"])}


def test_a_removed_line_that_is_kept_is_a_paragraph_of_the_article_around_it():
    before = CLEANED[A_PAGE.page_id]
    row = amid_text(before)[0]
    cleaned = clean_page(A_PAGE, OPTIONS, reviews_of(A_PAGE, {line_key(row["text"]): True}))
    now = cleaned.lines[row["line"]]
    assert (now["label"], now["kept"], now["reason"], now["article"]) == ("body", True, REVIEWED, 0)
    assert row["text"] in cleaned.articles[0]["body"].split("\n\n")
    assert cleaned.articles[0]["n_paragraphs"] == before.articles[0]["n_paragraphs"] + 1
    assert cleaned.articles[0]["n_words"] > before.articles[0]["n_words"]
    assert cleaned.articles[0]["boilerplate_share"] < before.articles[0]["boilerplate_share"]


def test_a_kept_line_that_is_removed_leaves_its_article():
    before = CLEANED[A_PAGE.page_id]
    row = next(row for row in before.lines if row["label"] == "body")
    cleaned = clean_page(A_PAGE, OPTIONS, reviews_of(A_PAGE, {line_key(row["text"]): False}))
    now = cleaned.lines[row["line"]]
    assert (now["label"], now["kept"], now["reason"], now["article"]) == ("other", False, REVIEWED, None)
    assert row["text"] not in cleaned.articles[0]["body"]
    assert cleaned.articles[0]["n_paragraphs"] == before.articles[0]["n_paragraphs"] - 1


def test_a_title_that_is_removed_is_no_title():
    page = next(page for page in PAGES if page.format == "text" and CLEANED[page.page_id].articles[0]["title"])
    title = CLEANED[page.page_id].articles[0]["title"]
    cleaned = clean_page(page, OPTIONS, reviews_of(page, {line_key(title): False}))
    assert cleaned.articles[0]["title"] is None
    spared = LineReviews({place_of(page.host, page.url): {line_key(title): Ruling(kept=False, spares_headlines=True)}})
    assert same_content(clean_page(page, OPTIONS, spared), CLEANED[page.page_id])


def test_a_page_of_which_every_body_line_is_removed_is_empty():
    before = CLEANED[A_PAGE.page_id]
    decisions = {line_key(row["text"]): False for row in kept(before)}
    cleaned = clean_page(A_PAGE, OPTIONS, reviews_of(A_PAGE, decisions))
    assert (cleaned.page.status, cleaned.articles, kept(cleaned)) == ("empty", (), [])


def test_a_line_kept_on_an_empty_page_makes_an_article():
    page = EMPTY[0]
    row = next(row for row in clean_page(page, OPTIONS).lines if make_line(row["text"]).text)
    cleaned = clean_page(page, OPTIONS, reviews_of(page, {line_key(row["text"]): True}))
    assert cleaned.page.status == "ok"
    assert [article["body"] for article in cleaned.articles] == [make_line(row["text"]).text]
    assert cleaned.articles[0]["is_main"]


def test_decisions_hold_on_their_host_alone():
    before = CLEANED[A_PAGE.page_id]
    decisions = rulings({line_key(row["text"]): False for row in kept(before)})
    other = LineReviews({("elsewhere.example", None): decisions, (None, A_PAGE.url): decisions})
    assert same_content(clean_page(A_PAGE, OPTIONS, other), before)
    alone = dataclasses.replace(A_PAGE, host=None)
    assert clean_page(alone, OPTIONS, other).page.status == "empty"
    assert clean_page(dataclasses.replace(alone, url=None), OPTIONS, other).page.status == "ok"


def test_order_and_shards_of_pages_change_nothing():
    pages = [page for page in PAGES if page.host == A_PAGE.host] + PAGES[:6]
    pages = list({page.page_id: page for page in pages}.values())
    lines = [row for page in pages for row in CLEANED[page.page_id].lines]
    places = {page.page_id: place_of(page.host, page.url) for page in pages}
    decided = {}
    for row in random.Random(3).sample(lines, 40):  # noqa: S311  # reproducible, no secret
        decided.setdefault(places[row["page_id"]], {})[line_key(row["text"])] = Ruling(not row["kept"])
    reviews = LineReviews(decided)
    drafts = [read_drafts(part, OPTIONS) for part in (pages, pages[::-1], pages[:3], pages[3:])]
    template = count([drafts[0].keys()])
    one, two, *parts = (decide(draft, OPTIONS, template, reviews) for draft in drafts)
    for name, key in (("lines", ["page_id", "line"]), ("articles", ["article_id"])):
        expected = one[name].sort(key)
        assert two[name].sort(key).equals(expected)
        assert pl.concat([part[name] for part in parts]).sort(key).equals(expected)
    assert (one["lines"]["reason"] == REVIEWED).any()
    assert not (clean_pages(pages, OPTIONS)["lines"]["reason"] == REVIEWED).any()
