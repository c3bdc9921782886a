import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.ingest import charsets, detection
from dq.ingest.decode import decode

TEXTS = json.loads((Path(__file__).parent / "encodings.json").read_text(encoding="utf-8"))
CASES = [
    pytest.param(encoding, case["text"], id=f"{case['language']}-{encoding}")
    for case in TEXTS
    for encoding in case["encodings"]
]
LEGACY = [case for case in CASES if not case.values[0].startswith("utf")]
ARABIC = next(case["text"] for case in TEXTS if case["language"] == "ar")
SCRIPT = "<script>var a = 'https://example.org/?a=1&b=2'; if (a < 3 && b > 2) { track('x'); }</script>"


def encoded(text, encoding):
    return text.encode(charsets.CODECS[encoding], "replace")


def html(text, *, head="", lang=""):
    return f'<!DOCTYPE html>\n<html{lang}><head>{head}{SCRIPT * 20}</head><body class="news">\n<p>{text}</p>\n</body></html>'


@pytest.mark.parametrize(("encoding", "text"), CASES)
def test_text_without_a_declaration(encoding, text):
    data = encoded(text, encoding)
    decoded = decode(data, is_html=False)
    assert decoded.text == data.decode(charsets.CODECS[encoding])
    assert decoded.note is None


@pytest.mark.parametrize(("encoding", "text"), LEGACY)
def test_html_without_a_declaration(encoding, text):
    data = encoded(html(text), encoding)
    assert decode(data).text == data.decode(charsets.CODECS[encoding])


@pytest.mark.parametrize(("encoding", "text"), LEGACY)
def test_html_with_its_declaration(encoding, text):
    data = encoded(html(text, head=f'<meta charset="{encoding}">'), encoding)
    decoded = decode(data)
    assert (decoded.text, decoded.encoding, decoded.note) == (data.decode(charsets.CODECS[encoding]), encoding, None)


@pytest.mark.parametrize(("encoding", "text"), LEGACY)
@pytest.mark.parametrize("wrong", ["utf-8", "windows-1252"])
def test_a_wrong_declaration_is_noticed(encoding, text, wrong):
    if encoding in {wrong, "iso-2022-jp"}:
        pytest.skip("the declaration is right, or the page is ASCII to all but its own decoder")
    data = encoded(html(text, head=f'<meta charset="{wrong}">'), encoding)
    decoded = decode(data)
    assert decoded.text == data.decode(charsets.CODECS[encoding])
    assert decoded.note == f"declares {wrong} but is {decoded.encoding}"


@pytest.mark.parametrize("declared", ["windows-1256", "iso-8859-1", "utf-16", "gb2312"])
def test_utf8_under_a_wrong_declaration(declared):
    decoded = decode(ARABIC.encode(), declared=declared)
    assert (decoded.text, decoded.encoding) == (ARABIC, "utf-8")
    assert decoded.note.startswith("declares ")


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells(mark):
    decoded = decode(ARABIC.encode(mark), declared="windows-1256")
    assert decoded.text == ARABIC


def test_what_was_ordered_is_obeyed():
    data = encoded(ARABIC, "windows-1256")
    assert decode(data, ordered="koi8-r").text == data.decode("koi8-r")
    assert decode(ARABIC.encode("utf-8-sig"), ordered="utf-8").text == ARABIC


def test_what_was_ordered_and_cannot_be_is_told():
    decoded = decode(encoded(ARABIC, "windows-1256"), ordered="utf-8")
    assert decoded.text == ARABIC
    assert decoded.note == "could not be read as utf-8, which was ordered"


def test_the_declaration_outside_comes_before_the_one_inside():
    data = encoded(html("Łódź", head='<meta charset="windows-1252">'), "iso-8859-2")
    assert decode(data, declared="iso-8859-2").encoding == "iso-8859-2"


