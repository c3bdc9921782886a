"""Drafts: pages taken apart into lines, before anything is decided on them.

Reading is the costly half of cleaning HTML, and needs no other page; deciding wants to know what the host's other pages
repeat. So a batch is read first, shard by shard, the keys of its lines are counted, and then the drafts are decided on.
Flattened pages and HTML pages are a `Sheet` each, for the markup tells more of a line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import polars as pl

from dq.clean import html as markup
from dq.clean.measured import F32, Lines, Measured, measure_lines, split_pages
from dq.clean.published import Candidate
from dq.clean.sites import page_keys
from dq.clean.stated import from_markup
from dq.clean.timeout import TimeLimitError, time_limit
from dq.options import CleanOptions
from dq.tables import Page


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """What an HTML page's markup says of the whole page, and the tag of each of its lines."""

    title: str = ""
    author: str | None = None
    dates: tuple[Candidate, ...] = ()
    language: str | None = None
    tags: tuple[str, ...] = ()


NOTHING_STATED = Stated()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sheet:
    """Pages of one kind and all their lines; `columns` has what the markup says of each line, (n_lines, 0) for text."""

    pages: tuple[Page, ...]
    lines: Lines
    columns: F32
    stated: tuple[Stated, ...] = ()

    def stated_of(self, place: int) -> Stated:
        """What the markup of the page at `place` says; nothing for text."""
        return self.stated[place] if self.stated else NOTHING_STATED

    def cut(self, first: int, end: int) -> Sheet:
        """The sheet of the pages from `first` to `end` (excluded)."""
        start, stop = int(self.lines.pages[first]), int(self.lines.pages[end])
        lines = Lines(
            pages=self.lines.pages[first : end + 1] - start,
            texts=self.lines.texts[start:stop],
        )
        stated = self.stated[first:end]
        return Sheet(pages=self.pages[first:end], lines=lines, columns=self.columns[start:stop], stated=stated)

    def measured(self) -> Measured:
        """The lines, measured."""
        return measure_lines(self.lines)

    def keys(self, measured: Measured) -> pl.DataFrame:
        """What counting a host's recurring lines needs of these pages (`sites.KEYS`)."""
        return page_keys(measured, self.hosts)

    @property
    def hosts(self) -> list[str | None]:
        """The host of each page."""
        return [page.host for page in self.pages]

    @property
    def urls(self) -> list[str | None]:
        """The address of each page."""
        return [page.url for page in self.pages]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drafts:
    """A shard of pages that were read: those with lines, and those with a status and problem in their place."""

    text: Sheet
    html: Sheet
    unread: tuple[Page, ...]

    @property
    def sheets(self) -> tuple[Sheet, Sheet]:
        """Flattened pages, then HTML pages."""
        return self.text, self.html

    def keys(self) -> pl.DataFrame:
        """What counting a host's recurring lines needs of these pages (`sites.KEYS`)."""
        return pl.concat([sheet.keys(sheet.measured()) for sheet in self.sheets])

    def each(self) -> Iterator[Drafts]:
        """Drafts of one page each."""
        nothing = Drafts(text=self.text.cut(0, 0), html=self.html.cut(0, 0), unread=())
        for place in range(len(self.text.pages)):
            yield dataclasses.replace(nothing, text=self.text.cut(place, place + 1))
        for place in range(len(self.html.pages)):
            yield dataclasses.replace(nothing, html=self.html.cut(place, place + 1))
        yield dataclasses.replace(nothing, unread=self.unread)

    def given_up(self, rejected: Callable[[Page], Page]) -> Drafts:
        """All pages as unread, each as `rejected` gives it."""
        pages = (*self.text.pages, *self.html.pages)
        cut = {"text": self.text.cut(0, 0), "html": self.html.cut(0, 0)}
        return Drafts(**cut, unread=(*self.unread, *map(rejected, pages)))


def read_pages(pages: Iterable[Page], options: CleanOptions) -> Drafts:
    """The pages, read; one that cannot be read comes back with a problem, and the others go on."""
    text: list[Page] = []
    html: list[tuple[Page, markup.HtmlPage]] = []
    unread: list[Page] = []
    for page in pages:
        if page.status != "ok":
            unread.append(page)
        elif page.format == "text":
            text.append(page)
        else:
            done, found = _read_html(page, options)
            if found is None:
                unread.append(done)
            else:
                html.append((done, found))
    return Drafts(text=_text_sheet(text), html=_html_sheet(html), unread=tuple(map(_without_content, unread)))


def with_problem(page: Page, status: str, problem: str) -> Page:
    """The page with a status and one more problem."""
    told = problem if page.problem is None else f"{page.problem}; {problem}"
    return dataclasses.replace(page, status=status, problem=told)  # type: ignore[arg-type]


def _without_content(page: Page) -> Page:
    return dataclasses.replace(page, content="")


def _read_html(page: Page, options: CleanOptions) -> tuple[Page, markup.HtmlPage | None]:
    if (deep := markup.depth(page.content)) > options.max_depth:
        problem = f"elements are nested {deep} deep; the limit is {options.max_depth} (max_depth)"
        return with_problem(page, "rejected", problem), None
    try:
        with time_limit(options.page_seconds):
            found = markup.read_page(page.content, page.url, from_markup)
    except TimeLimitError:
        problem = f"reading took longer than {options.page_seconds} s (page_seconds)"
        return with_problem(page, "rejected", problem), None
    if found is None or not found.texts:
        return with_problem(page, "empty", "no article found: the markup holds no text"), None
    return page, found


def _text_sheet(pages: Sequence[Page]) -> Sheet:
    lines = split_pages([page.content for page in pages])
    return Sheet(
        pages=tuple(map(_without_content, pages)), lines=lines, columns=np.zeros((len(lines.texts), 0), np.float32)
    )


def _html_sheet(read: Sequence[tuple[Page, markup.HtmlPage]]) -> Sheet:
    found = [one for _, one in read]
    return Sheet(
        pages=tuple(_without_content(page) for page, _ in read),
        lines=Lines(
            pages=np.concatenate([[0], np.cumsum([len(one.texts) for one in found])]).astype(np.int64),
            texts=pl.Series("text", [text for one in found for text in one.texts], pl.String),
        ),
        columns=np.concatenate([one.columns for one in found])
        if found
        else np.zeros((0, markup.N_COLUMNS), np.float32),
        stated=tuple(
            Stated(title=one.title, author=one.author, dates=one.dates, language=one.language, tags=tuple(one.tags))
            for one in found
        ),
    )
