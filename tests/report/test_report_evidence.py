"""Why two texts are copies: the steps from zero to their Jaccard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq import fold
from dq.dedup import overlap
from dq.options import DedupOptions
from dq.report.evidence import evidence
from dq.report.run_folder import read_run
from dq.report.search_quality import BINS, read_search_quality

TEXTS = st.lists(st.sampled_from(["قال", "الوزير", "إنّ", "a", "b", "新", "c."]), max_size=60).map(" ".join)


def jaccard(left, right, size):
    sets = [
        {tuple(words[at : at + size]) for at in range(len(words) - size + 1)}
        for words in map(fold.words, (left, right))
    ]
    union = sets[0] | sets[1]
    return len(sets[0] & sets[1]) / len(union) if union else 1.0


@given(TEXTS, TEXTS, st.integers(1, 6))
def test_the_steps_lead_from_zero_to_the_jaccard_without_a_gap(left, right, size):
    found = evidence(left, right, DedupOptions(shingle_words=size))
    assert found.jaccard == pytest.approx(jaccard(left, right, size))
    ends = [0.0, *(step.end for step in found.steps)]
    assert [step.start for step in found.steps] == ends[:-1]
    assert all(step.part > 0 for step in found.steps)
    if found.shared:
        assert ends[-1] == pytest.approx(found.jaccard)
    assert len(found.steps) <= 6


def test_is_the_jaccard_that_deduplication_recorded():
    left = "بدأت بلدية القصبة صباح الاثنين أعمال طلاء واجهات السوق القديم وترميم أبوابه الخشبية في مشروع يشمل متجرا"
    right = left.replace("الاثنين", "الثلاثاء") + " ويستمر حتى منتصف مارس"
    options = DedupOptions()
    assert evidence(left, right, options).jaccard == pytest.approx(overlap(left, right, options).jaccard)


def test_the_longest_run_comes_first_with_its_words_as_written():
    kept = "«الأُولى» كلمة ثانية وثالثة ورابعة وخامسة وسادسة. شيء آخر تماما هنا"
    other = "الاولى كلمة ثانية وثالثة ورابعة وخامسة وسادسة غير ذلك كله الآن"
    first = evidence(kept, other, DedupOptions(shingle_words=3)).steps[0]
    assert first.label == "a run of 7 words"
    assert first.excerpt.startswith("«الأُولى» كلمة")


def test_what_stands_in_another_order_is_a_step_of_its_own():
    one, two = "a b c d e f g h", "m n o p q r"
    last = evidence(f"{one} {two}", f"{two} {one}", DedupOptions(shingle_words=3)).steps[-1]
    assert last.label == "shared in another order"


@pytest.mark.parametrize(
    ("left", "right", "rule"),
    [("a b c d e f", "a b c d e f", "near-jaccard"), ("a b c d e f", "a b c d e f " + " ".join("nopqrstuvwxyz"), "min-containment"),
     ("a b c d e f g h i j k", "a b c d n o p q r s t", "min-jaccard")],
)  # fmt: skip
def test_names_the_rule_that_the_pair_meets(left, right, rule):
    assert rule in evidence(left, right, DedupOptions(shingle_words=2)).decision


def test_the_histogram_holds_every_pair_and_the_audit_its_sums(troubled):
    found = read_search_quality(read_run(troubled))
    assert len(found.bins) == BINS
    assert found.pairs == sum(one.copies for one in found.bins) > 0
    assert (found.recall, found.precision) == (found.found / found.copies, found.found / found.compared)
    assert 0 < found.recall < 1
