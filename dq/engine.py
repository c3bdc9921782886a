"""Runs the cleaning of pages over shards: in this process or in many; what was finished is found again and kept.

A shard is a run of pages in reading order. Each is read into a folder `<number>.draft`, and becomes, once all are read,
a folder `<number>` that holds its four tables; both bear the fingerprint of what went in, and appear whole or not at
all. Where the same command runs again, shards whose fingerprint still holds are not done again. The tables of all
shards are then gathered into one file a table whose rows and row groups depend on the rows alone, never on shards or
workers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import multiprocessing
import os
import pickle
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import metadata
from multiprocessing import connection
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import zstandard

from dq.clean import Drafts, count, decide, merge, read_drafts
from dq.clean.sites import TEMPLATE
from dq.errors import ConfigError, FaultError
from dq.ingest import RawPage, decode_page
from dq.options import Options
from dq.reviews import NO_LINES, NO_REVIEWS, LineReviews, Reviews
from dq.tables import ARTICLES, LINES, PAGES, PARAGRAPHS, Page, Table

SHARD_TABLES = (PAGES, LINES, ARTICLES, PARAGRAPHS)
SHARD_BYTES = 32_000_000
"""A shard ends early when its pages hold this many bytes, so that large pages do not pile up in memory."""
AHEAD = 2
"""Shards in flight for each worker: one at work, one waiting."""
GROUP_ROWS = 50_000
"""Rows of a row group, about: small enough to sort in memory, large enough to read fast."""
SHARD_GROUP_ROWS = 5_000
"""Rows of a row group in a shard; gathering reads only the groups in which its range of ids may stand."""
FINGERPRINT = "fingerprint"
KEYS_FILE, DRAFTS_FILE, TEMPLATE_FILE = "keys.parquet", "drafts.zst", "template.parquet"
FAULT = "dq failed on this page"
"""How the problem of a page begins on which cleaning itself failed."""
FAULTY_SHARE = 0.05
"""Share of such pages above which it is not the pages that are odd, but dq that is broken."""


def workers_for(options: Options) -> int:
    """Processes to use: the option, or one a core that this process may use."""
    if options.engine.workers > 0:
        return options.engine.workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def clean_in_shards(
    pages: Iterable[RawPage],
    folder: Path,
    options: Options,
    *,
    progress: Callable[[int], None],
    reviews: Reviews = NO_REVIEWS,
) -> list[Path]:
    """Cleans `pages` into shard folders below `folder`; returns them in reading order.

    Every shard is read first, then what recurs on its host is counted over all of them, then each is decided on: so a
    page is told from its host's template whichever shard the host's other pages are in. `progress` hears how many pages
    were read whenever a shard is; what people decided on lines in `reviews` is honoured. Raises FaultError where a
    worker dies or cleaning itself fails.
    """
    shards = cut(pages, options.engine.shard_pages)
    first = list(itertools.islice(shards, 2))
    workers = workers_for(options) if len(first) > 1 else 1
    reading = ((shard, (number, shard, folder, options)) for number, shard in enumerate(itertools.chain(first, shards)))
    drafts = _run(read_shard, reading, folder, workers, progress)
    template = folder / TEMPLATE_FILE
    mark = write_template(template, [draft / KEYS_FILE for draft in drafts], options)
    mark, lines = f"{mark} {reviews.mark}".rstrip(), reviews.lines
    deciding = (((), (number, draft, folder, template, mark, options, lines)) for number, draft in enumerate(drafts))
    return _run(decide_shard, deciding, folder, workers, lambda _: None)


def write_template(target: Path, keys: Sequence[Path], options: Options) -> str:
    """Counts what recurs on each host, with what earlier runs kept; returns the fingerprint of the counts."""
    template = count(keys)
    kept = Path(options.clean.template) if options.clean.template else None
    if kept is not None and kept.exists():
        template = merge(template, read_template(kept))
    template.write_parquet(target)
    return hashlib.blake2b(target.read_bytes(), digest_size=16).hexdigest()


def read_template(path: Path) -> pl.DataFrame:
    """What an earlier run kept; ConfigError where the file is something else."""
    try:
        template = pl.read_parquet(path, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ConfigError(f"{path} (template) cannot be read: {error}; remove it to begin a new one") from error
    if template.schema != TEMPLATE:
        raise ConfigError(f"{path} (template) is no template of hosts: it has the columns {template.columns}")
    return template


def keep_template(folder: Path, options: Options) -> None:
    """Keeps the counts of a finished cleaning in `folder` for later runs, where the options name a file for them."""
    if options.clean.template:
        target = Path(options.clean.template)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        shutil.copyfile(folder / TEMPLATE_FILE, part)
        part.replace(target)


def cut(pages: Iterable[RawPage], most: int) -> Iterator[list[RawPage]]:
    """Pages in lists of at most `most` pages and about SHARD_BYTES bytes."""
    shard: list[RawPage] = []
    size = 0
    for page in pages:
        shard.append(page)
        size += len(page.data)
        if len(shard) >= most or size >= SHARD_BYTES:
            yield shard
            shard, size = [], 0
    if shard:
        yield shard


Jobs = Iterable[tuple[Sequence[RawPage], tuple[Any, ...]]]
"""The pages that a job reads, and the arguments of its work."""
Work = Callable[..., Path]


def _run(work: Work, jobs: Jobs, folder: Path, workers: int, progress: Callable[[int], None]) -> list[Path]:
    if workers > 1:
        return _run_in_pool(work, jobs, folder, workers, progress)
    done = []
    for pages, arguments in jobs:
        done.append(work(*arguments))
        progress(len(pages))
    return done


def _run_in_pool(work: Work, jobs: Jobs, folder: Path, workers: int, progress: Callable[[int], None]) -> list[Path]:
    """Keeps the pool busy without reading far ahead; spawned processes, for Polars' threads do not survive a fork."""
    done: dict[int, Path] = {}
    waiting: dict[Future[Path], tuple[int, int]] = {}

    def collect(futures: Iterable[Future[Path]]) -> None:
        for future in futures:
            number, size = waiting.pop(future)
            done[number] = _result(future, number, folder)
            progress(size)

    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
        for number, (pages, arguments) in enumerate(jobs):
            waiting[pool.submit(work, *arguments)] = (number, len(pages))
            if len(waiting) >= workers * AHEAD:
                collect(wait(waiting, return_when=FIRST_COMPLETED).done)
        collect(wait(waiting).done)
    return [done[number] for number in sorted(done)]


