"""Scraped text made fit to be shown: what is invisible becomes visible, what is long is cut and says so.

Scraped text is hostile. Markup is harmless once the template engine has escaped it; what is left are characters that
change how the text *around* them is read: overrides and embeddings of direction, control characters, tags. They are
shown by their code point, so that a reviewer sees them and the page keeps its order.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, save tab and line feed
    "\u200b\ufeff\u2060-\u2064"  # zero-width space and its kin; the joiners U+200C and U+200D spell words, and stay
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of direction
    "\u206a-\u206f\ufff9-\ufffb"  # deprecated format characters, annotation marks
    "\U000e0000-\U000e007f"  # tags
    "\ud800-\udfff"  # halves of surrogate pairs
    "]"
)
"""Characters that nobody sees and that change what is seen. The marks U+200E, U+200F and U+061C are no part of it:
Arabic and Hebrew pages hold them in ordinary text, and they do nothing outside an isolated run."""

_LINK_SCHEMES = ("http", "https")


def visible(text: str) -> str:
    r"""`text` with every unseen character shown as its code point; carriage returns before a line feed just go.

    >>> visible("abc\u202edcba\x00"), visible("a\r\nb")
    ('abc[U+202E]dcba[U+0000]', 'a\nb')
    """
    return UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", text.replace("\r\n", "\n"))


def clip(text: str, limit: int) -> str:
    """`text`, or as much of it as fits `limit` characters, the last of which then says that it goes on.

    >>> clip("abcdef", 4), clip("abcd", 4)
    ('abc…', 'abcd')
    """
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def link_target(url: str | None) -> str | None:
    """`url` where it is safe to offer as a link (http or https with a host, nothing unseen in it), else nothing.

    >>> link_target("https://example.org/a"), link_target("javascript:alert(1)"), link_target("//example.org")
    ('https://example.org/a', None, None)
    """
    if url is None or UNSEEN.search(url) or any(char.isspace() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in _LINK_SCHEMES and parts.hostname else None
