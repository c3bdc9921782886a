"""A raw page becomes a page: its bytes decoded, its host and id known, what is wrong with it told."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import Literal

from dq.addresses import host_of, own_address
from dq.errors import ConfigError
from dq.ingest import charsets, detection
from dq.ingest.mojibake import find_mojibake
from dq.ingest.raw import RawPage, larger_than
from dq.options import IngestOptions
from dq.tables import Page, make_id

SNIFF_BYTES = 1 << 16
"""Bytes that are looked at to tell text from what is none, and UTF-16 from text with NUL bytes."""
MAX_CONTROL_SHARE = 0.01
"""Share of control characters from which on a page is no text; damaged pages hold a few."""
MAX_STRANGE_SHARE = 0.05
"""Share of characters that are unassigned or undecodable from which on bytes with NULs are not UTF-16."""
MIN_UTF16_SHARE = 0.9
"""Share of the NUL bytes that stand at even (or odd) places in UTF-16: those are the high bytes of ASCII characters."""
MAX_ASCII_PAIRS = 0.6
"""Share of byte pairs up to which both may be printable ASCII in UTF-16: a third of the Han characters are such."""

_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"\x7fELF", "a program"),
    (b"OggS", "Ogg media"),
    (b"ID3", "an MP3 file"),
    (b"wOF", "a font"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([BJ])")


class NotTextError(Exception):
    """Bytes that hold no text. Never leaves this module: it becomes a rejected page."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The text of a page, the name of the encoding that gave it, and what to know about that."""

    text: str
    encoding: str
    note: str | None = None


def decode_page(raw: RawPage, options: IngestOptions) -> Page:
    """The page that `raw` holds: ok with its decoded text, empty, or rejected with the reason.

    The id is made of the url that came with the page (else its path), its content and, for a further copy, the copy's
    number. Where reading kept no content (`raw.data` is empty and `raw.problem` says why), `n_bytes` is the size as far
    as it is known, and `content_sha256` the digest of no bytes at all; a page that is rejected here has both of what
    was read. Raises ConfigError when `options.encoding` is no encoding that is known, and nothing else.
    """
    content = raw.content_bytes
    sha256 = hashlib.sha256(content).hexdigest()
    decoded, problem = _read(raw, content, options)
    text = decoded.text if decoded else ""
    status: Literal["ok", "empty", "rejected"] = "rejected" if decoded is None else "ok" if text.strip() else "empty"
    url = raw.url or (own_address(text) if raw.format == "html" else None)
    return Page(
        page_id=make_id(raw.address, sha256, *([str(raw.copy)] if raw.copy else [])),
        source_id=raw.source_id,
        url=url,
        host=host_of(url),
        path=raw.path,
        row=raw.row,
        format=raw.format,
        encoding=decoded.encoding if decoded else None,
        fetched_at=raw.fetched_at,
        content_sha256=sha256,
        n_bytes=len(content) or raw.lost_bytes,
        status=status,
        problem=problem or ("holds nothing but white space" if status == "empty" else None),
        content=text if status == "ok" else "",
    )


def check_encoding(label: str | None) -> str | None:
    """The name of the encoding that was ordered, if one was. Raises ConfigError when it is not known."""
    name = charsets.canonical(label)
    if label is not None and name is None:
        known = " ".join(charsets.CODECS)
        raise ConfigError(f"the option encoding names an unknown encoding, {label!r}; known are: {known}")
    return name


def decode(data: bytes, *, ordered: str | None = None, declared: str | None = None, is_html: bool = True) -> Decoded:
    """The text of a page's bytes.

    Tried in turn: the encoding that was ordered, a byte order mark, UTF-16 without one, strict UTF-8, almost UTF-8, and
    then whichever of the declared (outside: `declared`, inside: meta or XML declaration) and the other known encodings
    gives the most plausible text. Raises NotTextError when nothing gives text.
    """
    note = None
    if ordered is not None:
        if (decoded := _strictly(data, ordered)) is not None:
            return decoded
        note = f"could not be read as {ordered}, which was ordered"
    if (mark := charsets.byte_order_mark(data)) is not None:
        return _leniently(data[mark[1] :], mark[0], note)
    if b"\0" in data:
        return _leniently(data, _utf16_without_mark(data), note)
    labels = [declared, charsets.declared_in_html(data) if is_html else None]
    names = list(dict.fromkeys(name for name in map(charsets.canonical, labels) if name is not None))
    return _by_content(data, names, note)


