"""Roles: what a line is for, where its words or its shape leave no doubt.

Every rule is a small function with a name; the name is the reason code that a reviewer reads. Rules are tried in
order, the first that holds decides. Phrases live in `lexicon.toml`, folded when they are read, for eleven languages.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
from collections.abc import Callable, Iterable
from importlib import resources

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.clean.columns import ROLE_CODES
from dq.clean.dates import PLAUSIBLE, is_date_line
from dq.clean.line_kernels import N_DIGIT
from dq.clean.lines import Line, ends_sentence, holds_sentence_break, make_line
from dq.clean.measured import Measured
from dq.fold import key
from dq.texts import measure, texts_of, words_of

LABEL_WORDS = 14
"""A line that starts with a label ("Source:") has at most this many words; beyond, it is a sentence."""
HAS_WORDS = 40
"""A line that a phrase inside it makes a form or footer has at most this many words."""
LABEL_ALONE = 2
"""Words of a label without a value."""
CAPTION_WORDS = 45
"""A caption has at most this many words."""
CREDIT_WORDS = 6
"""A byline, credit or bracketed photo credit has at most this many words."""

_COUNTERS = re.compile(
    r"^(?:(?:share|tweet|like|pin|shares?|views?|comments?|مشاركة|مشاهدة|تعليق)\s*[\d.,]*[km]?\s*)+$", re.IGNORECASE
)
_SEPARATOR = re.compile(r"\s+[|·•—–-]\s+|\s*[|·•]\s*")
_PHOTO_WORDS = (
    r"(?:\b(?:photo|photograph|picture|image|foto|bild|crédit|fotoğraf)s?\b|صورة|تصوير|عدسة|عكس|צילום|фото|©|图片?|摄)"
)
_PHOTO_LABEL = re.compile(rf"{_PHOTO_WORDS}\s*[:：/©]?\s*(?P<name>[^.:：]{{2,60}})$", re.IGNORECASE)
_PHOTO_LABEL_RUST = f"(?i:{_PHOTO_WORDS})"
LABEL_AND_NAME = 80
"""Characters that a photo's label and the name behind it take at most."""
_NUMBER_LINE = re.compile(r"^[\W\d_]+[km]?$", re.IGNORECASE)
_COPYRIGHT = re.compile(r"©|\(c\)\s*(?:19|20)\d\d|copyright", re.IGNORECASE)
_URL_LINE = re.compile(r"^(?:https?://|www\.)\S+$|^\S+@\S+\.\S+$", re.IGNORECASE)
_PHONE = re.compile(r"^(?:whatsapp|tel|phone|fax|هاتف|واتساب|تلفون|فاكس)?\s*[:：]?\s*\+?[\d\s()-]{7,}$", re.IGNORECASE)
_BRACKET_CREDIT = re.compile(r"^(?P<rest>.+?)\s*[(\[（](?P<credit>[^()\[\]（）]{2,40})[)\]）]\s*$", re.DOTALL)
_OUTLET_PLACE = re.compile(
    r"^[«\"“][^»\"”]{2,40}[»\"”]\s*[(\[][^()\[\]]{2,40}[)\]]$"
    r"|^[^\s:]{2,20}(?: [^\s:]{2,20})?\s*:\s*[«\"“][^»\"”]{2,40}[»\"”]$"
)
_PERSON_PLACE = re.compile(r"^[^\W\d]+(?: [^\W\d]+){1,3} \([^\W\d]+(?: [^\W\d]+)?\s?\)$")


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """The label of a line and the rule that gave it."""

    label: str
    reason: str


Rule = Callable[[Line], bool]


@functools.cache
def _lexicon() -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    """(role, matching) -> one word -> folded phrases with it, which makes a long lexicon cheap.

    It is the first word; of phrases that count anywhere in a line the longest, which few lines hold.
    """
    source = resources.files("dq.clean").joinpath("lexicon.toml").read_text(encoding="utf-8")
    lexicon: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for role, ways in tomllib.loads(source).items():
        for way, languages in ways.items():
            phrases = {key(phrase) for group in languages.values() for phrase in group} - {""}
            by_word: dict[str, set[str]] = {}
            for phrase in phrases:
                words = phrase.split()
                by_word.setdefault(max(words, key=len) if way == "has" else words[0], set()).add(phrase)
            lexicon[role, way] = {word: frozenset(group) for word, group in by_word.items()}
    return lexicon


