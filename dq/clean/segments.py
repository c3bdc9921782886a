"""Segments: the articles that a page holds, and the title, standfirst and body of each.

A page is cut before a headline only where at least two signals agree that another article begins there (`SIGNALS`);
one alone, a "read also" link in mid-text say, never cuts. Which article is the main one is told by the page's title,
its address or its position, never by length.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urlsplit

from dq.clean.lines import Line, count_words, ends_sentence, holds_sentence_break
from dq.clean.roles import Role, head_role
from dq.fold import words as fold_words

SIGNALS = {
    "headline-repeated": "the headline is printed again before its text",
    "further-h1": "the markup calls it a heading of the first level",
    "related-before": "a related-articles heading stands between the two texts",
    "end-before": "tags, source, share bar, form or footer end the text before",
    "caption-block": "a caption stands between headline and text",
    "restart": "a byline, date, source or dateline stands between headline and text",
    "cohesion-lost": "the text shares few words with the one before",
}
SIGNALS_NEEDED = 2
"""Signals that agree where another article begins, in text that the scorer leaves out. On 1,655 pages with gold bodies
two of them were wrong in 3 of 100 such places."""
SIGNALS_AGAINST_SCORER = 4
"""Signals needed in text that the scorer keeps, lost cohesion among them and a headline that is repeated or marked as
one: there they are wrong more often than right."""
HEADLINE_WORDS = (3, 30)
"""Fewest and most words of a headline."""
HEADLINE_REACH = 10
"""Lines from a headline to the first paragraph of its text, at most: captions, bylines and copies of it between."""
RUN = 2
"""Paragraphs that make a running text."""
RUNNING_GAP = 2
"""Two paragraphs at most this many lines apart run on; teasers stand further apart."""
CUT_REACH = 60
"""Lines before and after a headline that are looked at for signs of another article."""
BODY_GAP = 12
"""After so many lines without running text, text must show that it still belongs to the article."""
SUBHEADS = 2
"""Short lines in a row between two paragraphs that are read as subheadings."""
COHESION_LOST = 0.22
"""Share of a text's content stems in the article before it, below which the two may be strangers. On gold bodies three
paragraphs hold a quarter of the stems of the next three (median; 0.14 at the fifth percentile), and of a stranger's in
the same language 0.11 (0.24 at the 95th): a hint that needs others beside it."""
COHESION_KEPT = 0.12
"""The same share above which text behind a box is taken up again."""
SHORTEST_STEM = 3
STEM = 5
"""Letters by which two word forms are compared; enough for most inflected languages, and needs no dictionary."""
BOX_LABELS = frozenset({"related", "tags", "form", "footer"})
END_LABELS = frozenset({"tags", "credit", "share", "form", "footer"})
RESTART_LABELS = frozenset({"byline", "date", "credit"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """One article of a page: indices into the page's lines; `signals` tell why it was cut from what stands before."""

    start: int
    end: int
    title: int | None
    subtitle: int | None
    body: tuple[int, ...]
    is_main: bool = False
    signals: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A page as segmentation sees it.

    Of each line: its text, its `words` (how many), its score `content`, its `keys` (equal for equal lines), how often
    it stands on the page (`copies`), whether the scorer keeps it (`kept`), whether it is running text (`prose`: kept,
    or by its form), its role, and how sure it is the page's headline. `title_hint` is the page's own title, as its
    markup states it; text has none.
    """

    texts: Sequence[str]
    lines: Sequence[Line]
    words: Sequence[float]
    keys: Sequence[int]
    copies: Sequence[int]
    kept: Sequence[bool]
    prose: Sequence[bool]
    roles: Sequence[Role | None]
    content: Sequence[float]
    headline: Sequence[float]
    title_hint: str = ""
    url: str = ""

    def label(self, at: int) -> str | None:
        """The label that a rule gave the line, or None."""
        role = self.roles[at]
        return role.label if role else None

    def is_h1(self, at: int) -> bool:
        """Whether the markup calls the line a heading of the first level."""
        return self.lines[at].tag == "h1"

    def total_words(self, places: Iterable[int]) -> float:
        """Words of the lines at `places`."""
        return sum(self.words[at] for at in places)


@functools.lru_cache(4096)
def stems(words: tuple[str, ...]) -> frozenset[str]:
    """Content stems: words of three letters and more (one where a script has no spaces), article and length cut off."""
    return frozenset(
        word.removeprefix("و").removeprefix("ال")[:STEM]
        for word in words
        if len(word) >= SHORTEST_STEM or (not word.isascii() and len(word) == 1)
    )


def stems_at(view: View, places: Iterable[int]) -> set[str]:
    """Content stems of the lines at `places`."""
    return set().union(*(stems(view.lines[at].words) for at in places))


def cohesion(view: View, places: Sequence[int], article: set[str]) -> float:
    """Share of the content stems at `places` that the article holds, 0..1; 1 for no stems at all."""
    found = stems_at(view, places)
    return len(found & article) / len(found) if found else 1.0


def is_headline(view: View, at: int) -> bool:
    """Whether the line could be a headline by its length and form."""
    fewest, most = HEADLINE_WORDS
    if view.roles[at] is not None or not fewest <= view.words[at] <= most:
        return False
    line = view.lines[at]
    return not line.text.endswith((".", "。", "،", ",")) and not holds_sentence_break(line.text)


def reads_as_heading(line: Line) -> bool:
    """Whether the line is as short and open-ended as a headline or subheading."""
    return line.n_words <= HEADING_WORDS and not ends_sentence(line.text) and not holds_sentence_break(line.text)


HEADING_WORDS = 14


def reads_as_title(view: View, first: int, second: int) -> bool:
    """Whether the first line of a text without headline is one: open-ended, above a paragraph."""
    return is_headline(view, first) and not reads_as_heading(view.lines[second])


def running(view: View, at: int, end: int) -> list[int]:
    """Places of the paragraphs that run on from the paragraph at `at` without a gap or another role between."""
    places = [at]
    for nxt in range(at + 1, end):
        if nxt - places[-1] > RUNNING_GAP or view.label(nxt) in BOX_LABELS | {"credit"}:
            break
        if view.prose[nxt]:
            places.append(nxt)
    return places


def first_text(view: View, at: int, end: int) -> int | None:
    """The first paragraph of running text within reach of a headline at `at`."""
    reach = range(at + 1, min(end, at + 1 + HEADLINE_REACH))
    return next((place for place in reach if view.prose[place]), None)


def split(view: View, min_words: int) -> list[Segment]:
    """The articles of a page in page order; further ones have `min_words` words or more."""
    n = len(view.words)
    cuts: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    so_far = Text()
    for at in range(n):
        heads = so_far.words >= min_words and (not view.prose[at] or view.is_h1(at)) and is_headline(view, at)
        if heads and (signals := cut_signals(view, at, so_far, min_words)):
            cuts.append((at, signals))
            so_far = Text()
        elif view.prose[at]:
            so_far.places.append(at)
            so_far.words += view.words[at]
    ends = [start for start, _ in cuts[1:]] + [n]
    parts = [(start, end, signals) for (start, signals), end in zip(cuts, ends, strict=True)]
    main = main_part(view, [(start, end) for start, end, _ in parts])
    segments = [read_segment(view, *part, is_main=ordinal == main) for ordinal, part in enumerate(parts)]
    found = [segment for segment in segments if segment.body]
    return [segment for segment in found if segment.is_main or is_article(view, segment, min_words)]


def is_article(view: View, segment: Segment, min_words: int) -> bool:
    """Whether a further segment is an article of its own: long enough, and with a headline."""
    return segment.title is not None and view.total_words(segment.body) >= min_words


@dataclasses.dataclass(slots=True)
class Text:
    """The running text of an article as far as it was read: its lines, its words, and the stems of those asked for."""

    places: list[int] = dataclasses.field(default_factory=list)
    words: float = 0.0
    _stems: set[str] = dataclasses.field(default_factory=set)
    _known: int = 0

    @property
    def last(self) -> int:
        """The last line."""
        return self.places[-1] if self.places else -1

    def stems(self, view: View) -> set[str]:
        """The content stems so far; few headlines ask for them."""
        self._stems |= stems_at(view, self.places[self._known :])
        self._known = len(self.places)
        return self._stems


def cut_signals(view: View, at: int, so_far: Text, min_words: int) -> tuple[str, ...]:
    """The signals that another article begins with the headline at `at`; empty where they do not suffice."""
    n = len(view.lines)
    text = first_text(view, at, n)
    if text is None:
        return ()
    paragraphs = running(view, text, min(n, text + CUT_REACH))
    if len(paragraphs) < RUN or view.total_words(paragraphs) < min_words:
        return ()
    before = {view.label(place) for place in range(max(so_far.last + 1, at - CUT_REACH), at)}
    between = range(at + 1, text)
    labels = {view.label(place) for place in between}
    lost = cohesion(view, [at, *paragraphs[:5]], so_far.stems(view)) < COHESION_LOST
    found = {
        "headline-repeated": any(view.keys[place] == view.keys[at] for place in between),
        "further-h1": view.is_h1(at),
        "related-before": "related" in before,
        "end-before": bool(before & END_LABELS),
        "caption-block": "caption" in labels,
        "restart": bool(labels & RESTART_LABELS),
        "cohesion-lost": lost,
    }
    signals = tuple(name for name, holds in found.items() if holds)
    needed = SIGNALS_NEEDED
    if view.total_words(at for at in paragraphs if view.kept[at]) > KEPT_SHARE * view.total_words(paragraphs):
        headed = found["headline-repeated"] or found["further-h1"]
        needed = SIGNALS_AGAINST_SCORER if lost and headed else len(SIGNALS) + 1
    return signals if len(signals) >= needed else ()


KEPT_SHARE = 0.5
"""Share of a text's words from which the scorer takes it for the page's own."""


def read_segment(view: View, start: int, end: int, signals: tuple[str, ...], *, is_main: bool) -> Segment:
    """Title, standfirst and body of the article between two cuts.

    The scorer knows what belongs to the page's main article; of a further one, which it rightly leaves out, the text is
    what runs on below its headline.
    """
    title = main_title(view, start, end) if is_main else None
    body = [at for at in range(start, end) if view.kept[at] and (title is None or view.keys[at] != view.keys[title])]
    if not is_main or not body:
        text = body_start(view, start + bool(signals), end)
        if text is None:
            return Segment(start=start, end=end, title=None, subtitle=None, body=(), is_main=is_main, signals=signals)
        body = walk_body(view, text, end)
    body = without_head_lines(view, body)
    known = stems_at(view, body[:10])
    title = find_title(view, start, body[0], known) if title is None else title
    if title is None and is_main and len(body) > 1 and reads_as_title(view, *body[:2]):
        title = body[0]
    subtitle = None if title is None else find_subtitle(view, title, body)
    body = [at for at in body if at not in {subtitle, title}]
    return Segment(
        start=start, end=end, title=title, subtitle=subtitle, body=tuple(body), is_main=is_main, signals=signals
    )


def without_head_lines(view: View, body: Sequence[int]) -> list[int]:
    """The body without the lines at its start that only name a place, a person or an outlet."""
    head = list(itertools.takewhile(lambda at: head_role(view.lines[at]) is not None, body[: len(body) - 1]))
    return list(body[len(head) :])


def main_title(view: View, start: int, end: int) -> int | None:
    """The headline of the page: the line that prints the page's own title, else the likeliest; of copies the last.

    Copies below the first paragraph that is kept are teasers or a share box.
    """
    hint = " ".join(fold_words(view.title_hint))
    printed = [at for at in range(start, end) if hint and prints_title(view, at, hint)]
    best = printed[0] if printed else max(range(start, end), key=lambda at: headline_score(view, at), default=None)
    if best is None or (not printed and view.headline[best] < HEADLINE_NEEDED):
        return None
    best = without_path(view, best, start, end)
    text = next((at for at in range(best + 1, end) if view.kept[at] and view.keys[at] != view.keys[best]), end)
    return max(at for at in range(start, max(text, best + 1)) if view.keys[at] == view.keys[best])


def prints_title(view: View, at: int, hint: str) -> bool:
    """Whether the line is the page's own title; a word or two may be the site's name, unless they are the headline."""
    line = view.lines[at]
    return line.key == hint and (line.n_words >= HEADLINE_WORDS[0] or view.headline[at] >= HEADLINE_NEEDED)


def without_path(view: View, title: int, start: int, end: int) -> int:
    """The line near the title that repeats its end, where the title is `Home > News > Headline`; else the title."""
    near = range(max(start, title - PATH_REACH), min(end, title + PATH_REACH + 1))
    long_enough = (at for at in near if HEADLINE_WORDS[0] <= view.words[at] < view.words[title])
    ends = [at for at in long_enough if view.lines[title].key.endswith(f" {view.lines[at].key}")]
    return max(ends, key=lambda at: view.words[at], default=title)


PATH_REACH = 10
"""Lines from a path to the headline that it ends with."""


def headline_score(view: View, at: int) -> float:
    """How sure the line is the headline; one that reads as a caption, a date or the like is half as likely."""
    return view.headline[at] * (1.0 if view.roles[at] is None else 0.5)


HEADLINE_NEEDED = 0.25
"""Score from which the likeliest line is the headline; below, words shared with the text decide."""


def body_start(view: View, start: int, end: int) -> int | None:
    """The first paragraph of the first run of text that is at least half as long as the longest run."""
    runs: list[list[int]] = []
    at = start
    while at < end:
        if view.prose[at]:
            runs.append(running(view, at, end))
            at = runs[-1][-1]
        at += 1
    if not runs:
        return None
    fullest = max(view.total_words(run) for run in runs)
    return next(run[0] for run in runs if view.total_words(run) * 2 >= fullest)


def walk_body(view: View, text: int, end: int) -> list[int]:
    """The places of a further article's body: paragraphs from `text` on, with the subheadings between them.

    Behind a box (related links, tags, a form) or a wide gap only text that runs on and coheres with the article is
    taken up again.
    """
    body = [text]
    article = stems_at(view, [text])
    pending: list[int] = []
    boxed = False
    for at in range(text + 1, end):
        label = view.label(at)
        if view.prose[at]:
            apart = boxed or at - body[-1] > BODY_GAP
            if apart and not resumes(view, at, end, article):
                continue
            if not apart and len(pending) <= SUBHEADS:
                body.extend(pending)
            body.append(at)
            article |= stems(view.lines[at].words)
            pending, boxed = [], False
        elif label in BOX_LABELS and view.roles[at] != Role("related", "related-link"):
            boxed = True
        elif label is None and view.copies[at] == 1:
            pending.append(at)
    return body


def resumes(view: View, at: int, end: int, article: set[str]) -> bool:
    """Whether the text at `at` takes the article up again."""
    paragraphs = [place for place in running(view, at, end) if view.lines[place].n_words > HEADING_WORDS]
    return len(paragraphs) > 1 and cohesion(view, paragraphs[:3], article) >= COHESION_KEPT


def find_title(view: View, start: int, text: int, known: set[str]) -> int | None:
    """The headline of the body that starts at `text`: the likeliest line before it, of its copies the last."""
    best, best_score = None, 0.0
    for at in range(start, text):
        if (value := title_score(view, at, text, known)) >= max(best_score, TITLE_NEEDED):
            best, best_score = at, value
    return best


TITLE_NEEDED = 0.9
HEADLINE_STEMS = 4
"""Content words that a headline has at least; a menu entry shares its one word with any text."""
TITLE_NEAR = 25
"""Lines before the text beyond which nearness no longer speaks for a headline."""


def title_score(view: View, at: int, text: int, known: set[str]) -> float:
    """Evidence that the line is the text's headline: words shared, copies, nearness, markup, the page's own title."""
    line = view.lines[at]
    hinted = bool(view.title_hint) and line.key == " ".join(fold_words(view.title_hint))
    if not (hinted or is_headline(view, at)):
        return 0.0
    shared = stems(line.words)
    overlap = len(shared & known) / max(len(shared), HEADLINE_STEMS)
    nearness = max(0.0, 1 - (text - at) / TITLE_NEAR)
    return (
        1.2 * overlap
        + 0.5 * nearness
        + 0.3 * (view.copies[at] > 1)
        + 0.2 * (line.n_words > HEADLINE_WORDS[0])
        + {"h1": 1.0, "h2": 0.4}.get(line.tag, 0.0)
        - 0.4 * ends_sentence(line.text)
        + 3.0 * hinted
        + 0.8 * slug_overlap(view.url, line)
    )


def slug_overlap(url: str, line: Line) -> float:
    """Share of the words of the address's last part that the line holds, 0..1; 0 where that part names no story."""
    slug = slug_words(url)
    return len(slug & set(line.words)) / len(slug) if slug else 0.0


