"""Relative dates: "yesterday", "3 hours ago", منذ ساعتين; days only where it is known when the page was fetched.

The phrases are CLDR's, through Babel, which spells them out for a number of minutes, hours, days and weeks; Arabic
newspapers say منذ where CLDR says قبل.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from babel.dates import format_timedelta

from dq.fold import words

Unit = Literal["minute", "hour", "day", "week"]
LOCALES = (
    "ar en fr es de he fa tr ur ru zh it pt nl pl el uk sv da nb fi cs sk hu ro bg hr sr ca id vi hi ja ko".split()
)
"""CLDR locales whose phrases are known."""
UNITS: dict[Unit, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
"""Units that still tell a day; "2 months ago" does not."""
SAMPLES = (1, 2, 3, 5, 11, 21, 100)
"""Numbers of which at least one falls into each plural form of each language (CLDR plural rules)."""
SYNONYMS = {"قبل": "منذ", "από": ""}
"""Words that newspapers use in a phrase for those of CLDR, or leave out."""
DAYS = {
    0: """
    اليوم today aujourd'hui hoy heute היום امروز bugün آج сегодня 今天 oggi hoje vandaag dzisiaj dziś σήμερα 今日 오늘
    """.split(),
    1: """
    أمس yesterday hier ayer gestern אתמול دیروز dün گزشتہ_روز вчера 昨天 ieri ontem gisteren wczoraj χθες χτες 昨日 어제
    """.split(),
}
"""Words that tell a day by themselves, by how many days ago it was; Babel does not carry CLDR's."""
LONGEST_PHRASE = 6
MOST_WORDS = 12
"""Words of a text that may be a relative date; more make a sentence, whose days are those of its story."""
NUMBER = "#"


def find_relative(text: str, now: datetime) -> datetime | None:
    """The moment that `text` tells by its distance from `now`; a day without a time of day for days and weeks.

    >>> now = datetime(2024, 4, 9, 1, 30)
    >>> find_relative("منذ ساعتين", now), find_relative("3 days ago", now)
    (datetime.datetime(2024, 4, 8, 23, 30), datetime.datetime(2024, 4, 6, 0, 0))
    >>> find_relative("long ago", now)
    """
    told = words(text)
    if len(told) > MOST_WORDS:
        return None
    phrases = _phrases()
    for start, size in itertools.product(range(len(told)), range(LONGEST_PHRASE, 0, -1)):
        part = told[start : start + size]
        numbers = [int(word) for word in part if word.isdecimal()]
        found = phrases.get(" ".join(NUMBER if word.isdecimal() else word for word in part))
        if found is not None and len(part) == size:
            unit, count = found
            return _back(now, unit, numbers[0] if numbers else count)
    return None


def _back(now: datetime, unit: timedelta, count: int) -> datetime | None:
    try:
        moment = now.replace(tzinfo=None) - unit * count
    except OverflowError:
        return None
    return moment if unit < UNITS["day"] else datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001  # wall time


@functools.cache
def _phrases() -> dict[str, tuple[timedelta, int]]:
    """Folded phrase, `#` for its number -> (unit, how many where the phrase holds no number)."""
    phrases: dict[str, tuple[timedelta, int]] = {}
    for locale, unit, count in itertools.product(LOCALES, UNITS, SAMPLES):
        spelt = words(
            format_timedelta(-UNITS[unit] * count, granularity=unit, threshold=1e9, add_direction=True, locale=locale)
        )
        for variant in _variants([NUMBER if word.isdecimal() else word for word in spelt]):
            phrases.setdefault(variant, (UNITS[unit], count))
    for ago, names in DAYS.items():
        phrases |= {" ".join(words(name.replace("_", " "))): (UNITS["day"], ago) for name in names}
    return phrases


def _variants(phrase: list[str]) -> Iterator[str]:
    yield " ".join(phrase)
    if any(word in SYNONYMS for word in phrase):
        yield " ".join(filter(None, (SYNONYMS.get(word, word) for word in phrase)))
