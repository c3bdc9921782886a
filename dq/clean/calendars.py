"""Calendars: month names of the languages of the world, and the Gregorian day that a date of any calendar is.

Gregorian names come from CLDR (through Babel), so Levantine, Egyptian and Maghrebi names of Arabic months are all
known. The locales of a script are read when the first word of that script is looked up: all of them would take a
third of a second. Hijri dates are those of the Umm al-Qura calendar, Jalali ones those of Iran and Afghanistan.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from babel import Locale
from hijridate import Hijri
from persiantools.jdatetime import JalaliDate

from dq.fold import fold

Calendar = Literal["gregorian", "hijri", "jalali", "buddhist"]
Order = Literal["dmy", "mdy", "ymd"]
"""In which order a date of numbers alone is written."""

YEARS: dict[Calendar, range] = {
    "gregorian": range(1990, 2100),
    "hijri": range(1410, 1525),
    "jalali": range(1368, 1479),
    "buddhist": range(2533, 2643),
}
"""Years that a page may state: news pages are not older than the web, and smaller numbers are something else."""
BUDDHIST_EPOCH = 543
"""Years by which the Thai solar calendar is ahead of the Gregorian one, whose months and days it shares."""
LAST_JALALI = 1414
"""A year of numbers alone up to this is Jalali (2035), beyond it Hijri (1994): the two overlap for five years only."""

LOCALES = {
    "latin": "en es fr pt de it nl pl tr id vi ro cs sv hu da fi nb sk hr sr_Latn bs sl et lv lt ca gl eu sq az uz "
    "ms fil sw af is de_AT nn",
    "arabic": "ar_EG ar_LB ar_SY ar_IQ ar_DZ ar_TN ar_MA ar_SA fa fa_AF ur ps ckb",
    "cyrillic": "ru uk bg sr be mk kk ky tg mn",
    "greek": "el",
    "hebrew": "he",
    "other": "hi bn mr ne ta te gu kn ml pa si th ka hy am",
}
"""CLDR locales whose Gregorian month names are known, by script; the more often read first."""
_BLOCKS = (
    (0x0041, 0x024F, "latin"),
    (0x1E00, 0x1EFF, "latin"),
    (0x0370, 0x03FF, "greek"),
    (0x1F00, 0x1FFF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x08FF, "arabic"),
)
ABBREVIATED = {"latin": (3, 4), "cyrillic": (3, 4), "greek": (3, 4)}
"""Lengths to which newspapers cut month names in scripts that abbreviate, whatever CLDR thinks of it."""

FURTHER = {
    "arabic": "جانفي جانفييه جانڤي=1 فيفري فيفرييه فبرايير شباط=2 آذار=3 أفريل ابريل إبريل نيسان=4 ماي أيار ايار مايس=5 "
    "جوان يونية=6 جويلية جوييه يوليوز يولية=7 أوت غشت اغسطس آب=8 شتنبر سبتمر ايلول=9 اكتوبير أكتوير تشرين_اول=10 "
    "نونبر نوفمر تشرين_ثاني تشرين_ثان=11 دجنبر ديسمر كانون_اول=12 كانون_ثاني كانون_ثان=1 "
    "جنوري=1 فبروري=2 مارچ=3 جولای=7 اگست=8 سپتمبر=9 نومبر=11 دسمبر=12",
    "latin": "sept=9 janv=1 fevr=2 juil juill=7 jaenner=1 feber=2 maerz mrz=3 mei=5 setiembre=9 sep=9 thang_gieng=1",
    "greek": "γεναρη=1 φλεβαρη=2 μαρτη=3 απριλη=4 μαη=5 ιουνη=6 ιουλη=7 αυγουστο=8 σεπτεμβρη=9 οκτωβρη=10 νοεμβρη=11 δεκεμβρη=12",
    "cyrillic": "сент=9 нояб=11 июнь=6 июль=7",
    "hebrew": "מרס=3 נובמ=11 ספטמ=9 אוקט=10",
}
"""Gregorian names and spellings in use that CLDR does not know; `_` joins two words."""
HIJRI = {
    "arabic": "محرم محرّم المحرم=1 صفر=2 ربيع_الأول ربيع_أول ربیع‌الاول ربيع_الاولی=3 "
    "ربيع_الآخر ربيع_الثاني ربيع_ثاني ربيع_ثان ربیع‌الثانی ربیع‌الآخر=4 "
    "جمادى_الأولى جمادى_الأول جمادي_الاول جمادی‌الاول جمادی‌الاولی=5 "
    "جمادى_الآخرة جمادى_الثانية جمادى_الآخر جمادى_الثاني جمادی‌الثانی جمادی‌الآخر=6 رجب=7 شعبان=8 رمضان=9 شوال=10 "
    "ذو_القعدة ذي_القعدة ذوالقعدة ذی‌القعده ذیقعده ذي_قعدة=11 ذو_الحجة ذي_الحجة ذوالحجة ذی‌الحجه ذیحجه ذي_حجة=12",
    "latin": "muharram muharrem=1 safar safer=2 rabi_i rabiulawal rebiulevvel=3 rabi_ii rebiulahir=4 jumada_i cemaziyelevvel=5 "
    "jumada_ii cemaziyelahir=6 rajab recep=7 shaban saban syaban=8 ramadan ramadhan ramazan=9 shawwal sevval syawal=10 "
    "zilkade=11 zilhicce=12",
}
JALALI = {
    "arabic": "فروردین حمل وری=1 اردیبهشت ثور غویی=2 خرداد جوزا غبرګولی=3 تیر سرطان چنګاښ=4 مرداد امرداد اسد زمری=5 "
    "شهریور سنبله وږی=6 مهر میزان تله=7 آبان عقرب لړم=8 آذر قوس لیندۍ=9 دی جدی مرغومی=10 بهمن دلو سلواغه=11 "
    "اسفند حوت کب=12",
    "latin": "farvardin=1 ordibehesht=2 khordad=3 tir=4 mordad=5 shahrivar=6 mehr=7 aban=8 azar=9 dey=10 bahman=11 esfand=12",
}


class Month(NamedTuple):
    """A month of a calendar, as the `language` names it; the language is empty for names that several share."""

    calendar: Calendar
    number: int
    language: str = ""


Names = dict[tuple[str, ...], tuple[Month, ...]]


def find_month(word: str, following: str = "") -> tuple[int, tuple[Month, ...]] | None:
    """(words used, months so called) for a name of one word or of two; None where it names no month.

    >>> find_month("Kanun"), find_month("20")
    (None, None)
    >>> size, months = find_month("كانون", "الثاني")
    >>> size, {month.number for month in months}
    (2, {1})
    """
    names = month_names(script_of(word))
    first = fold_name(word)
    if following and (found := names.get((first, fold_name(following)))):
        return 2, found
    found = names.get((first,)) or (names.get((first.removeprefix("ב"),)) if first.startswith("ב") else None)
    return (1, found) if found else None


@functools.lru_cache(maxsize=1 << 15)
def fold_name(word: str) -> str:
    """A word as the tables of names spell it: folded and in one piece, a number without leading zeros."""
    return str(int(word)) if word.isdecimal() else "".join(fold(word).split())


def script_of(word: str) -> str:
    """The script of a word's first letter, as a key of LOCALES."""
    code = ord(word[0])
    return next((script for low, high, script in _BLOCKS if low <= code <= high), "other")