def test_stray_bytes_leave_a_page_utf8():
    data = ARABIC.encode() + b" \xe9t\xe9 " + ARABIC.encode()
    decoded = decode(data, declared="windows-1256")
    assert decoded.encoding == "utf-8"
    assert decoded.text.count("\ufffd") == 2
    assert "2 byte sequences are not utf-8" in decoded.note


def test_ascii_is_utf8_whatever_is_declared():
    assert decode(b"<meta charset=big5><p>plain</p>").encoding == "utf-8"
    assert decode(b"<meta charset=big5><p>plain</p>").note is None


def test_english_with_typographic_quotes_is_windows_1252():
    decoded = decode("“It’s time” – he said – “to talk”…".encode("cp1252"))
    assert (decoded.encoding, decoded.text) == ("windows-1252", "“It’s time” – he said – “to talk”…")


@given(length=st.integers(150, len(ARABIC)), encoding=st.sampled_from(["windows-1256", "iso-8859-6"]))
def test_a_few_arabic_sentences_are_enough(length, encoding):
    data = encoded(ARABIC[:length], encoding)
    assert decode(data).text == data.decode(charsets.CODECS[encoding])


def test_the_declared_language_tips_the_balance():
    words = "Ýstanbul kadýn yaðmur þehir".encode("cp1252")
    assert detection.detect(words, language="tr").name == "windows-1254"
    assert detection.detect(words, language="is").name == "windows-1252"


def test_scores_tell_text_from_garbage():
    right = detection.plausibility(ARABIC, "windows-1256")
    wrong = detection.plausibility(encoded(ARABIC, "iso-8859-6").decode("cp1256"), "windows-1256")
    assert wrong < 0.5
    assert right > 0.8


@pytest.mark.parametrize(
    ("language", "codec"),
    [("ar", "cp720"), ("el", "cp737"), ("pl", "cp852"), ("ru", "cp855"), ("fr", "cp850"), ("ko", "johab")],
)
def test_encodings_of_before_the_web(language, codec):
    text = next(case["text"] for case in TEXTS if case["language"] == language)
    data = text.encode(codec, "replace")
    assert decode(data).text == data.decode(codec)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("UTF8", "utf-8"),
        ("latin-1", "windows-1252"),
        ("ISO-8859-9", "windows-1254"),
        ("ks_c_5601-1987", "euc-kr"),
        ("x-sjis", "shift_jis"),
        (" 'cp1256' ", "windows-1256"),
        ("utf-7", None),
        ("rot13", None),
        (None, None),
    ],
)
def test_labels(label, name):
    assert charsets.canonical(label) == name


def test_every_encoding_has_a_codec_and_a_label():
    for name, codec in charsets.CODECS.items():
        assert "abc".encode(codec).decode(codec) == "abc"
        assert charsets.canonical(name) == name


@pytest.mark.parametrize(
    ("page", "label"),
    [
        (b'<meta charset="windows-1256">', "windows-1256"),
        (b"<META CHARSET=UTF-8/>", "UTF-8"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312" />', "gb2312"),
        (b"<?xml version='1.0' encoding='koi8-r'?><html>", "koi8-r"),
        (b"<!-- <meta charset=big5> --><meta charset=utf-8>", "utf-8"),
        (b"<!-- <meta charset=big5>", None),
        (b"<p>charset=utf-8</p>", None),
        (b" " * 5000 + b"<meta charset=utf-8>", None),
    ],
)
def test_declarations(page, label):
    assert charsets.declared_in_html(page) == label


def test_declared_language():
    assert charsets.language_in_html(b'<!doctype html><HTML class=a lang="AR-sa">') == "ar"
    assert charsets.language_in_html(b"<html><p lang=ar>") is None


@pytest.mark.parametrize("declared", ["windows-1256", "windows-1252", "utf-8", "iso-8859-8", "klingon", ""])
def test_no_declaration_turns_good_text_to_garbage(declared):
    assert decode(encoded(ARABIC, "windows-1256"), declared=declared).text == ARABIC
