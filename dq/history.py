"""What earlier batches held, in Delta tables: a local folder by default, object storage by its address.

    URL/articles    one row an article: `dq.dedup.index.ROWS`
    URL/forgotten   one row a request to forget an article: id, forgotten_at
    URL/figures     one row a host in a run: `dq.tables.PAST`

A batch is added by one commit of Delta: it is there whole, or not at all, and writers that commit at the same time both
keep theirs. Rows are never changed. An article that comes again with another text, under the same id, gets a further
row, of which the newest counts; a forgotten one is passed over by every reader at once, and `compact` takes it out of
the files.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from dq.dedup import Duplicates, checked
from dq.dedup.index import FORMED, ROWS, formed, index_rows
from dq.errors import ConfigError, TableError, UsageError, listed, told_together
from dq.options import DedupOptions
from dq.tables import PAST, TIMESTAMP, make_id

_log = logging.getLogger("dq.history")

FORMAT = 1
"""Version of the tables, and of the folding by which the hashes in them are made."""
FORGOTTEN = {"id": pl.String(), "forgotten_at": TIMESTAMP}
CHUNK_ROWS = 20_000
"""Articles that are read at once where all are looked at: some 100 MB."""
Written = TypeVar("Written")
MAX_TRIES = 5
"""Times that a commit is tried against writers that come first."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What a history holds."""

    articles: int
    batches: int
    clusters: int
    clustered: int
    forgotten: int
    superseded: int
    version: int
    first_added_at: datetime | None
    last_added_at: datetime | None


