"""Rows of the tables articles and paragraphs: what each article says of itself, beside its body."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dq.clean.calendars import order_of
from dq.clean.dom import AUTHOR_WORDS
from dq.clean.drafts import Stated
from dq.clean.lines import make_line
from dq.clean.published import Candidate, choose, from_url, page_locale
from dq.clean.roles import has_colon, label_value, starting_phrase
from dq.clean.segments import Segment, View
from dq.clean.told import Place, from_lines
from dq.fold import words as fold_words
from dq.tables import Page, make_id

LANGUAGE_SAMPLE = 600
"""Characters that the language detector reads; of 1,655 gold bodies in more than twenty languages it is wrong on one,
with these as with more."""
LANGUAGE_WORDS = 8
"""Words below which a language would be a guess."""
HEADER_LINES = 2
"""A date this many lines above the headline still belongs to it; further up it is the clock of the page's header."""


def article_rows(
    page: Page, view: View, stated: Stated, segments: Sequence[Segment], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A row of the table articles for every segment."""
    main = next(ordinal for ordinal, segment in enumerate(segments) if segment.is_main)
    total = sum(len(row["text"]) for row in rows)
    kept = sum(len(row["text"]) for row in rows if row["kept"])
    return [
        {
            "article_id": make_id(page.page_id, str(ordinal)),
            "page_id": page.page_id,
            "ordinal": ordinal,
            "is_main": ordinal == main,
            "url": page.url,
            "host": page.host,
            "fetched_at": page.fetched_at,
            "boilerplate_share": 1 - kept / total if total else 0.0,
            "cluster_id": None,
            "is_canonical": True,
            **(text := article_text(view, segment, stated, is_main=ordinal == main)),
            **article_metadata(view, segment, stated, rows, is_main=ordinal == main),
            **article_date(
                page,
                segment,
                rows,
                stated=(stated.dates or from_url(page.url)) if ordinal == main else (),
                locale=page_locale(text["language"], url=page.url, stated=stated.language),
            ),
        }
        for ordinal, segment in enumerate(segments)
    ]


def article_text(view: View, segment: Segment, stated: Stated, *, is_main: bool) -> dict[str, Any]:
    """Title, standfirst, body and what is counted on them."""
    body = "\n\n".join(view.lines[at].text for at in segment.body)
    title = view.lines[segment.title].text if segment.title is not None else (stated.title or None) if is_main else None
    return {
        "title": title,
        "subtitle": view.lines[segment.subtitle].text if segment.subtitle is not None else None,
        "body": body,
        "language": detect_language(f"{title or ''}\n{body}"),
        "n_words": sum(len(view.lines[at].words) for at in segment.body),
        "n_paragraphs": len(segment.body),
    }


def article_metadata(
    view: View, segment: Segment, stated: Stated, rows: Sequence[dict[str, Any]], *, is_main: bool
) -> dict[str, Any]:
    """Authors and credit from the lines of the segment, the markup's own where the lines are silent."""
    head = segment.title if segment.title is not None else segment.body[0]
    before = rows[max(segment.start, head - HEADER_LINES) : segment.body[-1] + 1]
    behind = itertools.takewhile(
        lambda row: row["label"] not in {"related", "footer", "form"}, rows[segment.body[-1] + 1 : segment.end]
    )
    around = [*before, *behind]
    bylines = (row["text"] for row in around if row["label"] == "byline" and row["reason"] != "outlet-and-place")
    authors = [name for text in bylines for name in split_authors(text)]
    if not authors and is_main and stated.author:
        authors = [name for part in stated.author.split(";") for name in split_authors(part)]
    named = (label_value(row["text"]).strip("/ –—-") for row in around if row["label"] == "credit")
    return {
        "authors": list(dict.fromkeys(authors)),
        "credit": next(named, None) or dateline_agency(view.lines[segment.body[0]].text),
    }


def article_date(
    page: Page,
    segment: Segment,
    rows: Sequence[dict[str, Any]],
    *,
    stated: Sequence[Candidate],
    locale: str | None,
) -> dict[str, Any]:
    """Publication date and where it was read, of what markup and address state and the article's lines tell."""
    place = Place(start=segment.start, end=segment.end, title=segment.title, body=segment.body)
    texts, labels = [row["text"] for row in rows], [row["label"] for row in rows]
    fetched = page.fetched_at.replace(tzinfo=None) if page.fetched_at else None
    found = choose(
        [*stated, *from_lines(texts, labels, place, locale=locale, now=fetched)],
        month_first=locale is not None and order_of(locale) == "mdy",
        latest=fetched + LATEST if fetched else None,
    )
    date, source = found or (None, None)
    return {"published_at": date, "date_source": source}


LATEST = timedelta(days=1)
"""A page is not published later than this after it was fetched; clocks of the world are a day apart."""


_DATELINE = re.compile(
    r"^[^.،,؟!:()–—-]{2,40}\s*(?:[,،]\s*[^.()–—-]{2,30})?"
    r"(?:\((?P<bracket>[^()]{2,40})\)\s*[:–—-]|[–—/-]\s+(?P<dash>[^–—/().-]{2,40}?)\s*[:–—-]\s)"
)
DATELINE_WORDS = 5
"""An agency in a dateline has at most this many words."""


def dateline_agency(paragraph: str) -> str | None:
    """The agency in a dateline: `CITY (Agency) —`, `City - Agency -`; None where there is no dateline.

    >>> dateline_agency("LANTERN COVE (Rafid News Agency) — The results of weekly tests will be published.")
    'Rafid News Agency'
    >>> dateline_agency("The council said on Monday - after a long debate - that it would act.")
    """
    match = _DATELINE.match(paragraph)
    agency = (match["bracket"] or match["dash"]).strip() if match else ""
    return agency if agency and len(agency.split()) <= DATELINE_WORDS and _place_is_short(match) else None


def _place_is_short(match: re.Match[str] | None) -> bool:
    return match is not None and len(re.split(r"[(–—/-]", match[0])[0].split()) <= PLACE_WORDS


PLACE_WORDS = 3
"""A dateline's place has at most this many words."""


_AND = re.compile(r"\s*(?:,|،|;|؛| and | et | y | und | و(?=\S+ \S+$)|&|/)\s*")
_PARTS = re.compile(r"\s+[|·•—–-]\s+|\s*[|·•]\s*")
_IN_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]\s*$")
_READING_TIME = re.compile(
    r"مدة القراءة|وقت القراءة|زمن القراءة|min(?:ute)?s? read|reading time|"
    r"temps de lecture|lesezeit|tiempo de lectura|זמן קריאה",
    re.IGNORECASE,
)


