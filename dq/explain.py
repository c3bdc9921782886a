"""One page with all that was decided on it."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import polars as pl

from dq.clean import clean_page
from dq.errors import MissingInputError
from dq.ingest import decode_page, read_pages
from dq.options import Options
from dq.runs import follow
from dq.tables import ARTICLES, CLUSTERS, DUPLICATES, LINES, PAGES, Table

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
    done = clean_page(first, options.clean)
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
