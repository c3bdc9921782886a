"""Lines of a batch of pages as columns, measured in one pass of compiled code, and the features read from them.

No list of words is asked. Sentence marks come from Unicode, stop words are learned from the page itself (words of many
of its long lines), a character of a script without spaces counts as half a word.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import numpy as np
import numpy.typing as npt
import polars as pl

from dq.clean import line_kernels as kernels
from dq.clean.characters import classes
from dq.clean.columns import FEATURES, HEADLINE, SECOND
from dq.clean.pass_kernels import headline_features, second_features
from dq.fold import words
from dq.texts import measure, texts_of, words_of

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

ENDS_LINE = "\r\n|[\r\x0b\x0c]"
"""What ends a line beside a line feed. Unicode's own separators do not: they come from within paragraphs of web pages,
where no browser breaks a line at them, and U+0085 is most often an ellipsis read in the wrong encoding."""
SPACES = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
"""White space around a line: Unicode's, and the four separators of ASCII, which nobody sees either."""
BULLETS = r"^(?:[•·▪●○◦‣⁃∙■□◆►▶→»›*\-–—]\s+)+"
"""List marks before a line. Like blank lines they say how a page was flattened, not what a line is, and count for
nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lines:
    """The lines of a batch of pages; line i of page p has the index `pages[p] + i`."""

    pages: I64
    texts: pl.Series


def split_pages(contents: Sequence[str]) -> Lines:
    r"""The non-empty lines of flattened pages, without white space and list marks around them.

    >>> split_pages(["Home\r\n\r\n  • News", "One"]).texts.to_list()
    ['Home', 'News', 'One']
    """
    page = pl.Series("text", contents, pl.String).str.replace_all(ENDS_LINE, "\n").str.split("\n")
    rows = pl.DataFrame({"page": np.arange(len(contents)), "text": page}).explode("text")
    rows = rows.with_columns(pl.col("text").fill_null("").str.strip_chars(SPACES).str.replace(BULLETS, ""))
    rows = rows.filter(pl.col("text") != "")
    counts = np.bincount(rows["page"].to_numpy(), minlength=len(contents))
    return Lines(
        pages=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        texts=rows["text"],
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """What is counted on the lines of a batch.

    Of line i: `words` (its length), `keys` (a hash of its folded words), its words' hashes
    `hashes[starts[i]:starts[i + 1]]`, `blind` (a hash of all but its digits) and `shapes` (of the kinds of its words).
    """

    pages: I64
    words: F64
    keys: U64
    hashes: U64
    starts: I64
    blind: U64
    shapes: U64
    stats: F32
    brackets: F32

    def features(self, roles: I64, urls: Sequence[str | None]) -> F32:
        """All FEATURES, shape (n_lines, len(FEATURES)).

        `roles` has for each line a number of ROLE_CODES or 0, `urls` the address of each page, where it is known.
        """
        slugs, slug_starts = slug_words(urls)
        out = np.zeros((len(self.words), len(FEATURES)), np.float32)
        kernels.page_features(
            self.pages, self.stats, self.brackets, self.words, self.hashes, self.starts, self.keys,
            self.blind, self.shapes, roles, slugs, slug_starts, out,
        )  # fmt: skip
        return out

    def second(self, scores: F64, recurrence: Recurrence) -> F32:
        """All of SECOND, shape (n_lines, len(SECOND)), from the first pass's scores and what the host repeats."""
        out = np.zeros((len(self.words), len(SECOND)), np.float32)
        second_features(
            self.pages, scores, self.words, self.hashes, self.starts, recurrence.lines, recurrence.blind,
            recurrence.host_pages, out,
        )  # fmt: skip
        return out

    def headline(self, scores: F64) -> F32:
        """All of HEADLINE, shape (n_lines, len(HEADLINE)), from how sure each line is the headline."""
        out = np.zeros((len(self.words), len(HEADLINE)), np.float32)
        headline_features(self.pages, scores, self.keys, self.hashes, self.starts, out)
        return out


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Recurrence:
    """Pages of its host that hold each line, and that hold it but for its digits; pages of each page's host."""

    lines: F64
    blind: F64
    host_pages: F64

    @classmethod
    def none(cls, measured: Measured) -> Recurrence:
        """Nothing is known of other pages."""
        n_lines, n_pages = len(measured.words), len(measured.pages) - 1
        return cls(lines=np.ones(n_lines), blind=np.ones(n_lines), host_pages=np.ones(n_pages))


def measure_lines(lines: Lines, *, threads: int = 1) -> Measured:
    """The lines, measured."""
    texts = texts_of(lines.texts)
    n_words, keys = measure(texts, threads=threads)
    hashes, starts = words_of(texts, np.arange(len(texts)), n_words, threads=threads)
    stats, brackets = np.zeros((len(texts), kernels.N_STATS), np.float32), np.zeros(len(texts), np.float32)
    blind, shapes = np.zeros(len(texts), np.uint64), np.zeros(len(texts), np.uint64)
    kernels.line_stats(texts.data, texts.offsets, classes(), stats, brackets, blind, shapes)
    return Measured(
        pages=lines.pages,
        words=n_words - stats[:, kernels.N_WHOLE].astype(np.float64) / 2,
        keys=keys,
        hashes=hashes,
        starts=starts,
        blind=blind,
        shapes=shapes,
        stats=stats,
        brackets=brackets,
    )


LEAST_SLUG = 3.0
"""Fewest words of an address that names its story."""
_EXTENSION = re.compile(r"\.\w{2,5}$")


def slug(url: str | None) -> str:
    """The part of an address's path with most words, if it names a story; else nothing.

    >>> slug("https://example.org/world/2024/05/river-rises-after-rain-1234.html"), slug("https://example.org/?p=1")
    ('river rises after rain', '')
    """
    try:
        path = unquote(urlsplit(url or "").path)
    except ValueError:  # scraped addresses may be anything
        return ""
    parts = ([word for word in words(_EXTENSION.sub("", part)) if not word.isdigit()] for part in path.split("/"))
    longest = max(parts, key=len, default=[])
    return " ".join(longest) if len(longest) >= LEAST_SLUG else ""


def slug_words(urls: Sequence[str | None]) -> tuple[U64, I64]:
    """(word hashes, starts) of the addresses' slugs, as `words_of` gives them."""
    texts = texts_of(pl.Series([slug(url) for url in urls], dtype=pl.String))
    n_words, _ = measure(texts, threads=1)
    return words_of(texts, np.arange(len(texts)), n_words, threads=1)
