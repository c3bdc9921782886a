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
    ("t.parquet", b"PAR1 no more", "cannot be read as parquet: the file is damaged or cut short"),
    (
        "t.parquet",
        b"no Parquet",
        "cannot be read as parquet: this is no Parquet file; give it the ending of what it is",
    ),
    (
        "t.jsonl",
        b'{"id": 1, "text": "x"}\n\n{"id": ',
        "cannot be read as jsonl: .*\n  - line 3: Expecting value at char",
    ),
    ("t.jsonl", b'{"id": 1, "text": "x"}\n[1]\n{"id": NaN}\n', "line 2: no JSON object\n  - line 3: NaN is no JSON$"),
    ("t.jsonl", b'{"id": 1, "text": "caf\xe9"}\n', "line 1: its bytes are not UTF-8"),
    ("t.jsonl", b'{"id": 1, "text": "x"}\n' + b"[" * 100_000 + b"\n", "line 2: nested too deeply"),
    ("t.ndjson", b"bad\n" * 9, "line 5: Expecting value at character 1\n  - and 4 more$"),
    ("t.jsonl", b"", "cannot be read as jsonl: it holds no row"),
    ("t.csv", b"", "cannot be read as csv: it is empty; its first line must name the columns"),
    ("t.csv", b'id,text\n1,"a\nb"\n2,b,c\n', "line 4 has 3 cells where the header has 2; put quotes around"),
    ("t.csv", b'id,text\n1,a\n2,"b\n3,d\n', "the row that begins at line 3 are not closed as they should be"),
    ("t.csv", b"id,text\n1," + b"x" * 200_000 + b"\n2,b,c\n", "line 3 has 3 cells"),
    ("t.xlsx", b"x", "not a table; what can be read is .parquet, .csv, .jsonl, .ndjson"),
]


@pytest.mark.parametrize(("name", "content", "message"), BROKEN)
def test_files_that_are_no_tables(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message) as told:
        read_table(tmp_path / name, USUAL)
    assert str(told.value).startswith(f"{tmp_path / name}: ")
    assert "\n\n" not in str(told.value)
    assert "Schema" not in str(told.value)


def test_a_column_of_bytes_is_read_where_it_is_text(tmp_path):
    frame = pl.DataFrame({"id": ["a"], "text": ["نص".encode()]})
    assert read_table(as_parquet(frame, tmp_path), USUAL)["text"].to_list() == ["نص"]
    frame = pl.DataFrame({"id": ["a"], "text": [b"\xff\xfe"]})
    with pytest.raises(TableError, match="the column text holds Binary that is no text; name another one with --text"):
        read_table(as_parquet(frame, tmp_path), USUAL)


@pytest.mark.parametrize("name", ["t.parquet", "run"])
def test_a_folder_is_no_table(name, tmp_path):
    (tmp_path / name).mkdir()
    with pytest.raises(TableError, match="this is a folder; name one table in it"):
        read_table(tmp_path / name, USUAL)


def test_columns_that_hold_no_text_are_told_together(tmp_path):
    frame = pl.DataFrame({"id": [[1]], "text": [b"\xff"], "title": ["t"]})
    with pytest.raises(TableError) as told:
        read_table(as_parquet(frame, tmp_path), USUAL)
    assert str(told.value).splitlines()[1:] == [
        "  - the column id holds List(Int64) that is no text; name another one with --id",
        "  - the column text holds Binary that is no text; name another one with --text",
    ]


LOST_DATES = [
    (
        ["2024-04-09", "yesterday", None, "", " ", "1\x1b[31m"],
        "2 of 3 dates could not be read, for example 'yesterday'",
    ),
    ([20240409, None], "1 of 1 dates could not be read, for example '20240409'"),
    (["x" * 1000], f"1 of 1 dates could not be read, for example '{'x' * 40}'"),
    (["2024-04-09", None, " "], None),
    ([None, None], None),
]


@pytest.mark.parametrize(("dates", "warning"), LOST_DATES)
def test_dates_that_cannot_be_read_are_told(dates, warning, tmp_path, caplog):
    frame = pl.DataFrame({"id": [str(nth) for nth in range(len(dates))], "text": ["x"] * len(dates), "date": dates})
    read_table(as_parquet(frame, tmp_path), USUAL)
    assert [record.getMessage() for record in caplog.records] == ([warning] if warning else [])
    assert {(record.name, record.levelname) for record in caplog.records} <= {("dq.dedup", "WARNING")}


def test_json_lines_of_differing_keys(tmp_path):
    lines = [{"id": 1, "text": "a"}, {"id": "2", "text": "b", "title": "t"}]
    path = tmp_path / "t.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert read_table(path, USUAL).select("id", "title").rows() == [("1", None), ("2", "t")]
