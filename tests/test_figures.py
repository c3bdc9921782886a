"""Figures add up, and rates never round to what they are not."""

import dataclasses
from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.figures import UNKNOWN_HOST, Figures, count, percent, sources
from dq.tables import ARTICLES, LINES, PAGES

NAMES = [field.name for field in dataclasses.fields(Figures)]
FIGURES = st.builds(
    lambda values: Figures(**dict(zip(NAMES, values, strict=True))),
    st.lists(st.integers(0, 10**9), min_size=len(NAMES), max_size=len(NAMES)),
)


def page(**given_values):
    return (
        dict.fromkeys(PAGES.columns)
        | {"page_id": "p", "status": "ok", "path": "p", "format": "text", "n_bytes": 1}
        | given_values
    )


def article(**given_values):
    return (
        dict.fromkeys(ARTICLES.columns)
        | {"article_id": "a", "page_id": "p", "is_main": True, "is_canonical": True}
        | given_values
    )


def line(**given_values):
    return dict.fromkeys(LINES.columns) | {"page_id": "p", "line": 0, "text": "text", "kept": False} | given_values


def counted(pages, lines, articles):
    return count(PAGES.frame(pages).lazy(), LINES.frame(lines).lazy(), ARTICLES.frame(articles).lazy())


@given(FIGURES, FIGURES, FIGURES)
def test_adding_is_associative_and_commutative_with_a_zero(one, two, three):
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Figures() == one


def test_shards_add_up_to_the_whole():
    pages = [page(status=status) for status in ("ok", "ok", "empty", "rejected")]
    lines = [line(text="x" * n, kept=n % 2 == 0) for n in range(1, 6)]
    articles = [article(is_main=n < 2, is_canonical=n != 1) for n in range(3)]
    whole = counted(pages, lines, articles)
    assert counted(pages[:1], lines[:2], articles[:2]) + counted(pages[1:], lines[2:], articles[2:]) == whole
    assert (whole.pages, whole.pages_ok, whole.pages_empty, whole.pages_rejected) == (4, 2, 1, 1)
    assert (whole.characters, whole.characters_kept) == (15, 6)
    assert (whole.articles, whole.further_articles, whole.duplicates, whole.published) == (3, 1, 1, 2)


def test_no_rows_are_no_figures():
    assert counted([], [], []) == Figures()


def test_sources_has_one_row_a_host_with_rates_over_its_own_pages():
    pages = [page(host="a.example"), page(host="a.example", status="empty"), page(host=None, status="rejected")]
    articles = [
        article(
            host="a.example",
            title="t",
            n_words=10,
            boilerplate_share=0.5,
            language="ar",
            published_at=datetime(2026, 1, 1),
        ),
        article(host="a.example", is_main=False, is_canonical=False, n_words=99, boilerplate_share=0.5),
    ]
    rows = sources(PAGES.frame(pages).lazy(), ARTICLES.frame(articles).lazy(), ["ar"]).to_dicts()
    assert [row["host"] for row in rows] == [UNKNOWN_HOST, "a.example"]
    assert rows[1] == {
        "host": "a.example", "pages": 2, "articles": 2, "rejected_share": 0.0, "empty_share": 0.5, "duplicate_share": 0.5,
        "boilerplate_share": 0.5, "median_words": 10.0, "date_share": 1.0, "title_share": 1.0, "language_share": 1.0,
    }  # fmt: skip
    assert rows[0]["articles"] == 0
    assert rows[0]["rejected_share"] == 1.0


@pytest.mark.parametrize(("languages", "share"), [(["ar"], 0.5), (["en"], 0.0), ([], 0.5)])
def test_languages_that_are_expected(languages, share):
    articles = [article(host="a", language="ar"), article(host="a", language=None)]
    assert sources(PAGES.frame([page(host="a")]).lazy(), ARTICLES.frame(articles).lazy(), languages)[
        "language_share"
    ].to_list() == [share]


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_rate_rounds_to_all_or_nothing_only_when_it_is(part, whole):
    part = min(part, whole)
    assert (percent(part, whole) == "0%") == (part == 0)
    assert (percent(part, whole) == "100%") == (part == whole)


def test_a_rate_of_nothing_is_no_rate():
    assert percent(0, 0) == "–"


def test_sources_of_an_empty_run_is_an_empty_table():
    assert sources(PAGES.frame().lazy(), ARTICLES.frame().lazy()).shape == (0, 11)
    assert isinstance(sources(PAGES.frame().lazy(), ARTICLES.frame().lazy()), pl.DataFrame)
