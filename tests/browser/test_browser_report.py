"""The report in a real browser: nothing hostile runs, nothing is asked for, and all that is promised works."""

from __future__ import annotations

import pytest

HOSTS = "[...document.querySelectorAll('#host-table tbody tr:not([hidden])')].map(row => row.cells[0].textContent)"
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true; })"
TAB = 9


@pytest.mark.parametrize("scripts", [True, False])
def test_nothing_hostile_runs_nothing_is_asked_for_and_the_console_is_silent(tab, report, scripts):
    tab.scripts(allowed=scripts)
    tab.open(report)
    tab.run(OPEN_ALL)
    tab.run("document.querySelectorAll('*').forEach(node => node.dispatchEvent(new MouseEvent('mouseover')))")
    assert tab.complaints() == []
    assert tab.run("document.title").startswith("This batch must not be published")
    assert tab.run("document.body.id") == ""
    assert {address for address in tab.requests() if not address.startswith("data:")} <= {report.as_uri()}


def test_without_scripts_all_is_there(tab, report):
    tab.scripts(allowed=False)
    tab.open(report)
    shown = tab.run("document.body.innerText")
    for part in ("This batch must not be published", "What matters most", "Articles to publish", "Checks", "Hosts",
                 "alwatan.example", "Removed lines", "Duplicates", "Reused passages", "Run details"):  # fmt: skip
        assert part in shown
    assert tab.run("document.querySelector('.tools').hidden")


def test_columns_of_the_scorecard_sort_by_click(tab, report):
    tab.open(report)
    column = "document.querySelectorAll('#host-table thead th')[2]"
    pages = "[...document.querySelectorAll('#host-table tbody tr')].map(row => Number(row.cells[2].dataset.value))"
    tab.run(f"{column}.querySelector('button').click()")
    assert tab.run(f"{column}.getAttribute('aria-sort')") == "descending"
    assert tab.run(pages) == sorted(tab.run(pages), reverse=True)
    tab.run(f"{column}.querySelector('button').click()")
    assert tab.run(f"{column}.getAttribute('aria-sort')") == "ascending"
    assert tab.run(pages) == sorted(tab.run(pages))


def test_hosts_without_a_figure_stay_last_either_way(tab, report):
    tab.open(report)
    words = "[...document.querySelectorAll('#host-table tbody tr')].map(row => row.cells[8].dataset.value)"
    for _ in range(2):
        tab.run("document.querySelectorAll('#host-table thead th')[8].querySelector('button').click()")
        values = tab.run(words)
        assert "" in values
        assert values.index("") == len(values) - values.count("")


def test_the_scorecard_is_filtered_by_name(tab, report):
    tab.open(report)
    everyone = len(tab.run(HOSTS))
    tab.run("{ const find = document.getElementById('host-filter'); find.value = 'SAHIFA';"
            "find.dispatchEvent(new Event('input')); }")  # fmt: skip
    assert tab.run(HOSTS) == ["sahifa.example"]
    assert tab.run("document.querySelector('.found').value") == f"1 / {everyone}"


@pytest.mark.parametrize("cold", ["", "?"])
def test_a_link_to_evidence_opens_what_it_points_at(tab, report, cold):
    tab.open(report)
    last = "[...document.querySelectorAll('.sample > summary')].at(-1)"
    anchor = tab.run(f"{last}.id")
    assert not tab.run(f"{last}.parentElement.open")
    tab.open(report, fragment=f"{cold}#{anchor}")
    tab.run("new Promise(done => requestAnimationFrame(done))")
    assert tab.run(f"{last}.parentElement.open")
    assert tab.run(f"Math.abs({last}.getBoundingClientRect().top) < innerHeight")


def test_the_keyboard_reaches_the_report_first_by_the_skip_link(tab, report):
    tab.open(report)
    tab.key("Tab", TAB)
    assert tab.run("document.activeElement.className") == "skip"
    assert tab.run("document.activeElement.getBoundingClientRect().top >= 0")


@pytest.mark.parametrize("width", [320, 420, 1400])
def test_nothing_reaches_beyond_the_window(tab, report, width):
    tab.size(width, 900)
    tab.open(report)
    tab.run(OPEN_ALL)
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")


def test_each_text_reads_in_its_own_direction(tab, report):
    tab.open(report)
    tab.run(OPEN_ALL)
    directions = tab.run(
        "[...document.querySelectorAll('.lines p')].map(line => [line.textContent, getComputedStyle(line).direction])"
    )
    arabic = {direction for text, direction in directions if text.startswith("اتفق")}
    hebrew = {direction for text, direction in directions if text.startswith("לדברי")}
    others = {direction for text, direction in directions if text.startswith(("The old harbour", "旧城夜市"))}
    assert (arabic, hebrew, others) == ({"rtl"}, {"rtl"}, {"ltr"})
    assert tab.run("getComputedStyle(document.documentElement).direction") == "ltr"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(tab, report, scheme):
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3), for every colour of text in use against what is painted behind it."""
    tab.scheme(scheme)
    tab.open(report)
    tab.run(OPEN_ALL)
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
