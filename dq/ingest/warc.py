"""WARC files become pages: their response records with an HTML content type. The only door to FastWARC."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from fastwarc.stream_io import BrotliReader, ChunkedReader, GzipReader, ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from dq.ingest.columns import instant
from dq.ingest.raw import RawPage, larger_than
from dq.ingest.streams import BrokenStreamError, reason

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
"""Content types of pages."""
READ_BYTES = 1 << 20
"""Bytes of a record that are read at a time."""


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


_DECODERS: dict[str, Callable[[Any], _Reader]] = {
    "chunked": ChunkedReader,
    "gzip": GzipReader,
    "x-gzip": GzipReader,
    "deflate": lambda stream: GzipReader(stream, zlib=True),
    "br": BrotliReader,
    "zstd": ZstdReader,
}
"""What undoes each transfer and content encoding of HTTP."""


def warc_pages(path: Path, name: str, max_page_bytes: int) -> Iterator[RawPage]:
    """The pages of a WARC file, compressed or not; `row` counts them.

    A redirect is passed over, because the page that it leads to has a record of its own; another answer than success
    is a rejected page. Raises BrokenStreamError where the file goes on in a way that is no WARC.
    """
    row = 0
    for record in _records(path):
        if not _is_html(record) or _status(record) // 100 == 3:  # noqa: PLR2004  (HTTP's class of redirects)
            continue
        yield _page(record, name=name, row=row, limit=max_page_bytes)
        row += 1


def _records(path: Path) -> Iterator[WarcRecord]:
    try:
        with path.open("rb") as file:
            yield from ArchiveIterator(file, record_types=WarcRecordType.response, parse_http=True)
    except OSError as error:
        raise BrokenStreamError(reason(error) if error.strerror else str(error)) from error


def _is_html(record: WarcRecord) -> bool:
    if not record.is_http_parsed:
        return False
    return (record.http_content_type or "").lower() in HTML_TYPES


def _status(record: WarcRecord) -> int:
    return record.http_headers.status_code or 0


def _page(record: WarcRecord, *, name: str, row: int, limit: int) -> RawPage:
    data, problem, n_bytes = _payload(record, limit)
    if _status(record) // 100 != 2:  # noqa: PLR2004  (HTTP's class of successes)
        problem = f"HTTP status {_status(record)}"
    return RawPage(
        path=name,
        row=row,
        url=(record.headers.get("WARC-Target-URI") or "").strip("<> ") or None,
        source_id=(record.record_id or "").strip("<> ") or None,
        fetched_at=instant(record.record_date),
        data=b"" if problem else data,
        declared_encoding=record.http_charset,
        problem=problem,
        lost_bytes=n_bytes if problem else 0,
    )


def _payload(record: WarcRecord, limit: int) -> tuple[bytes, str | None, int]:
    """The page's bytes, why they cannot be had, and how many they are: as declared, or as many as were read."""
    try:
        data = _read(record.reader, limit + 1)
    except OSError as error:
        return b"", f"the record cannot be read: {error}", 0
    if len(data) > limit:
        return b"", larger_than(limit), record.content_length
    if len(data) < record.content_length:
        return b"", "the record ends before its declared length", len(data)
    for encoding in _encodings(record):
        data = _undo(data, encoding, limit + 1)
    return data, larger_than(limit) if len(data) > limit else None, len(data)


def _encodings(record: WarcRecord) -> Iterator[str]:
    """The encodings of a record's payload, the outermost first."""
    for header in ("Transfer-Encoding", "Content-Encoding"):
        values = record.http_headers.get(header) or ""
        yield from (value for value in reversed(values.lower().replace(",", " ").split()) if value in _DECODERS)


def _undo(data: bytes, encoding: str, limit: int) -> bytes:
    """At most `limit` decoded bytes; the data as they are where crawlers have decoded them, and left the header."""
    try:
        return _read(_DECODERS[encoding](io.BytesIO(data)), limit)
    except OSError:
        return data


def _read(reader: _Reader, limit: int) -> bytes:
    """All that a reader has, `limit` bytes at most; a reader may give less than it is asked for."""
    parts: list[bytes] = []
    left = limit
    while left > 0 and (part := reader.read(min(left, READ_BYTES))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