@functools.cache
def month_names(script: str) -> Names:
    """Folded names of one or two words -> the months so called, the more often read language first."""
    names: dict[tuple[str, ...], dict[tuple[Calendar, int], Month]] = {}
    sources = (*_from_cldr(script), *_listed(FURTHER, script, "gregorian"), *_listed(HIJRI, script, "hijri"))
    for name, month in itertools.chain(sources, _listed(JALALI, script, "jalali")):
        names.setdefault(name, {}).setdefault((month.calendar, month.number), month)
    for name, month in _cut_short(names, script):
        names.setdefault(name, {(month.calendar, month.number): month})
    return {name: tuple(months.values()) for name, months in names.items()}


def _from_cldr(script: str) -> Iterator[tuple[tuple[str, ...], Month]]:
    for code in LOCALES[script].split():
        months = Locale.parse(code).months
        language = code.partition("_")[0]
        calendar: Calendar
        for context, width in itertools.product(("format", "stand-alone"), ("wide", "abbreviated")):
            for number, name in months[context][width].items():
                key = tuple(fold_name(part) for part in name.replace("’", " ").replace("'", " ").split())
                if not key or key[0].isdecimal() or script_of(key[0]) != script:
                    continue
                for calendar in ("gregorian", "buddhist") if language == "th" else ("gregorian",):
                    yield key, Month(calendar, number, language)


def _listed(table: dict[str, str], script: str, calendar: Calendar) -> Iterator[tuple[tuple[str, ...], Month]]:
    """The names of a table above: several names, the last of them with the number that all bear."""
    pending: list[str] = []
    for entry in table.get(script, "").split():
        name, _, number = entry.partition("=")
        pending.append(name)
        if number:
            yield from ((tuple(map(fold_name, one.split("_"))), Month(calendar, int(number))) for one in pending)
            pending = []


def _cut_short(names: Iterable[tuple[str, ...]], script: str) -> Iterator[tuple[tuple[str, ...], Month]]:
    """Names cut to three or four letters, where all names that begin so are of one month."""
    whole = {name: month for name, month in names.items()}  # type: ignore
    raise NotImplementedError
