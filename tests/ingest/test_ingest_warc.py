import gzip
import zlib
from datetime import UTC, datetime

import pytest
import zstandard

from dq.ingest.streams import BrokenStreamError
from dq.ingest.warc import warc_pages

HTML = "Content-Type: text/html; charset=windows-1256"


def record(body, *headers, status="200 OK", cut=0, **named):
    fields = {"kind": "response", "url": "https://e.org/a", "date": "2024-04-09T12:00:00Z"} | named
    http = f"HTTP/1.1 {status}\r\n" + "".join(f"{header}\r\n" for header in headers or [HTML])
    block = http.encode() + b"\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {fields['kind']}\r\nWARC-Target-URI: {fields['url']}\r\nWARC-Date: {fields['date']}\r\n"
        f"WARC-Record-ID: <urn:uuid:12345678-1234-1234-1234-123456789012>\r\n"
        f"Content-Type: application/http; msgtype={fields['kind']}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block[: len(block) - cut] + b"\r\n\r\n"


@pytest.fixture
def pages(tmp_path):
    def read(*parts, limit=100_000):
        path = tmp_path / "crawl.warc"
        path.write_bytes(b"".join(parts))
        return list(warc_pages(path, "crawl.warc", limit))

    return read


def test_a_response_becomes_a_page(pages):
    (page,) = pages(record(b"<p>a</p>", url="<https://e.org/a>"))
    assert (page.path, page.row, page.url, page.data, page.format) == (
        "crawl.warc",
        0,
        "https://e.org/a",
        b"<p>a</p>",
        "html",
    )
    assert (page.declared_encoding, page.fetched_at) == ("windows-1256", datetime(2024, 4, 9, 12, tzinfo=UTC))
    assert (page.source_id, page.problem) == ("urn:uuid:12345678-1234-1234-1234-123456789012", None)


def test_other_records_are_passed_over(pages):
    got = pages(
        record(b"a", kind="request"),
        record(b"\x89PNG", "Content-Type: image/png"),
        record(b"", "Location: /b", HTML, status="301 Moved"),
        record(b"{}", "Content-Type: application/json"),
        record(b"x", "Server: without a type"),
        record(b"<p>b</p>", "Content-Type: Application/XHTML+XML"),
        record(b"<p>c</p>"),
    )
    assert [(page.row, page.data) for page in got] == [(0, b"<p>b</p>"), (1, b"<p>c</p>")]


def test_failed_requests_are_rejected_pages(pages):
    (page,) = pages(record(b"<h1>Not found</h1>", status="404 Not Found"))
    assert (page.problem, page.data, page.url) == ("HTTP status 404", b"", "https://e.org/a")
    assert page.lost_bytes == len(b"<h1>Not found</h1>")


def test_a_date_that_is_none(pages):
    assert pages(record(b"a", date="nonsense"))[0].fetched_at is None


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_compressed_files(pages, pack):
    got = pages(pack(record(b"<p>a</p>")), pack(record(b"<p>b</p>")))
    assert [page.data for page in got] == [b"<p>a</p>", b"<p>b</p>"]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["Transfer-Encoding: chunked"], b"3\r\n<p>\r\n5\r\na</p>\r\n0\r\n\r\n"),
        (["Content-Encoding: gzip"], gzip.compress(b"<p>a</p>", mtime=0)),
        (["Content-Encoding: deflate"], zlib.compress(b"<p>a</p>")),
        (["Content-Encoding: zstd"], zstandard.compress(b"<p>a</p>")),
        (["Content-Encoding: gzip", "Transfer-Encoding: chunked"], None),
        (["Content-Encoding: identity"], b"<p>a</p>"),
        (["Content-Encoding: gzip"], b"<p>a</p>"),
        (["Transfer-Encoding: chunked"], b"<p>a</p>"),
        (["Content-Encoding: br"], b"<p>a</p>"),
    ],
)
def test_http_encodings_are_undone_and_wrong_ones_forgiven(pages, headers, body):
    if body is None:
        packed = gzip.compress(b"<p>a</p>", mtime=0)
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    got = pages(record(body, HTML, *headers), record(b"next"))
    assert [(page.data, page.problem) for page in got] == [(b"<p>a</p>", None), (b"next", None)]


def test_large_pages_and_bombs_are_left_behind(pages):
    got = pages(
        record(b"x" * 1001),
        record(gzip.compress(bytes(500_000)), HTML, "Content-Encoding: gzip"),
        record(b"<p>a</p>"),
        limit=1000,
    )
    assert [page.problem for page in got] == ["larger than 1000 bytes"] * 2 + [None]
    assert [page.data for page in got] == [b"", b"", b"<p>a</p>"]
    assert [page.lost_bytes for page in got] == [1001, 1001, 0]  # of the bomb, no more was read


def test_a_record_that_is_cut_short(pages):
    whole, cut = pages(record(b"<p>a</p>"), record(b"<p>bcdefg</p>", cut=10)[:-4])
    assert (whole.problem, cut.problem, cut.data) == (None, "the record ends before its declared length", b"")


def test_a_compressed_file_that_is_cut_short(pages):
    packed = gzip.compress(record(b"<p>bcd</p>" * 1000))
    whole, cut = pages(gzip.compress(record(b"<p>a</p>")), packed[:-30])
    assert whole.problem is None
    assert cut.problem


def test_what_is_no_warc(pages):
    with pytest.raises(BrokenStreamError, match="WARC"):
        pages(b"this is no web archive\n" * 10)


def test_pages_before_the_break_are_kept(tmp_path):
    path = tmp_path / "crawl.warc"
    path.write_bytes(record(b"<p>a</p>") + b"garbage\n" * 10 + record(b"<p>b</p>"))
    got = []
    with pytest.raises(BrokenStreamError):
        got.extend(warc_pages(path, "crawl.warc", 1000))
    assert [page.data for page in got] == [b"<p>a</p>"]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BrokenStreamError, match="No such file"):
        list(warc_pages(tmp_path / "none.warc", "none.warc", 1000))
