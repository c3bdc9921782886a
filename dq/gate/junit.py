"""junit.xml: a test suite for each suite, a test case for each expectation, for CI that shows such files."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from dq.gate.outcomes import Outcome
from dq.gate.verdict import Verdict

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, not even escaped (its production Char)."""


def junit_xml(verdict: Verdict) -> str:
    """The verdict as JUnit's XML.

    An expectation that keeps the batch from being published is a failure. One that does not hold and is only a warning
    (without `--strict`) or an info passes, with what was observed as its output, so that it can be seen.
    """
    root = ET.Element("testsuites", name="dq")
    for table, group in groupby(verdict.outcomes, key=lambda one: one.check.table):
        outcomes = list(group)
        suite = ET.SubElement(root, "testsuite", {"name": table, **_totals(verdict, outcomes)})
        for one in outcomes:
            _add_case(suite, one, fatal=verdict.fails(one))
    root.attrib.update(_totals(verdict, list(verdict.outcomes)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _totals(verdict: Verdict, outcomes: list[Outcome]) -> dict[str, str]:
    failures = sum(verdict.fails(one) for one in outcomes)
    return {"tests": str(len(outcomes)), "failures": str(failures), "errors": "0", "skipped": "0"}


def _add_case(suite: ET.Element, one: Outcome, *, fatal: bool) -> None:
    name = f"{one.check.place}: {one.check.type}({one.column or ''})"
    case = ET.SubElement(suite, "testcase", classname=f"dq.{one.check.table}", name=_xml(name))
    if one.success:
        return
    told = f"{one.check.severity}: {one.observed}, expected {one.threshold}"
    if fatal:
        failure = ET.SubElement(case, "failure", type=one.check.severity, message=_xml(told))
        failure.text = _xml("\n".join([one.check.note, *one.examples]))
    else:
        output = ET.SubElement(case, "system-out")
        output.text = _xml("\n".join([told, one.check.note, *one.examples]))


def _xml(text: str) -> str:
    r"""`text` with U+FFFD for what XML cannot hold.

    >>> _xml("a\x00b]]>")
    'a�b]]>'
    """
    return NOT_XML.sub("\ufffd", text)
