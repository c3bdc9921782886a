"""Calendars: what months are called, and the Gregorian day that a date of any calendar is.

Gregorian names come from CLDR through Babel, so Levantine, Egyptian and Maghrebi names of Arabic months are all known;
`months.toml` adds further spellings and the months of the Hijri (Umm al-Qura) and Jalali (Iran, Afghanistan)
calendars. The locales of a script are read when its first word is looked up: all of them take a third of a second.
"""

from __future__ import annotations

import functools
import itertools
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from importlib import resources
from typing import Literal, NamedTuple, get_args

from babel import Locale, UnknownLocaleError
from hijridate import Hijri
from persiantools.jdatetime import JalaliDate

from dq.fold import fold

Calendar = Literal["gregorian", "buddhist", "hijri", "jalali"]
Order = Literal["dmy", "mdy", "ymd"]
"""The order in which a date of numbers alone is written."""

YEARS: dict[Calendar, range] = {
    "gregorian": range(1990, 2100),
    "buddhist": range(2533, 2643),
    "jalali": range(1368, 1415),
    "hijri": range(1410, 1525),
}
"""Years that a page may state, 1990 to 2099; Jalali ones to 2035, for beyond they are read as Hijri ones. News pages
are not older than the web; smaller numbers in a line are something else."""
BUDDHIST_EPOCH = 543
"""Years by which the Thai solar calendar, whose months and days are Gregorian, is ahead."""

LOCALES = {
    "latin": "en es fr pt de it nl pl tr id vi ro cs sv hu da fi nb sk hr sr_Latn bs sl et lv lt ca gl sq az uz ms "
    "fil sw af is nn de_AT",
    "arabic": "ar_EG ar_LB ar_IQ ar_DZ ar_TN ar_MA fa fa_AF ur ps",
    "cyrillic": "ru uk bg sr be mk kk ky tg",
    "greek": "el",
    "hebrew": "he",
    "other": "hi bn mr ne ta te gu kn ml pa si th ka hy am",
}
"""CLDR locales whose month names are known, by script. Of two languages that call different months by one name, the
earlier one is believed where the page's own language is not known."""
_BLOCKS = (
    (0x0041, 0x024F, "latin"),
    (0x1E00, 0x1EFF, "latin"),
    (0x0370, 0x03FF, "greek"),
    (0x1F00, 0x1FFF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x08FF, "arabic"),
)
CUT_SHORT = {"latin": (3, 4), "cyrillic": (3, 4), "greek": (3, 4)}
"""Letters to which newspapers cut month names, in scripts that abbreviate, beside what CLDR lists."""
_PARTS = re.compile(r"[\s.’'-]+")
HEBREW_IN = "ב"
"""Hebrew writes "in January" as one word."""


class Month(NamedTuple):
    """A month of a calendar, and the language that calls it so; empty where no single one does."""

    calendar: Calendar
    number: int
    language: str = ""


def find_month(word: str, following: str = "") -> tuple[int, tuple[Month, ...]] | None:
    """(words used, months so called) where a name of two words or of one begins; None where none does.

    >>> find_month("كانون", "الثاني")
    (2, (Month(calendar='gregorian', number=1, language='ar'),))
    >>> find_month("listopada")
    (1, (Month(calendar='gregorian', number=11, language='pl'), Month(calendar='gregorian', number=10, language='hr')))
    >>> find_month("garden")
    """
    names = month_names(script_of(word))
    first = fold_name(word)
    if following and (found := names.get(f"{first} {fold_name(following)}")):
        return 2, found
    if found := names.get(first) or names.get(first.removeprefix(HEBREW_IN)):
        return 1, found
    return None


@functools.lru_cache(maxsize=1 << 15)
def begins_month(word: str) -> bool:
    """Whether a month's name begins with `word`; what most words are asked, and remembered."""
    first = fold_name(word)
    firsts = _first_words(script_of(word))
    return first in firsts or first.removeprefix(HEBREW_IN) in firsts


@functools.cache
def _first_words(script: str) -> frozenset[str]:
    return frozenset(name.partition(" ")[0] for name in month_names(script))


@functools.lru_cache(maxsize=1 << 15)
def fold_name(word: str) -> str:
    """A word as the tables spell it: folded, in one piece; a number without leading zeros."""
    return str(int(word)) if word.isdecimal() else "".join(fold(word).split())


def script_of(word: str) -> str:
    """The script of a word's first letter, as a key of LOCALES."""
    code = ord(word[0])
    return next((script for low, high, script in _BLOCKS if low <= code <= high), "other")


