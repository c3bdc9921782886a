"""Files of rows (JSON lines, JSON arrays, CSV) become records, one at a time.

What is broken becomes a record with a problem, and the records after it are read on, as far as the format lets them be
found. Which columns hold what is known to `columns`; Parquet has a module of its own.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dq.ingest import charsets, detection
from dq.ingest.columns import Record
from dq.ingest.raw import larger_than
from dq.ingest.streams import BLOCK_BYTES, BrokenStreamError, lines, peek

ROW_FACTOR = 4
"""A row may be this many times as large as a page: JSON spells an Arabic letter of two bytes in six, and a row can hold
the page's text beside its HTML."""
DELIMITERS = ",;\t|"
"""What may separate the cells of a CSV file; the header tells which."""
SNIFF_BYTES = 1 << 16
"""Bytes by which the encoding of a CSV file is recognised."""
CUT_MARGIN = 64
"""A mistake this near to the end of what has been read of a JSON value may be due to the cut."""
MAX_REREADS = 16
"""How often a CSV file is read anew after a quote that is never closed; a file with more of them is no CSV, and would
take time that grows with the square of its size."""

_BETWEEN_VALUES = re.compile(r"[\s,\[\]]*")
# Scrapers leave line feeds and tabs inside of strings, which strict JSON forbids.
_JSON = json.JSONDecoder(strict=False)


def json_lines(blocks: Iterable[bytes], max_page_bytes: int) -> Iterator[Record]:
    """The records of a JSON-lines file; `row` counts lines that are not blank, a problem names the line (from 1)."""
    limit = ROW_FACTOR * max_page_bytes
    row = 0
    for number, line in enumerate(lines(_as_utf8(blocks, "utf-8"), limit), start=1):
        if isinstance(line, int):
            yield Record(row=row, problem=f"line {number} is {larger_than(limit)}", lost_bytes=line)
        elif not line or line.isspace():
            continue
        else:
            yield _json_record(row, number, line)
        row += 1


