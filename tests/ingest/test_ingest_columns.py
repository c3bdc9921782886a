from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.ingest.columns import USUAL_NAMES, Record, absent, find_roles, instant, looks_like_html, page_of
from dq.options import ColumnOptions

NOON = datetime(2024, 4, 9, 12, tzinfo=UTC)


def page(cells, named=None, max_bytes=1000):
    roles = find_roles(tuple(cells), named or ColumnOptions())
    return page_of(Record(row=3, cells=cells), roles, path="t.jsonl", max_bytes=max_bytes)


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in USUAL_NAMES.items() for name in names])
def test_usual_names_are_found_whatever_their_case(role, name):
    for spelled in (name, name.upper(), f" {name.title()} ", name.replace("_", "-")):
        found = getattr(find_roles((spelled, "other"), ColumnOptions()), role)
        assert found in {spelled, (spelled,)}


def test_no_name_stands_for_two_roles():
    names = [name for role in USUAL_NAMES.values() for name in role]
    assert len(names) == len(set(names))


def test_the_best_name_comes_first():
    assert find_roles(("link", "url"), ColumnOptions()).url == "url"
    assert find_roles(("content", "text"), ColumnOptions()).text == ("text", "content")


def test_a_named_column_is_the_only_one():
    roles = find_roles(("url", "where", "html", "text"), ColumnOptions(url="where", text="text"))
    assert (roles.url, roles.text, roles.html) == ("where", ("text",), ("html",))
    assert roles.columns == ["where", "html", "text"]
    assert find_roles(("url",), ColumnOptions(url="where")).url is None


def test_named_columns_that_are_absent():
    assert absent(["url", "html"], ColumnOptions(url="url", text="words", id="nr", title="t")) == ["nr", "words"]


def test_html_comes_before_text_and_what_is_empty_is_passed_over():
    assert page({"text": "t", "html": "<p>h"}).data == "<p>h"
    assert page({"html": None, "text": "t"}).data == "t"
    assert page({"html": "", "raw_html": None, "text": "", "body": "b"}).data == "b"
    assert (page({"html": b"\xff"}).format, page({"html": b"\xff"}).data) == ("html", b"\xff")


def test_a_row_without_content_is_rejected_and_keeps_its_address():
    rejected = page({"url": "https://e.org/1", "html": None, "id": 5})
    assert (rejected.problem, rejected.url, rejected.source_id) == ("has neither html nor text", "https://e.org/1", "5")
    assert page({"headline": "x"}).problem == "has neither html nor text"


def test_a_row_with_empty_content_is_an_empty_page():
    assert (page({"text": ""}).problem, page({"text": ""}).format, page({"text": ""}).data) == (None, "text", b"")
    assert page({"html": ""}).format == "html"


def test_content_that_is_no_text_is_told():
    assert page({"html": {"a": 1}}).problem == "the column html holds dict, not text"
    assert page({"text": 12}).problem == "the column text holds int, not text"
    assert page({"text": float("nan")}).problem == "has neither html nor text"


def test_lists_of_item_loaders():
    loaded = page({"url": ["https://e.org/1"], "text": ["one", "two"], "id": [], "timestamp": ["2024-04-09T12:00:00Z"]})
    assert (loaded.url, loaded.data, loaded.source_id, loaded.fetched_at) == ("https://e.org/1", "one\ntwo", None, NOON)
    assert page({"text": []}).problem == "has neither html nor text"


def test_too_large_content_is_left_behind():
    large = page({"url": "u", "text": "x" * 1001})
    assert (large.problem, large.data, large.url) == ("larger than 1000 bytes", b"", "u")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("a", "a"),
        (b"a", "a"),
        (True, "True"),
        (" ", None),
        (None, None),
        (float("nan"), None),
        ({"b": "ب"}, '{"b": "ب"}'),
    ],
)
def test_ids_of_any_type(value, text):
    assert page({"id": value, "text": "t"}).source_id == text


def test_broken_unicode():
    assert page({"text": "a\ud83d b", "url": "u\ud83d"}).data == "a\ufffd b"
    assert page({"text": "a\ud83d b", "url": "u\ud83d"}).url == "u\ufffd"
    assert page({"text": "caf\udce9"}).problem == "holds bytes that are not valid UTF-8"


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("<!DOCTYPE html><html>", True),
        ("\n <p>one</p>", True),
        ("<?xml version='1.0'?><html>", True),
        ("<!-- a --><div class='x'>", True),
        ("one<br>two<br/>three<br />four", True),
        ("text <b>bold</b> and <a href='x'>y</a>", False),
        ("lead <p>a</p><p>b</p><p>c</p>", True),
        ("<quote> he said", False),
        ("a < b and c > d", False),
        ("if (a</p) then", False),
        ("plain", False),
        ("<!-- a -->" * 3000 + "x", False),
        ("", False),
    ],
)
def test_html_in_a_text_column(text, is_html):
    assert looks_like_html(text) == is_html
    assert page({"content": text}).format == ("html" if is_html else "text")
    assert page({"content": text}, ColumnOptions(text="content")).format == "text"


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        datetime(2024, 4, 9, 12),
        datetime(2024, 4, 9, 15, tzinfo=timezone(timedelta(hours=3))),
        "2024-04-09T12:00:00Z",
        "2024-04-09 12:00:00",
        "2024-04-09T15:00:00+03:00",
        " 2024-04-09T12:00 ",
        "Tue, 09 Apr 2024 12:00:00 GMT",
        "20240409120000",
        b"20240409120000",
        1712664000,
        1712664000.0,
        "1712664000",
        "1712664000.0",
        1712664000_000,
        1712664000_000_000,
        1712664000_000_000_000,
        "1712664000000",
    ],
)
def test_times_of_fetching(value):
    assert instant(value) == NOON
    assert instant(value).tzinfo is UTC


def test_a_day_is_its_midnight():
    assert instant(date(2024, 4, 9)) == instant("2024-04-09") == NOON.replace(hour=0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "yesterday",
        "1 " * 500_000,
        True,
        -5,
        0,
        12,
        1e300,
        float("nan"),
        float("inf"),
        [],
        {},
        b"\xff",
        "1970-01-01",
        "0001-01-01T00:00+14:00",
    ],
)
def test_what_is_no_time_of_fetching(value):
    assert instant(value) is None


@given(st.text() | st.integers() | st.floats() | st.binary() | st.datetimes() | st.dates() | st.none() | st.booleans())
def test_any_value_is_a_time_or_none(value):
    found = instant(value)
    assert found is None or found.tzinfo is UTC
