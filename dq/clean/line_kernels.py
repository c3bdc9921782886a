# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""Compiled loops that measure lines: their characters, their page, and what the first pass says of them.

Line `i` belongs to page `p` where `pages[p] <= i < pages[p + 1]`. A kernel fills the columns of its group in `out`
(`columns.py`), one page at a time, so that no page can change what another one's lines look like.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.clean.characters import (
    CLOSING,
    COLON,
    COMMA,
    DIGIT,
    END,
    LETTER,
    LOWER,
    OPENING,
    PUNCTUATION,
    QUESTION,
    QUOTE,
    SEPARATOR,
    SPACE,
    UPPER,
    WHOLE,
)
from dq.clean.columns import (
    AT_BETWEEN,
    AT_BLOCKS,
    AT_COPIES,
    AT_MASS,
    AT_NEAR,
    AT_PLACE,
    AT_ROLES,
    AT_SLUG,
    AT_VOCABULARY,
    ROLE_CODES,
)
from dq.compiled import njit
from dq.word_kernels import decode

LONG, FULL, SHORT = 12.0, 20.0, 6.0
"""Words of a line whose words count as the page's, of one that is running text without a full stop, of a short one."""
PROSE_WORDS = 8.0
"""Words of a line that is running text where it ends a sentence."""
BLOCK_GAP, RUN_GAP = 3, 6
"""Lines between two lines of one block, of one run of kept lines."""
FAR = 99.0
STOP_SHARE, STOP_LINES = 0.2, 2.0
"""A word of this share of the long lines, and of as many at least, is a stop word of the page."""
SLUG_WORDS = 30.0
"""Most words of a line that may be the headline which an address names."""
SLUG_SHARE = 0.5
"""Share of an address's words from which a line is the headline that it names."""

SHAPE_WORDS = 12.0
"""Words of a line whose shape is compared; longer ones are text, and never have the shape of another."""
_OPENING_ROLES, _CAPTION, _DATE, _BYLINE, _CREDIT = (
    ROLE_CODES[name] for name in ("comments", "caption", "date", "byline", "credit")
)
_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_YEAR_DIGITS = 4
N_STATS = 19
N_CHARS, N_UPPER, N_DIGIT, N_PUNCT, N_COMMA, N_INNER, N_QUOTE, N_SEP, N_WHOLE, N_TOKENS, N_CAPS, LONGEST = range(12)
ENDS, ASKS, COLON_END, BRACKET_END, LOWER_START, DOTS, YEARS = range(12, 19)


@njit()
def _token(token: Any, code: Any, kind: Any, place: Any) -> Any:
    """The kind of a word after one more character: capital first, letters, digits, its last mark."""
    if kind & DIGIT:
        return token | np.uint64(1)
    if kind & LETTER:
        return token | np.uint64(2) | np.uint64(4 if place == 1 and kind & UPPER else 0)
    return (token & np.uint64(7)) | (np.uint64(code) << np.uint64(3))


