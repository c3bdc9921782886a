"""Which encoding bytes are in, when they are not UTF-8.

The non-ASCII words are read in each candidate. The right encoding gives letters that are frequent in a language written
with it; the wrong ones give rare letters, letters of several scripts in one word, symbols inside of words, capitals
after small letters, or nothing at all. This is the method of Mozilla's and Chromium's detectors, with letter lists in
place of their trained models. Where no language is recognised, charset-normalizer decides.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from dq.ingest.charsets import CODECS, canonical, codec_of

WINDOW_BYTES = 1 << 18
"""How much of a page, from its first non-ASCII byte on, is searched for words."""
SAMPLE_BYTES = 1 << 11
"""Bytes of words that are read in each encoding; more of them change no decision and cost time."""
LONG_SAMPLE_BYTES = 1 << 13
"""Bytes of words that are read in encodings that are equals so far: a rare letter may tell them apart."""
CONTEXT_BYTES = 1 << 10
"""How far before the first non-ASCII byte the search begins, so that markup around it is recognised."""
LANGUAGE_BONUS = 0.1
"""Added to the plausibility of encodings of the language that a page declares."""
DECLARED_BONUS = 0.15
"""Added to that of the encoding that a page declares: it is overruled by a clearly better one only."""
CERTAIN = 0.8
"""A declared encoding as plausible as this is taken without reading the others."""
RECOGNISED = 0.4
"""Least plausibility at which a language counts as recognised, where no declaration agrees."""

MAX_STRAY_SHARE = 0.05
"""Share of broken sequences up to which bytes are still UTF-8: pages paste in teasers that were cut within a letter."""

ROUNDING = 1e-9
"""Difference that plausibilities of one and the same text can have."""

_FREQUENT, _FURTHER, _PRINTED, _OTHER_IDEOGRAPH, _OTHER_LETTER = 1.0, 0.5, 0.5, 0.45, 0.0
"""What a character adds to plausibility: a frequent or a further letter of the language, punctuation that
is found in print in every language, another ideograph or syllable of a script that has thousands, any other letter."""
_SYMBOL, _IN_WORD, _MIXED, _FLIPPED, _ALONE, _NO_TEXT = 0.5, 1.0, 1.5, 2.0, 0.7, 2.0
"""What takes from it: a symbol, a symbol inside of a word or a mark at its start, a word in two scripts, a capital
after a small letter, a letter alone, and what no text holds (controls, private use, undecodable bytes)."""
_PRIOR, _PRIOR_CHARS = 0.5, 2
"""With so few letters that they tell nothing, plausibility is near to the first, as if that many more had been read."""
SCREEN_BYTES = 1 << 9
"""Bytes by which the candidates are screened before the rest of the words is read."""
SCREEN_DISTANCE = 0.4
"""Candidates this much less plausible than the best one on those bytes are left out."""

_MARKUP = re.compile(
    # What is never closed ends with the page, so that it is searched for its end but once.
    rb"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|</?[a-z!?][^<>]*>|&#?\w{1,30};",
    re.DOTALL | re.IGNORECASE,
)
_WORD = re.compile(rb"[^\s\x80-\xff]{0,20}[\x80-\xff][^\s]{0,200}")
_HIGH = re.compile(rb"[\x80-\xff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """An encoding, and how plausible the text is that it gives (1: only frequent letters; below 0: garbage)."""

    name: str
    score: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Profile:
    """What a language looks like beyond ASCII: encodings it is written in, frequent and further letters."""

    languages: frozenset[str]
    encodings: tuple[str, ...]
    frequent: frozenset[str]
    further: frozenset[str]


def detect(data: bytes, *, declared: Sequence[str] = (), language: str | None = None) -> Guess | None:
    """The most plausible encoding of bytes that are not UTF-8; None when no known one gives text.

    `declared` (names of encodings) and `language` (ISO 639-1) tip the balance between encodings that are close. Of
    several that give the same text, the one that browsers assume comes out.
    """
    many_words = _words(data)
    words = many_words[:SAMPLE_BYTES]
    for name in declared:
        if (guess := _guess(words, name, language)).score >= CERTAIN:
            return guess
    equals = _best(words, _best_few(words, declared, language), declared, language)
    best = equals[0] if len(equals) == 1 else _best(many_words, [guess.name for guess in equals], declared, language)[0]
    if best.score >= RECOGNISED or best.name in declared:
        return best
    return _second_opinion(words) or (best if best.score > 0 else None)


def _best_few(words: bytes, declared: Sequence[str], language: str | None) -> list[str]:
    scores = {name: _guess(words[:SCREEN_BYTES], name, language).score for name in _CANDIDATES}
    least = max(scores.values()) - SCREEN_DISTANCE
    return [name for name, score in scores.items() if score >= least or name in declared]


def _best(words: bytes, names: Iterable[str], declared: Sequence[str], language: str | None) -> list[Guess]:
    """The most plausible guess, and those that are as plausible."""
    guesses = [_guess(words, name, language) for name in names]
    scores = [guess.score + DECLARED_BONUS * (guess.name in declared) for guess in guesses]
    least = max(scores) - ROUNDING
    return [guess for guess, score in zip(guesses, scores, strict=True) if score >= least]


def almost_utf8(sample: bytes) -> bool:
    r"""Whether bytes are UTF-8 but for a few.

    >>> almost_utf8("القدس عاصمة فلسطين الأبدية".encode() + b"\xff"), almost_utf8("القدس".encode("cp1256"))
    (True, False)
    """
    text = sample.decode("utf-8", "replace")
    strays = text.count("\ufffd") - sample.count(b"\xef\xbf\xbd")
    letters = len(_NOT_ASCII.findall(text)) - strays
    return strays <= MAX_STRAY_SHARE * letters


def plausibility(text: str, name: str, language: str | None = None) -> float:
    """How much `text`, read from words by the encoding `name`, looks like a language that is written in it."""
    counts = Counter(char for char in text if char > "\x7f")
    classes = text.translate(_CLASSES)
    size = sum(counts.values())
    penalty = sum(weight * len(pattern.findall(classes)) for pattern, weight in _PENALTIES)
    profiles = [profile for profile in _PROFILES if name in profile.encodings] or _PROFILES
    return max(_resemblance(counts, profile, language, size) for profile in profiles) - penalty / (size + _PRIOR_CHARS)


def _guess(words: bytes, name: str, language: str | None) -> Guess:
    text = words.decode(codec_of(name), "replace")
    return Guess(name=name, score=plausibility(text, name, language))


def _resemblance(counts: Counter[str], profile: _Profile, language: str | None, size: int) -> float:
    bonus = LANGUAGE_BONUS if language in profile.languages else 0.0
    weights = sum(count * _weight(char, profile) for char, count in counts.items())
    return bonus + (weights + _PRIOR * _PRIOR_CHARS) / (size + _PRIOR_CHARS)


def _weight(char: str, profile: _Profile) -> float:
    small = char.lower()
    char = small if len(small) == 1 else char  # the Turkish capital dotted i becomes two
    if char in profile.frequent:
        return _FREQUENT
    if char in profile.further:
        return _FURTHER
    return _BY_CLASS.get(_CLASSES[ord(char)], _OTHER_LETTER)


def _words(data: bytes) -> bytes:
    """Non-ASCII words out of the page's text, without markup and scripts, `LONG_SAMPLE_BYTES` at most."""
    first = _HIGH.search(data)
    if first is None:
        return b""
    start = max(0, first.start() - CONTEXT_BYTES)
    window = data[start : start + WINDOW_BYTES]
    words = _taken(_WORD.findall(_MARKUP.sub(b" ", window)))
    return words or _taken(_WORD.findall(window))


