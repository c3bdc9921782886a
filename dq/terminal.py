"""What dq says on a terminal: results on standard output, talk and progress on standard error.

On a terminal progress is drawn in place (rich); elsewhere it is plain lines. All text that is not ours goes through
`shown` or `printable`, and no console reads markup: nothing of a page or of a file's name steers the reader's terminal.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from dq.agreement import Recorded, Regression, counts
from dq.dedup import Duplicates
from dq.errors import printable, shown
from dq.explain import OTHERS, Explained, ExplainedPair
from dq.figures import Figures, percent
from dq.gate import Outcome, Verdict, verdict_json
from dq.report import Comparison
from dq.report.diff import Diff
from dq.report.wording import counted, demand, quantity_and_bound
from dq.reviews import Case, LineCase, PairCase, case_row
from dq.run import Talk

if TYPE_CHECKING:
    from dq.dedup.pair import Overlap
    from dq.history import Status

PLAIN_EVERY = 10.0
"""Seconds between two lines of progress where nothing can be drawn in place."""
DIFF_MARKS = {"equal": ("", ""), "delete": ("[--]", "red"), "insert": ("{++}", "green")}
"""What stands around words that are in one text only, as git's word diff has it, and their colour."""
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


class PrintableFormatter(logging.Formatter):
    """Log lines without what steers a terminal: they name files and columns, which can be called anything."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return printable(super().format(record))


@contextmanager
def talking() -> Iterator[Talk]:
    """A Talk for this terminal, or plain lines where standard error is none; dq's own log goes there as well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter("dq: %(message)s"))
    logging.basicConfig(handlers=[handler])
    logging.getLogger("dq").setLevel(logging.INFO)
    if not sys.stderr.isatty():
        yield PlainTalk()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=plain_console(stderr=True), transient=True) as progress:
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
        self._progress.update(self._task, note=counted(self._done, "page"))

    def say(self, text: str) -> None:
        """Prints a line above what is drawn."""
        self._progress.console.print(f"dq: {shown(text)}")


class PlainTalk:
    """Prints a line a step, and one every few seconds while pages are cleaned."""

    def __init__(self) -> None:
        self._done = 0
        self._told = time.monotonic()

    def step(self, name: str) -> None:
        """Prints the step's name."""
        self.say(name)

    def pages(self, done: int) -> None:
        """Prints how many pages are done, now and then."""
        self._done += done
        if time.monotonic() - self._told >= PLAIN_EVERY:
            self._told = time.monotonic()
            self.say(counted(self._done, "page"))

    def say(self, text: str) -> None:
        """Prints a line."""
        print(f"dq: {shown(text)}", file=sys.stderr)


