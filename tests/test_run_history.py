"""Runs one after the other: a host that changes is told, with the run in which it began."""

import json
from pathlib import Path

import polars as pl
import pytest

from dq.options import DedupOptions, EngineOptions, GateOptions, Options
from dq.run import gate_again, run
from tests.conftest import ROOT, SENTENCES, article


def write_feed(path, hosts):
    """Five pages of each host, with so many sentences in each."""
    rows = [
        {"url": f"https://{host}/{n}", "text": article(ord(host[0]) * 100 + n, SENTENCES[:sentences])}
        for host, sentences in hosts.items()
        for n in range(5)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """Three runs of two hosts, and one in which a host has lost its bodies, another is new and one is gone."""
    out = tmp_path_factory.mktemp("week")
    options = Options(engine=EngineOptions(workers=1), gate=GateOptions(expectations=ROOT / "expectations"))
    usual, changed = {"a.example": 4, "b.example": 4}, {"a.example": 1, "c.example": 4}
    days = [usual, usual, usual, changed]
    return [run([write_feed(out / f"{n}.jsonl", hosts)], options, out=out / "runs") for n, hosts in enumerate(days)]


def sources(folder):
    return {row["host"]: row for row in pl.read_parquet(folder / "sources.parquet").to_dicts()}


def test_first_runs_have_no_past(week):
    assert {row["host_history"] for row in sources(week[0].folder).values()} == {"first"}
    assert sources(week[2].folder)["a.example"]["runs_before"] == 2


def test_what_changed_is_told(week):
    found = sources(week[3].folder)
    assert {host: row["host_history"] for host, row in found.items()} == {
        "a.example": "known",
        "b.example": "vanished",
        "c.example": "first",
    }
    assert found["a.example"]["median_words_change"] < -0.5
    assert found["a.example"]["median_words_since"] == week[3].folder.name
    failed = {(one.column, one.check.severity) for one in week[3].verdict.failures if one.check.table == "sources"}
    assert ("median_words_change", "warning") in failed
    assert ("host_history", "warning") in failed
    (lost,) = [one for one in week[3].verdict.failures if one.column == "median_words_change"]
    assert f"median_words_since: {week[3].folder.name}" in lost.examples[0]


def test_a_run_that_is_judged_again_is_not_its_own_past(week):
    folder = week[1].folder
    before = (folder / "sources.parquet").read_bytes()
    gate_again(folder, Options())
    assert (folder / "sources.parquet").read_bytes() == before


def test_a_history_that_is_named_keeps_figures_and_articles(tmp_path):
    feed = write_feed(tmp_path / "feed.jsonl", {"a.example": 4})
    history = tmp_path / "history"
    options = Options(
        engine=EngineOptions(workers=1),
        dedup=DedupOptions(history=str(history)),
        gate=GateOptions(expectations=ROOT / "expectations"),
    )
    done = run([feed], options, out=tmp_path / "runs")
    assert done.verdict.may_publish
    assert {path.name for path in Path(history).iterdir()} == {"articles", "figures"}
    assert not (tmp_path / "runs" / "history").exists()
