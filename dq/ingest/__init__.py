"""Bytes become pages: `read_pages` draws raw pages from files of every kind, `decode_page` makes each a page."""

from dq.ingest.decode import decode_page
from dq.ingest.files import read_pages
from dq.ingest.raw import RawPage

__all__ = ["RawPage", "decode_page", "read_pages"]
