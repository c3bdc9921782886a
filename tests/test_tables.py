"""Tables: ids, schemas and frames."""

import hashlib

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.tables import TABLES, make_id


def test_an_id_is_the_first_16_hex_digits_of_blake2b_8_over_values_joined_by_zero():
    assert (
        make_id("https://a.example/1", "ff") == hashlib.blake2b(b"https://a.example/1\0ff", digest_size=8).hexdigest()
    )


@given(
    st.lists(st.text(st.characters(exclude_characters="\0")), min_size=1),
    st.lists(st.text(st.characters(exclude_characters="\0")), min_size=1),
)
def test_ids_tell_values_apart(left, right):
    assert (make_id(*left) == make_id(*right)) == (left == right)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_says_what_it_means(table):
    assert table.meaning
    assert set(table.key) <= set(table.columns)
    assert all(meaning for _, meaning in table.columns.values())
    assert table.frame().schema == table.schema


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_tables_survive_their_file(table, tmp_path):
    frame = table.frame([dict.fromkeys(table.columns)])
    frame.write_parquet(table.file(tmp_path))
    assert pl.read_parquet(table.file(tmp_path)).equals(frame)


def test_conform_drops_further_columns_casts_and_sorts():
    table = TABLES["passages"]
    frame = pl.DataFrame(
        {
            "end": [9, 5],
            "start": [4, 1],
            "article_id": ["a", "a"],
            "reuse_id": ["r", "r"],
            "similarity": [1, 1],
            "x": [0, 0],
        }
    )
    out = table.conform(frame)
    assert out.schema == table.schema
    assert out["start"].to_list() == [1, 4]
