"""Labels for training: which lines of a page its gold article holds, found by the words that they share.

Gold paragraphs may be cut and joined otherwise than the page's lines are, so lines are compared by runs of words. A
line that is printed twice is the article's where it stands nearest to the article's other lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dq.clean.measured import F64
from dq.fold import words as fold_words

RUN = 3
"""Words of a run: the fewest by which a line is known again."""
IN_GOLD, NOT_IN_GOLD = 0.75, 0.3
"""Share of a line's runs in the gold from which it is the article's, and below which it is not; between, who knows."""
TITLE_LIKENESS = 0.75
"""Share of words (Dice) in common with the gold title from which a line is a copy of it."""
UNKNOWN = -1.0


def body_labels(texts: Sequence[str], title: str | None, body: str) -> F64:
    """For each line 1 where the gold body holds it, 0 where not, -1 where that is unsure (copies of the title)."""
    lines = [fold_words(text) for text in texts]
    gold = fold_words(body)
    runs = {tuple(gold[at : at + RUN]) for at in range(len(gold) - RUN + 1)}
    paragraphs = {tuple(fold_words(part)) for part in body.split("\n")}
    shares = np.array([_share(line, runs) for line in lines])
    labels = np.where(shares >= IN_GOLD, 1.0, np.where(shares <= NOT_IN_GOLD, 0.0, UNKNOWN))
    sure = np.flatnonzero(labels == 1)
    first, last = (sure[0], sure[-1]) if len(sure) else (0, -1)
    for at, line in enumerate(lines):
        if len(line) < RUN:
            labels[at] = float(first <= at <= last and tuple(line) in paragraphs)
    _keep_nearest_copies(lines, labels)
    if title:
        labels[np.flatnonzero((title_labels(texts, title) == 1) & (labels != 1))] = UNKNOWN
    return labels


def _share(line: Sequence[str], runs: set[tuple[str, ...]]) -> float:
    n = len(line) - RUN + 1
    return sum(tuple(line[at : at + RUN]) in runs for at in range(n)) / n if n > 0 else 0.0


def _keep_nearest_copies(lines: Sequence[Sequence[str]], labels: F64) -> None:
    """Of equal lines of the article only that nearest to its middle is kept."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place in np.flatnonzero(labels == 1).tolist():
        places.setdefault(tuple(lines[place]), []).append(place)
    single = [group[0] for group in places.values() if len(group) == 1]
    middle = float(np.median(single)) if single else 0.0
    for group in places.values():
        nearest = min(group, key=lambda at: abs(at - middle))
        for at in group:
            labels[at] = float(at == nearest)


def segment_labels(texts: Sequence[str], wanted: Sequence[str], unwanted: Sequence[str]) -> F64:
    """For each line 1 where it holds a wanted segment, 0 where an unwanted one; -1 for all others."""
    labels = np.full(len(texts), UNKNOWN)
    for at, text in enumerate(texts):
        if any(part and part in text for part in wanted):
            labels[at] = 1.0
        elif any(part and part in text for part in unwanted):
            labels[at] = 0.0
    return labels


def title_labels(texts: Sequence[str], title: str | None) -> F64:
    """1 for lines that are copies of the page's gold title, 0 for others; -1 for all where no line is one."""
    wanted = set(fold_words(title or ""))
    likeness = np.array([_dice(wanted, text) for text in texts])
    if not wanted or not len(likeness) or likeness.max() < TITLE_LIKENESS:
        return np.full(len(texts), UNKNOWN)
    copies: F64 = (likeness >= max(TITLE_LIKENESS, likeness.max() - 0.1)).astype(np.float64)
    return copies


LONGEST_TITLE = 400
"""Characters of a line that may be a title."""


def _dice(wanted: set[str], text: str) -> float:
    found = set(fold_words(text)) if len(text) <= LONGEST_TITLE else set()
    return 2 * len(wanted & found) / max(1, len(wanted) + len(found))
