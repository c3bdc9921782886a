"""Pages become articles: boilerplate is told from text, line by line, and every line keeps its row."""

from dq.clean.page import Cleaned, clean_page, clean_pages

__all__ = ["Cleaned", "clean_page", "clean_pages"]
