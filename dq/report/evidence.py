"""Why two articles count as copies: the Jaccard of their shingles, run of shared words by run of shared words.

The Jaccard is |A ∩ B| / |A ∪ B| over the sets of folded word shingles. Every shared shingle is credited to the longest
run of shared words in which it stands (rapidfuzz, Indel distance on folded words), what stands in another order to one
step of its own; so the steps add up to the Jaccard that the run recorded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rapidfuzz.distance import Indel

from dq import fold
from dq.options import DedupOptions
from dq.report.diff import numbered, words_as_written
from dq.report.flow import THROUGH
from dq.report.language import tr, trn
from dq.report.text import clip
from dq.report.wording import similarity

MAX_WORDS = 10_000
"""Words beyond which a text is not taken apart: time and memory of the comparison grow with the product of both."""
MAX_RUNS = 4
"""Runs told one by one; the others make one step."""
EXCERPT = 70
"""Characters of a run's beginning."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A part of the Jaccard: from `start` to `end`, and the words that it is about."""

    label: str
    excerpt: str
    start: float
    end: float

    @property
    def part(self) -> float:
        """What it adds."""
        return self.end - self.start


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The steps from zero to the Jaccard, the bounds that it is held against, and what follows."""

    steps: tuple[Step, ...]
    jaccard: float
    shared: int
    shingles: int
    near: float
    decision: str


def evidence(kept: str, other: str, relation: str, options: DedupOptions) -> Evidence:
    """The evidence for a pair of texts of this relation (of the table duplicates; `THROUGH` without a pair).

    Texts of more than `MAX_WORDS` words are not taken apart: their evidence has no steps.
    """
    written = [words_as_written(text) for text in (kept, other)]
    texts = [_folded(words) for words in written]
    size = options.shingle_words
    left, right = (set(_shingles(words, size)) for words, _ in texts)
    shared, union = left & right, left | right
    jaccard = len(shared) / len(union) if union else 1.0
    too_long = max(len(words) for words, _ in texts) > MAX_WORDS
    runs = [] if too_long else _runs(texts[0][0], texts[1][0], shared, size)
    told = [
        (n, end - start, _excerpt(written[0], texts[0][1], start, end) if place < MAX_RUNS else "")
        for place, (n, start, end) in enumerate(runs)
    ]
    moved = 0 if too_long else len(shared) - sum(n for n, _, _ in runs)
    return Evidence(
        steps=_steps(told, moved, len(union)),
        jaccard=jaccard,
        shared=len(shared),
        shingles=len(union),
        near=options.near_jaccard,
        decision=_decision(relation, jaccard, len(shared) / min(len(left), len(right)) if shared else 0.0, options),
    )


def _folded(written: Sequence[str]) -> tuple[list[str], list[int]]:
    """The folded words of a text, and for each the number of the written word that holds it."""
    words: list[str] = []
    places: list[int] = []
    for place, word in enumerate(written):
        found = fold.words(word)
        words += found
        places += [place] * len(found)
    return words, places


def _shingles(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """The shingles in order; of a text shorter than one, none."""
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def _runs(
    left: Sequence[str], right: Sequence[str], shared: set[tuple[str, ...]], size: int
) -> list[tuple[int, int, int]]:
    """(shared shingles that no longer run has, first word, word after the last) of each run of the left text."""
    numbers: dict[str, int] = {}
    opcodes = Indel.opcodes(numbered(left, numbers), numbered(right, numbers))
    blocks = [code for code in opcodes if code.tag == "equal"]
    blocks.sort(key=lambda code: (code.src_start - code.src_end, code.src_start))
    told: set[tuple[str, ...]] = set()
    runs: list[tuple[int, int, int]] = []
    for block in blocks:
        new = (set(_shingles(left[block.src_start : block.src_end], size)) & shared) - told
        if new:
            runs.append((len(new), block.src_start, block.src_end))
            told |= new
    return runs


def _excerpt(written: Sequence[str], places: Sequence[int], start: int, end: int) -> str:
    """The beginning of a run, as written."""
    words = written[places[start] : places[end - 1] + 1][:EXCERPT]
    return clip(" ".join("".join(words).split()), EXCERPT)


def _steps(runs: Sequence[tuple[int, int, str]], moved: int, union: int) -> tuple[Step, ...]:
    """The longest runs (shingles, words, beginning), the others together, and what stands in another order."""
    parts = [(n, trn("a run of %(n)s word", "a run of %(n)s words", words), text) for n, words, text in runs[:MAX_RUNS]]
    if rest := runs[MAX_RUNS:]:
        label = trn("%(n)s further run", "%(n)s further runs", len(rest))
        parts.append((sum(n for n, _, _ in rest), label, ""))
    if moved:
        parts.append((moved, tr("shared in another order"), ""))
    steps: list[Step] = []
    before = 0
    for n, label, text in parts:
        steps.append(Step(label=label, excerpt=text, start=before / union, end=(before + n) / union))
        before += n
    return tuple(steps)


def _decision(relation: str, jaccard: float, contained: float, options: DedupOptions) -> str:
    """What made the pair one, as far as it can be told of the two texts alone.

    `dq.dedup.verify` accepts a pair below `near_jaccard` by those of its shingles that are not common in the batch.
    """
    if relation == "version":
        return tr("two versions of one page: they have the same address")
    if relation == THROUGH:
        return tr("no pair with the kept article was found: other copies tie it to the cluster")
    told = similarity(jaccard)
    if jaccard >= options.near_jaccard:
        return tr(
            "Jaccard %(jaccard)s reaches %(bound)s (near-jaccard): nearly one text",
            jaccard=told,
            bound=options.near_jaccard,
        )
    return tr(
        "Jaccard %(jaccard)s is below %(bound)s (near-jaccard), %(contained)s of the shorter text stand in the other: "
        "copies by what is not common in this batch (min-jaccard, min-containment, min-shared-words)",
        jaccard=told,
        bound=options.near_jaccard,
        contained=similarity(contained),
    )
