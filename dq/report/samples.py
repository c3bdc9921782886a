"""Sample pages, line by line: those that failed, those with several articles, those that lost most of their text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped, Extent
from dq.report.failing import UNJUDGED, Failing, Rule
from dq.report.language import marked
from dq.report.lines import family_of
from dq.report.problems import problem_told
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import ARTICLES, LINES, PAGES

FAILED_PART = 2
"""At most every second sample page is there because it failed: the rest shows how ordinary pages fare."""
SEVERAL_PART = 4
"""At most every fourth is there because it holds several articles."""
WHY = {
    "failed": marked("broke an expectation"),
    "several": marked("holds several articles"),
    "least": marked("keeps the smallest share of its text"),
}
"""Why a page was chosen."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a page; `family` is its label's, or kept."""

    number: int
    text: str
    label: str
    kept: bool
    family: str
    reason: str
    score: float | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """Lines in a row that stand in the range of one article (or of none)."""

    article: int | None
    is_main: bool
    title: str
    language: str | None
    lines: tuple[Line, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SamplePage:
    """A page as it came, every line in place."""

    page_id: str
    host: str | None
    title: str
    language: str | None
    url: str | None
    path: str
    status: str
    problem: str
    why: str
    articles: int
    kept_share: float
    kept_lines: int
    broken: tuple[Rule, ...]
    segments: tuple[Segment, ...]
    lines: Extent


def read_samples(run: Run, failing: Failing, options: ReportOptions) -> Capped[SamplePage]:
    """The sample pages of a run; spread over hosts, so that one bad host does not fill them."""
    candidates = _candidates(run, failing)
    chosen = choose(candidates, options.max_pages)
    ids = chosen["page_id"].to_list()
    lines = _lines(run, ids)
    articles = _articles(run, ids)
    return Capped(
        what=marked("pages with lines"),
        rows=tuple(
            _page(row, lines[row["page_id"]], articles.get(row["page_id"], {}), failing, options)
            for row in chosen.iter_rows(named=True)
        ),
        total=candidates.height,
        option="max_pages",
    )


def _candidates(run: Run, failing: Failing) -> pl.DataFrame:
    """Pages that have lines, each with the share of its characters kept and the rank of its gravest failure.

    A page whose host broke an expectation on the table sources stands for that host, and counts as failed.
    """
    size = pl.col("text").str.len_chars()
    kept = pl.col("kept")
    by_lines = (
        run.scan(LINES)
        .group_by("page_id")
        .agg(
            kept_lines=kept.sum(),
            kept_share=(size.filter(kept).sum() / size.sum()).fill_nan(0.0),
        )
    )
    articles = run.scan(ARTICLES).group_by("page_id").agg(articles=pl.len().cast(pl.Int64))
    pages = (
        run.scan(PAGES)
        .select("page_id", "host", "url", "path", "status", "problem")
        .join(by_lines, on="page_id")
        .join(articles, on="page_id", how="left")
        .with_columns(pl.col("articles").fill_null(0))
        .collect(engine="streaming")
    )
    return pages.with_columns(rank=pl.Series(_ranks(pages, failing), dtype=pl.Int64))


def _ranks(pages: pl.DataFrame, failing: Failing) -> list[int]:
    ranks: list[int] = []
    for page_id, host in pages.select("page_id", "host").iter_rows():
        own = failing.pages.get(page_id)
        ranks.append(min(own.rank if own else UNJUDGED, failing.source_ranks.get(host, UNJUDGED)))
    return ranks


def choose(candidates: pl.DataFrame, n: int) -> pl.DataFrame:
    """At most `n` pages in the order in which they are shown, with the column `why` (a key of WHY).

    `candidates` has the columns page_id, host, status, kept_share, articles and rank.
    """
    failed = _take(candidates.filter(pl.col("rank") < UNJUDGED), n // FAILED_PART, "failed")
    rest = candidates.join(failed, on="page_id", how="anti")
    several = _take(rest.filter(pl.col("articles") > 1), n // SEVERAL_PART, "several")
    rest = rest.join(several, on="page_id", how="anti").with_columns(rank=pl.lit(UNJUDGED, pl.Int64))
    least = _take(rest, n - failed.height - several.height, "least")
    return pl.concat([failed, several, least])


def _take(pages: pl.DataFrame, n: int, why: str) -> pl.DataFrame:
    """The gravest `n`: first one of each host, then a second one of each."""
    ordered = pages.sort("rank", "kept_share", "page_id")
    turn = pl.int_range(pl.len()).over("rank", "host")
    return (
        ordered.with_columns(turn=turn, why=pl.lit(why))
        .sort("rank", "turn", "kept_share", "page_id")
        .head(max(n, 0))
        .drop("turn")
    )


def _lines(run: Run, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    rows = run.scan(LINES).filter(pl.col("page_id").is_in(ids)).sort(LINES.key).collect(engine="streaming")
    by_page: dict[str, list[dict[str, Any]]] = {page_id: [] for page_id in ids}
    for row in rows.iter_rows(named=True):
        by_page[row["page_id"]].append(row)
    return by_page


def _articles(run: Run, ids: Sequence[str]) -> dict[str, dict[int, dict[str, Any]]]:
    """The title, place and language of every article on these pages: page_id -> ordinal -> row."""
    columns = ("page_id", "ordinal", "is_main", "title", "language")
    rows = run.scan(ARTICLES).filter(pl.col("page_id").is_in(ids)).select(columns).sort("page_id", "ordinal").collect()
    by_page: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        by_page.setdefault(row["page_id"], {})[row["ordinal"]] = row
    return by_page


def _page(
    row: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    articles: Mapping[int, Mapping[str, Any]],
    failing: Failing,
    options: ReportOptions,
) -> SamplePage:
    shown = lines[: shown_lines([len(line["text"]) for line in lines], options)]
    main = next((article for article in articles.values() if article["is_main"]), {})
    own = failing.pages.get(row["page_id"])
    return SamplePage(
        page_id=row["page_id"],
        host=row["host"],
        title=clip(main.get("title") or row["path"], options.max_text),
        language=main.get("language"),
        url=row["url"],
        path=clip(row["path"], options.max_text),
        status=row["status"],
        problem=clip(problem_told(row["problem"] or ""), options.max_text),
        why=row["why"],
        articles=row["articles"],
        kept_share=row["kept_share"],
        kept_lines=row["kept_lines"],
        broken=own.rules if own else (),
        segments=tuple(_segments(shown, articles, options)),
        lines=Extent(what=marked("lines of sample pages"), shown=len(shown), total=len(lines), option="max_page_lines"),
    )


def shown_lines(lengths: Sequence[int], options: ReportOptions) -> int:
    """How many lines of a page are shown: as many as fit both limits, and always one.

    >>> shown_lines([30, 30, 30], ReportOptions(max_page_characters=60))
    2
    """
    fitting = sum(total <= options.max_page_characters for total in accumulate(lengths))
    return min(max(fitting, 1), options.max_page_lines)


def _segments(
    lines: Sequence[Mapping[str, Any]], articles: Mapping[int, Mapping[str, Any]], options: ReportOptions
) -> Iterator[Segment]:
    """The lines cut where another article begins or none goes on."""
    ranges = article_ranges([line["article"] for line in lines])
    starts = [n for n in range(len(lines)) if n == 0 or ranges[n] != ranges[n - 1]]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        article = ranges[start]
        facts = articles.get(article, {}) if article is not None else {}
        yield Segment(
            article=article,
            is_main=bool(facts.get("is_main")),
            title=clip(facts.get("title") or "", options.max_text),
            language=facts.get("language"),
            lines=tuple(_line(line, options) for line in lines[start:end]),
        )


def article_ranges(articles: Sequence[int | None]) -> list[int | None]:
    """The article in whose range each line stands: lines without one belong to the article that goes on after them.

    >>> article_ranges([None, 0, None, 0, None, 1, 1, None])
    [None, 0, 0, 0, None, 1, 1, None]
    """
    before = list(accumulate(articles, _latest))
    after = list(accumulate(reversed(articles), _latest))[::-1]
    return [last if last == following else None for last, following in zip(before, after, strict=True)]


def _latest(last: int | None, article: int | None) -> int | None:
    return last if article is None else article


def _line(row: Mapping[str, Any], options: ReportOptions) -> Line:
    return Line(
        number=row["line"] + 1,
        text=clip(row["text"], options.max_page_characters),
        label=clip(row["label"], options.max_text),
        kept=row["kept"],
        family=family_of(row["label"], kept=row["kept"]),
        reason=clip(row["reason"] or "", options.max_text),
        score=row["score"],
    )
