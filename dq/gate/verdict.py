"""May this batch be published? The verdict over all outcomes, as a record and as verdict.json."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from dq.figures import Figures
from dq.gate.outcomes import Outcome
from dq.gate.suites import SEVERITIES, Severity

SCHEMA_VERSION = 1
"""Of verdict.json; a change that takes something from its readers raises it."""
SCHEMA = f"urn:dq:verdict:{SCHEMA_VERSION}"
"""What verdict.json names as its schema: the `$id` of the file below. A name and no address: nothing is fetched."""
SCHEMA_FILE = Path(__file__).with_name("verdict.schema.json")
"""The JSON Schema of verdict.json (draft 2020-12); it comes with the package."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How many expectations of one severity held, and how many did not."""

    held: int
    failed: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the gate says of a batch."""

    verdict: Literal["pass", "warnings", "fail"]
    """`fail` where a critical expectation did not hold (with `strict` a warning too), `warnings` where only warnings
    did not; info never matters."""
    strict: bool
    run_id: str
    figures: Figures
    tallies: Mapping[Severity, Tally]
    outcomes: tuple[Outcome, ...]
    """Every expectation's, in the order of the tables."""

    @property
    def may_publish(self) -> bool:
        """Whether the batch may be published."""
        return self.verdict != "fail"

    @property
    def exit_code(self) -> int:
        """0, or 1 where the batch may not be published."""
        return 0 if self.may_publish else 1

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The expectations that did not hold, the gravest first."""
        failed = (one for one in self.outcomes if not one.success)
        return tuple(sorted(failed, key=lambda one: SEVERITIES.index(one.check.severity)))

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the batch, and those that follow from them."""
        derived = {"further_articles": self.figures.further_articles, "published": self.figures.published}
        return dataclasses.asdict(self.figures) | derived

    def fails(self, outcome: Outcome) -> bool:
        """Whether this outcome by itself keeps the batch from being published."""
        return not outcome.success and outcome.check.severity in fatal_severities(strict=self.strict)


def fatal_severities(*, strict: bool) -> tuple[Severity, ...]:
    """Severities of which one failure fails the gate.

    >>> fatal_severities(strict=False), fatal_severities(strict=True)
    (('critical',), ('critical', 'warning'))
    """
    return ("critical", "warning") if strict else ("critical",)


def judge(outcomes: Sequence[Outcome], *, strict: bool, figures: Figures, run_id: str) -> Verdict:
    """The verdict over all outcomes of a batch."""
    failed = {one.check.severity for one in outcomes if not one.success}
    fatal = failed.intersection(fatal_severities(strict=strict))
    return Verdict(
        verdict="fail" if fatal else "warnings" if "warning" in failed else "pass",
        strict=strict,
        run_id=run_id,
        figures=figures,
        tallies={severity: _tally(outcomes, severity) for severity in SEVERITIES},
        outcomes=tuple(outcomes),
    )


def _tally(outcomes: Sequence[Outcome], severity: Severity) -> Tally:
    held = [one.success for one in outcomes if one.check.severity == severity]
    return Tally(held=sum(held), failed=len(held) - sum(held))


def document(verdict: Verdict) -> dict[str, Any]:
    """verdict.json as a value; its form is in `SCHEMA_FILE`."""
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict.verdict,
        "may_publish": verdict.may_publish,
        "strict": verdict.strict,
        "run_id": verdict.run_id,
        "counts": verdict.counts,
        "checks": {severity: dataclasses.asdict(tally) for severity, tally in verdict.tallies.items()},
        "failures": [_failure(one) for one in verdict.failures],
    }


def verdict_json(verdict: Verdict) -> str:
    """verdict.json as text, the same for the same verdict."""
    return json.dumps(document(verdict), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _failure(one: Outcome) -> dict[str, Any]:
    return {
        "suite": one.check.table,
        "check": one.check.place,
        "expectation": one.check.type,
        "column": one.column,
        "severity": one.check.severity,
        "observed": one.observed,
        "threshold": one.threshold,
        "unexpected_count": one.unexpected_count,
        "unexpected_share": one.unexpected_share,
        "note": one.check.note,
        "examples": list(one.examples),
    }
