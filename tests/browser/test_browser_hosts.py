"""The scorecard of hosts: sorted by any column, filtered by name and by trouble."""

from __future__ import annotations

import pytest

ROWS = "[...document.querySelectorAll('#host-table tbody tr')]"
SHOWN = f"{ROWS}.filter(row => !row.hidden).map(row => row.querySelector('.host').textContent)"
HEADINGS = "[...document.querySelectorAll('#host-table thead th')].map(heading => heading.textContent.trim())"


def column(tab, heading):
    return tab.run(HEADINGS).index(heading)


def click(tab, place):
    tab.run(f"document.querySelectorAll('#host-table thead th')[{place}].querySelector('button').click()")
    return tab.run(f"document.querySelectorAll('#host-table thead th')[{place}].getAttribute('aria-sort')")


def values(tab, place):
    """The figures of a column from the top down; None for a host without one."""
    shown = tab.run(f"{ROWS}.map(row => row.cells[{place}].dataset.value)")
    return [float(value) if value else None for value in shown]


def find(tab, words):
    tab.run(f"{{ const find = document.getElementById('host-filter'); find.value = {words!r};"
            "find.dispatchEvent(new Event('input')); }")  # fmt: skip


def only_with_trouble(tab):
    tab.run("document.querySelector('[data-only]').click()")


@pytest.mark.parametrize("heading", ["Pages", "Empty", "Articles"])
def test_columns_of_figures_sort_the_highest_first_then_the_lowest(tab, short, heading):
    tab.open(short)
    place = column(tab, heading)
    assert click(tab, place) == "descending"
    figures = values(tab, place)
    assert len(set(figures)) > 1
    assert figures == sorted(figures, reverse=True)
    assert click(tab, place) == "ascending"
    assert values(tab, place) == sorted(figures)
    assert tab.run("document.querySelectorAll('#host-table [aria-sort]').length") == 1


def test_columns_of_words_sort_by_the_alphabets_of_their_scripts(tab, short):
    tab.open(short)
    names = tab.run(SHOWN)
    assert click(tab, 0) == "ascending"
    ascending = tab.run(SHOWN)
    latin = [name for name in names if name.isascii()]
    arabic = ["أخبار.example", "روزنامه.example"]
    assert ascending == [*sorted(latin), *arabic]
    assert click(tab, 0) == "descending"
    assert tab.run(SHOWN) == ascending[::-1]


def test_the_state_of_a_host_sorts_by_its_gravity(tab, short):
    tab.open(short)
    assert click(tab, 1) == "ascending"
    states = tab.run(f"{ROWS}.map(row => row.cells[1].textContent.trim())")
    order = [state for state in ("critical", "warning", "info", "good") if state in states]
    assert states == sorted(states, key=order.index)
    assert click(tab, 1) == "descending"
    assert tab.run(f"{ROWS}.map(row => row.cells[1].textContent.trim())") == states[::-1] or len(order) > 1


def test_hosts_without_a_figure_stay_last_either_way(tab, short):
    tab.open(short)
    place = column(tab, "Words")
    for _ in range(2):
        click(tab, place)
        figures = values(tab, place)
        assert None in figures
        assert figures.index(None) == len(figures) - figures.count(None)


def test_hosts_are_found_by_a_part_of_the_name_in_any_script_and_case(tab, short):
    tab.open(short)
    everyone = len(tab.run(SHOWN))
    for words, found in (("SAHIFA", ["sahifa.example"]), ("خبار", ["أخبار.example"]), ("nobody", [])):
        find(tab, words)
        assert tab.run(SHOWN) == found
        assert tab.run("document.querySelector('#hosts .found').value") == f"{len(found)} / {everyone}"
    find(tab, "")
    assert len(tab.run(SHOWN)) == everyone
    assert tab.run("document.querySelector('#hosts .found').value") == ""


def test_quiet_hosts_are_left_out_alone_or_together_with_a_name(tab, short):
    tab.open(short)
    everyone = tab.run(SHOWN)
    troubled = tab.run(f"{ROWS}.filter(row => row.cells[1].textContent.trim() !== 'good' ||"
                       "row.querySelector('.change')).map(row => row.querySelector('.host').textContent)")  # fmt: skip
    quiet = [name for name in everyone if name not in troubled]
    assert troubled
    assert quiet
    only_with_trouble(tab)
    assert tab.run(SHOWN) == troubled
    find(tab, troubled[0])
    assert tab.run(SHOWN) == troubled[:1]
    find(tab, quiet[0])
    assert tab.run(SHOWN) == []
    only_with_trouble(tab)
    assert tab.run(SHOWN) == quiet[:1]


def test_sorting_keeps_what_is_filtered(tab, short):
    tab.open(short)
    find(tab, "example")
    only_with_trouble(tab)
    kept = set(tab.run(SHOWN))
    click(tab, column(tab, "Pages"))
    assert set(tab.run(SHOWN)) == kept