class History:
    """An index of earlier articles (`dq.dedup.Index`), as it was when it was opened.

    Raises UsageError where `url` cannot be read or written, ConfigError where it was written with other options than
    `options`: their signatures cannot be compared. Without `options` those with which it was written are used.
    """

    def __init__(self, url: str | Path, options: DedupOptions | None = None) -> None:
        self.url = str(url).rstrip("/")
        self._open()
        self._seen = self._version
        self._options = self._noted_options() if options is None else options
        if options is not None:
            self._check_options()

    def _open(self) -> None:
        """Sees the tables as they are now."""
        with _told(self.url, "read"):
            self._articles = _opened(f"{self.url}/articles")
            self._forgotten = _opened(f"{self.url}/forgotten")
        self.__dict__.pop("_keys", None)

    @property
    def _version(self) -> int:
        return -1 if self._articles is None else self._articles.version()

    @property
    def exists(self) -> bool:
        """Whether a batch was ever added."""
        return self._articles is not None

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """`columns` of all articles that are neither forgotten nor superseded."""
        with _told(self.url, "read"):
            return self._alive(self._read(self._articles, columns)).select(columns)

    def chunks(self, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The same, CHUNK_ROWS rows at a time."""
        if self._articles is None:
            return
        with _told(self.url, "read"):
            wanted = list(dict.fromkeys([*columns, "id", "added_at"]))
            for batch in self._articles.to_pyarrow_dataset().to_batches(columns=wanted, batch_size=CHUNK_ROWS):
                yield self._alive(_frame(batch)).select(columns)

    def rows_of(self, ids: pl.Series, columns: Sequence[str]) -> pl.DataFrame:
        """`columns` of the articles with these ids."""
        if self._articles is None or ids.is_empty():
            return pl.DataFrame(schema={name: ROWS[name] for name in columns})
        with _told(self.url, "read"):
            wanted = list(dict.fromkeys([*columns, "id", "added_at"]))
            rows = pl.scan_delta(self._articles).select(wanted).filter(pl.col("id").is_in(ids.unique().implode()))
            return self._alive(rows.collect()).select(pl.col(name).cast(ROWS[name]) for name in columns)

    def add(self, frame: pl.DataFrame | pl.LazyFrame, found: Duplicates) -> int:
        """Adds a batch, in which `found` was found with this history; returns how many articles were new to it.

        Articles that are there already, with the same words, are not added again: to add a batch twice changes
        nothing.
        """
        batch = checked(frame)
        rows = index_rows(batch, found.likes, self._options)
        self._open()
        known = self.read(["id", "key"])
        rows = rows.join(known, on=["id", "key"], how="anti", maintain_order="left")
        if rows.is_empty():
            return 0
        batch_id = make_id(*rows.sort("id").select(pl.format("{} {}", "id", "key")).to_series())
        rows = rows.with_columns(batch=pl.lit(batch_id), added_at=pl.lit(datetime.now(UTC), TIMESTAMP))
        unseen = self._version != self._seen
        self._commit(
            "articles", rows.sort("id").select(pl.col(name).cast(kind) for name, kind in ROWS.items()), batch_id
        )
        self._seen = self._version
        if unseen:
            _log.warning(
                "another batch was added to %s at the same time; the two were not compared with one another: "
                "run this one again to compare them",
                self.url,
            )
        return rows.height

    def forget(self, ids: Sequence[str]) -> None:
        """Forgets articles; UsageError, and nothing is forgotten, where some of `ids` are not there."""
        wanted = pl.Series("id", list(ids), pl.String).unique().sort()
        if missing := wanted.filter(~wanted.is_in(self._live["id"].implode())).to_list():
            raise UsageError(f"{self.url} holds no article {listed(missing)}: nothing was forgotten")
        now = datetime.now(UTC)
        self._commit("forgotten", wanted.to_frame().with_columns(forgotten_at=pl.lit(now, TIMESTAMP)), None)

    def compact(self) -> int:
        """Takes forgotten and superseded articles out of the files, and merges small files; returns how many rows went.

        Files that are no longer used are deleted: a reader that is still at them has to begin again.
        """
        if self._articles is None:
            return 0
        with _told(self.url, "written"):
            dead = self._dead.select("id", "added_at")
            if not dead.is_empty():
                on = "kept.id = dead.id and kept.added_at = dead.added_at"
                merge = self._articles.merge(dead, on, source_alias="dead", target_alias="kept")
                merge.when_matched_delete().execute()
            self._articles.optimize.compact()
            _vacuum(self._articles)
            if self._forgotten is not None:
                until = self._read(self._forgotten, ["id", "forgotten_at"])["forgotten_at"].max()
                if until is not None:
                    self._forgotten.delete(f"forgotten_at <= '{until.isoformat()}'")  # type: ignore[union-attr]
                    _vacuum(self._forgotten)
        self._open()
        return dead.height

    def status(self) -> Status:
        """Counts, and when batches were added."""
        rows = formed(self.read(FORMED))
        batches = self.read(["batch"])["batch"]
        groups = rows.group_by("story").len().filter(pl.col("len") > 1)
        dead = self._dead
        superseded = dead.join(self._live, on="id", how="semi").height
        added = rows["added_at"]
        return Status(
            articles=rows.height,
            batches=batches.n_unique(),
            clusters=groups.height,
            clustered=int(groups["len"].sum()),
            forgotten=dead.height - superseded,
            superseded=superseded,
            version=self._version,
            first_added_at=added.min(),  # type: ignore[arg-type]  # a column of instants has no other
            last_added_at=added.max(),  # type: ignore[arg-type]
        )

    @cached_property
    def _keys(self) -> pl.DataFrame:
        """Id and added_at of all rows, and whether they count: `alive`."""
        forgotten = self._read(self._forgotten, ["id", "forgotten_at"]).group_by("id").agg(pl.col("forgotten_at").max())
        kept = pl.col("forgotten_at").is_null() | (pl.col("forgotten_at") < pl.col("added_at"))
        newest = pl.col("added_at") == pl.col("added_at").max().over("id")
        rows = self._read(self._articles, ["id", "added_at"]).join(forgotten, on="id", how="left")
        return rows.select("id", "added_at", alive=kept & newest)

    @property
    def _live(self) -> pl.DataFrame:
        return self._keys.filter("alive")

    @property
    def _dead(self) -> pl.DataFrame:
        return self._keys.filter(~pl.col("alive"))

    def _alive(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """The rows of `chunk` that count."""
        if self._dead.is_empty():
            return chunk
        return chunk.join(self._dead, on=["id", "added_at"], how="anti", maintain_order="left")

    def _read(self, table: DeltaTable | None, columns: Sequence[str]) -> pl.DataFrame:
        wanted = list(dict.fromkeys([*columns, *(["added_at", "id"] if table is self._articles else [])]))
        kinds = {**FORGOTTEN, **ROWS}
        if table is None:
            return pl.DataFrame(schema={name: kinds[name] for name in wanted})
        return _frame(table.to_pyarrow_dataset().to_table(columns=wanted))

    def _commit(self, name: str, rows: pl.DataFrame, batch_id: str | None) -> None:
        _committed(self.url, lambda: self._write(name, rows, batch_id))
        self._open()

    def _write(self, name: str, rows: pl.DataFrame, batch_id: str | None) -> None:
        write_deltalake(
            _writable(f"{self.url}/{name}"),
            rows.to_arrow(),
            mode="append",
            description=json.dumps(self._made_with()),
            writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=CHUNK_ROWS),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(batch_id, 1)] if batch_id is not None else None
            ),
        )

    def _made_with(self) -> dict[str, int]:
        options = self._options
        return {"format": FORMAT, "shingle_words": options.shingle_words, "permutations": options.permutations}

    def _noted(self) -> dict[str, int]:
        try:
            return dict(json.loads(self._articles.metadata().description or "{}") if self._articles else {})
        except ValueError:
            return {}

    def _noted_options(self) -> DedupOptions:
        noted, usual = self._noted(), DedupOptions()
        return DedupOptions(
            shingle_words=noted.get("shingle_words", usual.shingle_words),
            permutations=noted.get("permutations", usual.permutations),
        )

    def _check_options(self) -> None:
        noted = self._noted()
        wrong = [
            f"{name} is {noted.get(name, 'unknown')} there, and {value} here"
            for name, value in self._made_with().items()
            if self._articles is not None and noted.get(name) != value
        ]
        if wrong:
            heading = f"{self.url}/articles was written with other options; use those, or another --history:"
            raise ConfigError(told_together(heading, wrong))


class Past:
    """The figures of earlier runs, host by host: those of complete runs, each once.

    Raises UsageError where `url` cannot be read or written.
    """

    def __init__(self, url: str | Path) -> None:
        self.url = str(url).rstrip("/")

    def before(self, started_at: datetime, *, run_id: str) -> pl.DataFrame:
        """The rows of all runs that began before this one, in the form of `PAST`."""
        with _told(self.url, "read"):
            table = _opened(f"{self.url}/figures")
            if table is None:
                return pl.DataFrame(schema=PAST.schema)
            rows = _frame(table.to_pyarrow_dataset().to_table())
        earlier = (pl.col("started_at") < started_at) & (pl.col("run_id") != run_id)
        return rows.select(pl.col(name).cast(dtype) for name, dtype in PAST.schema.items()).filter(earlier)

    def record(self, rows: pl.DataFrame) -> bool:
        """Adds the rows of one complete run; False, and nothing is written, where that run is there already."""
        return _committed(self.url, lambda: self._append(rows))

    def _append(self, rows: pl.DataFrame) -> bool:
        table = _opened(f"{self.url}/figures")
        if rows.is_empty() or (table is not None and self._has(table, rows["run_id"].unique())):
            return False
        write_deltalake(_writable(f"{self.url}/figures"), rows.to_arrow(), mode="append")
        return True

    @staticmethod
    def _has(table: DeltaTable, run_ids: pl.Series) -> bool:
        known = _frame(table.to_pyarrow_dataset().to_table(columns=["run_id"]))["run_id"]
        return bool(run_ids.is_in(known.unique().implode()).any())


def _committed(url: str, write: Callable[[], Written]) -> Written:
    """What `write` gives back, tried again where another writer was first; UsageError after `MAX_TRIES`."""
    for _ in range(MAX_TRIES):
        try:
            with _told(url, "written"):
                return write()
        except CommitFailedError as error:
            lost = error
    raise UsageError(f"the history {url} is written to by others all the time: {lost}") from lost


@contextmanager
def _told(url: str, what: str) -> Iterator[None]:
    """Turns errors of Delta and of the storage into one that says which history it is about."""
    try:
        yield
    except CommitFailedError:
        raise
    except (DeltaError, OSError, ValueError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0]  # Delta tells a backtrace of its own below
        raise UsageError(f"the history {url} cannot be {what}: {cause}; check --history") from error


UNWRITABLE = re.compile(r"[\[\]^|]")
"""Characters in a folder's name at which Delta 1.x gives up, with a panic."""


def _writable(url: str) -> str:
    """The address of a table that is to be written; UsageError where Delta cannot write there."""
    if "://" not in url and (found := UNWRITABLE.search(str(Path(url).absolute()))):
        raise UsageError(
            f"Delta can keep no history in {url}: the name of its folder holds {found[0]!r}; name another --history"
        )
    return url


def _opened(url: str) -> DeltaTable | None:
    """The table, None where there is none yet."""
    try:
        return DeltaTable(url)
    except TableNotFoundError:
        return None


def _frame(data: pa.Table | pa.RecordBatch) -> pl.DataFrame:
    frame = pl.from_arrow(data)
    if not isinstance(frame, pl.DataFrame):
        raise TableError(f"{type(data).__name__} is no table")
    return frame


def _vacuum(table: DeltaTable) -> None:
    """Deletes the files that no version in use has; those that a writer has not yet committed stay."""
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
