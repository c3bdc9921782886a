import polars as pl
import pytest

from dq.dedup import find_duplicates, overlap
from dq.options import DedupOptions

OPTIONS = DedupOptions()


@pytest.fixture
def pairs(story, edited):
    text = story(1, 100)
    return {
        "same": (text, text.upper(), "same, in the same order"),
        "near": (text, edited(text, 30), "near-jaccard"),
        "alike": (text, edited(text, 12), "min-jaccard"),
        "contained": (text, f"{story(2, 900)} {text} {story(3, 900)}", "min-containment"),
        "strangers": (text, story(2, 100), "fewer than the 16 in 20 words"),
        "passage": (f"{text} {story(4, 300)}", f"{text} {story(5, 900)}", "is below 0.15"),
        "short": ("one two three", "one two three", "too short to judge"),
        "empty": ("", "", "too short to judge"),
    }


@pytest.mark.parametrize("name", ["same", "near", "alike", "contained", "strangers", "passage", "short", "empty"])
def test_a_pair_taken_apart_says_what_the_search_says(pairs, name):
    left, right, decision = pairs[name]
    told = overlap(left, right, OPTIONS)
    assert decision in told.decision
    found = find_duplicates(pl.DataFrame({"id": ["a", "b"], "text": [left, right]}), OPTIONS).duplicates
    assert told.alike == (not found.is_empty()) or name in {"short", "empty"}
    if found.height:
        row = found.row(0, named=True)
        assert told.jaccard == row["jaccard"]
        assert (told.containment_left, told.containment_right) == (row["containment_left"], row["containment_right"])
        assert told.longest_shared_words == row["longest_shared_words"]
        assert len(told.bands) == row["bands_hit"] or row["relation"] == "exact"
        assert told.folded_only == row["folded_only"]
    if name == "passage":
        assert told.passages == ((left[: len(told.passages[0][0])], 100),)
