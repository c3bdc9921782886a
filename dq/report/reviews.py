"""Decisions drawn for review: of every kind some, spread over hosts, the same ones for the same run.

What is drawn is a sample, not the worst. The order is that of a number over each decision's key, in turns by kind and
host: small hosts and rare kinds are drawn more often than their part of the batch, so that the share which reviewers
accept is told kind by kind, and is one of the decisions drawn.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import polars as pl

from dq.figures import UNKNOWN_HOST
from dq.options import ReportOptions
from dq.report.capped import Capped
from dq.report.language import marked
from dq.report.lines import family_of
from dq.report.run_folder import Run
from dq.report.text import clip
from dq.tables import ARTICLES, DUPLICATES, LINES, PAGES

Kind = Literal["removed", "kept", "pair", "empty"]
KINDS: Mapping[Kind, str] = {
    "removed": marked("This line was removed. Is it no part of the article?"),
    "kept": marked("This line was kept. Is it a part of the article?"),
    "pair": marked("These two were taken for one story. Do they tell the same?"),
    "empty": marked("No article was found on this page. Is there none?"),
}
"""What is asked of each kind of decision: yes accepts it."""
CONTEXT_CHARACTERS = 160
"""Characters of the lines before and after."""
PAIR_CHARACTERS = 600
"""Characters of the two texts of a pair."""
_GOLDEN = 2_654_435_761
"""The odd number nearest to 2**32 over the golden ratio: multiples of it spread over all 32-bit numbers (Knuth)."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the articles of a pair."""

    title: str
    host: str | None
    url: str | None
    language: str | None
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """A decision to be judged; `key` is what the exported file names it by."""

    kind: Kind
    key: Mapping[str, str | int]
    host: str | None
    url: str | None
    page_id: str
    label: str
    family: str
    reason: str
    before: str
    text: str
    after: str
    sides: tuple[Side, ...]

    @property
    def key_json(self) -> str:
        """The key as JSON."""
        return json.dumps(dict(self.key))


def read_reviews(run: Run, options: ReportOptions) -> Capped[Review]:
    """The decisions drawn."""
    pairs, empty = _pairs(run), _empty(run)
    drawn = pl.concat([_lines(run, options.max_reviews), pairs, empty])
    n_lines: int = run.scan(LINES).select(pl.len()).collect().item()
    in_turn = (
        drawn.with_columns(order=_order("a", "b"))
        .sort("order", "kind", "a", "b")
        .with_columns(turn=pl.int_range(pl.len()).over("kind", "host"))
        .sort("turn", "order")
        .with_columns(place=pl.int_range(pl.len()).over("kind"))
        .sort("place", pl.col("kind").replace_strict(list(KINDS), range(len(KINDS)), return_dtype=pl.Int64))
        .head(options.max_reviews)
    )
    return Capped(
        what=marked("decisions for review"),
        rows=tuple(_reviews(run, in_turn, options)),
        total=n_lines + pairs.height + empty.height,
        option="max_reviews",
    )


_DRAWN = pl.Schema({"kind": pl.String(), "a": pl.String(), "b": pl.String(), "host": pl.String()})


def _order(name: str, place: str) -> pl.Expr:
    """A number for each decision that looks drawn: ids are hashes already, the places on one page are spread."""
    start = pl.col(name).str.slice(0, 8).str.to_integer(base=16, strict=False, dtype=pl.UInt64).fill_null(0)
    number = pl.col(place).cast(pl.String).str.slice(0, 8).str.to_integer(base=16, strict=False, dtype=pl.UInt64)
    return (start + number.fill_null(0) * _GOLDEN) % 2**32


def _lines(run: Run, n: int) -> pl.DataFrame:
    """Lines of every host, kept and removed, `n` of each at most: page_id and line as a and b."""
    hosts = run.scan(PAGES).select("page_id", pl.col("host").fill_null(UNKNOWN_HOST))
    kind = pl.when("kept").then(pl.lit("kept")).otherwise(pl.lit("removed"))
    order = _order("page_id", "line")
    return (
        run.scan(LINES)
        .select("page_id", "line", kind=kind, order=order)
        .join(hosts, on="page_id")
        .group_by("kind", "host")
        .agg(pl.struct("order", "page_id", "line").bottom_k_by("order", n))
        .explode("order")
        .unnest("order")
        .select("kind", a="page_id", b=pl.col("line").cast(pl.String), host="host")
        .collect(engine="streaming")
        .cast(_DRAWN)
    )