@functools.cache
def month_names(script: str) -> dict[str, tuple[Month, ...]]:
    """Folded name -> the months so called, in the order of LOCALES."""
    names: dict[str, dict[tuple[Calendar, int], Month]] = {}
    for name, month in itertools.chain(_from_cldr(script), _listed(script)):
        names.setdefault(name, {}).setdefault((month.calendar, month.number), month)
    whole = {name: tuple(months.values()) for name, months in names.items()}
    return _cut_short(whole, script) | whole


def _from_cldr(script: str) -> Iterator[tuple[str, Month]]:
    for code in LOCALES[script].split():
        language = code.partition("_")[0]
        calendars: tuple[Calendar, ...] = ("buddhist", "gregorian") if language == "th" else ("gregorian",)
        for calendar, (number, name) in itertools.product(calendars, _cldr_months(code)):
            parts = [fold_name(part) for part in _PARTS.split(name) if part]
            if script_of(parts[0]) == script:  # a locale may lack its own abbreviations, and show numbers or Latin ones
                yield " ".join(parts), Month(calendar, number, language)


def _cldr_months(code: str) -> Iterator[tuple[int, str]]:
    months = Locale.parse(code).months
    for context, width in itertools.product(("format", "stand-alone"), ("wide", "abbreviated")):
        yield from months[context][width].items()


@functools.cache
def _tables() -> dict[str, dict[str, dict[str, list[str]]]]:
    return tomllib.loads(resources.files("dq.clean").joinpath("months.toml").read_text(encoding="utf-8"))


def _listed(script: str) -> Iterator[tuple[str, Month]]:
    """The names of months.toml."""
    for calendar in get_args(Calendar):
        for number, names in _tables().get(calendar, {}).get(script, {}).items():
            yield from ((" ".join(map(fold_name, name.split())), Month(calendar, int(number))) for name in names)


def _cut_short(names: dict[str, tuple[Month, ...]], script: str) -> dict[str, tuple[Month, ...]]:
    """First letters of Gregorian names, where all the names that begin so are names of one month."""
    short: dict[str, set[int]] = {}
    for name, months in names.items():
        if " " not in name and months[0].calendar == "gregorian":
            for size in CUT_SHORT.get(script, ()):
                short.setdefault(name[:size], set()).update(month.number for month in months)
    return {name: (Month("gregorian", months.pop()),) for name, months in short.items() if len(months) == 1}


def is_weekday(word: str) -> bool:
    """Whether a word names a day of the week.

    >>> is_weekday("الثلاثاء"), is_weekday("tuesday"), is_weekday("today")
    (True, True, False)
    """
    return fold_name(word) in _weekdays(script_of(word))


@functools.cache
def _weekdays(script: str) -> frozenset[str]:
    days = (Locale.parse(code).days["format"]["wide"].values() for code in LOCALES[script].split())
    return frozenset(fold_name(name) for names in days for name in names)


def to_day(calendar: Calendar, year: int, month: int, day: int) -> datetime | None:
    """Midnight of the Gregorian day; None where the calendar has no such day, or no page states such a year.

    >>> to_day("hijri", 1445, 9, 30) == to_day("jalali", 1403, 1, 21) == datetime(2024, 4, 9)
    True
    >>> to_day("gregorian", 2023, 2, 29)
    """
    if year not in YEARS[calendar]:
        return None
    found: date
    try:
        match calendar:
            case "hijri":
                found = Hijri(year, month, day).to_gregorian()
            case "jalali":
                found = JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
            case _:
                found = date(year - (BUDDHIST_EPOCH if calendar == "buddhist" else 0), month, day)
    except (ValueError, OverflowError):
        return None
    return datetime(found.year, found.month, found.day)  # noqa: DTZ001  # wall time, as the page states it


def calendar_of(year: int) -> Calendar | None:
    """The calendar of a year that stands among numbers alone; None where it is no year.

    >>> calendar_of(2024), calendar_of(1403), calendar_of(1445), calendar_of(1890)
    ('gregorian', 'jalali', 'hijri', None)
    """
    return next((calendar for calendar in ("gregorian", "jalali", "hijri") if year in YEARS[calendar]), None)


@functools.lru_cache(maxsize=1 << 10)
def order_of(locale: str) -> Order | None:
    """How a locale writes dates of numbers, by CLDR; None for a locale that is not known.

    >>> order_of("en-US"), order_of("en-GB"), order_of("ko"), order_of("tlh")
    ('mdy', 'dmy', 'ymd', None)
    """
    try:
        pattern = (
            Locale.parse(locale.replace("-", "_"), resolve_likely_subtags=False).date_formats["short"].pattern.lower()
        )
    except (ValueError, UnknownLocaleError):
        return None
    order = "".join(letter for letter in dict.fromkeys(pattern) if letter in "dmy")
    return next((known for known in get_args(Order) if known == order), None)