def split_authors(byline: str) -> list[str]:
    """The names in a byline; its label, dates, reading times and any place in brackets are left out.

    >>> split_authors("By Jane Doe and John Roe (London)"), split_authors("كتب: سالم الهاشمي")
    (['Jane Doe', 'John Roe'], ['سالم الهاشمي'])
    >>> split_authors("Par Claire Roux — Publié le 28 janvier 2026 — Temps de lecture : 2 min")
    ['Claire Roux']
    """
    part = _IN_BRACKETS.sub("", _PARTS.split(byline)[0])
    line = make_line(part)
    label = starting_phrase(line, "byline")
    value = label_value(part) if has_colon(part) else " ".join(part.split()[label:])
    names = (name.strip() for name in _AND.split(_before_digits(value)))
    fewest, most = AUTHOR_WORDS
    return [name for name in names if fewest <= len(name.split()) <= most]


def _before_digits(text: str) -> str:
    """What stands before a reading time, and before the first word with a digit, where a date or time begins."""
    name = _READING_TIME.split(text)[0]
    return " ".join(itertools.takewhile(lambda word: not any(map(str.isdigit, word)), name.split()))


def paragraph_rows(article: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table paragraphs for a row of articles."""
    return [
        {
            "article_id": article["article_id"],
            "paragraph": place,
            "text": text,
            "n_words": len(fold_words(text)),
            "reuse_id": None,
            "reuse_articles": 1,
            "reuse_hosts": 1,
        }
        for place, text in enumerate(article["body"].split("\n\n"))
    ]


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the text, or None where there is too little of it."""
    sample = text[:LANGUAGE_SAMPLE]
    if len(fold_words(sample)) < LANGUAGE_WORDS:
        return None
    import py3langid  # noqa: PLC0415  # half a second to load, paid when the first article is read

    return str(py3langid.classify(sample)[0])
