"""Pages become articles: boilerplate is told from text, line by line, and every line keeps its row."""

from dq.clean.page import Cleaned, clean_html, clean_page, clean_pages, clean_text

__all__ = ["Cleaned", "clean_html", "clean_page", "clean_pages", "clean_text"]
