# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""Compiled loops over what the first pass made of the lines: the scores around each, its runs, its host, its headline.

As in `line_kernels`, line `i` belongs to page `p` where `pages[p] <= i < pages[p + 1]`; pages do not see each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.clean.columns import AT_AFTER, AT_COHESION, AT_RECURRENCE, AT_RUNS
from dq.clean.line_kernels import (
    FAR,
    RUN_GAP,
    STOP_LINES,
    STOP_SHARE,
    _blocks,
    _running,
    _slot,
    _table,
    _within,
)
from dq.compiled import njit

KEPT, SURE = 0.5, 0.6
"""Scores from which a line counts as kept, and as a part of a run of kept lines."""
HEAD = 0.35
"""The first share of the kept words, in which comments and further articles have no part."""
HEAD_REACH, HEAD_WORDS = 25, 4.0
"""Lines after a headline in which its words are looked for; words that it is taken to have at least."""

_F32_ROWS = "float32[:, ::1]"
_PAGES = "Array(int64, 1, 'C', readonly=True)"
_HASHES = "Array(uint64, 1, 'C', readonly=True)"
_READ = "Array(float64, 1, 'C', readonly=True)"


@njit()
def _cohesion(hashes: Any, starts: Any, scores: Any, before: Any, total: Any, out: Any) -> None:
    """Words shared with the kept lines of the page, and with those of its head; a line's own are left out."""
    n = scores.size
    table = _table(starts[n] - starts[0])
    lines, heads, last = np.zeros(table.size), np.zeros(table.size), np.full(table.size, -1)
    n_kept = 0
    for i in range(n):
        if scores[i] > KEPT:
            n_kept += 1
            for at in range(starts[i], starts[i + 1]):
                slot = _slot(table, hashes[at])
                table[slot] = hashes[at]
                if last[slot] != i:
                    last[slot] = i
                    lines[slot] += 1
                    heads[slot] += before[i] / total < HEAD
    stop = max(STOP_LINES, STOP_SHARE * n_kept)
    for i in range(n):
        own = 1.0 if scores[i] > KEPT else 0.0
        own_head = own if before[i] / total < HEAD else 0.0
        content, shared, shared_head = 0.0, 0.0, 0.0
        for at in range(starts[i], starts[i + 1]):
            slot = _slot(table, hashes[at])
            if lines[slot] < stop:
                content += 1
                shared += lines[slot] > own
                shared_head += heads[slot] > own_head
        out[i, AT_COHESION], out[i, AT_COHESION + 1] = shared / max(1.0, content), shared_head / max(1.0, content)


@njit()
def _after(hashes: Any, starts: Any, scores: Any, out: Any) -> None:
    """How much of each line the kept lines just after it take up."""
    n = scores.size
    table = _table(starts[n] - starts[0])
    n_lines, following = np.zeros(table.size), np.full(table.size, 2.0**31)
    n_kept = 0
    for i in range(n):
        n_kept += scores[i] > KEPT
        for at in range(starts[i], starts[i + 1]):
            slot = _slot(table, hashes[at])
            table[slot] = hashes[at]
            n_lines[slot] += scores[i] > KEPT
    stop = max(STOP_LINES + 1, STOP_SHARE * n_kept)
    for i in range(n - 1, -1, -1):
        content, taken = 0.0, 0.0
        for at in range(starts[i], starts[i + 1]):
            slot = _slot(table, hashes[at])
            if n_lines[slot] < stop:
                content += 1
                taken += following[slot] - i <= HEAD_REACH
            if scores[i] > KEPT:
                following[slot] = i
        out[i, AT_AFTER] = taken / max(HEAD_WORDS, content)


@njit()
def _around(scores: Any, words: Any, before: Any, total: Any, out: Any) -> None:
    n = scores.size
    sums = _running(scores)
    for i in range(n):
        row = out[i]
        row[0] = scores[i]
        for step in range(1, 6):
            row[step] = scores[i - step] if i >= step else -0.1
            row[5 + step] = scores[i + step] if i + step < n else -0.1
        for place, reach in enumerate((2, 5, 10, 20)):
            row[11 + place] = _within(sums, i, reach) / (2 * reach + 1)
        row[15], row[16] = before[i] / total, 1 - before[i + 1] / total
        row[17], row[18] = np.log(total + 1), scores[i] * words[i] / total


