import csv
import dataclasses
import gzip
import io
import itertools
import json
import os
import tracemalloc
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dq.errors import ConfigError, MissingInputError, NothingReadableError, TableError
from dq.ingest import decode_page, read_pages
from dq.options import ColumnOptions, IngestOptions

OPTIONS = IngestOptions()
ROWS = [
    {"id": "1", "url": "https://a.example/1", "html": "<p>أول</p>", "fetched_at": "2024-04-09T12:00:00+00:00"},
    {"id": "2", "url": "https://a.example/2", "html": "<p>ثان\nسطر</p>", "fetched_at": "2024-04-09T12:00:00+00:00"},
]


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def comma_separated(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def parquet(rows):
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue()


def array(rows):
    return json.dumps(rows).encode()


WRITERS = {".jsonl": jsonl, ".ndjson": jsonl, ".json": array, ".csv": comma_separated, ".parquet": parquet}
PACKERS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}


def put(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def read(*inputs, **options):
    return list(read_pages(inputs, IngestOptions(**options)))


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("ending", WRITERS)
def test_rows_are_the_same_in_every_format(tmp_path, ending, packed):
    if ending == ".parquet" and packed:
        pytest.skip("Parquet compresses its own columns")
    put(tmp_path, {f"feed{ending}{packed}": PACKERS[packed](WRITERS[ending](ROWS))})
    pages = read(tmp_path)
    assert [(page.row, page.source_id, page.url, page.data) for page in pages] == [
        (number, row["id"], row["url"], row["html"]) for number, row in enumerate(ROWS)
    ]
    assert {(page.path, page.format, page.fetched_at, page.problem, page.copy) for page in pages} == {
        (f"feed{ending}{packed}", "html", datetime(2024, 4, 9, 12, tzinfo=UTC), None, 0)
    }


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize(
    ("ending", "page_format"), [(".html", "html"), (".HTM", "html"), (".xhtml", "html"), (".txt", "text")]
)
def test_a_file_can_be_a_page(tmp_path, ending, page_format, packed):
    put(tmp_path, {f"d/page{ending}{packed}": PACKERS[packed]("نص".encode())})
    (page,) = read(tmp_path)
    assert (page.path, page.row, page.format, page.data) == (
        f"d/page{ending}{packed}",
        None,
        page_format,
        "نص".encode(),
    )
    assert (page.url, page.fetched_at, page.source_id) == (None, None, None)


def test_pages_come_by_name_and_row_whatever_the_order_of_inputs(tmp_path):
    put(tmp_path, {"b/x.jsonl": jsonl(ROWS), "a/y.html": "y", "a/x.txt": "x"})
    inputs = [tmp_path / "a", tmp_path / "b", tmp_path / "a" / "y.html"]
    orders = [read(*order) for order in itertools.permutations(inputs)]
    assert [(page.path, page.row) for page in orders[0]] == [
        ("x.jsonl", 0),
        ("x.jsonl", 1),
        ("x.txt", None),
        ("y.html", None),
    ]
    assert all(order == orders[0] for order in orders)


def test_copies_of_a_page_are_numbered(tmp_path):
    row = ROWS[0]
    put(
        tmp_path,
        {
            "a.jsonl": jsonl([row, row, row | {"html": "other"}, row]),
            "b.jsonl": jsonl([row, {"html": "x"}, {"html": "x"}]),
        },
    )
    pages = read(tmp_path)
    assert [page.copy for page in pages] == [0, 1, 0, 2, 3, 0, 1]
    ids = [decode_page(page, OPTIONS).page_id for page in pages]
    assert len(set(ids)) == len(ids)


def test_bytes_and_text_of_one_page_are_copies(tmp_path):
    put(
        tmp_path,
        {"a.jsonl": jsonl([{"url": "u", "html": "ب"}]), "b.parquet": parquet([{"url": "u", "html": "ب".encode()}])},
    )
    assert [page.copy for page in read(tmp_path)] == [0, 1]


def test_two_rows_with_one_id_are_two_pages(tmp_path):
    put(tmp_path, {"a.jsonl": jsonl([ROWS[0], ROWS[1] | {"id": "1"}])})
    assert [page.source_id for page in read(tmp_path)] == ["1", "1"]


def test_inputs_are_checked_before_the_first_page(tmp_path):
    with pytest.raises(MissingInputError):
        read_pages([tmp_path / "nowhere"], OPTIONS)
    with pytest.raises(ConfigError, match="klingon"):
        read_pages([tmp_path], IngestOptions(encoding="klingon"))


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.pdf": "x"},
        {"empty.jsonl": ""},
        {"empty.csv": ""},
        {"a.csv": "url,html\n"},
        {"a.json": "[]"},
        {"a.parquet": None},
    ],
)
def test_nothing_to_read(tmp_path, files):
    empty = parquet([{"html": "x"}][:0]) if "a.parquet" in files else None
    put(tmp_path, {name: data if data is not None else empty for name, data in files.items()})
    with pytest.raises(NothingReadableError, match="looked for") as caught:
        read_pages([tmp_path], OPTIONS)
    assert caught.value.exit_code == 3


