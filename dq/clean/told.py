"""The dates that a page's lines tell for an article: near its headline, or with a label such as "Published"."""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Literal

from dq.clean.calendars import is_weekday
from dq.clean.dates import Found, find_dates, may_hold_date
from dq.clean.published import Candidate, candidate
from dq.clean.relative import find_relative
from dq.fold import words

NEAR = 15
"""Lines below the headline, or above the text where no headline was found, within which a date is the article's."""
ABOVE = 3
"""Lines above the headline within which it is too."""
EARLY = 6
"""Lines below the first one of the text within which a line that is none of the text may still date it."""
BEHIND = 3
"""Lines behind the text within which a label makes a date the article's."""
OPENING = 60
"""Characters from the start of the text within which a date is that of its dateline."""
CROWD, CROWD_REACH = 2, 6
"""So many other dated lines within so many lines are a list of teasers or comments."""
LONGEST_LINE = 300
"""Characters of a line; with more it is a paragraph."""
MOST_WORDS = 20
"""Words of a dated line without a label; with more it is a sentence."""
MOST_WORDS_LABELLED = 40
LABEL_REACH = 3
"""Words from the start of a line far from the headline among which its label must stand."""
SUFFIX = 14
"""Characters behind a date in which Chinese, Japanese and Korean newspapers write its label."""
SILENT = frozenset({"footer", "form"})
"""Roles of lines that date no article."""
QUIET = frozenset({"caption", "related", "tags"})
"""Roles of lines that date one only with a label."""

HEADER = 3
"""First lines of a page that are its header, unless its headline stands among them."""

_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_UNSPACED_WEEKDAY = re.compile("星期|礼拜|禮拜|[周週][一二三四五六日]|曜日|요일")

Label = Literal["published", "updated"]
Region = Literal["below", "above", "high", "opening", "early", "behind", "far"]
KIND_OF: dict[tuple[Label | None, Region], str] = {
    ("published", "below"): "line-published",
    ("published", "above"): "line-published",
    ("published", "high"): "line-published-high",
    ("published", "opening"): "line-opening",
    ("published", "early"): "line-published-behind",
    ("published", "behind"): "line-published-behind",
    ("published", "far"): "line-published-far",
    ("updated", "below"): "line-updated",
    ("updated", "above"): "line-updated",
    ("updated", "high"): "line-updated",
    ("updated", "opening"): "line-updated-far",
    ("updated", "early"): "line-updated-far",
    ("updated", "behind"): "line-updated-far",
    ("updated", "far"): "line-updated-far",
    (None, "below"): "line-below",
    (None, "above"): "line-above",
    (None, "high"): "line-high",
    (None, "opening"): "line-opening",
    (None, "early"): "line-early",
}
"""Kind of a date by its label and its place; without a label, lines behind the text date nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where an article stands among its page's lines, from `start` to `end` (excluded).

    `title` is its headline, None where none was found; `body` the lines of its text, one at least.
    """

    start: int
    end: int
    title: int | None
    body: Sequence[int]


def from_lines(
    texts: Sequence[str],
    roles: Sequence[str | None],
    place: Place,
    *,
    locale: str | None = None,
    now: datetime | None = None,
) -> list[Candidate]:
    """The dates that lines tell for the article at `place`; `roles` are the labels of the lines, as far as known.

    With `now`, the time of fetching, "3 hours ago" below the headline is a date where nothing else is.
    """
    regions = _regions(texts, roles, place, may_hold_date)
    dated = {at: dates for at in regions if (dates := _dates(texts[at], regions[at], locale))}
    candidates: list[Candidate] = []
    for at, dates in dated.items():
        quiet = roles[at] in QUIET or (regions[at] in {"above", "high"} and _is_header(texts[at], at, dated, regions))
        for label, found in _labelled(texts[at], dates):
            if kind := _kind(texts[at], regions[at], label, found, quiet=quiet):
                again = kind == "line-below" and any(one.kind == kind for one in candidates)
                candidates.append(candidate("line-below-later" if again else kind, found))
            if label != "updated":
                break  # what follows the first date of a line is an update, a deadline or the next teaser's
    return candidates or (_relative(texts, roles, place, now) if now else [])


def _regions(
    texts: Sequence[str], roles: Sequence[str | None], place: Place, holds: Callable[[str], bool]
) -> dict[int, Region]:
    """Line -> where it stands, of all lines that may date the article and of which `holds` is true."""
    body, heads = frozenset(place.body[1:]), _headlines(texts, place)
    return {
        at: _region(at, place, heads)
        for at in range(place.start, place.end)
        if (len(texts[at]) <= LONGEST_LINE or at == place.body[0]) and holds(texts[at])
        if at not in body and roles[at] not in SILENT
    }