@njit(
    "void(Array(uint8, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True), uint16[::1], float32[:, ::1], "
    "float32[::1], uint64[::1], uint64[::1])"
)
def line_stats(data: Any, offsets: Any, kinds: Any, out: Any, brackets: Any, blind: Any, shapes: Any) -> None:
    """Counts of each line's characters, shape (n, N_STATS), and of its opening brackets, in one pass over its bytes.

    `blind` hashes the line's letters with one sign for each run of digits; `shapes` the kinds of its words, equal
    neighbours counted once: `12 May 2012` and `7 June 2011` are alike in both, `Ann Lee` and `Bo Ek` in the second.
    """
    for i in range(offsets.size - 1):
        at, end = offsets[i], offsets[i + 1]
        row = out[i]
        in_word, ended, digits_run, word = False, 0, 0, 0
        first, last, last_open, before = np.uint16(0), np.uint16(0), np.uint16(0), np.uint16(0)
        letters, shape, token, last_token = _FNV_OFFSET, _FNV_OFFSET, np.uint64(0), np.uint64(0)
        while at < end:
            code, at = decode(data, at)
            kind = kinds[code]
            row[N_CHARS] += 1
            first = kind if first == 0 else first
            if kind & SPACE:
                in_word, word = False, 0
                ended = 2 if ended == 1 else ended
                if token != last_token:
                    shape, last_token = (shape ^ token) * _FNV_PRIME, token
            else:
                if not in_word:
                    in_word = True
                    token = np.uint64(0)
                    row[N_TOKENS] += 1
                    row[N_CAPS] += (kind & UPPER) != 0
                word += 1
                row[LONGEST] = max(row[LONGEST], word)
                token = _token(token, code, kind, word)
                if (ended == 2 or (ended == 1 and kind & WHOLE)) and kind & (LETTER | DIGIT | OPENING | QUOTE):
                    row[N_INNER] += 1
                    ended = 0
                if ended == 1 and not kind & (CLOSING | END):
                    ended = 0
            row[N_UPPER] += (kind & UPPER) != 0
            row[N_PUNCT] += (kind & PUNCTUATION) != 0
            row[N_COMMA] += (kind & COMMA) != 0
            row[N_QUOTE] += (kind & QUOTE) != 0
            row[N_SEP] += (kind & SEPARATOR) != 0
            row[N_WHOLE] += (kind & WHOLE) != 0
            brackets[i] += (kind & OPENING) != 0
            if kind & DIGIT:
                row[N_DIGIT] += 1
                digits_run += 1
                row[YEARS] += digits_run == _YEAR_DIGITS
                letters = (letters ^ np.uint64(DIGIT)) * _FNV_PRIME if digits_run == 1 else letters
            else:
                digits_run = 0
                letters = (letters ^ (np.uint64(code) << np.uint64(16))) * _FNV_PRIME
            if kind & END:
                if before & END:
                    row[DOTS], ended = 1, 0
                else:
                    ended = 1
            if not kind & SPACE:
                last = before = kind
                if not kind & CLOSING:
                    last_open = kind
        row[ENDS] = (last_open & END) != 0
        row[ASKS] = (last_open & QUESTION) != 0
        row[COLON_END] = (last & COLON) != 0
        row[BRACKET_END] = (last & CLOSING) != 0 and (last & QUOTE) == 0
        row[LOWER_START] = (first & LOWER) != 0
        blind[i] = letters
        shapes[i] = (shape ^ token) * _FNV_PRIME if token != last_token else shape


@njit()
def _slot(table: Any, key: Any) -> Any:
    """Where `key` is in an open hash table of a power of two of slots, or the free slot where it belongs; 0 is free."""
    mask = table.size - 1
    at = np.int64(key & np.uint64(mask))
    while table[at] != 0 and table[at] != key:
        at = (at + 1) & mask
    return at


@njit()
def _table(n: Any) -> Any:
    """An empty hash table for `n` keys."""
    size = 16
    while size < 2 * n + 2:
        size *= 2
    return np.zeros(size, np.uint64)


@njit()
def _running(values: Any) -> Any:
    """Sums of the values before each place, and of all: shape (n + 1,)."""
    sums = np.zeros(values.size + 1)
    for i in range(values.size):
        sums[i + 1] = sums[i] + values[i]
    return sums


@njit()
def _within(sums: Any, at: Any, reach: Any) -> Any:
    """The sum over the lines at most `reach` away, from running sums."""
    return sums[min(sums.size - 1, at + reach + 1)] - sums[max(0, at - reach)]


@njit()
def _own(stats: Any, brackets: Any, words: Any, out: Any) -> None:
    for i in range(words.size):
        row, s = out[i], stats[i]
        n, chars, tokens = max(1.0, words[i]), max(1.0, s[N_CHARS]), max(1.0, s[N_TOKENS])
        row[0], row[1], row[2], row[3] = words[i], s[N_CHARS], s[N_CHARS] / n, s[LONGEST]
        row[4], row[5], row[6], row[7], row[8] = s[ENDS], s[ASKS], s[N_INNER], s[N_COMMA], s[N_COMMA] / n
        row[9], row[10], row[11], row[12] = s[N_DIGIT] / chars, s[YEARS], s[N_UPPER] / chars, s[N_CAPS] / tokens
        row[13], row[14], row[15], row[16] = s[N_PUNCT] / chars, s[N_SEP] / n, s[N_QUOTE], brackets[i]
        row[17], row[18], row[19], row[20] = s[COLON_END], s[BRACKET_END], s[LOWER_START], s[DOTS]


