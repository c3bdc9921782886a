"""The report through axe-core, with every rule for WCAG 2.2 AA and for good practice."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

CONTRAST = "color-contrast"
"""The rule that takes its time over each text: it is asked where colours differ, not for every width and language."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FEW = {
    "max_pages": 2, "max_clusters": 2, "max_members": 3, "max_reviews": 4, "max_rejected": 3, "max_hosts": 4, "max_rules": 2,
    "max_page_lines": 16, "max_reuse": 1,
}  # fmt: skip
"""Something of everything."""
THINNED = """
{ const seen = new Set();
  for (const part of document.querySelectorAll("tr, li, details")) {
    const outline = [part.parentElement, part, ...part.querySelectorAll("*")].map((one) => `${one.localName}.${one.getAttribute("class")}`).join();
    if (seen.has(outline)) part.remove();
    seen.add(outline);
  } }
"""
"""Leaves one of each kind of row and item: what has the same elements and classes has the same colours."""
VIOLATIONS = """
axe.run(document, { runOnly: %s, resultTypes: ["violations"] }).then((told) => told.violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)))
"""


@pytest.fixture(scope="session")
def axe():
    """The program of axe-core, which a package for another driver of browsers carries along."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None:
        pytest.skip("axe-playwright-python is not installed here")
    return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(tab, axe, page, *, colours):
    """What axe-core finds in the light and, where colours are to be judged, in the dark: nothing else differs there."""
    tab.open(page)
    tab.open_all()
    tab.run(f"{axe}; 0")
    rules = set(tab.run(f"axe.getRules({json.dumps(TAGS)}).map(rule => rule.ruleId)"))
    found = tab.run(VIOLATIONS % json.dumps(sorted(rules - {CONTRAST})))
    tab.run(THINNED)
    for scheme in ("light", "dark") if colours else ():
        tab.scheme(scheme)
        found += tab.run(VIOLATIONS % json.dumps([CONTRAST]))
    return found


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_in_the_report(tab, draw, axe, language, width):
    tab.size(width, 900)
    colours = (language, width) in {("en", 1400), ("ar", 400)}
    assert violations(tab, axe, draw(**FEW, report_language=language), colours=colours) == []


@pytest.mark.parametrize("width", [1400, 400])
def test_axe_finds_nothing_in_the_largest_page_of_a_host(tab, split, axe, width):
    tab.size(width, 900)
    page = max((split.parent / "report").glob("*.html"), key=lambda page: page.stat().st_size)
    assert violations(tab, axe, page, colours=False) == []


@pytest.mark.parametrize("language, width", [("en", 400), ("ar", 1400)])
def test_axe_finds_nothing_in_a_comparison(tab, compare, axe, language, width):
    tab.size(width, 900)
    assert violations(tab, axe, compare(report_language=language, max_hosts=4), colours=language == "en") == []
