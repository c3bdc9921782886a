"""The report where scripts or styles may not run: switched off, or forbidden by a server's content policy."""

from __future__ import annotations

import pytest

NOTHING = "default-src 'none'"
OWN_FILES = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:"
CONTROLS = (
    "[...document.querySelectorAll('button, input, select, textarea, [role=button]')]"
    ".filter(control => control.checkVisibility()).map(control => control.outerHTML)"
)
PARTS = (
    "This batch must not be published", "What matters most", "the check and its examples", "What if the bound were another one?",
    "as set", "Articles to publish", "alwatan.example", "أخبار.example", "Removed lines", "Duplicates", "Reused passages",
    "This line was removed. Is it no part of the article?", "Problems and failing rows", "Run details",
)  # fmt: skip
STYLED = "getComputedStyle(document.querySelector('main h2[id=pages-title]')).fontSize"


def assert_all_is_told(tab):
    shown = tab.run("document.body.innerText")
    for part in PARTS:
        assert part in shown
    assert tab.run(CONTROLS) == []


def assert_all_works(tab):
    assert tab.run(STYLED) == "28px"
    tab.run("document.querySelector('#host-table thead button').click()")
    assert tab.run("document.querySelector('#host-table thead th').getAttribute('aria-sort')") == "ascending"
    for section in ("pages", "duplicates", "review"):
        assert tab.run(f"document.querySelector('#{section} .tools').checkVisibility()")


def test_without_scripts_all_is_told_and_no_control_is_shown_that_does_nothing(tab, short):
    tab.scripts(allowed=False)
    tab.open(short)
    tab.open_all()
    assert_all_is_told(tab)
    assert tab.run("[...document.querySelectorAll('.findings a, .review blockquote, #host-table td')]"
                   ".every(part => part.checkVisibility())")  # fmt: skip


def test_without_scripts_the_pages_of_hosts_are_told(tab, split):
    tab.scripts(allowed=False)
    for page in sorted((split.parent / "report").glob("*.html")):
        tab.open(page)
        tab.open_all()
        assert tab.run(CONTROLS) == []
        assert "Pages, line by line" in tab.run("document.body.innerText")


@pytest.mark.parametrize("width", [1400, 400])
def test_where_a_server_forbids_script_and_style_all_is_told(tab, short, serve, width):
    tab.size(width, 900)
    tab.open(serve(short, NOTHING))
    tab.open_all()
    assert tab.run(STYLED) != "28px"
    assert_all_is_told(tab)
    assert (
        tab.run("Math.max(...[...document.querySelectorAll('svg:not([role])')].map(icon => icon.clientHeight))") <= 24
    )
    assert tab.run("[...document.querySelectorAll('svg.sprites')].every(icons => icons.clientHeight === 0)")


def test_where_a_server_allows_files_of_its_own_the_safe_report_works_in_full(tab, draw, serve):
    tab.open(serve(draw(csp_safe=True), OWN_FILES))
    assert tab.complaints() == []
    assert_all_works(tab)


def test_where_a_server_forbids_all_the_safe_report_is_told(tab, draw, serve):
    tab.open(serve(draw(csp_safe=True), NOTHING))
    tab.open_all()
    assert_all_is_told(tab)


def test_from_a_file_the_safe_report_works_in_full(tab, draw):
    tab.open(draw(csp_safe=True))
    assert tab.complaints() == []
    assert_all_works(tab)


def test_from_files_the_pages_of_hosts_work_in_full(tab, split):
    for page in sorted((split.parent / "report").glob("*.html")):
        tab.open(page)
        assert tab.complaints() == []
        assert tab.run(STYLED) == "28px"
        for section in ("pages", "duplicates"):
            if tab.run(f"!!document.querySelector('#{section} [data-item]')"):
                assert tab.run(f"document.querySelector('#{section} .tools').checkVisibility()")
