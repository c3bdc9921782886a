"""What dq says on a terminal: results on standard output, talk and progress on standard error.

On a terminal progress is drawn in place (rich); elsewhere it is plain lines. All scraped text goes through `shown`, so
that no markup, control character or bidi override of a page reaches the reader's terminal.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dq.dedup import Duplicates
from dq.figures import Figures, percent
from dq.gate import Verdict, document, verdict_json
from dq.report import Comparison
from dq.run import Explained, Talk

PLAIN_EVERY = 10.0
"""Seconds between two lines of progress where nothing can be drawn in place."""
LABEL_STYLES = {
    "title": "bold green",
    "subtitle": "green",
    "body": "green",
    "caption": "cyan",
    "byline": "cyan",
    "date": "cyan",
    "credit": "cyan",
    "tags": "cyan",
    "related": "yellow",
    "repeat": "magenta",
}
"""Kept text is green, what is read into metadata cyan, other articles yellow, copies magenta; the rest is dim."""
MARKS = {"pass": "PASSED", "warnings": "PASSED WITH WARNINGS", "fail": "FAILED"}
STYLES = {"pass": "bold green", "warnings": "bold yellow", "fail": "bold red"}


def shown(text: object) -> str:
    r"""`text` on one line, control and bidi characters left out.

    >>> shown("a\x1b[31m\u202eb\nc")
    'a[31mb c'
    """
    joined = " ".join(str(text).split())
    return "".join(char for char in joined if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})


@contextmanager
def talking() -> Iterator[Talk]:
    """A Talk for this terminal, or plain lines where standard error is none; dq's own log goes there as well."""
    logging.basicConfig(format="dq: %(message)s", stream=sys.stderr)
    logging.getLogger("dq").setLevel(logging.INFO)
    if not sys.stderr.isatty():
        yield PlainTalk()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield BarTalk(progress)


class BarTalk:
    """Draws each step in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("start", total=None, note="")
        self._done = 0

    def step(self, name: str) -> None:
        """Names the step that begins."""
        self._progress.update(self._task, description=name, note="")

    def pages(self, done: int) -> None:
        """Counts pages up."""
        self._done += done
        self._progress.update(self._task, note=f"{self._done:,} pages")


class PlainTalk:
    """Prints a line a step, and one every few seconds while pages are cleaned."""

    def __init__(self) -> None:
        self._done = 0
        self._told = time.monotonic()

    def step(self, name: str) -> None:
        """Prints the step's name."""
        print(f"dq: {name}", file=sys.stderr)

    def pages(self, done: int) -> None:
        """Prints how many pages are done, now and then."""
        self._done += done
        if time.monotonic() - self._told >= PLAIN_EVERY:
            self._told = time.monotonic()
            print(f"dq: {self._done:,} pages", file=sys.stderr)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def show_verdict(folder: Path, verdict: Verdict, *, as_json: bool) -> None:
    """The verdict, each expectation that failed, and where the report lies."""
    if as_json:
        print(verdict_json(verdict), end="")
        return
    console = _console()
    console.print(Text(MARKS[verdict.verdict], style=STYLES[verdict.verdict]), end="  ")
    counts = verdict.counts
    console.print(f"{counts['pages']} pages, {counts['articles']} articles, {counts['published']} after deduplication")
    for failure in document(verdict)["failures"]:
        line = Text(f"  {failure['severity']:<8} ", style="red" if failure["severity"] == "critical" else "yellow")
        what = ".".join(shown(failure[name]) for name in ("suite", "column") if failure[name])
        line.append(f"{what}: {shown(failure['expectation'])}", style="default")
        line.append(f" (observed {shown(failure['observed'])}; demanded {shown(failure['threshold'])})", style="dim")
        console.print(line)
    console.print(f"report: {folder / 'report.html'}")


def show_figures(folder: Path, figures: Figures, *, as_json: bool) -> None:
    """What `dq clean` made."""
    if as_json:
        print(json.dumps(dataclasses.asdict(figures) | {"folder": str(folder)}))
        return
    kept = percent(figures.characters_kept, figures.characters)
    print(
        f"{figures.pages} pages: {figures.pages_ok} ok, {figures.pages_empty} empty, {figures.pages_rejected} rejected"
    )
    print(f"{figures.articles} articles ({figures.further_articles} beside a page's main one); {kept} of the text kept")
    print(f"tables: {folder}")