WITHOUT_RECORD = {
    "damaged.warc.gz": gzip.compress(b"WARC/1.0\r\nbroken"),
    "e.warc": b"",
    "e.jsonl": b"\n \n",
    "e.ndjson.gz": gzip.compress(b""),
    "e.csv": b"url,html\n",
    "e.tsv": b"",
    "e.json": b"[]",
    "e.parquet": parquet([{"html": "x"}][:0]),
}


@pytest.mark.parametrize("name", WITHOUT_RECORD)
def test_a_file_without_a_record_is_a_rejected_row(tmp_path, name):
    data = WITHOUT_RECORD[name]
    put(tmp_path, {name: data, "good.html": "<p>"})
    page = next(page for page in read(tmp_path) if page.path == name)
    assert (page.row, page.problem) == (None, "holds no record of a page")
    assert page.lost_bytes == (0 if name.endswith(".gz") else (tmp_path / name).stat().st_size)
    with pytest.raises(NothingReadableError, match="hold no record"):
        read(tmp_path / name)


def test_files_that_are_passed_over_are_told_after_the_walk(tmp_path, caplog):
    put(tmp_path, {"noext": "x", "page.php": "x", "a.html.bz2": "x", "z.zip": "x", ".hidden": "x", "good.html": "<p>"})
    pages = read_pages([tmp_path], OPTIONS)
    assert not caplog.records
    assert [page.path for page in pages] == ["good.html"]
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("dq.ingest", "WARNING")
    assert record.getMessage().startswith(
        "4 files of a kind that is not read passed over: 'a.html.bz2', 'noext', 'page.php', 'z.zip'; looked for .html"
    )


def test_nothing_is_told_where_nothing_was_passed_over(tmp_path, caplog):
    put(tmp_path, {"good.html": "<p>", ".hidden": "x"})
    assert len(read(tmp_path)) == 1
    assert not caplog.records


def test_no_input_at_all_is_nothing_to_read():
    with pytest.raises(NothingReadableError, match="no input at all"):
        read_pages([], OPTIONS)


def test_a_named_file_of_unknown_kind(tmp_path):
    put(tmp_path, {"page.php": "<p>", "good.html": "<p>"})
    with pytest.raises(NothingReadableError, match="looked for"):
        read(tmp_path / "page.php")
    good, unknown = read(tmp_path / "page.php", tmp_path / "good.html")
    assert (good.problem, unknown.path) == (None, "page.php")
    assert unknown.problem.startswith("not a kind of file that is read")


