"""Which column of a table holds what, and how its cells are read.

Columns are found by their usual names, whatever their case, or named by `ColumnOptions`. A record that lacks a column
is no mistake (feed exports leave out what is null); a table that lacks a column which was named is.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dq.ingest.raw import PageFormat, RawPage, as_bytes, larger_than
from dq.options import ColumnOptions

USUAL_NAMES: Mapping[str, Sequence[str]] = {
    "id": "id doc_id _id uuid guid page_id article_id document_id item_id source_id docid".split(),
    "url": (
        "url page_url link source_url canonical_url canonical final_url response_url request_url web_url article_url "
        "original_url permalink href uri address warc_target_uri"
    ).split(),
    "html": (
        "html raw_html page_html html_content content_html body_html html_body article_html response_body "
        "page_source html_source source_html html_raw markup"
    ).split(),
    "text": (
        "text raw_text plain_text full_text text_content page_text article_text content raw_content body article_body "
        "main_text maintext article document"
    ).split(),
    "fetched_at": (
        "fetched_at crawled_at scraped_at retrieved_at downloaded_at collected_at fetch_time crawl_time scrape_time "
        "fetch_date crawl_date scrape_date date_crawled date_scraped date_download download_date fetched crawled "
        "scraped crawl_timestamp timestamp warc_date"
    ).split(),
}
"""The usual names of each column, best first. Where several stand for content, the first that is not empty counts."""

_EPOCH_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))
"""Numbers above the first are seconds times the second: 1e11 s is the year 5138, 1e11 ms is 1973, and so on."""
_PLAUSIBLE_YEARS = range(1990, 2101)
"""Pages were fetched since there is a web; a number outside is no time of fetching."""
_MAX_TIME_CHARS = 64
"""The longest way to write a time; a longer cell is not parsed."""
_HTML_SAMPLE = 1 << 15
"""Characters of a text cell that are looked at to tell HTML from text."""
_HTML_START = re.compile(
    r"\s*+(?>(?:<!--.*?-->|<\?xml[^>]*>)\s*+)*+"  # atomic: comments can be split in but one way
    r"<(?:!doctype|html|head|body|div|p|article|section|main|header|span|table|ul|ol|h[1-6]|figure|img|a|strong|em|b|br"
    r"|script|style|meta|link|iframe|blockquote|center|font)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
_DOCUMENT = re.compile(r"\s*+(?:<\?xml[^>]*>\s*+)?<(?:!doctype html|html)[\s>]", re.IGNORECASE)
_HTML_ENDS = re.compile(
    r"</(?:p|div|article|section|body|html|span|h[1-6]|a|li|ul|td|strong|em)\s*>|<br\s*/?>", re.IGNORECASE
)
_MIN_HTML_ENDS = 3
"""Closing tags from which on a text that does not begin with one is HTML; a tag or two may be quoted in a text."""
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """The columns of a table by what they hold; the content columns in the order in which they are tried."""

    id: str | None = None
    url: str | None = None
    fetched_at: str | None = None
    html: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    text_is_named: bool = False

    @property
    def columns(self) -> list[str]:
        """Every column that is read."""
        return [name for name in (self.id, self.url, self.fetched_at, *self.html, *self.text) if name is not None]

    @property
    def hold_pages(self) -> bool:
        """Whether there is a column that can hold a page."""
        return bool(self.html or self.text)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record of a file: its 0-based number and its cells, or why it could not be read and how large it is."""

    row: int
    cells: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    problem: str | None = None
    lost_bytes: int = 0


@functools.lru_cache(maxsize=256)
def find_roles(names: tuple[str, ...], named: ColumnOptions) -> Roles:
    """The roles of the columns `names`; a column that is named and absent is simply not there.

    >>> find_roles(("URL", "Content"), ColumnOptions()).text
    ('Content',)
    """
    by_plain_name = {_plain(name): name for name in reversed(names)}

    def usual(role: str, chosen: str | None) -> tuple[str, ...]:
        if chosen is not None:
            return (chosen,) if chosen in names else ()
        return tuple(by_plain_name[name] for name in USUAL_NAMES[role] if name in by_plain_name)

    def single(role: str, chosen: str | None) -> str | None:
        return next(iter(usual(role, chosen)), None)

    return Roles(
        id=single("id", named.id),
        url=single("url", named.url),
        fetched_at=single("fetched_at", named.fetched_at),
        html=usual("html", named.html),
        text=usual("text", named.text),
        text_is_named=named.text is not None,
    )


def absent(names: Iterable[str], named: ColumnOptions) -> list[str]:
    """The columns that were named for reading pages and are not among `names`."""
    wanted = (named.id, named.url, named.html, named.text, named.fetched_at)
    present = set(names)
    return [name for name in wanted if name is not None and name not in present]


