import csv
import io
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.ingest import read_pages
from dq.ingest.rows import MAX_REREADS, ROW_FACTOR, csv_rows, json_lines, json_values
from dq.ingest.streams import BrokenStreamError
from dq.options import IngestOptions

BIG = 1_000_000
NEVER_CLOSED = "a quote is opened and never closed; the lines after it are read as rows of their own"
CELLS = st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=20) | st.integers(), max_size=4)
CUTS = st.lists(st.integers(1, 400), max_size=5)


def blocks(data, cuts=()):
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def again(*parts):
    """What gives a stream of blocks from its start, as often as it is called."""
    return lambda: iter(parts)


def read(records):
    return [(record.row, dict(record.cells), record.problem) for record in records]


def problems(records):
    return [record.problem for record in records]


@given(rows=st.lists(CELLS), cuts=CUTS, ascii_only=st.booleans())
def test_json_lines_come_back(rows, cuts, ascii_only):
    data = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows).encode()
    assert read(json_lines(blocks(data, cuts), BIG)) == [(number, row, None) for number, row in enumerate(rows)]


@given(rows=st.lists(CELLS), cuts=CUTS, indent=st.sampled_from([None, 1]))
def test_json_arrays_come_back(rows, cuts, indent):
    data = json.dumps(rows, ensure_ascii=False, indent=indent).encode()
    assert read(json_values(blocks(data, cuts), BIG)) == [(number, row, None) for number, row in enumerate(rows)]


@given(rows=st.lists(st.tuples(st.text(), st.text())), cuts=CUTS, delimiter=st.sampled_from(",;\t|"))
def test_csv_comes_back(rows, cuts, delimiter):
    rows = [tuple(cell.replace("\r", "").replace("\0", "") for cell in row) for row in rows]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([("url", "text"), *rows])
    data = text.getvalue().encode("utf-8", "surrogatepass")
    got = read(csv_rows(lambda: blocks(data, cuts), BIG, "utf-8"))
    expected = [(number, {"url": url, "text": body}, None) for number, (url, body) in enumerate(rows)]
    if not any("\ud800" <= char <= "\udfff" for char in text.getvalue()):
        assert got == expected


