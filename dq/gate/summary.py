"""summary.md: the verdict on one screen, for the page of a CI job."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from dq.gate.outcomes import Outcome
from dq.gate.verdict import Verdict

HEADLINES = {
    "pass": "✅ This batch may be published",
    "warnings": "⚠️ This batch may be published, with warnings",
    "fail": "❌ This batch must not be published",
}
MAX_FAILURES = 50
"""Rows of the table of failures: a job page is cut at about a megabyte; verdict.json has all."""
MAX_EXAMPLES = 3
"""Examples in each of these rows; the report shows more."""
FLOW = (
    ("pages", "Pages"),
    ("pages_rejected", "– not readable"),
    ("pages_empty", "– without an article"),
    ("main_articles", "Main articles"),
    ("further_articles", "+ further articles on a page"),
    ("articles", "Articles"),
    ("duplicates", "– duplicates"),
    ("published", "Articles to publish"),
)
"""The counts shown, in an order in which they add up."""

# What Markdown, HTML or GitHub's own additions (links, mentions, emoji, formulae) take for markup.
_MARKUP = re.compile(r"[#$&*<>@\[\\\]_`|~]|:(?=\S)|(?<=www)\.", re.IGNORECASE)
_REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_RIGHT_TO_LEFT = {"R", "AL"}
_ISOLATE = "\u2068{}\u2069"
# What starts a mention, a link of SARIF or a command of GitHub's runner even where no Markdown is read.
_STARTS = re.compile(r"@(?=\w)|\](?=\()|#(?=\[)")
_WORD_JOINER = "\u2060"


def summary_md(verdict: Verdict) -> str:
    """The verdict, the counts and the failing expectations in Markdown."""
    counts = verdict.counts
    sections = [
        [f"## {HEADLINES[verdict.verdict]}", "", _sentence(verdict)],
        _table(("", "Count"), ((label, f"{counts[name]:,}") for name, label in FLOW), aligned=":--- | ---:"),
    ]
    if verdict.failures:
        shown = verdict.failures[:MAX_FAILURES]
        headings = ("Severity", "Table", "Expectation", "Observed", "Expected", "Why it matters", "Examples")
        sections.append(_table(headings, (_row(one) for one in shown), aligned=" | ".join([":---"] * len(headings))))
        if len(verdict.failures) > MAX_FAILURES:
            sections.append([f"{len(verdict.failures) - MAX_FAILURES} more stand in verdict.json."])
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _sentence(verdict: Verdict) -> str:
    told = [f"{tally.failed} of {tally.held + tally.failed} {name}" for name, tally in verdict.tallies.items()]
    mode = " Warnings fail this gate (strict)." if verdict.strict else ""
    return f"Run {plain(verdict.run_id)}: expectations that did not hold: {', '.join(told)}.{mode}"


def _row(one: Outcome) -> tuple[str, ...]:
    examples = "<br>".join(plain(example) for example in one.examples[:MAX_EXAMPLES])
    check = f"`{one.column or 'table'}` `{one.check.type}`"
    told = (one.observed, one.threshold, one.check.note)
    return (one.check.severity, one.check.table, check, *(plain(text) for text in told), examples)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, aligned: str) -> list[str]:
    return [_line(headings), f"| {aligned} |", *(_line(row) for row in rows)]


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    r"""Any text as Markdown that shows just that text, on one line and without reach beyond its end.

    What could be markup becomes a character reference, which neither Markdown nor HTML takes for markup. Control
    characters and those that reorder text are shown by their code. Text with letters written from right to left is
    isolated from what is around it.

    >>> plain("a|b `c`"), plain("two\nlines\u202e")
    ('a&#124;b &#96;c&#96;', 'two lines(U+202E)')
    """
    return _isolated(_MARKUP.sub(lambda match: f"&#{ord(match.group())};", _on_one_line(text)))


def inert(text: str) -> str:
    r"""Any text as plain text that starts nothing where it is shown, for places that do not read Markdown.

    As `plain`, but what starts a mention or a link is broken by a word joiner, which nobody sees.

    >>> inert("[a](b)\n@team\u202e") == "[a]\u2060(b) @\u2060team(U+202E)"
    True
    """
    return _isolated(_STARTS.sub(lambda match: match.group() + _WORD_JOINER, _on_one_line(text)))


def _on_one_line(text: str) -> str:
    return "".join(_visible(char) for char in " ".join(text.split()))


def _isolated(text: str) -> str:
    right_to_left = any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text)
    return _ISOLATE.format(text) if right_to_left else text


def _visible(char: str) -> str:
    hidden = unicodedata.category(char) in {"Cc", "Cs"} or unicodedata.bidirectional(char) in _REORDERING
    return f"(U+{ord(char):04X})" if hidden else char
