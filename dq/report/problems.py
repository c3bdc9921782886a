"""What is wrong with pages, as reading and cleaning word it, in the interface's language."""

from __future__ import annotations

from dq.report.language import SOURCE, filled, fitting, knows, marked, numeral, spoken, tr

PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"no article found: the markup holds no text", marked("no article found: the markup holds no text")),
    (
        r"no article found: none of (\S+) lines reads as running text",
        marked("no article found: none of %(a)s lines reads as running text"),
    ),
    (r"no article found", marked("no article found")),
    (r"no text", marked("no text")),
    (r"holds nothing but white space", marked("holds nothing but white space")),
    (r"no text in any known encoding", marked("no text in any known encoding")),
    (r"holds NUL characters", marked("holds NUL characters")),
    (r"holds NUL bytes", marked("holds NUL bytes")),
    (r"is no text: too many control characters", marked("is no text: too many control characters")),
    (r"is no text", marked("is no text")),
    (r"is (.+), not text", marked("is %(a)s, not text")),
    (r"a PDF document", marked("a PDF document")),
    (r"an? (\w+) image", marked("a %(a)s image")),
    (r"an? (\w+) archive", marked("a %(a)s archive")),
    (r"(\w+) data", marked("%(a)s data")),
    (r"holds no record of a page", marked("holds no record of a page")),
    (r"larger than (\S+) bytes", marked("larger than %(a)s bytes")),
    (r"HTTP status (\S+)", marked("HTTP status %(a)s")),
    (r"the (\S+) data end too early", marked("the %(a)s data end too early")),
    (r"damaged (\S+) data \((.+)\)", marked("damaged %(a)s data (%(b)s)")),
    (r"line (\S+) is larger than (\S+) bytes", marked("line %(a)s is larger than %(b)s bytes")),
    (r"line (\S+) is not valid JSON", marked("line %(a)s is not valid JSON")),
    (r"line (\S+) holds no JSON object", marked("line %(a)s holds no JSON object")),
    (r"the file cannot be read: (.+)", marked("the file cannot be read: %(a)s")),
    (r"the file cannot be read", marked("the file cannot be read")),
    (r"the rest of the file cannot be read", marked("the rest of the file cannot be read")),
    (
        r"elements are nested (\S+) deep; the limit is (\S+) \(max_depth\)",
        marked("elements are nested %(a)s deep; the limit is %(b)s (max_depth)"),
    ),
    (
        r"reading took longer than (\S+) s \(page_seconds\)",
        marked("reading took longer than %(a)s s (page_seconds)"),
    ),
    (r"could not be read as (\S+), which was ordered", marked("could not be read as %(a)s, which was ordered")),
    (r"declares (\S+) but is (\S+)", marked("declares %(a)s but is %(b)s")),
    (r"(\S+) byte sequences are not (\S+)", marked("%(a)s byte sequences are not %(b)s")),
    (r"mojibake", marked("mojibake")),
    (
        r"mojibake: letters are lost, replaced by question marks",
        marked("mojibake: letters are lost, replaced by question marks"),
    ),
    (
        r"mojibake: (\S+) letters are lost, replaced by U\+FFFD",
        marked("mojibake: %(a)s letters are lost, replaced by U+FFFD"),
    ),
    (
        r"mojibake: (.+) was read as (\S+) \((\S+) of the letters beyond ASCII\)",
        marked("mojibake: %(a)s was read as %(b)s (%(c)s of the letters beyond ASCII)"),
    ),
    (r"another encoding", marked("another encoding")),
    (r"no reason stated", marked("no reason stated")),
)
"""Problems as they stand in the table pages, and the message that says the same; numbers may be told as N."""


def problem_told(problem: str) -> str:
    """The problem of a page in the language in use; as it is where that has no words, for the whole of it.

    >>> problem_told("larger than 5 bytes")
    'larger than 5 bytes'
    """
    if spoken() == SOURCE:
        return problem
    parts = [_part(part) for part in _parts(problem)]
    return problem if None in parts else tr("; ").join(part for part in parts if part is not None)


def _parts(problem: str) -> list[str]:
    """The problems that are told in one.

    >>> _parts("mojibake: letters are lost, replaced by question marks; no article found")
    ['mojibake: letters are lost, replaced by question marks', 'no article found']
    >>> _parts("elements are nested 900 deep; the limit is 400 (max_depth)")
    ['elements are nested 900 deep; the limit is 400 (max_depth)']
    """
    return [problem] if "; the limit is " in problem else problem.split("; ")


def _part(problem: str) -> str | None:
    """One problem; None where the language in use has no words for all of it."""
    fit = fitting(PROBLEMS, problem)
    if fit is None or not knows(fit[0]):
        return None
    message, parts = fit
    values = [value for value in map(_value, parts) if value is not None]
    return filled(message, values) if len(values) == len(parts) else None


def _value(text: str) -> str | None:
    """A number or a name, as it is; else what has words of its own."""
    return _part(text) if " " in text else numeral(text)
