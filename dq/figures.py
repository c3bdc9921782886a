"""Counts and rates that add up: the figures of two shards, added, are the figures of both.

Counts are kept and rates derived, never the other way round. A rate shown to a person never rounds to 0% or 100%
unless it is exactly that (`percent`), so that one failing row in a million stays visible.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

import polars as pl

from dq.tables import OF_RUN, SOURCES

UNKNOWN_HOST = "(unknown)"
"""The host of pages whose address is not known, in the table sources."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What went in and what came out, from scraped pages to publishable articles.

    `pages = pages_ok + pages_empty + pages_rejected`, `articles = main_articles + further_articles` and
    `published = articles - duplicates` always hold.
    """

    pages: int = 0
    pages_ok: int = 0
    pages_empty: int = 0
    pages_rejected: int = 0
    lines: int = 0
    lines_kept: int = 0
    characters: int = 0
    characters_kept: int = 0
    articles: int = 0
    main_articles: int = 0
    duplicates: int = 0

    def __add__(self, other: Figures) -> Figures:
        names = [field.name for field in dataclasses.fields(self)]
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def further_articles(self) -> int:
        """Articles found on a page beside its main one."""
        return self.articles - self.main_articles

    @property
    def published(self) -> int:
        """Articles left when every cluster keeps only its canonical one."""
        return self.articles - self.duplicates


def count(pages: pl.LazyFrame, lines: pl.LazyFrame, articles: pl.LazyFrame) -> Figures:
    """The figures of three tables (or of one shard of them)."""
    status = pl.col("status")
    size = pl.col("text").str.len_chars()
    parts = pl.collect_all(
        [
            pages.select(
                pages=pl.len(),
                pages_ok=(status == "ok").sum(),
                pages_empty=(status == "empty").sum(),
                pages_rejected=(status == "rejected").sum(),
            ),
            lines.select(
                lines=pl.len(),
                lines_kept=pl.col("kept").sum(),
                characters=size.sum(),
                characters_kept=size.filter(pl.col("kept")).sum(),
            ),
            articles.select(
                articles=pl.len(),
                main_articles=pl.col("is_main").sum(),
                duplicates=(~pl.col("is_canonical")).sum(),
            ),
        ],
        engine="streaming",
    )
    return Figures(**{name: int(value) for part in parts for name, value in part.row(0, named=True).items()})


def sources(pages: pl.LazyFrame, articles: pl.LazyFrame, languages: Sequence[str] = ()) -> pl.DataFrame:
    """The table sources: one group-by over pages and one over articles; hosts without a page do not appear.

    `languages` are the ISO 639-1 codes that are expected; where none are given, any known language will do.
    """
    host = pl.col("host").fill_null(UNKNOWN_HOST)
    main = pl.col("is_main")
    language = pl.col("language")
    expected = language.is_in(list(languages)) if languages else language.is_not_null()
    status = pl.col("status")
    by_page = pages.group_by(host).agg(
        pages=pl.len(),
        rejected_share=(status == "rejected").mean(),
        empty_share=(status == "empty").mean(),
    )
    by_article = articles.group_by(host).agg(
        articles=pl.len(),
        duplicate_share=(~pl.col("is_canonical")).mean(),
        boilerplate_share=pl.col("boilerplate_share").filter(main).median(),
        median_words=pl.col("n_words").filter(main).median(),
        date_share=pl.col("published_at").is_not_null().filter(main).mean(),
        title_share=(pl.col("title").fill_null("") != "").filter(main).mean(),
        language_share=expected.fill_null(value=False).filter(main).mean(),
    )
    joined = by_page.join(by_article, on="host", how="left").with_columns(pl.col("articles").fill_null(0))
    return joined.select(pl.col(name).cast(SOURCES.schema[name]) for name in OF_RUN).sort("host").collect()


Number = TypeVar("Number", float, pl.Expr)


def wilson(share: Number, cases: Number, confidence: float = 0.95) -> tuple[Number, Number]:
    """The interval in which the true share lies with this confidence, given the share among so many cases.

    The score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927): with z the normal quantile of (1 + confidence) / 2,
    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n). It holds for few cases and for shares near 0 and 1.

    >>> [round(end, 3) for end in wilson(0.9, 10.0)]
    [0.596, 0.982]
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    spread = (share * (1 - share) / cases + z * z / (4 * cases * cases)) ** 0.5
    centre, scale = share + z * z / (2 * cases), 1 + z * z / cases
    return (centre - z * spread) / scale, (centre + z * spread) / scale


def percent(part: float, whole: float = 1.0) -> str:
    """A share as people read it; never 0% or 100% unless it is.

    >>> percent(1, 3), percent(0, 3), percent(1, 100_000), percent(99_999, 100_000), percent(1, 1)
    ('33%', '0%', '<1%', '>99%', '100%')
    """
    if whole == 0:
        return "–"
    if 0 < part * 100 < whole:
        return "<1%"
    if 0 < (whole - part) * 100 < whole:
        return ">99%"
    return f"{part / whole:.0%}"