class TestJsonLines:
    def test_broken_lines_are_told_and_the_others_read(self):
        data = b'{"a": 1}\n{"a": \n\n[1, 2]\n"text"\n{"a": 2}'
        rows = list(json_lines([data], BIG))
        assert [record.row for record in rows] == [0, 1, 2, 3, 4]
        assert problems(rows) == [
            None,
            "line 2 is not valid JSON: Expecting value at character 7",
            "line 4 holds no JSON object",
            "line 5 holds no JSON object",
            None,
        ]

    def test_line_ends_of_windows_and_a_byte_order_mark(self):
        assert [record.cells for record in json_lines([b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n'], BIG)] == [
            {"a": 1},
            {"a": 2},
        ]

    def test_utf16(self):
        assert [record.cells for record in json_lines(['{"a": "ب"}\n'.encode("utf-16")], BIG)] == [{"a": "ب"}]

    def test_a_line_that_is_too_long_is_not_held(self):
        long = b'{"text": "' + b"x" * (ROW_FACTOR * 10) + b'"}\n'
        rows = list(json_lines([b'{"a": 1}\n', long[:20], long[20:], b'{"a": 2}\n'], 10))
        assert problems(rows) == [None, f"line 2 is larger than {ROW_FACTOR * 10} bytes", None]
        assert rows[1].lost_bytes == len(long) - 1

    def test_bytes_that_are_not_utf8_stay_recognisable(self):
        (record,) = json_lines([b'{"text": "caf\xe9"}'], BIG)
        assert record.cells == {"text": "caf\udce9"}

    @pytest.mark.parametrize("line", ["[" * 100_000, '{"a": ' + "9" * 10_000 + "}", "{'a': 1}", "nope"])
    def test_hostile_lines(self, line):
        rows = list(json_lines([line.encode() + b'\n{"a": 1}'], BIG))
        assert rows[0].problem.startswith("line 1 is not valid JSON")
        assert rows[1].cells == {"a": 1}

    def test_control_characters_in_strings_are_forgiven(self):
        assert next(json_lines([b'{"a": "x\ty"}'], BIG)).cells == {"a": "x\ty"}


class TestJsonValues:
    @pytest.mark.parametrize(
        ("data", "cells"),
        [
            (b'[{"a": 1},\n{"a": 2}\n]\n', [{"a": 1}, {"a": 2}]),
            (b'{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
            (b'{"a": 1}', [{"a": 1}]),
            (b"[]", []),
            (b" \n", []),
            (b"", []),
        ],
    )
    def test_arrays_and_values_in_a_row(self, data, cells):
        assert [record.cells for record in json_values([data], BIG)] == cells

    def test_a_value_that_is_no_object(self):
        assert problems(json_values([b'[{"a": 1}, 3, "x", null]'], BIG)) == [
            None,
            "value 2 holds no JSON object",
            "value 3 holds no JSON object",
            "value 4 holds no JSON object",
        ]

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b'[{"a": 1}, {"a": }, {"a": 3}]' + b" " * 100, "Expecting value"),
            (b'[{"a": 1}, {"a": "open', "Unterminated string"),
            (b'[{"a": 1}', "the JSON array is not closed"),
            (b'[{"a": 1}, {"a": ' + b'{"a":' * 100_000, "nested too deeply"),
        ],
    )
    def test_what_is_whole_comes_before_the_error(self, data, message):
        got = []
        with pytest.raises(BrokenStreamError, match=message):
            got.extend(json_values([data], BIG))
        assert [record.cells for record in got] == [{"a": 1}]

    def test_a_broken_stream_is_told_after_its_values(self):
        def breaking():
            yield b'[{"a": 1}, {"a": 2}, {"a"'
            raise BrokenStreamError("the gz data end too early")

        got = []
        with pytest.raises(BrokenStreamError, match="gz data end too early"):
            got.extend(json_values(breaking(), BIG))
        assert len(got) == 2

    def test_a_value_that_is_too_large_ends_the_file(self):
        with pytest.raises(BrokenStreamError, match="larger than 40 bytes"):
            list(json_values([b'[{"a": "', *[b"x" * 70_000] * 100], 10))


