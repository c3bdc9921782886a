"""Why two texts are copies: the steps from zero to their Jaccard."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq import fold
from dq.dedup import find_duplicates, overlap
from dq.options import DedupOptions
from dq.report.evidence import MAX_WORDS, evidence
from dq.report.flow import THROUGH
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
    found = evidence(left, right, "near", DedupOptions(shingle_words=size))
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
    assert evidence(left, right, "near", options).jaccard == pytest.approx(overlap(left, right, options).jaccard)


def test_the_longest_run_comes_first_with_its_words_as_written():
    kept = "«الأُولى» كلمة ثانية وثالثة ورابعة وخامسة وسادسة. شيء آخر تماما هنا"
    other = "الاولى كلمة ثانية وثالثة ورابعة وخامسة وسادسة غير ذلك كله الآن"
    first = evidence(kept, other, "near", DedupOptions(shingle_words=3)).steps[0]
    assert first.label == "a run of 7 words"
    assert first.excerpt.startswith("«الأُولى» كلمة")


def test_what_stands_in_another_order_is_a_step_of_its_own():
    one, two = "a b c d e f g h", "m n o p q r"
    last = evidence(f"{one} {two}", f"{two} {one}", "near", DedupOptions(shingle_words=3)).steps[-1]
    assert last.label == "shared in another order"


def test_the_reason_is_one_of_the_pair_that_the_search_found():
    stock = "وقالت البلدية إن الأعمال تستمر ستة أشهر وتشمل جسرين للمشاة وإنارة جديدة على طول الطريق الدائري كله"
    story = f"{stock} وأضافت أن الكلفة أربعة ملايين دينار من موازنة البلدية وحدها وأن السكان يستخدمون طرقا بديلة"
    other = " ".join(f"كلمة{n}" for n in range(90))
    frame = pl.DataFrame(
        [
            {"id": "a", "text": story, "url": "https://a.example/1"},
            {"id": "b", "text": story.replace("ملايين", "آلاف"), "url": "https://b.example/1"},
            {"id": "c", "text": f"{story} {other}", "url": "https://c.example/1"},
        ]
    )
    texts = dict(frame.select("id", "text").iter_rows())
    told = {}
    for row in find_duplicates(frame, DedupOptions()).duplicates.iter_rows(named=True):
        found = evidence(texts[row["left_id"]], texts[row["right_id"]], row["relation"], DedupOptions())
        assert found.jaccard == pytest.approx(row["jaccard"])
        told[row["left_id"] + row["right_id"]] = (row["relation"], found.decision)
    assert told["ab"][0] == "near"
    assert "reaches 0.6 (near-jaccard)" in told["ab"][1]
    assert told["ac"][0] == "contained_in"
    assert "below 0.6 (near-jaccard), 0.99 of the shorter" in told["ac"][1] or "1 of the shorter" in told["ac"][1]


def test_versions_of_one_page_are_told_as_such():
    assert "the same address" in evidence("a b c d e f", "a b c d e x", "version", DedupOptions()).decision


def test_a_member_that_others_tie_to_its_cluster_has_no_reason_of_its_own():
    assert "no pair with the kept article" in evidence("a b c", "d e f", THROUGH, DedupOptions()).decision


def test_texts_that_are_too_long_are_not_taken_apart():
    long = " ".join(str(n) for n in range(MAX_WORDS + 1))
    found = evidence(long, long + " end", "near", DedupOptions())
    assert found.steps == ()
    assert found.jaccard == pytest.approx(1, abs=0.001)


def test_the_histogram_holds_every_pair_and_the_audit_its_sums(troubled):
    found = read_search_quality(read_run(troubled))
    assert len(found.bins) == BINS
    assert found.pairs == sum(one.copies for one in found.bins) > 0
    assert (found.recall, found.precision) == (found.found / found.copies, found.found / found.compared)
    assert 0 < found.recall < 1
