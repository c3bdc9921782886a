"""Pages become articles: line cleaning, page splitting, metadata."""

from dq.clean.drafts import Drafts
from dq.clean.drafts import read_pages as read_drafts
from dq.clean.page import Cleaned, clean_html, clean_page, clean_pages, clean_text, decide
from dq.clean.sites import count, merge

__all__ = [
    "Cleaned",
    "Drafts",
    "clean_html",
    "clean_page",
    "clean_pages",
    "clean_text",
    "count",
    "decide",
    "merge",
    "read_drafts",
]
