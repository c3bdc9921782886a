"""How far people agree with a run: with decisions that were reviewed on it, or with cases of earlier reviews.

Decisions on a run become cases, which stand by themselves, and a rate of agreement for every kind of decision. Cases
are held against any later run: what it decides otherwise is told.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dq import runs
from dq.errors import UsageError
from dq.figures import wilson
from dq.review_files import raise_for, read, read_cases, write_cases
from dq.reviews import (
    Case,
    Decision,
    Export,
    LineCase,
    LineDecision,
    Merged,
    PageCase,
    PageDecision,
    PairCase,
    PairDecision,
    Reviews,
    Side,
    line_key,
    merge,
    place_of,
    rows_of_pairs,
)
from dq.tables import ARTICLES, DUPLICATES, LINES, PAGES, Table

SAME_CLUSTER = "same cluster"
"""How a pair is told that shares a cluster, and is no row of duplicates."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """How many decisions of one kind were reviewed, and how many of these accepted; `decision` is all, or one."""

    kind: str
    decision: str
    reviewed: int
    accepted: int

    @property
    def share(self) -> float:
        """Of those reviewed."""
        return self.accepted / self.reviewed

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the share, which none or all of the decisions leave open on one side only."""
        low, high = wilson(self.share, float(self.reviewed))
        return 0.0 if self.accepted == 0 else low, 1.0 if self.accepted == self.reviewed else high


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """What a review of a run says: rates, the cases, and how many decisions made none.

    Such a decision accepts that a copy of a line was removed of which another is kept.
    """

    run_id: str
    rates: tuple[Rate, ...]
    cases: tuple[Case, ...]
    without_case: int


