"""A host against its own earlier runs: what is usual, how far it is off, since when."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.drift import ALARM, against_past, newest_runs, past_rows
from dq.errors import UsageError
from dq.history import Past
from dq.tables import DRIFTING, OF_RUN, PAST, SOURCES

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def sources(*rows):
    """This run's figures, host by host; what is not given is usual."""
    usual = {
        "pages": 10, "articles": 10, "rejected_share": 0.0, "empty_share": 0.0, "duplicate_share": 0.1,
        "boilerplate_share": 0.5, "median_words": 200.0, "date_share": 1.0, "title_share": 1.0, "language_share": 1.0,
    }  # fmt: skip
    frame = pl.DataFrame([{"host": "a.example"} | usual | row for row in rows])
    return frame.select(pl.col(name).cast(SOURCES.schema[name]) for name in OF_RUN)


def past(*runs):
    """Earlier runs, the oldest first; each is a list of rows."""
    parts = [past_rows(sources(*rows), f"run{n}", DAY + timedelta(days=n)) for n, rows in enumerate(runs) if rows]
    return pl.concat([PAST.empty(), *parts])


def judged(now, *runs, max_runs=20):
    found = against_past(sources(*now), newest_runs(past(*runs), max_runs), run_id="now")
    return {row["host"]: row for row in found.to_dicts()}


def test_a_first_run_has_nothing_usual():
    row = judged([{}])["a.example"]
    assert (row["host_history"], row["runs_before"], row["runs_missed"]) == ("first", 0, 0)
    assert all(
        row[f"{figure}_{part}"] is None for figure in DRIFTING for part in ("usual", "spread", "change", "since")
    )


def test_a_host_that_is_as_ever_has_not_drifted():
    row = judged([{}], [{}], [{}], [{}])["a.example"]
    assert (row["host_history"], row["runs_before"]) == ("known", 3)
    assert (row["median_words_usual"], row["median_words_spread"], row["median_words_change"]) == (200.0, 0.0, 0.0)
    assert row["median_words_since"] is None


def test_bodies_that_lost_most_of_their_length_are_told_with_the_run_in_which_it_began():
    runs = [[{"median_words": words}] for words in (200.0, 210.0, 190.0, 205.0, 195.0, 40.0, 35.0)]
    row = judged([{"median_words": 38.0}], *runs)["a.example"]
    assert row["median_words_usual"] == 195.0
    assert row["median_words_change"] == pytest.approx(38 / 195 - 1)
    assert row["median_words_deviation"] < -ALARM
    assert row["median_words_since"] == "run5"
    assert judged([{"median_words": 38.0}], *runs[:5])["a.example"]["median_words_since"] == "now"


def test_shares_change_by_their_difference():
    row = judged([{"empty_share": 0.6}], [{}], [{"empty_share": 0.02}], [{}])["a.example"]
    assert row["empty_share_change"] == pytest.approx(0.6)
    assert row["empty_share_deviation"] > ALARM


def test_a_host_that_varies_has_to_vary_more_to_drift():
    steady = judged([{"pages": 15}], *[[{"pages": 10}]] * 5)["a.example"]
    lively = judged([{"pages": 15}], *[[{"pages": pages}] for pages in (4, 16, 10, 18, 6)])["a.example"]
    assert steady["pages_deviation"] > ALARM > lively["pages_deviation"]


def test_first_runs_gaps_and_vanished_hosts_are_told_apart():
    old, back, gone = {"host": "old.example"}, {"host": "back.example"}, {"host": "gone.example"}
    rows = judged([old, back, {"host": "new.example"}], [old, back, gone], [old, gone], [old])
    assert {host: row["host_history"] for host, row in rows.items()} == {
        "old.example": "known",
        "back.example": "returned",
        "gone.example": "vanished",
        "new.example": "first",
    }
    assert (rows["back.example"]["runs_missed"], rows["gone.example"]["runs_missed"]) == (2, 1)
    assert (rows["gone.example"]["pages"], rows["gone.example"]["median_words"]) == (0, None)
    assert rows["gone.example"]["pages_change"] == -1.0


def test_only_the_last_runs_count():
    runs = [[{"median_words": 900.0}]] * 10 + [[{"median_words": 200.0}]] * 3
    assert judged([{}], *runs, max_runs=3)["a.example"]["median_words_usual"] == 200.0
    forgotten = judged([{"host": "b.example"}], [{}], [{"host": "b.example"}], max_runs=1)
    assert set(forgotten) == {"b.example"}


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=8), st.floats(1, 1000))
def test_the_table_has_its_schema_and_one_row_a_host(words, now):
    runs = [[{"median_words": value}] for value in words]
    found = against_past(sources({"median_words": now}), past(*runs), run_id="now")
    assert found.schema == SOURCES.schema
    assert found.height == 1
    deviation, since = found["median_words_deviation"][0], found["median_words_since"][0]
    assert (abs(deviation) >= ALARM) == (since is not None)


class TestPast:
    def test_a_run_is_recorded_once(self, tmp_path):
        kept = Past(tmp_path / "history")
        rows = past([{}, {"host": "b.example"}])
        assert kept.before(DAY + timedelta(days=9), run_id="now").is_empty()
        assert kept.record(rows)
        assert not kept.record(rows)
        assert kept.before(DAY + timedelta(days=9), run_id="now").sort("host").equals(rows.sort("host"))

    def test_a_run_sees_what_was_before_it(self, tmp_path):
        kept = Past(tmp_path / "history")
        for n in range(3):
            kept.record(past_rows(sources({}), f"run{n}", DAY + timedelta(days=n)))
        seen = kept.before(DAY + timedelta(days=2), run_id="run1")
        assert seen["run_id"].to_list() == ["run0"]

    def test_hosts_without_pages_are_not_recorded(self, tmp_path):
        assert past_rows(sources({"pages": 0}), "r", DAY).is_empty()
        assert not Past(tmp_path / "history").record(past_rows(sources({"pages": 0}), "r", DAY))
        assert not (tmp_path / "history").exists()

    def test_a_folder_that_delta_cannot_write_to_is_told(self, tmp_path):
        with pytest.raises(UsageError, match=r"'\['.*another --history"):
            Past(tmp_path / "a[b]").record(past([{}]))
