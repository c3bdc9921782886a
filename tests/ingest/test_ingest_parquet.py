from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dq.ingest.parquet import parquet_names, parquet_rows
from dq.ingest.streams import BrokenStreamError

NOON = datetime(2024, 4, 9, 12, tzinfo=UTC)


def write(path, table, **options):
    pq.write_table(pa.table(table), path, **options)
    return path


def rows(path, columns, limit=10_000):
    return list(parquet_rows(path, columns, limit))


def test_cells_of_every_type(tmp_path):
    path = write(
        tmp_path / "t.parquet",
        {
            "id": pa.array([1, 2, None]),
            "html": pa.array([b"\xff<p>", None, b""]),
            "text": pa.array(["نص", "b", None], pa.large_string()),
            "host": pa.array(["a", "b", "a"]).dictionary_encode(),
            "at": pa.array([NOON, None, NOON], pa.timestamp("ns", "UTC")),
            "day": pa.array([date(2024, 4, 9), None, None]),
            "parts": pa.array([["a", "b"], [], None]),
            "unused": pa.array([1.0, 2.0, 3.0]),
        },
    )
    assert parquet_names(path) == ("id", "html", "text", "host", "at", "day", "parts", "unused")
    first, second, third = rows(path, ["id", "html", "text", "host", "at", "day", "parts"])
    assert first.cells == {
        "id": 1,
        "html": b"\xff<p>",
        "text": "نص",
        "host": "a",
        "at": NOON,
        "day": date(2024, 4, 9),
        "parts": ["a", "b"],
    }
    assert (second.row, second.cells["html"], second.cells["parts"]) == (1, None, [])
    assert (third.row, third.cells["id"], third.cells["text"]) == (2, None, None)


@pytest.mark.parametrize("per_group", [1, 7, 1000])
def test_rows_are_counted_across_row_groups(tmp_path, per_group):
    path = write(tmp_path / "t.parquet", {"text": [str(number) for number in range(500)]}, row_group_size=per_group)
    assert [(record.row, record.cells["text"]) for record in rows(path, ["text"])] == [(n, str(n)) for n in range(500)]


def test_a_cell_larger_than_a_page_is_not_copied(tmp_path):
    path = write(tmp_path / "t.parquet", {"url": ["a", "b"], "html": [b"x" * 101, b"y"]})
    large, small = rows(path, ["url", "html"], 100)
    assert (large.problem, large.cells) == ("the column html: larger than 100 bytes", {"url": "a"})
    assert (large.lost_bytes, small.lost_bytes) == (101, 0)
    assert small.cells["html"] == b"y"


def test_text_that_is_not_utf8(tmp_path):
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    path = write(tmp_path / "t.parquet", {"text": broken})
    (record,) = rows(path, ["text"])
    assert record.problem == "the column text holds bytes that are not valid UTF-8"


@pytest.mark.parametrize("data", [b"", b"no parquet at all", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_file_that_is_no_parquet(tmp_path, data):
    path = tmp_path / "t.parquet"
    path.write_bytes(data)
    with pytest.raises(BrokenStreamError, match="not readable as Parquet"):
        rows(path, [])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BrokenStreamError, match="No such file"):
        parquet_names(tmp_path / "t.parquet")


def test_a_broken_row_group_is_one_row_and_the_next_is_read(tmp_path):
    texts = [f"text {number} " * 50 for number in range(300)]
    path = tmp_path / "t.parquet"
    write(path, {"text": texts}, row_group_size=100, use_dictionary=False, write_page_checksum=True)
    group = pq.ParquetFile(path).metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    middle = group.data_page_offset + group.total_compressed_size // 2
    data[middle : middle + 40] = bytes(40)
    path.write_bytes(data)
    got = rows(path, ["text"])
    (broken,) = [record for record in got if record.problem]
    assert broken.problem.startswith(f"rows {broken.row} to 199 cannot be read: ")
    assert [record.row for record in got if not record.problem] == [*range(broken.row), *range(200, 300)]
