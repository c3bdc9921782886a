"""Expectation suites as files: one JSON file a table, in Great Expectations' own format, each mistake with its line.

A file is named after the table that it judges (`articles.json`) and loads with stock Great Expectations. It is read
here without it: what a file says, and whether its tables, columns and severities exist. Whether Great Expectations
accepts an expectation is `dq.gate.stock`' to say.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from dq.errors import SuiteError
from dq.options import GateOptions
from dq.tables import CHECKS, REJECTED, TABLES, WHAT_IF, Table

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The gravest first."""
DEFAULT_SEVERITY: Severity = "critical"
"""What Great Expectations takes an expectation for that states none."""

JUDGED_TABLES = {name: table for name, table in TABLES.items() if table not in (CHECKS, WHAT_IF, REJECTED)}
"""Tables that can have a suite: all but those that the gate itself writes."""

_SUITE_KEYS = frozenset({"name", "expectations", "suite_parameters", "meta", "notes", "id"})
_OLD_SUITE_KEYS = frozenset({"expectation_suite_name", "data_asset_type", "evaluation_parameters", "ge_cloud_id"})
_EXPECTATION_KEYS = frozenset(
    {"type", "kwargs", "severity", "notes", "description", "meta", "id", "rendered_content", "expectation_context",
     "success_on_last_run"}
)  # fmt: skip
NOT_IN_KWARGS = frozenset(
    {"severity", "notes", "meta", "id", "description", "rendered_content", "result_format", "catch_exceptions"}
)
_OLD_FORMAT = (
    "this is the format of Great Expectations before 1.0; write 'type' for 'expectation_type' and 'name' for "
    "'expectation_suite_name'"
)
_PACKAGE = Path(__file__).parents[1]
_ONE_COLUMN = ("column", "column_A", "column_B")
_SEVERAL_COLUMNS = ("column_list", "column_set")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One expectation of a suite, as its file states it."""

    table: str
    place: int
    """0-based, among the expectations of its file."""
    line: int
    """1-based line of the file on which it begins."""
    type: str
    kwargs: Mapping[str, Any]
    severity: Severity
    note: str
    description: str | None = None
    """What it demands of a value, in the suite's own words, where its arguments are hard to read."""
    path: Path | None = None
    """Its file."""
    host_rules_origin: str | None = None
    """Where the bounds of single hosts among its arguments were set."""

    @property
    def origin(self) -> str:
        """Where it was set, as `FILE:LINE`; the suites that come with dq are named from the package on.

        >>> Check(table="", place=0, line=7, type="", kwargs={}, severity="info", note="", path=Path("a.json")).origin
        'a.json:7'
        """
        if self.path is None:
            return ""
        own = _PACKAGE.parent
        named = self.path.relative_to(own) if self.path.is_relative_to(own) else self.path
        return f"{named.as_posix()}:{self.line}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it judges; none where it judges the table as a whole."""
        return tuple(_named_columns(self.kwargs))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """The expectations on one table."""

    table: str
    path: Path
    checks: tuple[Check, ...]
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Suite parameters that the file itself defines."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """Something in a suite's file that must be put right before the gate can use it."""

    path: Path
    line: int | None
    column: int | None = None
    message: str

    def __str__(self) -> str:
        place = [self.path.as_posix(), *(str(number) for number in (self.line, self.column) if number is not None)]
        return f"{':'.join(place)}: {self.message}"


def suites_folder(options: GateOptions) -> Path:
    """The folder of suites to use: the one that was named, else ./expectations, else the suites that come with dq.

    Raises SuiteError where the folder that was named is not there.
    """
    if options.expectations is not None:
        if not options.expectations.is_dir():
            raise SuiteError(f"There is no folder of expectations at {options.expectations.as_posix()}.")
        return options.expectations
    places = (Path("expectations"), _PACKAGE / "expectations", _PACKAGE.parent / "expectations")
    return next((place for place in places if place.is_dir()), places[-1])


