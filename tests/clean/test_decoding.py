"""Decisions on whole pages: what neighbours change, and what nothing changes."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.clean.decoding import KEEP, LEAVE, SAFE, SWITCH, expected_f, keep_lines
from dq.clean.measured import measure_lines, split_pages

SENTENCE = "The council said on Monday that the works on the old bridge would begin in the first week of next month."
HEADING = "Works begin next month"


def decide(lines, scores, told=(), ends=()):
    measured = measure_lines(split_pages(["\n".join(lines)]))
    flags = [np.array([at in places for at in range(len(lines))]) for places in (told, ends)]
    return keep_lines(np.array(scores), *flags, measured).tolist()


def test_a_last_paragraph_scored_low_stays_with_its_text():
    assert decide([SENTENCE] * 4, [0.97, 0.98, 0.95, 0.2]) == [True] * 4


def test_behind_the_end_of_the_text_it_does_not():
    lines, scores = [SENTENCE, SENTENCE, "Related", SENTENCE], [0.97, 0.98, 0.01, 0.2]
    assert decide(lines, scores, told=[2], ends=[2]) == [True, True, False, False]
    assert decide(lines, scores, told=[2]) == [True, True, False, True]


def test_a_lone_teaser_goes_and_a_subheading_stays():
    assert decide([HEADING] * 3, [0.01, 0.45, 0.01]) == [False] * 3
    assert decide([SENTENCE, HEADING, SENTENCE], [0.97, 0.4, 0.97]) == [True] * 3


def test_a_page_in_doubt_is_kept_rather_than_lost():
    assert decide([SENTENCE] * 6, [0.33] * 6) == [True] * 6
    assert decide([HEADING] * 6, [0.02] * 6) == [False] * 6


def test_told_lines_are_never_kept():
    assert decide([SENTENCE] * 3, [0.99] * 3, told=[1]) == [True, False, True]


@given(st.lists(st.tuples(st.sampled_from([SENTENCE, HEADING]), st.floats(0.001, 0.999)), min_size=1, max_size=30))
def test_what_is_safe_is_kept_among_any_neighbours(page):
    lines, scores = zip(*page, strict=True)
    kept = decide(lines, scores)
    assert all(keep for keep, score in zip(kept, scores, strict=True) if score > SAFE)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=9))
def test_no_other_decisions_are_cheaper(scores):
    sure = [*scores, *[0.999] * 20]  # so that the threshold is KEEP
    lines = [HEADING] * len(scores) + [SENTENCE] * 20

    def worth(kept):
        odds = np.log(np.array(sure) / (1 - np.array(sure))) - np.log(KEEP / (1 - KEEP))
        whole = [*kept, *[True] * 20]
        changes = sum(a != b for a, b in itertools.pairwise([False, *whole]))
        return float(odds[np.array(whole)].sum()) - SWITCH * changes

    best = max(worth(kept) for kept in itertools.product([False, True], repeat=len(scores)))
    assert worth(decide(lines, sure)[: len(scores)]) == pytest.approx(best)


@given(st.lists(st.floats(0, 1), max_size=8))
def test_the_expected_f_is_that_of_the_best_lines(scores):
    content = np.array(scores)
    found = expected_f(content, np.ones(len(scores)))
    total = sum(scores)
    ranked = sorted(scores, reverse=True)
    tried = [2 * sum(ranked[:n]) / (n + total) for n in range(1, len(scores) + 1)] if total > 0 else [0.0]
    assert found == pytest.approx(max(tried))
    assert 0 <= found <= 1 + 1e-12
    assert LEAVE > SWITCH