@njit()
def _prose(stats: Any, words: Any) -> Any:
    """The words of each line that looks like running text by itself, 0 for others."""
    prose = np.zeros(words.size)
    for i in range(words.size):
        if words[i] >= PROSE_WORDS and (stats[i, ENDS] > 0 or words[i] >= FULL):
            prose[i] = words[i]
    return prose


@njit()
def _blocks(mass: Any, gap: Any) -> Any:
    """(block of each line or -1, words of each block) where lines with mass at most `gap` apart are one block."""
    block = np.full(mass.size, -1, np.int64)
    sizes = np.zeros(mass.size + 1)
    current, last = -1, -FAR
    for i in range(mass.size):
        if mass[i] > 0:
            current += i - last > gap
            block[i], last = current, i
            sizes[current] += mass[i]
    return block, sizes[: current + 1]


@njit()
def _vocabulary(hashes: Any, starts: Any, words: Any, block: Any, main: Any, out: Any) -> None:
    """Stop words, and words shared with the page's long lines and with its main block, a line's own left out."""
    n = words.size
    table = _table(starts[n] - starts[0])
    lines, in_main, last = np.zeros(table.size), np.zeros(table.size), np.full(table.size, -1)
    n_long = 0
    for i in range(n):
        is_long, is_main = words[i] >= LONG, block[i] >= 0 and block[i] == main
        n_long += is_long
        if is_long or is_main:
            for at in range(starts[i], starts[i + 1]):
                slot = _slot(table, hashes[at])
                table[slot] = hashes[at]
                if last[slot] != i:
                    last[slot] = i
                    lines[slot] += is_long
                    in_main[slot] += is_main
    stop = max(STOP_LINES, STOP_SHARE * n_long)
    for i in range(n):
        own = 1.0 if words[i] >= LONG else 0.0
        own_main = 1.0 if block[i] >= 0 and block[i] == main else 0.0
        stops, content, shared, shared_main = 0.0, 0.0, 0.0, 0.0
        for at in range(starts[i], starts[i + 1]):
            slot = _slot(table, hashes[at])
            if lines[slot] >= stop:
                stops += 1
                continue
            content += 1
            shared += lines[slot] > own
            shared_main += in_main[slot] > own_main
        out[i, AT_VOCABULARY] = stops / max(1.0, stops + content)
        out[i, AT_VOCABULARY + 1] = shared / max(1.0, content)
        out[i, AT_VOCABULARY + 2] = shared_main / max(1.0, content)


@njit()
def _counts(keys: Any, which: Any) -> Any:
    """How many of the lines of which `which` is true have each one's key; 0 for the others."""
    table = _table(keys.size)
    total, found = np.zeros(table.size), np.zeros(keys.size)
    for i in range(keys.size):
        if which[i]:
            slot = _slot(table, keys[i])
            table[slot] = keys[i]
            total[slot] += 1
    for i in range(keys.size):
        if which[i]:
            found[i] = total[_slot(table, keys[i])]
    return found


@njit()
def _copies(keys: Any, blind: Any, shapes: Any, words: Any, out: Any) -> Any:
    """Running sums of the lines that the page prints thrice and oftener, which `_between` needs too."""
    n = keys.size
    total, alike = _counts(keys, np.ones(n, np.bool_)), _counts(blind, np.ones(n, np.bool_))
    is_short = (words > 0) & (words <= SHAPE_WORDS)
    shaped = _counts(shapes, is_short)
    sums, shape_sums = _running((total >= 3).astype(np.float64)), _running((shaped >= 3).astype(np.float64))
    table = _table(2 * n)
    seen, last = np.zeros(table.size), np.full(table.size, -FAR)
    for i in range(n):
        row = out[i, AT_COPIES:]
        slot = _slot(table, keys[i])
        table[slot] = keys[i]
        row[0], row[1] = min(5.0, total[i]), min(5.0, seen[slot])
        seen[slot] += 1
        row[2], row[3] = _within(sums, i, 3) / 7, _within(sums, i, 8) / 17
        row[4], row[5], row[6], row[7] = min(9.0, alike[i]), min(30.0, shaped[i]), _within(shape_sums, i, 8) / 17, FAR
        if is_short[i]:
            slot = _slot(table, shapes[i])
            table[slot] = shapes[i]
            row[7] = min(FAR, i - last[slot])
            last[slot] = i
    return sums


