"""The pipeline: scraped pages in, a verdict and a report out.

    pages -> clean -> deduplicate -> figures -> gate -> report

A run's folder appears whole or not at all: the work goes on in `<run-id>.part` beside it and is renamed at the end. The
same command finds an unfinished one and resumes it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from filelock import FileLock, Timeout

from dq.clean import clean_page
from dq.dedup import Duplicates, find_duplicates, read_table
from dq.engine import SHARD_TABLES, clean_in_shards, gather
from dq.errors import FaultError, MissingInputError, NothingReadableError, UsageError
from dq.figures import Figures, sources
from dq.figures import count as count_figures
from dq.gate import Suite, Verdict, check, load_suites, suites_folder
from dq.ingest import decode_page, read_pages
from dq.options import EngineOptions, Options, ReportOptions, changed
from dq.report import write_report
from dq.tables import ARTICLES, CLUSTERS, DUPLICATES, LINES, PAGES, PARAGRAPHS, SOURCES, TABLES, Table

REPORTS = Path("reports")
"""Where runs go by default."""
PART = ".part"
"""Ending of the folder of a run that is not finished."""
SCHEMA_VERSION = 1
"""Version of run.json."""
VERSIONED = ("polars", "trafilatura", "great-expectations", "datasketch", "rapidfuzz")
"""Packages whose versions are noted in run.json: those that can change a table or a verdict."""


class Talk(Protocol):
    """What hears how a run goes on; the command line shows it, a program may ignore it."""

    def step(self, name: str) -> None:
        """A step begins."""

    def pages(self, done: int) -> None:
        """So many more pages were cleaned."""


class Silence:
    """A Talk that says nothing."""

    def step(self, name: str) -> None:
        """Ignored."""

    def pages(self, done: int) -> None:
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
    verdict: Verdict | None = None
    timings: tuple[tuple[str, float], ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A finished run: its folder and its verdict."""

    folder: Path
    verdict: Verdict


def clean(run: Run) -> Run:
    """Pages, lines, articles and paragraphs from the input, shard by shard."""
    work = run.folder / "shards"
    work.mkdir(parents=True, exist_ok=True)
    pages = read_pages(run.inputs, run.options.ingest)
    shards = clean_in_shards(pages, work, run.options, progress=run.talk.pages)
    if not shards:
        raise NothingReadableError(f"no page was found in {', '.join(run.inputs)}: the files hold no records")
    for table in SHARD_TABLES:
        gather(table, shards, table.file(run.folder))
    shutil.rmtree(work)
    return run


def deduplicate(run: Run) -> Run:
    """Duplicates, clusters, reuse and passages; articles and paragraphs learn what they belong to."""
    articles = pl.read_parquet(ARTICLES.file(run.folder))
    found = find_duplicates(
        articles.select("article_id", "title", "host", "url", id="article_id", text="body", date="published_at").drop(
            "article_id"
        ),
        run.options.dedup,
    )
    write_duplicates(found, run.folder)
    joined = articles.drop("cluster_id", "is_canonical").join(
        found.membership, left_on="article_id", right_on="id", how="left"
    )
    ARTICLES.conform(joined.with_columns(pl.col("is_canonical").fill_null(value=True))).write_parquet(
        ARTICLES.file(run.folder)
    )
    paragraphs = pl.read_parquet(PARAGRAPHS.file(run.folder)).drop("reuse_id", "reuse_articles", "reuse_hosts")
    reused = paragraphs.join(found.paragraphs, on=["article_id", "paragraph"], how="left")
    counts = [pl.col(name).fill_null(1) for name in ("reuse_articles", "reuse_hosts")]
    PARAGRAPHS.conform(reused.with_columns(counts)).write_parquet(PARAGRAPHS.file(run.folder))
    return run


def write_duplicates(found: Duplicates, folder: Path) -> None:
    """The four tables that deduplication makes."""
    for name in ("duplicates", "clusters", "reuse", "passages"):
        frame: pl.DataFrame = getattr(found, name)
        TABLES[name].conform(frame).write_parquet(TABLES[name].file(folder))


def count(run: Run) -> Run:
    """The table sources: one row a host."""
    pages, articles = (pl.scan_parquet(TABLES[name].file(run.folder)) for name in ("pages", "articles"))
    sources(pages, articles, run.options.gate.languages).write_parquet(SOURCES.file(run.folder))
    return run


def judge(run: Run) -> Run:
    """The gate: checks, rejected rows, the verdict and its outputs for CI."""
    figures = figures_of(run.folder)
    found = check(run.folder, run.suites, run.options.gate, figures=figures, run_id=run.run_id, started=run.started)
    return dataclasses.replace(run, verdict=found)


