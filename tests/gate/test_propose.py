"""Suites that are drawn from runs hold in those runs, and say where their bounds come from."""

import json
import shutil

import polars as pl
import pytest

from dq.errors import MissingInputError, TableError, UsageError
from dq.gate import load_suites, propose
from dq.tables import ARTICLES, PAGES


@pytest.fixture
def run(batch, tmp_path):
    folder = tmp_path / "20260101T000000Z-run"
    folder.mkdir()
    batch.write(folder)
    return folder


def stated(path):
    return {(one["type"], one["kwargs"].get("column")): one for one in json.loads(path.read_text())["expectations"]}


def test_a_batch_passes_what_was_drawn_from_it(batch, gate, run, tmp_path):
    files = propose([run], tmp_path / "proposed")
    assert {path.stem for path in files} >= {"pages", "articles", "paragraphs", "sources"}
    verdict = gate(batch, suites=load_suites(tmp_path / "proposed"))
    assert verdict.failures == ()


def test_each_of_several_runs_passes_what_was_drawn_from_all(batch, gate, run, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(run, other)
    longer = pl.read_parquet(ARTICLES.file(run)).with_columns(n_words=pl.col("n_words") * 3, language=pl.lit("de"))
    ARTICLES.write(longer, other)
    propose([run, other], tmp_path / "proposed")
    found = stated(tmp_path / "proposed" / "articles.json")
    words = found["expect_column_values_to_be_between", "n_words"]
    assert words["kwargs"] == {"column": "n_words", "min_value": 0, "max_value": 480, "mostly": 0.99}
    assert "below 120" in words["notes"]
    assert "above 360" in words["notes"]
    assert found["expect_column_values_to_be_in_set", "language"]["kwargs"]["value_set"] == ["ar", "de", "en", "fr"]
    assert gate(batch, suites=load_suites(tmp_path / "proposed")).failures == ()


def test_a_broken_batch_does_not_pass_what_was_drawn_from_a_sound_one(batch, gate, run, tmp_path):
    propose([run], tmp_path / "proposed")
    for article in batch.articles[::2]:
        batch.set_body(article, "قصير")
    columns = {one.column for one in gate(batch, suites=load_suites(tmp_path / "proposed")).failures}
    assert {"n_words", "body"} <= columns


def test_nothing_is_written_over(run, tmp_path):
    propose([run], tmp_path / "proposed")
    with pytest.raises(UsageError, match=r"would be written over.*--out"):
        propose([run], tmp_path / "proposed")


def test_a_folder_without_tables_is_told(tmp_path):
    with pytest.raises(MissingInputError, match="no tables with rows"):
        propose([tmp_path], tmp_path / "proposed")
    assert not (tmp_path / "proposed").exists()


def test_a_table_that_cannot_be_read_is_told(run, tmp_path):
    PAGES.file(run).write_bytes(b"PAR1")
    with pytest.raises(TableError, match=r"pages\.parquet cannot be read"):
        propose([run], tmp_path / "proposed")


def test_tables_without_rows_say_nothing(run, tmp_path):
    ARTICLES.write(ARTICLES.empty(), run)
    assert "articles" not in {path.stem for path in propose([run], tmp_path / "proposed")}
