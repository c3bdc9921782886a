import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.addresses import host_of, own_address


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.AlJazeera.NET/news/1", "aljazeera.net"),
        ("http://user:pw@news.example.org:8080/a?b#c", "news.example.org"),
        ("https://www.www.example.org/", "www.example.org"),
        ("https://example.org./", "example.org"),
        ("//cdn.example.org/x", "cdn.example.org"),
        ("https://xn--ngbc5azd.xn--mgberp4a5d4ar/", "شبكة.السعودية"),
        ("https://مثال.شبكة/خبر", "مثال.شبكة"),
        ("https://xn--broken-.example/", "xn--broken-.example"),
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://[::1]/", None),
        ("http://localhost/", "localhost"),
        (" https://example.org/ ", "example.org"),
        ("javascript:void(0)", None),
        ("mailto:a@example.org", None),
        ("ftp://example.org/", None),
        ("/news/1.html", None),
        ("not a url", None),
        ("http://", None),
        ("http://[broken", None),
        ("http://a b/", None),
        ("http://[::1", None),
        ("https://ex[31m.test/", None),
        ("https://ex\x1b[31m.test/", None),
        ("https://<script>/", None),
        ("", None),
        (None, None),
    ],
)
def test_hosts(url, host):
    assert host_of(url) == host


@given(st.text())
def test_any_text_has_a_host_or_none(text):
    host = host_of(f"https://{text}")
    assert host is None or host == host.lower()


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("<link rel=canonical href=https://e.org/a>", "https://e.org/a"),
        ("<LINK HREF='//e.org/a?x=1&amp;y=2' REL='Canonical'>", "https://e.org/a?x=1&y=2"),
        ('<meta property="og:url" content="https://e.org/b">', "https://e.org/b"),
        (
            '<meta property="og:url" content="https://e.org/b"><link rel="canonical" href="https://e.org/a">',
            "https://e.org/a",
        ),
        ('<link rel="canonical" href="/a"><meta name="og:url" content="https://e.org/b">', "https://e.org/b"),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ('<link rel="canonical">', None),
        ('<link rel="stylesheet" href="https://e.org/canonical.css">', None),
        ("<p>og:url canonical</p>", None),
        ("<p>no address</p>", None),
    ],
)
def test_own_addresses(page, address):
    assert own_address(page) == address
