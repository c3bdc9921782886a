"""What the markup says of each line, as columns for the line scorer: boxes, headline, another extractor's choice."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import lxml.html
import numpy as np
import numpy.typing as npt

from dq.clean.lines import Line
from dq.clean.linked_data import author_names, linked_data
from dq.clean.markup import BIT, CODES, HEADING_CODES, MARKS, Boxes
from dq.fold import key
from dq.fold import words as fold_words

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

NEVER = 12
"""The distance of a mark that no box around a line bears, and the furthest told."""
LONG = 10.0
"""Words from which a line counts as running text here; its links do not count."""
MANY = 200.0
"""Counts of lines and boxes are cut here."""
SHARES = (0.5, 0.75, 0.9)
"""Shares of the running text whose smallest box is looked for."""
UP = 4
"""Boxes that are measured for each line: its own, and those around it."""

FAR = tuple(f"far_{name}" for name in MARKS)
"""How many boxes up the nearest one with a mark is: 0 its own, NEVER at most."""
LINE = tuple(
    """
    tag tag_2 tag_3 depth breaks breaks_after link_share links bold_share inline_marked inline_caption inline_author
    inline_date inline_related
""".split()
)
"""Of the line: numbers of its box's tag and of the tags around it, how deep it stands, line breaks before and after it
in its box, share of linked characters, links, share of bold characters, whether an inline element has a told class."""
AROUND = tuple(
    f"{name}_{up}" for up in range(1, UP + 1)
    for name in ("prose", "words", "lines", "links", "line_words", "paragraphs", "alike")
)  # fmt: skip
"""Of its box (1) and the boxes around it: share of the page's running text and of its words, lines in it, share of
linked words, words a line, share of lines that are paragraphs, boxes of the same kind beside it (logarithm)."""
MAIN = tuple(
    """
    in_50 in_75 in_90 up_50 up_90 place_50 lines_50 prose_50 links_50
""".split()
)
"""Of the smallest boxes with a half, three quarters and nine tenths of the running text: whether the line is inside,
how many boxes deeper it stands, its place in the one with half, and that one's lines, share of text, linked share."""
KIND = tuple(
    """
    kind_lines kind_prose kind_links kind_line_words sibling_place siblings box_lines box_words same_before same_after
    apart_before apart_after repeats
""".split()
)
"""Of the lines of the same path of tags and classes: how many, their share of running text, linked share, words a line.
Place among the lines of the box around its own, lines directly in the boxes there, lines and words of its own box,
whether the line before and after is of the same kind and how many boxes up both meet, and the most boxes of one kind
side by side around the line that are no paragraphs (comments, teasers)."""
HEAD = tuple(
    """
    depth_head after_head since_head title_overlap in_stated_body states_body is_description page_prose page_links
    page_boxes heading_after heading_before page_paragraphs
""".split()
)
"""Of the headline (the line most like the page's stated title, else its first h1): boxes deeper, before or after it,
lines since. Likeness to the stated title (Jaccard index of the words); whether JSON-LD's articleBody holds the line
(-1 where none is given); the same for the stated description; running text, linked share, boxes and long paragraphs of
the page; whether a heading stands after or before the line."""
DOM_FEATURES = FAR + LINE + AROUND + MAIN + KIND + HEAD
"""Names of the columns of `dom_features`, in order."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """What the page's head says of its article: titles, site's name, authors, folded descriptions and body."""

    titles: tuple[str, ...]
    site: str
    authors: tuple[str, ...]
    descriptions: tuple[str, ...]
    body: str

    @classmethod
    def of(cls, tree: lxml.html.HtmlElement) -> Stated:
        """Read from meta elements, `<title>` and JSON-LD; of authors, where these name none, from marks in the body."""
        metas: dict[str, list[str]] = {}
        for meta in tree.iter("meta"):
            name = (meta.get("property") or meta.get("name") or "").lower()
            metas.setdefault(name, []).append(" ".join((meta.get("content") or "").split()))
        titles = [*metas.get("og:title", ()), *metas.get("twitter:title", ())]
        titles += [" ".join((title.text or "").split()) for title in itertools.islice(tree.iter("title"), 1)]
        described = (text for name in DESCRIBING for text in metas.get(name, ()))
        told = dict.fromkeys(map(key, described))
        stated = [*author_names(tree), *(text for name in AUTHORS for text in metas.get(name, ()))]
        authors = [name for name in stated if name and "/" not in name] or marked_authors(tree)
        return cls(
            titles=tuple(dict.fromkeys(filter(None, titles))),
            site=next(iter(metas.get("og:site_name", ())), ""),
            authors=tuple(dict.fromkeys(authors)),
            descriptions=tuple(text[:DESCRIPTION] for text in told if len(text) > LEAST_DESCRIPTION),
            body=" ".join(f" {key(text)} " for text in linked_data(tree, "articleBody")),
        )


def marked_authors(tree: lxml.html.HtmlElement) -> list[str]:
    """The names in the first elements that are marked as the author's by relation, microdata or class."""
    marked = (element for element in tree.iter(*AUTHOR_TAGS) if _marks_author(element))
    texts = (" ".join(element.text_content().split()) for element in marked)
    fewest, most = AUTHOR_WORDS
    return list(itertools.islice((text for text in texts if fewest <= len(text.split()) <= most), MARKED_AUTHORS))


