"""findings.sarif: what did not hold in SARIF 2.1.0, the form in which code scanners tell what they found.

GitHub's code scanning, Azure DevOps and editors show such a file at the lines that it names. The text of pages, which
stands among the examples and in what was observed, is not to be trusted: messages hold it as `inert` or `plain` text,
and properties, which nobody renders, as it was scraped.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dq.gate.outcomes import Outcome
from dq.gate.suites import Check, Severity
from dq.gate.summary import MAX_EXAMPLES, inert, plain
from dq.gate.verdict import Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Mapping[Severity, str] = {"critical": "error", "warning": "warning", "info": "note"}
PROBLEM_SEVERITIES: Mapping[Severity, str] = {"critical": "error", "warning": "warning", "info": "recommendation"}
"""How GitHub calls them where it filters rules."""
FINGERPRINT = "dqExpectation/v1"
"""The name of our fingerprint. The one that GitHub reads, `primaryLocationLineHash`, is computed by its upload from the
line in the repository; a file that brings one of its own gets a warning for each result."""
MAX_HOSTS_TOLD = 5
MAX_HOSTS = 20
"""Hosts among the properties of a result; `host_count` has their number."""
IN_REPOSITORY, ELSEWHERE = "%SRCROOT%", "SUITES"
BASES = {
    IN_REPOSITORY: "the root of the repository, or the folder in which dq was called",
    ELSEWHERE: "the folder that holds the folder of expectations, which lies outside the repository",
}
"""What locations are relative to. Absolute ones would differ from machine to machine, and GitHub may refuse them."""


def sarif_json(verdict: Verdict, *, root: Path) -> str:
    """findings.sarif as text, the same for the same verdict: a rule for each expectation, a result for each failure.

    `root` is the folder to which locations are relative: the repository's (`repository_root`).
    """
    text = json.dumps(_document(verdict, root), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    return text.encode(errors="replace").decode()


def repository_root(environment: Mapping[str, str]) -> Path:
    """The repository's root where a job of GitHub Actions tells it, else the folder in which dq was called."""
    return Path(environment.get("GITHUB_WORKSPACE") or ".")


def within(path: Path, root: Path) -> str | None:
    """`path` relative to `root`, with slashes; None where it lies outside.

    >>> within(Path("/repo/expectations/pages.json"), Path("/repo")), within(Path("/opt/pages.json"), Path("/repo"))
    ('expectations/pages.json', None)
    """
    found, above = path.resolve(), root.resolve()
    return found.relative_to(above).as_posix() if found.is_relative_to(above) else None


def told(one: Outcome) -> str:
    """What was observed against what was expected, and on which hosts, as it is written in the tables."""
    hosts = _hosts_told(one)
    return f"observed {one.observed}, expected {one.threshold}" + (f" (failing rows: {hosts})" if hosts else "")


def subject(check: Check) -> str:
    """The table and the columns that a check judges.

    >>> subject(Check(table="pages", place=0, line=1, type="", kwargs={"column": "url"}, severity="info", note=""))
    'pages.url'
    """
    return ".".join([check.table, *(["+".join(check.columns)] if check.columns else [])])


def _hosts_told(one: Outcome) -> str:
    named = [f"{host} {count:,}" for host, count in one.hosts[:MAX_HOSTS_TOLD]]
    more = len(one.hosts) - len(named)
    return ", ".join([*named, *([f"{more} more host{'s' if more > 1 else ''}"] if more else [])])


def _document(verdict: Verdict, root: Path) -> dict[str, Any]:
    named = list(zip(verdict.outcomes, _rule_ids(verdict.outcomes), strict=True))
    driver = {
        "name": "dq",
        "semanticVersion": metadata.version("dq"),
        "rules": [_rule(one, rule_id) for one, rule_id in named],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {base: {"description": {"text": text}} for base, text in BASES.items()},
        "results": [
            {"ruleId": rule_id, "ruleIndex": place} | _result(one, rule_id, root)
            for place, (one, rule_id) in enumerate(named)
            if not one.success
        ],
        "properties": {"run_id": verdict.run_id, "verdict": verdict.verdict, "strict": verdict.strict},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule_ids(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """An id for each expectation, from what it is about: the same wherever it stands, and whatever its bounds are.

    Further ones of the same kind on the same columns are numbered, in the order of the file.
    """
    seen: Counter[str] = Counter()
    for one in outcomes:
        name = f"{subject(one.check)}/{one.check.type}"
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}/{seen[name]}"


def _rule(one: Outcome, rule_id: str) -> dict[str, Any]:
    demand = f"{subject(one.check)}: {one.threshold}"
    note = one.check.note or demand
    return {
        "id": rule_id,
        "shortDescription": {"text": inert(demand)},
        "fullDescription": {"text": inert(note)},
        "help": {"text": inert(note), "markdown": plain(note)},
        "defaultConfiguration": {"level": LEVELS[one.check.severity]},
        "properties": {
            "tags": ["data-quality", one.check.table],
            "problem.severity": PROBLEM_SEVERITIES[one.check.severity],
        },
    }


def _result(one: Outcome, rule_id: str, root: Path) -> dict[str, Any]:
    sentence = f"{subject(one.check)}: {told(one)}"
    examples = [f"- {plain(example)}" for example in one.examples[:MAX_EXAMPLES]]
    return {
        "level": LEVELS[one.check.severity],
        "message": {
            "text": inert(sentence),
            "markdown": "\n".join([plain(sentence), *([""] if examples else []), *examples]),
        },
        "locations": [] if one.check.path is None else [_location(one.check.path, one.check.line, root)],
        "partialFingerprints": {FINGERPRINT: hashlib.blake2b(rule_id.encode(), digest_size=16).hexdigest()},
        "properties": {
            "table": one.check.table,
            "column": one.column,
            "expectation": one.check.type,
            "severity": one.check.severity,
            "observed": one.observed,
            "expected": one.threshold,
            "unexpected_count": one.unexpected_count,
            "unexpected_share": one.unexpected_share,
            "hosts": [{"host": host, "rows": count} for host, count in one.hosts[:MAX_HOSTS]],
            "host_count": len(one.hosts),
            "examples": list(one.examples),
        },
    }


def _location(path: Path, line: int, root: Path) -> dict[str, Any]:
    inside = within(path, root)
    uri, base = (f"{path.parent.name}/{path.name}", ELSEWHERE) if inside is None else (inside, IN_REPOSITORY)
    place = {"uri": quote(uri.encode(errors="surrogateescape")), "uriBaseId": base}
    return {"physicalLocation": {"artifactLocation": place, "region": {"startLine": line}}}
