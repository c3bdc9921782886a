"""Articles become clusters: exact copies, near-duplicates, and passages that recur, each pair verified.

    find_duplicates(frame, options, index=...)  the whole search, among earlier articles too: `Duplicates`
    read_table(path, columns)                   any table with an id and a text, made ready for it
    scan_table(path, columns)                   the same, its texts left where they are
    overlap(left, right, options)               what two texts share, and what follows from it

numba, which takes a second to load, comes in with the first search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dq.dedup.duplicates import COLUMNS, Duplicates, Index, checked, find_duplicates, texts_of
from dq.dedup.table import read_table, scan_table

if TYPE_CHECKING:
    from dq.dedup.pair import Overlap
    from dq.options import DedupOptions

__all__ = [
    "COLUMNS",
    "Duplicates",
    "Index",
    "checked",
    "find_duplicates",
    "overlap",
    "read_table",
    "scan_table",
    "texts_of",
]


def overlap(left: str, right: str, options: DedupOptions) -> Overlap:
    """What two texts share: `dq.dedup.pair.overlap`."""
    from dq.dedup.pair import overlap as taken_apart  # noqa: PLC0415  # numba comes in with the first search

    return taken_apart(left, right, options)
