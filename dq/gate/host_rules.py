"""Bounds that single hosts have of their own, in place of those that the suite of sources has for all.

A rule is written like `news.example: duplicate_share <= 0.9` (`dq.options.HOST_RULE`). It takes the place of the upper
bound (`<=`) or the lower one (`>=`) in every expectation on that column that has one, whatever its severity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from dq.errors import ConfigError, told_together
from dq.gate.suites import Check, Suite, did_you_mean
from dq.options import HOST_RULE
from dq.tables import SOURCES

_SIDES: Mapping[str, tuple[str, str]] = {"<=": ("max", "max_value"), ">=": ("min", "min_value")}
BY_HOST, SHARES = "expect_column_values_to_be_between_by_host", "expect_column_shares_to_be_between"
_BOUNDED = {"expect_column_values_to_be_between": BY_HOST, BY_HOST: BY_HOST, SHARES: SHARES}
"""Expectations that rules apply to, and what takes their place."""


@dataclasses.dataclass(frozen=True, slots=True)
class HostRule:
    """A bound of one host."""

    text: str
    host: str
    column: str
    side: str
    bound: float

    @classmethod
    def read(cls, text: str) -> HostRule:
        """A rule as it is written; `dq.options` has seen to its form."""
        found = HOST_RULE.fullmatch(text)
        if found is None:
            raise ConfigError(f"{text!r} is no rule for a host; write it like 'news.example: duplicate_share <= 0.9'")
        return cls(text, found["host"], found["column"], found["side"], float(found["bound"]))

    def applies(self, check: Check) -> bool:
        """Whether an expectation has the bound that this rule is about."""
        kwargs = check.kwargs
        return (
            check.type in _BOUNDED
            and kwargs.get("column") == self.column
            and kwargs.get(_SIDES[self.side][1]) is not None
            and not (kwargs.get("strict_min") or kwargs.get("strict_max"))
        )


def with_host_rules(suites: Sequence[Suite], rules: Iterable[str], *, origin: str) -> tuple[Suite, ...]:
    """The suites, with the rules in those expectations on the table sources that they apply to.

    `origin` says where the rules were set, and is told with the threshold. Raises ConfigError that tells every rule
    that applies to nothing.
    """
    read = [HostRule.read(rule) for rule in rules]
    checks = [check for suite in suites if suite.table == SOURCES.name for check in suite.checks]
    idle = [_idle(rule, checks) for rule in read if not any(rule.applies(check) for check in checks)]
    if idle:
        raise ConfigError(told_together(f"Rules of hosts ({origin}) that would change nothing:", idle))
    return tuple(
        dataclasses.replace(suite, checks=tuple(_ruled(check, read, origin) for check in suite.checks))
        if suite.table == SOURCES.name
        else suite
        for suite in suites
    )


def _idle(rule: HostRule, checks: Sequence[Check]) -> str:
    bounded = {column for check in checks if check.type in _BOUNDED for column in check.columns}
    if rule.column not in bounded:
        return f"{rule.text}: no expectation on sources bounds {rule.column!r}; {did_you_mean(rule.column, bounded)}"
    return f"{rule.text}: no expectation on sources has a bound on that side of {rule.column!r}"


def _ruled(check: Check, rules: Sequence[HostRule], origin: str) -> Check:
    own: dict[str, dict[str, float]] = {}
    for rule in rules:
        if rule.applies(check):
            own.setdefault(rule.host, {})[_SIDES[rule.side][0]] = rule.bound
    if not own:
        return check
    return dataclasses.replace(
        check, type=_BOUNDED[check.type], kwargs={**check.kwargs, "hosts": own}, host_rules_origin=origin
    )
