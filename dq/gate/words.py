"""What an expectation demanded and what was observed, as text that a reviewer reads without knowing GX's arguments."""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from dq.figures import percent

Kwargs = Mapping[str, Any]

MAX_EXAMPLE = 200
"""Characters of an example: two lines of a report; a body of thousands helps nobody find what is wrong."""
MAX_LISTED = 12
"""Values of a set that are spelt out; the rest is counted."""
BEFORE_MATCH = 60
"""Characters shown before the place where a regular expression matched."""
MAX_SPELT = 1e15
"""Numbers from here on are told by their power of ten."""
MISSING = "(missing)"
_NOT_DEMANDS = frozenset(
    {"batch_id", "column", "column_A", "column_B", "column_list", "row_condition", "condition_parser", "mostly"}
)


def observed_rows(held: int, judged: int) -> str:
    """How many of the rows that were judged held.

    >>> observed_rows(38, 41), observed_rows(19_999, 20_000), observed_rows(0, 0)
    ('38 of 41 rows (93%)', '19,999 of 20,000 rows (>99%)', 'no rows to judge')
    """
    return f"{held:,} of {judged:,} rows ({percent(held, judged)})" if judged else "no rows to judge"


def of_rows(demand: str, kwargs: Kwargs) -> str:
    """What was demanded of each row, and of how many of them.

    >>> of_rows("at least 40", {"min_value": 40, "mostly": 0.9}), of_rows("there", {})
    ('at least 90% of rows: at least 40', 'every row: there')
    """
    return f"{_quantity(kwargs.get('mostly'))}{_where(kwargs)}: {demand}"


def of_hosts(kwargs: Kwargs) -> str:
    """The bounds that single hosts have of their own.

    >>> of_hosts({"hosts": {"a.example": {"max": 0.9}}})
    'for a.example at most 0.9'
    """
    hosts = json.loads(kwargs["hosts"]) if isinstance(kwargs["hosts"], str) else kwargs["hosts"]
    own = {host: {f"{side}_value": bound for side, bound in bounds.items()} for host, bounds in hosts.items()}
    return ", ".join(f"for {host} {_span(bounds)}" for host, bounds in own.items())


def of_table(demand: str, kwargs: Kwargs) -> str:
    """What was demanded of the table or of a figure of it.

    >>> of_table("at least 1", {"min_value": 1})
    'at least 1'
    """
    return demand + _where(kwargs)


def demanded(kind: str, kwargs: Kwargs) -> str:
    """What an expectation of this type demands of a value; an unknown type is told by its arguments.

    >>> demanded("expect_column_mean_to_be_between", {"max_value": 0.5, "strict_max": True})
    'less than 0.5'
    """
    if kind in _DEMANDS:
        return _DEMANDS[kind](kwargs)
    if kind.endswith("_to_be_between") and {"min_value", "max_value"} & kwargs.keys():
        return _span(kwargs)
    return "; ".join(f"{name} {told(value)}" for name, value in kwargs.items() if name not in _NOT_DEMANDS) or "to hold"


def told(value: Any) -> str:
    """A value as text: numbers with six digits at most, dates in ISO form, lists cut short, what is missing said so.

    >>> told(20_000), told(1 / 3), told(date(2024, 4, 9)), told(None), told(["ar", "en"])
    ('20,000', '0.333333', '2024-04-09', '(missing)', 'ar, en')
    """
    if value is None or (isinstance(value, float | date) and value != value):  # noqa: PLR0124 - NaN and NaT
        return MISSING
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00").replace("T", " ")
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {told(item)}" for name, item in value.items())
    if isinstance(value, Iterable):
        items = list(value)
        more = f" and {len(items) - MAX_LISTED} more" if len(items) > MAX_LISTED else ""
        return ", ".join(told(item) for item in items[:MAX_LISTED]) + more
    return _number(value)


def excerpt(values: Mapping[str, Any], kwargs: Kwargs) -> str:
    """The values by which a row broke an expectation, cut to `MAX_EXAMPLE` around the place that matters.

    >>> excerpt({"body": "x" * 500 + "<script>"}, {"regex": "<script"})[-10:]
    'xx<script>'
    """
    texts = [_window(told(value), _patterns(kwargs)) for value in values.values()]
    if len(values) == 1:
        return texts[0]
    each = MAX_EXAMPLE // max(len(values), 1)
    return "; ".join(f"{name}: {_cut(text, each)}" for name, text in zip(values, texts, strict=True))


def _window(text: str, patterns: list[str]) -> str:
    if len(text) <= MAX_EXAMPLE:
        return text
    matches = (re.search(pattern, text) for pattern in patterns)
    start = next((max(match.start() - BEFORE_MATCH, 0) for match in matches if match), 0)
    return ("…" if start else "") + _cut(text[start:], MAX_EXAMPLE)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _patterns(kwargs: Kwargs) -> list[str]:
    return [pattern for pattern in (kwargs.get("regex"), *(kwargs.get("regex_list") or ())) if pattern]


