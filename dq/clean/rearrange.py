"""Pages rearranged for training: what the scorer must not rely on is varied, sites of one fold are mixed at most.

Each page keeps its frame (menus, boxes, footers), of which a part may be left out, and may get the article of another
site; now and then a second article is put below the first, with its headline once or twice, behind some lines of the
frame or at once; the address goes; neighbouring lines are joined into one, as flatteners do that know no inline element
from a block. Blank lines and list marks need no change: the features do not see them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.clean.measured import F64, I64, Lines

SHARES = {"article": 0.6, "left-out": 0.4, "second": 0.15, "no-address": 0.3, "alone": 0.3}
"""Share of pages to which each change happens: another site's article; a part of the frame left out, before and after
the article; a second article below; address lost; other pages of the host lost."""
JOINED_PAGES, JOINED_LINES = 0.2, 0.25
"""Share of pages of which lines are joined, and of their lines that are joined to the one before, if labelled alike."""
LEAST_WORDS = 60.0
"""Words of an article that is put elsewhere."""
SEED = 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rearranged:
    """The new pages: of each line where it came from and its label; of each page where frame and address came from.

    Of a joined line `source` is the first of its parts and `joined` true; `url_of` is -1 where the address was lost;
    `alone` tells which pages are to be read without their host's others.
    """

    lines: Lines
    source: I64
    joined: npt.NDArray[np.bool_]
    labels: F64
    page_of: I64
    url_of: I64
    alone: npt.NDArray[np.bool_]


def rearrange(
    lines: Lines, labels: F64, words: F64, *, groups: Sequence[str], sites: Sequence[str | None]
) -> Rearranged:
    """Every page that has an article, rearranged once; pages mix within `groups` and never within a site."""
    random = np.random.default_rng(SEED)
    ends = enumerate(zip(lines.pages[:-1], lines.pages[1:], strict=True))
    spans = {page: span for page, (first, end) in ends if (span := _span(labels, first, end)) is not None}
    pages = list(spans)
    donors: dict[str, list[int]] = {}
    for page in pages:
        if words[spans[page]][labels[spans[page]] > 0].sum() >= LEAST_WORDS:
            donors.setdefault(groups[page], []).append(page)
    made = []
    for page in pages:
        others = [other for other in donors.get(groups[page], []) if sites[other] != sites[page]]
        article, owner = spans[page], page
        if others and random.random() < SHARES["article"]:
            owner = int(random.choice(others))
            article = spans[owner]
        second = spans[int(random.choice(others))] if others and random.random() < SHARES["second"] else None
        frame = Frame(before=lines.pages[page], own=spans[page], after=lines.pages[page + 1])
        made.append((*_rearranged(frame, article, second, labels, random), owner))
    return _joined(lines, made, pages, random)


def _joined(
    lines: Lines, made: Sequence[tuple[I64, F64, int]], pages: Sequence[int], random: np.random.Generator
) -> Rearranged:
    """The new pages' lines, some of them joined to the one before."""
    source, labels = (np.concatenate([part[at] for part in made]) for at in (0, 1))
    sizes = [len(part[0]) for part in made]
    page = np.repeat(np.arange(len(pages)), sizes)
    alike = (page[1:] == page[:-1]) & (labels[1:] == labels[:-1]) & (random.random(len(pages)) < JOINED_PAGES)[page[1:]]
    starts = np.append(True, ~(alike & (random.random(len(source) - 1) < JOINED_LINES)))
    at = np.flatnonzero(starts)
    texts = pl.DataFrame({"line": np.cumsum(starts), "text": lines.texts.gather(source)})
    return Rearranged(
        lines=Lines(
            pages=np.concatenate([[0], np.cumsum(np.bincount(page[at], minlength=len(pages)))]).astype(np.int64),
            texts=texts.group_by("line", maintain_order=True).agg(pl.col("text").str.join(" "))["text"],
        ),
        source=source[at],
        joined=np.diff(np.append(at, len(source))) > 1,
        labels=labels[at],
        page_of=np.array(pages),
        url_of=np.where(random.random(len(pages)) < SHARES["no-address"], -1, [part[2] for part in made]),
        alone=random.random(len(pages)) < SHARES["alone"],
    )


def _span(labels: F64, first: int, end: int) -> I64 | None:
    """The lines from the first to the last of the article, what stands between them included."""
    found = np.flatnonzero(labels[first:end] == 1)
    return np.arange(first + found[0], first + found[-1] + 1) if len(found) else None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """A page as what stands around its own article: its first line, the article's lines, the end of its last line."""

    before: int
    own: I64
    after: int


def _rearranged(
    frame: Frame, article: I64, second: I64 | None, labels: F64, random: np.random.Generator
) -> tuple[I64, F64]:
    """(lines, labels) of one new page: `article` in the frame, and `second`, if any, somewhere below it."""
    before = _thinned(np.arange(frame.before, frame.own[0]), random)
    after = _thinned(np.arange(frame.own[-1] + 1, frame.after), random)
    source = np.concatenate([before, article, after])
    told = labels[source]
    if second is not None:
        second = np.concatenate([second[:1], second]) if _coin(random) else second
        at = len(source) - len(after) + (int(random.integers(0, len(after) + 1)) if _coin(random) else 0)
        source, told = np.insert(source, at, second), np.insert(told, at, np.zeros(len(second)))
    return source, told


def _coin(random: np.random.Generator) -> bool:
    return bool(random.random() < 1 / 2)


def _thinned(frame: I64, random: np.random.Generator) -> I64:
    """The lines of a frame, now and then without some that stand together, half of them at most."""
    if len(frame) < 6 or random.random() >= SHARES["left-out"]:  # noqa: PLR2004
        return frame
    at, n = int(random.integers(0, len(frame))), int(random.integers(1, len(frame) // 2 + 1))
    return np.delete(frame, slice(at, at + n))