@njit()
def _runs(scores: Any, words: Any, total: Any, out: Any) -> None:
    """Runs of sure lines: how far and how large the ones before, around and after each line are."""
    n = scores.size
    run, sizes = _blocks(np.where(scores > SURE, scores * words + 1e-9, 0.0), RUN_GAP)
    main = np.argmax(sizes) if sizes.size else -1
    largest = max(1e-6, sizes[main] if main >= 0 else 0.0)
    first, end, lines = np.full(sizes.size + 1, n), np.full(sizes.size + 1, -1), np.zeros(sizes.size + 1)
    sums = np.zeros(sizes.size + 1)
    for i in range(n):
        if run[i] >= 0:
            first[run[i]], end[run[i]] = min(first[run[i]], i), i
            lines[run[i]] += 1
            sums[run[i]] += scores[i]
    best, last = 0.0, -1
    for i in range(n):
        row = out[i, AT_RUNS:]
        row[0], row[2] = best, FAR if last < 0 else min(FAR, i - last)
        row[4] = 0.0 if last < 0 else sizes[run[last]] / largest
        row[6], row[7] = sizes.size, largest / total
        best, last = max(best, scores[i]), i if run[i] >= 0 else last
        if run[i] >= 0:
            row[8], row[9] = sizes[run[i]] / largest, sums[run[i]] / lines[run[i]]
        row[10] = 0.0 if main < 0 else max(-FAR, min(0, i - first[main])) + min(FAR, max(0, i - end[main]))
    best, last = 0.0, -1
    for i in range(n - 1, -1, -1):
        row = out[i, AT_RUNS:]
        row[1], row[3] = best, FAR if last < 0 else min(FAR, last - i)
        row[5] = 0.0 if last < 0 else sizes[run[last]] / largest
        best, last = max(best, scores[i]), i if run[i] >= 0 else last


@njit()
def _recurrence(recurs: Any, blind: Any, host_pages: Any, words: Any, out: Any) -> None:
    """What the other pages of the host hold of the page's lines; both counts are of pages, this one among them."""
    n = recurs.size
    often = (recurs > 1).astype(np.float64)
    sums, before = _running(often), _running(often * words)
    all_words = _running(words)
    for i in range(n):
        row = out[i, AT_RECURRENCE:]
        row[0] = np.log(min(50.0, max(1.0, recurs[i])))
        row[1] = (recurs[i] - 1) / (host_pages - 1) if host_pages > 1 else 0.0
        row[2] = np.log(min(50.0, max(1.0, blind[i])))
        row[3], row[4] = often[i - 1] if i else 0.0, often[i + 1] if i + 1 < n else 0.0
        row[5], row[6] = _within(sums, i, 3) / 7, _within(sums, i, 8) / 17
        row[7] = before[i] / max(1.0, all_words[i])
        row[8] = np.log(min(50.0, host_pages))


@njit(f"void({_PAGES}, float64[::1], float64[::1], uint64[::1], {_PAGES}, {_READ}, {_READ}, {_READ}, {_F32_ROWS})")
def second_features(
    pages: Any, scores: Any, words: Any, hashes: Any, starts: Any, recurs: Any, blind: Any, host_pages: Any, out: Any
) -> None:
    """All of SECOND for the lines of all pages; `out` has shape (n, len(SECOND)), zeroed."""
    for page in range(pages.size - 1):
        a, b = pages[page], pages[page + 1]
        if a == b:
            continue
        before = _running(scores[a:b] * words[a:b])
        total = max(1e-6, before[b - a])
        _around(scores[a:b], words[a:b], before, total, out[a:b])
        _runs(scores[a:b], words[a:b], total, out[a:b])
        _cohesion(hashes, starts[a : b + 1], scores[a:b], before, total, out[a:b])
        _after(hashes, starts[a : b + 1], scores[a:b], out[a:b])
        _recurrence(recurs[a:b], blind[a:b], host_pages[page], words[a:b], out[a:b])


@njit(f"void({_PAGES}, float64[::1], {_HASHES}, uint64[::1], {_PAGES}, {_F32_ROWS})")
def headline_features(pages: Any, headline: Any, keys: Any, hashes: Any, starts: Any, out: Any) -> None:
    """All of HEADLINE from how sure each line is the headline; `out` has shape (n, len(HEADLINE))."""
    for page in range(pages.size - 1):
        a, b = pages[page], pages[page + 1]
        if a == b:
            continue
        best = a + np.argmax(headline[a:b])
        first, last = best, best
        for i in range(a, b):
            if keys[i] == keys[best]:
                first, last = min(first, i), max(last, i)
        n_words = starts[best + 1] - starts[best]
        table = _table(n_words)
        for at in range(starts[best], starts[best + 1]):
            table[_slot(table, hashes[at])] = hashes[at]
        for i in range(a, b):
            held = 0.0
            for at in range(starts[i], starts[i + 1]):
                held += table[_slot(table, hashes[at])] != 0
            row = out[i]
            row[0], row[1] = headline[i], headline[best]
            row[2], row[3] = max(-FAR, min(FAR, i - last)), max(-FAR, min(FAR, i - first))
            row[4] = held / max(1, n_words)
