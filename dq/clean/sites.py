"""Sites: what recurs on the pages of a host.

A line that stands on several pages of one host is most often a part of its template. That is told to the line scorer
as evidence, never as a verdict, for wire copy and quotes recur too. Pages that tell the same story, an article fetched
twice say, count as one: what recurs among them alone is no template. Counting needs one pass over the shards, each of
which leaves the keys of its lines behind (`page_keys`); `count` adds them up, one range of keys at a time, so that
memory depends on no batch's size. What an earlier run counted can be kept and used again (`merge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.clean.measured import Measured, Recurrence

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]

UNKNOWN = "(unknown)"
"""The host of pages whose host is not known: lines of strangers hardly ever are the same, so they are one group."""
TELLING = 3
"""Of pages without a known host, those with whom a page shares this many lines are taken to be of its host."""
STORY_LINES = 2
"""A page's longest lines by which its story is known again."""
KEYS = pl.Schema({"host": pl.String, "key": pl.UInt64, "blind": pl.Boolean, "story": pl.UInt64})
"""One row for each different line of a page, as it is and (`blind`) but for its digits; key 0 stands for the page."""
TEMPLATE = pl.Schema({"host": pl.String, "key": pl.UInt64, "blind": pl.Boolean, "stories": pl.UInt32})
"""How many stories of the host hold a line, where more than one does; key 0 counts the stories of the host."""
PART_ROWS = 8_000_000
"""Rows of KEYS that are counted at a time: a quarter of a gigabyte."""


def stories(measured: Measured) -> U64:
    """For each page a hash of its longest lines, equal for copies of one story; shape (n_pages,)."""
    found = np.zeros(len(measured.pages) - 1, np.uint64)
    for page, (first, end) in enumerate(zip(measured.pages[:-1], measured.pages[1:], strict=True)):
        longest = np.argsort(-measured.words[first:end], kind="stable")[:STORY_LINES]
        found[page] = np.bitwise_xor.reduce(measured.keys[first:end][longest]) if end > first else 0
    return found


def page_keys(measured: Measured, hosts: Sequence[str | None]) -> pl.DataFrame:
    """The keys of a shard's lines, as KEYS: what `count` needs of it."""
    page = np.repeat(np.arange(len(hosts)), np.diff(measured.pages))
    story = stories(measured)
    names = pl.Series("host", [host or UNKNOWN for host in hosts], pl.String)

    def rows(of: npt.NDArray[np.int64], keys: U64, *, blind: bool) -> pl.DataFrame:
        return pl.DataFrame(
            {"host": names.gather(of), "key": keys, "blind": np.full(len(of), blind), "story": story[of]}, schema=KEYS
        ).unique()

    pages = rows(np.arange(len(hosts)), np.zeros(len(hosts), np.uint64), blind=False)
    return pl.concat([pages, rows(page, measured.keys, blind=False), rows(page, measured.blind, blind=True)])


def count(parts: Sequence[Path] | Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The template of every host, as TEMPLATE, from the KEYS of all shards (files, or frames)."""
    frames = [part.lazy() if isinstance(part, pl.DataFrame) else pl.scan_parquet(part, glob=False) for part in parts]
    if not frames:
        return pl.DataFrame(schema=TEMPLATE)
    keys = pl.concat(frames)
    ranges = 1 + keys.select(pl.len()).collect().item() // PART_ROWS
    counted = [_count(keys.filter(pl.col("key") % ranges == part)) for part in range(ranges)]
    return pl.concat(counted).sort("host", "blind", "key")


def _count(keys: pl.LazyFrame) -> pl.DataFrame:
    found = keys.group_by("host", "key", "blind").agg(stories=pl.col("story").n_unique())
    return found.filter((pl.col("stories") > 1) | (pl.col("key") == 0)).cast(TEMPLATE).collect()


def merge(now: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Both in one: a line counts as often as in the batch that held it oftenest, so merging twice changes nothing."""
    both = pl.concat([now, earlier]).group_by("host", "key", "blind").agg(pl.col("stories").max())
    return both.select(TEMPLATE.names()).sort("host", "blind", "key")


def recurrence(measured: Measured, hosts: Sequence[str | None], template: pl.DataFrame) -> Recurrence:
    """What the template of its host tells of each line."""
    page = np.repeat(np.arange(len(hosts)), np.diff(measured.pages))
    names = pl.Series("host", [host or UNKNOWN for host in hosts], pl.String)
    known = template.filter(pl.col("host").is_in(names.unique().implode()))

    def looked_up(of: npt.NDArray[np.int64], keys: U64, *, blind: bool) -> F64:
        wanted = pl.DataFrame({"host": names.gather(of), "key": keys}, schema={"host": pl.String, "key": pl.UInt64})
        rows = known.filter(pl.col("blind") == blind)
        found = wanted.join(rows, on=["host", "key"], how="left", maintain_order="left")["stories"]
        return found.fill_null(1).to_numpy().astype(np.float64)

    lines = looked_up(page, measured.keys, blind=False)
    host_pages = looked_up(np.arange(len(hosts)), np.zeros(len(hosts), np.uint64), blind=False)
    for at in (place for place, host in enumerate(hosts) if host is None):
        own = np.sort(lines[measured.pages[at] : measured.pages[at + 1]])
        host_pages[at] = own[-min(TELLING, len(own))] if len(own) else 1.0
    return Recurrence(lines=lines, blind=looked_up(page, measured.blind, blind=True), host_pages=host_pages)
