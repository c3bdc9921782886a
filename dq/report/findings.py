"""What matters most, in plain sentences: one for each of the gravest failures."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dq.report.checks import Check
from dq.report.failing import Rule
from dq.report.hosts import FIGURES, Host
from dq.report.language import SOURCE, marked, spoken, tr, trn
from dq.report.samples import SamplePage
from dq.report.text import clip
from dq.report.wording import ROWS, bound_told, name_of, rows, share
from dq.tables import SOURCES

SAMPLES = 2
"""Sample pages linked from a finding: one shows what happened, a second that it was no accident."""
TITLE_CHARACTERS = 60
"""Characters of a sample page's title in a link."""
SECTIONS = {
    "problems": marked("pages with a problem"),
    "duplicates": marked("the duplicate clusters"),
    "reuse": marked("the reused passages"),
}
"""Parts of the report that are evidence, by their place in the page."""
EVIDENCE = {
    (SOURCES.name, "rejected_share"): "problems",
    (SOURCES.name, "duplicate_share"): "duplicates",
    ("pages", "status"): "problems",
    ("pages", "problem"): "problems",
    ("articles", "is_canonical"): "duplicates",
    ("paragraphs", "reuse_articles"): "reuse",
    ("paragraphs", "reuse_id"): "reuse",
}
"""Where the evidence for a rule on this column of this table stands, if not on sample pages."""
TABLE_EVIDENCE = {"duplicates": "duplicates", "clusters": "duplicates", "reuse": "reuse", "passages": "reuse"}
"""The same for the other columns of a table."""
BASES = {
    "rejected_share": ("pages", marked("%(part)s of %(whole)s rejected")),
    "empty_share": ("pages", marked("%(part)s of %(whole)s empty")),
    "duplicate_share": ("articles", marked("%(part)s of %(whole)s removed as duplicates")),
}
"""What a share of a host is a share of, and what of it: these are told as counts."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HostPart:
    """A host's part in a finding: `41 of 43 articles`, or the value by which it failed."""

    host: str
    part: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A place in the page where a finding can be followed up; `language` is that of the title."""

    anchor: str
    text: str
    title: str = ""
    language: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A failed expectation as a sentence, the hosts concerned, and its evidence."""

    check: Check
    sentence: str
    hosts: tuple[HostPart, ...]
    evidence: tuple[Evidence, ...]

    @property
    def is_on_hosts(self) -> bool:
        """Whether the hosts are what failed, and are told before the rule."""
        return self.check.rule.table == SOURCES.name and bool(self.hosts)


def findings(checks: Sequence[Check], hosts: Sequence[Host], pages: Sequence[SamplePage]) -> tuple[Finding, ...]:
    """A finding for each of the failed `checks`, in their order."""
    by_name = {host.name: host for host in hosts}
    return tuple(
        Finding(
            check=check,
            sentence=sentence(check),
            hosts=tuple(
                HostPart(host=name, part=_part(check.rule, n, by_name.get(name))) for name, n in check.hosts.rows
            ),
            evidence=tuple(_evidence(check, pages)),
        )
        for check in checks
    )


def gravest(checks: Sequence[Check], n: int) -> tuple[Check, ...]:
    """The `n` failed checks to be told first: by severity, and of each severity one on every topic before a second.

    Rules on hosts come before rules on other rows, and these before rules on whole tables: they say who is to blame.
    """
    ordered = sorted(checks, key=lambda check: (check.weight[0], _blame(check), check.weight))
    told: Counter[tuple[str, ...]] = Counter()
    turns: list[tuple[int, int, int]] = []
    for place, check in enumerate(ordered):
        turns.append((check.weight[0], told[_topic(check)], place))
        told[_topic(check)] += 1
    return tuple(ordered[place] for _, _, place in sorted(turns)[:n])


def _blame(check: Check) -> int:
    if check.broken is None:
        return 2
    return 0 if check.rule.table == SOURCES.name else 1


def _topic(check: Check) -> tuple[str, ...]:
    """Checks whose evidence is the same part of the report tell of one thing; others by what they judge, and how."""
    section = _section(check.rule)
    return (section,) if section else (check.rule.column, check.rule.expectation)


