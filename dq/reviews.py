"""Reviews: what people decided on a run, and the cases that later runs honour and are tested against.

A report exports decisions (`Export`): the run was right on this line, that pair, that page, or it was not. They name
rows of that one run. A case stands by itself: it says what is right, of a text on a host, of two articles, of a page;
a file of cases has one a line, as JSON, sorted, so that it is kept and compared like source code. The form of both is
published as `reviews.schema.json`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast, get_args, get_type_hints

import polars as pl

from dq import fold
from dq.errors import MissingInputError, UsageError, told_together
from dq.options import ReviewOptions

SCHEMA_VERSION = 1
"""Version of the export."""
DEFAULT = Path("reviews.jsonl")
"""The file of cases that is honoured where it exists and no other is named."""
MOST_TOLD = 20
"""Mistakes of one file that are told."""
Place = tuple[str | None, str | None]
"""Where a decision on a line holds: (host, None), or (None, address) where no host is known."""


def line_key(text: str) -> str:
    """What is equal for lines that a decision takes for the same: the folded words, the text itself where it has none.

    >>> line_key("• Read more…") == line_key("READ MORE"), line_key(" *** ")
    (True, '***')
    """
    return fold.key(text) or text.strip()


def place_of(host: str | None, url: str | None) -> Place:
    """Where a decision on a line of this page holds; pages without an address are one place."""
    return (None, url) if host is None else (host, None)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LineDecision:
    """The run was right, or wrong, to keep or remove the line at the 0-based place `line` of a page."""

    page_id: str
    line: int
    accepted: bool


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PairDecision:
    """Two articles are rightly, or wrongly, taken for one story."""

    left_id: str
    right_id: str
    accepted: bool


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PageDecision:
    """A page without an article has rightly, or wrongly, none."""

    page_id: str
    accepted: bool


Decision = LineDecision | PairDecision | PageDecision
DECISIONS: Mapping[str, type[Decision]] = {"line": LineDecision, "pair": PairDecision, "page": PageDecision}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """The decisions that a report exports, all on one run."""

    run_id: str
    decisions: tuple[Decision, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LineCase:
    """A text that belongs into an article (`kept`), or does not, wherever it stands on a page of the host.

    On a page that has the text several times, `kept` asks for one of them.
    """

    kind: ClassVar[str] = "line"
    host: str | None
    url: str | None
    text: str
    kept: bool
    run_id: str | None = None

    @property
    def place(self) -> Place:
        """Where it holds."""
        return place_of(self.host, self.url)

    @property
    def key(self) -> tuple[str, ...]:
        """What is equal for cases that cannot both be right."""
        host, url = self.place
        return (self.kind, host or "", url or "", line_key(self.text))

    @property
    def answer(self) -> bool:
        """What was decided."""
        return self.kept


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One article of a pair."""

    article_id: str
    url: str | None
    title: str | None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PairCase:
    """Two articles that are one story (`together`), or are not."""

    kind: ClassVar[str] = "pair"
    left: Side
    right: Side
    together: bool
    run_id: str | None = None

    @property
    def by_id(self) -> bool:
        """Whether ids alone tell the two apart: they have one address."""
        return self.left.url is None or self.right.url is None or self.left.url == self.right.url

    @property
    def key(self) -> tuple[str, ...]:
        """What is equal for cases that cannot both be right, whichever article is named first."""
        sides = [
            (side.article_id,) if self.by_id else (side.url or "", fold.key(side.title or "")) for side in self.sides
        ]
        return (self.kind, *itertools.chain(*sorted(sides)))

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both articles."""
        return self.left, self.right

    @property
    def answer(self) -> bool:
        """What was decided."""
        return self.together


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PageCase:
    """A page that holds no article (`empty`), or holds one."""

    kind: ClassVar[str] = "page"
    url: str | None
    page_id: str
    host: str | None
    empty: bool
    run_id: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What is equal for cases that cannot both be right."""
        return (self.kind, self.url or "", "" if self.url else self.page_id)

    @property
    def answer(self) -> bool:
        """What was decided."""
        return self.empty


Case = LineCase | PairCase | PageCase
CASES: Mapping[str, type[Case]] = {"line": LineCase, "pair": PairCase, "page": PageCase}


# Files


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
    _raise_for(problems, f"{name} is no export of decisions that dq can read; export it again, or correct it:")
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
    _raise_for(problems, f"{name} is no file of cases that dq can read; correct or take out what is wrong in it:")
    return tuple(made)


