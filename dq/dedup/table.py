"""Any table of texts, made ready for `find_duplicates`: Parquet, CSV or JSON lines, whatever its columns are called."""

from __future__ import annotations

import csv
import io
import itertools
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import polars as pl

from dq.dedup.duplicates import COLUMNS, NEEDED
from dq.errors import MissingInputError, TableError, told_together
from dq.options import ColumnOptions
from dq.tables import WALL_TIME

_log = logging.getLogger("dq.dedup")
_T = TypeVar("_T")
_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)

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
PARQUET_MARK = b"PAR1"
"""The first bytes of every Parquet file."""
TIME_ZONE = r"(Z|[+-]\d\d:?\d\d)$"
TOLD_MISTAKES = 5
"""Mistakes of one file that are told one by one; of the others only the number."""
TOLD_CHARS = 40
"""Characters shown of a cell that cannot be read."""
MAX_CELL_CHARS = 2**31 - 1
"""The largest cell that Python's csv can be set to on every system; its own limit, 131,072, is less than some pages."""
HOST = r"^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(?:www\.)?([^/?#:]+)"


def read_table(path: Path, columns: ColumnOptions) -> pl.DataFrame:
    """The table at `path` as `find_duplicates` takes it: id, text, title, date, host, url; what is not there is null.

    Columns are those that `columns` names, else found by USUAL_NAMES. Rows that share an id are told apart: the second
    one, in order of their content, becomes `id#2`, and so on. Dates that cannot be read are null, and a warning tells
    how many they are. Raises MissingInputError where there is no such file, and TableError where it cannot be read, or
    has no such columns.
    """
    return _taken(path, _read(path), columns)


def scan_table(path: Path, columns: ColumnOptions) -> pl.DataFrame | pl.LazyFrame:
    """As `read_table`; but the texts of a Parquet file stay where they are until they are needed."""
    if path.suffix.lower() != ".parquet":
        return read_table(path, columns)
    _check_path(path)
    table = _opened(path, lambda: _scanned(path))
    there = table.collect_schema()
    found = _find_columns(path, there.names(), columns)
    text = found["text"]
    if there[text] != pl.String:
        return read_table(path, columns)
    others = _opened(path, table.drop(text).collect)
    frame = _taken(path, others.with_columns(pl.lit("").alias(text)), columns, tell=False)
    if frame["id"].null_count() or frame["id"].is_duplicated().any():
        return read_table(path, columns)
    _tell_lost_dates_of(others, frame, found)
    lazy = table.select(_taken_as(others, name, column) for name, column in found.items())
    return _completed(lazy, found)


def _scanned(path: Path) -> pl.LazyFrame:
    table = pl.scan_parquet(path, glob=False)
    table.collect_schema()
    return table


def _taken(path: Path, table: pl.DataFrame, columns: ColumnOptions, *, tell: bool = True) -> pl.DataFrame:
    found = _find_columns(path, table.columns, columns)
    try:
        frame = table.select(_taken_as(table, name, column) for name, column in found.items())
    except pl.exceptions.PolarsError as error:
        problems = [problem for name, column in found.items() if (problem := _unreadable(table, name, column))]
        raise TableError(told_together(f"{path}: not every column can be read:", problems)) from error
    if not tell:
        return frame
    _tell_lost_dates_of(table, frame, found)
    return tell_apart(_completed(frame, found))


def _completed(frame: _Frame, found: Mapping[str, str]) -> _Frame:
    """`frame` with all columns, the missing ones null, and a host where there is an address."""
    frame = frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in COLUMNS.items() if name not in found)
    of_url = pl.col("url").str.extract(HOST).str.to_lowercase()
    return frame.with_columns(pl.coalesce("host", of_url).alias("host")).select(*COLUMNS)


def _taken_as(table: pl.DataFrame, name: str, column: str) -> pl.Expr:
    return _date(table, column) if name == "date" else pl.col(column).cast(pl.String).alias(name)


def _read(path: Path) -> pl.DataFrame:
    _check_path(path)
    return _opened(path, lambda: _READERS[path.suffix.lower()](path))


def _check_path(path: Path) -> None:
    if not path.exists():
        raise MissingInputError(f"{path}: there is no such file")
    if path.is_dir():
        raise TableError(f"{path}: this is a folder; name one table in it ({', '.join(_READERS)})")
    if path.suffix.lower() not in _READERS:
        raise TableError(f"{path}: not a table; what can be read is {', '.join(_READERS)}")


