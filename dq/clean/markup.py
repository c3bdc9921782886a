"""Markup: an HTML tree taken apart into lines and boxes, in document order.

A line is what a reader sees as one: a block's text, or a part of it between two line breaks. A box is an element that
is not inline. What the words of a box's class, id, role and itemprop tell of it is kept as bits (`MARKS`).
"""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any

import lxml.etree
import lxml.html
import numpy as np
import numpy.typing as npt

from dq.clean.lines import Line, make_line

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

SKIPPED = frozenset(
    """
    script style noscript template head svg annotation iframe object embed canvas audio video select option textarea
    input map area datalist
    """.split()
)
"""Elements whose text no reader sees as text of the page."""
INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q rp rt ruby s samp small span
    strike strong sub sup time tt u var wbr
    math semantics mrow mi mo mn ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mstyle
    """.split()
)
"""Elements that do not end a line."""
BOLD = frozenset({"b", "strong"})
CLASS_WORDS = {
    "comment": r"comment|koment|coment|opini|disqus|repl(?:y|ies)|discuss|feedback|forum|talkback|yorum|guestbook",
    "related": r"relat|recommend|similar|popular|trend|most-?read|latest|recirc|outbrain|taboola|read-?more|see-?also|"
    r"also-?read|more-?(?:news|stories|from|on)|teaser|next|prev",
    "share": r"shar(?:e|ing)|social|follow|facebook|twitter|whatsapp|telegram|addthis|sns",
    "promo": r"promo|newsletter|subscri|sign-?up|banner|cta|sponsor|advert|(?<![a-z])ads?(?![a-z])|donat|shop|buy|app-",
    "nav": r"nav|menu|crumb|pagin|pager|toolbar|skip",
    "footer": r"foot|copyright|legal|bottom",
    "header": r"header|masthead|top(?![a-z])",
    "sidebar": r"side|aside|rail(?![a-z])|right|left|complementary",
    "widget": r"widget|module|panel|block|(?<![a-z])box",
    "caption": r"caption|credit|legend|figure|photo|image|img|gallery|media|video|slide",
    "tags": r"(?<![a-z])tags?(?![a-z])|topic|categor|keyword|label",
    "author": r"author|byline|writer|(?<![a-z])bio(?![a-z])|profile|contributor",
    "date": r"date|(?<![a-z])time|publish|posted|meta(?![a-z])|info(?![a-z])|dateline",
    "title": r"title|headline|heading|(?<![a-z])h1",
    "lead": r"summary|(?<![a-z])lead|lede|intro|excerpt|standfirst|(?<![a-z])deck|subtitle|abstract|desc|chapo|kicker|"
    r"dek(?![a-z])",
    "dialog": r"cookie|consent|gdpr|modal|popup|pop-up|overlay|paywall|login|register|dialog|notice|alert",
    "article": r"article|story|news|artikel|noticia",
    "content": r"content|main|inhalt|contenido",
    "text": r"body|text|entry|(?<![a-z])post|detail|prose|paragraph|single",
    "listing": r"list|item|card|feed|grid|archive|loop",
    "concealed": r"hidden|hide(?![a-z])|sr-only|visually|collapse|print|mobile",
}
"""What the words of a class, id, role or itemprop attribute tell of an element: a name for each kind, and a pattern."""
CLASS_CHARS = 300
"""Characters of these attributes that are read; a longer list of classes is layout."""
INSIDE = {
    "article": "in_article", "main": "in_main", "nav": "in_nav", "aside": "in_aside", "footer": "in_footer",
    "header": "in_header", "section": "in_section", "figure": "in_figure", "figcaption": "in_figure",
    "form": "in_form", "fieldset": "in_form", "button": "in_form", "ul": "in_list", "ol": "in_list", "dl": "in_list",
    "li": "in_list", "table": "in_table", "blockquote": "in_quote",
}  # fmt: skip
"""Element -> the kind of place that it makes."""
MARKS = (*CLASS_WORDS, *dict.fromkeys(INSIDE.values()), "article_body", "unseen", "aria_hidden")
"""What a box can be: by its words, by its element, by itemprop=articleBody, by style or `hidden`, by aria-hidden."""
BIT = {name: 1 << place for place, name in enumerate(MARKS)}
_PATTERNS = tuple((re.compile(pattern), BIT[name]) for name, pattern in CLASS_WORDS.items())
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
TAGS = """
    p div article section main body td th li dd dt blockquote pre h1 h2 h3 h4 h5 h6 figcaption figure header footer
    aside nav ul ol form button center address caption summary details