def show_duplicates(folder: Path, found: Duplicates, *, as_json: bool) -> None:
    """What `dq dedup` found."""
    counts = {name: getattr(found, name).height for name in ("duplicates", "clusters", "reuse", "passages")}
    if as_json:
        print(json.dumps(counts | {"folder": str(folder)}))
        return
    inside = int(found.clusters["size"].sum())
    copies = inside - counts["clusters"]
    print(f"{counts['duplicates']} pairs; {counts['clusters']} clusters of {inside} texts, {copies} of them copies")
    print(f"{counts['reuse']} reused passages in {counts['passages']} places")
    print(f"tables: {folder}")


def show_page(explained: Explained) -> None:
    """Every line of a page with its label, reason and score, its articles, and its duplicates with the evidence."""
    console = _console()
    page = explained.page
    console.print(Text(shown(page["url"] or page["path"]), style="bold"))
    console.print(
        f"page {page['page_id']}, {page['format']}, {page['status']}"
        + (f": {shown(page['problem'])}" if page["problem"] else "")
    )
    if explained.further:
        console.print("the first of several pages of that name", style="dim")
    console.print(_lines_table(explained.lines))
    for article in explained.articles:
        console.print(Text(f"article {article['ordinal']}" + (" (main)" if article["is_main"] else ""), style="bold"))
        for name in ("title", "subtitle", "authors", "credit", "published_at", "language", "n_words"):
            if article[name]:
                console.print(Text(f"  {name:<13}{shown(_told(article[name]))}"))
    _show_pairs(console, explained)


def _lines_table(lines: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("line", justify="right")
    table.add_column("article", justify="right")
    table.add_column("label")
    table.add_column("reason")
    table.add_column("score", justify="right")
    table.add_column("text", overflow="fold", ratio=1)
    for row in lines:
        style = LABEL_STYLES.get(row["label"], "dim")
        article = "" if row["article"] is None else str(row["article"])
        cells = (str(row["line"]), article, row["label"], row["reason"], f"{row['score']:.2f}", shown(row["text"]))
        table.add_row(*(Text(cell, style=style) for cell in cells))
    return table


def _show_pairs(console: Console, explained: Explained) -> None:
    own = {article["article_id"] for article in explained.articles}
    for pair in explained.duplicates:
        other = pair["right_id"] if pair["left_id"] in own else pair["left_id"]
        console.print(
            f"{pair['relation']} of article {other}: Jaccard {pair['jaccard']:.2f}, containment "
            f"{pair['containment_left']:.2f} and {pair['containment_right']:.2f}, longest shared run "
            f"{pair['longest_shared_words']} words, {pair['bands_hit']} bands hit"
        )
    for cluster in explained.clusters:
        console.print(
            f"cluster {cluster['cluster_id']}: {cluster['size']} articles on {cluster['n_hosts']} hosts; "
            f"{cluster['canonical_id']} stands for it: {cluster['canonical_reason']}"
        )


def _told(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def show_comparison(compared: Comparison, *, as_json: bool) -> None:
    """What changed between two runs."""
    frames = {"counts": compared.counts, "hosts": _changes(compared.hosts), "checks": compared.checks}
    verdicts = [verdict.verdict for verdict in compared.verdicts]
    if as_json:
        print(
            json.dumps({"verdicts": verdicts} | {name: frame.to_dicts() for name, frame in frames.items()}, default=str)
        )
        return
    console = _console()
    console.print(f"verdict: {MARKS[verdicts[0]]} -> {MARKS[verdicts[1]]}")
    for name, frame in frames.items():
        if frame.height:
            console.print(_plain_table(name, frame))
        else:
            console.print(f"{name}: no change")


def _changes(hosts: pl.DataFrame) -> pl.DataFrame:
    """Only figures that differ, and hosts that came or went."""
    return hosts.filter((pl.col("change") != "both") | (pl.col("difference").fill_null(0) != 0))


def _plain_table(name: str, frame: pl.DataFrame) -> Table:
    table = Table(title=name, title_justify="left", box=None, pad_edge=False)
    for column in frame.columns:
        table.add_column(column, justify="right" if frame.schema[column].is_numeric() else "left", overflow="fold")
    for row in frame.iter_rows():
        table.add_row(*(Text(_cell(value)) for value in row))
    return table


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.3g}" if isinstance(value, float) else shown(value)
