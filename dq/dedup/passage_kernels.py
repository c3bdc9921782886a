# ruff: noqa: PLR0913, PLR0917  # kernels take arrays, not records
"""The compiled way from the words of many texts to the passages that they share.

Words lie end to end as hashes: those of text i are `words[begins[i]:ends[i]]`. A *seed* is a shingle that
winnowing keeps; a *run* is a maximal stretch of equal words in two texts, found by extending a seed; a *match* is a
chain of runs on nearly one diagonal: one passage in two texts, with what was edited in between.

Sources: Schleimer, Wilkerson, Aiken, "Winnowing: local algorithms for document fingerprinting" (2003); seed, extend and
chain as in Altschul and others, "Gapped BLAST and PSI-BLAST" (1997).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dq.compiled import njit
from dq.word_kernels import BASE, mix_64

_U64 = "Array(uint64, 1, 'C', readonly=True)"
_I64 = "Array(int64, 1, 'C', readonly=True)"
_LINKS = "Array(int32, 2, 'C', readonly=True)"
_I64_2 = "Array(int64, 2, 'C', readonly=True)"

LATER, EARLIER, LATER_START, LATER_END, EARLIER_START, EARLIER_END, MATCHED, RUNS_START, RUNS_END = range(9)
"""Columns of a match: its two texts by rank, the words it spans in each, equal words, its rows among the runs."""
IN_LATER, IN_EARLIER, LENGTH = range(3)
"""Columns of a run: its first word in each of the two texts, and its words."""
ROOT, ROOT_START, ROOT_END = range(3)
"""Columns of what a match was followed back to: the earliest text that has the passage, and the words there."""
OPEN_CHAINS = 16
"""Chains of one pair that may still grow; runs of equal words in another order (a table, a list) need several."""
MAX_GAP = 12
"""Words, in either text, between two runs of one match: an edit, or an inserted clause."""
MAX_SHIFT = 8
"""How much longer such a gap may be in one text than in the other."""
EDGE_GAP = 3
"""Words, in either text, between a match and further words that still belong to it, at its two ends."""
EDGE_RUN = 2
"""Equal words in a row that it takes to go on beyond such a gap."""
MAX_STEPS = 64
"""Steps by which a match is followed back; each one leads to an earlier text."""


@njit(f"int64({_U64}, {_I64}, {_I64}, int64, int64, int64, int64, uint64[::1], int64[::1], int64[::1])")
def winnow(
    words: Any,
    begins: Any,
    ends: Any,
    first: Any,
    last: Any,
    size: Any,
    window: Any,
    hashes: Any,
    texts: Any,
    places: Any,
) -> Any:
    """Seeds of the texts `first` to `last`: the least of each `window` successive shingles, the last of equal ones.

    Shingles have `size` words. Writes hash, text and first word of each seed; returns how many there are.
    """
    n_seeds = 0
    ring = np.empty(window, np.uint64)
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= BASE
    for text in range(first, last):
        begin = begins[text]
        n_words = ends[text] - begin
        rolling = np.uint64(0)
        least = np.int64(-1)
        for at in range(n_words):
            if at >= size:
                rolling -= words[begin + at - size] * top
            rolling = rolling * BASE + words[begin + at]
            shingle = at - size + 1
            if shingle < 0:
                continue
            ring[shingle % window] = mix_64(rolling)
            full = shingle >= window - 1 or at == n_words - 1
            if not full:
                continue
            oldest = max(shingle - window + 1, 0)
            if least < oldest:
                best = oldest
                for place in range(oldest + 1, shingle + 1):
                    if ring[place % window] <= ring[best % window]:
                        best = place
            elif ring[shingle % window] <= ring[least % window]:
                best = shingle
            else:
                best = least
            if best != least:
                least = np.int64(best)
                hashes[n_seeds] = ring[best % window]
                texts[n_seeds] = text
                places[n_seeds] = best
                n_seeds += 1
    return n_seeds


@njit(f"int64({_I64}, {_I64}, {_I64}, {_I64}, int64, int32[:, ::1])")
def link(order: Any, group_starts: Any, texts: Any, places: Any, n_earlier: Any, links: Any) -> Any:
    """Links (later text, earlier text, word in each) of each seed with its first and with its nearest earlier text.

    `order` has the seeds by hash, equal ones by text. That is linear in the seeds, however many texts share one; the
    first text leads all that share a passage to one place, the nearest one finds it where the first has the seed by
    chance only. The first `n_earlier` texts are not linked with one another.
    """
    n_links = 0
    for group in range(group_starts.size - 1):
        first = order[group_starts[group]]
        nearest = first
        for at in range(group_starts[group] + 1, group_starts[group + 1]):
            seed, previous = order[at], order[at - 1]
            if texts[seed] == texts[first]:
                continue
            if texts[previous] != texts[seed]:
                nearest = previous
            if texts[seed] < n_earlier:
                continue
            links[n_links, 0], links[n_links, 1] = texts[seed], texts[first]
            links[n_links, 2], links[n_links, 3] = places[seed], places[first]
            n_links += 1
            if nearest != first:
                links[n_links, 0], links[n_links, 1] = texts[seed], texts[nearest]
                links[n_links, 2], links[n_links, 3] = places[seed], places[nearest]
                n_links += 1
    return n_links


@njit()
def _runs_of_pair(later: Any, earlier: Any, links: Any, first: Any, last: Any, runs: Any, n_runs: Any) -> Any:
    """Extend the seeds of one pair, in order of their places in `later`; returns the number of runs after them."""
    begun = n_runs
    for at in range(first, last):
        here, there = np.int64(links[at, 2]), np.int64(links[at, 3])
        known = False
        for run in range(max(begun, n_runs - OPEN_CHAINS), n_runs):
            same = here - there == runs[run, IN_LATER] - runs[run, IN_EARLIER]
            known |= same and here < runs[run, IN_LATER] + runs[run, LENGTH]
        if known:
            continue
        back = 0
        while here > back and there > back and later[here - back - 1] == earlier[there - back - 1]:
            back += 1
        ahead = 0
        while (
            here + ahead < later.size and there + ahead < earlier.size and later[here + ahead] == earlier[there + ahead]
        ):
            ahead += 1
        if ahead == 0:  # two different shingles of one hash
            continue
        place = n_runs
        while place > begun and runs[place - 1, IN_LATER] > here - back:
            runs[place] = runs[place - 1]
            place -= 1
        runs[place, IN_LATER], runs[place, IN_EARLIER], runs[place, LENGTH] = here - back, there - back, back + ahead
        n_runs += 1
    return n_runs


@njit()
def _widened(later: Any, earlier: Any, match: Any, step: Any) -> Any:
    """Let one end of a match (`step` -1 its start, 1 its end) go on beyond small edits; returns the words gained."""
    gained = 0
    while True:
        here = match[LATER_START] - 1 if step < 0 else match[LATER_END]
        there = match[EARLIER_START] - 1 if step < 0 else match[EARLIER_END]
        found = False
        for gap in range(1, 2 * EDGE_GAP + 1):
            for gap_here in range(max(0, gap - EDGE_GAP), min(gap, EDGE_GAP) + 1):
                x, y = here + step * gap_here, there + step * (gap - gap_here)
                n_equal = 0
                while 0 <= x < later.size and 0 <= y < earlier.size and later[x] == earlier[y]:
                    n_equal += 1
                    x += step
                    y += step
                if n_equal >= EDGE_RUN:
                    if step < 0:
                        match[LATER_START], match[EARLIER_START] = x + 1, y + 1
                    else:
                        match[LATER_END], match[EARLIER_END] = x, y
                    gained += n_equal
                    found = True
                    break
            if found:
                break
        if not found:
            return gained


@njit(
    f"UniTuple(int64, 2)({_U64}, {_I64}, {_I64}, {_LINKS}, {_I64}, int64, int64, int64, float64,"
    " int64[:, ::1], int64[:, ::1])"
)
def match_pairs(
    words: Any, begins: Any, word_ends: Any, links: Any, pair_starts: Any, first: Any, last: Any,
    min_words: Any, min_share: Any, matches: Any, runs: Any,
) -> Any:  # fmt: skip
    """Matches of the pairs `first` to `last`, whose links come in order of their places in the later text.

    A match has at least `min_words` words in both texts, and at least `min_share` of the longer side are equal. Writes
    matches and the runs of each, one after the other; returns how many there are of both.
    """
    n_matches = n_kept = 0
    longest_pair = 0
    for pair in range(first, last):
        longest_pair = max(longest_pair, pair_starts[pair + 1] - pair_starts[pair])
    found = np.empty((longest_pair, 3), np.int64)
    chain_of = np.empty(longest_pair, np.int64)
    match = np.zeros(9, np.int64)
    ends = np.empty((longest_pair, 2), np.int64)
    for pair in range(first, last):
        at = pair_starts[pair]
        later = words[begins[links[at, 0]] : word_ends[links[at, 0]]]
        earlier = words[begins[links[at, 1]] : word_ends[links[at, 1]]]
        n_runs = _runs_of_pair(later, earlier, links, at, pair_starts[pair + 1], found, 0)
        n_chains = 0
        for run in range(n_runs):
            best, best_cost = np.int64(-1), np.int64(1 << 60)
            for chain in range(max(0, n_chains - OPEN_CHAINS), n_chains):
                gap_here = found[run, IN_LATER] - ends[chain, 0]
                gap_there = found[run, IN_EARLIER] - ends[chain, 1]
                overlap = max(0, -gap_here, -gap_there)
                shift = abs(gap_here - gap_there)
                near = gap_here <= MAX_GAP and gap_there <= MAX_GAP and shift <= MAX_SHIFT
                if near and overlap < found[run, LENGTH] and shift + max(gap_here, gap_there) < best_cost:
                    best, best_cost = np.int64(chain), np.int64(shift + max(gap_here, gap_there))
            if best < 0:
                best = np.int64(n_chains)
                n_chains += 1
            else:
                overlap = max(0, ends[best, 0] - found[run, IN_LATER], ends[best, 1] - found[run, IN_EARLIER])
                found[run, IN_LATER] += overlap
                found[run, IN_EARLIER] += overlap
                found[run, LENGTH] -= overlap
            ends[best, 0] = found[run, IN_LATER] + found[run, LENGTH]
            ends[best, 1] = found[run, IN_EARLIER] + found[run, LENGTH]
            chain_of[run] = best
        for chain in range(n_chains):
            begun, matched = n_kept, 0
            for run in range(n_runs):
                if chain_of[run] == chain:
                    runs[n_kept] = found[run]
                    matched += found[run, LENGTH]
                    n_kept += 1
            match[LATER], match[EARLIER] = links[at, 0], links[at, 1]
            match[LATER_START], match[EARLIER_START] = runs[begun, IN_LATER], runs[begun, IN_EARLIER]
            match[LATER_END], match[EARLIER_END] = ends[chain, 0], ends[chain, 1]
            match[RUNS_START], match[RUNS_END] = begun, n_kept
            matched += _widened(later, earlier, match, -1) + _widened(later, earlier, match, 1)
            match[MATCHED] = matched
            here = match[LATER_END] - match[LATER_START]
            there = match[EARLIER_END] - match[EARLIER_START]
            if min(here, there) >= min_words and matched >= min_share * max(here, there):
                matches[n_matches] = match
                n_matches += 1
            else:
                n_kept = begun
    return n_matches, n_kept


@njit()
def _to(runs: Any, match: Any, word: Any, source: Any, target: Any, is_end: Any) -> Any:
    """The place in one text of a match (`target`) that answers to `word` in the other; between runs, the nearer edge.

    `source` and `target` are IN_LATER and IN_EARLIER in either order; `is_end` says that `word` is the one behind the
    last.
    """
    begin, end = match[LATER_START + 2 * source], match[LATER_END + 2 * source]
    if word <= begin:
        return match[LATER_START + 2 * target]
    if word >= end:
        return match[LATER_END + 2 * target]
    answer = match[LATER_START + 2 * target]
    for run in range(match[RUNS_START], match[RUNS_END]):
        offset = word - runs[run, source]
        if offset <= 0:
            return answer if is_end else runs[run, target]
        if offset < runs[run, LENGTH] or (is_end and offset == runs[run, LENGTH]):
            return runs[run, target] + offset
        answer = runs[run, target] + runs[run, LENGTH]
    return answer if is_end else match[LATER_END + 2 * target]


@njit()
def _covers(begin: Any, end: Any, inner_begin: Any, inner_end: Any, share: Any) -> Any:
    return min(end, inner_end) - max(begin, inner_begin) >= share * (inner_end - inner_begin)


@njit(f"void({_I64_2}, {_I64_2}, {_I64}, float64, int64[:, ::1])")
def follow_back(matches: Any, runs: Any, of_text: Any, share: Any, roots: Any) -> None:
    """The earliest text that has the passage of each match, and its words there.

    Matches of the later text t are `matches[of_text[t]:of_text[t + 1]]`, by earlier text. A match is followed as long
    as the text that it leads to has a match of its own that covers `share` of it, and that keeps so much of it.
    """
    for at in range(matches.shape[0]):
        text = matches[at, EARLIER]
        begin, end = matches[at, EARLIER_START], matches[at, EARLIER_END]
        for _ in range(MAX_STEPS):
            found = np.int64(-1)
            for other in range(of_text[text], of_text[text + 1]):
                if _covers(matches[other, LATER_START], matches[other, LATER_END], begin, end, share):
                    found = np.int64(other)
                    break
            if found < 0:
                break
            there = _to(runs, matches[found], begin, IN_LATER, IN_EARLIER, False)
            there_end = _to(runs, matches[found], end, IN_LATER, IN_EARLIER, True)
            if there_end - there < share * (end - begin):
                break
            text, begin, end = matches[found, EARLIER], there, there_end
        roots[at, ROOT], roots[at, ROOT_START], roots[at, ROOT_END] = text, begin, end


@njit(f"int64({_I64_2}, {_I64}, float64, int64[::1], int64[:, ::1])")
def group(roots: Any, order: Any, share: Any, group_of: Any, groups: Any) -> Any:
    """Groups of matches whose passages in one root are nearly the same words; returns how many there are.

    `order` has the matches by root, the longest first: the first of a group gives it its extent (root, start, end), and
    a match joins the first group with which it has `share` of the words that either spans.
    """
    n_groups = begun = 0
    for at in order:
        if n_groups and groups[n_groups - 1, ROOT] != roots[at, ROOT]:
            begun = n_groups
        joined = np.int64(-1)
        for known in range(begun, n_groups):
            low = max(groups[known, ROOT_START], roots[at, ROOT_START])
            high = min(groups[known, ROOT_END], roots[at, ROOT_END])
            longest = max(groups[known, ROOT_END], roots[at, ROOT_END])
            least = min(groups[known, ROOT_START], roots[at, ROOT_START])
            if high - low >= share * (longest - least):
                joined = np.int64(known)
                break
        if joined < 0:
            groups[n_groups] = roots[at]
            joined = np.int64(n_groups)
            n_groups += 1
        group_of[at] = joined
    return n_groups


@njit(f"int64({_I64_2}, {_I64_2}, {_I64}, {_I64}, {_I64_2}, float64, int64, int64[:, ::1])")
def spread_groups(
    matches: Any, runs: Any, by_root: Any, of_root: Any, groups: Any, share: Any, min_words: Any, out: Any
) -> Any:
    """Places (group, text, start, end) of each group's passage in texts that share more than it with the root.

    `by_root[of_root[t]:of_root[t + 1]]` are the matches that lead to text t. Writes as long as there is room; returns
    how many there are.
    """
    n_places = 0
    for at in range(groups.shape[0]):
        root, begin, end = groups[at, ROOT], groups[at, ROOT_START], groups[at, ROOT_END]
        for place in range(of_root[root], of_root[root + 1]):
            match = matches[by_root[place]]
            if not _covers(match[EARLIER_START], match[EARLIER_END], begin, end, share):
                continue
            start = _to(runs, match, begin, IN_EARLIER, IN_LATER, False)
            stop = _to(runs, match, end, IN_EARLIER, IN_LATER, True)
            if stop - start < min_words:
                continue
            if n_places < out.shape[0]:
                out[n_places, 0], out[n_places, 1] = at, match[LATER]
                out[n_places, 2], out[n_places, 3] = start, stop
            n_places += 1
    return n_places


@njit(f"void({_I64}, {_I64}, {_I64}, {_I64}, boolean[::1])")
def keep_apart(groups: Any, texts: Any, firsts: Any, lasts: Any, kept: Any) -> None:
    """Keep each place that overlaps none kept before it; places of one group in one text come together."""
    begun = 0
    for at in range(groups.size):
        if groups[at] != groups[begun] or texts[at] != texts[begun]:
            begun = at
        kept[at] = True
        for other in range(begun, at):
            if kept[other] and firsts[at] < lasts[other] and firsts[other] < lasts[at]:
                kept[at] = False
                break