def _section(rule: Rule) -> str | None:
    return EVIDENCE.get((rule.table, rule.column), TABLE_EVIDENCE.get(rule.table))


def sentence(check: Check) -> str:
    """What failed, with its numbers."""
    if check.broken is None:
        return tr(
            "The rule “%(demand)s” does not hold: observed was %(observed)s.",
            demand=check.demand,
            observed=check.observed,
        )
    share_of_rows = "" if check.broken_share is None else f" ({share(check.broken_share)})"
    values = {"rows": rows(check.broken, check.rule.table) + share_of_rows, "demand": check.demand}
    if check.quantity in {"", "every row"}:
        return trn(
            "%(rows)s breaks the rule “%(demand)s”.", "%(rows)s break the rule “%(demand)s”.", check.broken, **values
        )
    return trn(
        "%(rows)s breaks the rule “%(demand)s”; %(quantity)s must keep it.",
        "%(rows)s break the rule “%(demand)s”; %(quantity)s must keep it.",
        check.broken,
        quantity=_named(check.quantity, check.rule.table),
        **values,
    )


def _named(quantity: str, table: str) -> str:
    """Of which rows something is demanded, with the rows called by what they are.

    >>> _named("every row where pages >= 5", "sources"), _named("at least 80% of rows", "articles")
    ('every host where pages ≥ 5', 'at least 80% of articles')
    """
    one, several = ROWS.get(table, ("row", "rows"))
    named = quantity.replace("of rows", f"of {several}", 1).replace("every row", f"every {one}", 1)
    return (named if spoken() == SOURCE else bound_told(quantity)).replace(">=", "≥").replace("<=", "≤")


def _part(rule: Rule, n: int, host: Host | None) -> str:
    """How much of a host failed, as far as the scorecard tells."""
    if host is None:
        return "" if rule.table == SOURCES.name else f"{n:,}"
    cells = {name: cell for (name, _, _), cell in zip(FIGURES, host.cells, strict=True)}
    if rule.table in cells:
        return tr("%(part)s of %(whole)s", part=f"{n:,}", whole=rows(int(cells[rule.table].value or 0), rule.table))
    if rule.table != SOURCES.name:
        return f"{n:,}"
    if rule.column not in cells:
        return ""
    cell = cells[rule.column]
    if rule.column not in BASES or cell.value is None:
        return _since(tr("%(figure)s: %(value)s", figure=name_of(rule.column), value=cell.text), rule, host)
    base, what = BASES[rule.column]
    whole = int(cells[base].value or 0)
    told = tr(what, part=f"{round(cell.value * whole):,}", whole=rows(whole, base))
    return _since(told, rule, host)


def _since(told: str, rule: Rule, host: Host) -> str:
    """With the day since which the host is no longer as it was, where its earlier runs tell one."""
    change = next((change for change in host.changes if change.figure == rule.column), None)
    return told if change is None else tr("%(told)s since %(day)s", told=told, day=change.day)


def _evidence(check: Check, pages: Sequence[SamplePage]) -> Iterator[Evidence]:
    """The check itself, then sample pages, or the part of the report that shows such rows."""
    yield Evidence(
        anchor=check.anchor, text=tr("the check and its examples") if check.examples.rows else tr("the check")
    )
    section = _section(check.rule)
    if section is not None:
        yield Evidence(anchor=section, text=tr(SECTIONS[section]))
        return
    for page in [page for page in pages if _shows(page, check)][:SAMPLES]:
        title = clip(page.title, TITLE_CHARACTERS)
        yield Evidence(anchor=f"page-{page.page_id}", text=tr("sample page"), title=title, language=page.language)


def _shows(page: SamplePage, check: Check) -> bool:
    """Whether a page broke the rule itself; for a rule on hosts, whether it is one of a host that did."""
    if check.rule.table != SOURCES.name:
        return check.rule in page.broken
    hosts: Mapping[str | None, int] = dict(check.hosts.rows)
    return page.host in hosts and (check.rule.column != "empty_share" or page.status == "empty")