def _marks_author(element: lxml.html.HtmlElement) -> bool:
    if element.get("rel") == "author" or element.get("itemprop") == "author":
        return True
    classes = (element.get("class") or "").lower()
    return "author" in classes and any(_AUTHOR_CLASS.search(name) for name in classes.split())


_AUTHOR_CLASS = re.compile(r"^(?!.*comment).*author(?:s|[-_]*name)?$")
AUTHOR_TAGS = ("a", "span", "div", "p", "address", "strong", "b")
AUTHOR_WORDS = (2, 5)
"""Fewest and most words of a person's name; a single word is a desk or an agency."""
MARKED_AUTHORS = 2
"""Marked names that are read; the page's further articles mark theirs too."""
DESCRIBING = ("og:description", "twitter:description", "description")
AUTHORS = ("author", "article:author", "dc.creator", "parsely-author", "sailthru.author")
DESCRIPTION, LEAST_DESCRIPTION = 120, 20
"""Characters of a description that are compared (more are often cut off), and the fewest that say something."""
STATED_BODY = 200
"""Characters from which a stated body is more than a teaser."""
LONGEST_TITLE = 60
ALIKE = 0.4
"""Likeness to the stated title from which a line is the headline."""
NO_HEAD = (99.0, 2.0, 150.0)
"""What a page without headline has in the columns depth_head, after_head, since_head."""


def dom_features(lines: Sequence[Line], boxes: Boxes, stated: Stated) -> F32:
    """What the markup says of each line, shape (n, len(DOM_FEATURES)); a few numpy passes over all lines."""
    if not lines:
        return np.zeros((0, len(DOM_FEATURES)), np.float32)
    sums = _Sums.of(lines, boxes)
    far, repeats = _distances(boxes)
    columns = (
        *_of_line(boxes),
        *_of_boxes_around(boxes, sums),
        *_of_main_box(boxes, sums),
        *_of_kind(boxes, sums),
        repeats[boxes.box],
        *_of_head(lines, boxes, stated),
        *_of_page(boxes, sums),
    )
    dom = np.empty((len(lines), len(DOM_FEATURES)), np.float32)
    dom[:, : len(FAR)] = far[boxes.box]
    for place, column in enumerate(columns, len(FAR)):
        dom[:, place] = column
    return dom


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sums:
    """Running sums over the lines, with a leading 0: running text, words, linked words, paragraphs; and the parts."""

    prose: F64
    words: F64
    linked: F64
    paragraphs: F64
    line_prose: F64
    line_words: F64
    line_links: F64

    @classmethod
    def of(cls, lines: Sequence[Line], boxes: Boxes) -> _Sums:
        words = np.array([line.n_words for line in lines])
        links = np.minimum(1.0, boxes.linked / boxes.chars)
        prose = np.where(words >= LONG, words * (1 - links), 0.0)
        broken = boxes.breaks > 0
        paragraph = (boxes.code[boxes.box] == CODES["p"]) | broken | np.append(broken[1:], False)
        return cls(
            prose=_running(prose), words=_running(words), linked=_running(words * links),
            paragraphs=_running(paragraph), line_prose=prose, line_words=words, line_links=links,
        )  # fmt: skip