def _end_with_parent() -> None:
    """Ends this worker when the process that started it is gone, killed say; a pool alone would leave it waiting."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _result(future: Future[Path], number: int, folder: Path) -> Path:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise FaultError(
            f"a worker process died while it cleaned shard {number} (out of memory, or killed); what was finished "
            f"is in {folder}: run the same command again to resume, with fewer --workers if memory is short"
        ) from error


def read_shard(number: int, shard: list[RawPage], folder: Path, options: Options) -> Path:
    """The folder of a shard's drafts, made unless it is already there with the same fingerprint."""

    def write(part: Path) -> None:
        drafts = _read(shard, options)
        drafts.keys().write_parquet(part / KEYS_FILE)
        packed = zstandard.ZstdCompressor(level=1).compress(pickle.dumps(drafts))
        (part / DRAFTS_FILE).write_bytes(packed)

    return _made(folder / f"{number:06}.draft", fingerprint(shard, options), write)


def decide_shard(  # noqa: PLR0913, PLR0917  # a job's arguments
    number: int, draft: Path, folder: Path, template: Path, mark: str, options: Options, reviews: LineReviews = NO_LINES
) -> Path:
    """The folder of a shard's tables, made from its drafts unless it is already there with the same fingerprint."""

    def write(part: Path) -> None:
        # Only this program writes drafts, into its own unfinished folder: what is unpacked here is its own.
        drafts: Drafts = pickle.loads(zstandard.ZstdDecompressor().decompress((draft / DRAFTS_FILE).read_bytes()))  # noqa: S301
        frames = _decide(drafts, options, pl.read_parquet(template, glob=False), reviews)
        for table in SHARD_TABLES:
            table.conform(frames[table.name]).write_parquet(table.file(part), row_group_size=SHARD_GROUP_ROWS)

    return _made(folder / f"{number:06}", f"{(draft / FINGERPRINT).read_text()} {mark}", write)


def _made(target: Path, mark: str, write: Callable[[Path], None]) -> Path:
    """A folder that bears the fingerprint `mark`, written beside and renamed, unless it is there already."""
    if (target / FINGERPRINT).is_file() and (target / FINGERPRINT).read_text() == mark:
        return target
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    part.mkdir(parents=True)
    write(part)
    (part / FINGERPRINT).write_text(mark)
    part.rename(target)
    return target


def _read(shard: list[RawPage], options: Options) -> Drafts:
    """The drafts of one shard; a page on which reading itself fails is a row that says so, and the rest goes on."""
    pages = [decode_page(raw, options.ingest) for raw in shard]
    try:
        return read_drafts(pages, options.clean)
    except Exception:  # noqa: BLE001  # which page it was is found below, where each is read alone
        return read_drafts([_unless_faulty(page, options) for page in pages], options.clean)


