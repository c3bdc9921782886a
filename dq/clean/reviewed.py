"""Lines on which people decided: the articles of a page, after what was reviewed of it is put right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from dq.clean.segments import Segment, View
from dq.reviews import Ruling, line_key

REVIEWED = "reviewed"
"""Reason of a line that would have been kept, or removed, had nobody decided on it."""
Kept = frozenset[int]


def kept_lines(segments: Iterable[Segment]) -> Kept:
    """The lines that the articles keep."""
    heads = (at for segment in segments for at in (segment.title, segment.subtitle) if at is not None)
    return frozenset(at for segment in segments for at in segment.body) | frozenset(heads)


def put_right(
    segments: Sequence[Segment], view: View, decisions: Mapping[str, Ruling]
) -> tuple[list[Segment], frozenset[int]]:
    """(the articles as `decisions` have it, the lines that these changed).

    `decisions` tell of lines (`line_key`) what becomes of them. A removed one leaves its article, and an article
    without a body goes; a headline stays where that is said. One that is kept joins the body of the article in whose
    range it stands, or of the nearest one; of several copies the likeliest, unless an article keeps one already.
    """
    places: dict[str, list[int]] = {}
    for at, text in enumerate(view.texts):
        if (key := line_key(text)) in decisions:
            places.setdefault(key, []).append(at)
    if not places:
        return list(segments), frozenset()
    titles = {segment.title for segment in segments}
    removed = {
        at
        for key, copies in places.items()
        if not decisions[key].kept
        for at in copies
        if at not in titles or not decisions[key].spares_headlines
    }
    found = [without(segment, removed) for segment in segments]
    found = [segment for segment in found if segment.body]
    kept = kept_lines(found)
    for key, copies in sorted(places.items(), key=lambda item: item[1]):
        if decisions[key].kept and kept.isdisjoint(copies) and (said := [at for at in copies if view.lines[at].text]):
            found = with_line(found, max(said, key=lambda at: (view.content[at], -at)), len(view.texts))
    decided = {at for copies in places.values() for at in copies}
    return found, (kept_lines(segments) ^ kept_lines(found)) & decided


def without(segment: Segment, removed: set[int]) -> Segment:
    """The article without the lines that were removed."""
    return dataclasses.replace(
        segment,
        body=tuple(at for at in segment.body if at not in removed),
        title=None if segment.title in removed else segment.title,
        subtitle=None if segment.subtitle in removed else segment.subtitle,
    )


def with_line(segments: Sequence[Segment], at: int, n_lines: int) -> list[Segment]:
    """The articles with the line in the body of one; where there is none, it is an article of its own."""
    if not segments:
        return [Segment(start=0, end=n_lines, title=None, subtitle=None, body=(at,), is_main=True)]
    nearest = min(range(len(segments)), key=_distance(segments, at))
    return [
        dataclasses.replace(
            segment,
            start=min(segment.start, at),
            end=max(segment.end, at + 1),
            body=tuple(sorted((*segment.body, at))),
        )
        if place == nearest
        else segment
        for place, segment in enumerate(segments)
    ]


def _distance(segments: Sequence[Segment], at: int) -> Callable[[int], int]:
    return lambda place: max(segments[place].start - at, at - segments[place].end + 1, 0)