def phrase_is(line: Line, role: str) -> bool:
    """The whole line is a phrase of the role."""
    return bool(line.words) and line.key in _lexicon().get((role, "is"), {}).get(line.words[0], ())


def phrase_starts(line: Line, role: str) -> bool:
    """The line starts with a phrase of the role, and is short."""
    return line.n_words <= LABEL_WORDS and starting_phrase(line, role) > 0


def starting_phrase(line: Line, role: str) -> int:
    """Words of the longest phrase of the role that the line starts with; 0 for none."""
    phrases = _lexicon().get((role, "starts"), {}).get(line.words[0], ()) if line.words else ()
    if not phrases:
        return 0
    return max((len(phrase.split()) for phrase in phrases if f"{line.key} ".startswith(f"{phrase} ")), default=0)


def phrase_has(line: Line, role: str) -> bool:
    """The line holds a phrase of the role and is no paragraph."""
    phrases = _lexicon().get((role, "has"), {})
    if line.n_words > HAS_WORDS or phrases.keys().isdisjoint(line.words):
        return False
    padded = f" {line.key} "
    return any(f" {phrase} " in padded for word in set(line.words) for phrase in phrases.get(word, ()))


def has_colon(text: str) -> bool:
    return ":" in text or "：" in text


def is_labelled(line: Line, role: str) -> bool:
    """`Label: value`, or the label alone."""
    return phrase_starts(line, role) and (
        has_colon(line.text[:40]) or phrase_is(line, role) or line.n_words <= CREDIT_WORDS
    )


def is_photo_caption(line: Line) -> bool:
    """A clause with a short credit in brackets at its end, `... (Reuters)`; a sentence before the brackets is text."""
    match = _BRACKET_CREDIT.match(line.text)
    if match is None or line.n_words > CAPTION_WORDS or holds_sentence_break(line.text):
        return False
    return (
        not ends_sentence(match["rest"])
        and len(match["credit"].split()) <= CREDIT_WORDS - 2
        and len(match["rest"].split()) > 1
    )


def is_outlet_credit(line: Line) -> bool:
    """`«Outlet» (City)`, `City: «Outlet»` or `First Last (City)`."""
    return _OUTLET_PLACE.match(line.text) is not None or _PERSON_PLACE.match(line.text) is not None


def is_tags(line: Line) -> bool:
    """`Tags: a, b`, or the label alone."""
    return phrase_starts(line, "tags") and (has_colon(line.text[:40]) or line.n_words <= LABEL_ALONE)


def is_byline(line: Line) -> bool:
    """`By First Last`, a date or reading time behind it at most; a sentence that starts alike ends as one."""
    if ends_sentence(line.text) or starting_phrase(line, "byline") == 0:
        return False
    name = _SEPARATOR.split(line.text)[0]
    return len(name.split()) <= CREDIT_WORDS or (has_colon(name[:30]) and len(name.split()) <= LABEL_WORDS)


def is_share_bar(line: Line) -> bool:
    """`Facebook X Email Copy link`: nothing but names of places to share to."""
    return len(line.words) > 1 and _share_words().issuperset(line.words)


@functools.cache
def _share_words() -> frozenset[str]:
    return frozenset(
        word for phrases in _lexicon()["share", "is"].values() for phrase in phrases for word in phrase.split()
    )


def is_photo_label(line: Line) -> bool:
    """`... Photograph: First Last`: a caption's label in front of a name at the end of a clause."""
    match = _PHOTO_LABEL.search(line.text[-LABEL_AND_NAME:]) if line.n_words <= CAPTION_WORDS else None
    return match is not None and len(match["name"].split()) <= CREDIT_WORDS


COMMENTS_HEADING = "comments-heading"


