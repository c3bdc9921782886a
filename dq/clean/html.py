"""HTML: a page read as lines, with what its markup and trafilatura say of each.

This is dq's one door to trafilatura. Its `deduplicate` stays off: with it a page that is repeated in a batch comes back
empty (trafilatura 2.3.1).
"""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Sequence

import lxml.etree
import lxml.html
import numpy as np

from dq.clean.dom import DOM_FEATURES, F32, KEPT_FEATURES, Stated, dom_features, kept_features
from dq.clean.lines import Line
from dq.clean.markup import Walk
from dq.clean.published import Candidate
from dq.fold import key

VOID = "area base br col embed hr img input link meta param source track wbr p li td tr th dd dt option"
"""Elements that nest nothing, or are closed by their next sibling where nobody closes them."""
_NESTING = re.compile(
    rf"<(/?)(?!(?:{VOID.replace(' ', '|')})[^a-z0-9])[a-z][a-z0-9]*[^<>]*(?<!/)>".encode(), re.IGNORECASE
)


logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

COLUMNS = DOM_FEATURES + KEPT_FEATURES
"""Names of the columns of HtmlPage.columns, in order."""
N_COLUMNS = len(COLUMNS)


def parse(html: str) -> lxml.html.HtmlElement | None:
    """The page's tree; None where not even a parser that forgives finds an element."""
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.ParserError, lxml.etree.XMLSyntaxError):
        return None


def depth(html: str) -> int:
    """The deepest nesting of elements, counted by tags alone, so that no parser's own limit is met.

    >>> depth("<div><p>a<p>b<div>c</div></div>")
    2
    """
    closing = np.array(_NESTING.findall(html.encode("utf-8", "replace")), "S1") == b"/"
    level = np.cumsum(np.where(closing, -1, 1))
    below = np.minimum.accumulate(np.minimum(level, 0))  # tags that close nothing
    return int((level - below).max(initial=0))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HtmlPage:
    """An HTML page as lines: of each its text and tag, and its row of `columns` (COLUMNS).

    `title`, `author` and `language` are what the page's head states, `dates` what was found in the whole tree.
    """

    texts: list[str]
    tags: list[str]
    columns: F32
    title: str
    author: str | None
    dates: tuple[Candidate, ...]
    language: str | None


FindDates = Callable[[lxml.html.HtmlElement, str | None], Sequence[Candidate]]


def read_page(html: str, url: str | None, find_dates: FindDates) -> HtmlPage | None:
    """The page as lines; None where no parser finds an element in it. `find_dates` reads its tree before all else."""
    tree = parse(html)
    if tree is None:
        return None
    walk, stated = Walk().run(tree), Stated.of(tree)
    lines, boxes = walk.lines(), walk.arrays()
    kept = match(lines, extract(tree, url)) if lines else []
    return HtmlPage(
        texts=[line.text for line in lines],
        tags=[line.tag for line in lines],
        columns=np.hstack([dom_features(lines, boxes, stated), kept_features(lines, boxes, kept)]),
        title=stated_title(stated, lines),
        author="; ".join(stated.authors) or None,
        dates=tuple(find_dates(tree, url)),
        language=tree.get("lang"),
    )


_SEPARATOR = re.compile(r"\s+[|·•–—:»«›/-]+\s+|\s*[|»«]\s*")
TITLE_SHARE = 0.4
"""Share of a stated title's words from which its longest part may stand for it."""


def stated_title(stated: Stated, lines: Sequence[Line]) -> str:
    """The page's own title without its site's name: the part that a line of the page prints, else the longest part.

    >>> head = Stated(titles=("River rises - The Gazette",), site="The Gazette", authors=(), descriptions=(), body="")
    >>> stated_title(head, [])
    'River rises'
    """
    printed = {line.key for line in lines}
    for title in stated.titles:
        whole = [title, *_SEPARATOR.split(title)]
        if found := next((part for part in whole if len(key(part).split()) > 1 and key(part) in printed), None):
            return found
    if not stated.titles:
        return ""
    parts = [part for part in _SEPARATOR.split(stated.titles[0]) if part and key(part) != key(stated.site)]
    longest = max(parts, key=len, default=stated.titles[0])
    return longest if len(longest) >= TITLE_SHARE * len(stated.titles[0]) else stated.titles[0]


def extract(tree: lxml.html.HtmlElement, url: str | None) -> tuple[str, ...]:
    """The folded paragraphs that trafilatura reads as the article; none where it finds none or cannot cope.

    Its fast way, without the comparison with further extractors and without metadata, takes half of its time.
    """
    import trafilatura  # noqa: PLC0415  # half a second that text pages need not pay

    try:
        found = trafilatura.bare_extraction(
            tree, url=url, fast=True, with_metadata=False, include_comments=False, deduplicate=False
        )
    except Exception:  # noqa: BLE001  # it raises many kinds of errors on hostile pages; our own reading goes on
        return ()
    if found is None:
        return ()
    text = (found if isinstance(found, dict) else found.as_dict()).get("text") or ""
    return tuple(folded for part in text.split("\n") if (folded := key(part.lstrip("-| "))))


PART_WORDS = 4


def match(lines: Sequence[Line], paragraphs: Sequence[str]) -> list[bool]:
    """Whether each line stands in trafilatura's text.

    A line of four words or more may be a part of a paragraph (a line break inside it); a shorter one must be a
    paragraph of its own, for short lines stand in any text by chance.
    """
    whole = frozenset(paragraphs)
    text = f" {' '.join(paragraphs)} "
    return [line.key in whole or (len(line.words) >= PART_WORDS and f" {line.key} " in text) for line in lines]
