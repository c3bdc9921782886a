"""The audit: what an exhaustive comparison of drawn articles finds, beside what the search found."""

import itertools

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq.dedup import find_duplicates, overlap
from dq.options import DedupOptions

WORDS = st.lists(st.sampled_from("abcdefghijklmn"), min_size=12, max_size=40)


def corpus(story, edited, n=12):
    stories = [story(place) for place in range(n)]
    copies = [edited(text, 25, seed=place) for place, text in enumerate(stories[:5])]
    texts = [*stories, *copies]
    return pl.DataFrame({"id": [f"{place:02}" for place in range(len(texts))], "text": texts})


def sums(audit):
    return audit.select(pl.col("copies", "found", "compared").sum()).row(0)


def test_finds_all_copies_of_the_articles_drawn(story, edited):
    frame = corpus(story, edited)
    found = find_duplicates(frame, DedupOptions())
    copies, hits, compared = sums(found.audit)
    assert found.audit.height == frame.height
    assert copies == hits == 2 * found.duplicates.height
    assert compared >= copies


def test_tells_what_a_search_misses(story, edited):
    frame = corpus(story, edited)
    blind = DedupOptions(candidate_jaccard=0.95, candidate_recall=0.1, common_documents=0)
    found = find_duplicates(frame, blind)
    copies, hits, _ = sums(found.audit)
    assert hits == 2 * found.duplicates.height < copies


def test_draws_so_many_the_same_in_any_order(story, edited):
    frame = corpus(story, edited)
    options = DedupOptions(audit_articles=5)
    orders = (frame, frame.reverse(), frame.sample(fraction=1, shuffle=True, seed=1))
    audits = [find_duplicates(one, options).audit for one in orders]
    assert audits[0].height == 5
    assert audits[0].equals(audits[1])
    assert audits[0].equals(audits[2])
    assert find_duplicates(frame, DedupOptions(audit_articles=0)).audit.is_empty()


def test_copies_of_one_text_are_one_article_to_it(story):
    frame = pl.DataFrame({"id": ["a", "b", "c"], "text": [story(1), story(1), story(2)]})
    assert sums(find_duplicates(frame, DedupOptions()).audit) == (0, 0, 0)


@settings(max_examples=10, deadline=None)
@given(st.lists(WORDS, min_size=2, max_size=5))
def test_the_copies_are_those_of_comparing_every_pair(texts):
    options = DedupOptions(common_documents=255, passages=False)
    words = [" ".join(text) for text in dict.fromkeys(tuple(text) for text in texts)]
    frame = pl.DataFrame({"id": [str(place) for place in range(len(words))], "text": words})
    pairs = [
        (a, b) for a, b in itertools.combinations(range(len(words)), 2) if overlap(words[a], words[b], options).alike
    ]
    expected = {str(place): sum(place in pair for pair in pairs) for place in range(len(words))}
    audit = find_duplicates(frame, options).audit
    assert dict(audit.select("article_id", "copies").iter_rows()) == {one: expected[one] for one in audit["article_id"]}