class TestColumns:
    def test_named_columns_are_used(self, tmp_path):
        put(tmp_path, {"t.csv": "nr,where,seite,when\n7,https://e.org/,<p>x</p>,2024-04-09\n"})
        columns = ColumnOptions(id="nr", url="where", html="seite", fetched_at="when")
        (page,) = read(tmp_path, columns=columns)
        assert (page.source_id, page.url, page.data, page.fetched_at.year) == ("7", "https://e.org/", "<p>x</p>", 2024)

    @pytest.mark.parametrize("ending", WRITERS)
    def test_a_named_column_that_is_absent_is_wrong_use(self, tmp_path, ending):
        put(tmp_path, {f"t{ending}": WRITERS[ending](ROWS), "other.html": "<p>"})
        with pytest.raises(
            TableError, match=f"t{ending}: no column body; its columns are id, url, html, fetched_at"
        ) as caught:
            read_pages([tmp_path], IngestOptions(columns=ColumnOptions(text="body")))
        assert caught.value.exit_code == 2

    def test_a_named_column_may_be_left_out_of_some_json_records(self, tmp_path):
        put(tmp_path, {"t.jsonl": jsonl([{"html": "<p>"}, {"html": "<p>", "where": "https://e.org/"}])})
        assert [page.url for page in read(tmp_path, columns=ColumnOptions(url="where"))] == [None, "https://e.org/"]

    @pytest.mark.parametrize("ending", [".csv", ".parquet"])
    def test_a_table_without_content(self, tmp_path, ending):
        put(tmp_path, {f"t{ending}": WRITERS[ending]([{"day": "1", "views": "2"}]), "page.html": "<p>"})
        with pytest.raises(TableError, match="its columns are day, views"):
            read_pages([tmp_path / f"t{ending}"], OPTIONS)
        page, table = read(tmp_path)
        assert (page.problem, table.row) == (None, None)
        assert "no column holds html or text" in table.problem

    def test_a_broken_table_is_no_wrong_use(self, tmp_path):
        put(tmp_path, {"t.parquet": "broken"})
        (page,) = read(tmp_path / "t.parquet", columns=ColumnOptions(html="body"))
        assert page.problem.startswith("the file cannot be read: not readable as Parquet")

    def test_a_scrapy_feed_is_read_untouched(self, tmp_path):
        items = [{"url": ["https://e.org/1"], "title": ["عنوان"], "body": ["<p>نص</p>"], "timestamp": 1712664000}]
        put(tmp_path, {"items.json": b"[\n" + jsonl(items) + b"]"})
        (page,) = read(tmp_path)
        assert (page.url, page.format, page.data) == ("https://e.org/1", "html", "<p>نص</p>")
        assert page.fetched_at == datetime(2024, 4, 9, 12, tzinfo=UTC)