State = Literal["agreed", "disagreed", "not met"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a run says to a case."""

    case: Case
    state: State


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A review, and the file in which its cases are now."""

    reviewed: Reviewed
    merged: Merged
    path: Path


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Regression:
    """A run, held against cases."""

    run_id: str
    answers: tuple[Answer, ...]

    @property
    def disagreements(self) -> tuple[Case, ...]:
        """The cases that the run decides otherwise."""
        return tuple(answer.case for answer in self.answers if answer.state == "disagreed")


def review(decisions: Path, *, within: Path, out: Path) -> Recorded | Regression:
    """Makes cases in `out` of an export of decisions on the run in `within`; holds that run against a file of cases.

    Raises UsageError where the file is neither, or about another run, or names what is not in the run.
    """
    folder = runs.follow(within)
    run_id = runs.read(folder)["run_id"]
    found = read(decisions)
    if not isinstance(found, Export):
        if not found:
            raise UsageError(f"{decisions} holds no case, so nothing would be tested; name a file with cases")
        return Regression(run_id=run_id, answers=hold_against(merge((), found).cases, folder))
    if found.run_id != run_id:
        raise UsageError(
            f"{decisions} is a review of the run {found.run_id}, and {within} is the run {run_id}: "
            f"name the folder of the other one with --in"
        )
    known = read_cases(out) if out.exists() else ()
    reviewed = look_up(found, folder)
    merged = merge(known, reviewed.cases)
    write_cases(out, merged.cases)
    return Recorded(reviewed=reviewed, merged=merged, path=out)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """A decision as its run tells it: what was decided, and the case that follows from its review."""

    kind: str
    decision: str
    case: Case | None


def look_up(export: Export, folder: Path) -> Reviewed:
    """The decisions of an export, looked up in its run; UsageError that tells all that are not there."""
    found = _RunTables.of(export, folder)
    told = [found.told(one) for one in export.decisions]
    missing = [f"decisions[{number}]: {one}" for number, one in enumerate(told) if isinstance(one, str)]
    raise_for(missing, f"decisions on what is not in {folder}; was the run changed, or the export?")
    known = [(one, decision.accepted) for one, decision in zip(told, export.decisions, strict=True)]
    cases = [one.case for one, _ in known if isinstance(one, _Told) and one.case is not None]
    return Reviewed(
        run_id=export.run_id,
        rates=_rates([(one.kind, one.decision, accepted) for one, accepted in known if isinstance(one, _Told)]),
        cases=tuple(cases),
        without_case=len(known) - len(cases),
    )


def _rates(told: Sequence[tuple[str, str, bool]]) -> tuple[Rate, ...]:
    """For each kind the rate of all, then those of each decision, those most reviewed first."""
    rates = []
    for kind in ("line", "pair", "page"):
        own = [(decision, accepted) for what, decision, accepted in told if what == kind]
        reviewed = Counter(decision for decision, _ in own)
        accepted = Counter(decision for decision, right in own if right)
        rates += [Rate(kind=kind, decision="all", reviewed=len(own), accepted=accepted.total())] if own else []
        rates += [
            Rate(kind=kind, decision=decision, reviewed=n, accepted=accepted[decision])
            for decision, n in sorted(reviewed.items(), key=lambda item: (-item[1], item[0]))
        ]
    return tuple(rates)


Row = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _RunTables:
    """What a run says of the things that were reviewed."""

    run_id: str
    pages: Mapping[str, Row]
    lines: Mapping[tuple[str, int], Row]
    kept: frozenset[tuple[str, str]]
    articles: Mapping[str, Row]
    relations: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, export: Export, folder: Path) -> _RunTables:
        ids = {one.page_id for one in export.decisions if not isinstance(one, PairDecision)}
        pairs = [(one.left_id, one.right_id) for one in export.decisions if isinstance(one, PairDecision)]
        members = list({member for pair in pairs for member in pair})
        lines = _rows(LINES, folder, pl.col("page_id").is_in(list(ids)))
        of_pairs = pl.col("left_id").is_in(members) & pl.col("right_id").is_in(members)
        return cls(
            run_id=export.run_id,
            pages={row["page_id"]: row for row in _rows(PAGES, folder, pl.col("page_id").is_in(list(ids)))},
            lines={(row["page_id"], row["line"]): row for row in lines},
            kept=frozenset((row["page_id"], line_key(row["text"])) for row in lines if row["kept"]),
            articles={row["article_id"]: row for row in _rows(ARTICLES, folder, pl.col("article_id").is_in(members))},
            relations={
                (row["left_id"], row["right_id"]): row["relation"] for row in _rows(DUPLICATES, folder, of_pairs)
            },
        )

    def told(self, one: Decision) -> _Told | str:
        """The decision, or why the run does not have it."""
        match one:
            case LineDecision():
                return self._line(one)
            case PairDecision():
                return self._pair(one)
            case PageDecision():
                return self._page(one)

    def _line(self, one: LineDecision) -> _Told | str:
        row, page = self.lines.get((one.page_id, one.line)), self.pages.get(one.page_id)
        if row is None or page is None:
            return f"there is no line {one.line} of a page {one.page_id}"
        decision = "kept" if row["kept"] else "removed"
        if not row["kept"] and one.accepted and (one.page_id, line_key(row["text"])) in self.kept:
            return _Told(kind="line", decision=decision, case=None)
        case = LineCase(
            host=page["host"],
            url=page["url"],
            text=row["text"],
            kept=row["kept"] == one.accepted,
            run_id=self.run_id,
            accepted=one.accepted,
            label=row["label"],
        )
        return _Told(kind="line", decision=decision, case=case)

    def _pair(self, one: PairDecision) -> _Told | str:
        left_id, right_id = sorted((one.left_id, one.right_id))
        left, right = (self.articles.get(side, {}) for side in (left_id, right_id))
        clusters = {left.get("cluster_id"), right.get("cluster_id")}
        together = SAME_CLUSTER if len(clusters) == 1 and None not in clusters and left_id != right_id else None
        relation = self.relations.get((left_id, right_id), together)
        if relation is None:
            return f"{one.left_id} and {one.right_id} are neither a pair of duplicates nor in one cluster"
        case = PairCase(
            left=Side(article_id=left_id, url=left.get("url"), title=left.get("title")),
            right=Side(article_id=right_id, url=right.get("url"), title=right.get("title")),
            together=one.accepted,
            run_id=self.run_id,
        )
        return _Told(kind="pair", decision="contains" if relation == "contained_in" else relation, case=case)

    def _page(self, one: PageDecision) -> _Told | str:
        page = self.pages.get(one.page_id)
        if page is None:
            return f"there is no page {one.page_id}"
        if page["status"] == "ok":
            return f"the page {one.page_id} holds an article: it did not come out empty"
        case = PageCase(url=page["url"], page_id=one.page_id, host=page["host"], empty=one.accepted, run_id=self.run_id)
        return _Told(kind="page", decision=page["status"], case=case)


def _rows(table: Table, folder: Path, where: pl.Expr) -> list[Row]:
    return table.scan(folder).filter(where).sort(table.key).collect().to_dicts()


def hold_against(cases: Sequence[Case], folder: Path) -> tuple[Answer, ...]:
    """What the run in `folder` says to each case, in order of what the cases are about."""
    answers = [
        *_line_answers([case for case in cases if isinstance(case, LineCase)], folder),
        *_pair_answers([case for case in cases if isinstance(case, PairCase)], folder),
        *_page_answers([case for case in cases if isinstance(case, PageCase)], folder),
    ]
    return tuple(sorted(answers, key=lambda answer: answer.case.key))


