"""Any table of texts, made ready for `find_duplicates`: Parquet, CSV or JSON lines, whatever its columns are called."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from dq.dedup.duplicates import COLUMNS, NEEDED
from dq.errors import MissingInputError, TableError, told_together
from dq.options import ColumnOptions
from dq.tables import WALL_TIME

_log = logging.getLogger(__name__)

USUAL_NAMES = {
    "id": ("id", "doc_id", "article_id", "page_id", "source_id", "uid", "uuid", "guid", "_id"),
    "text": ("text", "body", "content", "article", "article_body", "maintext", "full_text", "fulltext"),
    "title": ("title", "headline", "heading"),
    "date": ("date", "published_at", "date_published", "publish_date", "published", "pubdate", "datetime", "timestamp"),
    "host": ("host", "domain", "hostname", "site", "source"),
    "url": ("url", "link", "address", "source_url"),
}
"""Names under which columns are looked for, in this order, in upper or lower case."""

DATE_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d",
)
"""Dates that are read from text; a time zone after them is dropped, for the clock is the page's own."""
TIME_ZONE = r"(Z|[+-]\d\d:?\d\d)$"
HOST = r"^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)"


def read_table(path: Path, columns: ColumnOptions) -> pl.DataFrame:
    """The table at `path` as `find_duplicates` takes it: id, text, title, date, host, url; what is not there is null.

    Columns are those that `columns` names, else found by USUAL_NAMES. Rows that share an id are told apart: the second
    one, in order of their content, becomes `id#2`, and so on. Raises MissingInputError where there is no such file, and
    TableError where it cannot be read, or has no such columns.
    """
    table = _read(path)
    found = _find_columns(path, table.columns, columns)
    given = {name: pl.col(column) for name, column in found.items()}
    texts = [column.cast(pl.String).alias(name) for name, column in given.items() if name != "date"]
    try:
        frame = table.select(*texts, *([_date(table, found["date"])] if "date" in found else []))
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path}: a column cannot be read as text: {error}") from error
    frame = frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in COLUMNS.items() if name not in found)
    of_url = pl.col("url").str.extract(HOST).str.to_lowercase()
    return tell_apart(frame.with_columns(pl.coalesce("host", of_url).alias("host")).select(*COLUMNS))


def _read(path: Path) -> pl.DataFrame:
    if not path.exists():
        raise MissingInputError(f"{path}: there is no such file")
    if (suffix := path.suffix.lower()) not in _READERS:
        raise TableError(f"{path}: not a table; what can be read is {', '.join(_READERS)}")
    try:
        return _READERS[suffix](path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise TableError(f"{path}: cannot be read as {suffix[1:]}: {reason}") from error


def _read_csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")


def _read_lines(path: Path) -> pl.DataFrame:
    return pl.read_ndjson(path, infer_schema_length=None)


_READERS: Mapping[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".csv": _read_csv,
    ".jsonl": _read_lines,
    ".ndjson": _read_lines,
}


def _find_columns(path: Path, there: list[str], columns: ColumnOptions) -> Mapping[str, str]:
    """Which column of the table is which of COLUMNS; all that are named in vain, or needed and missing, are told."""
    named = {name: getattr(columns, name) for name in COLUMNS}
    found = {name: column or _usual(name, there) for name, column in named.items()}
    problems = [
        f"no column {column}, named as {name}" for name, column in named.items() if column and column not in there
    ]
    problems += [f"no column looks like {name}: name it with --{name}" for name in NEEDED if not found[name]]
    if problems:
        raise TableError(told_together(f"{path} has the columns {', '.join(there)}:", problems))
    return {name: column for name, column in found.items() if column}


def _usual(name: str, there: list[str]) -> str | None:
    by_lower = {column.lower(): column for column in reversed(there)}
    return next((by_lower[usual] for usual in USUAL_NAMES[name] if usual in by_lower), None)


def _date(table: pl.DataFrame, name: str) -> pl.Expr:
    """The column as dates and times without zone; null where it is neither a date nor text that DATE_FORMATS read."""
    dtype = table.schema[name]
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        column = column.dt.replace_time_zone(None)
    elif dtype == pl.String:
        text = column.str.strip_chars().str.replace(TIME_ZONE, "")
        column = pl.coalesce(text.str.to_datetime(form, time_unit="us", strict=False) for form in DATE_FORMATS)
    elif dtype != pl.Date:
        column = pl.lit(None)
    return column.cast(WALL_TIME).alias("date")


def tell_apart(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with ids that are all different, and none null; which row gets which does not depend on their order.

    >>> tell_apart(pl.DataFrame({"id": ["a", "a", None], "text": ["two", "one", "x"]}))["id"].to_list()
    ['a#2', 'a', '(no id)']
    """
    frame = frame.with_columns(pl.col("id").fill_null("(no id)"))
    while (twice := frame["id"].is_duplicated()).any():
        _log.warning("%d rows share an id with another row; they are told apart as id#2, id#3, ...", twice.sum())
        content = [name for name in frame.columns if name != "id"]
        nth = pl.struct(content).rank("ordinal").over("id")
        frame = frame.with_columns(pl.when(nth > 1).then(pl.format("{}#{}", "id", nth)).otherwise("id").alias("id"))
    return frame
