"""One page, or one pair of articles, with all that was decided on it."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dq.clean import clean_page
from dq.dedup import COLUMNS, overlap, scan_table, texts_of
from dq.errors import MissingInputError
from dq.ingest import decode_page, read_pages
from dq.options import Options, recall
from dq.report.diff import Diff, word_diff
from dq.review_files import load
from dq.runs import RUN_FILE, follow, read
from dq.tables import ARTICLES, CLUSTERS, DUPLICATES, LINES, PAGES, Table

if TYPE_CHECKING:
    from dq.dedup.pair import Overlap

NAMES = ("page_id", "url", "source_id", "path")
"""Columns of pages by which a page can be named."""
OTHERS = 20
"""Further pages of the same name that are told."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """One page: its row of pages, its lines, articles and duplicates, as rows; `others` are ids of its namesakes."""

    page: dict[str, Any]
    lines: list[dict[str, Any]]
    articles: list[dict[str, Any]]
    duplicates: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    others: tuple[str, ...]


def explain(name: str, options: Options, *, folder: Path) -> Explained:
    """The page in the file `name`, cleaned now; else the page of that id, address or path in the run in `folder`."""
    folder = follow(folder)
    return _from_file(name, options, folder) if Path(name).exists() else _from_run(name, folder)


def _from_file(name: str, options: Options, folder: Path) -> Explained:
    raws = itertools.islice(read_pages([name], options.ingest), 1 + OTHERS)
    first, *others = (decode_page(raw, options.ingest) for raw in raws)
    done = clean_page(first, options.clean, load(options.review).lines)
    page = {column: value for column, value in dataclasses.asdict(done.page).items() if column != "content"}
    ids = tuple(other.page_id for other in others)
    return _with_duplicates(page, list(done.lines), list(done.articles), folder, ids)


def _from_run(name: str, folder: Path) -> Explained:
    if not PAGES.file(folder).is_file():
        raise MissingInputError(
            f"{name} is no file, and {folder} holds no run in which to look for a page of that name"
        )
    found = _rows(PAGES, folder, pl.any_horizontal(pl.col(NAMES) == name))
    if not found:
        raise MissingInputError(f"{name} is no file, and no page id, address, source id or path in {folder}")
    page, *others = found
    lines, articles = (_rows(table, folder, pl.col("page_id") == page["page_id"]) for table in (LINES, ARTICLES))
    return _with_duplicates(page, lines, articles, folder, tuple(other["page_id"] for other in others[:OTHERS]))


def _with_duplicates(
    page: dict[str, Any], lines: list[Any], articles: list[Any], folder: Path, others: tuple[str, ...]
) -> Explained:
    ids = [article["article_id"] for article in articles]
    pairs: list[Any] = []
    clusters: list[Any] = []
    if DUPLICATES.file(folder).is_file():
        pairs = _rows(DUPLICATES, folder, pl.col("left_id").is_in(ids) | pl.col("right_id").is_in(ids))
        inside = [row["cluster_id"] for row in _rows(ARTICLES, folder, pl.col("article_id").is_in(ids))]
        clusters = _rows(CLUSTERS, folder, pl.col("cluster_id").is_in(inside))
    return Explained(page=page, lines=lines, articles=articles, duplicates=pairs, clusters=clusters, others=others)


def _rows(table: Table, folder: Path, where: pl.Expr) -> list[dict[str, Any]]:
    return table.scan(folder).filter(where).sort(table.key).collect().to_dicts()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedPair:
    """Two articles and what they share; `row` is their row of duplicates, and `clusters` the clusters they are in."""

    left: dict[str, Any]
    right: dict[str, Any]
    overlap: Overlap
    diff: Diff
    row: dict[str, Any] | None
    clusters: list[dict[str, Any]]


def explain_pair(left: str, right: str, options: Options, *, folder: Path, table: Path | None = None) -> ExplainedPair:
    """The articles of these ids in the run in `folder`, its history, or any `table` with an id and a text.

    Options that this call does not set are those of the run. Raises MissingInputError where one of them is nowhere.
    """
    folder = follow(folder)
    if (folder / RUN_FILE).is_file():
        options = recall(options, read(folder)["settings"])
    articles = {row["id"]: row for row in _articles([left, right], options, folder, table)}
    if missing := [name for name in (left, right) if name not in articles]:
        where = table or folder
        raise MissingInputError(f"no article {' and no article '.join(missing)} in {where}; name another with --in")
    pair = articles[left], articles[right]
    left_text, right_text = (row["text"] or "" for row in pair)
    ids = sorted([left, right])
    rows = clusters = []
    if DUPLICATES.file(folder).is_file():
        rows = _rows(DUPLICATES, folder, (pl.col("left_id") == ids[0]) & (pl.col("right_id") == ids[1]))
        clusters = _rows(CLUSTERS, folder, pl.col("cluster_id").is_in(_clusters_of(ids, folder)))
    return ExplainedPair(
        left=pair[0],
        right=pair[1],
        overlap=overlap(left_text, right_text, options.dedup),
        diff=word_diff(left_text, right_text, max_words=options.report.max_diff_words),
        row=rows[0] if rows else None,
        clusters=clusters,
    )


def _clusters_of(ids: list[str], folder: Path) -> list[str]:
    """The clusters of articles of a run; for the tables of dq dedup, those that the articles stand for."""
    if not ARTICLES.file(folder).is_file():
        return ids
    return ids + [row["cluster_id"] for row in _rows(ARTICLES, folder, pl.col("article_id").is_in(ids))]


def _articles(ids: list[str], options: Options, folder: Path, table: Path | None) -> list[dict[str, Any]]:
    """Articles as deduplication takes them, of the table if one is named, else of the run and of its history."""
    wanted = pl.col("id").is_in(ids)
    if table is not None:
        return scan_table(table, options.ingest.columns).lazy().filter(wanted).collect().to_dicts()
    found = []
    if ARTICLES.file(folder).is_file():
        found = texts_of(ARTICLES.scan(folder)).filter(wanted).collect().to_dicts()
    if len(found) < len(set(ids)) and options.dedup.history is not None:
        from dq.history import History  # noqa: PLC0415  # Delta takes a while to load

        history = History(options.dedup.history)
        found += history.rows_of(pl.Series("id", ids), list(COLUMNS)).to_dicts()
    return found
