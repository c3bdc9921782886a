import dataclasses
import hashlib
import html
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dq.errors import ConfigError
from dq.ingest import RawPage, decode_page
from dq.options import IngestOptions
from dq.tables import PAGES, Page, make_id

OPTIONS = IngestOptions()
ARABIC = "القدس عاصمة فلسطين، وقال الوزير إن المحادثات بدأت اليوم في المدينة."


def page(**fields) -> Page:
    return decode_page(RawPage(**({"path": "a.html"} | fields)), OPTIONS)


def test_a_page_keeps_what_came_with_it():
    fetched = datetime(2024, 4, 9, tzinfo=UTC)
    raw = RawPage(
        path="d/a.jsonl", row=7, url="https://www.example.org/a", source_id="x1", fetched_at=fetched, data="نص"
    )
    decoded = decode_page(raw, OPTIONS)
    assert (decoded.path, decoded.row, decoded.url, decoded.host) == ("d/a.jsonl", 7, raw.url, "example.org")
    assert (decoded.source_id, decoded.fetched_at, decoded.status, decoded.content) == ("x1", fetched, "ok", "نص")
    assert (decoded.encoding, decoded.n_bytes, decoded.problem) == ("utf-8", 4, None)
    assert decoded.content_sha256 == hashlib.sha256("نص".encode()).hexdigest()


def test_pages_fit_the_table():
    frame = PAGES.frame([dataclasses.asdict(page(data=b"<p>a</p>")), dataclasses.asdict(page(problem="broken"))])
    assert frame.height == 2


def test_the_id_is_made_of_url_else_path_and_content():
    sha = hashlib.sha256(b"<p>a</p>").hexdigest()
    assert page(data=b"<p>a</p>").page_id == make_id("a.html", sha)
    assert page(data=b"<p>a</p>", url="https://e.org").page_id == make_id("https://e.org", sha)
    assert page(data=b"<p>a</p>", copy=2).page_id == make_id("a.html", sha, "2")


def test_an_address_found_in_the_page_leaves_the_id_alone():
    data = b'<link rel="canonical" href="https://www.example.org/a"><p>a</p>'
    decoded = page(data=data)
    assert (decoded.url, decoded.host) == ("https://www.example.org/a", "example.org")
    assert decoded.page_id == make_id("a.html", hashlib.sha256(data).hexdigest())
    assert page(data=data, url="https://b.net/").url == "https://b.net/"
    assert page(data=data, format="text").url is None


@pytest.mark.parametrize("data", [b"", b" \n\t", "\u3000\n".encode(), b"\xef\xbb\xbf", "", "\ufeff \n"])
def test_white_space_is_an_empty_page(data):
    decoded = page(data=data)
    assert (decoded.status, decoded.content) == ("empty", "")
    assert decoded.problem == "holds nothing but white space"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "is a PDF document, not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a PNG image, not text"),
        (b"PK\x03\x04\x14\x00", "is a zip archive, not text"),
        (b"\x1f\x8b\x08\x00abc", "is gzip data, not text"),
        (b"<html>a\x00b</html>", "holds NUL bytes"),
        ("<p>a\0b</p>", "holds NUL characters"),
        (bytes(range(256)) * 20, "holds NUL bytes"),
        (bytes(range(1, 256)) * 20, "no text"),
        (b"\x01\x02\x03 abc " * 50, "too many control characters"),
        (b"\xff\xfe\x00\x00" + bytes(4), "NUL"),
        (b"\xff\xfea\x00\x00\x00b\x00", "NUL"),
        (b"a\x00" * 50 + b"\x00b" * 50, "holds NUL bytes"),
        (b"\x00\x01\x00\x02\x00\xd8" * 50, "NUL"),
    ],
)
def test_what_is_no_text_is_rejected_with_the_reason(data, problem):
    decoded = page(data=data)
    assert decoded.status == "rejected"
    assert problem in decoded.problem
    assert (decoded.content, decoded.encoding) == ("", None)


def test_a_page_rejected_before_keeps_its_reason_and_address():
    decoded = page(problem="HTTP status 404", url="https://a.example/x")
    assert (decoded.status, decoded.problem, decoded.host) == ("rejected", "HTTP status 404", "a.example")