def _taken(words: Iterable[bytes]) -> bytes:
    return b" ".join(words)[:LONG_SAMPLE_BYTES]


def _second_opinion(words: bytes) -> Guess | None:
    """An encoding of those that Python knows and the web does not, such as the code pages of DOS."""
    import charset_normalizer  # noqa: PLC0415  (needed for a page in ten thousand)

    best = charset_normalizer.from_bytes(words).best()
    return None if best is None else Guess(name=canonical(best.encoding) or best.encoding, score=0.0)


class _ClassTable(dict[int, str]):
    """A letter for the class of each code point, found when it is first met.

    Small and capital letters: e E (ASCII), l L (Latin), c C (Cyrillic), g G (Greek); a Arabic, h Hebrew, t Thai,
    k kana, z Han, o Hangul, w any other script; m marks and joiners, p punctuation as found in print, s symbols, x what
    no text holds, and a space for ASCII that is no letter.
    """

    def __missing__(self, code: int) -> str:
        found = self[code] = _class_of(chr(code))
        return found


_SCRIPTS = {
    "LATIN": "l", "CYRILLIC": "c", "GREEK": "g", "ARABIC": "a", "HEBREW": "h", "THAI": "t", "HIRAGANA": "k",
    "KATAKANA": "k", "KATAKANA-HIRAGANA": "k", "CJK": "z", "HANGUL": "o",
}  # fmt: skip
_PRINT = frozenset("\xa0«»“”‘’„‚‹›–—…•·½¼¾²³×©®€£°§،؛؟、。，．：；？！「」『』（）《》【】‐″′№™")