def _running(values: npt.NDArray[Any]) -> F64:
    return np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])


def _within(sums: F64, boxes: Boxes, chosen: Any) -> Any:
    """The sum over the lines of each of the chosen boxes."""
    return sums[boxes.last[chosen]] - sums[boxes.first[chosen]]


def _distances(boxes: Boxes) -> tuple[F32, F64]:
    """For every box: boxes up to the nearest one with each mark; the largest group of like boxes that it is within."""
    own = (boxes.marks[:, None] >> np.arange(len(MARKS))) & 1
    far = np.where(own, 0, NEVER).astype(np.float32)
    repeats = np.where(boxes.code == CODES["p"], 1.0, np.minimum(MANY, _like_siblings(boxes)))
    order = np.argsort(boxes.depth, kind="stable")
    level_ends = np.searchsorted(boxes.depth[order], np.arange(1, boxes.depth.max() + 2))
    for start, end in itertools.pairwise(level_ends.tolist()):
        level = order[start:end]
        above = boxes.parent[level]
        far[level] = np.minimum(far[level], far[above] + 1)
        repeats[level] = np.maximum(repeats[level], repeats[above])
    return far, repeats


def _like_siblings(boxes: Boxes) -> F64:
    """Boxes of each box's kind within its parent, itself included."""
    pairs = boxes.parent * (boxes.kind.max() + 1) + boxes.kind
    _, group, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return counts[group].astype(np.float64)


def _of_line(boxes: Boxes) -> list[Any]:
    above = boxes.parent[boxes.box]
    breaks = np.minimum(3, boxes.breaks)
    has = [(boxes.inline & BIT[name]) > 0 for name in ("caption", "author", "date", "related")]
    return [
        boxes.code[boxes.box], boxes.code[above], boxes.code[boxes.parent[above]], boxes.depth[boxes.box],
        breaks, np.append(breaks[1:], 0), np.minimum(1, boxes.linked / boxes.chars), np.minimum(9, boxes.links),
        np.minimum(1, boxes.bold / boxes.chars), boxes.inline != 0, *has,
    ]  # fmt: skip


def _of_boxes_around(boxes: Boxes, sums: _Sums) -> list[Any]:
    columns = []
    chosen = boxes.box
    alike = np.log(_like_siblings(boxes))
    all_prose, all_words = max(1.0, sums.prose[-1]), max(1.0, sums.words[-1])
    for _ in range(UP):
        words = _within(sums.words, boxes, chosen)
        n_lines = np.maximum(1, boxes.last[chosen] - boxes.first[chosen])
        columns += [
            _within(sums.prose, boxes, chosen) / all_prose, words / all_words, np.minimum(MANY, n_lines),
            _within(sums.linked, boxes, chosen) / np.maximum(1, words), words / n_lines,
            _within(sums.paragraphs, boxes, chosen) / n_lines, alike[chosen],
        ]  # fmt: skip
        chosen = boxes.parent[chosen]
    return columns


def _of_main_box(boxes: Boxes, sums: _Sums) -> list[Any]:
    places = np.arange(len(boxes.box))
    half, most, nearly = (_smallest_box(boxes, sums, share) for share in SHARES)
    first, end = boxes.first[half], max(boxes.last[half], boxes.first[half] + 1)
    words = max(1.0, _within(sums.words, boxes, half))
    deeper = [np.clip(boxes.depth[boxes.box] - boxes.depth[box], -10, 20) for box in (half, nearly)]
    return [
        *((places >= boxes.first[box]) & (places < boxes.last[box]) for box in (half, most, nearly)),
        *deeper, np.clip((places - first) / (end - first), -2, 3), end - first,
        _within(sums.prose, boxes, half) / max(1.0, sums.prose[-1]), _within(sums.linked, boxes, half) / words,
    ]  # fmt: skip


