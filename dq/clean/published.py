"""Which of a page's dates is its publication date.

Dates are gathered from all that may state one: JSON-LD, meta elements, microdata and `<time>` (`stated.py`), lines
near the headline or with a label (`told.py`), and the address. Each is a `Candidate` of a kind, and `choose` decides:
every kind has a weight, the weights of the kinds that agree on a day add up, and the heaviest day wins.

A date that says "updated" wins only where nothing says "published". What stands in a comment, a teaser, a footer, or
far above the headline beside a weekday as a header's clock does, is no candidate; neither is a copyright year.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from dq.clean.dates import Found, find_stamp

Day = date
Source = Literal["json-ld", "meta", "time", "url", "line"]
SOURCES: dict[Source, str] = {
    "json-ld": "the page's JSON-LD",
    "meta": "a meta element",
    "time": "a <time> element or microdata",
    "url": "the page's address",
    "line": "what a reader sees: a line or element near the headline, or with a label",
}


class Kind(NamedTuple):
    """Where dates of this kind are read, and how much they say."""

    source: Source
    weight: float


KINDS = {
    "meta-published": Kind("meta", 3.2),
    "article-node": Kind("json-ld", 3.1),
    "line-published": Kind("line", 2.9),
    "url": Kind("url", 2.8),
    "page-node": Kind("json-ld", 2.6),
    "microdata": Kind("time", 2.6),
    "time-near": Kind("time", 2.6),
    "line-below": Kind("line", 2.4),
    "line-published-high": Kind("line", 2.4),
    "line-published-behind": Kind("line", 2.0),
    "url-compact": Kind("url", 2.0),
    "element-near": Kind("line", 1.9),
    "line-above": Kind("line", 1.6),
    "created-node": Kind("json-ld", 1.5),
    "meta-date": Kind("meta", 1.1),
    "line-relative": Kind("line", 1.0),
    "time-far": Kind("time", 0.8),
    "line-early": Kind("line", 0.7),
    "line-below-later": Kind("line", 0.6),
    "line-high": Kind("line", 0.45),
    "line-published-far": Kind("line", 0.4),
    "line-opening": Kind("line", 0.4),
    "media-node": Kind("json-ld", 0.3),
    "line-updated": Kind("line", 0.15),
    "stated-updated": Kind("meta", 0.15),
    "line-updated-far": Kind("line", 0.05),
}
"""Weights: the log-odds that a date of the kind is the publication date, on some 1,900 dated pages of a thousand
sites; read off one half of the sites, and checked on the other. JSON-LD and meta elements are given a little more:
where they are "wrong" there, those who dated the page by hand mostly took the day of an update."""
AGREEMENT = 0.3
"""What a further kind adds where one of its family agrees: a line and the element that holds it are one statement."""
VISIBLE: frozenset[Source] = frozenset({"time", "line"})
"""Sources that are one family: they read what the page shows."""
UPDATED = frozenset({"line-updated", "stated-updated", "line-updated-far"})
STRONG = frozenset({"meta-published", "article-node", "url", "line-published"})
"""Kinds that say "published" so clearly that what the page shows beside them may be the day of an update."""
SHOWN = frozenset({"line-below", "line-above", "line-high", "line-early", "element-near", "time-near", "time-far"}) | {
    "microdata",
    "meta-date",
}
"""Kinds that say only "date", and may mean an update."""
LOCAL = 1.3
"""Weight from which a date without zone tells the page's own day, where another is told in universal time."""
FARTHEST_ZONE = timedelta(hours=14)
"""No place is further from universal time (IANA time zones: -12 to +14 hours)."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A date that may be the publication date; `swapped` and `utc` are those of `dates.Found`."""

    date: datetime
    kind: str
    swapped: datetime | None = None
    utc: bool = False

    @property
    def day(self) -> Day:
        """The day alone."""
        return self.date.date()

    @property
    def weight(self) -> float:
        """How much the kind says."""
        return KINDS[self.kind].weight


def candidate(kind: str, found: Found) -> Candidate:
    """What was found in a text, as a candidate."""
    return Candidate(date=found.date, kind=kind, swapped=found.swapped, utc=found.utc)


def choose(
    candidates: Iterable[Candidate], *, month_first: bool = False, latest: datetime | None = None
) -> tuple[datetime, Source] | None:
    """The publication date and where it was read; None where no candidate is left.

    `month_first` tells how numbers are meant of which either may be the month, unless other candidates tell; dates
    after `latest` cannot be.
    """
    found = _set_updates_aside(_in_own_zone(_in_order(list(candidates), month_first=month_first)))
    found = [one for one in found if latest is None or one.date <= latest]
    if not found:
        return None
    scores = {day: _score({one.kind for one in found if one.day == day}) for day in {one.day for one in found}}
    day = max(scores, key=lambda day: (scores[day], -day.toordinal()))
    agreed = sorted((one for one in found if one.day == day), key=lambda one: -one.weight)
    timed = next((one.date for one in agreed if one.date.time() != time()), agreed[0].date)
    return timed, KINDS[agreed[0].kind].source