def _answer(case: Case, said: Iterable[bool]) -> Answer:
    """`said` has what the run says in each place where it meets the case."""
    found = set(said)
    return Answer(case=case, state="not met" if not found else "agreed" if found == {case.answer} else "disagreed")


def _line_answers(cases: Sequence[LineCase], folder: Path) -> list[Answer]:
    """A page keeps a text where it keeps one of the lines that have it; headlines that are spared do not count.

    A case that was accepted is about its own page, any other about all pages of its host on which it is put right.
    """
    if not cases:
        return []
    put_right = Reviews(cases=tuple(cases)).lines
    known = {case.everywhere: case for case in cases}
    accepted_on = {case.url for case in cases if case.accepted}
    pages = {
        page_id: (host, url)
        for page_id, host, url in PAGES.scan(folder).select("page_id", "host", "url").collect().iter_rows()
        if url in accepted_on or put_right.of(host, url)
    }
    rows = LINES.scan(folder).select("page_id", "text", "kept", "label").filter(pl.col("page_id").is_in(list(pages)))
    kept: dict[tuple[str, ...], dict[str, bool]] = {}
    for page_id, text, keeps, label in rows.collect().iter_rows():
        key, (host, url) = line_key(text), pages[page_id]
        accepted = known.get((True, (None, url), key))
        wide = known.get((False, place_of(host, url), key)) if key in put_right.of(host, url) else None
        for case in filter(None, (accepted, wide)):
            of_page = kept.setdefault(case.key, {})
            of_page[page_id] = of_page.get(page_id, False) or (
                keeps and not (case.spares_headlines and label == "title")
            )
    return [_answer(case, kept.get(case.key, {}).values()) for case in cases]


def _pair_answers(cases: Sequence[PairCase], folder: Path) -> list[Answer]:
    """Two articles are together where they are a row of duplicates or in one cluster.

    Where a side is several articles, none of the pairs may be together that are told apart, and one of those that are
    told to be one story has to be.
    """
    if not cases:
        return []
    columns = ("article_id", "url", "title", "cluster_id")
    articles = ARTICLES.scan(folder).select(columns).sort("article_id").collect().rename({"article_id": "id"})
    pairs = DUPLICATES.scan(folder).select("left_id", "right_id")
    met = rows_of_pairs(cases, articles)
    wanted = sorted({row for _, lefts, rights in met for row in lefts | rights})
    ids = dict(zip(wanted, articles["id"].gather(wanted), strict=True))
    clusters = dict(zip(wanted, articles["cluster_id"].gather(wanted), strict=True))
    inside = list(ids.values())
    found = set(pairs.filter(pl.col("left_id").is_in(inside), pl.col("right_id").is_in(inside)).collect().iter_rows())
    answers = []
    for case, lefts, rights in met:
        both = [(left, right) for left in sorted(lefts) for right in sorted(rights) if left != right]
        together = [
            (clusters[left] is not None and clusters[left] == clusters[right])
            or tuple(sorted((ids[left], ids[right]))) in found
            for left, right in both
        ]
        answers.append(_answer(case, [any(together)] if together else []))
    return answers


def _page_answers(cases: Sequence[PageCase], folder: Path) -> list[Answer]:
    """A page is known by its id; where no page has that, by its address."""
    if not cases:
        return []
    pages = PAGES.scan(folder).select("page_id", "url", "status")
    mine = pl.col("page_id").is_in([case.page_id for case in cases]) | pl.col("url").is_in(
        [case.url for case in cases if case.url is not None]
    )
    empty: dict[str, list[bool]] = {}
    for page_id, url, status in pages.filter(mine).collect().iter_rows():
        empty.setdefault(page_id, []).append(status != "ok")
        if url is not None:
            empty.setdefault(url, []).append(status != "ok")
    return [_answer(case, empty.get(case.page_id) or empty.get(case.url or "", [])) for case in cases]


def counts(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """For each kind of case: met, agreed, disagreed, not_met."""
    states = Counter((answer.case.kind, answer.state) for answer in answers)
    return [
        {
            "kind": kind,
            "met": states[kind, "agreed"] + states[kind, "disagreed"],
            "agreed": states[kind, "agreed"],
            "disagreed": states[kind, "disagreed"],
            "not_met": states[kind, "not met"],
        }
        for kind in ("line", "pair", "page")
        if any(states[kind, state] for state in ("agreed", "disagreed", "not met"))
    ]