def _opened(path: Path, read: Callable[[], _T]) -> _T:
    suffix = path.suffix.lower()
    try:
        return read()
    except OSError as error:
        raise TableError(f"{path}: cannot be opened: {error.strerror or type(error).__name__}") from error
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path}: cannot be read as {suffix[1:]}: {_MISTAKES[suffix](path)}") from error


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


def _parquet_mistake(path: Path) -> str:
    with path.open("rb") as file:
        begins_well = file.read(len(PARQUET_MARK)) == PARQUET_MARK
    if begins_well:
        return "the file is damaged or cut short; write or copy it anew"
    return "this is no Parquet file; give it the ending of what it is"


def _csv_mistake(path: Path) -> str:
    """What is wrong with a CSV file; the place of the first record that does not match the header or is not closed."""
    text = path.read_bytes().decode("utf-8", "replace")
    if not text.strip():
        return "it is empty; its first line must name the columns"
    limit = csv.field_size_limit(MAX_CELL_CHARS)
    try:
        return _csv_mistake_in(text)
    finally:
        csv.field_size_limit(limit)


def _csv_mistake_in(text: str) -> str:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns, begins = 0, 1
    try:
        for cells in reader:
            columns = columns or len(cells)
            if len(cells) > columns:
                told = f"line {begins} has {len(cells)} cells where the header has {columns}"
                return f"{told}; put quotes around the cells that hold commas"
            begins = reader.line_num + 1
    except csv.Error:
        return f"the quotes of the row that begins at line {begins} are not closed as they should be; mend that row"
    return "its rows cannot be told apart; write it anew with quotes around every cell"


def _lines_mistake(path: Path) -> str:
    """The lines of a JSON-lines file that hold no object, the first of them one by one."""
    with path.open("rb") as file:
        mistakes = (_line_mistake(number, line) for number, line in enumerate(file, start=1) if line.strip())
        found = (mistake for mistake in mistakes if mistake is not None)
        first = list(itertools.islice(found, TOLD_MISTAKES))
        count = len(first) + sum(1 for _ in found)
    if not first:
        return "it holds no row, or rows whose values do not fit together; write one JSON object a line"
    more = [f"and {count - len(first)} more"] if count > len(first) else []
    return told_together("mend these lines or leave them out, each must be one JSON object:", [*first, *more])


def _line_mistake(number: int, line: bytes) -> str | None:
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_no_json)
    except UnicodeDecodeError:
        return f"line {number}: its bytes are not UTF-8"
    except json.JSONDecodeError as error:
        return f"line {number}: {error.msg} at character {error.pos + 1}"
    except (ValueError, RecursionError) as error:
        return f"line {number}: {'nested too deeply' if isinstance(error, RecursionError) else error}"
    return None if isinstance(value, dict) else f"line {number}: no JSON object"


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_MISTAKES: Mapping[str, Callable[[Path], str]] = {
    ".parquet": _parquet_mistake,
    ".csv": _csv_mistake,
    ".jsonl": _lines_mistake,
    ".ndjson": _lines_mistake,
}
"""What is wrong with a file that cannot be read, and what to do about it, by the end of its name."""


def _unreadable(table: pl.DataFrame, name: str, column: str) -> str | None:
    """What to do about a column that cannot be read as what it was taken for, if that is so."""
    try:
        table.select(_taken_as(table, name, column))
    except pl.exceptions.PolarsError:
        kind = "dates" if name == "date" else "text"
        return f"the column {column} holds {table.schema[column]} that is no {kind}; name another one with --{name}"
    return None


def _tell_lost_dates_of(table: pl.DataFrame, frame: pl.DataFrame, found: Mapping[str, str]) -> None:
    if "date" in found:
        _tell_lost_dates(table[found["date"]], frame["date"])


def _tell_lost_dates(given: pl.Series, dates: pl.Series) -> None:
    """Warns of values that are neither null nor blank and could not be read as dates; they choose the canonical."""
    values = given.to_frame("given").with_columns(dates.alias("date")).drop_nulls("given")
    if given.dtype == pl.String:
        values = values.filter(pl.col("given").str.strip_chars() != "")
    lost = values.filter(pl.col("date").is_null())["given"]
    if len(lost):
        example = str(lost[0])[:TOLD_CHARS]
        _log.warning("%d of %d dates could not be read, for example %r", len(lost), values.height, example)


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
