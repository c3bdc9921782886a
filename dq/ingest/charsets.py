"""Character encodings: their names on the web, and what a page declares.

Names are those of the WHATWG Encoding Standard (https://encoding.spec.whatwg.org/#names-and-labels), and as there a
label may stand for a larger encoding that all browsers use in its place: iso-8859-1 is windows-1252, gb2312 gb18030.
"""

from __future__ import annotations

import codecs
import re

_LABELS = """
utf-8 utf-8 utf8 unicode-1-1-utf-8 utf-8-sig utf8mb4
utf-16le utf-16-le utf-16-le utf-16 unicode ucs-2
utf-32le utf-32-le
utf-16be utf-16-be utf-16-be
utf-32be utf-32-be
windows-1252 cp1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 ascii us-ascii ansi iso-ir-100
windows-1256 cp1256 cp1256 x-cp1256 arabic-windows
iso-8859-6 iso8859-6 iso8859-6 iso_8859-6 iso-8859-6-e iso-8859-6-i arabic asmo-708 ecma-114 iso-ir-127
windows-1255 cp1255 cp1255 x-cp1255
iso-8859-8 iso8859-8 iso8859-8 iso_8859-8 iso-8859-8-e iso-8859-8-i hebrew logical visual iso-ir-138
windows-1251 cp1251 cp1251 x-cp1251
koi8-r koi8-r koi8 koi koi8_r cskoi8r
koi8-u koi8-u koi8-ru
iso-8859-5 iso8859-5 iso8859-5 iso_8859-5 cyrillic iso-ir-144
ibm866 cp866 cp866 866 csibm866 dos-866
x-mac-cyrillic mac-cyrillic x-mac-ukrainian
windows-1253 cp1253 cp1253 x-cp1253
iso-8859-7 iso8859-7 iso8859-7 iso_8859-7 greek greek8 elot_928 ecma-118 iso-ir-126
windows-1250 cp1250 cp1250 x-cp1250
iso-8859-2 iso8859-2 iso8859-2 iso_8859-2 latin2 l2 iso-ir-101
windows-1254 cp1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5 l5
windows-1257 cp1257 cp1257 x-cp1257
iso-8859-13 iso8859-13 iso8859-13
iso-8859-4 iso8859-4 iso8859-4 iso_8859-4 latin4
iso-8859-15 iso8859-15 iso8859-15 iso_8859-15 latin9 latin-9
iso-8859-16 iso8859-16
windows-1258 cp1258 cp1258 x-cp1258
windows-874 cp874 cp874 dos-874 tis-620 iso-8859-11 iso8859-11
macintosh mac-roman mac x-mac-roman
shift_jis cp932 cp932 shift-jis sjis x-sjis ms_kanji ms932 windows-31j csshiftjis
euc-jp euc_jp x-euc-jp cseucpkdfmtjapanese
iso-2022-jp iso2022_jp csiso2022jp
euc-kr cp949 cp949 ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 uhc cseuckr
gb18030 gb18030 gb2312 gb_2312-80 gbk x-gbk cp936 chinese csgb2312 windows-936
big5 big5hkscs big5-hkscs big5hkscs cn-big5 x-x-big5 csbig5
"""
"""A line an encoding: its name, Python's codec for it, and its labels."""
CODECS = {name: codec for name, codec, *_ in map(str.split, _LABELS.strip().splitlines())}
"""Names of the encodings that are known, and Python's codec for each."""
_BY_LABEL = {
    label: name for name, _, *labels in map(str.split, _LABELS.strip().splitlines()) for label in (name, *labels)
}

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
PRESCAN_BYTES = 4096
"""How far into a page its declaration is sought. Browsers look at 1024 bytes; pages put it later."""
_XML_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.:\-]+)")
_META_CHARSET = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:\-]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_LANGUAGE = re.compile(rb"<html\b[^>]*?\blang\s*=\s*[\"']?([a-z]{2})\b", re.IGNORECASE)


def canonical(label: str | None) -> str | None:
    """The name of the encoding that a label stands for; None for an unknown label.

    >>> canonical(" Latin-1 "), canonical("GB2312"), canonical("klingon")
    ('windows-1252', 'gb18030', None)
    """
    return None if label is None else _BY_LABEL.get(label.strip().strip("\"'").lower())


def codec_of(name: str) -> str:
    """Python's codec for an encoding; the name itself for one that the web does not know."""
    return CODECS.get(name, name)


def byte_order_mark(data: bytes) -> tuple[str, int] | None:
    """The encoding that a byte order mark at the start tells, and the mark's length in bytes."""
    return next(((name, len(mark)) for mark, name in _BOMS if data.startswith(mark)), None)


def declared_in_html(data: bytes) -> str | None:
    """The label in the XML declaration or a meta element of a page's first bytes, comments left out."""
    head = data[:PRESCAN_BYTES]
    found = _XML_DECLARATION.match(head) or _META_CHARSET.search(_COMMENT.sub(b"", head))
    return found[1].decode("ascii", "replace") if found else None


def language_in_html(data: bytes) -> str | None:
    """The two-letter language code that the html element declares."""
    found = _LANGUAGE.search(data[:PRESCAN_BYTES])
    return found[1].decode("ascii").lower() if found else None
