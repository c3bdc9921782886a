"""Every error that a user of dq can meet.

    DqError                     exit code 4 unless a class below says otherwise
    ├── UsageError              2  the call itself is wrong
    │   ├── ConfigError         2  an option, dq.toml or pyproject.toml holds a value that cannot be used
    │   ├── MissingInputError   2  a path or pattern that was named does not exist
    │   ├── TableError          2  a table cannot be read, or lacks a column that was named
    │   └── SuiteError          2  a file in expectations/ cannot be read or names what is not there
    ├── NothingReadableError    3  the input exists, and holds no page that could be read
    └── FaultError              4  dq itself failed; says where, and how to resume

Each message says what is wrong, where, and what to do next. Bad *pages* are never errors: they become rows of the
table pages with a status and a problem.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import ClassVar


class DqError(Exception):
    """The root of the tree; catching it catches all that dq raises on purpose."""

    exit_code: ClassVar[int] = 4


class UsageError(DqError):
    """The call is wrong and cannot be carried out."""

    exit_code: ClassVar[int] = 2


class ConfigError(UsageError):
    """An option has a value that cannot be used."""


class MissingInputError(UsageError):
    """Paths or patterns that match nothing; all of them are told at once."""


class TableError(UsageError):
    """A table that cannot be read, or that lacks a column."""


class SuiteError(UsageError):
    """One or more expectation suites that cannot be used; all mistakes are told at once."""


class NothingReadableError(DqError):
    """The input holds nothing that could be read as a page."""

    exit_code: ClassVar[int] = 3


class FaultError(DqError):
    """A fault of the program, never of the data."""

    exit_code: ClassVar[int] = 4


def told_together(heading: str, problems: Sequence[str]) -> str:
    """One message for many problems: the heading, then each problem on a line of its own.

    >>> print(told_together("2 inputs were not found:", ["a.html", "b.html"]))
    2 inputs were not found:
      - a.html
      - b.html
    """
    return "\n".join([heading, *(f"  - {problem}" for problem in problems)])


def listed(names: Sequence[str]) -> str:
    """The first of `names`, MOST_LISTED at most, and how many there are beside them.

    >>> listed(["a", "b"]), listed(list("abcdefg"))
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


MOST_LISTED = 5
"""Names in an error message; of the others it tells how many they are."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of characters that steer a terminal or reorder what it shows: controls, bidi marks, broken
halves of pairs, separators of lines."""


def printable(text: object) -> str:
    r"""`text` without characters that steer a terminal; its line breaks and spaces stay.

    >>> printable("a\x1b[31m  b\nc\u202e")
    'a[31m  b\nc'
    """
    return "".join(char for char in str(text) if char == "\n" or unicodedata.category(char) not in UNSEEN)


def shown(text: object) -> str:
    r"""`text` on one line, without characters that steer a terminal.

    >>> shown("a\x1b[31m\u202eb\nc")
    'a[31mb c'
    """
    return printable(" ".join(str(text).split()))
