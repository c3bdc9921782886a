"""The door of this room: what goes in, what comes out, and nothing yet that takes long to import."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import polars as pl

from dq.errors import ConfigError, TableError, listed
from dq.options import DedupOptions, check
from dq.reviews import PairCase
from dq.tables import WALL_TIME

COLUMNS = {
    "id": pl.String(),
    "text": pl.String(),
    "title": pl.String(),
    "date": WALL_TIME,
    "host": pl.String(),
    "url": pl.String(),
}
"""Columns that `find_duplicates` reads; the first two must be there."""
NEEDED = ("id", "text")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Duplicates:
    """What a search found: five tables of `dq.tables`, and what the tables articles and paragraphs learn from it.

    membership: id, cluster_id (null where there is none), is_canonical, for every article that went in.
    paragraphs: article_id, paragraph, reuse_id, reuse_articles, reuse_hosts, for every reused paragraph.
    likes: id, like_ids, like_jaccards: the articles ranked before it that each one clusters with, kept by an index.
    audit: the table audit, what an exhaustive comparison of some articles found.
    candidates: the table candidates; none unless options say that they are kept.
    apart: case (its place among the reviews), left_id, right_id: articles that are kept apart; none without reviews.
    """

    duplicates: pl.DataFrame
    clusters: pl.DataFrame
    reuse: pl.DataFrame
    passages: pl.DataFrame
    membership: pl.DataFrame
    paragraphs: pl.DataFrame
    likes: pl.DataFrame
    audit: pl.DataFrame
    candidates: pl.DataFrame | None = None
    apart: pl.DataFrame | None = None


class Index(Protocol):
    """Earlier articles among which copies are looked for; `dq.history.History` is one."""

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """`columns` (of `dq.dedup.index.ROWS`) of all articles."""

    def chunks(self, columns: Sequence[str]) -> Iterable[pl.DataFrame]:
        """The same, some rows at a time."""

    def rows_of(self, ids: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """`columns` of the articles with these ids."""


_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)


def texts_of(articles: _Frame) -> _Frame:
    """The table articles as `find_duplicates` takes it: id, text, title, date, host, url."""
    return articles.select("title", "host", "url", id="article_id", text="body", date="published_at")


def find_duplicates(
    frame: pl.DataFrame | pl.LazyFrame,
    options: DedupOptions,
    *,
    index: Index | None = None,
    reviews: Sequence[PairCase] = (),
) -> Duplicates:
    """Duplicates, clusters and reused passages of a batch of articles, within it and among those of an `index`.

    `frame` has columns id (unique) and text, and may have title, date (its time zone is dropped), host and url; others
    are ignored. What is found depends on the rows alone, not on their order. Articles of the index that have an id of
    the batch are passed over: a batch that is in it already is found as it was the first time. Articles that `reviews`
    tell apart are no pair and in no cluster together (`dq.dedup.apart`).

    Raises TableError where id or text is missing, or an id is null or comes twice, and ConfigError where options hold
    values that cannot be used.
    """
    from dq.dedup.index import earlier_of  # noqa: PLC0415
    from dq.dedup.search import search  # noqa: PLC0415  # numba takes a second to load, which only this call needs

    check(options)
    if options.history is not None and index is None:
        raise ConfigError(f"open the history {options.history} with dq.history.History, and pass it as index")
    articles, texts = taken_apart(frame)
    if index is None:
        return search(articles, texts, options, reviews=reviews)
    return search(articles, texts, options, earlier_of(checked(frame), index, options, reviews), reviews=reviews)


def checked(frame: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """The columns of COLUMNS, of their types; those that are missing are null."""
    articles, texts = taken_apart(frame)
    return articles.with_columns(texts.lazy().collect()["text"]).select(*COLUMNS)


def taken_apart(frame: pl.DataFrame | pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame | pl.LazyFrame]:
    """(the columns of COLUMNS but text, checked; the text, which a lazy frame keeps where it is)."""
    there = frame.collect_schema()
    if missing := [name for name in NEEDED if name not in there]:
        raise TableError(f"no column {' and no column '.join(missing)}; there are: {', '.join(there)}")
    articles = frame.lazy().select(name for name in COLUMNS if name in there and name != "text").collect()
    articles = articles.select(_column(articles, name, dtype) for name, dtype in COLUMNS.items() if name != "text")
    _check_ids(articles["id"])
    if there["text"] == pl.String:
        return articles, frame.select("text")
    texts = frame.lazy().select("text").collect()
    return articles, texts.select(_column(texts, "text", COLUMNS["text"]))


def _check_ids(ids: pl.Series) -> None:
    if ids.null_count():
        raise TableError(f"{ids.null_count()} rows have no id: give each row one")
    if twice := ids.filter(ids.is_duplicated()).unique().sort().to_list():
        raise TableError(f"ids that come more than once: {listed(twice)}: give each row its own")


def _column(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    given = frame[name] if name in frame.columns else pl.Series(name, [None] * frame.height, dtype)
    if isinstance(given.dtype, pl.Datetime):
        given = given.dt.replace_time_zone(None)
    try:
        return given.cast(dtype)
    except pl.exceptions.PolarsError as error:
        raise TableError(f"column {name} cannot be used as {dtype}: it is {given.dtype}") from error
