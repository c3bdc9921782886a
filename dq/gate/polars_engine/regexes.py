r"""Regular expressions and LIKE patterns, run by Polars where its engine can, else by Python.

Expectations are written for Python's `re`. Polars has Rust's engine, which runs in linear time and some ten times
faster, and differs in this:

* look-around, back-references, possessive and conditional groups are unknown to it: such a pattern goes to `re`;
* `$` holds only at the very end there, and before a final line break as well in `re`: translated;
* `\Z` is written `\z` there: translated;
* `\w` takes in combining marks, such as Arabic vowel signs, and `re` does not: left as Rust has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from dq.gate.polars_engine.columns import Column

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?[a-zA-Z-]+[:)]|.", re.DOTALL)


def matches(column: Column, regex: str) -> pl.Expr:
    """Whether `regex` is found in the column's text, at any place.

    Raises ValueError where it is no regular expression.
    """
    rust = to_rust(regex)
    if rust is not None:
        return column.text.str.contains(rust)
    compiled = _compiled(regex)
    return column.map(lambda value: compiled.search(str(value)) is not None, pl.Boolean)


def matches_like(column: Column, pattern: str, escape: str | None = None) -> pl.Expr:
    """Whether the column's whole text is like `pattern`."""
    return column.text.str.contains(like_to_regex(pattern, escape))


def listed(column: Column, regexes: Sequence[str]) -> list[pl.Expr]:
    """Whether each of several is found; ValueError where there is none."""
    if not regexes:
        raise ValueError("No objects to concatenate")
    return [matches(column, regex) for regex in regexes]


@lru_cache(maxsize=1024)
def to_rust(regex: str) -> str | None:
    r"""`regex` for Rust's engine; None where only Python's can run it.

    >>> to_rust(r"\d+$"), to_rust(r"a(?=b)")
    ('\\d+(?:\\n?\\z)', None)
    """
    translated = "".join(_rust_tokens(regex))
    try:
        pl.select(pl.lit("").str.contains(translated))
    except pl.exceptions.PolarsError:
        return None
    return translated


def _rust_tokens(regex: str) -> list[str]:
    multiline = re.search(r"\(\?[a-zA-Z]*m", regex) is not None
    at_end = {"\\Z": "\\z"} if multiline else {"\\Z": "\\z", "$": r"(?:\n?\z)"}
    return [at_end.get(token, token) for token in _TOKEN.findall(regex)]


def _compiled(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise ValueError(f"the regular expression {regex!r} does not compile: {error}") from error


def like_to_regex(pattern: str, escape: str | None = None) -> str:
    r"""A LIKE pattern of SQL as a regular expression for the whole text: `%` is any text, `_` any character.

    Letters are told apart by case. Without `escape` no character takes the meaning of `%` and `_` away.

    >>> like_to_regex("a%_"), like_to_regex("50!%", escape="!")
    ('(?s)^a.*.$', '(?s)^50%$')
    """
    if escape is not None and len(escape) != 1:
        raise ValueError(f"escape must be one character, not {escape!r}")
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            parts.append(re.escape(next(characters, character)))
        else:
            parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
    return f"(?s)^{''.join(parts)}$"