def _class_of(char: str) -> str:
    if char < "\x80":
        return ("E" if char.isupper() else "e") if char.isalpha() else " "
    category = unicodedata.category(char)
    if char in _PRINT:
        return "p"
    if category in {"Cc", "Cn", "Co", "Cs"} or char == "\ufffd":
        return "x"
    if category[0] == "M" or category == "Cf":
        return "m"
    if category[0] != "L" or "\uff61" <= char <= "\uff9f":  # half-width katakana: what single bytes are in Shift_JIS
        return "s"
    script = _SCRIPTS.get(unicodedata.name(char, "").split(" ", 1)[0], "w")
    return script.upper() if char.isupper() else script


_CLASSES = _ClassTable()
_BY_CLASS = {"p": _PRINTED, "z": _OTHER_IDEOGRAPH, "o": _OTHER_IDEOGRAPH}
_PENALTIES = (
    (re.compile("s"), _SYMBOL),
    (re.compile("(?<=[a-zA-Z])s(?=[a-zA-Z])|(?:^|[ p])m"), _IN_WORD),
    (re.compile("(?=[eElL][cCgGahw]|[cCgGahw][eElL]|[cC][gGahtkw]|[gG][cCahtkw]|[ah][cCgGtkw]|ah|ha)"), _MIXED),
    (re.compile("[el]L|lE|cC|gG"), _FLIPPED),
    (re.compile("(?<![achtzokgCG])[achtzokgCG](?![achtzokgCGm])"), _ALONE),
    (re.compile("x"), _NO_TEXT),
)


def _profile(languages: str, encodings: str, frequent: str, further: str = "") -> _Profile:
    return _Profile(
        languages=frozenset(languages.split()),
        encodings=tuple(encodings.split()),
        frequent=frozenset(frequent),
        further=frozenset(further),
    )


