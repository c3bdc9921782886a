"""From scores to decisions: which lines of a page are content, decided for all of them at once.

A line alone would be kept from a threshold on: KEEP where a page's scores are clear, less where all of them are in
doubt, for there the best that can be had is to keep much. But articles are long and what stands around them is long as
well, so that a doubtful line most likely goes with its neighbours: every change between content and the rest along a
page costs SWITCH. The cheapest sequence of decisions is found exactly (Viterbi, "Error bounds for convolutional codes",
1967): a lone teaser scored a little high goes. It costs more, LEAVE, to go on without a full sentence that stands right
below the text: a last paragraph scored low stays with those before it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dq.clean.line_kernels import ENDS
from dq.clean.measured import F64, Measured
from dq.compiled import njit

KEEP = 0.42
"""Score from which a line by itself is content: below a half, for a lost paragraph is worse than a line too many."""
OF_EXPECTED_F, LEAST_KEEP = 0.55, 0.25
"""Share of the best F that a page's scores promise which is its threshold where that is less; and the lowest threshold.
The threshold that maximises an expected F is half of that F (Lipton, Elkan & Naryanaswamy, "Optimal thresholding of
classifiers to maximize F1 measure", 2014)."""
SWITCH = 0.3
"""What a change costs, in log-odds."""
LEAVE = 2.0
"""What it costs to leave the text at a full sentence right below it, or below a link or share bar amid it."""
SENTENCE_WORDS = 15.0
"""Words of such a sentence, or sentences.

All by cross-validation on some thousand sites: beside a threshold alone they lift the mean word F of 1,655 flattened
pages from .940 to .942 and of HTML pages from .956 to .958, and a tenth fewer pages lose a tenth of their text."""
SAFE = 1 / (1 + (1 - KEEP) / KEEP * math.exp(-SWITCH - LEAVE))
"""Score from which a line is content whatever its neighbours are: it outweighs a change before it and one behind."""
Flags = npt.NDArray[np.bool_]
"""One for each line."""


def keep_lines(content: F64, told: Flags, ends: Flags, measured: Measured) -> Flags:
    """Whether each line is content, by the scores of its page; `told` lines are not, whatever their score.

    A told line changes nothing for its neighbours: a caption stands amid the text, a share bar below it. But below one
    that `ends` the text a full sentence is not expected any more.
    """
    kept = np.zeros(len(content), np.bool_)
    ends_of = zip(measured.pages[:-1], measured.pages[1:], strict=True)
    likely = np.where(told, 0.0, content)
    best = np.array([expected_f(likely[first:end], measured.words[first:end]) for first, end in ends_of])
    keep = np.repeat(np.clip(OF_EXPECTED_F * best, LEAST_KEEP, KEEP), np.diff(measured.pages))
    odds = np.log(content / (1 - content)) - np.log(keep / (1 - keep))
    full = (measured.stats[:, ENDS] > 0) & (measured.words >= SENTENCE_WORDS)
    leave = np.where(full & ~np.append(False, ends)[:-1], LEAVE, SWITCH)
    _decode(measured.pages, odds, told, leave, SWITCH, kept)
    return kept


def expected_f(content: F64, words: F64) -> float:
    """The best F by words that can be expected of keeping the likeliest lines of a page, 0..1.

    >>> round(expected_f(np.array([1.0, 1.0, 0.0]), np.ones(3)), 2), round(expected_f(np.full(3, 0.25), np.ones(3)), 2)
    (1.0, 0.4)
    """
    order = np.argsort(-content, kind="stable")
    found, kept = np.cumsum((content * words)[order]), np.cumsum(words[order])
    wanted = found[-1] if len(found) else 0.0
    return float((2 * found / (kept + wanted)).max()) if wanted > 0 else 0.0


@njit("void(Array(int64, 1, 'C', readonly=True), float64[::1], boolean[::1], float64[::1], float64, boolean[::1])")
def _decode(pages: Any, odds: Any, told: Any, leave: Any, enter: Any, kept: Any) -> None:  # noqa: PLR0913, PLR0917
    turned = np.zeros((odds.size, 2), np.bool_)  # does the best way to outside, or inside, come from the other?
    for page in range(pages.size - 1):
        outside, inside = 0.0, -enter
        for i in range(pages[page], pages[page + 1]):
            if told[i]:
                continue
            turned[i, 0], turned[i, 1] = inside - leave[i] > outside, outside - enter > inside
            outside, inside = max(outside, inside - leave[i]), max(inside, outside - enter) + odds[i]
        within = inside > outside
        for i in range(pages[page + 1] - 1, pages[page] - 1, -1):
            if not told[i]:
                kept[i] = within
                within = within != turned[i, 1 if within else 0]
