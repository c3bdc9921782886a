"""Counts, rates, times and rules in plain words."""

from __future__ import annotations

import math
import re
from datetime import datetime

from dq.figures import percent
from dq.report.language import (
    LEFT_TO_RIGHT,
    SOURCE,
    direction,
    filled,
    fitting,
    knows,
    marked,
    messages_of,
    numeral,
    spoken,
    tr,
)
from dq.tables import DRIFTING

ROWS = {
    "pages": ("page", "pages"),
    "lines": ("line", "lines"),
    "articles": ("article", "articles"),
    "paragraphs": ("paragraph", "paragraphs"),
    "duplicates": ("pair", "pairs"),
    "clusters": ("cluster", "clusters"),
    "reuse": ("reused passage", "reused passages"),
    "passages": ("place", "places"),
    "sources": ("host", "hosts"),
}
"""What a row of each table is called, one and several."""

NOUNS = (
    *ROWS.values(),
    ("row", "rows"),
    ("check", "checks"),
    ("critical", "critical"),
    ("further finding", "further findings"),
    ("further host", "further hosts"),
    ("character", "characters"),
    ("remark", "remarks"),
    ("scraped page", "scraped pages"),
    ("shingle", "shingles"),
    ("unchanged word", "unchanged words"),
    ("warning", "warnings"),
    ("word", "words"),
)
"""Everything that the report counts (`counted`), one and several: what the catalogs have to know."""

NAMES = {
    "published_at": marked("publication date"),
    "fetched_at": marked("time of fetching"),
    "content_sha256": marked("content (by its SHA-256)"),
    "date_share": marked("share with a date"),
    "title_share": marked("share with a title"),
    "language_share": marked("share in an expected language"),
    "host_history": marked("state of the host, against earlier runs,"),
    **{f"{figure}_change": f"change of {figure.replace('_', ' ')} against earlier runs" for figure in DRIFTING},
}
"""Columns whose name says too little."""

