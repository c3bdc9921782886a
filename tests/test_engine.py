"""The engine: shards come out whole, are found again, and leave no trace in the tables."""

import dataclasses
import hashlib
import os

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq import engine
from dq.engine import SHARD_TABLES, clean_in_shards, cut, fingerprint, gather, id_ranges, raise_if_faulty
from dq.errors import FaultError
from dq.ingest import read_pages
from dq.options import CleanOptions, EngineOptions, IngestOptions, Options
from dq.tables import LINES, PAGES


def options(**engine):
    return Options(engine=EngineOptions(**{"workers": 1} | engine))


def run(feed, folder, chosen, progress=lambda _: None):
    return clean_in_shards(read_pages([feed], IngestOptions()), folder, chosen, progress=progress)


def digests(shards, folder):
    folder.mkdir(parents=True)
    for table in SHARD_TABLES:
        gather(table, shards, table.file(folder))
    return {table.name: hashlib.sha256(table.file(folder).read_bytes()).hexdigest() for table in SHARD_TABLES}


def test_shards_and_workers_leave_no_trace_in_the_tables(feed, tmp_path):
    ways = {"one": options(), "small": options(shard_pages=5), "many": options(shard_pages=3, workers=2)}
    found = {name: digests(run(feed, tmp_path / name, way), tmp_path / "tables" / name) for name, way in ways.items()}
    assert found["one"] == found["small"] == found["many"]


def test_progress_counts_every_page(feed, tmp_path):
    heard = []
    run(feed, tmp_path / "s", options(shard_pages=5), heard.append)
    assert heard == [5, 5, 2]


def test_what_was_finished_is_not_done_again(feed, tmp_path):
    shards = run(feed, tmp_path / "s", options(shard_pages=5))
    marks = [(shard / "lines.parquet").stat().st_mtime_ns for shard in shards]
    (shards[1] / "fingerprint").write_text("another")
    again = run(feed, tmp_path / "s", options(shard_pages=5))
    assert again == shards
    same = [(shard / "lines.parquet").stat().st_mtime_ns == mark for shard, mark in zip(again, marks, strict=True)]
    assert same == [True, False, True]


def test_a_half_written_shard_is_done_again(feed, tmp_path):
    (tmp_path / "s" / "000000.part").mkdir(parents=True)
    (tmp_path / "s" / "000000.part" / "lines.parquet").write_bytes(b"half")
    shards = run(feed, tmp_path / "s", options())
    assert pl.read_parquet(PAGES.file(shards[0])).height == 12
    assert not (tmp_path / "s" / "000000.part").exists()


def test_options_that_change_pages_change_the_fingerprint(feed):
    shard = list(read_pages([feed], IngestOptions()))
    marks = {fingerprint(shard, Options(clean=CleanOptions(min_article_words=n))) for n in (30, 40)}
    assert len(marks) == 2
    assert fingerprint(shard, options(workers=1)) == fingerprint(shard, options(workers=7))


def cleaned(pages, tmp_path):
    shards = clean_in_shards(pages, tmp_path / "s", options(), progress=lambda _: None)
    gather(PAGES, shards, PAGES.file(tmp_path))
    return pl.read_parquet(PAGES.file(tmp_path)).sort("row")


def test_a_page_on_which_cleaning_fails_is_a_row_and_the_rest_goes_on(feed, tmp_path, monkeypatch):
    honest = engine.read_drafts

    def fails_on_one(pages, chosen):
        pages = list(pages)
        if any(page.row == 7 and page.status == "ok" for page in pages):
            raise ValueError("boom")
        return honest(pages, chosen)

    monkeypatch.setattr(engine, "read_drafts", fails_on_one)
    pages = cleaned(read_pages([feed], IngestOptions()), tmp_path)
    assert pages["status"].to_list() == ["ok"] * 7 + ["rejected"] + ["ok"] * 4
    assert pages["problem"][7] == "dq failed on this page: ValueError: boom"
    with pytest.raises(FaultError, match=r"1 of 12 pages, first feed\.jsonl, record 7: .*boom"):
        raise_if_faulty(tmp_path)


def test_a_fault_on_every_page_is_a_fault_of_dq(feed, tmp_path):
    broken = Options(clean=CleanOptions(min_article_words="no number"), engine=EngineOptions(workers=1))
    shards = run(feed, tmp_path / "s", broken)
    gather(PAGES, shards, PAGES.file(tmp_path))
    with pytest.raises(FaultError, match=r"12 of 12 pages, first feed\.jsonl, record 0: .*TypeError"):
        raise_if_faulty(tmp_path)


def test_a_worker_that_dies_is_told_with_what_to_do(feed, tmp_path):
    pages = list(read_pages([feed], IngestOptions()))
    pages[7] = dataclasses.replace(pages[7], data=Killer())
    with pytest.raises(FaultError, match="a worker process died while it cleaned shard"):
        clean_in_shards(pages, tmp_path / "s", options(workers=2, shard_pages=4), progress=lambda _: None)


class Killer(str):
    """Text that ends the process which unpacks it."""

    __slots__ = ()

    def __reduce__(self):
        return os._exit, (9,)


@given(st.lists(st.integers(0, 400), max_size=40), st.integers(1, 7))
def test_cutting_loses_and_reorders_nothing(sizes, most):
    pages = [type("Raw", (), {"data": b"x" * size})() for size in sizes]
    shards = list(cut(pages, most))
    assert [page for shard in shards for page in shard] == pages
    assert all(0 < len(shard) <= most for shard in shards)


@given(st.integers(0, 10**9), st.text("0123456789abcdef", min_size=16, max_size=16))
def test_every_id_is_in_exactly_one_range(rows, found):
    assert sum(low <= found < high for low, high in id_ranges(rows)) == 1


def test_gathering_many_rows_makes_row_groups_of_ids(tmp_path, monkeypatch):
    monkeypatch.setattr("dq.engine.GROUP_ROWS", 10)
    rows = [
        {"page_id": hashlib.md5(str(n).encode()).hexdigest()[:16], "line": 0, "text": str(n), "kept": False}
        for n in range(100)
    ]
    shards = []
    for number, part in enumerate((rows[:70], rows[70:])):
        (tmp_path / str(number)).mkdir()
        shards.append(tmp_path / str(number))
        LINES.frame([dict.fromkeys(LINES.columns) | row for row in part]).write_parquet(LINES.file(shards[-1]))
    gather(LINES, shards, tmp_path / "all.parquet")
    frame = pl.read_parquet(tmp_path / "all.parquet")
    assert frame.schema == LINES.schema
    assert frame["page_id"].to_list() == sorted(row["page_id"] for row in rows)
