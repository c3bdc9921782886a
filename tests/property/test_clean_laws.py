"""What holds for every page: how it was flattened, and in what company it came, must not matter."""

import dataclasses
import hashlib
import itertools
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.clean import clean_pages, clean_text, count, decide, read_drafts
from dq.clean.scoring import SURE_PROSE
from dq.ingest import decode_page, read_pages
from dq.options import CleanOptions, IngestOptions
from dq.tables import Page

OPTIONS = CleanOptions()
SEEDS = Path(__file__).parents[2] / "seeds" / "news"
SAMPLES = [decode_page(raw, IngestOptions()) for raw in read_pages([SEEDS], IngestOptions())]
FLAT = [page for page in SAMPLES if page.format == "text"]
LINES = sorted({line.strip() for page in FLAT for line in page.content.splitlines() if line.strip()})
ENDS = st.sampled_from(["\n", "\r\n", "\r"])

made_of_lines = st.lists(st.sampled_from(LINES), max_size=40)
whole_pages = st.sampled_from([[line for line in page.content.splitlines() if line.strip()] for page in FLAT])
some_page = made_of_lines | whole_pages


def flat(content: str, number: int = 0, host: str | None = "example.org") -> Page:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return dataclasses.replace(
        FLAT[0], page_id=f"{number:016x}", host=host, url=None, content_sha256=digest, content=content
    )


def bodies(text: str) -> list[tuple[str | None, str]]:
    return [(article["title"], article["body"]) for article in clean_text(text).articles]


@settings(max_examples=40, deadline=None)
@given(some_page, ENDS)
def test_line_ends_do_not_matter(lines, end):
    assert bodies(end.join(lines)) == bodies("\n".join(lines))


@settings(max_examples=40, deadline=None)
@given(some_page, st.integers(0, 9))
def test_blank_lines_do_not_matter(lines, seed):
    blanks = random.Random(seed)  # noqa: S311  # reproducible, no secret
    spread = [part for line in lines for part in (line, *[""] * blanks.randint(0, 2))]
    assert bodies("\n".join(spread)) == bodies("\n".join(lines))


@settings(max_examples=40, deadline=None)
@given(some_page, st.sampled_from(["• ", "  - ", "\t* ", "• · "]))
def test_list_marks_and_indents_do_not_matter(lines, mark):
    assert bodies("\n".join(mark + line for line in lines)) == bodies("\n".join(lines))


@settings(max_examples=15, deadline=None)
@given(st.lists(some_page, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_pages_does_not_matter(pages, order):
    made = [flat("\n".join(lines), number) for number, lines in enumerate(pages)]
    shuffled = order.sample(made, len(made))
    one, other = clean_pages(made, OPTIONS), clean_pages(shuffled, OPTIONS)
    for name, key in {"pages": ["page_id"], "lines": ["page_id", "line"], "articles": ["article_id"]}.items():
        assert one[name].sort(key).equals(other[name].sort(key)), name


@settings(max_examples=15, deadline=None)
@given(st.lists(some_page, min_size=1, max_size=6), st.integers(1, 4))
def test_the_size_of_shards_does_not_matter(pages, size):
    made = [flat("\n".join(lines), number) for number, lines in enumerate(pages)]
    drafts = [read_drafts(made[at : at + size], OPTIONS) for at in range(0, len(made), size)]
    template = count([draft.keys() for draft in drafts])
    parts = [decide(draft, OPTIONS, template) for draft in drafts]
    whole = clean_pages(made, OPTIONS)
    for name, frame in whole.items():
        assert pl.concat([part[name] for part in parts]).equals(frame), name


@settings(max_examples=20, deadline=None)
@given(whole_pages, st.lists(some_page, min_size=1, max_size=5))
def test_other_pages_of_the_site_never_remove_what_surely_is_prose(lines, others):
    page = flat("\n".join(lines), 0)
    company = [flat("\n".join([*other, *lines[::2]]), number) for number, other in enumerate(others, 1)]
    alone = clean_pages([page], OPTIONS)["lines"]
    among = clean_pages([page, *company], OPTIONS)["lines"].filter(pl.col("page_id") == page.page_id)
    sure = alone.filter((pl.col("label") == "body") & (pl.col("score") >= SURE_PROSE))["line"]
    assert among.filter(pl.col("line").is_in(sure.implode()))["kept"].all()


@pytest.mark.parametrize("page", SAMPLES, ids=lambda page: f"{page.path}:{page.row}")
def test_a_cleaned_article_is_clean(page):
    (once,) = itertools.islice(
        (row for row in clean_pages([page], OPTIONS)["articles"].to_dicts() if row["is_main"]), 1
    )
    (again,) = clean_text("\n\n".join([once["title"] or "", once["body"]])).articles
    assert (again["title"], again["body"]) == (once["title"], once["body"])
