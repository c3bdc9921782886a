"""The parts of the report that compute: differences of texts, the flow and its chart, the choice of pages."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.figures import Figures
from dq.options import ReportOptions
from dq.report.capped import Extent, left_out
from dq.report.charts import TALLEST, flow_chart
from dq.report.diff import CONTEXT_WORDS, word_diff, words_as_written
from dq.report.failing import UNJUDGED
from dq.report.flow import account
from dq.report.samples import article_ranges, choose, shown_lines
from dq.report.wording import demand, duration, similarity

TEXTS = st.lists(st.sampled_from(["a", "b", "c\n\n", "القدس", "新", "闻"]), max_size=30).map(" ".join)


def bare(text):
    return [word.strip() for word in words_as_written(text)]


class TestDiff:
    @given(TEXTS, TEXTS)
    def test_tells_how_to_get_from_one_text_to_the_other(self, left, right):
        diff = word_diff(left, right, max_words=100)
        assert diff.equal + diff.deleted == len(bare(left))
        assert diff.equal + diff.inserted == len(bare(right))
        for side, kinds in ((left, {"equal", "delete"}), (right, {"equal", "insert"})):
            told = [word for part in diff.parts if part.kind in kinds for word in bare(part.text)]
            if not any(part.kind == "gap" for part in diff.parts):
                assert told == bare(side)

    @given(TEXTS)
    def test_of_equal_texts_shows_no_change(self, text):
        diff = word_diff(text, text, max_words=100)
        assert diff.deleted == diff.inserted == diff.uncompared == 0
        assert diff.equal == len(bare(text))

    def test_sums_up_what_is_far_from_a_change(self):
        words = [f"w{number}" for number in range(200)]
        diff = word_diff(" ".join(words), " ".join([*words[:100], "new", *words[100:]]), max_words=1_000)
        kinds = [part.kind for part in diff.parts]
        assert kinds == ["gap", "equal", "insert", "equal", "gap"]
        assert sum(part.words for part in diff.parts if part.kind != "insert") == 200
        assert diff.parts[1].words == diff.parts[3].words == CONTEXT_WORDS

    def test_says_how_many_words_it_did_not_compare(self):
        assert word_diff("a " * 30, "a " * 50, max_words=20).uncompared == 40

    def test_compares_by_character_where_words_are_not_spaced(self):
        diff = word_diff("旧城夜市重新开放", "旧城夜市今日开放", max_words=100)
        assert [(part.kind, part.text) for part in diff.parts if part.kind != "equal"] == [
            ("delete", "重新"),
            ("insert", "今日"),
        ]


COUNTS = st.integers(0, 10_000)


@st.composite
def figures(draw) -> Figures:
    ok, empty, rejected, further = draw(COUNTS), draw(COUNTS), draw(COUNTS), draw(COUNTS)
    articles = ok + further
    return Figures(
        pages=ok + empty + rejected, pages_ok=ok, pages_empty=empty, pages_rejected=rejected, articles=articles,
        main_articles=ok, duplicates=draw(st.integers(0, articles)),
    )  # fmt: skip


def problems(numbers: Figures, kinds: int) -> pl.DataFrame:
    """The pages of `numbers` spread over so many problems."""
    rows = [
        {
            "status": status,
            "problem": f"problem {kind}" if kind else None,
            "count": count // kinds + (kind < count % kinds),
        }
        for status, count in (("empty", numbers.pages_empty), ("rejected", numbers.pages_rejected))
        for kind in range(kinds)
    ]
    return pl.DataFrame(rows, schema={"status": pl.String, "problem": pl.String, "count": pl.Int64})


class TestFlow:
    @given(figures(), st.integers(1, 12))
    def test_adds_up_whatever_the_figures(self, numbers, kinds):
        flow = account(numbers, problems=problems(numbers, kinds), relations={"exact": numbers.duplicates})
        running = 0
        for step in flow.steps:
            running = {"total": step.count, "loss": running - step.count, "gain": running + step.count}[step.kind]
            assert not step.reasons or sum(reason.count for reason in step.reasons) == step.count
        totals = [step.count for step in flow.steps if step.kind == "total"]
        assert totals == [numbers.pages, numbers.pages_ok, numbers.articles, numbers.published]
        assert running == numbers.published

    def test_pages_without_a_main_article_are_a_loss_of_their_own(self):
        numbers = Figures(pages=10, pages_ok=10, articles=11, main_articles=8)
        flow = account(numbers, problems=problems(numbers, 1), relations={})
        assert (flow.count("without"), flow.count("further")) == (2, 3)

    def test_problems_beyond_the_most_frequent_are_summed_up(self):
        numbers = Figures(pages=20, pages_rejected=20)
        (loss,) = [s for s in account(numbers, problems=problems(numbers, 20), relations={}).steps if s.kind == "loss"]
        assert loss.reasons[-1].text == "other reasons"
        assert any(reason.text == "no reason stated" for reason in loss.reasons)

    @given(figures())
    def test_is_drawn_to_scale_and_within_its_frame(self, numbers):
        flow = account(numbers, problems=problems(numbers, 2), relations={"near": numbers.duplicates})
        chart = flow_chart(flow)
        if chart is None:
            assert numbers.pages == 0
            return
        scale = TALLEST / max(numbers.pages, numbers.pages_ok, numbers.articles)
        for bar in chart.bars:
            assert bar.height == pytest.approx(bar.count * scale, abs=1.6)
            assert 0 <= bar.x < chart.width
            assert bar.y + bar.height <= chart.height
        columns = {}
        for bar in chart.bars:
            assert bar.y >= columns.get(bar.x, 0), "bars of one column lie below one another"
            columns[bar.x] = bar.y + bar.height


PAGE = st.fixed_dictionaries({
    "host": st.sampled_from(["a", "b", "c", None]),
    "status": st.sampled_from(["ok", "empty"]),
    "kept_share": st.floats(0, 1),
    "articles": st.integers(0, 3),
    "rank": st.integers(0, UNJUDGED),
})  # fmt: skip
SCHEMA = {"page_id": pl.String, "host": pl.String, "status": pl.String, "kept_share": pl.Float64, "articles": pl.Int64,
          "rank": pl.Int64}  # fmt: skip


def candidates(pages) -> pl.DataFrame:
    return pl.DataFrame([{"page_id": f"{n:03}", **page} for n, page in enumerate(pages)], schema=SCHEMA)


class TestChoice:
    @given(st.lists(PAGE, max_size=30), st.integers(0, 12))
    def test_shows_as_many_pages_as_it_may_each_once(self, pages, n):
        chosen = choose(candidates(pages), n)
        assert chosen.height == min(n, len(pages))
        assert chosen["page_id"].n_unique() == chosen.height

    @given(st.lists(PAGE, max_size=30), st.randoms())
    def test_does_not_depend_on_the_order_of_pages(self, pages, random):
        frame = candidates(pages)
        order = random.sample(range(frame.height), frame.height)
        shuffled = frame[order]
        assert choose(shuffled, 8).equals(choose(frame, 8))

    def test_takes_a_page_of_each_bad_host_before_a_second_one(self):
        page = {"status": "empty", "kept_share": 0.0, "articles": 0, "rank": 0}
        chosen = choose(candidates([*[{**page, "host": "a"}] * 20, {**page, "host": "b"}]), 4)
        assert chosen["host"].to_list()[:2] == ["a", "b"]

    def test_leaves_room_for_pages_that_did_not_fail(self):
        bad = {"host": "a", "status": "empty", "kept_share": 0.0, "articles": 0, "rank": 0}
        good = {"host": "b", "status": "ok", "kept_share": 0.6, "articles": 1, "rank": UNJUDGED}
        two = {**good, "articles": 2}
        chosen = choose(candidates([*[bad] * 10, *[good] * 10, two]), 8)
        assert chosen["why"].to_list() == ["failed"] * 4 + ["several"] + ["least"] * 3


@given(st.lists(st.none() | st.integers(0, 3), max_size=20))
def test_lines_of_an_article_stay_in_its_range(articles):
    ranges = article_ranges(articles)
    assert len(ranges) == len(articles)
    assert all(article is None or inside == article for article, inside in zip(articles, ranges, strict=True))
    assert {*ranges} - {None} == {*articles} - {None}


@given(st.lists(st.integers(0, 100), min_size=1), st.integers(1, 50), st.integers(1, 500))
def test_a_page_shows_a_line_and_keeps_its_limits(lengths, lines, characters):
    shown = shown_lines(lengths, ReportOptions(max_page_lines=lines, max_page_characters=characters))
    assert 1 <= shown <= lines
    assert shown == 1 or sum(lengths[:shown]) <= characters


def test_extents_of_one_kind_are_summed_and_full_ones_not_told():
    extents = [
        Extent(what="examples", shown=2, total=5, option="max_shown_examples"),
        Extent(what="hosts", shown=3, total=3, option="max_hosts"),
        Extent(what="examples", shown=1, total=1, option="max_shown_examples"),
    ]
    assert left_out(extents) == (Extent(what="examples", shown=3, total=6, option="max_shown_examples"),)


@given(st.floats(0, 1))
def test_a_similarity_reads_as_one_or_nothing_only_if_it_is(value):
    assert (similarity(value) == "1") == (value == 1)
    assert (similarity(value) == "0") == (value == 0)


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "under 0.1 s"), (59.97, "1 min 0 s"), (3_600, "60 min 0 s")])
def test_durations(seconds, told):
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("expectation", "column", "bound", "told"),
    [
        ("expect_table_row_count_to_be_between", "", "at least 1", "Number of rows is at least 1"),
        ("expect_column_pair_values_a_to_be_greater_than_b", "a, b", "a greater than b", "A greater than b"),
        ("expect_column_values_to_not_be_in_set", "status", "none of rejected", "Status is not rejected"),
        ("expect_table_to_sing", "", "loudly", "The table: table to sing"),
        ("expect_column_values_to_be_between", "{0.__class__}", "", "{0.  class  } is as demanded"),
    ],
)
def test_demands_are_told_in_words(expectation, column, bound, told):
    assert demand(expectation, column, bound) == told