@njit()
def _place_and_mass(stats: Any, words: Any, prose: Any, out: Any) -> None:
    n = words.size
    n_words, n_prose, n_runs = _running(words), _running(prose), _running((prose > 0).astype(np.float64))
    short, capitals, separators = (
        _running((words < SHORT).astype(np.float64)),
        _running(stats[:, N_CAPS] / np.maximum(1.0, stats[:, N_TOKENS])),
        _running(stats[:, N_SEP].astype(np.float64)),
    )
    total, total_prose = max(1.0, n_words[n]), max(1.0, n_prose[n])
    for i in range(n):
        row = out[i, AT_PLACE:]
        row[0], row[1], row[2], row[3], row[4] = (
            i / n,
            min(200, i),
            min(200, n - 1 - i),
            np.log(n + 1.0),
            np.log(total + 1),
        )
        row[5], row[6], row[7], row[8] = (
            n_words[i] / total,
            n_prose[i] / total_prose,
            np.log(total_prose + 1),
            total_prose / total,
        )
        row = out[i, AT_MASS:]
        for place, reach in enumerate((1, 3, 8, 20)):
            row[place] = _within(n_prose, i, reach) - prose[i]
        row[4] = row[2] / total_prose
        for place, reach in enumerate((3, 8, 20)):
            row[5 + place] = (_within(n_runs, i, reach) - (prose[i] > 0)) / (2 * reach)
        row[8], row[9] = _within(short, i, 3) / 7, _within(short, i, 8) / 17
        row[10], row[11] = _within(capitals, i, 3) / 7, _within(separators, i, 3) / 7


@njit()
def _near(stats: Any, words: Any, roles: Any, out: Any) -> None:
    n = words.size
    for i in range(n):
        row = out[i, AT_NEAR:]
        for step in range(1, 4):
            row[step - 1] = words[i - step] if i >= step else 0.0
            row[step + 2] = words[i + step] if i + step < n else 0.0
        row[10], row[11] = roles[i - 1] if i else 0, roles[i + 1] if i + 1 < n else 0
        for step in range(1, 3):
            row[step + 5] = stats[i - step, ENDS] if i >= step else 0.0
            row[step + 7] = stats[i + step, ENDS] if i + step < n else 0.0


@njit()
def _block_features(prose: Any, block: Any, sizes: Any, main: Any, out: Any) -> None:
    n = prose.size
    total, largest = max(1.0, prose.sum()), max(1.0, sizes[main] if main >= 0 else 0.0)
    starts, ends = np.zeros(sizes.size + 1, np.int64), np.zeros(sizes.size + 1, np.int64)
    for i in range(n - 1, -1, -1):
        if block[i] >= 0:
            starts[block[i]] = i
    for i in range(n):
        if block[i] >= 0:
            ends[block[i]] = i
    last = -1
    for i in range(n):
        row = out[i, AT_BLOCKS:]
        row[0], row[2] = (FAR, 0.0) if last < 0 else (min(FAR, i - last), sizes[block[last]] / total)
        last = i if block[i] >= 0 else last
        own = sizes[block[i]] if block[i] >= 0 else 0.0
        row[4], row[5], row[6] = own / total, own, own / largest
        if main >= 0:
            row[7] = max(-FAR, min(0, i - starts[main])) + min(FAR, max(0, i - ends[main]))
        row[8] = (i - starts[block[i]]) / (ends[block[i]] - starts[block[i]] + 1.0) if block[i] >= 0 else -1.0
    last = -1
    for i in range(n - 1, -1, -1):
        row = out[i, AT_BLOCKS:]
        row[1], row[3] = (FAR, 0.0) if last < 0 else (min(FAR, last - i), sizes[block[last]] / total)
        last = i if block[i] >= 0 else last


