"""How the report is laid out: focus, sizes of targets, narrow windows, spacing, forced colours, print, directions."""

from __future__ import annotations

import re

import pytest

TAB = 9
LEAST = {
    "max_pages": 2, "max_clusters": 2, "max_members": 3, "max_reviews": 4, "max_rejected": 3, "max_hosts": 4, "max_rules": 2,
    "max_page_lines": 16, "max_reuse": 1,
}  # fmt: skip
"""Something of everything."""
MANY = {"max_pages": 40, "max_clusters": 20, "max_diffs": 3, "max_reviews": 80, "max_reuse": 40}
"""Something of every script."""
STOP = """
(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const seen = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.8], [0.1, 0.8], [0.9, 0.2]].some(([x, y]) => {
    const found = document.elementFromPoint(
      Math.min(Math.max(box.left + x * box.width, 1), innerWidth - 1), Math.min(Math.max(box.top + y * box.height, 1), innerHeight - 1));
    return found && (at.contains(found) || found.contains(at));
  });
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const order = reachable.indexOf(at.type === "radio" ? at.closest("fieldset").querySelector("input") : at);
  return { order, seen: seen && inside, told: at.outerHTML.slice(0, 120), outline: at.matches("main") || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) };
})()
"""
REACHABLE = """
globalThis.reachable = [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter((part) =>
  part.checkVisibility() && !part.disabled && !(part.type === "radio" && part !== part.closest("fieldset").querySelector("input")));
reachable.length
"""
SPACING = """
{ const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important }");
  document.adoptedStyleSheets.push(sheet); }
"""
CUT = """
[...document.querySelectorAll("body *:not(.visually-hidden)")].filter((part) => {
  const style = getComputedStyle(part);
  return part.checkVisibility() && !part.closest("svg, .visually-hidden") && style.overflowX !== "auto" && style.overflowX !== "visible"
    && (part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1);
}).map((part) => part.outerHTML.slice(0, 120))
"""
BEYOND = """
[...document.querySelectorAll("main *")].filter((part) => {
  const box = part.getBoundingClientRect();
  return part.checkVisibility() && box.width > 1 && !part.closest(".scroll, svg, .visually-hidden") && (box.right > innerWidth + 1 || box.left < -1);
}).map((part) => part.outerHTML.slice(0, 120))
"""


def walk(tab, *, back=False):
    """Strikes Tab through the whole page; what has the focus at each stop."""
    n = tab.run(REACHABLE)
    stops = []
    for _ in range(n + 5):
        tab.key("Tab", TAB, modifiers=8 if back else 0)
        stop = tab.run(STOP)
        if stop is None or stop in stops:  # it begins anew
            break
        stops.append(stop)
    return n, stops


@pytest.mark.parametrize("width, language, back", [(1400, "en", False), (1400, "ar", True), (400, "en", True)])
def test_tab_reaches_everything_in_order_and_shows_where_it_is(tab, draw, width, language, back):
    tab.size(width, 700)
    tab.open(draw(**LEAST, report_language=language))
    n, stops = walk(tab, back=back)
    order = [stop["order"] for stop in stops if stop["order"] >= 0]
    assert order == sorted(order, reverse=back)
    assert set(order) == set(range(n))
    assert [stop["told"] for stop in stops if not stop["outline"]] == []
    assert [stop["told"] for stop in stops if not stop["seen"]] == []


@pytest.mark.parametrize("width", [1400, 400])
def test_targets_are_large_enough_or_far_enough_apart(tab, short, width):
    """At least 24 px each way for whatever is no link within a sentence (WCAG 2.2, 2.5.8)."""
    tab.size(width, 900)
    tab.open(short)
    tab.open_all()
    small = tab.run("""
      [...document.querySelectorAll("button, summary, input:not([type=radio]):not([type=checkbox]), label:has(input), .contents a")].filter((target) => {
        const box = target.getBoundingClientRect();
        return target.checkVisibility() && (box.height < 24 || box.width < 24);
      }).map((target) => `${target.outerHTML.slice(0, 90)} ${target.getBoundingClientRect().height}`)
    """)
    assert small == []


@pytest.mark.parametrize("width", [320, 700, 1400])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_reaches_beyond_the_window_or_is_cut(tab, draw, language, width):
    """1280 px at 400% are 320 px (WCAG 1.4.10), 1400 px at 200% are 700 px."""
    tab.size(width, 900)
    tab.open(draw(report_language=language))
    tab.open_all()
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run(BEYOND) == []
    assert tab.run(CUT) == []