def is_comments_heading(line: Line) -> bool:
    """`Comments`, `12 comments`: what stands below is by readers."""
    words = tuple(word for word in line.words if not word.isdigit())
    return 0 < len(words) <= CREDIT_WORDS and " ".join(words) in _lexicon().get(("comments", "is"), {}).get(
        words[0], ()
    )


RULES: tuple[tuple[str, str, Rule], ...] = (
    ("widget", "no-letters", lambda line: not line.words or _NUMBER_LINE.match(line.text) is not None),
    ("share", "share-counters", lambda line: _COUNTERS.match(line.text) is not None),
    ("widget", COMMENTS_HEADING, is_comments_heading),
    ("widget", "widget-label", lambda line: phrase_is(line, "widget")),
    ("share", "share-label", lambda line: phrase_is(line, "share") or phrase_starts(line, "share")),
    ("share", "share-bar", is_share_bar),
    ("form", "form-label", lambda line: phrase_is(line, "form") or phrase_has(line, "form")),
    ("related", "related-heading", lambda line: phrase_is(line, "related")),
    ("footer", "footer-label", lambda line: phrase_is(line, "footer")),
    ("footer", "copyright", lambda line: line.n_words <= HAS_WORDS and _COPYRIGHT.search(line.text) is not None),
    ("footer", "footer-phrase", lambda line: phrase_has(line, "footer")),
    ("footer", "contact", lambda line: _URL_LINE.match(line.text) is not None or _PHONE.match(line.text) is not None),
    ("byline", "byline-label", is_byline),
    ("date", "date-label", lambda line: phrase_starts(line, "date") and is_date_line(line.text)),
    ("date", "date-line", lambda line: line.n_words <= LABEL_WORDS and is_date_line(line.text)),
    ("tags", "tags-label", is_tags),
    ("related", "related-link", lambda line: phrase_starts(line, "related") and has_colon(line.text[:40])),
    ("credit", "credit-label", lambda line: phrase_starts(line, "credit") and has_colon(line.text[:40])),
    ("credit", "outlet-credit", is_outlet_credit),
    ("caption", "caption-label", lambda line: phrase_starts(line, "caption") and has_colon(line.text[:30])),
    ("caption", "photo-label", is_photo_label),
    ("caption", "photo-credit", is_photo_caption),
)
"""(label, reason, rule), tried in order."""
ROLES: tuple[Role | None, ...] = (None, *(Role(label, reason) for label, reason, _ in RULES))
"""Number of a rule, as `find_roles` tells it -> the role that it gives; 0 is no role."""
_KERNEL_CODES = np.array(
    [0, *(ROLE_CODES.get("comments" if reason == COMMENTS_HEADING else label, 0) for label, reason, _ in RULES)]
)
ROLE_WORDS = max(LABEL_WORDS, HAS_WORDS, CAPTION_WORDS)
"""A line of more words has no role: it is a paragraph."""
MAY_HAVE_SHAPE = r"[)\]）»”\"]\s*$|©|\(c\)|(?i:copyright|https?:|www\.)|@"
"""What a line holds that is a footer, a contact or a credit by its shape; and any line with a photo's label."""

MAY_BE_NUMBERS = "|".join([PLAUSIBLE, *(f"(?i:{pattern.pattern})" for pattern in (_NUMBER_LINE, _COUNTERS, _PHONE))])
"""The same for lines with a digit that are a date, a counter or a number to call."""


def find_role(line: Line) -> Role | None:
    """The role that a line's own words or shape give it, or None."""
    return ROLES[_rule(line)]


def _rule(line: Line) -> int:
    return next((number for number, (_, _, rule) in enumerate(RULES, 1) if rule(line)), 0)


def find_roles(texts: pl.Series, measured: Measured) -> npt.NDArray[np.int16]:
    """For each line of a batch the number of its role in ROLES, shape (n,); equal lines are looked at once.

    Rules are asked about those lines alone that a quick look at their words and marks leaves: a quarter of them.
    """
    at = np.flatnonzero(_may_have_role(texts, measured))
    _, first, same = np.unique(measured.blind[at] ^ measured.keys[at], return_index=True, return_inverse=True)
    found = np.array([_rule(make_line(text)) for text in texts.gather(at[first])], np.int16)
    numbers = np.zeros(len(texts), np.int16)
    numbers[at] = found[same] if len(found) else 0
    return numbers