def _pairs(run: Run) -> pl.DataFrame:
    """Pairs of different texts that share a cluster; what is one text needs no reviewer."""
    members = run.scan(ARTICLES).select("article_id", "cluster_id", host=pl.col("host").fill_null(UNKNOWN_HOST))
    together = (
        run.scan(DUPLICATES)
        .filter((pl.col("relation") != "exact") | pl.col("folded_only"))
        .join(members, left_on="left_id", right_on="article_id")
        .join(members.drop("host"), left_on="right_id", right_on="article_id", suffix="_right")
        .filter(pl.col("cluster_id") == pl.col("cluster_id_right"))
    )
    return together.select(kind=pl.lit("pair"), a="left_id", b="right_id", host="host").collect().cast(_DRAWN)


def _empty(run: Run) -> pl.DataFrame:
    pages = run.scan(PAGES).filter(pl.col("status") == "empty")
    host = pl.col("host").fill_null(UNKNOWN_HOST)
    return pages.select(kind=pl.lit("empty"), a="page_id", b=pl.lit(""), host=host).collect().cast(_DRAWN)


def _reviews(run: Run, drawn: pl.DataFrame, options: ReportOptions) -> Iterator[Review]:
    pages = _pages(run, drawn)
    articles = _articles(run, drawn)
    for kind, a, b in drawn.select("kind", "a", "b").iter_rows():
        if kind == "pair":
            yield _pair(articles[a], articles[b])
        elif kind == "empty":
            page, lines = pages[a]
            text = " · ".join(line["text"] for line in lines)
            yield _of_page("empty", page, {"kind": "page", "page_id": a}, text=clip(text, PAIR_CHARACTERS))
        else:
            page, lines = pages[a]
            yield _line(kind, page, lines, int(b), options)


def _line(
    kind: Kind, page: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], at: int, options: ReportOptions
) -> Review:
    line = lines[at]
    return _of_page(
        kind,
        page,
        {"kind": "line", "page_id": page["page_id"], "line": at},
        label=line["label"],
        family=family_of(line["label"], kept=line["kept"]),
        reason=line["reason"] or "",
        before=clip(lines[at - 1]["text"], CONTEXT_CHARACTERS) if at else "",
        text=clip(line["text"], options.max_text),
        after=clip(lines[at + 1]["text"], CONTEXT_CHARACTERS) if at + 1 < len(lines) else "",
    )


def _of_page(kind: Kind, page: Mapping[str, Any], key: Mapping[str, str | int], **told: str) -> Review:
    nothing = dict.fromkeys(("label", "family", "reason", "before", "text", "after"), "")
    return Review(
        kind=kind, key=key, host=page["host"], url=page["url"], page_id=page["page_id"], sides=(), **{**nothing, **told}
    )


def _pair(left: Mapping[str, Any], right: Mapping[str, Any]) -> Review:
    key = {"kind": "pair", "left_id": left["article_id"], "right_id": right["article_id"]}
    sides = tuple(
        Side(
            title=clip(row["title"] or "", CONTEXT_CHARACTERS),
            host=row["host"],
            url=row["url"],
            language=row["language"],
            text=clip(row["body"] or "", PAIR_CHARACTERS),
        )
        for row in (left, right)
    )
    return dataclasses.replace(_of_page("pair", left, key), sides=sides)


def _pages(run: Run, drawn: pl.DataFrame) -> dict[str, tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    """The pages of drawn lines, and those without an article, each with all its lines in order."""
    ids = drawn.filter(pl.col("kind") != "pair")["a"].unique().implode()
    pages = run.scan(PAGES).filter(pl.col("page_id").is_in(ids)).select("page_id", "host", "url").collect()
    found: dict[str, tuple[Mapping[str, Any], list[Mapping[str, Any]]]] = {
        row["page_id"]: (row, []) for row in pages.iter_rows(named=True)
    }
    lines = run.scan(LINES).filter(pl.col("page_id").is_in(ids)).sort(LINES.key).collect(engine="streaming")
    for row in lines.iter_rows(named=True):
        found[row["page_id"]][1].append(row)
    return found


def _articles(run: Run, drawn: pl.DataFrame) -> dict[str, Mapping[str, Any]]:
    pairs = drawn.filter(pl.col("kind") == "pair")
    ids = pl.concat([pairs["a"], pairs["b"]]).unique().implode()
    columns = ("article_id", "page_id", "title", "host", "url", "language", "body")
    rows = run.scan(ARTICLES).filter(pl.col("article_id").is_in(ids)).select(columns).collect(engine="streaming")
    return {row["article_id"]: row for row in rows.iter_rows(named=True)}