@pytest.mark.parametrize("width", [320, 1400])
def test_nothing_of_a_comparison_reaches_beyond_the_window(tab, compare, width):
    tab.size(width, 900)
    tab.open(compare())
    tab.open_all()
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run(BEYOND) == []


@pytest.mark.parametrize("width", [320, 1400])
def test_wider_spacing_cuts_no_text(tab, short, width):
    """WCAG 1.4.12."""
    tab.size(width, 900)
    tab.open(short)
    tab.open_all()
    tab.run(SPACING)
    assert tab.run("getComputedStyle(document.querySelector('.lede')).letterSpacing") != "normal"
    assert tab.run("document.documentElement.scrollWidth <= innerWidth")
    assert tab.run(BEYOND) == []
    assert tab.run(CUT) == []


def test_hosts_leave_room_for_their_figures_in_a_narrow_window(tab, report):
    tab.size(400, 900)
    tab.open(report)
    widths = tab.run(
        "[...document.querySelectorAll('#host-table tbody th')].map(name => name.offsetWidth / document.querySelector('main').clientWidth)"
    )
    assert max(widths) < 0.5


def test_nothing_moves_of_its_own(tab, short):
    tab.scheme("light", prefers_reduced_motion="reduce")
    tab.open(short)
    assert tab.run("[...document.querySelectorAll('*')].map(part => getComputedStyle(part)).filter(style =>"
                   "style.animationName !== 'none' || style.transitionDuration !== '0s' || style.scrollBehavior !== 'auto').length") == 0  # fmt: skip
    assert tab.run("document.getAnimations().length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_icons_of_severity_stay_visible_in_forced_colours(tab, short, scheme):
    tab.scheme(scheme, forced_colors="active")
    tab.open(short)
    colours = tab.run("""
      [...document.querySelectorAll(".chip .icon, h1 .icon, .flagged .icon")].map((icon) => {
        let behind = icon;
        while (["rgba(0, 0, 0, 0)", "transparent"].includes(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
        return [getComputedStyle(icon).fill, getComputedStyle(behind).backgroundColor];
      })
    """)
    assert colours
    assert all(fill != behind for fill, behind in colours)
    assert tab.run("matchMedia('(forced-colors: active)').matches")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_print_opens_everything_and_cuts_nothing(tab, draw, language):
    tab.open(draw(report_language=language))
    data = tab.pdf()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) > 5
    assert tab.run("[...document.querySelectorAll('details')].every(details => details.open)")
    tab.size(718, 1000)  # A4 within its margins
    tab.scheme("light", media="print")
    assert tab.run("[...document.querySelectorAll('.tools, .contents, .keys')].every(part => !part.checkVisibility())")
    assert tab.run(
        "[...document.querySelectorAll('main > section')].every(part => part.checkVisibility() && part.offsetHeight > 40)"
    )
    assert tab.run("document.documentElement.scrollWidth") <= 718
    assert tab.run("[...document.querySelectorAll('main *')].filter(part => part.checkVisibility() && !part.closest('svg, .visually-hidden')"
                   "&& (part.getBoundingClientRect().right > 719 || part.getBoundingClientRect().left < -1)).map(part => part.outerHTML.slice(0, 100))") == []  # fmt: skip


TEXTS = (".lines p", ".diff", ".review blockquote", ".review .side-title", ".sample-title bdi", ".passage blockquote")
"""Where scraped text stands."""
WRITTEN = {
    "rtl": ("اتفق", "کتابخانهٔ", "مدیر", "לדברי", "קו ", "وقالت", "أعادت"),
    "ltr": ("The old harbour", "旧城夜市", "主办方"),
}
"""How texts begin that are written in one direction or the other."""


@pytest.mark.parametrize("language, direction", [("en", "ltr"), ("ar", "rtl")])
def test_each_text_reads_in_its_own_direction(tab, draw, language, direction):
    tab.open(draw(**MANY, report_language=language))
    tab.open_all()
    assert tab.run("getComputedStyle(document.documentElement).direction") == direction
    for texts in TEXTS:
        found = tab.run(
            f"[...document.querySelectorAll('{texts}')].map(part => [part.textContent.trim(), getComputedStyle(part).direction])"
        )
        for own, beginnings in WRITTEN.items():
            assert {direction for text, direction in found if text.startswith(beginnings)} == {own}, texts