DEMANDS = {
    "expect_column_values_to_be_unique": marked("%(column)s is unique"),
    "expect_column_values_to_not_be_null": marked("%(column)s is there"),
    "expect_column_values_to_be_null": marked("%(column)s is not there"),
    "expect_column_values_to_be_between": marked("%(column)s is %(bound)s"),
    "expect_column_values_to_be_in_set": marked("%(column)s is %(bound)s"),
    "expect_column_values_to_not_be_in_set": marked("%(column)s is %(bound)s"),
    "expect_column_values_to_match_regex": marked("%(column)s: %(bound)s"),
    "expect_column_values_to_not_match_regex": marked("%(column)s: %(bound)s"),
    "expect_column_values_to_match_regex_list": marked("%(column)s: %(bound)s"),
    "expect_column_values_to_not_match_regex_list": marked("%(column)s: %(bound)s"),
    "expect_column_value_lengths_to_be_between": marked("length of %(column)s is %(bound)s"),
    "expect_column_value_lengths_to_equal": marked("length of %(column)s is %(bound)s"),
    "expect_column_pair_values_to_be_equal": marked("%(column)s are equal"),
    "expect_column_pair_values_to_be_in_set": marked("%(column)s are one of the pairs listed"),
    "expect_column_pair_values_a_to_be_greater_than_b": marked("%(bound)s"),
    "expect_compound_columns_to_be_unique": marked("%(column)s together are unique"),
    "expect_select_column_values_to_be_unique_within_record": marked("%(column)s differ from one another"),
    "expect_multicolumn_sum_to_equal": marked("sum of %(column)s is %(bound)s"),
    "expect_column_to_exist": marked("the column %(column)s exists"),
    "expect_column_min_to_be_between": marked("least %(column)s is %(bound)s"),
    "expect_column_max_to_be_between": marked("greatest %(column)s is %(bound)s"),
    "expect_column_mean_to_be_between": marked("mean of %(column)s is %(bound)s"),
    "expect_column_median_to_be_between": marked("median of %(column)s is %(bound)s"),
    "expect_column_sum_to_be_between": marked("sum of %(column)s is %(bound)s"),
    "expect_column_stdev_to_be_between": marked("spread of %(column)s is %(bound)s"),
    "expect_column_quantile_values_to_be_between": marked("quantiles of %(column)s are within their bounds"),
    "expect_column_unique_value_count_to_be_between": marked("number of different values of %(column)s is %(bound)s"),
    "expect_column_proportion_of_unique_values_to_be_between": marked(
        "share of different values of %(column)s is %(bound)s"
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": marked("share of rows with %(column)s is %(bound)s"),
    "expect_column_distinct_values_to_be_in_set": marked("every %(column)s is %(bound)s"),
    "expect_column_values_to_be_free_of_mojibake": marked("letters of %(column)s are decoded rightly"),
    "expect_column_values_to_be_free_of_markup": marked("%(column)s is free of markup and script"),
    "expect_column_values_to_be_free_of_walls": marked("%(column)s does not begin with a login or cookie notice"),
    "expect_column_pair_text_to_be_in_stated_language": marked("%(bound)s"),
    "expect_column_pair_date_to_not_be_after_fetch": marked("%(bound)s"),
    "expect_column_values_to_be_between_by_host": marked("%(column)s is %(bound)s"),
    "expect_column_shares_to_be_between": marked("%(column)s is %(bound)s"),
    "expect_table_row_count_to_be_between": marked("number of rows is %(bound)s"),
    "expect_table_row_count_to_equal": marked("number of rows is %(bound)s"),
}
"""What an expectation demands, by its type in GX: of the columns, and the bound as the gate words it."""

SPECIAL_DEMANDS = {
    ("expect_column_mean_to_be_between", "is_canonical"): marked("share of articles that are no copies is %(bound)s"),
}
"""The same for columns of which that would say too little."""

_QUANTITIES = ("every row", "at least ")
_PATTERNS = ("a match of ", "no match of ")


def counted(n: int, one: str, several: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "page"), counted(1200, "page"), counted(2, "copy", "copies")
    ('1 page', '1,200 pages', '2 copies')
    """
    return messages_of(f"%(n)s {one}", f"%(n)s {several or one + 's'}", n) % {"n": f"{n:,}"}


def rows(n: int, table: str) -> str:
    """A number of rows, called by what they are.

    >>> rows(2, "sources"), rows(1, "articles"), rows(3, "a suite of my own")
    ('2 hosts', '1 article', '3 rows')
    """
    return counted(n, *ROWS.get(table, ("row", "rows")))


def name_of(column: str) -> str:
    """A column's name as words; as it is where the language in use has none.

    >>> name_of("empty_share"), name_of("n_words"), name_of("title, body")
    ('empty share', 'number of words', 'title, body')
    """
    if ", " in column:
        return tr(", ").join(name_of(part) for part in column.split(", "))
    words = words_of(column)
    return tr(words) if knows(words) else column


def words_of(column: str) -> str:
    """A column's name as words of the source, which is what the catalogs translate.

    >>> words_of("n_words"), words_of("published_at")
    ('number of words', 'publication date')
    """
    if (name := NAMES.get(column)) is not None:
        return name
    counted_what = column.removeprefix("n_")
    words = counted_what.replace("_", " ").strip()
    return words if counted_what == column else f"number of {words}"


def demand(expectation: str, column: str, bound: str) -> str:
    """What an expectation demands, as the start of a sentence; an unknown type is read as its own name.

    >>> demand("expect_column_values_to_be_unique", "article_id", "no value twice")
    'Article id is unique'
    >>> demand("expect_column_values_to_be_between", "empty_share", "at most 0.5")
    'Empty share is at most 0.5'
    >>> demand("expect_column_values_to_be_polite", "body", "very")
    'Body: values to be polite'
    """
    named = name_of(column) if column else tr("the table")
    pattern = SPECIAL_DEMANDS.get((expectation, column)) or DEMANDS.get(expectation)
    if pattern is not None:
        spoken = bound_told(_spoken(bound)) if bound else tr("as demanded")
        sentence = tr(pattern, column=named, bound=spoken)
    else:
        sentence = f"{named}: {expectation_named(expectation)}"
    return sentence[:1].upper() + sentence[1:]


def expectation_named(expectation: str) -> str:
    """The type of an expectation in words; as it is where the language in use has none.

    >>> expectation_named("expect_column_values_to_be_polite")
    'values to be polite'
    """
    words = expectation.removeprefix("expect_").removeprefix("column_").replace("_", " ")
    return tr(words) if knows(words) else expectation


def _spoken(bound: str) -> str:
    """A bound in words: without regular expressions, and without `one of` where the list has one member.

    >>> _spoken("none of rejected"), _spoken("one of ar"), _spoken("one of ar, en"), _spoken("no match of /a(b|c)/")
    ('not rejected', 'ar', 'one of ar, en', 'nothing that is forbidden')
    """
    if bound.startswith(_PATTERNS):
        return "nothing that is forbidden" if bound.startswith("no ") else "the form that is demanded"
    if ", " in bound:
        return bound
    return "not " + bound.removeprefix("none of ") if bound.startswith("none of ") else bound.removeprefix("one of ")


BOUNDS: tuple[tuple[str, str], ...] = (
    (r"a match of (?:any|all): (.+)", marked("a match of %(a)s")),
    (r"a match of (.+)", marked("a match of %(a)s")),
    (r"no match of (.+)", marked("no match of %(a)s")),
    (r"(.+); for (\S+) (.+) \((.+)\)", marked("%(a)s; for %(b)s %(c)s (%(d)s)")),
    (r"(.+), for (\S+) (.+)", marked("%(a)s, for %(b)s %(c)s")),
    (r"(.+) where (.+)", marked("%(a)s where %(b)s")),
    (r"at least (\S+%) of rows", marked("at least %(a)s of rows")),
    (
        r"(.+), beyond doubt for so many (\w+) \((\S+) confidence\)",
        marked("%(a)s, beyond doubt for so many %(b)s (%(c)s confidence)"),
    ),
    (r"(.+), expected (.+)", marked("%(a)s, expected %(b)s")),
    (r"(\S+) of (\S+) rows", marked("%(a)s of %(b)s rows")),
    (r"(\S+) of (\S+) rows \((.+)\)", marked("%(a)s of %(b)s rows (%(c)s)")),
    (r"(.+) and (\d+) more", marked("%(a)s and %(b)s more")),
    (r"at least (.+) and at most (.+)", marked("at least %(a)s and at most %(b)s")),
    (r"(\w+) greater than or equal to (\w+)", marked("%(a)s greater than or equal to %(b)s")),
    (r"(\w+) greater than (\w+)", marked("%(a)s greater than %(b)s")),
    (r"(\w+) in the language that (\w+) states", marked("%(a)s in the language that %(b)s states")),
    (r"(\w+) not after (\w+)", marked("%(a)s not after %(b)s")),
    (r"(.+) and (.+)", marked("%(a)s and %(b)s")),
    (r"(\w+ \S+ \S+) or (\w+ \S+ \S+)", marked("%(a)s or %(b)s")),
    (r"(\w+) >= (\S+)", marked("%(a)s at least %(b)s")),
    (r"(\w+) <= (\S+)", marked("%(a)s at most %(b)s")),
    (r"(\w+) > (\S+)", marked("%(a)s more than %(b)s")),
    (r"(\w+) < (\S+)", marked("%(a)s less than %(b)s")),
    (r"(\w+) == (.+)", marked("%(a)s equal to %(b)s")),
    (r"(\w+) != (.+)", marked("%(a)s other than %(b)s")),
    (r"(\w+) is missing", marked("%(a)s is missing")),
    (r"(\w+) is there", marked("%(a)s is there")),
    (r"at least (.+)", marked("at least %(a)s")),
    (r"at most (.+)", marked("at most %(a)s")),
    (r"more than (.+)", marked("more than %(a)s")),
    (r"less than (.+)", marked("less than %(a)s")),
    (r"one of (.+)", marked("one of %(a)s")),
    (r"none of (.+)", marked("none of %(a)s")),
    (r"not (.+)", marked("not %(a)s")),
)
"""How the gate words bounds, conditions and what it observed, the first that fits, and the message that says the same.
"""
WHOLE_BOUNDS = (
    marked("every row"), marked("there"), marked("not there"), marked("no value twice"), marked("no combination twice"),
    marked("different from one another"), marked("equal"), marked("no rows to judge"), marked("as demanded"),
    marked("nothing that is forbidden"), marked("the form that is demanded"), marked("(missing)"), marked("to hold"),
    marked("letters decoded rightly (no mojibake)"), marked("no markup, entities, script or style"),
    marked("no login, subscription, cookie or robot notice at the start"), marked("True"), marked("False"),
)  # fmt: skip
"""The same where nothing is filled in."""
_CHARACTERS = re.compile(r"([\d,]+) characters")
_NUMERAL = re.compile(r"[-+<>]?\d[\d.,:%e+ -]*")
_NAMES = re.compile(r"\w+(?:, \w+)*")


def bound_told(bound: str) -> str:
    """A bound, or what was observed, as the gate words it, in the language in use; as it is where that has no words.

    >>> bound_told("at least 0.5"), bound_told("something of my own")
    ('at least 0.5', 'something of my own')
    """
    if spoken() == SOURCE:
        return bound
    quantity, rest = quantity_and_bound(bound)
    return f"{bound_told(quantity)}: {bound_told(rest)}" if quantity else _told(bound)


def _told(bound: str) -> str:
    """A bound without a quantity, in another language than the source's; the parts of a sentence are told by it too."""
    if bound.startswith("/"):
        return pattern_told(bound)
    if knows(bound):
        return tr(bound)
    if found := _CHARACTERS.fullmatch(bound):
        return counted(int(found[1].replace(",", "")), "character")
    if fit := fitting(BOUNDS, bound):
        message, parts = fit
        return filled(message, map(bound_told, parts))
    named = name_of(bound) if _NAMES.fullmatch(bound) else bound
    return numeral(bound) if _NUMERAL.fullmatch(bound) else named


def pattern_told(pattern: str) -> str:
    """A regular expression, whose signs keep their order among words that are written from right to left."""
    return f"{LEFT_TO_RIGHT}{pattern}{LEFT_TO_RIGHT}" if direction() == "rtl" else pattern


def quantity_and_bound(threshold: str) -> tuple[str, str]:
    """A threshold as the gate words it, taken apart: of which rows, and what; no rows where a whole table is judged.

    >>> quantity_and_bound("at least 90% of rows: at least 40"), quantity_and_bound("at least 1")
    (('at least 90% of rows', 'at least 40'), ('', 'at least 1'))
    """
    quantity, separator, bound = threshold.partition(": ")
    return (quantity, bound) if separator and quantity.startswith(_QUANTITIES) else ("", threshold)


def number(value: float) -> str:
    """A number with as many digits as it needs; a dash for what is none.

    >>> number(1234.0), number(12.345), number(0.3)
    ('1,234', '12.3', '0.3')
    """
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def share(value: float | None) -> str:
    """A share as people read it; a dash where there is none.

    >>> share(0.5), share(None)
    ('50%', '–')
    """
    return "–" if value is None or not math.isfinite(value) else numeral(percent(value))


def figure(value: float | None, unit: str) -> str:
    """A figure of a host: a number where that is its unit, else a share.

    >>> figure(12.0, "number"), figure(0.5, "loss"), figure(None, "rate")
    ('12', '50%', '–')
    """
    return "–" if value is None else number(value) if unit == "number" else share(value)


def similarity(value: float) -> str:
    """A similarity to two digits, never 1 (or 0) unless it is.

    >>> similarity(1.0), similarity(0.999), similarity(0.4), similarity(0.001)
    ('1', '0.99', '0.40', '0.01')
    """
    if value in {0.0, 1.0}:
        return f"{value:.0f}"
    return f"{min(max(value, 0.01), 0.99):.2f}"


def day(moment: datetime | None) -> str:
    """A date, with the time of day where the page states one.

    >>> day(datetime(2024, 4, 9)), day(datetime(2024, 4, 9, 7, 30)), day(None)
    ('2024-04-09', '2024-04-09 07:30', '–')
    """
    if moment is None:
        return "–"
    whole_day = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return numeral(f"{moment:%Y-%m-%d}" if whole_day else f"{moment:%Y-%m-%d %H:%M}")


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(0.04), duration(7.25), duration(192)
    ('under 0.1 s', '7.2 s', '3 min 12 s')
    """
    if seconds < 0.1:  # noqa: PLR2004 - the rounding below would say 0.0
        return tr("under 0.1 s")
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return tr("%(seconds)s s", seconds=f"{seconds:.1f}")
    return tr("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest)