def _unless_faulty(page: Page, options: Options) -> Page:
    """The page itself where it can be read alone, else the page rejected."""
    try:
        read_drafts([page], options.clean)
    except Exception as error:  # noqa: BLE001  # hostile pages find errors of every kind
        return _rejected(page, _fault(error))
    return page


def _fault(error: Exception) -> str:
    return f"{FAULT}: {type(error).__name__}: {error}"


def _rejected(page: Page, problem: str) -> Page:
    return dataclasses.replace(page, status="rejected", problem=problem, content="")


def _decide(drafts: Drafts, options: Options, template: pl.DataFrame, reviews: LineReviews) -> dict[str, pl.DataFrame]:
    """The tables of one shard; again a page on which it fails is a row that says so."""
    try:
        return decide(drafts, options.clean, template, reviews)
    except Exception:  # noqa: BLE001  # which page it was is found below, where each is decided alone
        parts = [_decide_one(one, options, template, reviews) for one in drafts.each()]
        return {table.name: pl.concat([part[table.name] for part in parts]) for table in SHARD_TABLES}


def _decide_one(
    drafts: Drafts, options: Options, template: pl.DataFrame, reviews: LineReviews
) -> dict[str, pl.DataFrame]:
    try:
        return decide(drafts, options.clean, template, reviews)
    except Exception as error:  # noqa: BLE001  # as above
        problem = _fault(error)
        return decide(drafts.given_up(lambda page: _rejected(page, problem)), options.clean, template, reviews)


def raise_if_faulty(folder: Path) -> None:
    """FaultError where dq failed on so many pages of a run that it is dq that is broken; names the first."""
    faulty = pl.col("problem").str.starts_with(FAULT)
    pages = PAGES.scan(folder)
    total, found = pages.select(pl.len(), faulty.sum()).collect().row(0)
    if found > FAULTY_SHARE * total:
        first = pages.filter(faulty).sort("path", "row").head(1).collect().row(0, named=True)
        record = "" if first["row"] is None else f", record {first['row']}"
        raise FaultError(
            f"cleaning failed on {found} of {total} pages, first {first['path']}{record}: {first['problem']}. "
            f"The unfinished run is in {folder}; once this is mended, the same command resumes it"
        )


def fingerprint(shard: list[RawPage], options: Options) -> str:
    """A digest of all that decides what a shard becomes."""
    decisive = (options.ingest, options.clean, metadata.version("dq"), metadata.version("trafilatura"))
    digest = hashlib.blake2b(repr(decisive).encode(), digest_size=16)
    for page in shard:
        data = page.data.encode("utf-8", "surrogatepass") if isinstance(page.data, str) else page.data
        digest.update(
            json.dumps([page.path, page.row, page.url, page.source_id, page.copy, page.problem, len(data)]).encode()
        )
        digest.update(data)
    return digest.hexdigest()


def gather(table: Table, shards: list[Path], target: Path) -> None:
    """The shards' rows of one table as one Parquet file, sorted by key.

    Ids are hashes, so rows are spread evenly over their first hex digits; one range of digits at a time is read, sorted
    and written as a row group. How many ranges there are follows from the number of rows.
    """
    files = [table.file(shard) for shard in shards]
    rows = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    frame = pl.scan_parquet(files, schema=table.schema, glob=False)
    with (
        target.open("wb") as sink,
        pq.ParquetWriter(sink, table.frame().to_arrow().schema, compression="zstd") as writer,
    ):
        for low, high in id_ranges(rows):
            first = pl.col(table.key[0])
            part = frame.filter((first >= low) & (first < high)).collect()
            writer.write_table(table.conform(part).to_arrow(), row_group_size=max(1, part.height))


def id_ranges(rows: int) -> list[tuple[str, str]]:
    """Ranges of hex ids, low included and high excluded, for about GROUP_ROWS rows each; a power of 16 of them.

    >>> id_ranges(10)
    [('', 'g')]
    >>> len(id_ranges(100_000)), id_ranges(100_000)[1], id_ranges(100_000)[-1]
    (16, ('1', '2'), ('f', 'g'))
    """
    digits = 0
    while GROUP_ROWS * 16**digits < rows:
        digits += 1
    lows = [f"{number:0{digits}x}" if digits else "" for number in range(16**digits)]
    return list(zip(lows, [*lows[1:], "g"], strict=True))
