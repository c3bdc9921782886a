"""The way of one page: content -> lines -> scores and roles -> segments -> articles, with a row for every line."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import polars as pl

from dq.clean import html as markup
from dq.clean.dates import find_date
from dq.clean.lines import Line, make_line, score, split_text
from dq.clean.roles import Role, find_roles, has_colon, label_value, starting_phrase
from dq.clean.segments import SUBHEADS, Segment, View, main_segment, reads_as_heading, split
from dq.fold import words as fold_words
from dq.options import CleanOptions
from dq.tables import ARTICLES, LINES, PAGES, PARAGRAPHS, Page, make_id

PROSE = 0.5
"""Score from which a line is running text."""
LANGUAGE_SAMPLE = 2_000
"""Characters of a body that the language detector reads; more change nothing."""
LANGUAGE_WORDS = 8
"""Words below which a language would be a guess."""
HEADER_LINES = 2
"""A date this many lines above the headline still belongs to it; further up it is the clock of the page's header."""
OUTLET_WORDS = 6
_PLACE_NAME = re.compile(r"^[^\W\d]+(?: [^\W\d]+){0,2}\s*:\s*[^\W\d]+(?: [^\W\d]+){1,3}$")
_OUTLET = re.compile(r"[–—:-]\s*$|\s[–—-]\s|^[–—-]")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """A page with its lines, articles and paragraphs, as rows of the tables of these names."""

    page: Page
    lines: tuple[dict[str, Any], ...]
    articles: tuple[dict[str, Any], ...]
    paragraphs: tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A page read: its lines, how sure each is content, and what the markup says of the whole.

    `prose` tells which lines are running text and `inner` which may stand between them; `left_out` is the reason of
    lines that are neither.
    """

    lines: list[Line]
    scores: Sequence[float]
    prose: Sequence[bool]
    inner: Sequence[bool]
    left_out: str
    most_inner: int = SUBHEADS
    trusted: bool = False
    title: str = ""
    author: str | None = None
    stated_date: str | None = None
    guessed_date: str | None = None


def clean_pages(pages: Iterable[Page], options: CleanOptions) -> dict[str, pl.DataFrame]:
    """Pages as frames of the tables pages, lines, articles and paragraphs, each in its schema."""
    cleaned = [clean_page(page, options) for page in pages]
    return {
        "pages": PAGES.frame(dataclasses.asdict(one.page) for one in cleaned),
        "lines": LINES.frame(row for one in cleaned for row in one.lines),
        "articles": ARTICLES.frame(row for one in cleaned for row in one.articles),
        "paragraphs": PARAGRAPHS.frame(row for one in cleaned for row in one.paragraphs),
    }


def clean_page(page: Page, options: CleanOptions) -> Cleaned:
    """One page, cleaned; a page that cannot be read as articles comes back with a status and a problem."""
    if page.status != "ok":
        return Cleaned(page=page, lines=(), articles=(), paragraphs=())
    if page.format == "html" and (deep := markup.depth(page.content)) > options.max_depth:
        problem = f"elements are nested {deep} deep; the limit is {options.max_depth} (max_depth)"
        return Cleaned(page=_with(page, "rejected", problem), lines=(), articles=(), paragraphs=())
    reading = read_html(page.content, page.url) if page.format == "html" else read_text(page.content)
    return assemble(page, reading, options)


def clean_text(text: str, *, url: str | None = None, options: CleanOptions | None = None) -> Cleaned:
    """A flattened page, cleaned: `url` helps to tell which article on it is the main one."""
    return clean_page(_loose_page(text, url, "text"), options or CleanOptions())


def clean_html(html: str, *, url: str | None = None, options: CleanOptions | None = None) -> Cleaned:
    """An HTML page, cleaned: `url` helps to tell which article on it is the main one."""
    return clean_page(_loose_page(html, url, "html"), options or CleanOptions())


def _loose_page(content: str, url: str | None, form: Literal["html", "text"]) -> Page:
    """A page that came from no file; its host is not looked at."""
    data = content.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(data).hexdigest()
    return Page(
        page_id=make_id(url or "", digest),
        source_id=None,
        url=url,
        host=None,
        path="",
        row=None,
        format=form,
        encoding=None,
        fetched_at=None,
        content_sha256=digest,
        n_bytes=len(data),
        status="ok" if content.strip() else "empty",
        problem=None if content.strip() else "no text",
        content=content,
    )


def _with(page: Page, status: Any, problem: str) -> Page:
    told = problem if page.problem is None else f"{page.problem}; {problem}"
    return dataclasses.replace(page, status=status, problem=told)


def read_text(text: str) -> Reading:
    """A page that was already flattened: the line scorer decides."""
    return read_lines(split_text(text))


def read_lines(lines: list[Line]) -> Reading:
    """Lines read by the line scorer alone; what reads as a heading counts only between paragraphs."""
    scores = score(lines)
    prose = [value >= PROSE and not reads_as_heading(line) for value, line in zip(scores, lines, strict=True)]
    once = Counter(line.key for line in lines)
    inner = [once[line.key] == 1 for line in lines]
    return Reading(lines=lines, scores=scores.tolist(), prose=prose, inner=inner, left_out="not-running-text")


def read_html(html: str, url: str | None) -> Reading:
    """An HTML page: trafilatura decides; where it finds nothing, the line scorer does."""
    tree = markup.parse(html)
    if tree is None:
        return read_lines([])
    stated = markup.stated_date(tree)
    markup.prune(tree)
    lines = markup.flatten(tree)
    found = markup.extract(html, url)
    if found is None or not found.paragraphs:
        return dataclasses.replace(read_lines(lines), stated_date=stated)
    kept = markup.match(lines, found)
    return Reading(
        lines=lines,
        scores=[
            max(value, PROSE) if keep else min(value, PROSE / 2) for value, keep in zip(score(lines), kept, strict=True)
        ],
        prose=[keep and line.tag not in HEADINGS for keep, line in zip(kept, lines, strict=True)],
        inner=kept,
        left_out="left-out-by-trafilatura",
        most_inner=len(lines),
        trusted=True,
        title=found.title or "",
        author=found.author,
        stated_date=stated,
        guessed_date=found.date,
    )


SOFT_LABELS = frozenset({"byline", "related", "credit", "date"})
"""Labels that a longer line of running text may bear by its first words alone; there the scorer decides."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def assemble(page: Page, reading: Reading, options: CleanOptions) -> Cleaned:
    """Rows of all tables for a page that was read."""
    lines = reading.lines
    roles = find_roles(lines)
    prose = [
        is_prose and (role is None or (role.label in SOFT_LABELS and line.n_words > 2 * OUTLET_WORDS))
        for is_prose, role, line in zip(reading.prose, roles, lines, strict=True)
    ]
    view = View(
        lines=lines,
        prose=prose,
        inner=[inner and role is None for inner, role in zip(reading.inner, roles, strict=True)],
        roles=roles,
        copies=Counter(line.key for line in lines),
        title_hint=reading.title,
        url=page.url or "",
        most_inner=reading.most_inner,
        trusted=reading.trusted,
    )
    segments = split(view, options.min_article_words)
    if not segments:
        problem = f"no article found: none of {len(lines)} lines reads as running text"
        rows = line_rows(page, view, reading, [])
        return Cleaned(page=_with(page, "empty", problem), lines=tuple(rows), articles=(), paragraphs=())
    rows = line_rows(page, view, reading, segments)
    articles = article_rows(page, view, reading, segments, rows)
    paragraphs = [paragraph for row in articles for paragraph in paragraph_rows(row)]
    return Cleaned(page=page, lines=tuple(rows), articles=tuple(articles), paragraphs=tuple(paragraphs))