def _score(kinds: Iterable[str]) -> float:
    """The weight of a day that these kinds state: each family counts by its heaviest kind, and a little by others."""
    families: dict[str, list[float]] = defaultdict(list)
    for source, weight in (KINDS[kind] for kind in kinds):
        families["visible" if source in VISIBLE else source].append(weight)
    return sum(max(weights) + AGREEMENT * (sum(weights) - max(weights)) for weights in families.values())


def _in_order(candidates: Sequence[Candidate], *, month_first: bool) -> list[Candidate]:
    """Numbers of which either may be the month, read as the candidates without that doubt read them, if any does."""
    firm = {one.day for one in candidates if one.swapped is None and one.kind not in UPDATED}
    return [_swapped(one) if _is_swapped(one, firm, month_first=month_first) else one for one in candidates]


def _is_swapped(one: Candidate, firm: set[Day], *, month_first: bool) -> bool:
    if one.swapped is None or one.day == one.swapped.date():
        return False
    as_written, otherwise = one.day in firm, one.swapped.date() in firm
    return month_first if as_written == otherwise else otherwise


def _swapped(one: Candidate) -> Candidate:
    other = one.swapped if one.swapped is not None else one.date
    return dataclasses.replace(one, date=datetime.combine(other, one.date.time()), swapped=one.date)


def _in_own_zone(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Times told as universal moved to the day that the page itself states, where that may be the same moment."""
    local = [one for one in candidates if not one.utc and one.kind not in UPDATED and one.weight >= LOCAL]
    days = {one.day for one in local}
    return [
        next((dataclasses.replace(one, date=other.date) for other in local if _may_be_same_moment(one, other)), one)
        if one.utc and one.day not in days and one.date.time() != time()
        else one
        for one in candidates
    ]


def _may_be_same_moment(universal: Candidate, local: Candidate) -> bool:
    midnight = datetime.combine(local.day, time())
    return midnight - FARTHEST_ZONE < universal.date < midnight + timedelta(days=1) + FARTHEST_ZONE


def _set_updates_aside(candidates: Sequence[Candidate]) -> list[Candidate]:
    """What only says "date" is an update, where its day is called one and an earlier day is called the publication."""
    updated = {one.day for one in candidates if one.kind in UPDATED}
    told = {one.day for one in candidates if one.kind == "line-updated"}
    published = {one.day for one in candidates if one.kind in STRONG} - updated
    labelled = {one.day for one in candidates if one.kind == "line-published"}

    def is_update(one: Candidate) -> bool:
        shown = one.kind in SHOWN and one.day in updated and any(day < one.day for day in published)
        stated = one.kind not in SHOWN | {"line-published", "url"} and one.day in told
        return shown or (stated and any(day < one.day for day in labelled))

    return [dataclasses.replace(one, kind="stated-updated") if is_update(one) else one for one in candidates]


WORLDWIDE = frozenset("ai co fm io me tv us".split())
"""Top-level domains of two letters that say nothing of the country, or name the United States."""


def page_locale(language: str | None, *, url: str | None = None, stated: str | None = None) -> str | None:
    """The locale by which a page writes dates, for `dates` and `calendars`; None where nothing tells.

    `stated` is what the markup calls its language; it is believed where the text, in `language`, does not speak
    against it. English is American at an address that names no other country, and nobody's without an address.

    >>> page_locale("en", url="https://example.com/a"), page_locale("en", url="https://example.co.uk/a")
    ('en-US', 'en-GB')
    >>> page_locale("de", url="https://example.com/a", stated="en-US"), page_locale(None, stated="fr-CA")
    ('de', 'fr-CA')
    """
    told = (stated or "").replace("_", "-")
    if "-" in told and (language is None or told.partition("-")[0].lower() == language):
        return told
    language = language or told.lower() or None
    if language != "en":
        return language
    country = _host(url).rpartition(".")[2]
    if not country:
        return "en-001"
    if len(country) == len("us") and country not in WORLDWIDE:
        return f"en-{country.upper().replace('UK', 'GB')}"
    return "en-US"


def _host(url: str | None) -> str:
    try:
        return (urlsplit(url).hostname if url else None) or ""
    except ValueError:  # an address that is none
        return ""


_IN_URL = re.compile(r"(?<!\d)((?:19|20)\d\d)([/_.-]?)(0[1-9]|1[0-2]|[1-9](?!\d))\2(0[1-9]|[12]\d|3[01]|[1-9])(?!\d)")


def from_url(url: str | None) -> list[Candidate]:
    """The date in an address: `/2024/04/09/`, `2024-04-09`, `20240409`.

    >>> [str(one.date.date()) for one in from_url("https://example.org/news/2024/4/9/title.html")]
    ['2024-04-09']
    >>> from_url("https://example.org/2024/04/title-20"), from_url(None)
    ([], [])
    """
    match = _IN_URL.search(url or "")
    found = find_stamp("-".join(part.zfill(2) for part in match.group(1, 3, 4))) if match else None
    return [candidate("url" if match and match[2] else "url-compact", found)] if found else []
