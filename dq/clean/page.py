"""The way of a batch of pages: content -> lines -> scores, roles -> segments -> articles, and a row for every line."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.clean.articles import article_rows, paragraph_rows
from dq.clean.decoding import keep_lines
from dq.clean.drafts import Drafts, Sheet, read_pages, with_problem
from dq.clean.line_kernels import ENDS, FULL, PROSE_WORDS
from dq.clean.lines import Line, make_line
from dq.clean.measured import F64, Measured, Recurrence
from dq.clean.model import forests
from dq.clean.reviewed import REVIEWED, put_right
from dq.clean.roles import OUTLET_WORDS, ROLES, Role, find_roles, head_role, kernel_codes
from dq.clean.scoring import REASON_CODES, Scores, score_lines
from dq.clean.segments import Segment, View, reads_as_heading, split
from dq.clean.sites import count, recurrence
from dq.options import CleanOptions
from dq.reviews import NO_LINES, LineReviews, Ruling
from dq.tables import ARTICLES, LINES, PAGES, PARAGRAPHS, Page, make_id

FIRM = frozenset({"share", "form", "footer", "widget", "related", "tags", "date", "byline", "credit"})
"""Labels whose rules hardly ever hold of text: they remove a line whatever its score; a caption's, unless it
is surely text. The others describe it."""
SURE = 0.8
"""Score from which a line that reads as a caption is text all the same."""
_FIRM = np.array([role is not None and role.label in FIRM for role in ROLES])
_CAPTION = np.array([role is not None and role.label == "caption" for role in ROLES])
_AMID = np.array(
    [
        role is None or role.label == "share" or role.reason in {"widget-label", "no-letters", "related-link"}
        for role in ROLES
    ]
)
"""Roles of lines that stand amid an article's paragraphs; behind others comments, teasers or boxes may begin."""
RECURS = "recurs-on-host"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """A page with its lines, articles and paragraphs, as rows of the tables of these names."""

    page: Page
    lines: tuple[dict[str, Any], ...]
    articles: tuple[dict[str, Any], ...]
    paragraphs: tuple[dict[str, Any], ...]


def clean_pages(
    pages: Iterable[Page], options: CleanOptions, template: pl.DataFrame | None = None
) -> dict[str, pl.DataFrame]:
    """Pages as frames of the tables pages, lines, articles and paragraphs, each in its schema.

    `template` has what recurs on the pages' hosts (`sites.TEMPLATE`); it is counted on these pages where not given.
    """
    return decide(read_pages(pages, options), options, template)


def decide(
    drafts: Drafts, options: CleanOptions, template: pl.DataFrame | None = None, reviews: LineReviews = NO_LINES
) -> dict[str, pl.DataFrame]:
    """The tables of pages that were read; what people decided on lines in `reviews` is honoured."""
    cleaned = list(cleaned_pages(drafts, options, template, reviews))
    return {
        "pages": PAGES.frame(dataclasses.asdict(one.page) for one in cleaned),
        "lines": LINES.frame(row for one in cleaned for row in one.lines),
        "articles": ARTICLES.frame(row for one in cleaned for row in one.articles),
        "paragraphs": PARAGRAPHS.frame(row for one in cleaned for row in one.paragraphs),
    }


def cleaned_pages(
    drafts: Drafts, options: CleanOptions, template: pl.DataFrame | None, reviews: LineReviews = NO_LINES
) -> Iterator[Cleaned]:
    """Every page of the drafts, cleaned: flattened ones, HTML, then those that could not be read."""
    for name, sheet in zip(("text", "html"), drafts.sheets, strict=True):
        if sheet.pages:
            reading = read_sheet(name, sheet, template)
            for place, page in enumerate(sheet.pages):
                yield assemble(page, place, reading, options, reviews.of(page.host, page.url))
    yield from (Cleaned(page=page, lines=(), articles=(), paragraphs=()) for page in drafts.unread)