def line_rows(page: Page, view: View, reading: Reading, segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """A row of the table lines for every line of the page."""
    kept = {at: (label, ordinal) for ordinal, segment in enumerate(segments) for at, label in _kept_lines(segment)}
    heads = {at: role for segment in segments for at, role in head_roles(view, segment).items()}
    boxed = boxed_lines(view, {at for segment in segments for at in segment.body})
    seen: set[str] = set()
    titles = {view.lines[s.title].key for s in segments if s.title is not None}
    rows = []
    for at, line in enumerate(view.lines):
        role = view.roles[at] or heads.get(at)
        label, ordinal = kept.get(at, (None, None))
        if label is None:
            role = removed_role(
                line,
                role,
                copy=line.key in seen or line.key in titles,
                boxed=boxed[at],
                left_out=reading.left_out,
            )
        row = {
            "page_id": page.page_id,
            "line": at,
            "text": line.text,
            "label": label or (role.label if role else "other"),
            "kept": label is not None,
            "reason": KEPT_REASONS[label] if label else (role.reason if role else reading.left_out),
            "score": float(reading.scores[at]),
            "article": ordinal,
        }
        rows.append(row)
        if line.words:
            seen.add(line.key)
    return rows


KEPT_REASONS = {"title": "headline-of-text", "subtitle": "standfirst-before-text", "body": "running-text"}


def _kept_lines(segment: Segment) -> list[tuple[int, str]]:
    kept = [(at, "body") for at in segment.body]
    kept += [(segment.subtitle, "subtitle")] if segment.subtitle is not None else []
    return kept + ([(segment.title, "title")] if segment.title is not None else [])


def removed_role(line: Line, role: Role | None, *, copy: bool, boxed: bool, left_out: str) -> Role:
    """The label and reason of a line that no article keeps."""
    if copy and (role is None or role.label == "caption"):
        return Role("repeat", "printed-before")
    if role is not None:
        return role
    if boxed:
        return Role("related", "in-related-box")
    return Role("navigation", left_out) if line.n_words <= OUTLET_WORDS else Role("other", left_out)


def boxed_lines(view: View, body: set[int]) -> list[bool]:
    """Whether a related-articles heading stands between the text above and each line."""
    found = []
    boxed = False
    for at in range(len(view.lines)):
        found.append(boxed)
        if at in body or view.label(at) in {"footer", "form"}:
            boxed = False
        elif view.label(at) == "related":
            boxed = True
    return found


def head_roles(view: View, segment: Segment) -> dict[int, Role]:
    """Roles that short lines have by standing between headline and text.

    `City: First Last` is a byline, `Observatory – City` the outlet's own line, `Outlet/` the source of a copied text.
    """
    if segment.title is None or not segment.body:
        return {}
    between = range(segment.title + 1, segment.body[0])
    found = ((at, head_role(view.lines[at])) for at in between if view.roles[at] is None and at != segment.subtitle)
    return {at: role for at, role in found if role is not None}


def head_role(line: Line) -> Role | None:
    """The role of a short line between headline and text, by its form."""
    if line.n_words > OUTLET_WORDS:
        return None
    if _PLACE_NAME.match(line.text):
        return Role("byline", "place-and-name")
    if line.text.endswith("/"):
        return Role("credit", "source-line")
    return Role("byline", "outlet-and-place") if _OUTLET.search(line.text) else None


def article_rows(
    page: Page, view: View, reading: Reading, segments: Sequence[Segment], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A row of the table articles for every segment."""
    main = main_segment(view, segments)
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
            "boilerplate_share": 1 - kept / total if total else 0.0,
            "cluster_id": None,
            "is_canonical": True,
            **article_text(view, segment, reading, is_main=ordinal == main),
            **article_metadata(view, segment, reading, rows, is_main=ordinal == main),
        }
        for ordinal, segment in enumerate(segments)
    ]


def article_text(view: View, segment: Segment, reading: Reading, *, is_main: bool) -> dict[str, Any]:
    """Title, standfirst, body and what is counted on them."""
    body = "\n\n".join(view.lines[at].text for at in segment.body)
    title = (
        view.lines[segment.title].text if segment.title is not None else (reading.title or None) if is_main else None
    )
    return {
        "title": title,
        "subtitle": view.lines[segment.subtitle].text if segment.subtitle is not None else None,
        "body": body,
        "language": detect_language(f"{title or ''}\n{body}"),
        "n_words": sum(len(view.lines[at].words) for at in segment.body),
        "n_paragraphs": len(segment.body),
    }


def article_metadata(
    view: View, segment: Segment, reading: Reading, rows: Sequence[dict[str, Any]], *, is_main: bool
) -> dict[str, Any]:
    """Authors, credit and date from the lines of the segment, the markup's own where the lines are silent."""
    head = segment.title if segment.title is not None else segment.body[0]
    before = rows[max(segment.start, head - HEADER_LINES) : segment.body[-1] + 1]
    behind = itertools.takewhile(
        lambda row: row["label"] not in {"related", "footer", "form"}, rows[segment.body[-1] + 1 : segment.end]
    )
    around = [*before, *behind]
    bylines = (row["text"] for row in around if row["label"] == "byline" and row["reason"] != "outlet-and-place")
    authors = [name for text in bylines for name in split_authors(text)]
    if not authors and is_main and reading.author:
        authors = [name for part in reading.author.split(";") for name in split_authors(part)]
    named = (label_value(row["text"]).strip("/ –—-") for row in around if row["label"] == "credit")
    return {
        "authors": list(dict.fromkeys(authors)),
        "credit": next(named, None) or dateline_agency(view.lines[segment.body[0]].text),
        "published_at": publication_date(view, segment, reading, is_main=is_main),
    }


def publication_date(view: View, segment: Segment, reading: Reading, *, is_main: bool) -> datetime | None:
    """The date that the markup states, else that of a line at the headline, else trafilatura's guess.

    A header's clock is none of these. A guess of 1 January means that only a year was read, and is left out.
    """
    stated = find_date(reading.stated_date or "") if is_main else None
    if stated is not None:
        return stated
    dates = (find_date(view.lines[at].text) for at in date_lines(view, segment))
    if (told := next((date for date in dates if date is not None), None)) is not None or not is_main:
        return told
    guess = find_date(reading.guessed_date or "")
    return None if guess is None or (guess.month, guess.day) == (1, 1) else guess


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


def date_lines(view: View, segment: Segment) -> list[int]:
    """Lines that may tell when the article was published: below its headline, labelled ones after it, just above it."""
    first = segment.body[0]
    head = segment.title if segment.title is not None else first
    below = [at for at in range(head + 1, first) if view.label(at) in DATED_LABELS]
    labelled = [at for at in range(first, segment.end) if view.roles[at] == Role("date", "date-label")]
    above = [at for at in range(max(segment.start, head - HEADER_LINES), head) if view.label(at) in DATED_LABELS]
    return [*below, *labelled, *reversed(above)]


DATED_LABELS = frozenset({"date", "byline"})


_AND = re.compile(r"\s*(?:,|،|;|؛| and | et | y | und | و(?=\S+ \S+$)|&|/)\s*")
_PARTS = re.compile(r"\s+[|·•—–-]\s+|\s*[|·•]\s*")
_IN_BRACKETS = re.compile(r"\s*[(\[].*?[)\]]\s*$")
_READING_TIME = re.compile(
    r"مدة القراءة|وقت القراءة|زمن القراءة|min(?:ute)?s? read|reading time|"
    r"temps de lecture|lesezeit|tiempo de lectura|זמן קריאה",
    re.IGNORECASE,
)
AUTHOR_WORDS = (2, 5)
"""Fewest and most words of a person's name in a byline; a single word is a desk or an agency."""


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
