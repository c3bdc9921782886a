"""The line scorer: a page is scored alone, scripts are measured alike, and every score explains itself."""

import gzip
from importlib import resources

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dq.addresses import host_of
from dq.clean.columns import FEATURES, HEADLINE, SECOND
from dq.clean.decoding import SAFE
from dq.clean.lines import ends_sentence
from dq.clean.measured import Recurrence, measure_lines, slug, split_pages
from dq.clean.model import REASONS, Forests, forests, parse, reason_numbers
from dq.clean.roles import find_roles, kernel_codes
from dq.clean.scoring import SURE_PROSE, score_lines
from dq.clean.sites import count, merge, page_keys, recurrence

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=80)
PAGE = st.lists(TEXT, max_size=12).map("\n".join)
STORY = [
    f"The harbour reopened on day {n}, three weeks after the storm, the port authority said on Monday, and ships of the line may call at pier {n} again."
    for n in range(6)
]
MENU = ["Home", "News", "Sport", "Login"]


def scored(pages, known=None):
    lines = split_pages(pages)
    measured = measure_lines(lines)
    rows = measured.features(kernel_codes(find_roles(lines.texts, measured)), [None] * len(pages))
    return score_lines(rows, measured, known or Recurrence.none(measured), forests("text"))


def column(name, *texts):
    measured = measure_lines(split_pages(["\n".join(texts)]))
    table = measured.features(np.zeros(len(measured.words), np.int64), [None])
    return table[:, FEATURES.index(name)].tolist()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("words", [5, 2, 5]),
        ("chars", [28, 6, 22]),
        ("sentence_end", [1, 1, 0]),
        ("question", [1, 0, 0]),
        ("commas", [1, 1, 0]),
        ("uppers", [0, 0, pytest.approx(4 / 22)]),
        ("capitalised", [0, 0, pytest.approx(0.8)]),
        ("copies", [1, 1, 1]),
    ],
)
def test_a_feature_means_the_same_in_every_script(name, values):
    assert column(name, "هل انتهت الأعمال، ومتى بدأت؟", "他说，完了。", "Home News and Sport Now"[:22]) == values


def test_lines_that_differ_in_digits_or_words_of_one_kind_are_seen_to_be_alike():
    lines = ["12 May 2024", "7 June 2023", "Ann Lee", "Bo Ek", "3 comments", "41 comments"]
    assert column("blind_copies", *lines) == [1, 1, 1, 1, 2, 2]
    assert column("shape_copies", *lines) == [1, 1, 2, 2, 2, 2] or column("shape_copies", *lines)[2:] == [2, 2, 2, 2]


@given(PAGE, PAGE, PAGE)
@settings(max_examples=20, deadline=None)
def test_a_page_is_scored_alone(before, page, after):
    alone, among = scored([page]), scored([before, page, after])
    first = len(split_pages([before]).texts)
    own = slice(first, first + len(alone.content))
    assert np.array_equal(alone.content, among.content[own])
    assert np.array_equal(alone.headline, among.headline[own])
    assert np.array_equal(alone.parts, among.parts[own])


@given(PAGE)
@settings(max_examples=20, deadline=None)
def test_every_score_is_a_probability_that_its_reasons_add_up_to(page):
    found = scored([page])
    assert len(found.reasons(found.content > 0.5)) == len(found.content)
    if len(found.content):
        assert ((found.content > 0) & (found.content < 1)).all()
        odds = np.log(found.content / (1 - found.content))
        third = forests("text").third
        assert np.allclose(found.parts.sum(1) + third.value[third.roots].sum(), odds, atol=1e-3)


@given(TEXT)
@example("።")  # an Ethiopic full stop
def test_sentence_ends_are_those_of_the_lines(text):
    lines = split_pages([text]).texts.to_list()
    if lines:
        assert column("sentence_end", text) == [float(ends_sentence(line)) for line in lines]


def test_running_text_scores_above_a_menu():
    content = scored(["\n".join([*MENU, *STORY, "About"])]).content
    assert content[4:10].min() > 0.5 > max(content[:4].max(), content[10])


@given(st.integers(2, 60), st.integers(1, 60))
@settings(max_examples=20, deadline=None)
def test_what_surely_is_text_stays_so_however_often_the_host_repeats_it(n_pages, n_stories):
    page = "\n".join([*MENU, *STORY])
    alone = scored([page])
    n = len(alone.content)
    many = Recurrence(
        lines=np.full(n, float(min(n_stories, n_pages))),
        blind=np.full(n, float(n_pages)),
        host_pages=np.array([float(n_pages)]),
    )
    sure = alone.content >= SURE_PROSE
    assert sure[4:].all()
    assert (scored([page], many).content[sure] >= SAFE).all()


