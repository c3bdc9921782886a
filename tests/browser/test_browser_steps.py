"""Searching and stepping through pages and clusters, with buttons and with keys."""

from __future__ import annotations

import pytest

from tests.browser import headless

SECTIONS = ("pages", "duplicates")
ARABIC = {"n": "ى", "p": "ح"}
"""What these keys write on an Arabic keyboard."""


def items(tab, section):
    """The ids of the items that are shown."""
    return tab.run(f"[...document.querySelectorAll('#{section} [data-item]')].filter(item => item.checkVisibility())"
                   ".map(item => item.querySelector('summary').id)")  # fmt: skip


def search(tab, section, words):
    tab.run(f"{{ const field = document.getElementById('{section}-search'); field.value = {words!r};"
            "field.dispatchEvent(new Event('input')); }")  # fmt: skip


def press(tab, section, by):
    tab.run(f"document.querySelector('[data-steps={section}] [data-step=\"{by}\"]').click()")


def told(tab, section):
    return tab.run(f"document.querySelector('[data-steps={section}] output').value")


def focused(tab):
    return tab.run("document.activeElement.id")


def place(tab):
    return tab.run("location.hash.slice(1)")


def look_at(tab, section):
    tab.run(f"document.querySelector('#{section} [data-item]').scrollIntoView({{ block: 'start' }})")


@pytest.fixture
def opened(tab, short):
    tab.open(short)
    return tab


@pytest.mark.parametrize("section", SECTIONS)
def test_a_search_narrows_the_items_and_marks_what_it_finds(opened, section):
    everyone = items(opened, section)
    texts = opened.run(
        f"[...document.querySelectorAll('#{section} [data-item]')].map(item => item.textContent.toLowerCase())"
    )
    title = opened.run(f"[...document.querySelectorAll('#{section} .sample-title')].at(-1).textContent.toLowerCase()")
    word = next(word for word in title.split() if word not in texts[0])
    search(opened, section, word.upper())
    found = items(opened, section)
    assert found
    assert len(found) < len(everyone)
    assert found == [item for item, text in zip(everyone, texts, strict=True) if word in text]
    marks = f"[...CSS.highlights.get('search-{section}')].map(range => range.toString().toLocaleLowerCase())"
    assert set(opened.run(marks)) == {word}
    assert told(opened, section) == f"0 / {len(found)}"
    search(opened, section, "")
    assert items(opened, section) == everyone
    assert not opened.run(f"CSS.highlights.has('search-{section}')")


def test_a_search_among_clusters_leaves_the_marks_among_pages(opened):
    search(opened, "pages", "example")
    search(opened, "duplicates", "example")
    assert opened.run("CSS.highlights.get('search-pages').size") > 0
    assert opened.run("CSS.highlights.get('search-duplicates').size") > 0


def test_a_search_that_finds_nothing_says_so(opened):
    search(opened, "pages", "nothing holds this")
    assert items(opened, "pages") == []
    assert told(opened, "pages") == "0 / 0"
    press(opened, "pages", 1)
    assert focused(opened) == ""


@pytest.mark.parametrize("section", SECTIONS)
def test_buttons_step_to_the_next_and_previous_item_and_stop_at_both_ends(opened, section):
    everyone = items(opened, section)
    for number, expected in enumerate([*everyone, everyone[-1]], 1):
        press(opened, section, 1)
        assert (focused(opened), place(opened)) == (expected, expected)
        assert opened.run("document.activeElement.parentElement.open")
        assert told(opened, section) == f"{min(number, len(everyone))} / {len(everyone)}"
    for expected in [*everyone[-2::-1], everyone[0]]:
        press(opened, section, -1)
        assert (focused(opened), place(opened)) == (expected, expected)


def test_steps_go_through_what_a_search_found_alone(opened):
    search(opened, "pages", "alwatan")
    found = items(opened, "pages")
    assert len(found) > 1
    press(opened, "pages", -1)
    assert focused(opened) == found[-1]
    for _ in found:
        press(opened, "pages", -1)
    assert focused(opened) == found[0]


def test_enter_in_the_search_field_steps_on_and_back(opened):
    everyone = items(opened, "pages")
    opened.run("document.getElementById('pages-search').focus()")
    opened.key("Enter", 13)
    assert focused(opened) == everyone[0]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("keyboard", [{}, ARABIC], ids=["latin", "arabic"])
def test_keys_step_by_their_place_on_the_keyboard(opened, section, keyboard):
    everyone = items(opened, section)
    look_at(opened, section)
    for letter, expected in zip("nnpp", (0, 1, 0, 0), strict=True):
        opened.letter(letter, writes=keyboard.get(letter))
        assert (focused(opened), place(opened)) == (everyone[expected], everyone[expected])


def test_keys_go_on_from_the_item_that_was_opened_by_hand(opened):
    everyone = items(opened, "pages")
    opened.run(f"document.getElementById('{everyone[2]}').focus()")
    opened.letter("n")
    assert focused(opened) == everyone[3]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_slash_goes_to_the_search_field_and_is_not_written_there(opened, section):
    look_at(opened, section)
    opened.letter("/")
    assert focused(opened) == f"{section}-search"
    opened.letter("n")
    assert opened.run("document.activeElement.value") == "n"


def test_a_slash_that_needs_shift_on_this_keyboard_is_a_slash_too(opened):
    look_at(opened, "pages")
    opened.key("/", 55, place="Digit7", modifiers=headless.SHIFT)
    assert focused(opened) == "pages-search"


@pytest.mark.parametrize("field", ["host-filter", "pages-search"])
def test_keys_are_letters_in_a_field(opened, field):
    opened.run(f"document.getElementById('{field}').focus()")
    for letter in "np/":
        opened.letter(letter)
    assert focused(opened) == field
    assert opened.run("document.activeElement.value") == "np/"
    assert place(opened) == ""


@pytest.mark.parametrize("modifier", ["ALT", "CONTROL", "META", "SHIFT"])
def test_keys_with_a_modifier_belong_to_the_browser(opened, modifier):
    look_at(opened, "pages")
    opened.letter("n", modifiers=getattr(headless, modifier))
    assert (focused(opened), place(opened)) == ("", "")


def test_keys_can_be_switched_off_and_on_again(opened):
    look_at(opened, "pages")
    opened.run("document.getElementById('keys').click()")
    assert opened.run("document.getElementById('keys').getAttribute('aria-pressed')") == "false"
    for letter in "np/yxu":
        opened.letter(letter)
    assert place(opened) == ""
    assert opened.run("document.activeElement === document.body")
    opened.run("document.getElementById('keys').click()")
    opened.letter("n")
    assert focused(opened) == items(opened, "pages")[0]


def test_keys_do_nothing_where_no_section_has_steps(opened):
    opened.run("document.getElementById('checks').scrollIntoView()")
    opened.letter("n")
    assert (focused(opened), place(opened)) == ("", "")


def test_keys_step_through_the_pages_of_a_host_as_well(tab, split):
    pages = sorted(
        (split.parent / "report").glob("*.html"), key=lambda page: page.read_text("utf-8").count("data-item")
    )
    tab.open(pages[-1])
    everyone = items(tab, "pages") or items(tab, "duplicates")
    look_at(tab, "pages" if items(tab, "pages") else "duplicates")
    tab.letter("n")
    assert focused(tab) == everyone[0]
