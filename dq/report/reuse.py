"""Reused paragraphs and passages, each with the places where it stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.language import marked, tr
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import ARTICLES, PARAGRAPHS, PASSAGES, REUSE

KINDS = {"quote": marked("Quotation"), "wire": marked("Agency text"), "boilerplate": marked("Boilerplate")}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An article that holds the passage, and where in its body; `similarity` to the passage's own text."""

    host: str | None
    title: str
    url: str | None
    language: str | None
    where: str
    similarity: float | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A passage that several articles share."""

    reuse_id: str
    text: str
    kind: str
    n_words: int
    n_articles: int
    n_hosts: int
    places: Capped[Place]


def read_reuse(run: Run, options: ReportOptions) -> Capped[Passage]:
    """The passages that stand in most articles."""
    reuse = run.scan(REUSE)
    widest = reuse.sort("n_articles", "n_words", "reuse_id", descending=[True, True, False])
    shown = widest.head(options.max_reuse).collect()
    places = _places(run, shown["reuse_id"].to_list(), options)
    return Capped(
        what=marked("reused passages"),
        rows=tuple(_passage(row, places.get(row["reuse_id"], ()), options) for row in shown.iter_rows(named=True)),
        total=reuse.select(pl.len()).collect().item(),
        option="max_reuse",
    )


def _places(run: Run, ids: Sequence[str], options: ReportOptions) -> dict[str, tuple[Place, ...]]:
    """Where each passage stands: from the table passages, and from paragraphs where that does not name the article."""
    wanted = pl.col("reuse_id").is_in(ids)
    by_characters = run.scan(PASSAGES).filter(wanted)
    by_paragraph = run.scan(PARAGRAPHS).filter(wanted).join(by_characters, on=["reuse_id", "article_id"], how="anti")
    articles = run.scan(ARTICLES).select("article_id", "host", "title", "url", "language", "published_at")
    rows = (
        pl.concat([by_characters, by_paragraph.select("reuse_id", "article_id", "paragraph")], how="diagonal")
        .join(articles, on="article_id", how="left")
        .sort("reuse_id", "published_at", "article_id", "start", "paragraph", nulls_last=True)
        .filter(pl.int_range(pl.len()).over("reuse_id") < options.max_places)
        .collect()
    )
    places: dict[str, tuple[Place, ...]] = {}
    for row in rows.iter_rows(named=True):
        places[row["reuse_id"]] = (*places.get(row["reuse_id"], ()), _place(row, options))
    return places


def _place(row: Mapping[str, Any], options: ReportOptions) -> Place:
    by_paragraph = row["paragraph"] is not None
    return Place(
        host=row["host"],
        title=clip(row["title"] or "", options.max_text),
        url=row["url"],
        language=row["language"],
        where=tr("paragraph %(place)s", place=f"{row['paragraph'] + 1:,}")
        if by_paragraph
        else tr("characters %(start)s–%(end)s", start=f"{row['start']:,}", end=f"{row['end']:,}"),
        similarity=row["similarity"],
    )


def _passage(row: Mapping[str, Any], places: tuple[Place, ...], options: ReportOptions) -> Passage:
    return Passage(
        reuse_id=row["reuse_id"],
        text=clip(row["text"], options.max_text),
        kind=tr(KINDS.get(row["kind"], row["kind"] or "")),
        n_words=row["n_words"],
        n_articles=row["n_articles"],
        n_hosts=row["n_hosts"],
        places=Capped(
            what=marked("places of reused passages"),
            rows=places,
            total=max(row["n_articles"], len(places)),
            option="max_places",
        ),
    )
