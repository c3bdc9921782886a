"""Reviewing decisions in the report: keys and buttons, what is remembered, and the file that comes out."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import polars as pl
import pytest

import dq

SCHEMA = Path(dq.__file__).with_name("reviews.schema.json")
KEYS = "[...document.querySelectorAll('.review')].map(item => JSON.parse(item.dataset.key))"
TOLD = "document.querySelector('[data-review] output').value"
SAVE = "document.querySelector('[data-save]')"
ANSWERS = "[...document.querySelectorAll('.review')].map(item => item.querySelector('input:checked')?.value ?? null)"


@pytest.fixture
def opened(tab, short):
    tab.open(short)
    forget(tab)
    tab.run("document.querySelector('.review').scrollIntoView()")
    return tab


def forget(tab):
    """Nothing was decided before; other tests leave what they decided to the browser."""
    tab.run("localStorage.clear()")
    tab.reload()


def strike(tab, letters):
    for letter in letters:
        tab.letter(letter)


def saved(tab, folder):
    """The file that the button saves."""
    tab.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    tab.run(f"{SAVE}.click()")
    file = folder / "decisions.json"
    end = time.monotonic() + 20
    while not file.exists() and time.monotonic() < end:
        tab.run("new Promise(done => setTimeout(done, 20))")
    return json.loads(file.read_text(encoding="utf-8"))


def test_nothing_can_be_saved_before_a_decision(opened):
    n = len(opened.run(KEYS))
    assert opened.run(TOLD) == f"0 of {n} reviewed, 0 right"
    assert opened.run(f"{SAVE}.disabled")
    strike(opened, "ny")
    assert not opened.run(f"{SAVE}.disabled")
    strike(opened, "pu")
    assert opened.run(f"{SAVE}.disabled")


def test_keys_accept_and_reject_and_go_on_and_undo_stays(opened):
    n = len(opened.run(KEYS))
    strike(opened, "nyxy")
    assert opened.run(ANSWERS) == ["yes", "no", "yes", *[None] * (n - 3)]
    assert opened.run(TOLD) == f"3 of {n} reviewed, 2 right"
    assert opened.run("document.activeElement.id") == opened.run("location.hash.slice(1)") == "review-4"
    strike(opened, "ppu")
    assert opened.run(ANSWERS) == ["yes", None, "yes", *[None] * (n - 3)]
    assert opened.run("document.activeElement.id") == "review-2"
    assert opened.run(TOLD) == f"2 of {n} reviewed, 2 right"
    strike(opened, "x")
    assert opened.run(ANSWERS)[1] == "no"
    assert opened.run("[...document.querySelectorAll('.review.wrong')].map(item => item.id)") == ["review-2"]


def test_keys_have_their_places_on_an_arabic_keyboard(opened):
    for place, writes in (("n", "ى"), ("y", "غ"), ("x", "ء")):
        opened.letter(place, writes=writes)
    assert opened.run(ANSWERS)[:3] == ["yes", "no", None]


def test_keys_go_by_their_letter_on_a_german_keyboard(opened):
    strike(opened, "n")
    opened.letter("y", writes="z")
    assert set(opened.run(ANSWERS)) == {None}
    opened.letter("z", writes="y")
    assert opened.run(ANSWERS)[0] == "yes"


def test_radio_buttons_decide_and_the_keyboard_reaches_them(opened):
    opened.run("document.querySelector('#review-2 input[value=no]').click()")
    assert opened.run(ANSWERS)[:3] == [None, "no", None]
    assert opened.run("document.getElementById('review-2').classList.contains('wrong')")
    opened.run("document.querySelector('#review-1 input').focus()")
    opened.key(" ", 32, place="Space")
    assert opened.run(ANSWERS)[:2] == ["yes", "no"]
    strike(opened, "x")
    assert opened.run(ANSWERS)[:2] == ["no", "no"]


def test_the_file_holds_what_was_decided_and_names_rows_of_the_run(opened, short, tmp_path):
    keys = opened.run(KEYS)
    assert {key["kind"] for key in keys} == {"line", "pair", "page"}
    answers = [place % 3 != 1 for place in range(len(keys))]
    strike(opened, ["n", *("y" if accepted else "x" for accepted in answers)])
    content = saved(opened, tmp_path)
    run_id = json.loads((short.parent / "run.json").read_text(encoding="utf-8"))["run_id"]
    assert content == {
        "schema_version": 1,
        "run_id": run_id,
        "decisions": [{**key, "accepted": accepted} for key, accepted in zip(keys, answers, strict=True)],
    }
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(content)
    named = {
        (d["kind"], *(d.get(name) for name in ("page_id", "line", "left_id", "right_id"))) for d in content["decisions"]
    }
    assert len(named) == len(keys)
    assert named <= rows_of(short.parent)


def rows_of(folder):
    """What a decision may name."""
    lines = pl.read_parquet(folder / "lines.parquet", columns=["page_id", "line"]).rows()
    pairs = pl.read_parquet(folder / "duplicates.parquet", columns=["left_id", "right_id"]).rows()
    pages = pl.read_parquet(folder / "pages.parquet").filter(pl.col("status") == "empty")["page_id"]
    return {
        *(("line", page, line, None, None) for page, line in lines),
        *(("pair", None, None, left, right) for left, right in pairs),
        *(("page", page, None, None, None) for page in pages),
    }


def test_decisions_survive_a_reload(opened):
    strike(opened, "nyxy")
    before, progress = opened.run(ANSWERS), opened.run(TOLD)
    opened.reload()
    assert (opened.run(ANSWERS), opened.run(TOLD)) == (before, progress)
    assert not opened.run(f"{SAVE}.disabled")


def test_decisions_stay_with_what_was_decided_when_the_report_is_drawn_anew(tab, draw):
    tab.open(draw())
    forget(tab)
    tab.run("document.querySelectorAll('.review input[value=no]')[4].click()")
    key = tab.run(KEYS)[4]
    tab.open(draw(max_reviews=40))
    keys = tab.run(KEYS)
    decided = [key for key, answer in zip(keys, tab.run(ANSWERS), strict=True) if answer]
    assert decided == ([key] if key in keys else [])


@pytest.mark.parametrize("memory", ["not JSON", "null", "{}", '[["no such thing", true]]', "[1]", "[[0]]"])
def test_a_spoilt_memory_is_forgotten(opened, memory):
    run_id = opened.run("document.body.dataset.run")
    opened.run(f"localStorage.setItem('dq-review-{run_id}', {memory!r})")
    opened.reload()
    assert opened.complaints() == []
    assert opened.run(TOLD).startswith("0 of ")
    opened.run("document.querySelector('.review').scrollIntoView()")
    strike(opened, "ny")
    assert opened.run(TOLD).startswith("1 of ")
