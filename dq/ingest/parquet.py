"""Parquet files become records, a small batch of rows at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dq.ingest.columns import Record
from dq.ingest.raw import larger_than
from dq.ingest.streams import BrokenStreamError, reason

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_BYTES = 8 << 20
"""Bytes of cells that are read at a time, by the row group's own account."""
MAX_BATCH_ROWS = 64
"""Rows that are read at a time, where they are small; the account counts a value that is in many rows but once."""
BUFFER_BYTES = 1 << 20
"""Bytes of a column that are read from the file at a time."""


class _LargeCellError(Exception):
    """A cell that is larger than a page; `n_bytes` is its size."""

    def __init__(self, n_bytes: int) -> None:
        super().__init__(n_bytes)
        self.n_bytes = n_bytes


def parquet_names(path: Path) -> tuple[str, ...]:
    """The names of a Parquet file's columns. Raises BrokenStreamError when it cannot be read."""
    with _open(path) as file:
        return tuple(file.schema_arrow.names)


def parquet_rows(path: Path, columns: Sequence[str], max_page_bytes: int) -> Iterator[Record]:
    """The records of a Parquet file; only `columns` are read. A row group that is broken is one record with a problem.

    Raises BrokenStreamError when the file cannot be read at all.
    """
    with _open(path) as file:
        first = 0
        for group in range(file.num_row_groups):
            yield from _group_rows(file, group, columns, first=first, max_page_bytes=max_page_bytes)
            first += file.metadata.row_group(group).num_rows


def _group_rows(
    file: pq.ParquetFile, group: int, columns: Sequence[str], *, first: int, max_page_bytes: int
) -> Iterator[Record]:
    import pyarrow as pa  # noqa: PLC0415  (slow to import, and only Parquet needs it)

    row = first
    try:
        for batch in _batches(file, group, columns):
            for place in range(batch.num_rows):
                yield _record(batch, place, row, max_page_bytes)
                row += 1
    except (pa.ArrowException, OSError) as error:
        last = first + file.metadata.row_group(group).num_rows - 1
        yield Record(row=row, problem=f"rows {row} to {last} cannot be read: {_told(error)}")


def _batches(file: pq.ParquetFile, group: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    about = file.metadata.row_group(group)
    row_bytes = about.total_byte_size / max(1, about.num_rows)
    rows = min(MAX_BATCH_ROWS, max(1, int(BATCH_BYTES / max(1.0, row_bytes))))
    return file.iter_batches(batch_size=rows, row_groups=[group], columns=list(columns), use_threads=False)


def _record(batch: pa.RecordBatch, place: int, row: int, max_page_bytes: int) -> Record:
    cells: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            cells[name] = _value(column[place], max_page_bytes)
        except UnicodeDecodeError:
            return Record(row=row, cells=cells, problem=f"the column {name} holds bytes that are not valid UTF-8")
        except ValueError as error:
            return Record(row=row, cells=cells, problem=f"the column {name}: {error}")
        except _LargeCellError as error:
            problem = f"the column {name}: {larger_than(max_page_bytes)}"
            return Record(row=row, cells=cells, problem=problem, lost_bytes=error.n_bytes)
    return Record(row=row, cells=cells)


def _value(scalar: Any, max_page_bytes: int) -> Any:
    """A cell as a Python value. Raises _LargeCellError for a cell larger than a page, without copying it."""
    import pyarrow as pa  # noqa: PLC0415  (see above)

    if isinstance(scalar, pa.DictionaryScalar):
        scalar = scalar.value
    if isinstance(scalar, pa.BinaryScalar) and scalar.is_valid and scalar.as_buffer().size > max_page_bytes:
        raise _LargeCellError(scalar.as_buffer().size)
    if isinstance(scalar, pa.TimestampScalar):  # nanoseconds would need pandas
        scalar = scalar.cast(pa.timestamp("us", scalar.type.tz), safe=False)
    return scalar.as_py()


@contextlib.contextmanager
def _open(path: Path) -> Iterator[pq.ParquetFile]:
    import pyarrow as pa  # noqa: PLC0415  (see above)
    import pyarrow.parquet as pq  # noqa: PLC0415  (see above)

    try:
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER_BYTES, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise BrokenStreamError(f"not readable as Parquet: {_told(error)}") from error
    with file:
        yield file


def _told(error: Exception) -> str:
    """The first line of a message of Arrow's, or what the system says of a file."""
    if isinstance(error, OSError) and error.strerror:
        return reason(error)
    return (str(error).splitlines() or [type(error).__name__])[0]
