"""The texts of a batch, read some at a time; and large arrays that make way for others.

A batch may be larger than memory. Its texts are read in the order in which they come, CHUNK_ROWS at a time, and what
is kept of them goes to arrays that lie in a file where they are large, of which the system keeps in memory what it can.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.errors import TableError
from dq.texts import I64

READ_ROWS = 50_000
"""Texts that are read from a file at once: some 150 MB of news. A stream of them would be read ahead, by gigabytes."""
CHUNK_ROWS = 20_000
"""Texts that are taken up at once."""
SPILL_BYTES = 32 << 20
"""Arrays larger than this lie in a file."""


class Corpus:
    """Texts in order, of a frame with a column text, which may be a lazy one."""

    def __init__(self, frame: pl.DataFrame | pl.LazyFrame) -> None:
        self._texts = frame.select(pl.col("text").fill_null(""))

    def chunks(self, wanted: npt.NDArray[np.bool_] | None = None) -> Iterator[pl.Series]:
        """The texts, or those that are `wanted`, some at a time."""
        first = 0
        for chunk in self._chunks():
            texts = chunk if wanted is None else chunk.filter(pl.Series(wanted[first : first + len(chunk)]))
            first += len(chunk)
            if len(texts):
                yield texts

    def gather(self, rows: I64) -> pl.Series:
        """The texts of different `rows`, in ascending order of rows."""
        last = int(rows.max()) + 1 if len(rows) else 0
        wanted = np.zeros(last, np.bool_)
        wanted[rows] = True
        found, first = [pl.Series("text", [], pl.String)], 0
        for chunk in self._chunks():
            if first >= last:
                break
            part = wanted[first : first + len(chunk)]
            found.append(chunk[: len(part)].filter(pl.Series(part)))
            first += len(chunk)
        return pl.concat(found)

    def _chunks(self) -> Iterator[pl.Series]:
        if isinstance(self._texts, pl.DataFrame):
            yield from (chunk["text"] for chunk in self._texts.iter_slices(CHUNK_ROWS))
        else:
            try:
                for block in blocks(self._texts.select(pl.len()).collect().item(), READ_ROWS):
                    read = self._texts.slice(block.start, block.stop - block.start).collect()
                    yield from (chunk["text"] for chunk in read.iter_slices(CHUNK_ROWS))
            except pl.exceptions.PolarsError as error:
                raise TableError(f"the texts cannot be read to their end: {error}; write the table anew") from error


class Spool:
    """An array that grows at its end, in memory, or in a file once it is larger than SPILL_BYTES."""

    def __init__(self, dtype: type[np.generic], columns: int | None = None) -> None:
        self._dtype, self._columns = np.dtype(dtype), columns
        self._parts: list[npt.NDArray[Any]] = []
        self._file: Any = None
        self._bytes = 0

    def append(self, part: npt.NDArray[Any]) -> None:
        """Adds `part`, of the spool's type, at the end."""
        self._bytes += part.nbytes
        self._parts.append(part)
        if self._bytes > SPILL_BYTES or self._file is not None:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the array
            for held in self._parts:
                self._file.write(np.ascontiguousarray(held).data)
            self._parts = []

    def array(self) -> npt.NDArray[Any]:
        """All parts in one; the spool takes no more."""
        shape = -1 if self._columns is None else (-1, self._columns)
        if self._file is None:
            empty = np.empty(0, self._dtype)
            return np.concatenate([empty, *(part.ravel() for part in self._parts)]).reshape(shape)
        self._file.flush()
        with self._file:  # the mapping keeps the file, which has no name, until it goes
            mapped = np.memmap(self._file, self._dtype, mode="r").reshape(shape)
        release(mapped)
        return mapped


def blocks(n: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` that make up `n`; one empty slice where n is 0."""
    yield from (slice(first, min(first + size, n)) for first in range(0, max(n, 1), size))


def release(*arrays: npt.NDArray[Any]) -> None:
    """Lets go of the memory of arrays that lie in files; what is read again comes from the file."""
    for array in arrays:
        base: Any = array
        while base is not None and not isinstance(base, mmap.mmap):
            base = getattr(base, "base", None)
        if base is not None and hasattr(mmap, "MADV_DONTNEED"):
            base.madvise(mmap.MADV_DONTNEED)