class TestCsv:
    def test_rows_that_do_not_match_the_header(self):
        rows = list(csv_rows(again(b"url,text\na,b\na\na,b,c\n\nd,e\n"), BIG))
        assert problems(rows) == [
            None,
            "line 3: 1 cells where the header has 2",
            "line 4: 3 cells where the header has 2",
            None,
        ]
        assert [record.row for record in rows] == [0, 1, 2, 3]

    def test_lines_in_cells_keep_their_ends(self):
        (record,) = csv_rows(again(b'url,text\r\nu,"one\r\ntwo\nthree"\r\n'), BIG)
        assert record.cells == {"url": "u", "text": "one\r\ntwo\nthree"}

    def test_a_huge_cell_is_left_and_the_rest_read(self):
        huge = b'u,"' + b"x" * 60 + b"\n" + b"y" * 60 + b'\nlast"\n'
        rows = list(csv_rows(again(b"url,text\n", huge, b"v,w\n"), 100))
        assert problems(rows) == ["lines 2 to 4: field larger than field limit (100)", None]
        assert rows[1].cells == {"url": "v", "text": "w"}

    def test_a_huge_line_is_left_and_the_rest_read(self):
        rows = list(csv_rows(again(b"url,text\nu,", b"x" * 500, b"\nv,w\n"), 100))
        assert problems(rows) == ["line 2: larger than 400 bytes", None]

    def test_a_quote_that_is_never_closed(self):
        rows = list(csv_rows(again(b'url,text\na,b\nc,"open\nd,e\nf,g\n'), BIG))
        assert problems(rows) == [None, f"line 3: {NEVER_CLOSED}", None, None]
        assert [record.row for record in rows] == [0, 1, 2, 3]
        assert [record.cells["url"] for record in rows] == ["a", "c", "d", "f"]
        assert "text" not in rows[1].cells

    def test_one_open_quote_costs_its_own_row_only(self):
        data = [f"{number},text {number}\n" for number in range(300)]
        data[5] = '5,"text 5\n'
        rows = list(csv_rows(again(b"id,text\n", "".join(data).encode()), BIG))
        assert [record.cells["id"] for record in rows] == [str(number) for number in range(300)]
        assert [record.row for record in rows if record.problem] == [5]
        assert rows[5].problem.startswith("line 7: ")

    def test_the_last_line_can_hold_the_open_quote(self):
        (record,) = csv_rows(again(b'id,url,text\n1,u,"unterminated\n'), BIG)
        assert record.problem == f"line 2: {NEVER_CLOSED}"
        assert record.cells == {"id": "1", "url": "u"}

    def test_the_line_is_told_on_which_the_quote_opens(self):
        rows = list(csv_rows(again(b'id,text,more\n1,"two\nlines","open\n2,b,c\n'), BIG))
        assert problems(rows) == [f"line 3: {NEVER_CLOSED}", None]

    def test_a_header_with_an_open_quote(self):
        with pytest.raises(BrokenStreamError, match="a quote is opened in it and never closed"):
            list(csv_rows(again(b'url,"text\na,b\n'), BIG))

    def test_open_quotes_without_end_take_no_time_without_end(self):
        hostile = b'a"b,"c\n' * 200  # closes a quote that is open, and opens another
        *reread, last = csv_rows(again(b"url,text\n", hostile), BIG)
        assert problems(reread) == [f"line {number}: {NEVER_CLOSED}" for number in range(2, 2 + MAX_REREADS)]
        assert last.problem.endswith(f"the {200 - MAX_REREADS - 1} lines after it are not read")

    def test_a_record_of_many_small_cells_is_not_held(self):
        rows = list(csv_rows(again(b"url,text\n", b'a"b,"c\n' * 200), 50))
        assert "larger than 200 bytes" in rows[0].problem

    def test_a_huge_cell_that_is_never_closed(self):
        rows = list(csv_rows(again(b'url,text\nc,"', b"x\n" * 200), 100))
        assert len(rows) == 200
        assert rows[0].problem == f"line 2: {NEVER_CLOSED}"
        assert rows[-1].problem == "line 201: 1 cells where the header has 2"

    def test_quotes_within_bare_cells_are_letters(self):
        rows = list(csv_rows(again(b'url,text\na,5" disk\nb,c'), BIG))
        assert [record.cells["text"] for record in rows] == ['5" disk', "c"]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1256"])
    def test_encodings_are_recognised(self, encoding):
        text = "url,text\na,قال الوزير اليوم إن المحادثات بين البلدين ستبدأ في الأسبوع القادم\n"
        (record,) = csv_rows(again(text.encode(encoding)), BIG)
        assert record.cells["text"].startswith("قال الوزير")

    def test_the_encoding_can_be_given(self):
        (record,) = csv_rows(again("text\nпривет\n".encode("koi8-r")), BIG, "koi8-r")
        assert record.cells == {"text": "привет"}

    def test_bytes_in_no_encoding_stay_recognisable(self):
        (record,) = csv_rows(again(b"text\n" + bytes([1, 2, 3, 0x81, 0x8D, 0x90] * 20) + b"\n"), BIG)
        assert "text" in record.cells

    @pytest.mark.parametrize("data", [b"", b"\n\n"])
    def test_nothing(self, data):
        assert list(csv_rows(again(data), BIG)) == []

    def test_a_header_that_is_too_long(self):
        with pytest.raises(BrokenStreamError, match="the header cannot be read"):
            list(csv_rows(again(b"x" * 1000), 100))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", "How to write <p>a</p> and <div>b</div> and <b>c</b><br>", "text"),
        ("plain_text", "<b>Bold</b> claims</p></p></p>", "text"),
        ("text", "<!DOCTYPE html><html><body><p>a</p></body></html>", "html"),
        ("content", "<p>a</p>", "html"),
        ("body", "a < b, said <he>", "text"),
    ],
)
def test_a_column_called_text_holds_text_even_where_it_mentions_tags(tmp_path, name, value, expected):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"url": "https://a.example/", name: value}) + "\n", encoding="utf-8")
    (found,) = read_pages([path], IngestOptions())
    assert found.format == expected
