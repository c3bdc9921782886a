"""Pages rearranged for training: what the scorer must not rely on is varied, sites of one fold are mixed at most.

Each page keeps its frame (menus, boxes, footers), of which a part may be left out, and may get the article of another
site; now and then a second article is put below the first, with its headline once or twice, behind some lines of the
frame or at once; blank lines and list marks go, and the address.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dq.clean.measured import F64, I64, Lines

SHARES = {"article": 0.6, "left-out": 0.4, "second": 0.1, "bare": 0.4, "no-address": 0.3, "alone": 0.3}
"""Share of pages to which each change happens: another site's article; a part of the frame left out, before and after
the article; a second article below; blank lines and list marks lost; address lost; other pages of the host lost."""
LEAST_WORDS = 60.0
"""Words of an article that is put elsewhere."""
SEED = 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rearranged:
    """The new pages: of each line where it came from and its label; of each page where frame and address came from.

    `url_of` is -1 where the address was lost; `alone` tells which pages are to be read without their host's others.
    """

    lines: Lines
    source: I64
    labels: F64
    page_of: I64
    url_of: I64
    alone: npt.NDArray[np.bool_]


def rearrange(
    lines: Lines, labels: F64, words: F64, *, groups: Sequence[str], sites: Sequence[str | None]
) -> Rearranged:
    """Every page that has an article, rearranged once; pages mix within `groups` and never within a site."""
    random = np.random.default_rng(SEED)
    spans = [_span(labels, first, end) for first, end in zip(lines.pages[:-1], lines.pages[1:], strict=True)]
    pages = [page for page, span in enumerate(spans) if span is not None]
    donors: dict[str, list[int]] = {}
    for page in pages:
        if words[spans[page]][labels[spans[page]] > 0].sum() >= LEAST_WORDS:
            donors.setdefault(groups[page], []).append(page)
    made = []
    for page in pages:
        others = [other for other in donors.get(groups[page], []) if sites[other] != sites[page]]
        made.append(_rearranged(page, lines.pages, labels, spans, others, random))
    source = np.concatenate([part[0] for part in made])
    bare = np.repeat(random.random(len(pages)) < SHARES["bare"], [len(part[0]) for part in made])
    no_address = random.random(len(pages)) < SHARES["no-address"]
    return Rearranged(
        lines=Lines(
            pages=np.concatenate([[0], np.cumsum([len(part[0]) for part in made])]).astype(np.int64),
            texts=lines.texts.gather(source),
            bullet=lines.bullet[source] & ~bare,
            blank_before=lines.blank_before[source] & ~bare,
        ),
        source=source,
        labels=np.concatenate([part[1] for part in made]),
        page_of=np.array(pages),
        url_of=np.where(no_address, -1, [part[2] for part in made]),
        alone=random.random(len(pages)) < SHARES["alone"],
    )


def _span(labels: F64, first: int, end: int) -> I64 | None:
    """The lines from the first to the last of the article, what stands between them included."""
    found = np.flatnonzero(labels[first:end] == 1)
    return np.arange(first + found[0], first + found[-1] + 1) if len(found) else None


def _rearranged(
    page: int, pages: I64, labels: F64, spans: Sequence[I64 | None], others: Sequence[int], random: np.random.Generator
) -> tuple[I64, F64, int]:
    """(lines, labels, page whose address goes with the article) of one new page."""
    article, owner = spans[page], page
    if article is None:
        raise ValueError("a page without article cannot be rearranged")
    before = _thinned(np.arange(pages[page], article[0]), random)
    after = _thinned(np.arange(article[-1] + 1, pages[page + 1]), random)
    if others and random.random() < SHARES["article"]:
        owner = int(random.choice(others))
        article = spans[owner]
    source = np.concatenate([before, article, after])
    told = labels[source]
    if others and random.random() < SHARES["second"]:
        second = spans[int(random.choice(others))]
        second = np.concatenate([second[:1], second]) if random.random() < 0.5 else second  # noqa: PLR2004
        at = len(source) - len(after) + (int(random.integers(0, len(after) + 1)) if random.random() < 0.5 else 0)  # noqa: PLR2004
        source, told = np.insert(source, at, second), np.insert(told, at, np.zeros(len(second)))
    return source, told, owner


def _thinned(frame: I64, random: np.random.Generator) -> I64:
    """The lines of a frame, now and then without some that stand together, half of them at most."""
    if len(frame) < 6 or random.random() >= SHARES["left-out"]:  # noqa: PLR2004
        return frame
    at, n = int(random.integers(0, len(frame))), int(random.integers(1, len(frame) // 2 + 1))
    return np.delete(frame, slice(at, at + n))