def _raise_for(problems: Sequence[str], heading: str) -> None:
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


def case_row(case: Case) -> dict[str, Any]:
    """A case as JSON has it."""
    return {"kind": case.kind} | dataclasses.asdict(case)


def render(cases: Iterable[Case]) -> str:
    """The text of a file of cases: one a line, sorted by what they are about."""
    ordered = sorted(cases, key=lambda case: case.key)
    return "".join(json.dumps(case_row(case), ensure_ascii=False) + "\n" for case in ordered)


def write_cases(path: Path, cases: Iterable[Case]) -> None:
    """A file of cases, whole or not at all; UsageError where it cannot be written."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(render(cases).encode("utf-8"))
        part.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror or error}); name another --out") from error


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """Cases, each about something else; how many are new, and those that took the place of one that said otherwise."""

    cases: tuple[Case, ...]
    added: int
    replaced: tuple[Case, ...]


def merge(known: Iterable[Case], later: Iterable[Case]) -> Merged:
    """`known` cases with `later` ones, of which the last on each thing holds."""
    held: dict[tuple[str, ...], Case] = {case.key: case for case in known}
    added, replaced = 0, {}
    for case in later:
        before = held.get(case.key)
        added += before is None
        if before is not None and before.answer != case.answer:
            replaced[case.key] = case
        held[case.key] = case
    return Merged(
        cases=tuple(held[key] for key in sorted(held)),
        added=added,
        replaced=tuple(replaced[key] for key in sorted(replaced)),
    )


# What a run honours


@dataclasses.dataclass(frozen=True, slots=True)
class LineReviews:
    """What was decided on lines: place -> key of the line -> whether it is kept."""

    places: Mapping[Place, Mapping[str, bool]]

    def of(self, host: str | None, url: str | None) -> Mapping[str, bool]:
        """The decisions that hold on a page."""
        return self.places.get(place_of(host, url), {})


NO_LINES = LineReviews({})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reviews:
    """The cases that a run honours, and the file that they are from."""

    path: Path | None = None
    cases: tuple[Case, ...] = ()

    @property
    def lines(self) -> LineReviews:
        """What was decided on lines."""
        places: dict[Place, dict[str, bool]] = {}
        for case in self.cases:
            if isinstance(case, LineCase):
                places.setdefault(case.place, {})[line_key(case.text)] = case.kept
        return LineReviews(places) if places else NO_LINES

    @property
    def apart(self) -> tuple[PairCase, ...]:
        """Pairs that are not one story."""
        return tuple(case for case in self.cases if isinstance(case, PairCase) and not case.together)

    @property
    def mark(self) -> str:
        """A digest that changes with the cases; nothing where there are none."""
        return hashlib.blake2b(render(self.cases).encode(), digest_size=16).hexdigest() if self.cases else ""


NO_REVIEWS = Reviews()


def load(options: ReviewOptions) -> Reviews:
    """The reviews that a run honours; UsageError where a file that is named, or there by default, cannot be read."""
    path = options.reviews or (DEFAULT if DEFAULT.is_file() else None)
    return NO_REVIEWS if path is None else Reviews(path=path, cases=merge((), read_cases(path)).cases)


def rows_of_pairs(
    cases: Sequence[PairCase], articles: pl.DataFrame
) -> list[tuple[PairCase, frozenset[int], frozenset[int]]]:
    """For each case the rows of `articles` (id, url, title) that its left and its right article are.

    That is the article of the id, and those of the address and headline; where there are none, all of that address. Two
    articles of one address are known by their ids alone.
    """
    sides = [side for case in cases for side in case.sides]
    urls = {side.url for case in cases if not case.by_id for side in case.sides}
    named = articles.select("id", "url", "title").with_row_index("row")
    wanted = pl.col("id").is_in([side.article_id for side in sides]) | pl.col("url").is_in(list(urls))
    rows = named.filter(wanted).rows(named=True)
    by_id = {row["id"]: row for row in rows}
    by_url: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        by_url.setdefault(row["url"], []).append(row)

    def found(case: PairCase, side: Side) -> frozenset[int]:
        own = [by_id[side.article_id]] if side.article_id in by_id else []
        there = [] if case.by_id else by_url.get(side.url, [])
        headline = fold.key(side.title or "")
        near = own + [row for row in there if fold.key(row["title"] or "") == headline]
        return frozenset(row["row"] for row in near or there)

    return [(case, found(case, case.left), found(case, case.right)) for case in cases]