def test_a_page_of_which_nothing_was_kept_has_its_size_and_the_digest_of_nothing():
    decoded = page(problem="larger than 100 bytes", lost_bytes=200_000_000)
    assert (decoded.n_bytes, decoded.content_sha256) == (200_000_000, hashlib.sha256(b"").hexdigest())


@pytest.mark.parametrize("data", [b"x" * 101, "ا" * 51])
def test_a_page_that_is_too_large_is_rejected(data):
    decoded = decode_page(RawPage(path="a", data=data), IngestOptions(max_page_bytes=100))
    assert (decoded.status, decoded.problem) == ("rejected", "larger than 100 bytes")


def test_mojibake_is_told_and_left_as_it_came():
    damaged = ARABIC.encode().decode("cp1252", "replace")
    decoded = page(data=damaged.encode(), declared_encoding="windows-1256")
    assert (decoded.status, decoded.content) == ("ok", damaged)
    assert decoded.problem.startswith("mojibake: utf-8 was read as windows-1252")
    assert decoded.problem.endswith("; declares windows-1256 but is utf-8")


def test_the_http_charset_counts():
    data = "Wörter größer schön".encode("cp1252")
    assert page(data=data, declared_encoding="iso-8859-1").encoding == "windows-1252"


def test_an_unknown_encoding_is_a_config_error():
    with pytest.raises(ConfigError, match="klingon"):
        decode_page(RawPage(path="a"), IngestOptions(encoding="klingon"))


def test_the_encoding_option_is_obeyed():
    decoded = decode_page(RawPage(path="a", data=b"\xe7"), IngestOptions(encoding="koi8-r"))
    assert (decoded.content, decoded.encoding) == ("Г", "koi8-r")


def test_raw_pages_travel_to_other_processes():
    raw = RawPage(path="a.html", data=b"<p>", fetched_at=datetime(2024, 1, 1, tzinfo=UTC), copy=3)
    assert pickle.loads(pickle.dumps(raw)) == raw  # noqa: S301  (our own bytes)


@pytest.mark.parametrize(
    "data",
    [
        b"<script " * 40_000 + b"\xe7\xe1",
        b"<!-- " * 50_000 + b"\xe7\xe1",
        b"<link " + b"a" * 300_000,
        (b"<link rel=canonical " + b"a-" * 1000 + b">") * 100,
        b"?" * 500_000,
        b"?? " * 2 + b"x" * 500_000,
        "Ã".encode() * 300_000,
        b"&" * 300_000 + b"\xe7\xe1",
        b"<div>" * 100_000,
        b"\xff" * 300_000,
    ],
    ids=range(10),
)
def test_hostile_pages_are_read_or_rejected(data):
    assert page(data=data).status in {"ok", "rejected"}  # a pattern that backtracks would never come to an end here


@given(data=st.binary(max_size=300) | st.text(max_size=300), page_format=st.sampled_from(["html", "text"]))
def test_any_content_becomes_a_row(data, page_format):
    decoded = page(data=data, format=page_format)
    assert decoded.status in {"ok", "empty", "rejected"}
    assert (decoded.status == "ok") == bool(decoded.content)
    assert decoded.status == "ok" or decoded.problem
    PAGES.frame([dataclasses.asdict(decoded)])


@given(url=st.text() | st.text().map("https://{}/a".format) | st.text("[]:/@.a1\u0661\uff0e").map("http://{}".format))
@example(url="http://[::1")
@example(url="https://ex[31m.test/")
@example(url="http://[v1.x]:99999999/")
@example(url="http://\u2100.example/")  # a letter that stands for others, which urlsplit refuses in a host
def test_any_url_becomes_a_row(url):
    decoded = page(data="<p>a</p>", url=url)
    assert (decoded.status, decoded.url) == ("ok", url or None)
    assert decoded.host is None or decoded.host == decoded.host.lower()
    quoted = html.escape(url)
    for own in (
        f'<link rel="canonical" href="{quoted}"><p>a</p>',
        f'<meta property="og:url" content="{quoted}"><p>a</p>',
    ):
        found = page(data=own.encode("utf-8", "replace"))
        assert found.status in {"ok", "rejected"}  # control characters are no text
        assert found.url is None or found.host is not None


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_utf8_comes_back_as_it_was(text):
    decoded = page(data=text.encode(), format="text")
    if decoded.status == "ok":
        assert decoded.content == text.removeprefix("\ufeff")