def _may_have_role(texts: pl.Series, measured: Measured) -> npt.NDArray[np.bool_]:
    """True for every line that may have a role, and for as few others as can be told at once."""
    words = measured.words
    if len(texts) == 0:
        return np.zeros(0, np.bool_)
    shaped = (texts.str.contains(MAY_HAVE_SHAPE) | texts.str.contains(_PHOTO_LABEL_RUST)).to_numpy()
    numbered = np.flatnonzero((measured.stats[:, N_DIGIT] > 0) & (words <= LABEL_WORDS))
    dated = np.zeros(len(texts), np.bool_)
    dated[numbered] = texts.gather(numbered).str.contains(MAY_BE_NUMBERS).to_numpy()
    known = _known_words()
    n_words = np.diff(measured.starts)
    filled = n_words > 0
    opens = np.zeros(len(texts), np.bool_)
    opens[filled] = np.isin(measured.hashes[measured.starts[:-1][filled]], known["starts"])

    def held(kind: str) -> npt.NDArray[np.int64]:
        """Words of each line that are of the kind."""
        counts = np.concatenate([[0], np.cumsum(np.isin(measured.hashes, known[kind]))])
        return np.diff(counts[measured.starts])

    phrased = held("has") > 0
    commented = (held("comments") > 0) & (words <= LABEL_WORDS)
    shared = held("share") == n_words
    may: npt.NDArray[np.bool_] = opens | phrased | commented | shared | shaped | dated
    return ~filled | (may & (words <= ROLE_WORDS))


@functools.cache
def _known_words() -> dict[str, npt.NDArray[np.uint64]]:
    """Hashes of the words with which phrases begin, of the longest of those that count anywhere, and of share bars."""
    starts = {word for (_, way), phrases in _lexicon().items() if way != "has" for word in phrases}
    has = {word for (_, way), phrases in _lexicon().items() if way == "has" for word in phrases}
    comments = _lexicon().get(("comments", "is"), {})
    return {
        "starts": _hashes(starts),
        "has": _hashes(has),
        "comments": _hashes(comments),
        "share": _hashes(_share_words()),
    }


def _hashes(words: Iterable[str]) -> npt.NDArray[np.uint64]:
    column = texts_of(pl.Series(sorted(words), dtype=pl.String))
    return words_of(column, np.arange(len(column)), measure(column, threads=1)[0], threads=1)[0]


def kernel_codes(numbers: npt.NDArray[np.int16]) -> npt.NDArray[np.int64]:
    """For the numbers of roles those by which the features know them (`columns.ROLE_CODES`)."""
    return _KERNEL_CODES[numbers]


def label_value(text: str) -> str:
    """What stands behind a label's colon; the text itself where there is none.

    >>> label_value("المصدر: بوابة الأخبار")
    'بوابة الأخبار'
    """
    _, colon, value = text.replace("：", ":").partition(":")
    return value.strip() if colon else text.strip()


OUTLET_WORDS = 6
"""Most words of a line that only names an outlet, a place or a person."""
_PLACE_NAME = re.compile(r"^[^\W\d]+(?: [^\W\d]+){0,2}\s*:\s*[^\W\d]+(?: [^\W\d]+){1,3}$")
_OUTLET = re.compile(r"[–—:-]\s*$|\s[–—-]\s|^[–—-]")


def head_role(line: Line) -> Role | None:
    """The role of a short line between headline and text, by its form."""
    if line.n_words > OUTLET_WORDS:
        return None
    if _PLACE_NAME.match(line.text):
        return Role("byline", "place-and-name")
    if line.text.endswith("/"):
        return Role("credit", "source-line")
    return Role("byline", "outlet-and-place") if _OUTLET.search(line.text) else None