@functools.lru_cache(16)
def slug_words(url: str) -> frozenset[str]:
    """The words of the address's last part; none where it names no story."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:  # scraped addresses may be anything
        return frozenset()
    parts = [part for part in path.split("/") if part]
    slug = [word for word in fold_words(parts[-1].removesuffix(".html")) if not word.isdigit()] if parts else []
    return frozenset(slug) if count_words(slug) >= SLUG_WORDS else frozenset()


def find_subtitle(view: View, title: int, body: Sequence[int]) -> int | None:
    """A standfirst: a line of some length, no role and no copy, just below the headline or just above the text.

    A line that the scorer takes for text is one only where it ends no sentence, or where a byline, date or caption
    parts it from the rest.
    """
    text = next((at for at in body if at > title), None)
    if text is None:
        return None
    after = following(body, text)
    parted = any(view.label(at) in {"byline", "date", "caption"} for at in range(text + 1, after))
    opens = after > text and reads_as_heading(view.lines[text]) and not reads_as_heading(view.lines[after])
    if (parted or opens) and text - title <= RUNNING_GAP and is_standfirst(view, text, title):
        return text
    near = [
        *range(title + 1, min(text, title + 1 + RUNNING_GAP)),
        *range(text - 1, max(title, text - 1 - RUNNING_GAP), -1),
    ]
    return next((at for at in near if is_standfirst(view, at, title)), None)


def following(body: Sequence[int], at: int) -> int:
    """The line of the body that comes after the one at `at`; that one itself where it is the last."""
    return next((place for place in body if place > at), at)


def is_standfirst(view: View, at: int, title: int) -> bool:
    """Whether the line could be a standfirst by its form."""
    once = view.copies[at] == 1 and view.keys[at] != view.keys[title]
    return view.roles[at] is None and once and view.words[at] >= SUBTITLE_WORDS


SUBTITLE_WORDS = 5
"""Fewest words of a standfirst."""
SLUG_WORDS = 3
"""Fewest words of an address that names its story."""


def main_part(view: View, parts: Sequence[tuple[int, int]]) -> int:
    """Which part the page is about: the one that prints the page's title or its address's words, else the headline."""
    hint = stems(tuple(fold_words(view.title_hint)))

    def named(part: tuple[int, int]) -> float:
        heads = [at for at in range(*part) if view.headline[at] >= HEADLINE_NEEDED or at == part[0]]
        return max((named_share(view, at, hint) for at in heads), default=0.0)

    shares = [named(part) if len(parts) > 1 else 0.0 for part in parts]
    if max(shares) > MAIN_NAMED:
        return shares.index(max(shares))
    best = max(range(len(view.words)), key=lambda at: view.headline[at], default=0)
    sure = bool(view.words) and view.headline[best] >= HEADLINE_NEEDED
    return next((place for place, (start, end) in enumerate(parts) if sure and start <= best < end), 0)


def named_share(view: View, at: int, hint: frozenset[str]) -> float:
    """How far the line holds the words of the page's own title and of its address."""
    line = view.lines[at]
    shared = len(stems(line.words) & hint) / len(hint) if hint else 0.0
    return shared + slug_overlap(view.url, line)


MAIN_NAMED = 0.5
"""Agreement with the page's title or address above which a later article may be the main one."""
