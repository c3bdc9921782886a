"""The interface in other languages than English: every message is translated, and the page speaks one language."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from dq.options import ReportOptions
from dq.report import write_report
from dq.report.draw import TEMPLATE_FOLDER
from dq.report.language import LANGUAGES, SOURCE, catalog_file, foreign, numeral, speaking, tr, trn
from dq.report.problems import problem_told
from dq.report.wording import NOUNS, bound_told, counted, day, demand, name_of, share
from dq.tables import TABLES

CODES = [code for code in LANGUAGES if code != SOURCE]
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>|%%")
LATIN = re.compile(r"[A-Za-z]+(?:[\s,]+[A-Za-z]+){2,}")


@pytest.fixture(scope="session")
def catalogs():
    """The module that extracts messages; it stands beside this file and is no test."""
    spec = importlib.util.spec_from_file_location("message_catalogs", Path(__file__).with_name("message_catalogs.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries(code):
    with catalog_file(code).open("rb") as file:
        return {
            message.id if isinstance(message.id, str) else message.id[0]: message
            for message in read_po(file, locale=code)
            if message.id
        }


@pytest.mark.parametrize("code", CODES)
class TestCatalog:
    def test_has_every_message_and_no_other(self, code, catalogs):
        there, wanted = entries(code), catalogs.all_messages()
        assert sorted(there) == sorted(wanted)
        for key, message in wanted.items():
            assert there[key].id == message or tuple(there[key].id) == message

    def test_translates_every_message(self, code):
        for key, message in entries(code).items():
            forms = [message.string] if isinstance(message.id, str) else message.string
            assert all(forms), key
            assert not message.fuzzy, key

    def test_keeps_placeholders_and_markup(self, code):
        for key, message in entries(code).items():
            if isinstance(message.id, str):
                assert Counter(PLACES.findall(message.string)) == Counter(PLACES.findall(key)), key
                continue
            several = Counter(PLACES.findall(message.id[1]))
            for form in message.string:
                found = Counter(PLACES.findall(form))
                assert found in (several, several - Counter(["%(n)s"])), key

    def test_is_as_its_renewal_writes_it(self, code, catalogs):
        file = catalog_file(code)
        assert catalogs.renewed(code, file) == file.read_text(encoding="utf-8"), "run `nox -s messages`"


def test_renewal_keeps_translations_drops_what_is_gone_and_leaves_new_messages_empty(catalogs, tmp_path):
    file = tmp_path / "ar.po"
    head = catalog_file("ar").read_text(encoding="utf-8").split("\n\n")[0]
    file.write_text(f'{head}\n\nmsgid "Checks"\nmsgstr "أ"\n\nmsgid "of old"\nmsgstr "ب"\n', encoding="utf-8")
    text = catalogs.renewed("ar", file)
    assert 'msgid "Checks"\nmsgstr "أ"' in text
    assert "of old" not in text
    assert 'msgid "Hosts"\nmsgstr ""' in text
    assert not re.search(r"^#:|-Date:", text, re.MULTILINE)


def test_everything_that_is_counted_is_a_known_noun():
    modules = [file for file in TEMPLATE_FOLDER.parent.glob("*.py") if file.name != "wording.py"]  # which has examples
    sources = [*TEMPLATE_FOLDER.rglob("*.j2"), *modules]
    found = {
        noun
        for source in sources
        for noun in re.findall(r'counted\((?:[^()"]*, )?"([^"]+)"', source.read_text(encoding="utf-8"))
    }
    assert found
    assert found <= {one for one, _ in NOUNS}


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (0, "0 مقال"), (1, "مقال واحد"), (2, "مقالان"), (3, "3 مقالات"), (10, "10 مقالات"), (11, "11 مقالًا"), (99, "99 مقالًا"),
        (100, "100 مقال"), (102, "102 مقال"), (103, "103 مقالات"), (1_111, "1,111 مقالًا"),
    ],
)  # fmt: skip
def test_arabic_has_six_plural_forms(n, told):
    with speaking("ar"):
        assert counted(n, "article") == trn("%(n)s article", "%(n)s articles", n) == told
    assert counted(n, "article") == f"{n:,} article{'' if n == 1 else 's'}"


def test_the_language_is_that_of_the_innermost_block():
    with speaking("ar"):
        assert tr("Checks") == "الفحوص"
        with speaking("en"):
            assert tr("Checks") == "Checks"
        assert tr("a message of nobody") == "a message of nobody"
    assert tr("Checks") == "Checks"


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("at least 90% of rows: at least 40", "\u200e90% من الصفوف على الأقل: 40 على الأقل"),
        ("every row where runs_before >= 3 and median_words_deviation <= -3: at least -0.8",
         "كل صف حيث عدد التشغيلات السابقة 3 أو أكثر وانحراف طول المقال المعتاد عن المعتاد \u200e-3 أو أقل: \u200e-0.8 على الأقل"),
        ("at least 5 and at most 300 characters", "من 5 إلى 300 حرف"),
        ("at most 0.5, beyond doubt for so many pages (95% confidence)", "0.5 على الأكثر، بدرجة ثقة \u200e95% لهذا العدد من الصفحات"),
        ("every row: at most 0.5; for a.example at most 0.9 (dq.toml:3)", "كل صف: 0.5 على الأكثر؛ وللموقع a.example 0.9 على الأكثر (dq.toml:3)"),
        ("one of ok, empty", "إحدى القيم: سليمة، فارغة"),
        ("38 of 41 rows (93%)", "38 من 41 (\u200e93%)"),
        ("no match of /(?:read also|at most 5)/", "عدم مطابقة النمط \u200e/(?:read also|at most 5)/\u200e"),
        ("size greater than or equal to n_hosts", "الحجم لا يقل عن عدد المواقع"),
        ("something of my own", "something of my own"),
    ],
)  # fmt: skip
def test_bounds_are_told_in_arabic(bound, told):
    with speaking("ar"):
        assert bound_told(bound) == told
    assert bound_told(bound) == bound


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        ("larger than 5000 bytes", "أكبر من 5000 بايت"),
        ("larger than N bytes", "أكبر من N بايت"),
        ("declares utf-8 but is windows-1256; no article found: the markup holds no text",
         "تعلن الترميز utf-8 وترميزها windows-1256؛ لم يُعثر على مقال: لا نص في الصفحة"),
        ("is a PDF document, not text", "مستند PDF، لا نص"),
        ("is a font, not text", "is a font, not text"),
        ("no text; a problem of my own", "no text; a problem of my own"),
    ],
)  # fmt: skip
def test_problems_of_pages_are_told_in_arabic(problem, told):
    with speaking("ar"):
        assert problem_told(problem).replace("\u200e", "") == told
    assert problem_told(problem) == problem


def test_what_has_no_words_stays_as_it_is_called():
    with speaking("ar"):
        assert name_of("my_own_column") == "my_own_column"
        assert demand("expect_column_values_to_be_polite", "body", "very") == "المتن: expect_column_values_to_be_polite"
        assert foreign("at most 0.5")
        assert not foreign("0.5")
    assert name_of("my_own_column") == "my own column"


def test_dates_and_shares_keep_their_order_among_arabic_words(runs):
    with speaking("ar"):
        assert [day(runs.moment(9)), share(0.5), numeral("+3"), numeral("3,000")] == [
            "\u200e2026-01-09", "\u200e50%", "\u200e+3", "3,000",
        ]  # fmt: skip


def test_every_column_has_a_name():
    with speaking("ar"):
        for table in TABLES.values():
            for column in (table.name, *table.columns):
                assert re.search(r"[\u0621-\u064a]", name_of(column)), column


@pytest.fixture(scope="module")
def tree(troubled, draw):
    return draw(troubled, report_language="ar")


class TestArabicReport:
    def test_is_written_from_right_to_left(self, tree):
        assert (tree.get("lang"), tree.get("dir")) == ("ar", "rtl")
        assert tree.find(".//h1").text_content().strip() == "هذه الدفعة غير صالحة للنشر"

    def test_has_no_english_but_where_it_says_so(self, tree):
        for element in tree.iter():
            if not isinstance(element.tag, str) or element.tag in {"script", "style"} or self.is_quoted(element):
                continue
            texts = [element.text, *(child.tail for child in element), element.get("aria-label"), element.get("title")]
            for text in filter(None, texts):
                assert not LATIN.search(text), text

    def test_says_of_notes_without_translation_that_they_are_english(self, tree):
        (note,) = [
            note for note in tree.find_class("note") if note.text_content() == "A host that only copies adds nothing."
        ][:1]
        assert (note.get("lang"), note.get("dir")) == ("en", "ltr")

    def is_quoted(self, element):
        """Whether an element, or one around it, is marked as text of the page, of a program, or of another language."""
        return any(
            one.tag in {"bdi", "code", "blockquote", "kbd"} or (one.tag != "html" and "lang" in one.attrib)
            for one in (element, *element.iterancestors())
        )

    def test_leaves_the_english_one_as_it_was(self, passing):
        before = write_report(passing, ReportOptions()).read_bytes()
        write_report(passing, ReportOptions(report_language="ar"))
        assert write_report(passing, ReportOptions()).read_bytes() == before
        assert "\u200e".encode() not in before