def _smallest_box(boxes: Boxes, sums: _Sums, share: float) -> int:
    """The box with the fewest lines, the deepest of those, that has the share of the page's running text."""
    if sums.prose[-1] == 0:
        return 0
    large = np.flatnonzero(sums.prose[boxes.last] - sums.prose[boxes.first] >= share * sums.prose[-1])
    n_lines = boxes.last[large] - boxes.first[large]
    return int(large[np.lexsort((-boxes.depth[large], n_lines))[0]])


def _of_kind(boxes: Boxes, sums: _Sums) -> list[Any]:
    own, above = boxes.box, boxes.parent[boxes.box]
    kind = boxes.kind[own]
    lines, prose, words, linked = (
        np.bincount(kind, weights=values)[kind]
        for values in (np.ones(len(kind)), sums.line_prose, sums.line_words, sums.line_words * sums.line_links)
    )
    first, end = boxes.first[above], boxes.last[above]
    same = kind[1:] == kind[:-1]
    apart = _apart(boxes)
    return [
        np.minimum(MANY, lines), prose / max(1.0, sums.prose[-1]), linked / np.maximum(1, words), words / lines,
        (np.arange(len(own)) - first) / np.maximum(1, end - first), np.minimum(MANY, np.bincount(above)[above]),
        np.minimum(MANY, boxes.last[own] - boxes.first[own]), np.minimum(500, _within(sums.words, boxes, own)),
        np.append(False, same), np.append(same, False), np.append(0, apart), np.append(apart, UP),
    ]  # fmt: skip


def _apart(boxes: Boxes) -> I64:
    """Boxes up from each line to the one around it and the next line, where both stand equally deep; UP at most."""
    before, after = boxes.box[:-1], boxes.box[1:]
    apart = np.full(len(before), UP, np.int64)
    for up in range(UP):
        np.minimum(apart, up, out=apart, where=before == after)
        before, after = boxes.parent[before], boxes.parent[after]
    return apart


def _of_head(lines: Sequence[Line], boxes: Boxes, stated: Stated) -> list[Any]:
    titles = [frozenset(fold_words(title)) for title in stated.titles]
    likeness = np.array([_likeness(line, titles) for line in lines])
    head = _headline(boxes, likeness)
    since = np.arange(len(lines)) - head
    deeper = boxes.depth[boxes.box] - boxes.depth[boxes.box[head]]
    found = head >= 0
    told, after, far = (deeper, np.sign(since), np.clip(since, -100, 100)) if found else NO_HEAD
    in_body = [bool(line.words) and f" {line.key} " in stated.body for line in lines] if stated.body else -1
    described = [_describes(line, stated.descriptions) for line in lines] if stated.descriptions else -1
    return [told, after, far, likeness, in_body, len(stated.body) > STATED_BODY, described]


def _likeness(line: Line, titles: Sequence[frozenset[str]]) -> float:
    if not titles or not line.words or len(line.words) > LONGEST_TITLE:
        return 0.0
    words = set(line.words)
    return max(len(words & title) / len(words | title) for title in titles)


def _headline(boxes: Boxes, likeness: F64) -> int:
    """The line most like the stated title, else the first h1; -1 where there is neither."""
    if likeness.max() >= ALIKE:
        return int(likeness.argmax())
    first = np.flatnonzero(boxes.code[boxes.box] == HEADING_CODES[0])
    return int(first[0]) if len(first) else -1


def _describes(line: Line, descriptions: Sequence[str]) -> bool:
    start = line.key[:DESCRIPTION]
    return any(
        start.startswith(told) or (len(start) > LEAST_DESCRIPTION and told.startswith(start)) for told in descriptions
    )


