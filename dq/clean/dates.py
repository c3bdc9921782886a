"""Publication dates as pages write them.

Months come from CLDR (through Babel) for every language of `LANGUAGES`, so Levantine, Egyptian and Maghrebi names of
Arabic months are all known, also side by side (`20 يناير (كانون الثاني)`, `10 يناير/كانون الثاني`); digits of every
system are folded first. A year is always needed: a date without one is a guess.
"""

from __future__ import annotations

import functools
import re
from datetime import datetime

from babel.dates import get_month_names

from dq.fold import fold_char, words

LANGUAGES = """
    ar_EG ar_LB ar_IQ ar_SY ar_DZ ar_TN ar_MA en fr es de he tr ur ru it pt nl pl el uk sv da nb fi cs sk hu ro bg hr sr
    ca id vi hi
""".split()
"""CLDR locales whose Gregorian month names are known."""
FURTHER_MONTHS = {"جانفييه": 1, "فيفري": 2, "ماي": 5, "جويليه": 7, "اوت": 8, "سبتمر": 9, "sept": 9, "اكتوبير": 10}
"""Spellings that newspapers use and CLDR does not know, folded."""
EARLIEST_YEAR = 1990
"""News pages are not older than the web; smaller numbers in a line are something else."""
CENTURY = 2000
"""What a year of two digits belongs to; the web has no other."""
DATE_LINE_WORDS = 12
"""Words of a date line: the date, a weekday, a time, a place, a label; more make a sentence."""

FILLERS = frozenset({"de", "del", "من", "عام", "سنه", "of", "г"})
"""Words that stand between the parts of a date."""

_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_DAY_FIRST = re.compile(r"(?<![\d.])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_CJK = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d])")
_NUMBER = re.compile(r"^(\d{1,4})(?:st|nd|rd|th|er|e|º|ª|го|г|η|م)?$")


@functools.cache
def months() -> dict[tuple[str, ...], int]:
    """Folded month names as tuples of words -> month number; a name that two months share is left out."""
    found: dict[tuple[str, ...], int] = {(name,): number for name, number in FURTHER_MONTHS.items()}
    ambiguous = set()
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    parts = tuple(words(name))
                    if parts and found.setdefault(parts, number) != number:
                        ambiguous.add(parts)
    return {parts: number for parts, number in found.items() if parts not in ambiguous and not parts[0].isdigit()}


def find_date(text: str) -> datetime | None:
    """The first calendar date in `text` that names day, month and year, with the time of day beside it; else None.

    >>> find_date("الأربعاء 20 يناير (كانون الثاني) 2021")
    datetime.datetime(2021, 1, 20, 0, 0)
    >>> find_date("Published 9th, April 2024 08:30 GMT")
    datetime.datetime(2024, 4, 9, 8, 30)
    >>> find_date("٢٨ جانفي ٢٠٢٦")
    datetime.datetime(2026, 1, 28, 0, 0)
    >>> find_date("Copyright 2024")
    """
    if not any(map(str.isdecimal, text)):
        return None
    digits = "".join(fold_char(char) if char.isdecimal() else char for char in text)
    for parse in (_parse_iso, _parse_cjk, _parse_named, _parse_numeric):
        if (found := parse(digits)) is not None:
            return found
    return None


def is_date_line(text: str) -> bool:
    """Whether `text` is a line that tells a date, rather than a sentence that mentions one.

    >>> is_date_line("22 ديسمبر، 2021"), is_date_line("Tue, 5 May 2026, 10:04")
    (True, True)
    >>> is_date_line("He signed the treaty on 5 May 2026 in the old town hall, said the mayor.")
    False
    """
    return len(text.split()) <= DATE_LINE_WORDS and find_date(text) is not None


def _parse_iso(text: str) -> datetime | None:
    if (match := _ISO.search(text)) is None:
        return None
    year, month, day, *clock = (int(part) if part else 0 for part in match.groups())
    return _date(year, month, day, (clock[0], clock[1]))


def _parse_cjk(text: str) -> datetime | None:
    if (match := _CJK.search(text)) is None:
        return None
    year, month, day = map(int, match.groups())
    return _date(year, month, day, _clock(text))


def _parse_numeric(text: str) -> datetime | None:
    """Day first, as most of the world writes; month first only where day first is impossible."""
    if (match := _DAY_FIRST.search(text)) is None:
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    year += CENTURY if year < 100 else 0  # noqa: PLR2004  # two digits
    return _date(year, second, first, _clock(text)) or _date(year, first, second, _clock(text))


def _parse_named(text: str) -> datetime | None:
    """Day, month, year or month, day, year, the month by name."""
    parts = words(text)
    clock = _clock(text)
    for at in range(len(parts)):
        if (span := _month_at(parts, at)) is None:
            continue
        end, month = span
        before = _number_before(parts[:at])
        after = [_number(word) for word in parts[end : end + 3] if word not in FILLERS]
        for year, day in ((after[:1], before), (after[1:2], after[0] if after else None)):
            if day and year and year[0] and (found := _date(year[0], month, day, clock)) is not None:
                return found
    return None


def _number_before(parts: list[str]) -> int | None:
    kept = [word for word in parts[-2:] if word not in FILLERS]
    return _number(kept[-1]) if kept else None


def _month_at(parts: list[str], at: int) -> tuple[int, int] | None:
    """(end, month) of the month name at `at`, further names of the same month behind it included."""
    if (first := _month_name(parts[at : at + 2])) is None:
        return None
    size, month = first
    end = at + size
    while (further := _month_name(parts[end : end + 2])) is not None and further[1] == month:
        end += further[0]
    return end, month


def _month_name(parts: list[str]) -> tuple[int, int] | None:
    """(words, month) of the month name that `parts` starts with; Hebrew writes "in January" as one word."""
    names = months()
    for name in (tuple(parts[:2]), tuple(parts[:1]), tuple(part.removeprefix("ב") for part in parts[:1])):
        if (number := names.get(name)) is not None:
            return len(name), number
    return None


def _number(word: str) -> int | None:
    match = _NUMBER.match(word)
    return int(match[1]) if match else None


def _clock(text: str) -> tuple[int, int]:
    match = _CLOCK.search(text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _date(year: int, month: int, day: int, clock: tuple[int, int]) -> datetime | None:
    if year < EARLIEST_YEAR:
        return None
    try:
        return datetime(year, month, day, *clock)  # noqa: DTZ001  # wall time, as the page states it
    except ValueError:
        return None