def test_every_feature_has_one_reason():
    named = [feature for group in REASONS.values() for feature in group]
    assert sorted(named) == sorted((*FEATURES, *SECOND, *HEADLINE))
    assert [len(numbers) for numbers in reason_numbers(3)] == [
        len(FEATURES) + 3,
        len(FEATURES) + 3 + len(SECOND),
        len(FEATURES) + 3 + len(SECOND) + len(HEADLINE),
    ]


def recurring(pages, hosts):
    measured = measure_lines(split_pages(pages))
    return recurrence(measured, hosts, count([page_keys(measured, hosts)]))


def test_lines_that_recur_on_a_host_are_counted_by_story():
    first, second, third = ("\n".join(["menu", "12 comments", text, text + " more"]) for text in STORY[:3])
    known = recurring([first, second, third, second, "menu"], ["h.example"] * 4 + ["other.example"])
    assert known.lines.tolist() == [3, 3, 1, 1] * 4 + [1]
    assert known.host_pages.tolist() == [3, 3, 3, 3, 1]


def test_lines_that_recur_but_for_their_digits_are_counted_so():
    pages = ["\n".join([f"{n} comments", *STORY[n : n + 2]]) for n in range(3)]
    known = recurring(pages, ["h.example"] * 3)
    assert known.lines[0] == 1
    assert known.blind[0] == 3


@given(st.permutations(range(4)), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_a_template_is_the_same_in_any_order_and_any_shards(order, cut):
    pages = ["\n".join(["menu", *STORY[n : n + 2]]) for n in range(4)]

    def keys(which):
        return page_keys(measure_lines(split_pages([pages[n] for n in which])), ["h.example"] * len(which))

    assert count([keys(order[:cut]), keys(order[cut:])]).equals(count([keys(range(4))]))


def test_a_kept_template_tells_a_single_page_of_its_host_and_merging_again_changes_nothing():
    pages = ["\n".join(["menu", *STORY[n : n + 2]]) for n in range(4)]
    kept = count([page_keys(measure_lines(split_pages(pages)), ["h.example"] * 4)])
    single = measure_lines(split_pages(["menu\n" + STORY[5]]))
    now = count([page_keys(single, ["h.example"])])
    both = merge(now, kept)
    assert recurrence(single, ["h.example"], both).lines.tolist() == [4, 1]
    assert merge(both, kept).equals(both)
    assert isinstance(both, pl.DataFrame)


@pytest.mark.parametrize(
    ("url", "host"), [("https://WWW.A.example/x", "a.example"), ("http://[::1", None), (None, None), ("x", None)]
)
def test_hosts_of_odd_addresses(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://h.example/2024/05/river-rises-after-rain.html", "river rises after rain"),
        (
            "https://h.example/%D9%85%D9%8A%D8%A7%D9%87-%D8%A7%D9%84%D8%B3%D8%A7%D8%AD%D9%84-%D8%A7%D9%84%D9%8A%D9%88%D9%85",
            "مياه الساحل اليوم",
        ),
        ("https://h.example/news/123456", ""),
        ("http://[::1", ""),
        (None, ""),
    ],
)
def test_an_address_names_its_story_or_nothing(url, words):
    assert slug(url) == words


def test_a_tree_is_walked_as_lightgbm_writes_it():
    text = """Tree=0
split_feature=1 0
threshold=0.5 2
left_child=1 -1
right_child=-3 -2
leaf_value=0.1 0.2 0.7
internal_value=0.3 0.15
"""
    forest = parse(text)
    given_rows = np.array([[1.0, 0.0], [3.0, 0.0], [3.0, 1.0]], np.float32)
    probabilities, parts = forest.score(given_rows, np.array([0, 1]))
    assert np.allclose(np.log(probabilities / (1 - probabilities)), [0.1, 0.2, 0.7])
    assert np.allclose(parts[:, :2], [[-0.05, -0.15], [0.05, -0.15], [0.0, 0.4]])
    assert np.allclose(forest.probabilities(given_rows), probabilities)


def test_the_weights_are_small():
    packed = [resources.files("dq.clean").joinpath(f"{name}.model.gz").read_bytes() for name in ("text", "html")]
    assert sum(map(len, packed)) < 1_000_000
    assert all(gzip.decompress(one).startswith(b"Tree=0") for one in packed)
    assert all(isinstance(Forests.unpack(one), Forests) for one in packed)