def read_suites(folder: Path) -> tuple[tuple[Suite, ...], tuple[Mistake, ...]]:
    """All suites of a folder, in the order of `TABLES`, and all mistakes that stand in its files.

    Expectations with a mistake are among them where they have a type and arguments, so that all that is wrong with one
    can be told at once. A folder without any suite is a mistake as well: a gate that demands nothing must not pass.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".json") if folder.is_dir() else []
    read = [_read_file(path) for path in files]
    suites = [suite for suite, _ in read if suite is not None]
    mistakes = [mistake for _, found in read for mistake in found]
    if not files:
        mistakes.append(
            Mistake(
                path=folder, line=None, message="there is no suite (*.json) in this folder, so nothing would be checked"
            )
        )
    order = list(JUDGED_TABLES)
    return tuple(sorted(suites, key=lambda suite: order.index(suite.table))), tuple(mistakes)


def did_you_mean(name: str, names: Collection[str]) -> str:
    """A hint at the nearest of `names`, or all of them where none is near.

    >>> did_you_mean("titel", ["title", "body"]), did_you_mean("x", ["title", "body"])
    ("did you mean 'title'?", 'there are body, title')
    """
    nearest = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(sorted(names))}"


def _read_file(path: Path) -> tuple[Suite | None, list[Mistake]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=_without_twins)
        json.dumps(content, ensure_ascii=False).encode()  # raises where an escape stands for half a character
    except json.JSONDecodeError as error:
        return None, [Mistake(path=path, line=error.lineno, column=error.colno, message=f"not JSON: {error.msg}")]
    except (OSError, ValueError, RecursionError) as error:
        return None, [Mistake(path=path, line=None, message=f"cannot be read: {error}")]
    table = JUDGED_TABLES.get(path.stem)
    messages = list(_suite_messages(content, path.stem))
    if table is None or not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        return None, [Mistake(path=path, line=1, message=message) for message in messages]
    checks, mistakes = _read_checks(content["expectations"], expectation_lines(text), path=path, table=table)
    parameters = content.get("suite_parameters")
    suite = Suite(
        table=table.name, path=path, checks=checks, parameters=parameters if isinstance(parameters, dict) else {}
    )
    return suite, [*(Mistake(path=path, line=1, message=message) for message in messages), *mistakes]


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twin = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
        raise ValueError(f"the name {twin!r} stands twice in one object, and only the last would count")
    return members


def _suite_messages(content: Any, stem: str) -> Iterator[str]:
    """What is wrong with a file as a whole."""
    if stem not in JUDGED_TABLES:
        yield f"a suite is named after its table, and there is no table {stem!r}; {did_you_mean(stem, JUDGED_TABLES)}"
        return
    if not isinstance(content, dict):
        yield "a suite is an object with 'name' and 'expectations'"
        return
    if content.keys() & _OLD_SUITE_KEYS:
        yield _OLD_FORMAT
    elif not isinstance(content.get("name"), str) or not content["name"]:
        yield "the suite has no 'name'"
    for key in sorted(content.keys() - _SUITE_KEYS - _OLD_SUITE_KEYS):
        yield f"a suite has no member {key!r}; {did_you_mean(key, _SUITE_KEYS)}"
    if not isinstance(content.get("expectations"), list) or not content["expectations"]:
        yield "there are no 'expectations' in it, so nothing would be checked"
    if not isinstance(content.get("suite_parameters") or {}, dict):
        yield "'suite_parameters' must be an object"


def _read_checks(
    items: list[Any], lines: list[int], *, path: Path, table: Table
) -> tuple[tuple[Check, ...], list[Mistake]]:
    checks: list[Check] = []
    mistakes: list[Mistake] = []
    for place, (item, line) in enumerate(zip(items, lines, strict=True)):
        messages = list(_expectation_messages(item, table))
        mistakes.extend(Mistake(path=path, line=line, message=message) for message in messages)
        if isinstance(item, dict) and isinstance(item.get("type"), str) and isinstance(item.get("kwargs"), dict):
            checks.append(_check(item, table=table.name, place=place, path=path, line=line))
    return tuple(checks), mistakes


def _check(item: Mapping[str, Any], *, table: str, place: int, path: Path, line: int) -> Check:
    notes, description, severity = item.get("notes"), item.get("description"), item.get("severity")
    return Check(
        table=table,
        place=place,
        path=path,
        line=line,
        type=item["type"],
        kwargs=item["kwargs"],
        severity=severity if severity in SEVERITIES else DEFAULT_SEVERITY,
        note=" ".join(str(note) for note in notes) if isinstance(notes, list) else str(notes or ""),
        description=description if isinstance(description, str) else None,
    )


def _expectation_messages(item: Any, table: Table) -> Iterator[str]:
    """What is wrong with one expectation, as far as its file and the table tell."""
    if not isinstance(item, dict):
        yield "an expectation is an object with 'type' and 'kwargs'"
        return
    if "expectation_type" in item:
        yield _OLD_FORMAT
        return
    for key in sorted(item.keys() - _EXPECTATION_KEYS):
        yield f"an expectation has no member {key!r}; {did_you_mean(key, _EXPECTATION_KEYS)}"
    if not isinstance(item.get("type"), str):
        yield "the expectation has no 'type'"
    yield from _label_messages(item)
    if isinstance(item.get("kwargs"), dict):
        for key in sorted(item["kwargs"].keys() & NOT_IN_KWARGS):
            yield f"{key!r} does not belong into 'kwargs'{', but beside it' if key in _EXPECTATION_KEYS else ''}"
        yield from _column_messages(item["kwargs"], table)
    else:
        yield "the expectation has no 'kwargs'"


def _label_messages(item: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the members that say what an expectation means, and not what it demands."""
    severity, notes = item.get("severity"), item.get("notes") or ""
    if severity is not None and severity not in SEVERITIES:
        yield f"{severity!r} is no severity; there are {', '.join(SEVERITIES)}"
    if not isinstance(notes, str) and not (isinstance(notes, list) and all(isinstance(note, str) for note in notes)):
        yield "'notes' must be a text or a list of texts"
    if not isinstance(item.get("description") or "", str):
        yield "'description' must be a text"
    if not isinstance(item.get("meta") or {}, dict):
        yield "'meta' must be an object"