def plain_console(*, stderr: bool = False) -> Console:
    """Where rich writes to: a console that reads no markup in what it is given."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=not stream.isatty())


def show_verdict(folder: Path, verdict: Verdict, *, as_json: bool) -> None:
    """The verdict, each expectation that failed, and where the report lies."""
    if as_json:
        print(verdict_json(verdict), end="")
        return
    console = plain_console()
    console.print(Text(MARKS[verdict.verdict], style=STYLES[verdict.verdict]), end="  ")
    counts = verdict.counts
    of_pages = f"{counted(counts['pages'], 'page')}, {counted(counts['articles'], 'article')}"
    console.print(f"{of_pages}, {counts['published']:,} after deduplication")
    for failure in verdict.failures:
        console.print(_failure_line(failure))
    console.print(f"report: {printable(folder / 'report.html')}")


def _failure_line(failure: Outcome) -> Text:
    """An expectation that did not hold: how grave, what it demands, what was observed, and why it is there."""
    severity = failure.check.severity
    quantity, bound = quantity_and_bound(failure.threshold)
    sentence = demand(failure.check.type, failure.column or "", bound)
    of_which = "" if quantity in {"", "every row"} else f", demanded of {quantity}"
    line = Text(f"  {severity:<8} ", style="red" if severity == "critical" else "yellow")
    line.append(shown(f"{failure.check.table}: {sentence}"), style="default")
    told = f"(observed {failure.observed}{of_which}). {first_sentence(failure.check.note)}"
    line.append(f" {shown(told)}", style="dim")
    return line


def first_sentence(text: str) -> str:
    """The first sentence of a note.

    >>> first_sentence("An article has a title. Without one it cannot be listed.")
    'An article has a title.'
    """
    return re.split(r"(?<=[.!?\u061f])\s", text, maxsplit=1)[0]


def show_figures(folder: Path, figures: Figures, *, as_json: bool) -> None:
    """What `dq clean` made."""
    if as_json:
        print(json.dumps(dataclasses.asdict(figures) | {"folder": str(folder)}))
        return
    kept = percent(figures.characters_kept, figures.characters)
    states = f"{figures.pages_ok:,} ok, {figures.pages_empty:,} empty, {figures.pages_rejected:,} rejected"
    print(f"{counted(figures.pages, 'page')}: {states}")
    articles = counted(figures.articles, "article")
    print(f"{articles} ({figures.further_articles:,} beside a page's main one); {kept} of the text kept")
    print(f"tables: {printable(folder)}")


def show_duplicates(folder: Path, found: Duplicates, *, as_json: bool) -> None:
    """What `dq dedup` found."""
    counts = {name: getattr(found, name).height for name in ("duplicates", "clusters", "reuse", "passages")}
    if as_json:
        print(json.dumps(counts | {"folder": str(folder)}))
        return
    inside = int(found.clusters["size"].sum())
    copies = inside - counts["clusters"]
    groups = f"{counted(counts['clusters'], 'cluster')} of {counted(inside, 'text')}"
    print(f"{counted(counts['duplicates'], 'pair')}; {groups}, with {counted(copies, 'copy', 'copies')}")
    print(f"{counted(counts['reuse'], 'reused passage')} in {counted(counts['passages'], 'place')}")
    print(f"tables: {printable(folder)}")


def show_history(url: str, status: Status, *, as_json: bool) -> None:
    """What `dq index status` tells."""
    if as_json:
        print(json.dumps(dataclasses.asdict(status) | {"history": url}, default=str))
        return
    print(f"{counted(status.articles, 'article')} of {counted(status.batches, 'batch', 'batches')} in {printable(url)}")
    print(f"{counted(status.clusters, 'cluster')} of {counted(status.clustered, 'article')}")
    if status.first_added_at and status.last_added_at:
        print(f"added from {status.first_added_at:%Y-%m-%d %H:%M} to {status.last_added_at:%Y-%m-%d %H:%M} UTC")
    gone = status.forgotten + status.superseded
    if gone:
        print(
            f"{status.forgotten} forgotten and {status.superseded} superseded still in the files: "
            "`dq index compact` takes them out"
        )


REVIEW_VERSION = 1
"""Version of what `dq review --json` prints."""


def show_review(recorded: Recorded, *, as_json: bool) -> None:
    """How far people agree with a run, kind by kind, and what became of their decisions."""
    merged, path = recorded.merged, recorded.path
    rates = [
        dataclasses.asdict(rate) | {"share": rate.share, "low": rate.interval[0], "high": rate.interval[1]}
        for rate in recorded.reviewed.rates
    ]
    if as_json:
        cases = {"file": str(path), "cases": len(merged.cases), "added": merged.added}
        cases |= {
            "without_case": recorded.reviewed.without_case,
            "replaced": [case_row(case) for case in merged.replaced],
        }
        print(
            json.dumps({"schema_version": REVIEW_VERSION, "run_id": recorded.reviewed.run_id, "rates": rates} | cases)
        )
        return
    for rate in rates:
        of_all = f"{rate['accepted']:,} of {rate['reviewed']:,} accepted, {percent(rate['accepted'], rate['reviewed'])}"
        interval = f"95% interval {percent(rate['low'])} to {percent(rate['high'])}"
        print(shown(f"{rate['kind']}, {rate['decision']}: {of_all} ({interval})"))
    print(f"{counted(len(merged.cases), 'case')} in {printable(path)}, {merged.added:,} of them new")
    for case in merged.replaced:
        print(f"  otherwise than before: {shown(_case_told(case))}")


def show_regression(regression: Regression, *, as_json: bool) -> None:
    """How far a run agrees with cases, kind by kind, and each case that it decides otherwise."""
    rows = counts(regression.answers)
    if as_json:
        otherwise = [case_row(case) for case in regression.disagreements]
        told = {
            "schema_version": REVIEW_VERSION,
            "run_id": regression.run_id,
            "kinds": rows,
            "disagreements": otherwise,
        }
        print(json.dumps(told))
        return
    if not any(row["met"] for row in rows):
        print("no case is met in this run: nothing was held against it")
    for row in rows:
        met = f"{row['agreed']:,} of {row['met']:,} agreed, {row['disagreed']:,} disagreed"
        print(f"{row['kind']}: {met}; {row['not_met']:,} not met in this run")
    for case in regression.disagreements:
        print(f"  {shown(_case_told(case))}")


def _case_told(case: Case) -> str:
    """What is right, in a sentence."""
    if isinstance(case, LineCase):
        return (
            f"{'kept' if case.kept else 'removed'} on {case.host or case.url or 'pages without address'}: {case.text}"
        )
    if isinstance(case, PairCase):
        left, right = (" ".join(filter(None, (side.title, side.url or side.article_id))) for side in case.sides)
        return f"{'one story' if case.together else 'not one story'}: {left} | {right}"
    return f"{'no article' if case.empty else 'an article'} on {case.url or case.page_id}"


def show_page(explained: Explained) -> None:
    """Every line of a page with its label, reason and score, its articles, and its duplicates with the evidence."""
    console = plain_console()
    page = explained.page
    console.print(Text(shown(page["url"] or page["path"]), style="bold"))
    console.print(
        f"page {page['page_id']}, {page['format']}, {page['status']}"
        + (f": {shown(page['problem'])}" if page["problem"] else "")
    )
    if explained.others:
        console.print(_others_told(explained.others), style="dim")
    console.print(_lines_table(explained.lines))
    for article in explained.articles:
        console.print(Text(f"article {article['ordinal']}" + (" (main)" if article["is_main"] else ""), style="bold"))
        for name in ("title", "subtitle", "authors", "credit", "published_at", "date_source", "language", "n_words"):
            if article[name]:
                console.print(Text(f"  {name:<13}{shown(_told(article[name]))}"))
    _show_pairs(console, explained)


def _others_told(others: tuple[str, ...]) -> str:
    """How many further pages have the name, and their ids; no more than `OTHERS` of them are known."""
    least = "at least " if len(others) >= OTHERS else ""
    return f"{least}{counted(len(others), 'further page')} of that name: {', '.join(others)}"


def _lines_table(lines: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    table.add_column("line", justify="right")
    table.add_column("article", justify="right")
    table.add_column("label")
    table.add_column("score", justify="right")
    table.add_column("text, reason, and what spoke for or against it (log-odds)", overflow="fold", ratio=1)
    for row in lines:
        style = LABEL_STYLES.get(row["label"], "dim")
        article = "" if row["article"] is None else str(row["article"])
        cells = (str(row["line"]), article, row["label"], f"{row['score']:.2f}")
        why = f"{row['reason']} ({row['evidence']})" if row["evidence"] else row["reason"]
        text = Text.assemble((shown(row["text"]), style), (f"\n{shown(why)}", "dim italic"))
        table.add_row(*(Text(cell, style=style) for cell in cells), text)
    return table


def _show_pairs(console: Console, explained: Explained) -> None:
    own = {article["article_id"] for article in explained.articles}
    for pair in explained.duplicates:
        other = pair["right_id"] if pair["left_id"] in own else pair["left_id"]
        console.print(
            f"{pair['relation']} of article {other}: Jaccard {pair['jaccard']:.2f}, containment "
            f"{pair['containment_left']:.2f} and {pair['containment_right']:.2f}, longest shared run "
            f"{counted(pair['longest_shared_words'], 'word')}, {counted(pair['bands_hit'], 'band')} hit"
        )
    _show_clusters(console, explained.clusters)


def _show_clusters(console: Console, clusters: list[dict[str, Any]]) -> None:
    for cluster in clusters:
        console.print(
            f"cluster {cluster['cluster_id']}: {counted(cluster['size'], 'article')} on "
            f"{counted(cluster['n_hosts'], 'host')}; {cluster['canonical_id']} stands for it: "
            f"{shown(cluster['canonical_reason'])}"
        )


def show_pair(explained: ExplainedPair) -> None:
    """Two articles: what their signatures and their words share, the difference, and which one stands for both."""
    console = plain_console()
    for side in ("left", "right"):
        article = getattr(explained, side)
        console.print(Text(f"{side:<6}{shown(article['id'])}  {shown(article['title'] or '')}", style="bold"))
        told = [
            article["host"],
            article["url"],
            article["date"],
            f"{getattr(explained.overlap, f'{side}_words')} words",
        ]
        console.print(Text(f"      {', '.join(shown(value) for value in told if value is not None)}", style="dim"))
    for line in _evidence(explained.overlap, explained.row):
        console.print(Text(line))
    for text, n_words in explained.overlap.passages:
        console.print(Text(f"shared, {counted(n_words, 'word')}: {shown(text)}", style="green"))
    console.print(Text("left to right, word by word:", style="bold"))
    console.print(_diff_told(explained.diff))
    _show_clusters(console, explained.clusters)


def _evidence(overlap: Overlap, row: dict[str, Any] | None) -> Iterator[str]:
    agreement = f"the signatures agree in {percent(overlap.estimated_jaccard)} of their values"
    bands = f" ({', '.join(map(str, overlap.bands))})" if overlap.bands else ""
    yield f"{agreement}, and meet in {len(overlap.bands)} of {overlap.n_bands} bands{bands}"
    yield (
        f"{overlap.shared_shingles} shared shingles of {overlap.left_shingles} and {overlap.right_shingles}: Jaccard "
        f"{overlap.jaccard:.3f}, containment {overlap.containment_left:.3f} and {overlap.containment_right:.3f}; "
        f"longest shared run {counted(overlap.longest_shared_words, 'word')}"
    )
    if overlap.folded_only:
        yield "they match only after Unicode folding"
    yield f"{'alike' if overlap.alike else 'not alike'}: {overlap.decision}"
    if row is not None:
        titles = "" if row.get("title_likeness") is None else f", titles {percent(row['title_likeness'])} alike"
        days = "" if row.get("days_between") is None else f", {row['days_between']:.1f} days apart"
        yield f"reported as {row['relation']}{titles}{days}"
    elif overlap.alike:
        yield "not reported there: what they share is common in the batch, a formula or a template, or they never met"


def _diff_told(diff: Diff) -> Text:
    told = Text()
    for part in diff.parts:
        if part.kind == "gap":
            told.append(f" [... {counted(part.words, 'word')} ...] ", style="dim")
        else:
            mark, style = DIFF_MARKS[part.kind]
            told.append(f"{mark[:2]}{printable(part.text).rstrip()}{mark[2:]} ", style=style)
    if diff.uncompared:
        told.append(f"({counted(diff.uncompared, 'further word')} not compared)", style="dim")
    return told


def _told(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def show_comparison(compared: Comparison, *, as_json: bool) -> None:
    """What changed between two runs."""
    frames = {"counts": compared.counts, "hosts": _changes(compared.hosts), "checks": compared.checks}
    verdicts = [verdict.verdict for verdict in compared.verdicts]
    if as_json:
        told = {
            "schema_version": 1,
            "verdicts": verdicts,
            "lines": compared.lines.height,
            "pairs": compared.pairs.height,
        }
        print(json.dumps(told | {name: frame.to_dicts() for name, frame in frames.items()}, default=str))
        return
    console = plain_console()
    console.print(f"verdict: {MARKS[verdicts[0]]} -> {MARKS[verdicts[1]]}")
    for name, frame in frames.items():
        if frame.height:
            console.print(_plain_table(name, frame))
        else:
            console.print(f"{name}: no change")
    console.print(f"lines decided otherwise: {compared.lines.height:,}; pairs: {compared.pairs.height:,}")


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
