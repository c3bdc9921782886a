"""The interface's language: English in the source, other languages from gettext catalogs in `languages/`.

Text of the interface goes through `tr` and `trn`, in templates through `_` and `trans`; what a page or a suite says
stays as it is. The language is that of the innermost `speaking` block, English without one.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal, get_args

LanguageCode = Literal["en", "ar"]
LANGUAGES: tuple[LanguageCode, ...] = get_args(LanguageCode)
RIGHT_TO_LEFT = frozenset({"ar"})
FOLDER = Path(__file__).with_name("languages")
SOURCE: LanguageCode = "en"
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"

_spoken: ContextVar[LanguageCode] = ContextVar("interface language", default=SOURCE)


def spoken() -> LanguageCode:
    """The code of the language in use."""
    return _spoken.get()


def direction() -> Literal["ltr", "rtl"]:
    """The direction of the language in use."""
    return "rtl" if spoken() in RIGHT_TO_LEFT else "ltr"


@contextmanager
def speaking(code: LanguageCode) -> Iterator[None]:
    """The language of all that is said inside the block."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def tr(message: str, **values: object) -> str:
    """A message in the language in use, with its `%(name)s` filled in.

    >>> tr("%(host)s is new", host="a.example")
    'a.example is new'
    """
    told = message_of(message)
    return told % values if values else told


def trn(one: str, several: str, n: int, **values: object) -> str:
    """A message that counts something, with `%(n)s` as the number.

    >>> trn("%(n)s page", "%(n)s pages", 1200)
    '1,200 pages'
    """
    return messages_of(one, several, n) % {"n": f"{n:,}", **values}


def marked(message: str) -> str:
    """The message itself; marks a text that is translated elsewhere for the extraction of messages."""
    return message


def message_of(message: str) -> str:
    """The message in the language in use, as it stands in the catalog."""
    return _catalog(spoken()).gettext(message) if message else ""


def messages_of(one: str, several: str, n: int) -> str:
    """The form of a message for `n`, in the language in use."""
    return _catalog(spoken()).ngettext(one, several, n)


def knows(message: str) -> bool:
    """Whether the message is in the language in use: the source's own, or one that its catalog has."""
    return spoken() == SOURCE or message_of(message) != message


def foreign(text: str) -> bool:
    """Whether a text of the interface is left in the source's language: it has letters, and none beyond ASCII.

    >>> foreign("at most 0.5")
    False
    >>> with speaking("ar"):
    ...     foreign("at most 0.5"), foreign("0.5"), foreign("«body» فارغ")
    (True, False, False)
    """
    letters = [char for char in text if char.isalpha()]
    return spoken() != SOURCE and bool(letters) and all(char.isascii() for char in letters)


def numeral(text: str) -> str:
    r"""A date, share or signed number that keeps its order among words which are written from right to left.

    A left-to-right mark goes before it there: without one, an Arabic letter before `2024-04-09` or `-3` turns its parts
    around (Unicode Standard Annex 9, rules W2 and W4).

    >>> with speaking("ar"):
    ...     numeral("-3") == "\N{LEFT-TO-RIGHT MARK}-3", numeral("1,200")
    (True, '1,200')
    """
    plain = all(char.isdigit() or char in ".," for char in text)
    return text if plain or direction() == "ltr" else f"{LEFT_TO_RIGHT}{text}"


def fitting(patterns: Iterable[tuple[str, str]], text: str) -> tuple[str, tuple[str, ...]] | None:
    """The message of the first pattern that the whole text fits, and what stands in its groups; None for no pattern."""
    for pattern, message in patterns:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return message, found.groups()
    return None


def filled(message: str, values: Iterable[str]) -> str:
    """A message with `%(a)s`, `%(b)s` and so on, in the language in use, with the values in their places."""
    return tr(message, **dict(zip("abcd", values, strict=False)))


def catalog_file(code: LanguageCode) -> Path:
    """Where the catalog of a language lies."""
    return FOLDER / f"{code}.po"


@cache
def _catalog(code: LanguageCode) -> gettext.NullTranslations:
    if code == SOURCE:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - only other languages need it
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with catalog_file(code).open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
