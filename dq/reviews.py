"""Reviews: what people decided on a run, and the cases that later runs honour and are tested against.

A report exports decisions (`Export`): the run was right on this line, that pair, that page, or it was not. They name
rows of that one run. A case stands by itself: it says what is right, of a text on a host, of two articles, of a page.
How both are written is told in `dq.review_files`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import polars as pl

from dq import fold

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
    """A text that belongs into an article (`kept`), or does not.

    Where the run was wrong (not `accepted`), later runs are put right, on every page of the host; where it was right,
    they are held to it on that page alone: the headline of one page is a teaser on others. On a page that has the text
    several times, `kept` asks for one of them. `label` is what the run took the line for: a text that was wrongly kept
    as a paragraph may be the headline of another page, and stays that.
    """

    kind: ClassVar[str] = "line"
    host: str | None
    url: str | None
    text: str
    kept: bool
    run_id: str | None = None
    accepted: bool = False
    label: str | None = None

    @property
    def place(self) -> Place:
        """Where it holds."""
        return (None, self.url) if self.accepted else place_of(self.host, self.url)

    @property
    def spares_headlines(self) -> bool:
        """Whether the text may be a headline all the same."""
        return not self.kept and self.label not in {None, "title"}

    @property
    def key(self) -> tuple[str, ...]:
        """What is equal for cases on one thing."""
        return (self.kind, self.host or "", line_key(self.text), self.url or "")

    @property
    def everywhere(self) -> tuple[object, ...]:
        """What is equal for cases that hold on the same pages."""
        return (self.accepted, self.place, line_key(self.text))

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


def case_row(case: Case) -> dict[str, Any]:
    """A case as JSON has it."""
    return {"kind": case.kind} | dataclasses.asdict(case)


def render(cases: Iterable[Case]) -> str:
    """The text of a file of cases: one a line, sorted by what they are about."""
    ordered = sorted(cases, key=lambda case: case.key)
    return "".join(json.dumps(case_row(case), ensure_ascii=False) + "\n" for case in ordered)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """Cases, each about something else; how many are new, and those that took the place of one that said otherwise."""

    cases: tuple[Case, ...]
    added: int
    replaced: tuple[Case, ...]


def merge(known: Iterable[Case], later: Iterable[Case]) -> Merged:
    """`known` cases with `later` ones, of which the last on each thing holds."""
    held: dict[tuple[str, ...], Case] = {}
    wide: dict[tuple[object, ...], tuple[str, ...]] = {}
    for case in known:
        _hold(case, held, wide)
    added, replaced = 0, {}
    for case in later:
        before = _hold(case, held, wide)
        added += not before
        if any(one.answer != case.answer for one in before):
            replaced[case.key] = case
    return Merged(
        cases=tuple(held[key] for key in sorted(held)),
        added=added,
        replaced=tuple(replaced[key] for key in sorted(replaced)),
    )


def _hold(case: Case, held: dict[tuple[str, ...], Case], wide: dict[tuple[object, ...], tuple[str, ...]]) -> list[Case]:
    """Puts the case among those that are `held`; returns those whose place it takes.

    That a run was right later on does not take back that an earlier one had to be put right.
    """
    before = held.pop(case.key, None)
    taken = [] if before is None else [before]
    if isinstance(case, LineCase):
        if isinstance(before, LineCase) and before.answer == case.answer and not before.accepted:
            case = dataclasses.replace(case, accepted=False, label=before.label)
        other = wide.get(case.everywhere, case.key)
        taken += [held.pop(other)] if not case.accepted and other != case.key and other in held else []
        wide[case.everywhere] = case.key
    held[case.key] = case
    return taken


# What a run honours


class Ruling(NamedTuple):
    """What becomes of a line: whether it is kept; one that is not may be a headline all the same."""

    kept: bool
    spares_headlines: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class LineReviews:
    """What is put right of lines: place -> key of the line -> what becomes of it.

    `accepted` has what was right on one page: address -> key -> whether it is kept. Nothing is done there against it.
    """

    places: Mapping[Place, Mapping[str, Ruling]]
    accepted: Mapping[str, Mapping[str, bool]] = dataclasses.field(default_factory=dict)

    def of(self, host: str | None, url: str | None) -> Mapping[str, Ruling]:
        """What is put right on a page."""
        rulings = self.places.get(place_of(host, url), {})
        own = self.accepted.get(url or "")
        if not own or not rulings:
            return rulings
        return {key: ruling for key, ruling in rulings.items() if own.get(key, ruling.kept) == ruling.kept}


NO_LINES = LineReviews({})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reviews:
    """The cases that a run honours, and the file that they are from."""

    path: Path | None = None
    cases: tuple[Case, ...] = ()

    @property
    def lines(self) -> LineReviews:
        """What is put right of lines."""
        places: dict[Place, dict[str, Ruling]] = {}
        accepted: dict[str, dict[str, bool]] = {}
        for case in self.cases:
            if isinstance(case, LineCase) and case.accepted:
                accepted.setdefault(case.url or "", {})[line_key(case.text)] = case.kept
            elif isinstance(case, LineCase):
                places.setdefault(case.place, {})[line_key(case.text)] = Ruling(case.kept, case.spares_headlines)
        return LineReviews(places, accepted) if places else NO_LINES

    @property
    def apart(self) -> tuple[PairCase, ...]:
        """Pairs that are not one story."""
        return tuple(case for case in self.cases if isinstance(case, PairCase) and not case.together)

    @property
    def mark(self) -> str:
        """A digest that changes with the cases; nothing where there are none."""
        return hashlib.blake2b(render(self.cases).encode(), digest_size=16).hexdigest() if self.cases else ""


NO_REVIEWS = Reviews()


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