def page_of(record: Record, roles: Roles, *, path: str, max_bytes: int) -> RawPage:
    """The page that a record holds; rejected, with the reason, where it holds none that can be read."""
    cells = record.cells
    page_format, data, problem = _content(cells, roles)
    problem = record.problem or problem
    if problem is None and len(data) > max_bytes:
        problem = larger_than(max_bytes)
    return RawPage(
        path=path,
        row=record.row,
        url=_text(_cell(cells, roles.url)),
        source_id=_text(_cell(cells, roles.id)),
        fetched_at=instant(_cell(cells, roles.fetched_at)),
        format=page_format,
        data=b"" if problem else data,
        problem=problem,
        lost_bytes=(record.lost_bytes or len(as_bytes(data))) if problem else 0,
    )


def instant(value: Any) -> datetime | None:
    """A time of fetching as an aware UTC datetime; None for what is no time.

    Reads datetimes, ISO 8601, e-mail and HTTP dates, the 14 digits of web archives, and seconds (or milli-, micro- or
    nanoseconds) since 1970. What states no zone is in UTC.

    >>> instant("2024-04-09T10:00:00+03:00").isoformat()
    '2024-04-09T07:00:00+00:00'
    >>> instant(1712646000) == instant("1712646000000") == instant("20240409070000")
    True
    """
    try:
        moment = _moment(value)
    except (ValueError, OverflowError, TypeError, OSError):
        return None
    if moment is None or moment.year not in _PLAUSIBLE_YEARS:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def looks_like_html(text: str) -> bool:
    """Whether a cell that could be either holds markup.

    >>> looks_like_html("<div>a</div>"), looks_like_html("a < b, said <he>"), looks_like_html("a<br>b<br>c<br>d")
    (True, False, True)
    """
    sample = text[:_HTML_SAMPLE]
    if "<" not in sample:
        return False
    return bool(_HTML_START.match(sample)) or len(_HTML_ENDS.findall(sample)) >= _MIN_HTML_ENDS


def _plain(name: str) -> str:
    return re.sub(r"[\s\-.]+", "_", name.strip().lower())


def _cell(cells: Mapping[str, Any], name: str | None) -> Any:
    """A cell; of a list (item loaders make one of every field) the first value."""
    value = None if name is None else cells.get(name)
    return (value[0] if value else None) if isinstance(value, list) else value


def _content(cells: Mapping[str, Any], roles: Roles) -> tuple[PageFormat, bytes | str, str | None]:
    """Format, content and problem: the first content cell that is not empty, HTML before text."""
    empty: PageFormat | None = None
    columns: list[tuple[PageFormat, str]] = [("html", name) for name in roles.html]
    columns += [("text", name) for name in roles.text]
    for page_format, name in columns:
        value = _joined(cells.get(name))
        if value is None or _is_nan(value):
            continue
        if not isinstance(value, str | bytes):
            return page_format, b"", f"the column {name} holds {type(value).__name__}, not text"
        if not value:
            empty = empty or page_format
        elif isinstance(value, str):
            return _format(page_format, name, value, roles), *_well_formed(value)
        else:
            return page_format, value, None
    return empty or _default_format(roles), b"", None if empty else "has neither html nor text"


def _default_format(roles: Roles) -> PageFormat:
    return "html" if roles.html or not roles.text else "text"


def _format(page_format: PageFormat, name: str, value: str, roles: Roles) -> PageFormat:
    """HTML may stand in a column called body or content; one that is called text holds text that may mention tags."""
    if page_format == "html" or roles.text_is_named:
        return page_format
    holds_html = _DOCUMENT.match(value) is not None if "text" in _plain(name) else looks_like_html(value)
    return "html" if holds_html else "text"


def _well_formed(text: str) -> tuple[str, str | None]:
    """Text that UTF-8 can hold, and what is wrong with it.

    Bytes that were not UTF-8 (read as U+DC80..U+DCFF, see PEP 383) reject it; halves of surrogate pairs, which JSON can
    spell, become replacement characters.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        if _NOT_UTF8.search(text):
            return "", "holds bytes that are not valid UTF-8"
        return _SURROGATE.sub("\ufffd", text), None
    return text, None


def _joined(value: Any) -> Any:
    """A list of strings as one text, a line each."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n".join(value) if value else None
    return value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _text(value: Any) -> str | None:
    """An id or address of any type as text; None where there is none."""
    if value is None or _is_nan(value):
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return _SURROGATE.sub("\ufffd", str(value)).strip() or None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(float(value))
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return _from_string(value.strip()) if isinstance(value, str) else None


def _from_epoch(number: float) -> datetime:
    scale = next((scale for least, scale in _EPOCH_UNITS if number >= least), math.nan)
    return datetime.fromtimestamp(number / scale, tz=UTC)


def _from_string(text: str) -> datetime:
    if len(text) > _MAX_TIME_CHARS:
        raise ValueError("too long for a time")
    if re.fullmatch(r"(?:19|20)\d{12}", text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if re.fullmatch(r"\d{9,19}(?:\.\d+)?", text):
        return _from_epoch(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
