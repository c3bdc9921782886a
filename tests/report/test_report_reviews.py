"""Decisions drawn for review: of every kind, of all hosts, the same ones each time."""

import json
from collections import Counter

import polars as pl

from dq.options import ReportOptions
from dq.report.reviews import KINDS, read_reviews
from dq.report.run_folder import read_run
from dq.tables import ARTICLES, DUPLICATES, LINES, PAGES


def drawn(folder, n=60):
    return read_reviews(read_run(folder), ReportOptions(max_reviews=n))


def test_there_are_some_of_every_kind_and_they_are_spread_over_hosts(troubled):
    found = drawn(troubled, 40).rows
    assert len(found) == 40
    kinds = Counter(one.kind for one in found)
    assert set(kinds) == set(KINDS)
    assert max(kinds.values()) <= 40
    hosts = Counter(one.host for one in found if one.kind == "removed")
    assert len(hosts) >= 8
    assert max(hosts.values()) - min(hosts.values()) <= 2


def test_every_key_names_a_row_and_its_decision(troubled):
    lines = {(row["page_id"], row["line"]): row for row in pl.read_parquet(LINES.file(troubled)).iter_rows(named=True)}
    pairs = set(pl.read_parquet(DUPLICATES.file(troubled)).select("left_id", "right_id").iter_rows())
    empty = set(pl.read_parquet(PAGES.file(troubled)).filter(pl.col("status") == "empty")["page_id"])
    for one in drawn(troubled, 10_000).rows:
        key = json.loads(one.key_json)
        if key["kind"] == "line":
            line = lines[key["page_id"], key["line"]]
            assert line["kept"] == (one.kind == "kept")
            assert line["text"].startswith(one.text.removesuffix("…"))
        elif key["kind"] == "pair":
            assert (key["left_id"], key["right_id"]) in pairs
        else:
            assert key["page_id"] in empty


def test_all_are_drawn_where_there_is_room_each_once(troubled):
    found = drawn(troubled, 10_000)
    lines = pl.read_parquet(LINES.file(troubled)).height
    kinds = Counter(one.kind for one in found.rows)
    assert kinds["removed"] + kinds["kept"] == lines
    assert len({one.key_json for one in found.rows}) == len(found.rows) == found.total


def test_the_same_are_drawn_in_any_order_of_rows(troubled, tmp_path, runs):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    for table in (LINES, PAGES, ARTICLES, DUPLICATES):
        frame = pl.read_parquet(table.file(folder)).sample(fraction=1, shuffle=True, seed=3)
        frame.write_parquet(table.file(folder))
    assert [one.key_json for one in drawn(folder).rows] == [one.key_json for one in drawn(troubled).rows]


def test_what_is_one_text_needs_no_reviewer(troubled):
    exact = pl.read_parquet(DUPLICATES.file(troubled)).filter((pl.col("relation") == "exact") & ~pl.col("folded_only"))
    keys = {tuple(row) for row in exact.select("left_id", "right_id").iter_rows()}
    assert keys
    pairs = [json.loads(one.key_json) for one in drawn(troubled, 10_000).rows if one.kind == "pair"]
    assert not keys & {(pair["left_id"], pair["right_id"]) for pair in pairs}


def test_a_run_without_pages_has_nothing_to_review(empty):
    assert drawn(empty).rows == ()
