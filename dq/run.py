"""The pipeline: scraped pages in, a verdict and a report out.

pages -> clean -> deduplicate -> figures -> gate -> report -> history
"""

from __future__ import annotations

import dataclasses
import platform
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from dq import runs
from dq.clean.reviewed import REVIEWED
from dq.dedup import Duplicates, find_duplicates, scan_table, texts_of
from dq.drift import against_past, newest_runs, past_rows
from dq.engine import SHARD_TABLES, clean_in_shards, gather, keep_template, raise_if_faulty
from dq.errors import DqError, FaultError, NothingReadableError, UsageError
from dq.figures import Figures, sources
from dq.figures import count as count_figures
from dq.gate import Suite, Verdict, check, load_suites, post_verdict, propose, suites_folder, with_host_rules
from dq.ingest import read_pages
from dq.options import DedupOptions, GateOptions, Options, changed, recall, settings
from dq.options import check as check_options
from dq.report import write_report
from dq.review_files import load
from dq.reviews import NO_REVIEWS, Reviews, line_key, place_of
from dq.tables import ARTICLES, CANDIDATES, LINES, PAGES, PARAGRAPHS, PAST, SOURCES, TABLES

if TYPE_CHECKING:
    from dq.history import History, Past

SCHEMA_VERSION = 1
"""Version of run.json."""
REPORTS = Path("reports")
"""Where runs go by default."""
HISTORY = "history"
"""Where the figures of earlier runs lie beside the runs, unless a history is named."""


class Talk(Protocol):
    """What hears how a run goes on; the command line shows it, a program may ignore it."""

    def step(self, name: str) -> None:
        """A step begins."""

    def pages(self, done: int) -> None:
        """So many more pages were cleaned."""

    def say(self, text: str) -> None:
        """Something that a user should know."""