def _column_messages(kwargs: Mapping[str, Any], table: Table) -> Iterator[str]:
    named = [*_named_columns(kwargs), *_condition_columns(kwargs.get("row_condition"))]
    for column in dict.fromkeys(named):
        if column not in table.columns:
            yield f"the table {table.name} has no column {column!r}; {_columns_hint(column, table)}"


def _columns_hint(column: str, table: Table) -> str:
    nearest = difflib.get_close_matches(column, table.columns, n=1)
    return f"{f'did you mean {nearest[0]!r}? ' if nearest else ''}its columns are {', '.join(table.columns)}"


def _named_columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    for key in _ONE_COLUMN:
        if isinstance(kwargs.get(key), str):
            yield kwargs[key]
    for key in _SEVERAL_COLUMNS:
        if isinstance(kwargs.get(key), list):
            yield from (column for column in kwargs[key] if isinstance(column, str))


def _condition_columns(condition: Any) -> Iterator[str]:
    """Columns that a row condition in GX's JSON form looks at."""
    if not isinstance(condition, dict):
        return
    column = condition.get("column")
    if isinstance(column, dict) and isinstance(column.get("name"), str):
        yield column["name"]
    parts: Iterable[Any] = condition.get("conditions") or ()
    for part in parts:
        yield from _condition_columns(part)


_DECODER = json.JSONDecoder()
_BETWEEN_VALUES = re.compile(r"[\s,:]*")


def expectation_lines(text: str) -> list[int]:
    r"""The 1-based lines on which the elements of "expectations" begin, in the text of a suite that is JSON.

    >>> expectation_lines('{"name": "a",\n "expectations": [\n  {},\n  {}]}')
    [3, 4]
    """
    at = _next_value(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _next_value(text, at)
        if key == "expectations" and text[at] == "[":
            return [text.count("\n", 0, start) + 1 for start in _element_starts(text, at)]
        at = _next_value(text, _DECODER.raw_decode(text, at)[1])
    return []


def _element_starts(text: str, at: int) -> Iterator[int]:
    at = _next_value(text, at + 1)
    while text[at] != "]":
        yield at
        at = _next_value(text, _DECODER.raw_decode(text, at)[1])


def _next_value(text: str, at: int) -> int:
    """Where the next value, or the bracket that closes, begins: only white space, commas and colons lie between."""
    found = _BETWEEN_VALUES.match(text, at)
    return found.end() if found else at
