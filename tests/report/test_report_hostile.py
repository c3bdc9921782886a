"""Scraped text that attacks the report: it comes out as text, and changes nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from dq.options import ReportOptions
from dq.report import write_report
from dq.report.draw import TEMPLATE_FOLDER
from dq.report.text import UNSEEN, clip, link_target, visible
from dq.tables import TABLES


def prefixed(value, prefix):
    match value:
        case str():
            return prefix + value
        case list():
            return [prefixed(part, prefix) for part in value]
        case dict():
            return {key: prefixed(part, prefix) for key, part in value.items()}
        case _:
            return value


def attacked(folder, target, prefix):
    """A copy of a run in which every string of every table and of run.json begins with `prefix`."""
    shutil.copytree(folder, target)
    for table in TABLES.values():
        file = table.file(target)
        rows = [prefixed(row, prefix) for row in pl.read_parquet(file).iter_rows(named=True)]
        table.frame(rows).write_parquet(file)
    for name in ("run.json", "verdict.json"):
        content = json.loads((target / name).read_text(encoding="utf-8"))
        changed = prefixed(content, prefix) if name == "run.json" else content | {"run_id": prefix + content["run_id"]}
        (target / name).write_text(json.dumps(changed), encoding="utf-8")
    return target


def shape(folder):
    """The elements of a report with the names of their attributes, and the values of those that can act."""
    tree = html.document_fromstring(write_report(folder, ReportOptions()).read_text(encoding="utf-8"))
    return [
        (element.tag, sorted(element.attrib), [element.get(name) for name in ("style", "src", "rel", "content")])
        for element in tree.iter()
        if isinstance(element.tag, str)
    ]


@pytest.mark.parametrize("number", range(8))
def test_a_hostile_string_in_every_field_changes_no_element(number, runs, passing, tmp_path):
    trick = runs.HOSTILE[number]
    assert len(runs.HOSTILE) == 8
    harmless = attacked(passing, tmp_path / "harmless", "x" * len(trick))
    hostile = attacked(passing, tmp_path / "hostile", trick)
    assert shape(hostile) == shape(harmless)


def test_every_trick_is_shown_as_text(runs, draw, troubled):
    words = draw(troubled, max_pages=100).text_content()
    for trick in runs.HOSTILE:
        assert visible(trick) in words


def test_nothing_unseen_reaches_the_page(troubled):
    text = write_report(troubled, ReportOptions()).read_text(encoding="utf-8")
    assert not UNSEEN.search(text.replace("\n", ""))
    assert "abc[U+202E]dcba[U+2066][U+2067][U+0000][U+0007][U+200B][U+E0041]" in text


def test_no_script_but_its_own_no_handler_and_no_address_but_of_pages(draw, troubled):
    tree = draw(troubled)
    assert len(list(tree.iter("script"))) == len(list(tree.iter("style"))) == 1
    assert not list(tree.iter("img", "iframe", "object", "embed", "form", "base", "audio", "video"))
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        assert not [name for name in element.attrib if name.startswith("on") or name in {"style", "src", "srcset"}]
        address = element.get("href", "#")
        assert address.startswith(("#", "https://", "http://")) or (element.tag, address) == ("link", "data:,")
        if address.startswith("http"):
            assert element.get("rel") == "noopener noreferrer nofollow external"


def test_neither_style_nor_script_asks_for_anything():
    style = (TEMPLATE_FOLDER / "style.css").read_text(encoding="utf-8")
    script = (TEMPLATE_FOLDER / "script.js").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|https?:", style + script)
    assert not re.search(r"fetch|XMLHttp|WebSocket|import\(|innerHTML|eval|insertAdjacent|document\.write", script)


def test_the_content_policy_allows_this_style_and_script_alone(draw, passing):
    tree = draw(passing)
    (policy,) = [meta.get("content") for meta in tree.iter("meta") if meta.get("http-equiv")]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    for tag in ("style", "script"):
        content = next(tree.iter(tag)).text
        digest = base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


@given(st.text())
def test_visible_text_holds_nothing_unseen_and_stays_as_it_is(text):
    seen = visible(text)
    assert not UNSEEN.search(seen)
    assert visible(seen) == seen


@given(st.text(), st.integers(1, 30))
def test_clipped_text_says_that_it_goes_on(text, limit):
    clipped = clip(text, limit)
    assert len(clipped) <= limit
    assert clipped == text or (clipped[-1] == "…" and text.startswith(clipped[:-1]))


@pytest.mark.parametrize("url", ["https://example.org/a?b=c#d", "http://أخبار.example/ش", "https://[2001:db8::1]/"])
def test_addresses_of_pages_become_links(url):
    assert link_target(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
        "//example.org/a", "https:///a", "https://exa mple.org/", "https://example.org/\u202egpj", "java\nscript:alert(1)",
        "https://[broken/", "\thttps://example.org",
    ],
)  # fmt: skip
def test_other_addresses_do_not(url):
    assert link_target(url) is None
