"""HTML: a page's blocks in document order, and what trafilatura reads as its article.

This is dq's one door to trafilatura. Its `deduplicate` stays off: with it a page that is repeated in a batch comes back
empty (trafilatura 2.3.1).
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import lxml.etree
import lxml.html

from dq.clean.lines import Line, make_line
from dq.fold import key

SKIPPED = frozenset(
    """
    script style noscript template head svg math iframe object embed canvas audio video select option button textarea
    input map area datalist
    """.split()
)
"""Elements whose text no reader sees as text of the page."""
INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span
    strike strong sub sup time tt u var wbr
    """.split()
)
"""Elements that do not end a line."""
DATE_SEARCH = {"original_date": True, "extensive_search": False}
"""How trafilatura looks for a date. The extensive search tries every language's words on every number of the page,
takes as long as all the rest, and reads the clock in a header; our own reading comes first anyway."""
_NESTING = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>")
VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li td tr th dd dt option".split()
)

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What trafilatura made of a page: folded paragraphs, and its metadata (None where it found none)."""

    paragraphs: tuple[str, ...]
    title: str | None
    author: str | None
    date: str | None
    description: str | None


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
    deepest = level = 0
    for match in _NESTING.finditer(html.encode("utf-8", "replace")):
        closing, name, empty = match.groups()
        if name.lower() in VOID or empty:
            continue
        level = max(0, level - 1) if closing else level + 1
        deepest = max(deepest, level)
    return deepest


@dataclasses.dataclass(slots=True)
class _Block:
    """A block under construction."""

    tag: str
    parts: list[str] = dataclasses.field(default_factory=list)
    linked: int = 0

    def add(self, text: str | None, *, in_link: bool) -> None:
        if text:
            self.parts.append(text)
            self.linked += len(text.strip()) if in_link else 0


def flatten(tree: lxml.html.HtmlElement) -> list[Line]:
    """The page's blocks as lines, in document order, menus and footers included; each with its tag and link share."""
    lines: list[Line] = []
    for block in _blocks(tree):
        for text in "".join(block.parts).split("\n"):
            if text := " ".join(text.split()):
                share = min(1.0, block.linked / max(1, len("".join(block.parts).strip())))
                lines.append(make_line(text, tag=block.tag, link_share=share))
    return lines


def _blocks(tree: lxml.html.HtmlElement) -> Iterator[_Block]:
    """The blocks, found without recursion; an element that is not inline ends a block at both its ends."""
    block = _Block("body")
    links = 0
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end"), tag=None):
        tag = element.tag if isinstance(element.tag, str) else ""
        links += {"start": 1, "end": -1}[event] if tag == "a" else 0
        if tag not in INLINE and tag != "br":
            yield block
            block = _Block(tag if event == "start" else _parent_tag(element))
        if event == "start" and tag == "br":
            block.add("\n", in_link=False)
        if event == "start" and tag not in SKIPPED:
            block.add(_oneline(element.text), in_link=links > 0)
        if event == "end":
            block.add(_oneline(element.tail), in_link=links > 0)
    yield block


def _oneline(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _parent_tag(element: Any) -> str:
    parent = element.getparent()
    return parent.tag if parent is not None and isinstance(parent.tag, str) else "body"


def prune(tree: lxml.html.HtmlElement) -> None:
    """Removes elements whose text is not text of the page, keeping what stands behind them."""
    for element in list(tree.iter(*SKIPPED)):
        if element.getparent() is not None:
            element.drop_tree()


META_DATES = (
    "article:published_time",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "parsely-pub-date",
    "sailthru.date",
    "og:published_time",
)
"""Names of meta elements that state when a page was published, in lower case, the most reliable first."""


def stated_date(tree: lxml.html.HtmlElement) -> str | None:
    """The publication date as the page's markup states it: JSON-LD, then meta elements, then the first <time>."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        metas.setdefault(name, (meta.get("content") or "").strip())
    times = (time.get("datetime") or "" for time in tree.iter("time"))
    stated = (*_linked_dates(tree), *(metas.get(name, "") for name in META_DATES), *itertools.islice(times, 1))
    return next((text for text in stated if text), None)


def _linked_dates(tree: lxml.html.HtmlElement) -> Iterator[str]:
    """Every datePublished in the page's JSON-LD; blocks that are no JSON are passed over."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower() == "application/ld+json":
            with contextlib.suppress(ValueError, RecursionError):
                yield from _values(json.loads(script.text or ""), "datePublished")


def _values(node: Any, name: str) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get(name), str):
            yield node[name]
        for part in node.values():
            yield from _values(part, name)
    elif isinstance(node, list):
        for part in node:
            yield from _values(part, name)


def extract(html: str, url: str | None) -> Extraction | None:
    """What trafilatura reads as the article, default mode; None where it finds nothing or cannot cope."""
    import trafilatura  # noqa: PLC0415  # half a second that text pages need not pay

    try:
        found = trafilatura.bare_extraction(
            html,
            url=url,
            with_metadata=True,
            include_comments=False,
            deduplicate=False,
            date_extraction_params=DATE_SEARCH,
        )
    except Exception:  # noqa: BLE001  # it raises many kinds of errors on hostile pages; our own reading goes on
        return None
    if found is None:
        return None
    fields = found if isinstance(found, dict) else found.as_dict()
    paragraphs = tuple(folded for part in (fields.get("text") or "").split("\n") if (folded := key(part.lstrip("-| "))))
    return Extraction(
        paragraphs=paragraphs,
        title=fields.get("title") or None,
        author=fields.get("author") or None,
        date=fields.get("date") or None,
        description=fields.get("description") or None,
    )


def match(lines: list[Line], extraction: Extraction) -> list[bool]:
    """Whether each line stands in trafilatura's text.

    A line of four words or more may be a part of a paragraph (a line break inside it); a shorter one must be a
    paragraph of its own, for short lines stand in any text by chance.
    """
    whole = frozenset(extraction.paragraphs)
    text = f" {' '.join(extraction.paragraphs)} "
    return [line.key in whole or (len(line.words) >= PART_WORDS and f" {line.key} " in text) for line in lines]


PART_WORDS = 4