# Letters by falling frequency in news text, split where the frequent ones reach about three quarters of all.
_PROFILES = (
    _profile("de", "windows-1252", "äöüß"),
    _profile("fr", "windows-1252 iso-8859-15", "éèàêç", "âîïôùûëœÿüæ"),
    _profile("es gl", "windows-1252 iso-8859-15", "óíáéñú", "ü¿¡ªº"),
    _profile("pt", "windows-1252", "ãçáéíóê", "âôõúàüªº"),
    _profile("it ca", "windows-1252", "àèéìòù", "íóúçïü·îª°"),
    _profile("sv fi no da et", "windows-1252", "äöåøæ", "éõüšžàèâ"),
    _profile("is fo", "windows-1252", "íáðóúéöþæ", "ýø"),
    _profile("nl en af sq", "windows-1252", "éëïç", "óèêüöäáàíñôû"),
    _profile("pl", "windows-1250 iso-8859-2", "ąęłóś", "ćńźż"),
    _profile("cs sk", "windows-1250 iso-8859-2", "íáéěýřčžšů", "ďňťúóôľĺŕä"),
    _profile("hu", "windows-1250 iso-8859-2", "áéöíó", "őüúű"),
    _profile("hr sl bs", "windows-1250 iso-8859-2", "čšž", "ćđ"),
    _profile("ro", "windows-1250 iso-8859-2 iso-8859-16", "ăîâşţ", "șț"),
    _profile("tr az", "windows-1254", "ığşüç", "öâîûİ"),
    _profile("lt", "windows-1257 iso-8859-13", "ėąšųį", "žčęūĩ"),
    _profile("lv", "windows-1257 iso-8859-13", "āīēšū", "ļņķģčžõ"),
    _profile("vi", "windows-1258", "đàáôơưêạảấ\u0300\u0301\u0309\u0303\u0323ăâ", "èéìíòóùúýãõ₫"),
    _profile("ar", "windows-1256 iso-8859-6", "اليمونرتبةعد", "سفهكقأحجشطصىخإذءزضغئثظؤآًٌٍَُِّْـ،؛؟"),
    _profile("fa ur ps ku", "windows-1256", "ايرنده\u200cمتوسبلكش", "زقفعجخگپحآصضطچغظثذژئأءًکیىةإؤ،؛؟"),
    _profile("he yi", "windows-1255 iso-8859-8", "יוהלאתרמשבנ", "מםדעחקפכטסגזןךצץף"),
    _profile("ru bg", "windows-1251 koi8-r iso-8859-5 ibm866 x-mac-cyrillic", "оеаинтсрвлк", "мдпуяыьгзбчйхжшюцщэфъё"),
    _profile(
        "uk be", "windows-1251 koi8-u iso-8859-5 ibm866 x-mac-cyrillic", "оаніиетврсл", "кудмпязьгбйчїєхжюцшщфґўыэё"
    ),
    _profile("sr mk", "windows-1251 iso-8859-5", "аоеинртсј", "кводуамплзгбшчцњћђжљхџфќѓѕ"),
    _profile("el", "windows-1253 iso-8859-7", "αοιετσνηυ", "ρπκμλςγδωχθφβξζψάέήίόύώϊϋΐΰ"),
    _profile("th", "windows-874", "านรอกเงมยลวดทส่้ัิี", "ตะบปคหแจพชขใไถูซธืุำ็์"),
    _profile(
        "ja",
        "shift_jis euc-jp iso-2022-jp",
        "のにたいをはしてとがなでるかられもりっすまさあこうくンストルイリーア",
        "".join(map(chr, range(0x3041, 0x30FF)))
        + "、。「」日年月本人大国会中一出事者時分上後前合行見地部内三二十生自長",
    ),
    _profile(
        "ko",
        "euc-kr",
        "이다는에의을가고지한하기사로은자도대스정리시인서어나을부",
        "일해들라전제보수원상아장국그적주구과동만니와공성안경계내조위비신화회선연여유있했습것관민미오당게장",
    ),
    _profile(
        "zh",
        "gb18030",
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年",
        "动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两"
        "体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反"
        "你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象"
        "员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指，。、“”"
        "：；（）《》！？年网记者市报新闻",
    ),
    _profile(
        "zh",
        "big5",
        "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年",
        "動同工也能下過子說產種面而方後多定行學法所民得經十三之進著等部度家電力裡如水化高自二理起小物現實加量都兩"
        "體制機當使點從業本去把性好應開它合還因由其些然前外天政四日那社義事平形相全表間樣與關各重新線內數正心反"
        "你明看原又麼利比或但質氣第向道命此變條只沒結解問意建月公無系軍很情者最立代想已通並提直題黨程展五果料象"
        "員革位入常文總次品式活設及管特件長求老頭基資邊流路級少圖山統接知較將組見計別她手角期根論運農指，。、「」"
        "：；（）《》！？網記者市報新聞",
    ),
)
_CANDIDATES = tuple(dict.fromkeys(name for profile in _PROFILES for name in profile.encodings if name in CODECS))
"""In this order the first of several that give the same text is chosen: those that browsers assume come first."""