class Silence:
    """A Talk that says nothing."""

    def step(self, name: str) -> None:
        """Ignored."""

    def pages(self, done: int) -> None:
        """Ignored."""

    def say(self, text: str) -> None:
        """Ignored."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run under way: where it works, what it was told, and what is known so far."""

    run_id: str
    folder: Path
    inputs: tuple[str, ...]
    options: Options
    talk: Talk
    started: datetime
    suites: tuple[Suite, ...] = ()
    reviews: Reviews = NO_REVIEWS
    found: Duplicates | None = None
    history: History | None = None
    verdict: Verdict | None = None
    timings: tuple[tuple[str, float], ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A finished run: its folder and its verdict."""

    folder: Path
    verdict: Verdict


def clean(run: Run) -> Run:
    """Pages, lines, articles and paragraphs from the input, shard by shard."""
    work = run.folder / runs.SHARDS
    work.mkdir(parents=True, exist_ok=True)
    pages = read_pages(run.inputs, run.options.ingest)
    shards = clean_in_shards(pages, work, run.options, progress=run.talk.pages, reviews=run.reviews)
    if not shards:
        raise NothingReadableError(f"no page was found in {', '.join(run.inputs)}: the files hold no records")
    for table in SHARD_TABLES:
        gather(table, shards, table.file(run.folder))
    raise_if_faulty(run.folder)
    keep_template(work, run.options)
    return run


def deduplicate(run: Run) -> Run:
    """Duplicates, clusters, reuse and passages; articles and paragraphs learn what they belong to."""
    articles = ARTICLES.scan(run.folder).collect()
    history = opened_history(run.options.dedup)
    found = find_duplicates(texts_of(articles), run.options.dedup, index=history, reviews=run.reviews.apart)
    write_duplicates(found, run.folder)
    members = found.membership.rename({"id": "article_id"})
    joined = articles.drop("cluster_id", "is_canonical").join(members, on="article_id", how="left")
    ARTICLES.write(joined.with_columns(pl.col("is_canonical").fill_null(value=True)), run.folder)
    paragraphs = PARAGRAPHS.scan(run.folder).collect().drop("reuse_id", "reuse_articles", "reuse_hosts")
    reused = paragraphs.join(found.paragraphs, on=["article_id", "paragraph"], how="left")
    PARAGRAPHS.write(reused.with_columns(pl.col("reuse_articles", "reuse_hosts").fill_null(1)), run.folder)
    return dataclasses.replace(run, found=found, history=history)


def opened_history(options: DedupOptions) -> History | None:
    """The history of earlier batches, where one is named."""
    if options.history is None:
        return None
    from dq.history import History  # noqa: PLC0415  # Delta takes a while to load, and most runs have none

    return History(options.history, options)


def write_duplicates(found: Duplicates, folder: Path) -> None:
    """The tables that deduplication makes; candidates of an earlier call go where this one keeps none."""
    CANDIDATES.file(folder).unlink(missing_ok=True)
    for name in ("duplicates", "audit", "clusters", "reuse", "passages"):
        TABLES[name].write(getattr(found, name), folder)
    if found.candidates is not None:
        CANDIDATES.write(found.candidates, folder)


def count(run: Run) -> Run:
    """The tables sources and past: one row a host, what its own earlier runs tell, and these runs themselves."""
    pages, articles = PAGES.scan(run.folder), ARTICLES.scan(run.folder)
    counted = sources(pages, articles, run.options.gate.languages)
    past = past_of(run).before(run.started, run_id=run.run_id)
    past = newest_runs(past, run.options.gate.past_runs)
    SOURCES.write(against_past(counted, past, run_id=run.run_id), run.folder)
    PAST.write(past, run.folder)
    return run


def past_of(run: Run) -> Past:
    """The figures of earlier runs: in the history that is named, else beside the runs."""
    from dq.history import Past  # noqa: PLC0415  # Delta takes a while to load, and `dq clean` does without

    return Past(run.options.dedup.history or run.folder.parent / HISTORY)


def judge(run: Run) -> Run:
    """The gate: checks, rejected rows, the verdict and its outputs for CI."""
    figures = figures_of(run.folder)
    found = check(run.folder, run.suites, run.options.gate, figures=figures, run_id=run.run_id, started=run.started)
    return dataclasses.replace(run, verdict=found)


def draw(run: Run) -> Run:
    """The report, and run.json that it reads."""
    runs.write(run.folder, told(run))
    write_report(run.folder, run.options.report)
    return run


def remember(run: Run) -> Run:
    """The run's figures go into the history; the articles of a batch that may be published too, where one is named."""
    try:
        past_of(run).record(past_rows(SOURCES.scan(run.folder).collect(), run.run_id, run.started))
    except UsageError as error:
        if run.options.dedup.history is not None:
            raise
        run.talk.say(f"this run's figures were not kept for later runs: {error}")
    if run.history is not None and run.found is not None and run.verdict is not None:
        if run.verdict.exit_code == 0:
            added = run.history.add(texts_of(ARTICLES.scan(run.folder).collect()), run.found)
            run.talk.say(f"{added} of the articles were new to the history {run.history.url}")
        else:
            run.talk.say(f"the gate failed: nothing was added to the history {run.history.url}")
    return run


STEPS: tuple[tuple[str, Callable[[Run], Run]], ...] = (
    ("clean", clean),
    ("deduplicate", deduplicate),
    ("figures", count),
    ("gate", judge),
    ("report", draw),
    ("history", remember),
)
"""The pipeline, in order."""


def run(inputs: Sequence[str | Path], options: Options, *, out: Path = REPORTS, talk: Talk | None = None) -> Outcome:
    """Runs the whole pipeline on `inputs` (files, folders, patterns) into a new folder below `out`.

    Raises UsageError for a wrong call (before any work), NothingReadableError where the input holds no page, FaultError
    where dq itself fails. A failing gate is no error: it is the outcome's verdict.
    """
    suites = ready(options)
    reviews = honoured(options, talk)
    read_pages(inputs, options.ingest)  # what is missing is told before a folder is made
    runs.prepare(out)
    with runs.claimed(out, runs.command_mark(inputs, options, reviews=reviews.mark)) as claim:
        begun = start(inputs, options, claim.folder, run_id=claim.run_id, talk=talk, suites=suites, reviews=reviews)
        if claim.resumed:
            begun.talk.say(f"resuming the unfinished run {claim.folder}")
        done = go_through(STEPS, begun)
        shutil.rmtree(claim.folder / runs.SHARDS)
        folder = runs.finish(claim, out)
    if done.verdict is None:
        raise FaultError("the pipeline ended without a verdict")
    deliver(done.verdict, options.gate, done.talk)
    return Outcome(folder=folder, verdict=done.verdict)


def deliver(verdict: Verdict, options: GateOptions, talk: Talk) -> None:
    """Posts the verdict where a webhook is named; what goes wrong is told, and changes no verdict."""
    problem = None if options.webhook is None else post_verdict(verdict, options.webhook)
    if problem is not None:
        talk.say(problem)


def go_through(steps: Sequence[tuple[str, Callable[[Run], Run]]], current: Run) -> Run:
    """The run after all `steps`; what fails in one is told with its name and with where the unfinished run lies."""
    for name, step in steps:
        current.talk.step(name)
        began = time.perf_counter()
        try:
            current = step(current)
        except DqError:
            raise
        except Exception as error:
            raise FaultError(
                f"the step {name} failed: {type(error).__name__}: {error}. The unfinished run is in {current.folder}; "
                f"the same command resumes it"
            ) from error
        current = dataclasses.replace(current, timings=(*current.timings, (name, time.perf_counter() - began)))
    return current


def ready(options: Options) -> tuple[Suite, ...]:
    """The suites of the gate; what cannot be used, in options or suites, is told before the work, not after it."""
    check_options(options)
    suites = load_suites(suites_folder(options.gate), python_regex=options.gate.python_regex)
    origin = options.origins.get("host_rules")
    return with_host_rules(suites, options.gate.host_rules, origin=origin.place if origin else "given in the call")


def honoured(options: Options, talk: Talk | None) -> Reviews:
    """What people decided, where a file of reviews is named or there by default; what is wrong with it is told here."""
    reviews = load(options.review)
    if reviews.cases and talk is not None:
        talk.say(f"what was reviewed is honoured: {len(reviews.cases):,} cases in {reviews.path}")
    return reviews


def clean_only(inputs: Sequence[str | Path], options: Options, *, out: Path, talk: Talk | None = None) -> Figures:
    """Pages, lines, articles and paragraphs of `inputs`, right in the folder `out`; resumes what is unfinished."""
    check_options(options)
    reviews = honoured(options, talk)
    read_pages(inputs, options.ingest)
    runs.prepare(out)
    go_through((("clean", clean),), start(inputs, options, out, run_id="", talk=talk, reviews=reviews))
    shutil.rmtree(out / runs.SHARDS)
    return figures_of(out)


def dedup_only(table: Path, options: Options, *, out: Path, talk: Talk | None = None) -> Duplicates:
    """Duplicates, clusters, reuse and passages of the texts in any table, right in the folder `out`.

    Where a history is named, they are looked for in it too, and the texts are added to it.
    """
    check_options(options)
    reviews = honoured(options, talk)
    history = opened_history(options.dedup)
    frame = scan_table(table, options.ingest.columns)
    found = find_duplicates(frame, options.dedup, index=history, reviews=reviews.apart)
    runs.prepare(out)
    write_duplicates(found, out)
    if history is not None:
        added = history.add(frame, found)
        (talk or Silence()).say(f"{added} of the texts were new to the history {history.url}")
    return found


def gate_again(folder: Path, options: Options, *, talk: Talk | None = None) -> Verdict:
    """Judges a finished run again, after an edit in expectations/ say, and draws its report again.

    Options that this call does not set are those of the run; figures that depend on them are counted anew.
    """
    folder = runs.resolve(folder)
    noted = runs.read(folder)
    options = recall(options, noted["settings"])
    again = start(noted["inputs"], options, folder, run_id=noted["run_id"], talk=talk, suites=ready(options))
    again = dataclasses.replace(again, started=datetime.fromisoformat(noted["started_at"]))
    done = go_through((("figures", count), ("gate", judge)), again)
    runs.write(folder, noted | {"options": changed(options), "settings": settings(options)})
    write_report(folder, options.report)
    if done.verdict is None:
        raise FaultError("the gate ended without a verdict")
    deliver(done.verdict, options.gate, done.talk)
    return done.verdict


def propose_suites(folders: Sequence[Path], *, out: Path) -> list[Path]:
    """Writes suites that these finished runs would pass into the folder `out`; returns their files."""
    if not folders:
        raise UsageError("no run was named: give the folders of finished runs, reports/latest for example")
    resolved = [runs.resolve(folder) for folder in folders]
    for folder in resolved:
        runs.read(folder)  # an unfinished run, or another folder, is told here
    return propose(resolved, out)


def draw_again(folder: Path, options: Options) -> Path:
    """Draws the report of a finished run again; returns its path."""
    return write_report(runs.resolve(folder), options.report)


def start(  # noqa: PLR0913  # what a run is made of, each named at the call
    inputs: Sequence[str | Path],
    options: Options,
    folder: Path,
    *,
    run_id: str,
    talk: Talk | None = None,
    suites: tuple[Suite, ...] = (),
    reviews: Reviews = NO_REVIEWS,
) -> Run:
    """A run that is about to begin in `folder`."""
    return Run(
        run_id=run_id,
        folder=folder,
        inputs=tuple(map(str, inputs)),
        options=options,
        talk=talk or Silence(),
        started=datetime.now(UTC).replace(microsecond=0),
        suites=suites,
        reviews=reviews,
    )


def figures_of(folder: Path) -> Figures:
    """The counts of a run's folder."""
    return count_figures(PAGES.scan(folder), LINES.scan(folder), ARTICLES.scan(folder))


def told(run: Run) -> dict[str, Any]:
    """What run.json tells: what ran, with which options and versions, and how long each step took."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run.run_id,
        "started_at": run.started.isoformat(),
        "finished_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "inputs": list(run.inputs),
        "options": changed(run.options),
        "settings": settings(run.options),
        "reviews": reviews_told(run),
        "versions": {"python": platform.python_version(), **runs.versions()},
        "timings": [{"step": step, "seconds": round(seconds, 3)} for step, seconds in run.timings],
    }


def reviews_told(run: Run) -> dict[str, Any] | None:
    """The file of reviews and what became of it, None where there is none.

    How many cases it holds; how many of them put lines right, and how many lines; how many keep a pair apart that is in
    the batch.
    """
    if run.reviews.path is None:
        return None
    pages = PAGES.scan(run.folder).select("page_id", "host", "url")
    changed = LINES.scan(run.folder).filter(pl.col("reason") == REVIEWED).select("page_id", "text")
    rows = changed.join(pages, on="page_id").collect().iter_rows(named=True)
    lines = [(place_of(row["host"], row["url"]), line_key(row["text"])) for row in rows]
    apart = None if run.found is None else run.found.apart
    return {
        "file": str(run.reviews.path),
        "cases": len(run.reviews.cases),
        "line_decisions": len(set(lines)),
        "lines_changed": len(lines),
        "pair_decisions": 0 if apart is None else apart["case"].n_unique(),
    }
