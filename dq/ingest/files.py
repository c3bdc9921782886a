"""Files become raw pages, in a fixed order, one at a time."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dq.errors import NothingReadableError, TableError, told_together
from dq.ingest import rows
from dq.ingest.columns import Record, absent, find_roles, page_of
from dq.ingest.decode import check_encoding
from dq.ingest.inputs import LOOKED_FOR, InputFile, Kind, PassedOver, Shape, find_files
from dq.ingest.parquet import parquet_names, parquet_rows
from dq.ingest.raw import RawPage, larger_than
from dq.ingest.streams import BrokenStreamError, head, read_blocks
from dq.options import ColumnOptions, IngestOptions

_log = logging.getLogger("dq.ingest")

NO_RECORD = "holds no record of a page"
"""Why a file of rows without a row is rejected."""
PEEK_RECORDS = 100
"""Records of a JSON file in which a column that was named is sought: a field that is null may be left out of some."""

_WITH_HEADER: tuple[Shape, ...] = ("csv", "parquet")
_WITH_KEYS: tuple[Shape, ...] = ("jsonl", "json")


def read_pages(inputs: Sequence[str | Path], options: IngestOptions) -> Iterator[RawPage]:
    """The pages of files, folders (with all that is under them) and patterns, by file name and then by row.

    All inputs are checked before this returns. Pages are then read as they are drawn, one at a time; of those before,
    only a digest is kept (in order to number copies). The order does not depend on the order of the inputs, and a file
    that several inputs name is read once. A file of rows that holds none is a rejected page. When all are drawn, a
    warning tells of the files that were passed over because they are of no kind that is read.

    Raises MissingInputError (paths that do not exist, patterns that match nothing), TableError (columns that are not
    there), ConfigError (an encoding that is not known) and NothingReadableError (not one page in all inputs).
    """
    check_encoding(options.encoding)
    if not any(file.kind is not None or file.problem for file in find_files(inputs)):
        raise NothingReadableError(f"there is nothing to read in {_told(inputs)}; looked for files named {LOOKED_FOR}")
    _check_columns(inputs, options)
    if not any(True for file in find_files(inputs) for _ in _pages_of(file, options)):
        raise NothingReadableError(f"the files in {_told(inputs)} hold no record; looked for pages and rows of pages")
    return _numbered(page for file in _files(inputs) for page in _pages_or_word(file, options))


def _files(inputs: Sequence[str | Path]) -> Iterator[InputFile]:
    """The files to read; after the last one, what was passed over on the way is told."""
    passed_over = PassedOver()
    yield from find_files(inputs, passed_over)
    if passed_over.count:
        _log.warning("%s; looked for %s", passed_over, LOOKED_FOR)


def _pages_or_word(file: InputFile, options: IngestOptions) -> Iterator[RawPage]:
    """The pages of a file, or a rejected one saying that it holds none."""
    pages = _pages_of(file, options)
    first = next(pages, None)
    yield first or RawPage(path=file.name, problem=NO_RECORD, lost_bytes=_size(file))
    yield from pages


def _told(inputs: Sequence[str | Path]) -> str:
    return ", ".join(map(str, inputs)) or "no input at all"


def _numbered(pages: Iterable[RawPage]) -> Iterator[RawPage]:
    """Pages with the number of copies that came before each; a set of 8-byte digests is all that is remembered."""
    seen: set[int] = set()
    repeated: dict[int, int] = {}
    for page in pages:
        digest = _digest(page)
        if digest not in seen:
            seen.add(digest)
            yield page
        else:
            repeated[digest] = repeated.get(digest, 0) + 1
            yield dataclasses.replace(page, copy=repeated[digest])


def _digest(page: RawPage) -> int:
    digest = hashlib.blake2b(page.address.encode("utf-8", "surrogatepass"), digest_size=8)
    digest.update(b"\0")
    digest.update(page.content_bytes)
    return int.from_bytes(digest.digest(), "big")


def _pages_of(file: InputFile, options: IngestOptions) -> Iterator[RawPage]:
    """The pages of one file; where it breaks, the rest is one rejected page."""
    if file.problem is not None or file.kind is None:
        problem = file.problem or f"not a kind of file that is read ({LOOKED_FOR})"
        yield RawPage(path=file.name, problem=problem, lost_bytes=_size(file))
        return
    next_row = 0
    try:
        for page in _read(file, file.kind, options):
            next_row += 1
            yield page
    except BrokenStreamError as error:
        rest = f"the rest of the file cannot be read: {error}" if next_row else f"the file cannot be read: {error}"
        lost_bytes = 0 if next_row else _size(file) or error.n_bytes
        yield RawPage(path=file.name, row=next_row or None, problem=rest, lost_bytes=lost_bytes)


def _size(file: InputFile) -> int:
    """The bytes of a file that is not compressed; 0 where that is not known."""
    if file.kind is not None and file.kind.compression is not None:
        return 0
    try:
        return file.path.stat().st_size if file.path.is_file() else 0
    except OSError:
        return 0


def _read(file: InputFile, kind: Kind, options: IngestOptions) -> Iterator[RawPage]:
    match kind.shape:
        case "html" | "text":
            return iter([_whole_file(file, kind, options.max_page_bytes)])
        case "warc":
            from dq.ingest.warc import warc_pages  # noqa: PLC0415  (slow to import, and only WARC needs it)

            return warc_pages(file.path, file.name, options.max_page_bytes)
        case _:
            return _row_pages(file, kind, options)


def _whole_file(file: InputFile, kind: Kind, limit: int) -> RawPage:
    """A file that is one page; no more of it is read than it takes to know that it is too large."""
    data = head(read_blocks(file.path, kind.compression), limit + 1)
    problem = larger_than(limit) if len(data) > limit else None
    return RawPage(
        path=file.name,
        format="text" if kind.shape == "text" else "html",
        data=b"" if problem else data,
        problem=problem,
        lost_bytes=(_size(file) or len(data)) if problem else 0,
    )


def _row_pages(file: InputFile, kind: Kind, options: IngestOptions) -> Iterator[RawPage]:
    if kind.shape in _WITH_HEADER and (lacking := _no_content(_names(file, kind, options), options.columns)):
        yield RawPage(path=file.name, problem=lacking, lost_bytes=_size(file))
        return
    for record in _records(file, kind, options):
        roles = find_roles(tuple(record.cells), options.columns)
        yield page_of(record, roles, path=file.name, max_bytes=options.max_page_bytes)


def _records(file: InputFile, kind: Kind, options: IngestOptions) -> Iterator[Record]:
    blocks = functools.partial(read_blocks, file.path, kind.compression)
    match kind.shape:
        case "jsonl":
            return rows.json_lines(blocks(), options.max_page_bytes)
        case "json":
            return rows.json_values(blocks(), options.max_page_bytes)
        case "parquet":
            return _parquet_records(file, options)
        case _:
            return rows.csv_rows(blocks, options.max_page_bytes, check_encoding(options.encoding))


def _parquet_records(file: InputFile, options: IngestOptions) -> Iterator[Record]:
    roles = find_roles(parquet_names(file.path), options.columns)
    return parquet_rows(file.path, roles.columns, options.max_page_bytes)


def _check_columns(inputs: Sequence[str | Path], options: IngestOptions) -> None:
    """Raises TableError, telling all tables at once that cannot be used as the call wants them.

    These lack a column which was named, or were named themselves and have no column that could hold a page (in a folder
    such a table is a rejected page).
    """
    if absent((), options.columns):
        files = find_files(inputs)
    else:
        files = find_files([given for given in inputs if Path(given).is_file()])
    problems = [f"{file.name}: {problem}" for file in files if (problem := _column_problem(file, options))]
    if problems:
        raise TableError(told_together(f"{len(problems)} of the input tables cannot be used:", problems))


def _column_problem(file: InputFile, options: IngestOptions) -> str | None:
    if file.kind is None or file.problem is not None or file.kind.shape not in (*_WITH_HEADER, *_WITH_KEYS):
        return None
    try:
        names = _names(file, file.kind, options)
    except BrokenStreamError:
        return None  # told as a rejected page
    if names and (missing := absent(names, options.columns)):
        return f"no column {', '.join(missing)}; its columns are {', '.join(names)}"
    return _no_content(names, options.columns) if file.named and file.kind.shape in _WITH_HEADER else None


def _no_content(names: tuple[str, ...], named: ColumnOptions) -> str | None:
    if not names or find_roles(names, named).hold_pages:
        return None
    columns = ", ".join(names)
    return f"no column holds html or text by its name; its columns are {columns}; the options columns can name one"


def _names(file: InputFile, kind: Kind, options: IngestOptions) -> tuple[str, ...]:
    """The columns of a table; for JSON the keys of its first records."""
    match kind.shape:
        case "parquet":
            return parquet_names(file.path)
        case "csv":
            blocks = functools.partial(read_blocks, file.path, kind.compression)
            return rows.csv_names(blocks, options.max_page_bytes, check_encoding(options.encoding))
        case _:
            first = itertools.islice(_records(file, kind, options), PEEK_RECORDS)
            return tuple(dict.fromkeys(name for record in first for name in record.cells))
