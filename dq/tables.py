"""Every table of a run, once: its columns, their types, meanings and units.

A table is a `Table`; its Parquet file in a run's folder is `<name>.parquet`, its rows sorted by `key`. Shares are
fractions from 0 to 1. Ids are the first 16 hex digits of blake2b-8 over the values named, joined by a zero byte
(`make_id`). Paths are relative to the input that was given, so that ids are the same on every machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl
from polars._typing import PolarsDataType

TIMESTAMP = pl.Datetime("us", "UTC")
"""An instant."""
WALL_TIME = pl.Datetime("us")
"""Date and time as the page itself states them; midnight where it states only a day."""
STRINGS = pl.List(pl.String)


def make_id(*values: str) -> str:
    """The first 16 hex digits of blake2b-8 over `values`, joined by a zero byte.

    >>> make_id("https://example.org/a", "00ff")
    'bf3844f677f91fdc'
    """
    joined = "\0".join(values).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=8).hexdigest()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A row of the table pages, with the page's decoded content beside it (`content` is not stored in the table)."""

    page_id: str
    source_id: str | None
    url: str | None
    host: str | None
    path: str
    row: int | None
    format: Literal["html", "text"]
    encoding: str | None
    fetched_at: datetime | None
    content_sha256: str
    n_bytes: int
    status: Literal["ok", "empty", "rejected"]
    problem: str | None
    content: str = dataclasses.field(default="", repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table's name, meaning, columns (name -> (type, meaning)) and the columns by which its rows are sorted."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: Mapping[str, tuple[PolarsDataType, str]]

    @property
    def schema(self) -> pl.Schema:
        """Column names and types, in the order of the file."""
        return pl.Schema({name: dtype for name, (dtype, _) in self.columns.items()})

    @property
    def row_id(self) -> pl.Expr:
        """A row's key as one text: how the gate and the report name a row."""
        return pl.concat_str([pl.col(part).cast(pl.String).fill_null("") for part in self.key], separator=":")

    def frame(self, rows: Iterable[Mapping[str, Any]] = ()) -> pl.DataFrame:
        """Rows given as mappings, as a frame of exactly this schema; further keys are left out."""
        rows = list(rows)
        return pl.DataFrame(
            {name: pl.Series(name, [row[name] for row in rows], dtype) for name, dtype in self.schema.items()}
        )

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with this table's columns only, in order and of its types, sorted by `key`."""
        return frame.select(pl.col(name).cast(dtype) for name, dtype in self.schema.items()).sort(
            self.key, nulls_last=True
        )

    def empty(self) -> pl.DataFrame:
        """This table without rows."""
        return pl.DataFrame(schema=self.schema)

    def scan(self, folder: Path) -> pl.LazyFrame:
        """The table in a run's folder, lazily; brackets and stars in the folder's name are a part of it."""
        return pl.scan_parquet(self.file(folder), glob=False)

    def write(self, frame: pl.DataFrame, folder: Path) -> None:
        """Writes `frame` as this table, whole or not at all."""
        part = folder / f".{self.name}.part"
        self.conform(frame).write_parquet(part)
        part.replace(self.file(folder))

    def file(self, folder: Path) -> Path:
        """Where the table lies in a run's folder."""
        return folder / f"{self.name}.parquet"


_ID = pl.String

PAGES = Table(
    "pages",
    "one page as scraped",
    ("page_id",),
    {
        "page_id": (
            _ID,
            "id over url (or path, where there is none) and content_sha256; further copies add their number",
        ),
        "source_id": (pl.String, "the input's own id, when it has one"),
        "url": (pl.String, "address, when it is known"),
        "host": (pl.String, "host name in lower case, without www; null when it is not known"),
        "path": (pl.String, "file, relative to the input that was given"),
        "row": (pl.Int64, "0-based record in the file; null where the file is the page"),
        "format": (pl.String, "html or text"),
        "encoding": (pl.String, "encoding by which the bytes were decoded"),
        "fetched_at": (TIMESTAMP, "when the page was fetched"),
        "content_sha256": (pl.String, "SHA-256 of the bytes as they came, in hex"),
        "n_bytes": (pl.Int64, "bytes as they came, decompressed"),
        "status": (pl.String, "ok, empty (nothing that could be an article) or rejected (not readable)"),
        "problem": (pl.String, "why the page is not ok, or what to know about it (mojibake)"),
    },
)

LABELS = [
    "title",
    "subtitle",
    "byline",
    "date",
    "caption",
    "body",
    "navigation",
    "widget",
    "related",
    "tags",
    "credit",
    "share",
    "form",
    "footer",
    "repeat",
    "other",
]
"""What a line can be."""

LINES = Table(
    "lines",
    "one line or block of a page, in page order",
    ("page_id", "line"),
    {
        "page_id": (_ID, "the page"),
        "line": (pl.Int32, "0-based, over non-empty lines"),
        "text": (pl.String, "the line, without white space around it"),
        "label": (pl.String, "one of LABELS"),
        "kept": (pl.Boolean, "true for title, subtitle and body of an article"),
        "reason": (pl.String, "name of the rule or feature that decided"),
        "score": (pl.Float32, "0..1, sure it is content"),
        "article": (pl.Int32, "ordinal on its page of the article it belongs to; null when outside"),
        "evidence": (pl.String, "what weighed most for (+) or against (-) the score: reason codes and their log-odds"),
    },
)

ARTICLES = Table(
    "articles",
    "one article; a page may hold several",
    ("article_id",),
    {
        "article_id": (_ID, "id over page_id and ordinal"),
        "page_id": (_ID, "the page"),
        "ordinal": (pl.Int32, "0-based place on the page"),
        "is_main": (pl.Boolean, "true for the article that the page is about"),
        "url": (pl.String, "address of the page"),
        "host": (pl.String, "host of the page"),
        "title": (pl.String, "headline"),
        "subtitle": (pl.String, "standfirst"),
        "body": (pl.String, "paragraphs joined by a blank line"),
        "authors": (STRINGS, "names in the byline"),
        "credit": (pl.String, "agency or source named"),
        "published_at": (WALL_TIME, "publication, as the page states it; midnight where it states only a day"),
        "fetched_at": (TIMESTAMP, "when the page was fetched"),
        "date_source": (pl.String, "where the date was read: json-ld, meta, time, url, line; null for no date"),
        "language": (pl.String, "ISO 639-1 code of the body; null when there is too little text"),
        "n_words": (pl.Int32, "words of the body; CJK counted by character"),
        "n_paragraphs": (pl.Int32, "paragraphs of the body"),
        "boilerplate_share": (pl.Float64, "share of the page's characters that no article keeps"),
        "cluster_id": (_ID, "group of near-duplicates; null when there is none"),
        "is_canonical": (pl.Boolean, "true for the article of its cluster that is kept, and for every unclustered one"),
    },
)

PARAGRAPHS = Table(
    "paragraphs",
    "one body paragraph",
    ("article_id", "paragraph"),
    {
        "article_id": (_ID, "the article"),
        "paragraph": (pl.Int32, "0-based place in the body"),
        "text": (pl.String, "the paragraph"),
        "n_words": (pl.Int32, "its words"),
        "reuse_id": (_ID, "the reuse it belongs to; null when no other article has it"),
        "reuse_articles": (pl.Int32, "articles that share it, this one counted; 1 when it is not reused"),
        "reuse_hosts": (pl.Int32, "hosts that share it, this one counted; 1 when it is not reused"),
    },
)

DUPLICATES = Table(
    "duplicates",
    "one verified pair; left_id sorts before right_id",
    ("left_id", "right_id"),
    {
        "left_id": (_ID, "an article"),
        "right_id": (_ID, "another article"),
        "relation": (pl.String, "exact, near, contains, contained_in (left in right) or version (one address)"),
        "jaccard": (pl.Float64, "exact Jaccard of the folded word shingles"),
        "containment_left": (pl.Float64, "share of the left one's shingles that the right one has"),
        "containment_right": (pl.Float64, "share of the right one's shingles that the left one has"),
        "longest_shared_words": (pl.Int32, "words in the longest run that both share"),
        "same_title": (pl.Boolean, "the folded titles are equal"),
        "title_likeness": (pl.Float64, "of the folded titles, 0 to 1 (normalized Indel); null where one has none"),
        "days_between": (pl.Float64, "days from the earlier publication to the later; null where one has no date"),
        "bands_hit": (
            pl.Int32,
            "LSH bands in which the two met; 0 where exact hash, rare shingles or address found them",
        ),
        "folded_only": (pl.Boolean, "they match only after Unicode folding"),
    },
)

CANDIDATES = Table(
    "candidates",
    "one pair that was compared, kept on demand; left_id sorts before right_id",
    ("left_id", "right_id"),
    {
        "left_id": (_ID, "an article"),
        "right_id": (_ID, "another article"),
        "jaccard": (pl.Float64, "exact Jaccard of the folded word shingles"),
        "containment_left": (pl.Float64, "share of the left one's shingles that the right one has"),
        "containment_right": (pl.Float64, "share of the right one's shingles that the left one has"),
        "accepted": (pl.Boolean, "whether it became a row of duplicates"),
    },
)

CLUSTERS = Table(
    "clusters",
    "one group of near-duplicates",
    ("cluster_id",),
    {
        "cluster_id": (_ID, "the canonical article's id"),
        "size": (pl.Int32, "articles"),
        "n_hosts": (pl.Int32, "hosts among them"),
        "canonical_id": (_ID, "the article that stands for the group"),
        "canonical_reason": (pl.String, "earlier batch, earliest date, fullest text or lowest id"),
        "min_jaccard": (pl.Float64, "least Jaccard of a member with the canonical"),
        "first_published_at": (WALL_TIME, "earliest publication in the group"),
    },
)

AUDIT = Table(
    "audit",
    "one article that was drawn and compared with every other one of its batch, to see what the search misses",
    ("article_id",),
    {
        "article_id": (_ID, "the article"),
        "copies": (pl.Int64, "articles whose comparison with it makes a row of duplicates"),
        "found": (pl.Int64, "those of them that the search found"),
        "compared": (pl.Int64, "articles with which the search compared it"),
    },
)

REUSE = Table(
    "reuse",
    "one paragraph or passage shared by several articles",
    ("reuse_id",),
    {
        "reuse_id": (_ID, "id over its folded text"),
        "text": (pl.String, "the passage as it stands in first_article_id"),
        "n_words": (pl.Int32, "its words"),
        "n_articles": (pl.Int32, "articles that share it"),
        "n_hosts": (pl.Int32, "hosts that share it"),
        "first_article_id": (_ID, "the earliest article that has it"),
        "kind": (pl.String, "quote, wire or boilerplate"),
    },
)

PASSAGES = Table(
    "passages",
    "one place where a reused passage stands",
    ("reuse_id", "article_id", "start"),
    {
        "reuse_id": (_ID, "the passage"),
        "article_id": (_ID, "the article"),
        "start": (pl.Int64, "first character of the body (of the text column as given, for dq dedup)"),
        "end": (pl.Int64, "character after the last one"),
        "similarity": (pl.Float64, "Jaccard of its shingles with those of the reuse's own text"),
    },
)

_OF_RUN: Mapping[str, tuple[PolarsDataType, str]] = {
    "host": (pl.String, "host; (unknown) for pages without an address"),
    "pages": (pl.Int64, "pages; 0 for a host that earlier runs had, and this one has not"),
    "articles": (pl.Int64, "articles"),
    "rejected_share": (pl.Float64, "pages that could not be read, of all its pages"),
    "empty_share": (pl.Float64, "pages without an article, of all its pages"),
    "duplicate_share": (pl.Float64, "articles that dedup would remove, of all its articles"),
    "boilerplate_share": (pl.Float64, "median over its main articles"),
    "median_words": (pl.Float64, "median words of its main articles' bodies"),
    "date_share": (pl.Float64, "main articles with a publication date"),
    "title_share": (pl.Float64, "main articles with a title"),
    "language_share": (pl.Float64, "main articles in an expected language"),
}
OF_RUN = tuple(_OF_RUN)
"""Columns of sources that this run alone decides."""
DRIFTING: Mapping[str, Literal["count", "share"]] = {
    "pages": "count",
    "empty_share": "share",
    "median_words": "count",
    "boilerplate_share": "share",
    "language_share": "share",
    "date_share": "share",
    "duplicate_share": "share",
}
"""Figures of a host that are held against its earlier runs (`dq.drift`)."""

SOURCES = Table(
    "sources",
    "one host in this run, and against its own earlier runs",
    ("host",),
    {
        **_OF_RUN,
        "host_history": (pl.String, "first (no earlier run has it), known, returned (after a gap) or vanished"),
        "runs_before": (pl.Int64, "earlier runs that had it, of those it is compared with"),
        "runs_missed": (pl.Int64, "newest earlier runs in a row that did not have it"),
        **{
            f"{figure}_{part}": (dtype, told)
            for figure, kind in DRIFTING.items()
            for part, dtype, told in (
                ("usual", pl.Float64, f"median of {figure} over its earlier runs"),
                ("spread", pl.Float64, "their median absolute deviation, times 1.4826"),
                ("change", pl.Float64, "from the usual: a share of it" if kind == "count" else "from the usual"),
                ("deviation", pl.Float64, "from the usual, in spreads"),
                ("since", pl.String, "run in which it began, where it deviates by three spreads or more"),
            )
        },
    },
)

PAST = Table(
    "past",
    "one host in one earlier run, as the history tells it",
    ("host", "started_at", "run_id"),
    {
        "run_id": (pl.String, "the run"),
        "started_at": (TIMESTAMP, "when it began"),
        **{name: SOURCES.columns[name] for name in ("host", "articles", *DRIFTING)},
    },
)

CHECKS = Table(
    "checks",
    "one expectation's outcome",
    ("suite", "check"),
    {
        "suite": (pl.String, "suite, named after its table"),
        "check": (pl.Int32, "0-based place in the suite's file"),
        "expectation": (pl.String, "the expectation's type in GX"),
        "column": (pl.String, "the column or columns that it judges"),
        "severity": (pl.String, "critical, warning or info"),
        "success": (pl.Boolean, "whether it held"),
        "observed": (pl.String, "what was observed, as text"),
        "threshold": (pl.String, "what was demanded, as text"),
        "unexpected_count": (pl.Int64, "rows that broke it; null where it does not judge rows"),
        "unexpected_share": (pl.Float64, "those rows, of the rows judged"),
        "examples": (STRINGS, "some values or rows that broke it"),
        "note": (pl.String, "why the expectation exists"),
        "origin": (pl.String, "where it was set: the suite's file and the line"),
    },
)

WHAT_IF = Table(
    "what_if",
    "one numeric bound that a check has, or could have, and what would break it",
    ("suite", "check", "side", "bound"),
    {
        "suite": (pl.String, "suite, named after its table"),
        "check": (pl.Int32, "0-based place in the suite's file"),
        "side": (pl.String, "min_value or max_value"),
        "bound": (pl.Float64, "the bound"),
        "is_set": (pl.Boolean, "true for the bound that the suite sets"),
        "rows": (pl.Int64, "rows that would break it"),
        "hosts": (pl.Int64, "hosts that such a row has; null where rows of the table have no host"),
        "success": (pl.Boolean, "whether the check would hold, with the share of rows that it demands"),
    },
)

REJECTED = Table(
    "rejected",
    "one row that failed one or more expectations, with every reason",
    ("table", "row_id"),
    {
        "table": (pl.String, "the table that holds the row"),
        "row_id": (pl.String, "its key there"),
        "host": (pl.String, "its host, when it has one"),
        "severity": (pl.String, "the gravest of its reasons'"),
        "reasons": (STRINGS, "every expectation that it failed, as `severity: column: expectation`"),
    },
)

_ALL = (
    PAGES, LINES, ARTICLES, PARAGRAPHS, DUPLICATES, AUDIT, CLUSTERS, REUSE, PASSAGES, SOURCES, PAST, CHECKS, WHAT_IF,
    REJECTED,
)  # fmt: skip
TABLES = {table.name: table for table in _ALL}