def _of_page(boxes: Boxes, sums: _Sums) -> list[Any]:
    code = boxes.code[boxes.box]
    heading = (code >= HEADING_CODES[0]) & (code <= HEADING_CODES[1])
    return [
        np.log(max(1.0, sums.prose[-1])), sums.linked[-1] / max(1.0, sums.words[-1]), np.log(len(boxes.code)),
        np.append(heading[1:], False), np.append(False, heading[:-1]),
        ((code == CODES["p"]) & (sums.line_words >= LONG)).sum(),
    ]  # fmt: skip


KEPT_FEATURES = tuple(
    """
    kept kept_1 kept_2 kept_3 kept_4 kept_kind kept_b1 kept_b2 kept_b3 kept_a1 kept_a2 kept_a3 kept_near_3 kept_near_8
    kept_earlier kept_later since_kept until_kept kept_share kept_words kept_none kept_prose
""".split()
)
"""What another extractor's choice says of each line: whether it kept it; the kept share of the words of its box, of the
three around it, and of all lines of its kind; the three lines before and after; kept lines within 3 and 8; the share of
all kept words before and after it; lines since and until a kept one; and of the page: the kept share of its words,
their number (logarithm), whether nothing was kept, the kept share of its long lines' words."""
FARTHEST = 99


def kept_features(lines: Sequence[Line], boxes: Boxes, kept: Sequence[bool]) -> F32:
    """What an extractor that kept these lines says of each line, shape (n, len(KEPT_FEATURES))."""
    n = len(lines)
    if n == 0:
        return np.zeros((0, len(KEPT_FEATURES)), np.float32)
    chosen = np.array(kept, np.float64)
    words = np.array([line.n_words for line in lines])
    columns = (
        chosen,
        *_kept_in_boxes(boxes, chosen, words + 0.5),
        *_kept_near(chosen),
        *_kept_on_page(chosen, words),
    )
    return np.column_stack([np.broadcast_to(column, n) for column in columns]).astype(np.float32)


def _kept_in_boxes(boxes: Boxes, kept: F64, weight: F64) -> Iterator[Any]:
    """`weight` is half a word above the line's words, so that lines without any count for something."""
    all_kept, every = _running(kept * weight), _running(weight)
    chosen = boxes.box
    for _ in range(UP):
        yield _within(all_kept, boxes, chosen) / _within(every, boxes, chosen)
        chosen = boxes.parent[chosen]
    kind = boxes.kind[boxes.box]
    yield (np.bincount(kind, weights=kept * weight)[kind]) / np.bincount(kind, weights=weight)[kind]


def _kept_near(kept: F64) -> Iterator[Any]:
    n = len(kept)
    padded = np.concatenate([np.zeros(3), kept, np.zeros(3)])
    yield from (padded[3 - back : 3 - back + n] for back in (1, 2, 3))
    yield from (padded[3 + ahead : 3 + ahead + n] for ahead in (1, 2, 3))
    sums, at = _running(kept), np.arange(n)
    for reach in (3, 8):
        yield sums[np.minimum(n, at + reach + 1)] - sums[np.maximum(0, at - reach)] - kept


def _kept_on_page(kept: F64, words: F64) -> list[Any]:
    weight = words + 0.5
    all_kept, at = _running(kept * weight), np.arange(len(kept))
    total = max(0.5, all_kept[-1])
    last = np.maximum.accumulate(np.where(kept > 0, at, -FARTHEST))
    following = np.minimum.accumulate(np.where(kept > 0, at, len(kept) + FARTHEST)[::-1])[::-1]
    since = np.minimum(FARTHEST, at - np.concatenate([[-FARTHEST], last[:-1]]))
    until = np.minimum(FARTHEST, np.append(following[1:], len(kept) + FARTHEST) - at)
    long_words = np.where(words >= LONG, words, 0.0)
    return [
        all_kept[:-1] / total, 1 - all_kept[1:] / total, since, until, all_kept[-1] / weight.sum(),
        np.log(all_kept[-1] + 1), kept.sum() == 0, (long_words * kept).sum() / max(1.0, long_words.sum()),
    ]  # fmt: skip
