"""Files of reviews: what a report exports, and the cases that `dq review` makes of it.

A file of cases has one a line, as JSON, sorted, so that it is kept and compared like source code. The form of both is
published as `reviews.schema.json`; what does not follow it is refused, with every mistake and its place.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_type_hints

from dq.atomic import write_text
from dq.errors import MissingInputError, UsageError, told_together
from dq.options import ReviewOptions
from dq.reviews import (
    CASES,
    DECISIONS,
    NO_REVIEWS,
    Case,
    Decision,
    Export,
    LineDecision,
    PageDecision,
    PairDecision,
    Reviews,
    Side,
    merge,
    render,
)

SCHEMA_VERSION = 1
"""Version of the export."""
DEFAULT = Path("reviews.jsonl")
"""The file of cases that is honoured where it exists and no other is named."""
MOST_TOLD = 20
"""Mistakes of one file that are told."""


def read(path: Path) -> Export | tuple[Case, ...]:
    """The export or the cases in a file, told apart by what it holds; UsageError that tells every mistake in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise MissingInputError(f"there is no file {path}; export the decisions from a report to have one") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text: {error}; export the decisions again") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error}); name a file that can be") from error
    return parse(text, str(path))


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases in a file; UsageError where it is an export, or broken."""
    found = read(path)
    if isinstance(found, Export):
        raise UsageError(
            f"{path} is an export of decisions, not a file of cases: `dq review {path}` makes cases of them"
        )
    return found


def parse(text: str, name: str) -> Export | tuple[Case, ...]:
    """What a file of this name holds: one JSON object with decisions, or a case a line."""
    try:
        whole, problem = json.loads(text), "it is JSON, but no object"
    except (ValueError, RecursionError) as error:
        whole, problem = None, f"it is no JSON ({error})"
    if isinstance(whole, dict) and "kind" not in whole:
        return _export(whole, name)
    first = next((line for line in text.split("\n") if line.strip()), None)
    if first is None or "kind" in _object(first):
        return _cases(text, name)
    raise UsageError(
        f"{name} is neither an export of decisions nor a file of cases, with one a line: {problem}; export it again"
    )


def _object(text: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(text)
        return found if isinstance(found, dict) else {}
    return {}


def _export(whole: dict[str, Any], name: str) -> Export:
    problems = list(_wrong_keys(whole, {"schema_version", "run_id", "decisions"}))
    version, run_id, listed = whole.get("schema_version"), whole.get("run_id"), whole.get("decisions")
    if type(version) is not int or version != SCHEMA_VERSION:
        problems.append(f"schema_version must be {SCHEMA_VERSION}, not {_told(version)}: this dq reads no other")
    if "run_id" in whole:
        problems += _wrong_type(run_id, str, "run_id")
    if "decisions" in whole and not isinstance(listed, list):
        problems.append(f"decisions must be a list, not {_told(listed)}")
    made = []
    for number, value in enumerate(listed if isinstance(listed, list) else []):
        one, wrong = _record_of(DECISIONS, value)
        problems += [f"decisions[{number}]: {problem}" for problem in wrong]
        made += [] if one is None else [(number, one)]
    problems += _twice(made)
    raise_for(problems, f"{name} is no export of decisions that dq can read; export it again, or correct it:")
    return Export(run_id=str(run_id), decisions=tuple(one for _, one in made))


def _twice(made: Iterable[tuple[int, Decision]]) -> Iterator[str]:
    """Things that are decided on more than once."""
    first: dict[tuple[object, ...], int] = {}
    for number, one in made:
        thing = _thing(one)
        if (before := first.setdefault(thing, number)) != number:
            yield f"decisions[{number}] is on the same {thing[0]} as decisions[{before}]: leave one of them out"


def _thing(one: Decision) -> tuple[object, ...]:
    match one:
        case LineDecision():
            return "line", one.page_id, one.line
        case PairDecision():
            return "pair", *sorted((one.left_id, one.right_id))
        case PageDecision():
            return "page", one.page_id


def _cases(text: str, name: str) -> tuple[Case, ...]:
    made, problems = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: no JSON ({error})")
            continue
        one, wrong = _record_of(CASES, value)
        problems += [f"line {number}: {problem}" for problem in wrong]
        made += [] if one is None else [one]
    raise_for(problems, f"{name} is no file of cases that dq can read; correct or take out what is wrong in it:")
    return tuple(made)


def raise_for(problems: Sequence[str], heading: str) -> None:
    """UsageError that tells the problems, so many of them as anybody reads, where there are any."""
    if problems:
        more = [f"and {len(problems) - MOST_TOLD} more"] if len(problems) > MOST_TOLD else []
        raise UsageError(told_together(heading, [*problems[:MOST_TOLD], *more]))


_Record = TypeVar("_Record")


def _record_of(kinds: Mapping[str, type[_Record]], value: object) -> tuple[_Record | None, list[str]]:
    """(the record that a JSON value stands for, or None; what is wrong with it)."""
    if not isinstance(value, dict):
        return None, [f"must be an object, not {_told(value)}"]
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        return None, [f"kind must be {', '.join(list(kinds)[:-1])} or {list(kinds)[-1]}, not {_told(kind)}"]
    return _made(kinds[kind], {name: part for name, part in value.items() if name != "kind"})


def _made(record: type[_Record], value: dict[str, Any]) -> tuple[_Record | None, list[str]]:
    fields = {field.name: field for field in dataclasses.fields(cast(Any, record))}
    hints = get_type_hints(record)
    needed = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    problems = list(_wrong_keys(value, needed, set(fields)))
    given: dict[str, Any] = {}
    for name in fields:
        if name in value:
            given[name], wrong = _part(hints[name], value[name], name)
            problems += wrong
    return (None, problems) if problems else (record(**given), [])


def _part(kind: Any, value: object, name: str) -> tuple[object, list[str]]:
    if kind is not Side:
        return value, list(_wrong_type(value, kind, name))
    if not isinstance(value, dict):
        return None, [f"{name} must be an object, not {_told(value)}"]
    side, wrong = _made(Side, value)
    return side, [f"{name}: {problem}" for problem in wrong]


def _wrong_keys(value: Mapping[str, Any], needed: set[str], known: set[str] | None = None) -> Iterator[str]:
    yield from (f"{name} is missing" for name in sorted(needed - set(value)))
    yield from (f"{name} is not known here" for name in sorted(set(value) - (known or needed)))


def _wrong_type(value: object, kind: Any, name: str) -> Iterator[str]:
    allowed = get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if type(value) not in allowed:
        yield f"{name} must be {' or '.join(TYPES[one] for one in allowed)}, not {_told(value)}"
    elif isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        yield f"{name} holds half a character, which no text can hold"
    elif type(value) is int and value < 0:
        yield f"{name} must be 0 or more, not {value}"


TYPES = {str: "a text", int: "a whole number", bool: "true or false", types.NoneType: "null"}
LONGEST = 60
"""Characters of a wrong value that are told."""


def _told(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def write_cases(path: Path, cases: Iterable[Case]) -> None:
    """A file of cases, whole or not at all; UsageError where it cannot be written."""
    write_text(path, render(cases))


def load(options: ReviewOptions) -> Reviews:
    """The reviews that a run honours; UsageError where a file that is named, or there by default, cannot be read."""
    path = options.reviews or (DEFAULT if DEFAULT.is_file() else None)
    return NO_REVIEWS if path is None else Reviews(path=path, cases=merge((), read_cases(path)).cases)
