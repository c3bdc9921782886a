"""What did not hold, for a job of GitHub Actions: annotations, and the summary on the job's page.

Annotations are workflow commands, lines that the job's runner picks out of standard output and standard error alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from dq.gate.outcomes import Outcome
from dq.gate.sarif import repository_root, subject, told, within
from dq.gate.summary import MAX_EXAMPLES, inert, summary_md
from dq.gate.verdict import Verdict

Kind = Literal["error", "warning", "notice"]
MAX_SHOWN = 10
"""Annotations of each kind that GitHub shows for a step; it drops the others without a word."""


def github_annotations(verdict: Verdict, environment: Mapping[str, str]) -> list[str]:
    """A line for each expectation that did not hold, the gravest first; none outside GitHub Actions.

    What keeps the batch from being published is an error, other warnings are warnings, info a notice. Where GitHub
    would show no more of a kind, none is given, and a last notice tells how many there are.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return []
    root = repository_root(environment)
    found: dict[Kind, list[Outcome]] = {"error": [], "warning": [], "notice": []}
    for one in verdict.failures:
        found[_kind(verdict, one)].append(one)
    too_many = any(len(outcomes) > MAX_SHOWN for outcomes in found.values())
    room: dict[Kind, int] = {"error": MAX_SHOWN, "warning": MAX_SHOWN, "notice": MAX_SHOWN - too_many}
    shown = [_annotation(kind, one, root) for kind, outcomes in found.items() for one in outcomes[: room[kind]]]
    if too_many:
        left = len(verdict.failures) - len(shown)
        more = f"{left} more expectation{'s' if left > 1 else ''} did not hold; the report has them all"
        shown.append(command("notice", more, {"title": "dq"}))
    return shown


def append_summary(verdict: Verdict, environment: Mapping[str, str]) -> str | None:
    """Appends summary.md to the summary of the job's step, where there is one; returns why it could not, or None."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if not path:
        return None
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(summary_md(verdict))
    except OSError as error:
        return f"the summary could not be written to {path} (GITHUB_STEP_SUMMARY): {error.strerror or error}"
    return None


def command(kind: Kind, message: str, properties: Mapping[str, str]) -> str:
    r"""A workflow command, escaped as GitHub's runner undoes it, so that it is one line whatever the message holds.

    >>> command("error", "5% of\nrows::", {"title": "a: b, c"})
    '::error title=a%3A b%2C c::5%25 of%0Arows::'
    """
    stated = ",".join(f"{name}={_escaped(value, also=':,')}" for name, value in properties.items())
    return f"::{kind} {stated}::{_escaped(message)}"


def _kind(verdict: Verdict, one: Outcome) -> Kind:
    if verdict.fails(one):
        return "error"
    return "notice" if one.check.severity == "info" else "warning"


def _annotation(kind: Kind, one: Outcome, root: Path) -> str:
    check = one.check
    place = None if check.path is None else within(check.path, root)
    lines = [
        told(one),
        check.note,
        *one.examples[:MAX_EXAMPLES],
        *([] if place or not check.origin else [f"set in {check.origin}"]),
    ]
    properties = {"file": place, "line": str(check.line)} if place else {}
    message = "\n".join(inert(line) for line in lines if line)
    return command(kind, message, {**properties, "title": inert(f"{subject(check)}: {check.type}")})


def _escaped(text: str, *, also: str = "") -> str:
    """`text` with percent codes for what ends a command or one of its parts."""
    return "".join(f"%{ord(char):02X}" if char in f"%\r\n{also}" else char for char in text)