def clean_page(page: Page, options: CleanOptions, reviews: LineReviews = NO_LINES) -> Cleaned:
    """One page, cleaned; a page that cannot be read as articles comes back with a status and a problem."""
    return next(cleaned_pages(read_pages([page], options), options, None, reviews))


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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reading:
    """All that is known of a sheet's lines when its pages are decided on."""

    sheet: Sheet
    measured: Measured
    roles: Sequence[Role | None]
    recurrence: Recurrence
    scores: Scores
    kept: npt.NDArray[np.bool_]
    reasons: Sequence[int]
    evidence: Sequence[str]


def read_sheet(name: str, sheet: Sheet, template: pl.DataFrame | None) -> Reading:
    """All lines of a sheet, with their roles and scores; `name` is that of the models, text or html."""
    measured = sheet.measured()
    numbers = find_roles(sheet.lines.texts, measured)
    known = recurrence(measured, sheet.hosts, count([sheet.keys(measured)]) if template is None else template)
    rows = np.hstack([measured.features(kernel_codes(numbers), sheet.urls), sheet.columns])
    scores = score_lines(rows, measured, known, forests(name))
    told = told_lines(numbers, scores.content)
    kept = keep_lines(scores.content, told, told & ~_AMID[numbers], measured)
    return Reading(
        sheet=sheet,
        measured=measured,
        roles=[ROLES[number] for number in numbers.tolist()],
        recurrence=known,
        scores=scores,
        kept=kept,
        reasons=scores.reasons(kept).tolist(),
        evidence=scores.evidence(),
    )


def assemble(
    page: Page, place: int, reading: Reading, options: CleanOptions, decisions: Mapping[str, Ruling]
) -> Cleaned:
    """Rows of all tables for the page at `place` on its sheet; `decisions` are people's, on lines of it."""
    view = page_view(page, place, reading)
    stated = reading.sheet.stated_of(place)
    segments = split(view, options.min_article_words)
    reviewed: frozenset[int] = frozenset()
    if decisions:
        segments, reviewed = put_right(segments, view, decisions)
    if not any(segment.is_main for segment in segments):
        segments = [dataclasses.replace(one, is_main=at == 0) for at, one in enumerate(segments)]
    own = slice(*reading.measured.pages[place : place + 2])
    rows = line_rows(page, view, segments, reasons_of(place, reading), reading.evidence[own])
    mark_reviewed(rows, reviewed, view)
    if not segments:
        problem = f"no article found: none of {len(rows)} lines reads as running text"
        return Cleaned(page=with_problem(page, "empty", problem), lines=tuple(rows), articles=(), paragraphs=())
    articles = article_rows(page, view, stated, segments, rows)
    paragraphs = [paragraph for row in articles for paragraph in paragraph_rows(row)]
    return Cleaned(page=page, lines=tuple(rows), articles=tuple(articles), paragraphs=tuple(paragraphs))


class PageLines(Sequence[Line]):
    """The lines of a page, each folded when it is first asked for: most never are."""

    def __init__(self, texts: Sequence[str], tags: Sequence[str]) -> None:
        """`tags` may be empty, for text."""
        self._texts, self._tags = texts, tags
        self._made: dict[int, Line] = {}

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, at: int) -> Line: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Line]: ...
    def __getitem__(self, at: int | slice) -> Line | Sequence[Line]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        if at not in self._made:
            self._made[at] = make_line(self._texts[at], tag=self._tags[at] if self._tags else "")
        return self._made[at]


def page_view(page: Page, place: int, reading: Reading) -> View:
    """The page as segmentation sees it."""
    first, end = (int(at) for at in reading.measured.pages[place : place + 2])
    measured, scores = reading.measured, reading.scores
    stated = reading.sheet.stated_of(place)
    roles = reading.roles[first:end]
    words = measured.words[first:end].tolist()
    content = scores.content[first:end].tolist()
    texts = reading.sheet.lines.texts[first:end].to_list()
    lines = PageLines(texts, stated.tags)
    keys = measured.keys[first:end].tolist()
    copies = Counter(keys)
    kept = reading.kept[first:end].tolist()
    ends = measured.stats[first:end, ENDS].tolist()
    return View(
        texts=texts,
        lines=lines,
        words=words,
        keys=keys,
        copies=[copies[key] for key in keys],
        kept=kept,
        prose=[
            keep or (role is None and n >= PROSE_WORDS and (stop > 0 or n >= FULL) and not reads_as_heading(lines[at]))
            for at, (keep, role, n, stop) in enumerate(zip(kept, roles, words, ends, strict=True))
        ],
        roles=roles,
        content=content,
        headline=scores.headline[first:end].tolist(),
        title_hint=stated.title,
        url=page.url or "",
    )


