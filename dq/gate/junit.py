"""junit.xml: a test suite for each suite, a test case for each expectation, for CI that shows such files."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import Literal
from xml.etree import ElementTree as ET

from dq.gate.outcomes import Outcome
from dq.gate.verdict import Verdict

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, not even escaped (its production Char)."""
State = Literal["passed", "failure", "skipped"]
"""How a test case is shown; the last two are the names of the elements that make it so."""


def junit_xml(verdict: Verdict) -> str:
    """The verdict as JUnit's XML.

    An expectation that keeps the batch from being published is a failure. One that does not hold and is only a warning
    (without `--strict`) or an info is skipped, with what was observed as the reason: of the three states that JUnit's
    form has, the only one that viewers count and list with a reason without failing the job. The output of a passed
    test is behind a click on its name at best, and properties are hardly ever shown. The reason stands in the attribute
    `message`, which Jenkins reads (nose-devs/nose2#431), and in the element's text, which GitLab reads (its page on
    unit test reports).
    """
    root = ET.Element("testsuites", name="dq")
    for table, group in groupby(verdict.outcomes, key=lambda one: one.check.table):
        outcomes = list(group)
        suite = ET.SubElement(root, "testsuite", {"name": table, **_totals(verdict, outcomes)})
        for one in outcomes:
            _add_case(suite, one, state=_state(verdict, one))
    root.attrib.update(_totals(verdict, list(verdict.outcomes)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _state(verdict: Verdict, one: Outcome) -> State:
    if one.success:
        return "passed"
    return "failure" if verdict.fails(one) else "skipped"


def _totals(verdict: Verdict, outcomes: list[Outcome]) -> dict[str, str]:
    states = Counter(_state(verdict, one) for one in outcomes)
    counts = {"tests": len(outcomes), "failures": states["failure"], "errors": 0, "skipped": states["skipped"]}
    return {name: str(count) for name, count in counts.items()}


def _add_case(suite: ET.Element, one: Outcome, *, state: State) -> None:
    name = f"{one.check.place}: {one.check.type}({one.column or ''})"
    case = ET.SubElement(suite, "testcase", classname=f"dq.{one.check.table}", name=_xml(name))
    if state == "passed":
        return
    told = _xml(f"{one.check.severity}: {one.observed}, expected {one.threshold}")
    details = _xml("\n".join([one.check.note, *one.examples]))
    if state == "failure":
        ET.SubElement(case, "failure", type=one.check.severity, message=told).text = details
    else:
        ET.SubElement(case, "skipped", message=told).text = f"{told}\n{details}"


def _xml(text: str) -> str:
    r"""`text` with U+FFFD for what XML cannot hold.

    >>> _xml("a\x00b]]>")
    'a�b]]>'
    """
    return NOT_XML.sub("\ufffd", text)
