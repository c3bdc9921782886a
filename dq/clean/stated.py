"""The dates that a page's markup states: JSON-LD, meta elements, microdata, `<time>`, and elements called a date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import lxml.html

from dq.clean.calendars import is_weekday
from dq.clean.dates import Found, find_dates, find_stamp, may_hold_date
from dq.clean.published import KINDS, STRONG, Candidate, candidate, from_url
from dq.fold import words

LONGEST_META = 60
"""Characters of a meta element that holds a date and nothing else."""
LONGEST_TEXT = 120
"""Characters of an element that holds a date and a label; with more it is a box of other things."""
MOST_NODES = 5_000
"""Nodes of JSON-LD that are looked at."""
MOST_ELEMENTS = 300
"""Headings and dated elements that are looked at; a page of an archive has thousands."""
BEFORE_HEADING, BEHIND_HEADING = 3, 7
"""Elements before and behind the headline, up to the next heading, that stand near it."""

_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Story|Recipe|Episode)$")
_PAGE = re.compile(r"Page$|^CreativeWork$")
_ELSEWHERE = frozenset(
    """
    itemListElement hasPart liveBlogUpdate comment comments review reviews citation mentions isBasedOn blogPost author
    publisher creator about relatedLink offers
    """.split()
)
"""Properties of a JSON-LD node whose values are other works than the page's own."""
_STATED = re.compile("date(?:Published|Created|Modified)|uploadDate")
_LENIENT = re.compile(r'"(datePublished|dateCreated|uploadDate|dateModified)"\s*:\s*"([^"]{6,40})"')
_UPDATED = re.compile(r"modif|updat|revis|last-?mod|changed")
_PUBLISHED = re.compile(r"publi(?!sher)|pub[-_.]?(?:date|time)|issued|release|pdate|posted|parsely-pub|sailthru\.date")
_DATE = re.compile(r"date|created|time")
_NO_DATE = re.compile(r"expir|^(?:fb|al|google|msvalidate)\b")
_HEADINGS = ("h1", "h2", "h3")
_HOLDERS = (*_HEADINGS, *"time span div p small td em font li dd abbr cite strong".split())
"""Elements that are headings, or hold a date with little else."""
_MAY_BE_CALLED = re.compile("[dD]ate|[tT]ime|[pP]ubli|posted|submitted|byline|DATE|TIME")
_CALLED_DATE = re.compile(
    r"(?<![a-z])date|date(?![a-z])|datum|time(?!line|out|r)|publi[sc]|posted|submitted|byline|meta", re.IGNORECASE
)
_CALLED_PUBLISHED = re.compile(r"publi|posted|entry-date")
_CALLED_OTHER = re.compile(
    r"comment|related|teaser|sidebar|widget|footer|recommend|popular|most-|latest|read-?more|nav|menu|ticker|carousel|"
    r"archive",
    re.IGNORECASE,
)


def from_markup(tree: lxml.html.HtmlElement, url: str | None = None) -> list[Candidate]:
    """The dates that a page's tree states, scripts and meta elements included; `url` is its address, where known."""
    stated = [*_from_nodes(tree), *_from_meta(tree), *(from_url(url) or from_url(_canonical(tree)))]
    return stated if _is_settled(stated) else [*stated, *_from_elements(tree)]


def _is_settled(stated: Sequence[Candidate]) -> bool:
    """Whether two sources name one day and none another, so that a look at every element would change nothing."""
    strong = [one for one in stated if one.kind in STRONG]
    return len({KINDS[one.kind].source for one in strong}) > 1 and len({one.day for one in strong}) == 1


def _canonical(tree: lxml.html.HtmlElement) -> str | None:
    return next((link.get("href") for link in tree.iter("link") if link.get("rel") == "canonical"), None)


def _stamped(kind: str, value: object) -> Iterator[Candidate]:
    found = find_stamp(value) if isinstance(value, str) else None
    if found:
        yield candidate(kind, found)


def _from_nodes(tree: lxml.html.HtmlElement) -> Iterator[Candidate]:
    """Dates of JSON-LD; of a block that is no valid JSON, the first of each property."""
    for script in tree.iter("script"):
        text = script.text or ""
        if "ld+json" not in (script.get("type") or "").lower() or _STATED.search(text) is None:
            continue
        try:
            yield from chain.from_iterable(map(_from_node, _nodes(json.loads(text, strict=False))))
        except (ValueError, RecursionError):
            stated = dict(reversed(_LENIENT.findall(text)))
            yield from _from_node(stated | {"@type": "Article"})


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """The nodes of the page's own works, in order."""
    pending = [data]
    for _ in range(MOST_NODES):
        if not pending:
            return
        node = pending.pop()
        parts = node
        if isinstance(node, dict):
            yield node
            parts = [value for name, value in node.items() if name not in _ELSEWHERE]
        if isinstance(parts, list):
            pending.extend(part for part in reversed(parts) if isinstance(part, dict | list))


def _from_node(node: dict[str, Any]) -> Iterator[Candidate]:
    types = node.get("@type")
    names = [str(name) for name in types] if isinstance(types, list) else [str(types)]
    article, page = any(map(_ARTICLE.search, names)), any(map(_PAGE.search, names))
    yield from _stamped("article-node" if article else "page-node" if page else "media-node", node.get("datePublished"))
    yield from _stamped("created-node" if article or page else "media-node", node.get("dateCreated"))
    yield from _stamped("media-node", node.get("uploadDate"))
    yield from _stamped("stated-updated", node.get("dateModified"))


