"""Dates as pages write them: numbers, ISO 8601, month names of fifty languages, and four calendars.

A date names day, month and year; without one of the three it would be a guess, and is none. Days are the page's own:
a time keeps the hour that is written, whatever its zone.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time

from dq.clean.calendars import (
    YEARS,
    Calendar,
    Month,
    Order,
    begins_month,
    calendar_of,
    find_month,
    fold_name,
    order_of,
    to_day,
)
from dq.clean.relative import find_relative

DATE_LINE_WORDS = 12
"""Words of a date line: the date, a weekday, a time, a place, a label; more make a sentence. Two characters of a
script without spaces are a word."""
LONGEST_DATE_LINE = 200
"""Characters of a date line."""
SHORT_YEARS = (35, 90)
"""A year of two digits is of this century up to the first, of the last one from the second on; between, it is none."""
LONGEST = 2_000
"""Characters of a text that are read; a date line has a hundred."""
MOST_DATES = 20
"""Dates that are read from one text; a calendar or an archive holds more, and tells nothing by them."""

_BIDI = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_FURTHER_DIGITS = re.compile(r"(?![0-9])\d")
_DIGIT = re.compile(r"\d|年")
PLAUSIBLE = r"\d\d\D{1,32}\d|\d\D{1,32}\d\d|\d{8}|年.{1,3}月"
"""What every date matches: two numbers near each other, or eight digits."""
_PLAUSIBLE = re.compile(PLAUSIBLE)
_YEAR_OF_NAME = re.compile(r"(?<!\d)(?:1[34]|19|2[05])\d\d(?!\d)|['’`´/-]\s?\d\d(?!\d)")
_DAY_OF_NAME = re.compile(r"(?<![\d:])\d{1,2}(?![\d:])")
_NUMERIC = re.compile(
    r"(?<![\d.,:/+-])(\d{1,4})(\s?[-/.]\s?)(\d{1,2})\s?[-/.]\s?(\d{4}|\d{1,2})(?![\d:])(?![-/.,]\d(?!\d?:\d))"
)
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?:T|(?=\D|$))")
_COMPACT = re.compile(r"\s*(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(?:\d\d)?)?Z?\s*")
_CJK = re.compile(
    r"(?:(令和|平成|民國|民国)\s*|(?<!\d))(\d{1,4}|元)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})(?:\s*[日號号일]|(?!\d))"
)
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_ERAS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}
"""Years to add to the years of a Japanese era or of the Republic of China."""
_HAN_DIGITS = re.compile("[〇○零一二三四五六七八九十]+(?=[年月日號号])")
_HAN_VALUES = {"〇": 0, "○": 0, "零": 0} | {char: value for value, char in enumerate("一二三四五六七八九十", 1)}
_TOKEN = re.compile(r"\d+|[^\W\d_][^\s\d_.,;:/\\()\[\]{}<>|!?\"'«»“”‘’…·•،؛؟。，、–—-]*")
_GAP = re.compile(r"[\s.,،'’`´º°ª/()–—-]{0,5}")
_ROMAN = {name: month for month, name in enumerate("I II III IV V VI VII VIII IX X XI XII".split(), 1)}
FILLERS = frozenset(
    map(
        fold_name,
        "de del of da do di d dne day من عام سنة لسنة لعام شهر ماه سال د г ж m gada năm ngày του թ ค พ ศ".split(),
    )
)
"""Words that stand between the parts of a date."""
LONGEST_SUFFIX = 3
"""Letters of what is written onto a day: 9th, 1er, 9-го, 9η."""
_ONTO = frozenset({"", "-", "º", "°", "ª"})
_SHORT_GAPS = frozenset({"'", "’", "`", "´", "-", "/"})
"""What may stand before a year of two digits behind the name of a month; after a space it would be a guess."""
YEAR_DIGITS = 4
_CLOCK = re.compile(
    r"(?<![\d:.,/-])(?P<before>上午|下午|오전|오후|午前|午後)?\s?(?P<hour>[01]?\d|2[0-4])"
    r"(?::|[hH](?=\d)|\s?[时時点點시]\s?)(?P<minute>[0-5]\d)(?!\d)(?::\d\d)?(?:[.,]\d+)?"
    r"(?:\s?(?P<after>[apAP]\.?\s?[mM]\b|ص\b|م\b|πμ\b|μμ\b|π\.μ|μ\.μ))?"
)
_UTC = re.compile(r"\s?(?:Z|UTC|GMT|[+]00:?00)(?!\w)")
_AFTER_NOON = frozenset({"下午", "오후", "午後", "p", "م", "μ"})
"""First letters, or the whole, of marks that tell the second half of the day."""
_CLOCK_REACH = 40
"""Characters before or behind a date within which a time of day belongs to it."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A date in a text: the day with its time (midnight where none is told), and where it stands.

    `swapped` is the other reading of numbers of which either may be the month; `calendar` the one that it is written
    in; `utc` whether the time is told in universal time, so that the page's own day may be another.
    """

    date: datetime
    start: int
    end: int
    calendar: Calendar = "gregorian"
    swapped: datetime | None = None
    utc: bool = False


def find_date(text: str, *, locale: str | None = None, now: datetime | None = None) -> datetime | None:
    """The first date in `text` that names day, month and year, with the time of day beside it; else None.

    A Gregorian date beside one of another calendar wins. `locale` (`en-US`, `hr`) decides what numbers and shared
    month names mean. "Yesterday" and "3 hours ago" are dates only where `now`, the time of fetching, is given.

    >>> find_date("الأربعاء 20 يناير (كانون الثاني) 2021")
    datetime.datetime(2021, 1, 20, 0, 0)
    >>> find_date("Published 9th, April 2024 08:30 GMT")
    datetime.datetime(2024, 4, 9, 8, 30)
    >>> find_date("٢٨ جانفي ٢٠٢٦"), find_date("۲۱ فروردین ۱۴۰۳")
    (datetime.datetime(2026, 1, 28, 0, 0), datetime.datetime(2024, 4, 9, 0, 0))
    >>> find_date("4/9/2024"), find_date("4/9/2024", locale="en-US")
    (datetime.datetime(2024, 9, 4, 0, 0), datetime.datetime(2024, 4, 9, 0, 0))
    >>> find_date("Copyright 2024"), find_date("2 hours ago")
    (None, None)
    """
    found = find_dates(text, locale=locale)
    if not found:
        return find_relative(text, now) if now else None
    return next((one for one in found if one.calendar == "gregorian"), found[0]).date


def may_hold_date(text: str) -> bool:
    """Whether the digits in `text` might be a date; quick, and true of every text that holds one."""
    return _DIGIT.search(text) is not None and _PLAUSIBLE.search(text) is not None


def is_date_line(text: str) -> bool:
    """Whether `text` is a line that tells a date, rather than a sentence that mentions one.

    >>> is_date_line("22 ديسمبر، 2021"), is_date_line("Tue, 5 May 2026, 10:04")
    (True, True)
    >>> is_date_line("He signed the treaty on 5 May 2026 in the old town hall, said the mayor.")
    False
    """
    if len(text) > LONGEST_DATE_LINE or not may_hold_date(text):
        return False
    unspaced = 0 if text.isascii() else len(_UNSPACED.findall(text)) // 2
    return len(text.split()) + unspaced <= DATE_LINE_WORDS and bool(_days(_plain(text)))


def find_dates(text: str, *, locale: str | None = None) -> list[Found]:
    """All dates in `text`, in its order; those that share characters with an earlier one are left out.

    >>> [(one.date.day, one.calendar) for one in find_dates("30 رمضان 1445 هـ - 9 أبريل 2024")]
    [(9, 'hijri'), (9, 'gregorian')]
    """
    text = text[:LONGEST]
    if not may_hold_date(text):
        return []
    text = _plain(text)
    kept = _days(text, locale)
    return [_timed(one, text, kept) for one in kept[:MOST_DATES]]


def _days(text: str, locale: str | None = None) -> list[Found]:
    """The dates in a plain text without their times of day."""
    found = [*_compact(text), *_cjk(text), *_iso(text), *_numeric(text, locale), *_named(text, locale)]
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: one.start):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def find_stamp(value: str, *, locale: str | None = None) -> Found | None:
    """The date in a value meant for machines: as `find_dates`, and seconds or milliseconds since 1970 too.

    >>> find_stamp("1712649600").date, find_stamp("20240409").date
    (datetime.datetime(2024, 4, 9, 8, 0), datetime.datetime(2024, 4, 9, 0, 0))
    """
    if (match := _EPOCH.fullmatch(value)) is not None:
        moment = datetime.fromtimestamp(int(match[1]), UTC).replace(tzinfo=None)
        valid = moment.year in YEARS["gregorian"]
        return Found(date=moment, start=0, end=len(value), utc=True) if valid else None
    found = find_dates(value, locale=locale)
    return next((one for one in found if one.calendar == "gregorian"), found[0] if found else None)


_EPOCH = re.compile(r"\s*(\d{9,10})(?:\d{3})?(?:\.\d+)?\s*")


def _plain(text: str) -> str:
    """The text without marks of direction and with digits as in ASCII; Chinese numerals of a date as digits too."""
    if text.isascii():
        return text
    text = _BIDI.sub("", text)
    if _FURTHER_DIGITS.search(text):
        text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    return _HAN_DIGITS.sub(lambda match: _han_number(match[0]), text) if "年" in text else text


def _han_number(numeral: str) -> str:
    """Digits of a numeral below a hundred, or of one that lists digits, as a year does.

    >>> [_han_number(numeral) for numeral in ("二〇一二", "二十一", "十", "十二", "三十")]
    ['2012', '21', '10', '12', '30']
    """
    if "十" not in numeral:
        return "".join(str(_HAN_VALUES[char]) for char in numeral)
    tens, _, ones = numeral.partition("十")
    return f"{_HAN_VALUES.get(tens, 1)}{_HAN_VALUES.get(ones, 0)}"


def _compact(text: str) -> Iterator[Found]:
    """20240409, 20240409T103500: nothing else may stand in the text, where a number would be anything."""
    if (match := _COMPACT.fullmatch(text)) is not None and (
        day := to_day("gregorian", *map(int, match.group(1, 2, 3)))
    ):
        hour, minute = (int(part or 0) for part in match.group(4, 5))
        clock = time(hour, minute) if hour < 24 and minute < 60 else time()  # noqa: PLR2004  # a day's hours
        yield Found(date=datetime.combine(day, clock), start=0, end=len(text))


def _cjk(text: str) -> Iterator[Found]:
    """2024年4月9日, 2024년 4월 9일, 令和6年4月9日, 民國113年4月9日."""
    if "年" not in text and "년" not in text:
        return
    for match in _CJK.finditer(text):
        year = 1 if match[2] == "元" else int(match[2])
        full = year + _ERAS[match[1]] if match[1] else _full_year(match[2])
        if day := to_day("gregorian", full, int(match[3]), int(match[4])):
            yield Found(date=day, start=match.start(), end=match.end())


def _full_year(digits: str) -> int:
    """The year that digits mean; two of them are short for the years from 1990 to 2035, else they mean themselves."""
    year = int(digits)
    if len(digits) != YEAR_DIGITS // 2:
        return year
    last, first = SHORT_YEARS
    return year + 2000 if year <= last else year + 1900 if year >= first else year


def _iso(text: str) -> Iterator[Found]:
    for match in _ISO.finditer(text):
        if read := _number_day(int(match[1]), int(match[2]), int(match[3])):
            yield Found(date=read[0], calendar=read[1], start=match.start(), end=match.end())


def _number_day(year: int, month: int, day: int) -> tuple[datetime, Calendar] | None:
    calendar = calendar_of(year)
    found = to_day(calendar, year, month, day) if calendar else None
    return (found, calendar) if found and calendar else None


def _numeric(text: str, locale: str | None) -> Iterator[Found]:
    order = (order_of(locale) if locale else None) or "dmy"
    for match in _NUMERIC.finditer(text):
        if readings := _readings(match[1], match[3], match[4], order):
            day, calendar = readings[0]
            swapped = readings[1][0] if len(readings) > 1 else None
            yield Found(date=day, calendar=calendar, swapped=swapped, start=match.start(), end=match.end())


def _readings(first: str, second: str, third: str, order: Order) -> list[tuple[datetime, Calendar]]:
    """What three numbers may mean, the likeliest first; a year of four digits tells its own place."""
    orders = [(third, second, first), (third, first, second)]
    if len(first) == YEAR_DIGITS or (order == "ymd" and len(third) < YEAR_DIGITS):
        orders = [(first, second, third)]
    elif order == "mdy":
        orders.reverse()
    days = (_number_day(_full_year(year), int(month), int(day)) for year, month, day in orders)
    return list(dict.fromkeys(day for day in days if day))


def _named(text: str, locale: str | None) -> Iterator[Found]:
    """Dates whose month is a word: every name of a month, with the numbers around it."""
    if _YEAR_OF_NAME.search(text) is None or _DAY_OF_NAME.search(text) is None:
        return
    language = (locale or "").replace("_", "-").partition("-")[0]
    tokens = _tokens(text)
    at = 0
    while at < len(tokens):
        end, months = _months_at(tokens, at)
        if months and (found := _around(tokens, at, end, sorted(months, key=lambda month: month.language != language))):
            yield found
        at = end


@dataclasses.dataclass(frozen=True, slots=True)
class _Token:
    """A number or a word; `gap` stands before it, `behind` is the character behind it."""

    text: str
    start: int
    end: int
    gap: str
    behind: str

    @property
    def is_number(self) -> bool:
        """Whether it may be a day or a year: a number that is no part of a time of day."""
        return self.text[0].isdecimal() and not self.gap.endswith(":") and self.behind != ":"


def _tokens(text: str) -> list[_Token]:
    tokens = []
    end = 0
    for match in _TOKEN.finditer(text):
        start, last = match.span()
        tokens.append(_Token(match[0], start, last, text[end:start], text[last : last + 1]))
        end = last
    return tokens


def _months_at(tokens: Sequence[_Token], at: int) -> tuple[int, tuple[Month, ...]]:
    """(end, months) of the name at `at`, other names of the same month behind it included; no months for no name."""
    end, months = _month_at(tokens, at)
    while months and end < len(tokens) and _GAP.fullmatch(tokens[end].gap):
        last, further = _month_at(tokens, end)
        shared = tuple(month for month in months if any(month[:2] == other[:2] for other in further))
        if not shared:
            break
        end, months = last, shared
    return end, months


def _month_at(tokens: Sequence[_Token], at: int) -> tuple[int, tuple[Month, ...]]:
    """The same for one name."""
    word = tokens[at].text
    if not begins_month(word):
        return at + 1, (Month("gregorian", _ROMAN[word]),) if word in _ROMAN else ()
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    joined = following is not None and following.gap.strip() in {"", "-", "."}
    size, months = find_month(word, following.text if following and joined else "") or (1, ())
    return at + size, months


def _around(tokens: Sequence[_Token], at: int, end: int, months: Sequence[Month]) -> Found | None:
    """The date of the month at tokens `at` to `end`: 9 April 2024; April 9, 2024; 2024 April 9; 2024, 9 April."""
    left = _numbers(tokens, range(at - 1, -1, -1))
    right = _numbers(tokens, range(end, len(tokens)))
    pairs = ((left[:1], right[:1]), (right[:1], right[1:]), (right[:1], left[:1]), (left[:1], left[1:]))
    for (day, year), month in itertools.product(pairs, months):
        if day and year and (found := _dated(day[0], month, year[0])):
            start = min(tokens[at].start, day[0].start, year[0].start)
            return dataclasses.replace(found, start=start, end=max(tokens[end - 1].end, day[0].end, year[0].end))
        if tokens[at].text in _ROMAN:
            return None  # a single letter is a month only between its day and its year
    return None


def _numbers(tokens: Sequence[_Token], places: range) -> list[_Token]:
    """The first two numbers along `places`, with nothing but marks, fillers and what is written onto a day between."""
    found: list[_Token] = []
    for place in places:
        token = tokens[place]
        gap = token.gap if places.step > 0 else tokens[place + 1].gap
        if not _GAP.fullmatch(gap) or len(found) == 2:  # noqa: PLR2004  # a day and a year
            break
        if token.is_number:
            found.append(token)
        elif token.text[0].isdecimal() or not (_is_suffix(tokens, place) or fold_name(token.text) in FILLERS):
            break
    return found


def _is_suffix(tokens: Sequence[_Token], place: int) -> bool:
    """Whether the word is written onto a number: 9th, 9-го."""
    token = tokens[place]
    return place > 0 and len(token.text) <= LONGEST_SUFFIX and token.gap in _ONTO and tokens[place - 1].is_number


def _dated(day: _Token, month: Month, year: _Token) -> Found | None:
    if len(day.text) >= YEAR_DIGITS - 1 or not _is_year(year):
        return None
    full = int(year.text) if len(year.text) == YEAR_DIGITS else _full_year(year.text)
    found = to_day(month.calendar, full, month.number, int(day.text))
    return Found(date=found, calendar=month.calendar, start=0, end=0) if found else None


def _is_year(token: _Token) -> bool:
    """Four digits, or two behind an apostrophe, or two joined as in 9-Apr-24."""
    return len(token.text) == YEAR_DIGITS or (len(token.text) == YEAR_DIGITS // 2 and token.gap.strip() in _SHORT_GAPS)


def _timed(found: Found, text: str, dates: Sequence[Found]) -> Found:
    """The date with the time of day that stands behind it, or else before it; a neighbour's time is its own."""
    if found.date.time() != time():
        return found
    end = min([len(text), found.end + _CLOCK_REACH, *(one.start for one in dates if one.start >= found.end)])
    start = max([0, found.start - _CLOCK_REACH, *(one.end for one in dates if one.end <= found.start)])
    clock = _CLOCK.search(text, found.end, end) or _CLOCK.search(text, start, found.start)
    if clock is None:
        return found
    utc = _UTC.match(text, clock.end()) is not None
    return dataclasses.replace(found, date=datetime.combine(found.date, _time_of(clock)), utc=utc)


def _time_of(clock: re.Match[str]) -> time:
    hour, mark = int(clock["hour"]), (clock["before"] or clock["after"] or "").lower()
    if mark in _AFTER_NOON or mark[:1] in _AFTER_NOON:
        hour = hour % 12 + 12
    elif mark[:1] == "a":
        hour %= 12
    return time(hour % 24, int(clock["minute"]))
