"""Addresses: the host of a URL, and the URL that a page says it has."""

from __future__ import annotations

import functools
import html
import re
from urllib.parse import urlsplit

HEAD_CHARS = 200_000
"""How far into a page its own address is sought; inline styles and scripts can push it far down."""

_TAG = re.compile(r"<(?:link|meta)\b[^<>]{0,4000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?<![a-z:\-])([a-z:\-]++)\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_HOST = re.compile(r"(?!-)[\w\-]+(?:\.[\w\-]+)*|\[[0-9a-f:.]+\]")


@functools.lru_cache(maxsize=1024)
def _unicode_host(host: str) -> str:
    """An internationalised host name as people read it."""
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host


def host_of(url: str | None) -> str | None:
    """The host of a web address: lower case, without `www.`, in Unicode; None for what is no web address.

    >>> host_of("https://WWW.Example.org:8080/a"), host_of("//xn--mgbh0fb.example/"), host_of("javascript:void(0)")
    ('example.org', 'مثال.example', None)
    """
    if url is None:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", ""}:
        return None
    host = _unicode_host(host).removeprefix("www.")
    return host if _HOST.fullmatch(host) else None


def own_address(page: str) -> str | None:
    """The absolute address in a page's canonical link, else in its `og:url`.

    >>> own_address('<link href="https://example.org/?a=1&amp;b=2" rel=canonical>')
    'https://example.org/?a=1&b=2'
    """
    head = page[:HEAD_CHARS]
    lowered = head.lower()
    if "canonical" not in lowered and "og:url" not in lowered:
        return None
    fallback = None
    for tag in _TAG.findall(head):
        values = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if "canonical" in values.get("rel", "").lower().split() and (address := _absolute(values.get("href"))):
            return address
        if "og:url" in {values.get("property"), values.get("name")}:
            fallback = fallback or _absolute(values.get("content"))
    return fallback


def _absolute(value: str | None) -> str | None:
    address = html.unescape(value or "").strip()
    if address.startswith("//"):
        address = f"https:{address}"
    return address if address.lower().startswith(("http://", "https://")) and host_of(address) else None