def _json_record(row: int, number: int, line: bytes) -> Record:
    try:
        value = _JSON.decode(line.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        problem = f"line {number} is not valid JSON: {_mistake(error)}"
        return Record(row=row, problem=problem, lost_bytes=len(line))
    return _as_record(row, value, f"line {number}")


def _as_record(row: int, value: Any, place: str) -> Record:
    if isinstance(value, dict):
        return Record(row=row, cells=value)
    return Record(row=row, problem=f"{place} holds no JSON object")


def _mistake(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def json_values(blocks: Iterable[bytes], max_page_bytes: int) -> Iterator[Record]:
    """The records of a JSON array, or of values that merely follow one another; one value is held at a time.

    Raises BrokenStreamError where a value is broken, because the next one cannot be found then.
    """
    window = _JsonWindow(blocks, ROW_FACTOR * max_page_bytes)
    depth = 0
    for row in itertools.count():
        depth += window.skip_to_value()
        if window.at_end:
            break
        yield _as_record(row, window.next_value(), f"value {row + 1}")
    window.check()
    if depth > 0:
        raise BrokenStreamError("the JSON array is not closed")


class _JsonWindow:
    """The part of a JSON file that is being parsed: text from the current value on, which grows until it is whole."""

    def __init__(self, blocks: Iterable[bytes], limit: int) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._texts: Iterator[str] = (decoder.decode(block) for block in _as_utf8(blocks, "utf-8"))
        self._limit = limit
        self._text = ""
        self._start = 0
        self._break: BrokenStreamError | None = None

    @property
    def at_end(self) -> bool:
        return self._start == len(self._text)

    def check(self) -> None:
        """Raises what ended the stream, if it was not its end."""
        if self._break is not None:
            raise self._break

    def skip_to_value(self) -> int:
        """Skips what stands between two values; tells how many more arrays were opened than closed."""
        depth = 0
        while True:
            gap = _BETWEEN_VALUES.match(self._text, self._start)
            between = gap[0] if gap else ""
            depth += between.count("[") - between.count("]")
            self._start += len(between)
            if not self.at_end or not self._grow():
                return depth

    def next_value(self) -> Any:
        while True:
            try:
                value, self._start = _JSON.raw_decode(self._text, self._start)
            except (ValueError, RecursionError) as error:
                if not self._may_be_cut(error) or not self._grow():
                    self.check()
                    raise BrokenStreamError(f"a value is not valid JSON: {_mistake(error)}") from error
            else:
                return value

    def _may_be_cut(self, error: ValueError | RecursionError) -> bool:
        if not isinstance(error, json.JSONDecodeError):
            return False
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - CUT_MARGIN

    def _grow(self) -> bool:
        """Reads on until the value's text has doubled, so that parsing it anew costs no more than reading it twice."""
        parts = [self._text[self._start :]]
        size = before = len(parts[0])
        if size > self._limit:
            raise BrokenStreamError(f"a value is {larger_than(self._limit)}")
        try:
            while size < max(2 * before, BLOCK_BYTES) and (text := next(self._texts, None)) is not None:
                parts.append(text)
                size += len(text)
        except BrokenStreamError as error:
            self._break = error
            self._texts = iter(())
        self._text, self._start = "".join(parts), 0
        return size > before


def csv_rows(
    blocks: Callable[[], Iterable[bytes]], max_page_bytes: int, encoding: str | None = None
) -> Iterator[Record]:
    """The records of a CSV file with a header; `encoding` is recognised where it is not given.

    A row whose cells do not match the header, or with a cell larger than a page, becomes a record with a problem. So
    does the line with a quote that is never closed: `blocks`, which gives the file from its start, is called anew, and
    the lines after that one are read as rows of their own. Raises BrokenStreamError when there is no header to go by.
    """
    csv.field_size_limit(max_page_bytes)  # one for the whole process; set here for each file that is begun
    physical = _CsvLines(lambda: _as_utf8(blocks(), encoding), ROW_FACTOR * max_page_bytes)
    names, delimiter = _csv_header(physical)
    reader = csv.reader(physical, delimiter=delimiter)
    row = 0
    while True:
        physical.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLongError) as error:
            yield _csv_problem(row, physical, str(error))
        else:
            if not cells:
                continue
            yield _csv_record(row, names, cells, physical)
        row += 1


def csv_names(
    blocks: Callable[[], Iterable[bytes]], max_page_bytes: int, encoding: str | None = None
) -> tuple[str, ...]:
    """The column names of a CSV file. Raises BrokenStreamError where there are none."""
    return _csv_header(_CsvLines(lambda: _as_utf8(blocks(), encoding), ROW_FACTOR * max_page_bytes))[0]


class _TooLongError(Exception):
    """A line or record of a CSV file that is not worth holding."""


class _CsvLines(Iterator[str]):
    """The lines of a CSV file, as csv.reader draws them, counted so that the next record is found after a mistake.

    After a mistake, a record ends with the line by which its quotes are even in number.
    """

    def __init__(self, blocks: Callable[[], Iterable[bytes]], limit: int) -> None:
        self._blocks = blocks
        self._lines = lines(blocks(), limit)
        self._limit = limit
        self._rereads = 0
        self._quotes = 0
        self._opened = 1
        self._number = 0
        self._first = 1
        self._ended = False
        self.n_bytes = 0
        """Bytes of the current record."""

    def __next__(self) -> str:
        line = self._draw()
        if isinstance(line, int):
            self._quotes = 0  # the quotes in it are not known; most often such a line is a record of its own
            raise _TooLongError(larger_than(self._limit))
        if self.n_bytes > self._limit:
            raise _TooLongError(larger_than(self._limit))
        return line.decode("utf-8", "surrogateescape") + "\n"

    @property
    def place(self) -> str:
        """The lines of the current record, counted from 1."""
        return f"line {self._first}" if self._number <= self._first else f"lines {self._first} to {self._number}"

    def begin_record(self) -> None:
        self._quotes = 0
        self._first = self._number + 1
        self.n_bytes = 0

    def opened_by(self, cells: list[str], expected: int) -> int | None:
        """The line where the quote opens that the file ended in, if it did.

        That is where the last cell begins; a record with more cells than are expected went wrong before, and is taken
        to do so on its first line.
        """
        if not self._ended or self._number < self._first:  # csv.reader asks for a further line within a quote only
            return None
        return self._first if len(cells) > expected else self._number - cells[-1].count("\n") + 1

    def skip_record(self) -> int | None:
        """Skips the rest of a record that csv.reader gave up; gives the line of its quote if that is never closed."""
        while self._quotes % 2 == 1 and not self._ended:
            with contextlib.suppress(StopIteration):
                self._draw()
        return self._opened if self._ended else None

    def reread(self, after: int) -> str:
        """Goes back to the line that follows `after`, where a quote opens that is never closed; tells what was done."""
        told = f"line {after}: a quote is opened and never closed; "
        if self._rereads == MAX_REREADS:
            return f"{told}it is one of too many, and the {self._number - after} lines after it are not read"
        self._rereads += 1
        self._lines = itertools.islice(lines(self._blocks(), self._limit), after, None)
        self._number = after
        self._ended = False
        self.n_bytes = 0  # most of what was read belongs to other rows
        return f"{told}the lines after it are read as rows of their own"

    def _draw(self) -> bytes | int:
        try:
            line = next(self._lines)
        except StopIteration:
            self._ended = True
            raise
        self._number += 1
        self.n_bytes += line if isinstance(line, int) else len(line) + 1
        quotes = 0 if isinstance(line, int) else line.count(b'"')
        if quotes % 2 == 1 and self._quotes % 2 == 0:
            self._opened = self._number
        self._quotes += quotes
        return line


def _csv_header(physical: _CsvLines) -> tuple[tuple[str, ...], str]:
    """Column names and the delimiter: the one that the first line has most of."""
    try:
        first = next((line for line in physical if not line.isspace()), "")
        delimiter = max(DELIMITERS, key=first.count)
        names = next(csv.reader(itertools.chain([first], physical), delimiter=delimiter), [])
    except (csv.Error, _TooLongError) as error:
        raise BrokenStreamError(f"the header cannot be read: {error}") from error
    if names and physical.opened_by(names, len(names)) is not None:
        raise BrokenStreamError("the header cannot be read: a quote is opened in it and never closed")
    return tuple(name.strip() for name in names), delimiter


def _csv_record(row: int, names: tuple[str, ...], cells: list[str], physical: _CsvLines) -> Record:
    if (opened := physical.opened_by(cells, len(names))) is not None:
        before = dict(zip(names, cells[:-1], strict=False))
        return Record(row=row, cells=before, problem=physical.reread(opened), lost_bytes=physical.n_bytes)
    if len(cells) != len(names):
        problem = f"{physical.place}: {len(cells)} cells where the header has {len(names)}"
        return Record(row=row, cells=dict(zip(names, cells, strict=False)), problem=problem)
    return Record(row=row, cells=dict(zip(names, cells, strict=True)))


def _csv_problem(row: int, physical: _CsvLines, mistake: str) -> Record:
    """A record that csv.reader could not read; leads on to the one after it."""
    opened = physical.skip_record()
    problem = f"{physical.place}: {mistake}" if opened is None else physical.reread(opened)
    return Record(row=row, problem=problem, lost_bytes=physical.n_bytes)


def _as_utf8(blocks: Iterable[bytes], encoding: str | None) -> Iterator[bytes]:
    """A stream in UTF-8 without a byte order mark, whatever it came in.

    A byte order mark tells; else `encoding`; else it is recognised by the first bytes.
    """
    start, rest = peek(blocks, SNIFF_BYTES)
    name, skip = charsets.byte_order_mark(start) or (encoding or _recognised(start), 0)
    whole = itertools.chain([start[skip:]], rest)
    if name == "utf-8":
        yield from whole
        return
    decoder = codecs.getincrementaldecoder(charsets.codec_of(name))("replace")
    for block in whole:
        yield decoder.decode(block).encode("utf-8")


def _recognised(sample: bytes) -> str:
    if detection.almost_utf8(sample):
        return "utf-8"
    guess = detection.detect(sample)
    return guess.name if guess is not None else "utf-8"
