"""The record that reading hands to decoding: one page as it came."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Literal

PageFormat = Literal["html", "text"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RawPage:
    """One page as it came, before decoding; cheap to pickle, because it travels to worker processes.

    `path` is relative to the input that was given, with forward slashes. `row` is the 0-based record in the file, None
    where the file is the page. `data` is empty when the page could not be read; `problem` then says why, and
    `lost_bytes` how large the page is, as far as that is known: the size of the page or of its file, else the bytes
    that were read of it. `copy` is 0 for the first page with this (url or path, content) and 1, 2, ... for the further
    ones.
    """

    path: str
    row: int | None = None
    url: str | None = None
    source_id: str | None = None
    fetched_at: datetime | None = None
    format: PageFormat = "html"
    data: bytes | str = dataclasses.field(default=b"", repr=False)
    declared_encoding: str | None = None
    problem: str | None = None
    lost_bytes: int = 0
    copy: int = 0

    @property
    def address(self) -> str:
        """What the page's id is made of: the url that came with it, else its path."""
        return self.url or self.path

    @property
    def content_bytes(self) -> bytes:
        """`data` as bytes; text as UTF-8, with a lone surrogate as the three bytes that it would take."""
        return as_bytes(self.data)


def as_bytes(data: bytes | str) -> bytes:
    """Content as bytes; text as UTF-8, with a lone surrogate as the three bytes that it would take."""
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")


def larger_than(limit: int) -> str:
    """Why a page of more than `limit` bytes is rejected."""
    return f"larger than {limit} bytes"
