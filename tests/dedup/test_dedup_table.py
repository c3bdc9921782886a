import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from dq.dedup import find_duplicates, read_table
from dq.errors import MissingInputError, TableError
from dq.options import ColumnOptions, DedupOptions

USUAL = ColumnOptions()


def as_parquet(frame, folder):
    frame.write_parquet(path := folder / "t.parquet")
    return path


def as_csv(frame, folder):
    frame.write_csv(path := folder / "t.CSV")
    return path


def as_lines(frame, folder):
    frame.write_ndjson(path := folder / "t.jsonl")
    return path


FRAME = pl.DataFrame(
    {
        "doc_id": [7, 8],
        "Body": ["نص أول", None],
        "headline": ["عنوان", "x"],
        "published_at": ["2024-04-09 10:11:12", "no date"],
        "link": ["https://www.Example.org:8080/a?b", "not an address"],
        "more": [1.5, 2.5],
    }
)


@pytest.mark.parametrize("write", [as_parquet, as_csv, as_lines])
def test_usual_names_are_found_in_every_format(write, tmp_path):
    table = read_table(write(FRAME, tmp_path), USUAL)
    assert table.columns == ["id", "text", "title", "date", "host", "url"]
    assert table["text"].to_list()[0] == "نص أول"
    assert table["id"].to_list() == ["7", "8"]
    assert table["title"].to_list() == ["عنوان", "x"]
    assert table["date"].to_list() == [datetime(2024, 4, 9, 10, 11, 12), None]
    assert table["host"].to_list() == ["example.org", None]
    assert find_duplicates(table, DedupOptions()).membership.height == 2


def test_named_columns_come_before_usual_ones(tmp_path):
    frame = pl.DataFrame({"id": ["a"], "key": ["k"], "text": ["usual"], "raw": ["named"], "source": ["paper"]})
    table = read_table(as_parquet(frame, tmp_path), ColumnOptions(id="key", text="raw"))
    assert table.select("id", "text", "host", "title").rows() == [("k", "named", "paper", None)]


DATES = [
    (["2024-04-09"], datetime(2024, 4, 9)),
    (["2024/04/09"], datetime(2024, 4, 9)),
    ([" 2024-04-09T10:00 "], datetime(2024, 4, 9, 10)),
    (["2024-04-09T10:00:01.5+03:00"], datetime(2024, 4, 9, 10, 0, 1, 500_000)),
    (["2024-04-09T10:00:01Z"], datetime(2024, 4, 9, 10, 0, 1)),
    ([date(2024, 4, 9)], datetime(2024, 4, 9)),
    ([datetime(2024, 4, 9, 1)], datetime(2024, 4, 9, 1)),
    ([datetime(2024, 4, 9, 1, tzinfo=UTC)], datetime(2024, 4, 9, 1)),
    ([""], None),
    ([20240409], None),
]


@pytest.mark.parametrize(("column", "expected"), DATES)
def test_dates_of_any_kind(column, expected, tmp_path):
    frame = pl.DataFrame({"id": ["a"], "text": ["x"], "date": column})
    assert read_table(as_parquet(frame, tmp_path), USUAL)["date"].to_list() == [expected]


def test_rows_of_one_id_are_told_apart_whatever_their_order(tmp_path):
    rows = [("a", "2"), ("a", "1"), ("b", "3"), (None, "4"), (None, "5"), ("a", "1"), ("a#2", "6")]
    frame = pl.DataFrame(rows, schema=["id", "text"], orient="row")
    expected = {
        ("a", "1"),
        ("a#2", "1"),
        ("a#2#2", "6"),
        ("a#3", "2"),
        ("b", "3"),
        ("(no id)", "4"),
        ("(no id)#2", "5"),
    }
    for shuffled in (frame, frame.reverse()):
        assert set(read_table(as_parquet(shuffled, tmp_path), USUAL).select("id", "text").rows()) == expected


def test_missing_columns_are_told_together_with_those_that_are_there(tmp_path):
    path = as_parquet(pl.DataFrame({"name": ["a"], "words": ["b"]}), tmp_path)
    with pytest.raises(TableError) as told:
        read_table(path, ColumnOptions(title="Title"))
    assert str(told.value).splitlines() == [
        f"{path} has the columns name, words:",
        "  - no column Title, named as title",
        "  - no column looks like id: name it with --id",
        "  - no column looks like text: name it with --text",
    ]


def test_a_missing_file(tmp_path):
    with pytest.raises(MissingInputError, match="there is no such file"):
        read_table(tmp_path / "none.parquet", USUAL)


BROKEN = [
    ("t.parquet", b"PAR1 no more", "cannot be read as parquet"),
    ("t.jsonl", b'{"id": 1, "text": "x"}\n{"id": ', "cannot be read as jsonl"),
    ("t.csv", b"", "cannot be read as csv"),
    ("t.xlsx", b"x", "not a table; what can be read is .parquet, .csv, .jsonl, .ndjson"),
]


@pytest.mark.parametrize(("name", "content", "message"), BROKEN)
def test_files_that_are_no_tables(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / name, USUAL)


def test_a_column_of_bytes_is_read_where_it_is_text(tmp_path):
    frame = pl.DataFrame({"id": ["a"], "text": ["نص".encode()]})
    assert read_table(as_parquet(frame, tmp_path), USUAL)["text"].to_list() == ["نص"]
    frame = pl.DataFrame({"id": ["a"], "text": [b"\xff\xfe"]})
    with pytest.raises(TableError, match="a column cannot be read as text"):
        read_table(as_parquet(frame, tmp_path), USUAL)


def test_a_folder_is_no_table(tmp_path):
    (tmp_path / "t.parquet").mkdir()
    with pytest.raises(TableError):
        read_table(tmp_path / "t.parquet", USUAL)


def test_json_lines_of_differing_keys(tmp_path):
    lines = [{"id": 1, "text": "a"}, {"id": "2", "text": "b", "title": "t"}]
    path = tmp_path / "t.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert read_table(path, USUAL).select("id", "title").rows() == [("1", None), ("2", "t")]
