"""Counts, rates, times and rules in plain words."""

from __future__ import annotations

from datetime import datetime

from dq.figures import percent
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

NAMES = {
    "published_at": "publication date",
    "fetched_at": "time of fetching",
    "content_sha256": "content (by its SHA-256)",
    "date_share": "share with a date",
    "title_share": "share with a title",
    "language_share": "share in an expected language",
    "host_history": "state of the host, against earlier runs,",
    **{f"{figure}_change": f"change of {figure.replace('_', ' ')} against earlier runs" for figure in DRIFTING},
}
"""Columns whose name says too little."""

DEMANDS = {
    "expect_column_values_to_be_unique": "{column} is unique",
    "expect_column_values_to_not_be_null": "{column} is there",
    "expect_column_values_to_be_null": "{column} is not there",
    "expect_column_values_to_be_between": "{column} is {bound}",
    "expect_column_values_to_be_in_set": "{column} is {bound}",
    "expect_column_values_to_not_be_in_set": "{column} is {bound}",
    "expect_column_values_to_match_regex": "{column}: {bound}",
    "expect_column_values_to_not_match_regex": "{column}: {bound}",
    "expect_column_values_to_match_regex_list": "{column}: {bound}",
    "expect_column_values_to_not_match_regex_list": "{column}: {bound}",
    "expect_column_value_lengths_to_be_between": "length of {column} is {bound}",
    "expect_column_value_lengths_to_equal": "length of {column} is {bound}",
    "expect_column_pair_values_to_be_equal": "{column} are equal",
    "expect_column_pair_values_to_be_in_set": "{column} are one of the pairs listed",
    "expect_column_pair_values_a_to_be_greater_than_b": "{bound}",
    "expect_compound_columns_to_be_unique": "{column} together are unique",
    "expect_select_column_values_to_be_unique_within_record": "{column} differ from one another",
    "expect_multicolumn_sum_to_equal": "sum of {column} is {bound}",
    "expect_column_to_exist": "the column {column} exists",
    "expect_column_min_to_be_between": "least {column} is {bound}",
    "expect_column_max_to_be_between": "greatest {column} is {bound}",
    "expect_column_mean_to_be_between": "mean of {column} is {bound}",
    "expect_column_median_to_be_between": "median of {column} is {bound}",
    "expect_column_sum_to_be_between": "sum of {column} is {bound}",
    "expect_column_stdev_to_be_between": "spread of {column} is {bound}",
    "expect_column_quantile_values_to_be_between": "quantiles of {column} are within their bounds",
    "expect_column_unique_value_count_to_be_between": "number of different values of {column} is {bound}",
    "expect_column_proportion_of_unique_values_to_be_between": "share of different values of {column} is {bound}",
    "expect_column_proportion_of_non_null_values_to_be_between": "share of rows with {column} is {bound}",
    "expect_column_distinct_values_to_be_in_set": "every {column} is {bound}",
    "expect_column_values_to_be_free_of_mojibake": "letters of {column} are decoded rightly",
    "expect_column_values_to_be_free_of_markup": "{column} is free of markup and script",
    "expect_column_values_to_be_free_of_walls": "{column} does not begin with a login or cookie notice",
    "expect_column_pair_text_to_be_in_stated_language": "{bound}",
    "expect_column_pair_date_to_not_be_after_fetch": "{bound}",
    "expect_column_values_to_be_between_by_host": "{column} is {bound}",
    "expect_column_shares_to_be_between": "{column} is {bound}",
    "expect_table_row_count_to_be_between": "number of rows is {bound}",
    "expect_table_row_count_to_equal": "number of rows is {bound}",
}
"""What an expectation demands, by its type in GX: of the columns, and the bound as the gate words it."""

SPECIAL_DEMANDS = {
    ("expect_column_mean_to_be_between", "is_canonical"): "share of articles that are no copies is {bound}",
}
"""The same for columns of which that would say too little."""

_QUANTITIES = ("every row", "at least ")
_PATTERNS = ("a match of ", "no match of ")


def counted(n: int, one: str, several: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "page"), counted(1200, "page"), counted(2, "copy", "copies")
    ('1 page', '1,200 pages', '2 copies')
    """
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def rows(n: int, table: str) -> str:
    """A number of rows, called by what they are.

    >>> rows(2, "sources"), rows(1, "articles"), rows(3, "a suite of my own")
    ('2 hosts', '1 article', '3 rows')
    """
    return counted(n, *ROWS.get(table, ("row", "rows")))


def name_of(column: str) -> str:
    """A column's name as words.

    >>> name_of("empty_share"), name_of("n_words"), name_of("title, body")
    ('empty share', 'number of words', 'title, body')
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
    named = name_of(column) if column else "the table"
    pattern = SPECIAL_DEMANDS.get((expectation, column)) or DEMANDS.get(expectation)
    if pattern is not None:
        sentence = pattern.format(column=named, bound=_spoken(bound) or "as demanded")
    else:
        sentence = f"{named}: {name_of(expectation.removeprefix('expect_').removeprefix('column_'))}"
    return sentence[:1].upper() + sentence[1:]


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


def quantity_and_bound(threshold: str) -> tuple[str, str]:
    """A threshold as the gate words it, taken apart: of which rows, and what; no rows where a whole table is judged.

    >>> quantity_and_bound("at least 90% of rows: at least 40"), quantity_and_bound("at least 1")
    (('at least 90% of rows', 'at least 40'), ('', 'at least 1'))
    """
    quantity, separator, bound = threshold.partition(": ")
    return (quantity, bound) if separator and quantity.startswith(_QUANTITIES) else ("", threshold)


def number(value: float) -> str:
    """A number with as many digits as it needs.

    >>> number(1234.0), number(12.345), number(0.3)
    ('1,234', '12.3', '0.3')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def share(value: float | None) -> str:
    """A share as people read it; a dash where there is none.

    >>> share(0.5), share(None)
    ('50%', '–')
    """
    return "–" if value is None else percent(value)


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
    return f"{moment:%Y-%m-%d}" if whole_day else f"{moment:%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(0.04), duration(7.25), duration(192)
    ('under 0.1 s', '7.2 s', '3 min 12 s')
    """
    if seconds < 0.1:  # noqa: PLR2004 - the rounding below would say 0.0
        return "under 0.1 s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