""".split()
"""Elements with a number of their own (their place here, from 1) in the features; 0 is any other."""
CODES = {tag: code for code, tag in enumerate(TAGS, 1)}
HEADING_CODES = (CODES["h1"], CODES["h6"])


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Boxes:
    """The page's block elements in document order (box 0 is the page), and in which of them each line stands.

    Of a box: `code` (its tag), `marks` (bits by MARKS), `parent`, `depth`, `kind` (equal for boxes of the same path of
    tags and classes) and its lines `first[b] <= i < last[b]`. Of a line: `box`, `chars`, `linked` and `bold` characters
    of it, `links`, `inline` (marks of the inline elements in it) and `breaks` (line breaks before it in its box).
    """

    code: I64
    marks: I64
    parent: I64
    depth: I64
    kind: I64
    first: I64
    last: I64
    box: I64
    chars: F64
    linked: F64
    bold: F64
    links: F64
    inline: I64
    breaks: F64


class Walk:
    """The page's tree as lines and boxes, taken in one pass without recursion.

    An element that is not inline ends a line at both its ends, a `<br>` and a line end in `<pre>` do so too.
    """

    def __init__(self) -> None:
        self.boxes: list[tuple[int, int, int, int, int, int]] = [(0, 0, 0, 0, 0, 0)]
        self.last = [0]
        self.kinds: dict[tuple[int, str, str], int] = {}
        self.texts: list[str] = []
        self.rows: list[tuple[int, int, int, int, int, int, int]] = []
        self.tags = ["body"]
        self.here = self.open_links = self.open_bold = self.open_pre = self.breaks = 0
        self.parts: list[str] = []
        self.linked = self.bold = self.links = self.inline = 0

    def run(self, tree: lxml.html.HtmlElement) -> Walk:
        """Walks all of it."""
        events = lxml.etree.iterwalk(tree, events=("start", "end"))
        for event, element in events:
            tag = str(element.tag)
            if event == "end":
                if tag not in SKIPPED:
                    self.leave(tag)
                self.add(element.tail)
            elif tag in SKIPPED:
                events.skip_subtree()
            else:
                self.enter(element, tag)
                self.add(element.text)
        self.flush()
        self.last[0] = len(self.texts)
        return self

    def enter(self, element: Any, tag: str) -> None:
        """The start of an element."""
        if tag in INLINE:
            if tag == "a":
                self.open_links += 1
                self.links += 1
            self.open_bold += tag in BOLD
            if words := element.get("class"):
                self.inline |= read_words(words[:CLASS_CHARS])
            return
        self.flush()
        if tag == "br":
            self.breaks += 1
            return
        self.breaks = 0
        self.open_pre += tag == "pre"
        self.open_box(tag, *read_marks(element, tag))

    def open_box(self, tag: str, marks: int, words: str) -> None:
        """A box within the one that is open."""
        _, _, _, depth, kind, _ = self.boxes[self.here]
        path = self.kinds.setdefault((kind, tag, words), len(self.kinds) + 1)
        self.boxes.append((CODES.get(tag, 0), marks, self.here, depth + 1, path, len(self.texts)))
        self.here = len(self.last)
        self.last.append(0)
        self.tags.append(tag)

    def leave(self, tag: str) -> None:
        """The end of an element."""
        if tag in INLINE:
            self.open_links -= tag == "a"
            self.open_bold -= tag in BOLD
        elif tag != "br":
            self.flush()
            self.breaks = 0
            self.open_pre -= tag == "pre"
            self.last[self.here] = len(self.texts)
            self.here = self.boxes[self.here][2]

    def add(self, text: str | None) -> None:
        """Text where the walk stands."""
        if not text:
            return
        if self.open_pre and "\n" in text:
            head, _, rest = text.partition("\n")
            for part in (head, *rest.split("\n")[:-1]):
                self.add(part)
                self.flush()
                self.breaks += 1
            text = text.rpartition("\n")[2]
        self.parts.append(text)
        if self.open_links:
            self.linked += len(text.strip())
        if self.open_bold:
            self.bold += len(text.strip())

    def flush(self) -> None:
        """Ends the line that is being read."""
        if self.parts and (text := " ".join("".join(self.parts).split())):
            self.texts.append(text)
            self.rows.append((self.here, len(text), self.linked, self.bold, self.links, self.inline, self.breaks))
            self.breaks = 0
        if self.parts or self.links:
            self.parts = []
            self.linked = self.bold = self.links = self.inline = 0

    def lines(self) -> list[Line]:
        """The lines, each with its tag."""
        return [make_line(text, tag=self.tags[row[0]]) for text, row in zip(self.texts, self.rows, strict=True)]

    def arrays(self) -> Boxes:
        """The boxes and lines as arrays."""
        code, marks, parent, depth, kind, first = np.array(self.boxes, np.int64).T
        box, chars, linked, bold, links, inline, breaks = np.array(self.rows, np.int64).reshape(-1, 7).T
        return Boxes(
            code=code, marks=marks, parent=parent, depth=depth, kind=kind, first=first, last=np.array(self.last),
            box=box, chars=chars.astype(float), linked=linked.astype(float), bold=bold.astype(float),
            links=links.astype(float), inline=inline, breaks=breaks.astype(float),
        )  # fmt: skip


@functools.lru_cache(maxsize=1 << 16)
def read_words(words: str) -> int:
    """What the words of an element's class tell of it, as bits by MARKS; a site uses the same few again and again."""
    low = _CAMEL.sub("-", words).lower()
    return sum(bit for pattern, bit in _PATTERNS if pattern.search(low))


def read_marks(element: Any, tag: str) -> tuple[int, str]:
    """(what a block element is, as bits by MARKS; its classes)."""
    marks = BIT[INSIDE[tag]] if tag in INSIDE else 0
    get = element.attrib.get
    if not element.attrib:
        return marks, ""
    words, prop, style = get("class", ""), get("itemprop", ""), get("style", "")
    named = f"{words} {get('id', '')} {get('role', '')} {prop}"
    marks |= read_words(named[:CLASS_CHARS]) if not named.isspace() else 0
    marks |= BIT["article_body"] if prop.lower() == "articlebody" else 0
    marks |= BIT["unseen"] if get("hidden") is not None or _UNSEEN.search(style) else 0
    marks |= BIT["aria_hidden"] if get("aria-hidden") == "true" else 0
    return marks, words