def draw(run: Run) -> Run:
    """The report, and run.json that it reads."""
    write_run_json(run)
    write_report(run.folder, run.options.report)
    return run


STEPS: tuple[tuple[str, Callable[[Run], Run]], ...] = (
    ("clean", clean),
    ("deduplicate", deduplicate),
    ("figures", count),
    ("gate", judge),
    ("report", draw),
)
"""The pipeline, in order."""


def run(inputs: Sequence[str | Path], options: Options, *, out: Path = REPORTS, talk: Talk | None = None) -> Outcome:
    """Runs the whole pipeline on `inputs` (files, folders, patterns) into a new folder below `out`.

    Raises UsageError for a wrong call (before any work), NothingReadableError where the input holds no page, FaultError
    where dq itself fails. A failing gate is no error: it is the outcome's verdict.
    """
    suites = load_suites(suites_folder(options.gate))  # what cannot be used is told before the work, not after it
    told = talk or Silence()
    with working_folder(inputs, options, out) as begun:
        current = dataclasses.replace(begun, suites=suites, talk=told)
        for name, step in STEPS:
            told.step(name)
            began = time.perf_counter()
            current = step(current)
            spent = (name, time.perf_counter() - began)
            current = dataclasses.replace(current, timings=(*current.timings, spent))
    if current.verdict is None:
        raise FaultError("the pipeline ended without a verdict")
    return Outcome(folder=finish(current, out), verdict=current.verdict)


def clean_only(inputs: Sequence[str | Path], options: Options, *, out: Path, talk: Talk | None = None) -> Figures:
    """Pages, lines, articles and paragraphs of `inputs`, right in the folder `out`; resumes what is unfinished."""
    out.mkdir(parents=True, exist_ok=True)
    clean(start(inputs, options, out, run_id="", talk=talk))
    return figures_of(out)


def dedup_only(table: Path, options: Options, *, out: Path) -> Duplicates:
    """Duplicates, clusters, reuse and passages of the texts in any table, right in the folder `out`."""
    found = find_duplicates(read_table(table, options.ingest.columns), options.dedup)
    out.mkdir(parents=True, exist_ok=True)
    write_duplicates(found, out)
    return found


def gate_again(folder: Path, options: Options) -> Verdict:
    """Judges a finished run again, after an edit in expectations/ say, and draws its report again."""
    noted = read_run_json(folder)
    suites = load_suites(suites_folder(options.gate))
    started = datetime.fromisoformat(noted["started_at"])
    verdict = check(folder, suites, options.gate, figures=figures_of(folder), run_id=noted["run_id"], started=started)
    write_report(folder, options.report)
    return verdict


def draw_again(folder: Path, options: Options) -> Path:
    """Draws the report of a finished run again; returns its path."""
    read_run_json(folder)
    return write_report(folder, options.report)


def start(
    inputs: Sequence[str | Path], options: Options, folder: Path, *, run_id: str, talk: Talk | None = None
) -> Run:
    """A run that is about to begin in `folder`."""
    return Run(
        run_id=run_id,
        folder=folder,
        inputs=tuple(map(str, inputs)),
        options=options,
        talk=talk or Silence(),
        started=datetime.now(UTC).replace(microsecond=0),
    )


@contextmanager
def working_folder(inputs: Sequence[str | Path], options: Options, out: Path) -> Iterator[Run]:
    """An unfinished run of the same command, or a new one; its folder `<run-id>.part` is locked while it is at work.

    The folder stays where the run fails, so that the next try resumes; it goes where the call itself was wrong.
    """
    out.mkdir(parents=True, exist_ok=True)
    mark = command_mark(inputs, options)
    for run_id in [
        *(part.name.removesuffix(PART) for part in sorted(out.glob(f"*-{mark}{PART}"))),
        new_run_id(out, mark),
    ]:
        folder = out / f"{run_id}{PART}"
        lock = FileLock(out / f".{run_id}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:  # the same command is at work on it right now
            continue
        break
    folder.mkdir(exist_ok=True)
    try:
        yield start(inputs, options, folder, run_id=run_id)
    except (UsageError, NothingReadableError):
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def command_mark(inputs: Sequence[str | Path], options: Options) -> str:
    """Eight hex digits that tell commands apart: the inputs and every option that changes what is computed."""
    decisive = dataclasses.replace(options, engine=EngineOptions(), report=ReportOptions(), origins={})
    text = repr((sorted(map(str, inputs)), decisive, metadata.version("dq")))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def new_run_id(out: Path, mark: str) -> str:
    """A name that sorts by time and is not taken: `20260131T080000Z-1a2b3c4d`."""
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stem}-{mark}" if n == 1 else f"{stem}-{n}-{mark}" for n in itertools.count(1))
    return next(name for name in names if not (out / name).exists() and not (out / f"{name}{PART}").exists())