def _number(value: Any) -> str:
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}"
    if not isinstance(value, numbers.Real):
        return str(value)
    number = float(value)
    return f"{number:,.0f}" if number.is_integer() and abs(number) < MAX_SPELT else f"{number:,.6g}"


def _quantity(mostly: float | None) -> str:
    return "every row" if mostly is None or mostly >= 1 else f"at least {mostly * 100:g}% of rows"


def _where(kwargs: Kwargs) -> str:
    condition = kwargs.get("row_condition")
    return f" where {condition_told(condition)}" if condition else ""


def condition_told(condition: Any) -> str:
    """A row condition as words.

    >>> condition_told({"type": "comparison", "column": {"name": "pages"}, "operator": ">=", "parameter": 5})
    'pages >= 5'
    """
    if not isinstance(condition, Mapping):
        return str(condition)
    match condition.get("type"):
        case "and" | "or" as joint:
            return f" {joint} ".join(condition_told(part) for part in condition["conditions"])
        case "nullity":
            return f"{condition['column']['name']} is {'missing' if condition['is_null'] else 'there'}"
        case "comparison":
            operator = str(condition["operator"]).replace("_", " ").lower()
            return f"{condition['column']['name']} {operator} {told(condition['parameter'])}"
        case _:
            return str(condition.get("pass_through_filter", condition))


def _span(kwargs: Kwargs) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    above = "more than" if kwargs.get("strict_min") else "at least"
    below = "less than" if kwargs.get("strict_max") else "at most"
    parts = ([f"{above} {told(low)}"] if low is not None else []) + (
        [f"{below} {told(high)}"] if high is not None else []
    )
    return " and ".join(parts)


def _regexes(kwargs: Kwargs) -> str:
    return _cut(" or ".join(f"/{pattern}/" for pattern in _patterns(kwargs)), MAX_EXAMPLE)


_DEMANDS: dict[str, Callable[[Kwargs], str]] = {
    "expect_column_values_to_not_be_null": lambda _: "there",
    "expect_column_values_to_be_null": lambda _: "not there",
    "expect_column_values_to_be_unique": lambda _: "no value twice",
    "expect_compound_columns_to_be_unique": lambda _: "no combination twice",
    "expect_select_column_values_to_be_unique_within_record": lambda _: "different from one another",
    "expect_column_pair_values_to_be_equal": lambda _: "equal",
    "expect_column_pair_values_a_to_be_greater_than_b": lambda kwargs: (
        f"{kwargs['column_A']} greater than {'or equal to ' if kwargs.get('or_equal') else ''}{kwargs['column_B']}"
    ),
    "expect_column_values_to_be_in_set": lambda kwargs: f"one of {told(kwargs['value_set'])}",
    "expect_column_values_to_not_be_in_set": lambda kwargs: f"none of {told(kwargs['value_set'])}",
    "expect_column_distinct_values_to_be_in_set": lambda kwargs: f"one of {told(kwargs['value_set'])}",
    "expect_column_value_lengths_to_be_between": lambda kwargs: f"{_span(kwargs)} characters",
    "expect_column_value_lengths_to_equal": lambda kwargs: f"{told(kwargs['value'])} characters",
    "expect_column_values_to_match_regex": lambda kwargs: f"a match of {_regexes(kwargs)}",
    "expect_column_values_to_match_regex_list": lambda kwargs: (
        f"a match of {kwargs.get('match_on') or 'any'}: {_regexes(kwargs)}"
    ),
    "expect_column_values_to_not_match_regex": lambda kwargs: f"no match of {_regexes(kwargs)}",
    "expect_column_values_to_not_match_regex_list": lambda kwargs: f"no match of {_regexes(kwargs)}",
    "expect_column_values_to_be_free_of_mojibake": lambda _: "letters decoded rightly (no mojibake)",
    "expect_column_values_to_be_free_of_markup": lambda _: "no markup, entities, script or style",
    "expect_column_values_to_be_free_of_walls": lambda _: "no login, subscription, cookie or robot notice at the start",
    "expect_column_pair_text_to_be_in_stated_language": lambda kwargs: (
        f"{kwargs['column_A']} in the language that {kwargs['column_B']} states"
    ),
    "expect_column_pair_date_to_not_be_after_fetch": lambda kwargs: (
        f"{kwargs['column_A']} not after {kwargs['column_B']}"
    ),
    "expect_column_values_to_be_between_by_host": _span,
    "expect_column_shares_to_be_between": lambda kwargs: (
        f"{_span(kwargs)}, beyond doubt for so many {kwargs['cases']} "
        f"({told(kwargs.get('confidence', 0.95) * 100)}% confidence)"
    ),
    "expect_table_row_count_to_equal": lambda kwargs: told(kwargs["value"]),
    "expect_table_row_count_to_be_between": _span,
}
"""By type in GX; what is not here is told by its bounds or its arguments."""