@njit()
def _between(prose: Any, repeats: Any, roles: Any, out: Any) -> None:
    """What stands between each line and the running text before and after it."""
    n = prose.size
    dates = _running(((roles == _DATE) | (roles == _BYLINE)).astype(np.float64))
    last = -1
    for i in range(n):
        row = out[i, AT_BETWEEN:]
        row[0], row[2] = min(9.0, repeats[i] - repeats[last + 1]), min(9.0, dates[i] - dates[last + 1])
        last = i if prose[i] > 0 else last
    last = n
    for i in range(n - 1, -1, -1):
        row = out[i, AT_BETWEEN:]
        row[1], row[3] = min(9.0, repeats[last] - repeats[i + 1]), min(9.0, dates[last] - dates[i + 1])
        last = i if prose[i] > 0 else last


@njit()
def _role_features(roles: Any, out: Any) -> None:
    n = roles.size
    dates = _running(((roles == _DATE) | (roles == _BYLINE)).astype(np.float64))
    since = np.full(_OPENING_ROLES, FAR)
    for i in range(n):
        row = out[i, AT_ROLES:]
        since = np.minimum(FAR, since + 1)
        row[:_OPENING_ROLES] = since
        role = roles[i]
        if 0 < role <= _OPENING_ROLES:
            since[role - 1] = 0
        row[6], row[7], row[8], row[9] = role == _CAPTION, role == _DATE, role == _BYLINE, role == _CREDIT
        row[10] = 0 < role <= _OPENING_ROLES or role > _CREDIT
        row[11], row[12], row[13] = _within(dates, i, 3) / 7, _within(dates, i, 8) / 17, dates[n] - dates[i]


@njit()
def _slug(slug: Any, hashes: Any, starts: Any, words: Any, out: Any) -> None:
    """The words of the page's address in its lines; the last of the lines that hold most of them is its headline."""
    n = words.size
    table = _table(slug.size)
    for word in slug:
        table[_slot(table, word)] = word
    best, head = SLUG_SHARE, -1
    for i in range(n):
        found = 0.0
        if slug.size and words[i] <= SLUG_WORDS:
            for at in range(starts[i], starts[i + 1]):
                found += table[_slot(table, hashes[at])] != 0
        out[i, AT_SLUG] = min(1.0, found / max(1, slug.size))
        if out[i, AT_SLUG] >= best:
            best, head = out[i, AT_SLUG], i
    for i in range(n):
        out[i, AT_SLUG + 1] = FAR if head < 0 else max(-FAR, min(FAR, i - head))
        out[i, AT_SLUG + 2] = slug.size > 0


_F32_ROWS = "float32[:, ::1]"
_PAGES = "Array(int64, 1, 'C', readonly=True)"
_HASHES = "Array(uint64, 1, 'C', readonly=True)"
_READ = "Array(float64, 1, 'C', readonly=True)"


@njit(
    f"void({_PAGES}, {_F32_ROWS}, float32[::1], float64[::1], uint64[::1], {_PAGES}, uint64[::1], uint64[::1], "
    f"uint64[::1], {_PAGES}, {_HASHES}, {_PAGES}, {_F32_ROWS})"
)
def page_features(
    pages: Any, stats: Any, brackets: Any, words: Any, hashes: Any, starts: Any, keys: Any, blind: Any,
    shapes: Any, roles: Any, slugs: Any, slug_starts: Any, out: Any,
) -> None:  # fmt: skip
    """All of FEATURES for the lines of all pages, one page at a time; `out` has shape (n, len(FEATURES)), zeroed."""
    for page in range(pages.size - 1):
        a, b = pages[page], pages[page + 1]
        if a == b:
            continue
        prose = _prose(stats[a:b], words[a:b])
        block, sizes = _blocks(prose, BLOCK_GAP)
        main = np.argmax(sizes) if sizes.size else -1
        _own(stats[a:b], brackets[a:b], words[a:b], out[a:b])
        _vocabulary(hashes, starts[a : b + 1], words[a:b], block, main, out[a:b])
        repeats = _copies(keys[a:b], blind[a:b], shapes[a:b], words[a:b], out[a:b])
        _place_and_mass(stats[a:b], words[a:b], prose, out[a:b])
        _near(stats[a:b], words[a:b], roles[a:b], out[a:b])
        _block_features(prose, block, sizes, main, out[a:b])
        _between(prose, repeats, roles[a:b], out[a:b])
        _role_features(roles[a:b], out[a:b])
        _slug(slugs[slug_starts[page] : slug_starts[page + 1]], hashes, starts[a : b + 1], words[a:b], out[a:b])