def _headlines(texts: Sequence[str], place: Place) -> list[int]:
    """Every line above the text that prints the headline; where there is none, where one might stand."""
    if place.title is None:
        return [max(place.start, place.body[0] - NEAR) - 1]
    title = texts[place.title].strip().casefold()
    above = range(place.start, max(place.body[0], place.title + 1))
    return [at for at in above if texts[at].strip().casefold() == title]


def _region(at: int, place: Place, heads: Sequence[int]) -> Region:
    first, last = place.body[0], place.body[-1]
    if at < first:
        below, above = (
            any(0 < sign * (at - head) <= reach for head in heads) for sign, reach in ((1, NEAR), (-1, ABOVE))
        )
        return "below" if below else "above" if above else "far" if at in heads or at - place.start < HEADER else "high"
    if at == first:
        return "opening"
    return "early" if at <= first + EARLY else "behind" if last < at <= last + BEHIND else "far"


def _dates(text: str, region: Region, locale: str | None) -> list[Found]:
    """The dates of a line, Gregorian ones alone where there are any; far from the headline a label must lead."""
    if region in {"far", "behind"} and find_label(words(text)[:LABEL_REACH]) is None:
        return []
    found = find_dates(text[:LONGEST_LINE], locale=locale)
    return [one for one in found if one.calendar == "gregorian"] or found


def _kind(text: str, region: Region, label: Label | None, found: Found, *, quiet: bool) -> str | None:
    """The kind of a date, or None where the line does not date the article."""
    if region == "opening":
        return KIND_OF[label, region] if found.start < OPENING else None
    longest = MOST_WORDS_LABELLED if label else MOST_WORDS
    return None if (quiet and label is None) or len(text.split()) > longest else KIND_OF.get((label, region))


def _is_header(text: str, at: int, dated: Mapping[int, object], regions: Mapping[int, Region]) -> bool:
    """Whether a line above the headline is a header's clock, which names the weekday, or one of a list of teasers."""
    if _UNSPACED_WEEKDAY.search(text) or any(map(is_weekday, words(text))):
        return True
    near = range(at - CROWD_REACH, at + CROWD_REACH + 1)
    return sum(other != at and other in dated and regions[other] in {"above", "high", "far"} for other in near) >= CROWD


def _labelled(text: str, dates: Sequence[Found]) -> Iterator[tuple[Label | None, Found]]:
    """Each date with the label before it; scripts without spaces may write it behind."""
    ends = [0, *(one.end for one in dates)]
    starts = [*(one.start for one in dates), len(text)]
    for number, found in enumerate(dates):
        label = find_label(words(text[ends[number] : found.start]))
        if label is None and _UNSPACED.search(text):
            label = find_label(words(text[found.end : min(starts[number + 1], found.end + SUFFIX)]))
        yield label, found


def find_label(told: Sequence[str]) -> Label | None:
    """What the last label among folded words says; None where there is none.

    >>> find_label(["last", "updated"]), find_label(["تاريخ", "النشر"]), find_label(["by", "jane"])
    ('updated', 'published', None)
    """
    best: tuple[int, int, Label] | None = None
    for start, word in enumerate(told):
        for phrase, label in _label_phrases().get(word, ()):
            end = start + len(phrase)
            if tuple(told[start:end]) == phrase and (best is None or (end, len(phrase)) > best[:2]):
                best = end, len(phrase), label
    return best[2] if best else None


@functools.cache
def _label_phrases() -> dict[str, list[tuple[tuple[str, ...], Label]]]:
    """First word -> the labels of date_labels.toml that begin with it."""
    tables = tomllib.loads(resources.files("dq.clean").joinpath("date_labels.toml").read_text(encoding="utf-8"))
    phrases: dict[str, list[tuple[tuple[str, ...], Label]]] = {}
    label: Label
    for label in ("published", "updated"):
        for told in {tuple(words(phrase)) for group in tables[label].values() for phrase in group}:
            phrases.setdefault(told[0], []).append((told, label))
    return phrases


def _relative(texts: Sequence[str], roles: Sequence[str | None], place: Place, now: datetime) -> list[Candidate]:
    """The first line beside the headline that tells how long ago it was."""
    regions = _regions(texts, roles, place, lambda text: len(text.split()) <= MOST_WORDS)
    near = (texts[at] for at, region in regions.items() if region in {"below", "above"})
    moment = next((found for text in near if (found := find_relative(text, now))), None)
    return [Candidate(date=moment, kind="line-relative")] if moment else []