def _from_meta(tree: lxml.html.HtmlElement) -> Iterator[Candidate]:
    for meta in tree.iter("meta"):
        name = (
            meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv") or ""
        ).lower()
        value = meta.get("content") or ""
        if len(value) <= LONGEST_META and (kind := _meta_kind(name)):
            yield from _stamped(kind, value)


def _meta_kind(name: str) -> str | None:
    """The kind of date that a meta element of this name states; None for none.

    >>> [_meta_kind(name) for name in ("article:published_time", "dc.date", "last-modified", "article:publisher")]
    ['meta-published', 'meta-date', 'stated-updated', None]
    """
    if _NO_DATE.search(name):
        return None
    if _UPDATED.search(name):
        return "stated-updated"
    return "meta-published" if _PUBLISHED.search(name) else "meta-date" if _DATE.search(name) else None


def _from_elements(tree: lxml.html.HtmlElement) -> Iterator[Candidate]:
    """Dates of `<time>`, microdata and elements that are called a date, by how near they are to the headline."""
    elements = list(islice(filter(_is_heading_or_dated, tree.iter(*_HOLDERS)), MOST_ELEMENTS))
    heading = _main_heading(elements, _page_title(tree))
    near = _near(elements, heading) if heading is not None else frozenset()
    for place, element in enumerate(elements):
        if element.tag not in _HEADINGS and (found := _element_date(element)):
            before = heading is not None and place < heading
            if kind := _element_kind(element, near=place in near, before=before):
                yield candidate(kind, found)


def _is_heading_or_dated(element: lxml.html.HtmlElement) -> bool:
    if element.tag in _HEADINGS or element.tag == "time":
        return True
    names = element.get("class") or element.get("id")
    called = names is not None and _MAY_BE_CALLED.search(names) is not None
    return called or (element.get("itemprop") or "").startswith("date")


def _page_title(tree: lxml.html.HtmlElement) -> str:
    title = next((meta.get("content") for meta in tree.iter("meta") if meta.get("property") == "og:title"), None)
    return title or tree.findtext(".//title") or ""


def _main_heading(elements: Sequence[lxml.html.HtmlElement], title: str) -> int | None:
    """The heading that shares most words with the page's title, an h1 before others; None for a page without any."""
    wanted = set(words(title))
    best, best_share = None, 0.0
    for place, element in enumerate(elements):
        told = set(words(_text(element, 4 * LONGEST_TEXT))) if element.tag in _HEADINGS else set()
        share = len(told & wanted) / len(told | wanted) + (H1_BONUS if element.tag == "h1" else 0.0) if told else 0.0
        if share > best_share:
            best, best_share = place, share
    return best


H1_BONUS = 0.3
"""Share of words in the title that an h1 is ahead of other headings."""


def _near(elements: Sequence[lxml.html.HtmlElement], heading: int) -> frozenset[int]:
    """Places of the elements near the headline."""
    behind = range(heading + 1, min(len(elements), heading + 1 + BEHIND_HEADING))
    until = next((place for place in behind if elements[place].tag in _HEADINGS), behind.stop)
    return frozenset(range(max(0, heading - BEFORE_HEADING), until))


def _element_date(element: lxml.html.HtmlElement) -> Found | None:
    """The date that an element states in its attributes, or else shows, where it is one that should hold a date."""
    stated = element.get("datetime") or (element.get("content") if element.get("itemprop") else None)
    if not (stated or element.tag == "time" or element.get("itemprop") or _CALLED_DATE.search(_names(element))):
        return None
    found = find_stamp(stated) if stated else None
    shown = (element.get("title") or "", _text(element, LONGEST_TEXT))
    return found or next((dates[0] for text in shown if may_hold_date(text) and (dates := find_dates(text))), None)


def _element_kind(element: lxml.html.HtmlElement, *, near: bool, before: bool) -> str | None:
    """The kind of an element's date; None for one that dates something else: a comment, a teaser, the header."""
    names, prop = _names(element).lower(), (element.get("itemprop") or "").lower()
    if _stands_elsewhere(element):
        return None
    if _UPDATED.search(prop) or (_UPDATED.search(names) and not _CALLED_PUBLISHED.search(names)):
        return "stated-updated"
    time = element.tag == "time"
    if prop == "datepublished" or "pubdate" in element.attrib or (time and "publish" in names):
        return "microdata"
    if not near:
        return "time-far" if time else None
    if time:
        return "time-near"
    clock = before and any(map(is_weekday, words(_text(element, LONGEST_TEXT))))
    return None if clock else "element-near"


def _stands_elsewhere(element: lxml.html.HtmlElement) -> bool:
    """Whether the element belongs to a comment, a teaser, the header or the footer, by the names of what it is in."""
    for around in chain((element,), element.iterancestors()):
        if around.tag in {"body", "html", "main"}:
            return False
        if around.tag in {"aside", "footer", "nav"} or _CALLED_OTHER.search(_names(around)):
            return True
    return False


def _names(element: lxml.html.HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def _text(element: lxml.html.HtmlElement, longest: int) -> str:
    """The element's text in one line; empty where it is longer than `longest`, as that of a box around other things."""
    parts = list(islice(element.itertext(), MOST_PARTS + 1))
    text = " ".join(" ".join(parts).split())
    return text if len(parts) <= MOST_PARTS and len(text) <= longest else ""


MOST_PARTS = 16
"""Pieces of text between the tags of an element that holds a date."""
