"""The verdict as a headline and one sentence."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

from dq.report.checks import Check
from dq.report.failing import SEVERITIES
from dq.report.language import marked, tr, trn
from dq.report.run_folder import Verdict
from dq.report.wording import counted

MAY = marked("This batch may be published")
MAY_WITH_WARNINGS = marked("This batch may be published, with warnings")
MUST_NOT = marked("This batch must not be published")
NOUNS = {"critical": ("critical", "critical"), "warning": ("warning", "warnings"), "info": ("remark", "remarks")}
"""What failed checks of each severity are called, one and several."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """Whether the batch may be published, and why in one breath."""

    title: str
    sentences: tuple[str, ...]


def headline(verdict: Verdict, failed: Sequence[Check], n_checks: int) -> Headline:
    """The headline of a verdict; `failed` are the checks that did not hold, of `n_checks`."""
    title = MAY_WITH_WARNINGS if verdict.verdict == "warnings" else MAY
    return Headline(
        title=tr(title if verdict.may_publish else MUST_NOT),
        sentences=(_checks(failed, n_checks), *_strictness(verdict, failed), _articles(verdict)),
    )


def _checks(failed: Sequence[Check], n_checks: int) -> str:
    if not n_checks:
        return tr("Nothing was checked: the suites hold no expectation.")
    if not failed:
        return trn("The one check held.", "All %(n)s checks held.", n_checks)
    counts = Counter(check.rule.severity for check in failed)
    kinds = [counted(counts[severity], *NOUNS[severity]) for severity in SEVERITIES if counts[severity]]
    return trn(
        "Of %(n)s check %(failed)s did not hold: %(kinds)s.",
        "Of %(n)s checks %(failed)s did not hold: %(kinds)s.",
        n_checks,
        failed=f"{len(failed):,}",
        kinds=tr(", ").join(kinds),
    )


def _strictness(verdict: Verdict, failed: Sequence[Check]) -> tuple[str, ...]:
    by_warnings = not verdict.may_publish and all(check.rule.severity != "critical" for check in failed)
    return (tr("This run is strict: warnings fail the gate."),) if verdict.strict and by_warnings else ()


def _articles(verdict: Verdict) -> str:
    published = verdict.figures.published
    pages = counted(verdict.figures.pages, "scraped page")
    if verdict.may_publish:
        return trn(
            "%(n)s article from %(pages)s is ready to be published.",
            "%(n)s articles from %(pages)s are ready to be published.",
            published,
            pages=pages,
        )
    return trn(
        "%(n)s article from %(pages)s is held back.",
        "%(n)s articles from %(pages)s are held back.",
        published,
        pages=pages,
    )
