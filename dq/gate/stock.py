"""Checks as Great Expectations' own objects, and what it would object to, in plain words.

Importing this module imports Great Expectations, which takes seconds; the gate does so when it is used.

The expectations of `dq.gate.expectations` are known as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dq.gate.quiet import quiet
from dq.gate.suites import NOT_IN_KWARGS, Check, did_you_mean

with quiet():
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

import dq.gate.expectations  # noqa: F401 - registers dq's own
from dq.gate.polars_engine import to_rust

PLACE = "dq_check"
"""The member of an expectation's meta that holds its place in the suite, by which its result is found again."""
_BOUNDS = ("min_value", "max_value")
_ORDERED = (int, float, datetime)
_CONDITION_FORM = (
    'a condition of Great Expectations, such as {"type": "comparison", "column": {"name": "pages"}, "operator": ">=", '
    '"parameter": 5}'
)
# What pydantic adds for each member of a union that could also be {"$PARAMETER": ...}; it says nothing to the reader.
_UNION_NOISE = "value is not a valid dict"


def configuration(check: Check) -> ExpectationConfiguration:
    """The check as Great Expectations' configuration; its place in the suite goes with it."""
    return ExpectationConfiguration(
        type=check.type,
        kwargs=_with_moments(check.kwargs),
        severity=FailureSeverity(check.severity),
        notes=check.note,
        description=check.description,
        meta={PLACE: check.place},
    )


def objections(check: Check, parameters: Mapping[str, Any], *, python_regex: bool = False) -> list[str]:
    """All that keeps a check from being used, given the suite parameters by name; empty for a good one."""
    types = list_registered_expectation_implementations()
    if check.type not in types:
        nearest = did_you_mean(check.type, types)
        hint = nearest if nearest.startswith("did") else "see the gallery of Great Expectations"
        return [f"Great Expectations knows no expectation {check.type!r}; {hint}"]
    with quiet():
        return [
            *_build_objections(configuration(check), parameters),
            *_regex_objections(check.kwargs, python_regex=python_regex),
        ]


def _build_objections(config: ExpectationConfiguration, parameters: Mapping[str, Any]) -> list[str]:
    try:
        config.process_suite_parameters(dict(parameters))
    except Exception as error:  # noqa: BLE001 - its parser lets out whatever it stumbles over
        return [f"$PARAMETER cannot be used: {error}; known parameters are {', '.join(sorted(parameters))}"]
    try:
        expectation = config.to_domain_obj()
    except ValidationError as error:
        return list(_told_plainly(error, arguments_of(config.type)))
    except Exception as error:  # noqa: BLE001 - validators of single expectations let out anything as well
        return [str(error)]
    return list(_number_objections(expectation))


def arguments_of(kind: str) -> list[str]:
    """The arguments that an expectation of this type takes."""
    return [name for name in get_expectation_impl(kind).__fields__ if name not in NOT_IN_KWARGS]


def _with_moments(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Dates that are bounds become datetimes, those with a zone in UTC without one.

    Great Expectations itself reads "2024-01-31T12:00" as a date, and its time is lost.
    """
    return {
        key: _moment(value) if key in _BOUNDS and isinstance(value, str) else value for key, value in kwargs.items()
    }


def _moment(text: str) -> datetime | str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _told_plainly(error: ValidationError, fields: list[str]) -> Iterator[str]:
    """Pydantic's errors, one sentence for each argument."""
    messages: dict[str, list[str]] = {}
    for detail in error.errors():
        messages.setdefault(str(detail["loc"][0]), []).append(detail["msg"])
    for argument, told in messages.items():
        if argument == "__root__":
            yield told[0]
        elif argument == "row_condition":
            yield f"row_condition must be {_CONDITION_FORM}"
        elif "extra fields not permitted" in told:
            yield f"it takes no argument {argument!r}; {did_you_mean(argument, fields)}"
        else:
            yield f"{argument}: {' or '.join(dict.fromkeys(msg for msg in told if msg != _UNION_NOISE))}"


def _number_objections(expectation: Expectation) -> Iterator[str]:
    """Numbers that Great Expectations takes without asking: it would tell, if ever, when it has data."""
    given = {name: getattr(expectation, name) for name in (*_BOUNDS, "mostly") if name in expectation.__fields__}
    for name, value in given.items():
        if isinstance(value, dict):  # it takes any object for {"$PARAMETER": ...}
            yield f'{name} must be a number, a date or {{"$PARAMETER": name}}'
    if not set(_BOUNDS) <= given.keys():
        return
    low, high = (given[name] for name in _BOUNDS)
    if low is None and high is None:
        yield "without min_value and max_value it would always hold"
    elif type(low) is type(high) and type(low) in _ORDERED and low > high:
        yield f"min_value {low} is greater than max_value {high}"


def _regex_objections(kwargs: Mapping[str, Any], *, python_regex: bool) -> Iterator[str]:
    listed = kwargs.get("regex_list") or []
    for regex in [kwargs.get("regex"), *(listed if isinstance(listed, list) else [])]:
        try:
            re.compile(regex or "")
        except (re.error, TypeError) as error:
            yield f"the regular expression {regex!r} does not compile: {error}"
            continue
        if not python_regex and to_rust(regex or "") is None:
            yield (
                f"Rust's engine cannot run the regular expression {regex!r} (look-around, back-references); write it "
                "without, or set python_regex = true (--python-regex) to have Python run it, some ten times slower"
            )
