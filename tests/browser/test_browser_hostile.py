"""Scraped text that attacks the report, in a real browser: nothing runs, goes anywhere, or becomes an element."""

from __future__ import annotations

import json
import re
import shutil

import polars as pl
import pytest

from dq.options import ReportOptions
from dq.report import write_report
from dq.tables import TABLES

DECIDING = {"status", "severity", "relation", "side"}
"""Columns whose few values decide what is drawn; a second run has hostile text there as well."""
SHAPE = "[...document.querySelectorAll('*')].map(part => part.localName + ' ' + part.getAttributeNames().sort().join())"


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


def attack(folder, prefix, spared):
    """Every string of every table, of run.json and of what verdict.json says in words begins with `prefix`."""
    for table in TABLES.values():
        file = table.file(folder)
        rows = [
            {name: value if name in spared else prefixed(value, prefix) for name, value in row.items()}
            for row in pl.read_parquet(file).iter_rows(named=True)
        ]
        table.frame(rows).write_parquet(file)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(prefixed(record, prefix)), encoding="utf-8")
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    words = prefixed({name: verdict[name] for name in ("run_id", "failures")}, prefix)
    (folder / "verdict.json").write_text(json.dumps(verdict | words), encoding="utf-8")


@pytest.fixture(scope="session")
def attacked(run, runs, tmp_path_factory):
    """Draws the run with hostile text before every string, and one with harmless text of the same length there."""

    def drawn(*, spared, **options):
        trick = " ".join(runs.HOSTILE)
        files = []
        for prefix in (trick, re.sub(r"[^\w\s]", "x", trick)):
            folder = tmp_path_factory.mktemp("attacked") / "run"
            shutil.copytree(run, folder)
            attack(folder, prefix, spared)
            limits = {
                "max_text": 2_000,
                "max_pages": 3,
                "max_clusters": 3,
                "max_reviews": 8,
                "max_rejected": 8,
                "max_hosts": 5,
            }
            files.append(write_report(folder, ReportOptions(**limits, **options)))
        return tuple(files)

    return drawn


def assert_harmless(tab, page):
    """After everything was opened, pointed at and searched, the page is still its own, and asked for nothing."""
    assert tab.run("document.title").startswith(("This batch", "<script>document.title"))
    tab.open_all()
    tab.run("document.querySelectorAll('*').forEach(part => ['mouseover', 'focus', 'load', 'error', 'toggle']"
            ".forEach(name => part.dispatchEvent(new Event(name))))")  # fmt: skip
    assert tab.run("document.body.id") == ""
    assert not tab.run("document.title").startswith(("owned", "1"))
    assert tab.run("location.href").partition("#")[0] == page.as_uri()
    assert (
        tab.run("[...document.links].filter(link => !['file:', 'https:', 'http:'].includes(link.protocol)).length") == 0
    )
    assert tab.run("getComputedStyle(document.body).display") == "block"
    assert tab.complaints() == []
    own = {page.as_uri(), *(file.as_uri() for file in page.parent.glob("**/report.*"))}
    assert {address for address in tab.requests() if not address.startswith("data:")} <= own


@pytest.mark.parametrize("spared", [DECIDING, set()], ids=["words", "everything"])
def test_hostile_text_in_every_field_is_text_and_makes_no_element(tab, attacked, spared):
    hostile, harmless = attacked(spared=spared)
    tab.open(harmless)
    shape = tab.run(SHAPE)
    tab.open(hostile)
    assert tab.run(SHAPE) == shape
    assert "<script>document.title='owned'" in tab.run("document.body.textContent")
    assert_harmless(tab, hostile)


def test_hostile_text_is_harmless_while_searching_stepping_and_reviewing(tab, attacked):
    page, _ = attacked(spared=DECIDING)
    tab.open(page)
    tab.run("document.querySelectorAll('input[type=search]').forEach(field => { field.value = '<script>';"
            "field.dispatchEvent(new Event('input')); })")  # fmt: skip
    tab.run("document.querySelectorAll('[data-step]').forEach(button => button.click())")
    tab.run("document.querySelectorAll('#host-table thead button').forEach(button => button.click())")
    tab.run("document.querySelectorAll('.review input').forEach(input => input.click())")
    assert_harmless(tab, page)


@pytest.fixture(scope="session")
def hostile_pages(report, compare, tmp_path_factory):
    """The report of hostile pages in each of its forms."""
    forms = {}
    for name, options in (("safe", {"csp_safe": True}), ("split", {"max_bytes": 300_000})):
        folder = tmp_path_factory.mktemp(name) / "run"
        shutil.copytree(report.parent, folder)
        forms[name] = write_report(folder, ReportOptions(**options))
    largest = sorted((forms["split"].parent / "report").glob("*.html"), key=lambda page: page.stat().st_size)[-2:]
    compared = [compare(), compare(csp_safe=True, report_language="ar")]
    return {"whole": [report], "safe": [forms["safe"]], "split": [forms["split"], *largest], "compared": compared}


@pytest.mark.parametrize("form", ["whole", "safe", "split", "compared"])
@pytest.mark.parametrize("scripts", [True, False])
def test_no_form_of_the_report_asks_for_anything_or_says_anything(tab, hostile_pages, form, scripts):
    pages = hostile_pages[form]
    assert len(pages) > 1 or form != "split"
    for page in pages:
        tab.scripts(allowed=scripts)
        tab.open(page)
        title = tab.run("document.title")
        tab.open_all()
        tab.run("document.querySelectorAll('*').forEach(node => node.dispatchEvent(new MouseEvent('mouseover')))")
        assert tab.complaints() == []
        assert tab.run("document.title") == title
        assert tab.run("document.body.id") == ""
        own = {page.as_uri(), *(file.as_uri() for file in pages[0].parent.glob("**/report.*"))}
        own |= {file.as_uri() for file in page.parent.glob("*/report.*")}
        assert {address for address in tab.requests() if not address.startswith("data:")} <= own