def finish(current: Run, out: Path) -> Path:
    """The run's folder under its own name, with `latest` pointing to it."""
    final = out / current.run_id
    current.folder.rename(final)
    latest = out / "latest"
    try:
        latest.unlink(missing_ok=True)
        latest.symlink_to(final.name, target_is_directory=True)
    except OSError:  # Windows without the right to make links, or a folder of that name
        with contextlib.suppress(OSError):
            latest.write_text(final.name + "\n", encoding="utf-8")
    return final


def figures_of(folder: Path) -> Figures:
    """The counts of a run's folder."""
    pages, lines, articles = (pl.scan_parquet(TABLES[name].file(folder)) for name in ("pages", "lines", "articles"))
    return count_figures(pages, lines, articles)


def write_run_json(current: Run) -> None:
    """run.json: what ran, with which options and versions, and how long each step took."""
    noted = {
        "schema_version": SCHEMA_VERSION,
        "run_id": current.run_id,
        "started_at": current.started.isoformat(),
        "finished_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "inputs": list(current.inputs),
        "options": changed(current.options),
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("dq", *VERSIONED)},
        },
        "timings": [{"step": step, "seconds": round(seconds, 3)} for step, seconds in current.timings],
    }
    text = json.dumps(noted, ensure_ascii=False, indent=2)
    (current.folder / "run.json").write_text(text + "\n", encoding="utf-8")


def read_run_json(folder: Path) -> dict[str, Any]:
    """run.json of a finished run; MissingInputError where `folder` is none."""
    try:
        noted: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MissingInputError(
            f"{folder} is not the folder of a finished run (no readable run.json); dq run makes one"
        ) from error
    return noted


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """One page with all that was decided on it: its row of pages, its lines, articles and duplicates, as rows.

    `further` counts pages beside it that the name also fits.
    """

    page: dict[str, Any]
    lines: list[dict[str, Any]]
    articles: list[dict[str, Any]]
    duplicates: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    further: int


def explain(name: str, options: Options, *, folder: Path) -> Explained:
    """The page in the file `name`, cleaned now; else the page of that id, address or path in the run in `folder`."""
    if Path(name).exists():
        pages = [decode_page(raw, options.ingest) for raw in itertools.islice(read_pages([name], options.ingest), 2)]
        done = clean_page(pages[0], options.clean)
        page = {column: value for column, value in dataclasses.asdict(done.page).items() if column != "content"}
        return _explained(page, list(done.lines), list(done.articles), folder, len(pages) - 1)
    if not PAGES.file(folder).is_file():
        raise MissingInputError(
            f"{name} is no file, and {folder} holds no run in which to look for a page of that name"
        )
    names = ("page_id", "url", "source_id", "path")
    found = pl.scan_parquet(PAGES.file(folder)).filter(pl.any_horizontal(pl.col(names) == name)).collect().to_dicts()
    if not found:
        raise MissingInputError(f"{name} is no file, and no page id, address, source id or path in {folder}")
    page_id = found[0]["page_id"]
    lines, articles = (_rows_of(table, folder, pl.col("page_id") == page_id) for table in (LINES, ARTICLES))
    return _explained(found[0], lines, articles, folder, len(found) - 1)


def _explained(page: dict[str, Any], lines: list[Any], articles: list[Any], folder: Path, further: int) -> Explained:
    ids = [article["article_id"] for article in articles]
    pairs, clusters = [], []
    if DUPLICATES.file(folder).is_file():
        pairs = _rows_of(DUPLICATES, folder, pl.col("left_id").is_in(ids) | pl.col("right_id").is_in(ids))
        inside = [row["cluster_id"] for row in _rows_of(ARTICLES, folder, pl.col("article_id").is_in(ids))]
        clusters = _rows_of(CLUSTERS, folder, pl.col("cluster_id").is_in(inside))
    return Explained(page=page, lines=lines, articles=articles, duplicates=pairs, clusters=clusters, further=further)


def _rows_of(table: Table, folder: Path, where: pl.Expr) -> list[dict[str, Any]]:
    return pl.scan_parquet(table.file(folder)).filter(where).sort(table.key).collect().to_dicts()
