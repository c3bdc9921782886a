"""All messages of the report's interface, and the catalogs that translate them: `nox -s messages` renews these.

Messages stand in templates and modules, where Babel finds them, and in lists of which the report makes messages while
it runs: what it counts, columns and tables, labels, notes of the suites that ship.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dq.figures import UNKNOWN_HOST
from dq.report.failing import SEVERITIES
from dq.report.flow import RELATIONS
from dq.report.language import LANGUAGES, SOURCE, catalog_file
from dq.report.reuse import KINDS
from dq.report.wording import NOUNS, words_of
from dq.run import STEPS
from dq.tables import DRIFTING, LABELS, TABLES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dq"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "tr": None, "trn": (1, 2), "marked": None}
METHODS = [("report/template/**.j2", "jinja2.ext:babel_extract"), ("report/**.py", "python")]
TEMPLATES = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
"""As the environment in `dq.report.draw` reads them."""
NOISE = re.compile(
    r"^\"(?:Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team"
    r"|Generated-By): .*\n",
    re.MULTILINE,
)
"""Lines of a header that differ from one renewal to the next, or say nothing."""
STATUSES = ("ok", "empty", "rejected")
HISTORIES = ("first", "known", "returned", "vanished")

Message = str | tuple[str, str]


def written() -> Iterator[Message]:
    """The messages that stand in templates and modules."""
    options = {METHODS[0][0]: TEMPLATES}
    for _, _, message, _, _ in extract_from_dir(PACKAGE, METHODS, options, KEYWORDS):
        yield message if isinstance(message, str) else (message[0], message[1])


def made() -> Iterator[Message]:
    """The messages that the report makes while it runs."""
    for one, several in NOUNS:
        yield f"%(n)s {one}", f"%(n)s {several}"
    for table in TABLES.values():
        yield from (words_of(table.name), table.meaning)
        yield from map(words_of, table.columns)
    yield from map(words_of, (f"{figure}_change" for figure in DRIFTING))
    yield from (*LABELS, *STATUSES, *HISTORIES, *SEVERITIES, "held", UNKNOWN_HOST, *KINDS)
    yield from map(words_of, (*RELATIONS, *(name for name, _ in STEPS)))
    for suite in sorted((ROOT / "expectations").glob("*.json")):
        for check in json.loads(suite.read_text(encoding="utf-8"))["expectations"]:
            yield from (check["notes"], check.get("description", ""))


def all_messages() -> dict[str, Message]:
    """Every message by its id in a catalog: the message itself, or its form for one."""
    messages: dict[str, Message] = {}
    for message in (*written(), *made()):
        key = message if isinstance(message, str) else message[0]
        if key and not isinstance(messages.get(key), tuple):
            messages[key] = message
    return messages


def read(code: str, file: Path) -> Catalog:
    with file.open("rb") as content:
        return read_po(content, locale=code, abort_invalid=True)


def renewed(code: str, file: Path) -> str:
    """The catalog in `file` with the messages that are there now: translations kept, new ones empty, others gone."""
    catalog = read(code, file)
    translated = {message.id if isinstance(message.id, str) else message.id[0]: message.string for message in catalog}
    messages = all_messages()
    for key in [key for key in translated if key]:
        catalog.delete(key)
    catalog.obsolete.clear()
    for key, message in sorted(messages.items()):
        forms = 1 if isinstance(message, str) else catalog.num_plurals
        string = translated.get(key)
        kept = string if isinstance(string, str) == (forms == 1) else None
        catalog.add(message, kept or ("" if forms == 1 else ("",) * forms))
        if "%(" not in key:  # "80% of" looks like a format to Babel
            catalog[key].flags.discard("python-format")
    out = io.BytesIO()
    write_po(out, catalog, width=120, no_location=True, sort_output=True, ignore_obsolete=True)
    return NOISE.sub("", out.getvalue().decode("utf-8"))


def main() -> None:
    """Renews every catalog, and tells what is left to translate."""
    for code in LANGUAGES:
        if code == SOURCE:
            continue
        file = catalog_file(code)
        file.write_text(renewed(code, file), encoding="utf-8")
        missing = [
            m.id for m in read(code, file) if m.id and not all([m.string] if isinstance(m.id, str) else m.string)
        ]
        told = [f"{file.name}: {len(missing)} messages without a translation", *map(str, missing)]
        sys.stdout.write("\n  ".join(told) + "\n")


if __name__ == "__main__":
    main()
