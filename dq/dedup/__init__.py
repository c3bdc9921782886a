"""Articles become clusters: exact copies, near-duplicates, and passages that recur, each pair verified.

    find_duplicates(frame, options, index=...) -> Duplicates the whole search, among earlier articles too
    read_table(path, columns)                               any table with an id and a text, made ready for it
    scan_table(path, columns)                               the same, its texts left where they are

numba, which takes a second to load, comes in with the first search.
"""

from dq.dedup.duplicates import Duplicates, Index, checked, find_duplicates
from dq.dedup.table import read_table, scan_table

__all__ = ["Duplicates", "Index", "checked", "find_duplicates", "read_table", "scan_table"]