class TestBroken:
    def test_one_broken_file_does_not_stop_the_others(self, tmp_path):
        put(
            tmp_path,
            {
                "a.html": "<p>good</p>",
                "b.parquet": "no parquet",
                "c.html.gz": gzip.compress(b"<p>" * 1000)[:-9],
                "d.jsonl.zst": b"no zstd",
                "e.warc": "no warc\r\n" * 9,
                "f.json": '{"html": ',
                "g.txt": "good",
            },
        )
        pages = read(tmp_path)
        assert [page.path for page in pages if page.problem is None] == ["a.html", "g.txt"]
        broken = {page.path: page.problem for page in pages if page.problem}
        assert len(broken) == 5
        assert all(problem.startswith("the file cannot be read: ") for problem in broken.values())
        assert broken["c.html.gz"].endswith("the gz data end too early")

    @pytest.mark.parametrize("packed", [".gz", ".zst"])
    @pytest.mark.parametrize("ending", [".jsonl", ".csv", ".json"])
    def test_rows_before_a_cut_are_kept(self, tmp_path, ending, packed):
        rows = [{"url": f"https://e.org/{number}", "text": os.urandom(300).hex()} for number in range(2000)]
        data = PACKERS[packed](WRITERS[ending](rows))
        put(tmp_path, {f"t{ending}{packed}": data[: len(data) * 2 // 3]})
        *kept, rest = read(tmp_path)
        assert len(kept) > 1000
        assert all((page.data, page.problem) == (row["text"], None) for page, row in zip(kept, rows, strict=False))
        assert rest.row == len(kept)
        assert rest.problem.startswith("the rest of the file cannot be read: ")

    def test_bad_rows_are_told_and_the_others_read(self, tmp_path):
        lines = [
            jsonl(ROWS[:1]),
            b"{broken\n",
            b"[]\n",
            b'{"url": "https://e.org/", "html": "caf\xe9"}\n',
            b'{"id": 4}\n',
        ]
        put(tmp_path, {"t.jsonl": b"".join([*lines, jsonl(ROWS[1:])])})
        pages = read(tmp_path)
        assert [page.row for page in pages] == [0, 1, 2, 3, 4, 5]
        assert [bool(page.problem) for page in pages] == [False, True, True, True, True, False]
        assert pages[3].url == "https://e.org/"
        assert len({decode_page(page, OPTIONS).page_id for page in pages}) == 6

    def test_large_pages_are_left_behind(self, tmp_path):
        small, large = {"text": "x" * 100}, {"text": "x" * 101}
        files = {f"t{ending}": WRITERS[ending]([large, small]) for ending in WRITERS}
        put(tmp_path, files | {"a.html": b"x" * 101, "b.html.gz": gzip.compress(bytes(10**7)), "c.html": b"x" * 100})
        pages = read(tmp_path, max_page_bytes=100)
        assert [page.path for page in pages if page.problem is None] == ["c.html", *sorted(files)]
        assert all(
            "larger than 100 bytes" in page.problem or "field limit" in page.problem for page in pages if page.problem
        )
        assert all(not page.data for page in pages if page.problem)
        sizes = {page.path: page.lost_bytes for page in pages if page.problem}
        assert (sizes["a.html"], sizes["b.html.gz"], sizes["t.parquet"], sizes["t.json"]) == (101, 101, 101, 101)
        assert all(page.lost_bytes == 0 for page in pages if not page.problem)

    def test_the_size_of_what_cannot_be_read_is_told(self, tmp_path):
        files = {
            "a.parquet": "no parquet",
            "c.html.gz": gzip.compress(os.urandom(9000))[:-9],
            "d.php": "<p>",
            "e.jsonl": '{"id": 7}\n{bad}\n{"text": "x"}',
        }
        put(tmp_path, files)
        pages = read(*(tmp_path / name for name in sorted(files)))
        assert all(page.problem for page in pages if page.path != "e.jsonl")
        sizes = {page.path: page.lost_bytes for page in pages}
        assert (sizes["a.parquet"], sizes["d.php"]) == (10, 3)
        assert sizes["c.html.gz"] > 8000
        assert [page.lost_bytes for page in pages[-3:]] == [0, 5, 0]
        assert decode_page(pages[0], OPTIONS).n_bytes == 10

    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read every file")
    def test_a_file_without_permission(self, tmp_path):
        put(tmp_path, {"shut.html": "x", "open.html": "x"})
        (tmp_path / "shut.html").chmod(0)
        _, shut = read(tmp_path)
        assert "Permission denied" in shut.problem

    @pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
    def test_a_dead_link(self, tmp_path):
        put(tmp_path, {"a.html": "x"})
        (tmp_path / "dead.html").symlink_to(tmp_path / "nowhere")
        _, dead = read(tmp_path)
        assert dead.problem.startswith("cannot be opened")


def test_memory_does_not_grow_with_the_input(tmp_path):
    def peak(count):
        rows = ({"url": f"https://e.org/{number}", "html": "<p>" + "نص طويل " * 2000} for number in range(count))
        with gzip.open(tmp_path / "t.jsonl.gz", "wb", 1) as file:
            file.writelines(jsonl([row]) for row in rows)
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_pages([tmp_path], OPTIONS)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(600) < peak(100) + 500_000


GOOD_FILES = {f"t{ending}": WRITERS[ending](ROWS * 3) for ending in WRITERS} | {
    "t.jsonl.gz": gzip.compress(jsonl(ROWS)),
    "t.csv.zst": zstandard.compress(comma_separated(ROWS)),
    "t.html.gz": gzip.compress(b"<p>x</p>"),
    "t.txt": "نص".encode("cp1256"),
    "t.warc": b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: 47\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>\r\n\r\n",
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(
    name=st.sampled_from(sorted(GOOD_FILES)),
    start=st.integers(0, 2000),
    length=st.integers(0, 60),
    patch=st.binary(max_size=60),
)
@example(name="t.warc", start=0, length=0, patch=b"")
def test_no_damage_to_a_file_is_a_crash(tmp_path, name, start, length, patch):
    data = GOOD_FILES[name]
    start %= len(data) + 1
    put(tmp_path, {name: data[:start] + patch + data[start + length :]})
    try:
        pages = read(tmp_path / name)
    except (NothingReadableError, TableError):
        pass  # the damage hit the header, or left no record
    else:
        decoded = [decode_page(page, OPTIONS) for page in pages]
        assert len({page.page_id for page in decoded}) == len(decoded)
        assert all(page.problem for page in decoded if page.status != "ok")
    finally:
        (tmp_path / name).unlink()


def test_raw_pages_can_be_compared_and_kept(tmp_path):
    put(tmp_path, {"a.html": "x"})
    (page,) = read(tmp_path)
    assert dataclasses.replace(page, copy=0) == page
