"""The report in a real browser: nothing hostile runs, nothing is asked for, and all that is promised works."""

from __future__ import annotations

import pytest

TAB = 9


def test_the_keyboard_reaches_the_report_first_by_the_skip_link(tab, report):
    tab.open(report)
    tab.key("Tab", TAB)
    assert tab.run("document.activeElement.className") == "skip"
    assert tab.run("document.activeElement.getBoundingClientRect().top >= 0")


@pytest.mark.parametrize("width", [320, 420, 1400])
def test_nothing_reaches_beyond_the_window(tab, report, width):
    tab.size(width, 900)
    tab.open(report)
    tab.open_all()
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(tab, report, scheme):
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3), for every colour of text in use against what is painted behind it."""
    tab.scheme(scheme)
    tab.open(report)
    tab.open_all()
    assert tab.run(FAINT) == []


FAINT = """
(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
  };
  const faint = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.getClientRects().length || node.closest("svg, script, style")) continue;
    const levels = [channels(getComputedStyle(node).color), behind(node)].map(luminance).sort((a, b) => b - a);
    const contrast = (levels[0] + 0.05) / (levels[1] + 0.05);
    if (contrast < 4.5) faint.add(`${node.tagName}.${node.className}: ${contrast.toFixed(2)}`);
  }
  return [...faint];
})()
"""
