"""Links with a hash: to a page line by line, a check, a host, a cluster, a decision; cold and in the open report."""

from __future__ import annotations

import pytest

SETTLED = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
PLACES = {
    "page": "[...document.querySelectorAll('.sample > summary')].at(-1)",
    "check": "[...document.querySelectorAll('.check')].at(-1)",
    "host": "[...document.querySelectorAll('#host-table tbody tr')].at(-1)",
    "cluster": "[...document.querySelectorAll('.cluster > summary')].at(-1)",
    "reuse": "[...document.querySelectorAll('.passage')].at(-1)",
    "review": "[...document.querySelectorAll('.review')].at(-1)",
}
"""What a link may point at, as an expression that finds the last one of its kind."""


def assert_shown(tab, place):
    tab.run(SETTLED)
    assert tab.run(f"{place}.checkVisibility()")
    assert tab.run(f"{place}.closest('details')?.open ?? true")
    box = tab.run(f"(box => [box.top, box.bottom, innerHeight])({place}.getBoundingClientRect())")
    assert -1 <= box[0] < box[2]
    # Nothing lies upon it: what is found at its beginning belongs to it.
    assert tab.run(f"(place => {{ const box = place.getBoundingClientRect();"
                   "const found = document.elementFromPoint(Math.min(box.left + box.width / 2, innerWidth / 2), box.top + Math.min(box.height / 2, 20));"
                   f"return place.contains(found) || found.contains(place); }})({place})")  # fmt: skip


@pytest.fixture(scope="session")
def large(short):
    """The report as a browser is told to lay it out where there is much of it: what is out of sight comes later."""
    text = short.read_text(encoding="utf-8")
    assert text.count("<body data-run") == 1
    file = short.with_name("large.html")
    file.write_text(text.replace("<body data-run", '<body class="large" data-run'), encoding="utf-8")
    return file


@pytest.mark.parametrize("width, form", [(1400, "short"), (400, "short"), (1400, "large")])
@pytest.mark.parametrize("kind", PLACES)
def test_a_link_shows_what_it_points_at_from_a_cold_start(tab, request, kind, width, form):
    page = request.getfixturevalue(form)
    tab.size(width, 900)
    tab.open(page, fragment="?")
    anchor = tab.run(f"{PLACES[kind]}.id")
    assert anchor
    tab.open(page, fragment=f"#{anchor}")
    assert_shown(tab, PLACES[kind])


@pytest.mark.parametrize("kind", PLACES)
def test_a_link_shows_what_it_points_at_in_a_large_report(tab, large, kind):
    tab.open(large)
    anchor = tab.run(f"{PLACES[kind]}.id")
    tab.run(f"location.hash = {anchor!r}")
    assert_shown(tab, PLACES[kind])


@pytest.mark.parametrize("kind", PLACES)
def test_a_link_shows_what_it_points_at_in_the_open_report(tab, short, kind):
    tab.open(short)
    anchor = tab.run(f"{PLACES[kind]}.id")
    tab.run(f"location.hash = {anchor!r}")
    assert_shown(tab, PLACES[kind])


@pytest.mark.parametrize(
    "kind, field", [("page", "pages-search"), ("cluster", "duplicates-search"), ("host", "host-filter")]
)
def test_a_link_to_what_a_search_hides_ends_the_search(tab, short, kind, field):
    tab.open(short)
    anchor = tab.run(f"{PLACES[kind]}.id")
    tab.run(f"{{ const field = document.getElementById('{field}'); field.value = 'no such word';"
            "field.dispatchEvent(new Event('input')); }")  # fmt: skip
    assert not tab.run(f"{PLACES[kind]}.checkVisibility()")
    tab.run(f"location.hash = {anchor!r}")
    assert_shown(tab, PLACES[kind])
    assert tab.run(f"document.getElementById('{field}').value") == ""


def test_a_link_to_a_quiet_host_ends_the_filter_for_trouble(tab, short):
    tab.open(short)
    quiet = "document.querySelector('#host-table tr[data-quiet]')"
    tab.run("document.querySelector('[data-only]').click()")
    assert not tab.run(f"{quiet}.checkVisibility()")
    tab.run(f"location.hash = {quiet}.id")
    assert_shown(tab, quiet)
    assert not tab.run("document.querySelector('[data-only]').checked")


def test_keys_go_on_from_what_a_link_pointed_at(tab, short):
    tab.open(short, fragment="?")
    ids = tab.run("[...document.querySelectorAll('.sample > summary')].map(summary => summary.id)")
    tab.open(short, fragment=f"#{ids[1]}")
    tab.run(SETTLED)
    tab.letter("n")
    assert tab.run("document.activeElement.id") == ids[2]


def test_every_link_within_the_report_points_at_something(tab, short):
    tab.open(short)
    assert tab.run("[...document.querySelectorAll('a[href^=\"#\"]')].map(link => link.hash.slice(1))"
                   ".filter(anchor => !document.getElementById(decodeURIComponent(anchor)))") == []  # fmt: skip


@pytest.mark.parametrize(
    "fragment", ["#nowhere", "#%zz", "#%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", "#constructor"]
)
def test_a_link_to_nothing_is_no_trouble(tab, short, fragment):
    tab.open(short, fragment="?")
    tab.open(short, fragment=fragment)
    assert tab.complaints() == []
    tab.run("document.querySelector('#host-table thead button').click()")
    assert tab.run("document.querySelector('#host-table thead th').getAttribute('aria-sort')") == "ascending"


def test_links_between_the_report_and_the_pages_of_its_hosts_lead_somewhere(tab, split):
    tab.open(split)
    links = tab.run("[...document.querySelectorAll('a[href^=\"report/\"]')].map(link => link.getAttribute('href'))")
    assert any("#page-" in link for link in links)
    assert any("#" not in link for link in links)
    deep = next(link for link in links if "#page-" in link)
    name, _, anchor = deep.partition("#")
    tab.open(split.parent / name, fragment=f"#{anchor}")
    assert_shown(tab, f"document.getElementById({anchor!r})")
    assert tab.run("document.querySelector('.run-id a').getAttribute('href')") == "../report.html"
    assert (split.parent / name).parent.joinpath("../report.html").resolve() == split.resolve()
