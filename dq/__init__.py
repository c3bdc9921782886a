"""May this batch of scraped news be published? Clean, deduplicate, gate, report.

    dq.clean_text(text, url=...)     a flattened page, taken apart: its lines with reasons, its articles
    dq.clean_html(html, url=...)     the same for an HTML page
    dq.find_duplicates(frame, ...)   duplicates, clusters and reused passages of any table with an id and a text
    dq.History(url)                  the articles of earlier batches, an index for find_duplicates

The whole pipeline is `dq.run.run`, the command line `dq.cli.main`. Names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dq.clean import Cleaned, clean_html, clean_text
    from dq.dedup import Duplicates, find_duplicates
    from dq.history import History

__all__ = ["Cleaned", "Duplicates", "History", "clean_html", "clean_text", "find_duplicates"]

_ROOMS = {
    "Cleaned": "dq.clean",
    "clean_html": "dq.clean",
    "clean_text": "dq.clean",
    "Duplicates": "dq.dedup",
    "find_duplicates": "dq.dedup",
    "History": "dq.history",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'dq' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)
