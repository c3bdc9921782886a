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
from dq.report.diff import words_as_written
from dq.report.language import tr, trn
from dq.report.text import clip
from dq.report.wording import similarity

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


def evidence(kept: str, other: str, options: DedupOptions) -> Evidence:
    """The evidence for a pair of texts, by the options of the run."""
    texts = [_folded(text) for text in (kept, other)]
    size = options.shingle_words
    left, right = (_shingles(words, size) for words, _ in texts)
    shared, union = set(left) & set(right), set(left) | set(right)
    runs = _runs(texts[0][0], texts[1][0], shared, size)
    counts = [(n, _excerpt(kept, texts[0][1], start, end), end - start) for n, start, end in runs]
    jaccard = len(shared) / len(union) if union else 1.0
    return Evidence(
        steps=_steps(counts, len(shared) - sum(n for n, _, _ in counts), len(union)),
        jaccard=jaccard,
        shared=len(shared),
        shingles=len(union),
        near=options.near_jaccard,
        decision=_decision(jaccard, len(shared), min(len(set(left)), len(set(right))), options),
    )


def _folded(text: str) -> tuple[list[str], list[int]]:
    """The folded words of a text, and for each the number of the written word that holds it."""
    words: list[str] = []
    places: list[int] = []
    for place, written in enumerate(words_as_written(text)):
        found = fold.words(written)
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
    blocks = [code for code in Indel.opcodes(left, right) if code.tag == "equal"]
    blocks.sort(key=lambda code: (code.src_start - code.src_end, code.src_start))
    told: set[tuple[str, ...]] = set()
    runs: list[tuple[int, int, int]] = []
    for block in blocks:
        new = (set(_shingles(left[block.src_start : block.src_end], size)) & shared) - told
        if new:
            runs.append((len(new), block.src_start, block.src_end))
            told |= new
    return runs


def _excerpt(text: str, places: Sequence[int], start: int, end: int) -> str:
    written = words_as_written(text)[places[start] : places[end - 1] + 1]
    return clip(" ".join("".join(written).split()), EXCERPT)


def _steps(runs: Sequence[tuple[int, str, int]], moved: int, union: int) -> tuple[Step, ...]:
    """The longest runs, the others together, and what stands in another order."""
    parts = [(n, trn("a run of %(n)s word", "a run of %(n)s words", words), text) for n, text, words in runs[:MAX_RUNS]]
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


def _decision(jaccard: float, shared: int, smaller: int, options: DedupOptions) -> str:
    """The first rule that the pair meets (`dq.dedup.verify`): as a whole, or by what is not common."""
    told = similarity(jaccard)
    if jaccard >= options.near_jaccard:
        return tr(
            "Jaccard %(jaccard)s reaches %(bound)s (near-jaccard): nearly one text",
            jaccard=told,
            bound=options.near_jaccard,
        )
    contained = shared / smaller if smaller else 0.0
    if contained >= options.min_containment:
        return tr(
            "%(contained)s of the shorter text stand in the other one, which reaches %(bound)s (min-containment)",
            contained=similarity(contained),
            bound=options.min_containment,
        )
    return tr(
        "Jaccard %(jaccard)s; without the phrases that are common in this batch the two are alike (min-jaccard, "
        "min-containment)",
        jaccard=told,
    )