def _read(raw: RawPage, content: bytes, options: IngestOptions) -> tuple[Decoded | None, str | None]:
    """The decoded page and what to know about it, or nothing and why it is rejected."""
    ordered = check_encoding(options.encoding)
    if raw.problem is not None:
        return None, raw.problem
    if len(content) > options.max_page_bytes:
        return None, larger_than(options.max_page_bytes)
    try:
        decoded = _decoded(raw, content, ordered)
        _refuse_controls(decoded.text)
    except NotTextError as error:
        return None, str(error)
    problems = [problem for problem in (find_mojibake(decoded.text), decoded.note) if problem is not None]
    return decoded, "; ".join(problems) or None


def _decoded(raw: RawPage, content: bytes, ordered: str | None) -> Decoded:
    if isinstance(raw.data, str):
        if "\0" in raw.data:
            raise NotTextError("holds NUL characters")
        return Decoded(text=raw.data.removeprefix("\ufeff"), encoding="utf-8")
    _refuse_magic(content)
    return decode(content, ordered=ordered, declared=raw.declared_encoding, is_html=raw.format == "html")


def _by_content(data: bytes, declared: list[str], note: str | None) -> Decoded:
    if data.isascii():
        return _leniently(data, "iso-2022-jp" if _ISO_2022_JP.search(data) else "utf-8", note)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        around = slice(max(0, error.start - SNIFF_BYTES), error.start + SNIFF_BYTES)
        if detection.almost_utf8(data[around]):
            return _leniently(data, "utf-8", _notes(note, _wrong_declaration(declared, "utf-8")))
        return _legacy(data, declared, note)
    return Decoded(text=text, encoding="utf-8", note=_notes(note, _wrong_declaration(declared, "utf-8")))


def _legacy(data: bytes, declared: list[str], note: str | None) -> Decoded:
    guess = detection.detect(data, declared=declared, language=charsets.language_in_html(data))
    if guess is None:
        raise NotTextError("no text in any known encoding")
    return _leniently(data, guess.name, _notes(note, _wrong_declaration(declared, guess.name)))


def _wrong_declaration(declared: list[str], name: str) -> str | None:
    if not declared or declared[0] == name:
        return None
    return f"declares {declared[0]} but is {name}"


def _strictly(data: bytes, name: str) -> Decoded | None:
    mark = charsets.byte_order_mark(data)
    start = mark[1] if mark is not None and mark[0] == name else 0
    try:
        return Decoded(text=data[start:].decode(charsets.codec_of(name)), encoding=name)
    except UnicodeDecodeError:
        return None


def _leniently(data: bytes, name: str, note: str | None) -> Decoded:
    """Text with replacement characters where bytes do not fit; how many is told."""
    text = data.decode(charsets.codec_of(name), "replace").removeprefix("\ufeff")
    strays = text.count("\ufffd") - (data.count(b"\xef\xbf\xbd") if name == "utf-8" else 0)
    return Decoded(
        text=text,
        encoding=name,
        note=_notes(note, f"{strays} byte sequences are not {name}" if strays > 0 else None),
    )


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:SNIFF_BYTES]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    name = "utf-16le" if odd > even else "utf-16be"
    if max(even, odd) < MIN_UTF16_SHARE * (even + odd):
        raise NotTextError("holds NUL bytes")
    text = sample.decode(charsets.codec_of(name), "replace")
    if (
        _mostly_ascii_pairs(sample)
        or "\0" in text
        or text.count("\ufffd") > MAX_STRANGE_SHARE * len(text)
        or not _printable(text)
    ):
        raise NotTextError("holds NUL bytes")
    return name


def _mostly_ascii_pairs(sample: bytes) -> bool:
    """Whether these are bytes of ASCII text with NULs among them: in UTF-16 hardly any pair of bytes is printable."""
    pairs = list(zip(sample[::2], sample[1::2], strict=False))
    printable = range(0x20, 0x7F)
    return sum(high in printable and low in printable for high, low in pairs) > MAX_ASCII_PAIRS * len(pairs)


def _printable(text: str) -> bool:
    """Whether most characters are assigned ones, as random bytes read as UTF-16 are not."""
    return sum(char.isprintable() or char.isspace() for char in text) >= (1 - MAX_STRANGE_SHARE) * len(text)


def _refuse_magic(data: bytes) -> None:
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise NotTextError(f"is {what}, not text")


def _refuse_controls(text: str) -> None:
    sample = text[:SNIFF_BYTES]
    if "\0" in text:
        raise NotTextError("holds NUL bytes")
    if len(_CONTROLS.findall(sample)) > MAX_CONTROL_SHARE * len(sample):
        raise NotTextError("is no text: too many control characters")


def _notes(*notes: str | None) -> str | None:
    return "; ".join(note for note in notes if note is not None) or None