def told_lines(numbers: npt.NDArray[np.int16], content: F64) -> npt.NDArray[np.bool_]:
    """Whether a role, told by its number in ROLES, says more of each line than its score."""
    told: npt.NDArray[np.bool_] = _FIRM[numbers] | (_CAPTION[numbers] & (content < SURE))
    return told


def reasons_of(place: int, reading: Reading) -> list[str]:
    """For each line of the page the reason code that weighed most; of recurrence with its evidence."""
    first, end = reading.measured.pages[place : place + 2]
    pages = int(reading.recurrence.host_pages[place])
    names = [REASON_CODES[number] for number in reading.reasons[first:end]]
    counts = reading.recurrence.lines[first:end].tolist()
    return [
        f"{name}: on {int(n)} of {max(pages, int(n))} pages of this host" if name == RECURS and n > 1 else name
        for name, n in zip(names, counts, strict=True)
    ]


def line_rows(
    page: Page, view: View, segments: Sequence[Segment], reasons: Sequence[str], evidence: Sequence[str]
) -> list[dict[str, Any]]:
    """A row of the table lines for every line of the page."""
    kept = {at: (label, ordinal) for ordinal, segment in enumerate(segments) for at, label in _kept_lines(segment)}
    heads = {at: role for segment in segments for at, role in head_roles(view, segment).items()}
    boxed = boxed_lines(view, {at for segment in segments for at in segment.body})
    titles = {view.keys[segment.title] for segment in segments if segment.title is not None}
    seen: set[int] = set()
    rows = []
    for at, text in enumerate(view.texts):
        label, ordinal = kept.get(at, (None, None))
        reason = HEADLINE_REASONS.get(label or "", reasons[at])
        if label is None:
            role = removed_role(
                view.words[at],
                view.roles[at] or heads.get(at),
                copy=view.keys[at] in seen or view.keys[at] in titles,
                boxed=boxed[at],
                reason=reasons[at],
            )
            label, reason = role.label, role.reason
        rows.append(
            {
                "page_id": page.page_id,
                "line": at,
                "text": text,
                "label": label,
                "kept": ordinal is not None,
                "reason": reason,
                "score": view.content[at],
                "article": ordinal,
                "evidence": evidence[at],
            }
        )
        if view.words[at]:
            seen.add(view.keys[at])
    return rows


def mark_reviewed(rows: Sequence[dict[str, Any]], reviewed: Iterable[int], view: View) -> None:
    """Tells of the lines that people's decisions changed that it was these; a removed one keeps a role of its own."""
    for at in reviewed:
        rows[at]["reason"] = REVIEWED
        if not rows[at]["kept"]:
            rows[at]["label"] = view.label(at) or "other"


HEADLINE_REASONS = {"title": "headline-of-text", "subtitle": "standfirst-before-text"}


def _kept_lines(segment: Segment) -> list[tuple[int, str]]:
    kept = [(at, "body") for at in segment.body]
    kept += [(segment.subtitle, "subtitle")] if segment.subtitle is not None else []
    return kept + ([(segment.title, "title")] if segment.title is not None else [])


def removed_role(words: float, role: Role | None, *, copy: bool, boxed: bool, reason: str) -> Role:
    """The label and reason of a line that no article keeps."""
    if copy and (role is None or role.label == "caption"):
        return Role("repeat", "printed-before")
    if role is not None:
        return role
    if boxed:
        return Role("related", "in-related-box")
    return Role("navigation", reason) if words <= OUTLET_WORDS else Role("other", reason)


def boxed_lines(view: View, body: set[int]) -> list[bool]:
    """Whether a related-articles heading stands between the text above and each line."""
    found = []
    boxed = False
    for at in range(len(view.words)):
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
