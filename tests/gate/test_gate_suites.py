import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.errors import SuiteError
from dq.gate import load_suites, suites_folder
from dq.gate.suites import JUDGED_TABLES, SEVERITIES, expectation_lines, read_suites
from dq.options import GateOptions

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "expectations"
UNIQUE = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "title"}}
BETWEEN = "expect_column_values_to_be_between"


def shipped_expectations():
    for path in sorted(SHIPPED.glob("*.json")):
        for place, expectation in enumerate(json.loads(path.read_text(encoding="utf-8"))["expectations"]):
            yield pytest.param(expectation, id=f"{path.stem}-{place}")


# What a suite for the table articles may hold, and what is told of it.
MISTAKES = {
    "unknown column": (
        {**UNIQUE, "kwargs": {"column": "titel"}},
        ["no column 'titel'", "did you mean 'title'", "n_words"],
    ),
    "unknown column of a pair": (
        {"type": "expect_column_pair_values_to_be_equal", "kwargs": {"column_A": "title", "column_B": "head"}},
        ["no column 'head'"],
    ),
    "unknown column in a list": (
        {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["host", "titles"]}},
        ["no column 'titles'"],
    ),
    "unknown column in a condition": (
        {
            "type": BETWEEN,
            "kwargs": {
                "column": "n_words",
                "min_value": 1,
                "row_condition": {
                    "type": "and",
                    "conditions": [{"type": "nullity", "column": {"name": "hosts"}, "is_null": False}],
                },
            },
        },
        ["no column 'hosts'"],
    ),
    "unknown type": (
        {**UNIQUE, "type": "expect_colum_values_to_be_unique"},
        ["did you mean 'expect_column_values_to_be_unique'"],
    ),
    "type like no other": ({**UNIQUE, "type": "polite"}, ["knows no expectation 'polite'", "gallery"]),
    "old format": ({"expectation_type": UNIQUE["type"], "kwargs": {"column": "title"}}, ["before 1.0", "'type'"]),
    "no type": ({"kwargs": {"column": "title"}}, ["no 'type'"]),
    "no kwargs": ({"type": UNIQUE["type"]}, ["no 'kwargs'"]),
    "not an object": ("unique titles", ["an object with 'type' and 'kwargs'"]),
    "unknown severity": ({**UNIQUE, "severity": "fatal"}, ["'fatal' is no severity", "critical, warning, info"]),
    "unknown member": ({**UNIQUE, "serverity": "info"}, ["no member 'serverity'", "did you mean 'severity'"]),
    "severity in the wrong place": ({**UNIQUE, "kwargs": {"column": "title", "severity": "info"}}, ["beside it"]),
    "result format": ({**UNIQUE, "kwargs": {"column": "title", "result_format": "BASIC"}}, ["does not belong"]),
    "notes that are no text": ({**UNIQUE, "notes": [1]}, ["'notes' must be"]),
    "description that is no text": ({**UNIQUE, "description": 5}, ["'description' must be"]),
    "meta that is no object": ({**UNIQUE, "meta": "x"}, ["'meta' must be"]),
    "mostly above one": (
        {**UNIQUE, "kwargs": {"column": "title", "mostly": 1.5}},
        ["mostly: ensure", "less than or equal to 1"],
    ),
    "mostly that is no number": ({**UNIQUE, "kwargs": {"column": "title", "mostly": "most"}}, ["mostly: ", "float"]),
    "unknown argument": (
        {"type": BETWEEN, "kwargs": {"column": "n_words", "minvalue": 5}},
        ["no argument 'minvalue'", "did you mean 'min_value'"],
    ),
    "missing argument": ({**UNIQUE, "kwargs": {}}, ["column: field required"]),
    "no bounds": ({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "n_words"}}, ["always hold"]),
    "bounds reversed": (
        {"type": BETWEEN, "kwargs": {"column": "n_words", "min_value": 5, "max_value": 1}},
        ["min_value 5", "greater than max_value 1"],
    ),
    "dates reversed": (
        {"type": BETWEEN, "kwargs": {"column": "published_at", "min_value": "2024-01-02", "max_value": "2024-01-01"}},
        ["greater than max_value"],
    ),
    "regex": (
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "title", "regex": "(a"}},
        ["'(a' does not compile", "position 0"],
    ),
    "regex in a list": (
        {
            "type": "expect_column_values_to_not_match_regex_list",
            "kwargs": {"column": "title", "regex_list": ["a", "["]},
        },
        ["'[' does not compile"],
    ),
    "row condition": (
        {**UNIQUE, "kwargs": {"column": "title", "row_condition": {"type": "comparson"}}},
        ["row_condition must be", '"type": "comparison"'],
    ),
    "unknown parameter": (
        {"type": BETWEEN, "kwargs": {"column": "n_words", "min_value": {"$PARAMETER": "least"}}},
        ["$PARAMETER least", "languages, now, tomorrow"],
    ),
    "parameter that is no text": (
        {"type": BETWEEN, "kwargs": {"column": "n_words", "min_value": {"$PARAMETER": 5}}},
        ["$PARAMETER cannot be used", "known parameters are"],
    ),
    "bound that is no date": (
        {"type": BETWEEN, "kwargs": {"column": "published_at", "min_value": "yesterday"}},
        ["min_value: ", "invalid date"],
    ),
    "share that is an object": (
        {**UNIQUE, "kwargs": {"column": "title", "mostly": {"a": 1}}},
        ["mostly must be a number"],
    ),
    "text against a number, of some rows": (
        {
            "type": BETWEEN,
            "kwargs": {
                "column": "title",
                "min_value": 3,
                "row_condition": {
                    "type": "comparison",
                    "column": {"name": "n_words"},
                    "operator": ">=",
                    "parameter": 999,
                },
            },
        },
        ["cannot work on this table"],
    ),
    "condition that cannot be asked": (
        {**UNIQUE, "kwargs": {"column": "title", "row_condition": "n_words >"}},
        ["cannot work on this table"],
    ),
    "text against a number": (
        {"type": BETWEEN, "kwargs": {"column": "title", "min_value": 3}},
        ["cannot work on this table"],
    ),
    "mean of texts": (
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "title", "min_value": 3}},
        ["cannot work"],
    ),
    "engine cannot": (
        {"type": "expect_table_row_count_to_equal_other_table", "kwargs": {"other_table_name": "pages"}},
        ["cannot work"],
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """All mistakes at once: what the one message says of each line of the file."""
    path = tmp_path_factory.mktemp("suites") / "articles.json"
    items = ",\n".join(json.dumps(expectation) for expectation, _ in MISTAKES.values())
    path.write_text(f'{{"name": "articles", "expectations": [\n{items}\n]}}', encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        load_suites(path.parent)
    assert caught.value.exit_code == 2
    prefix = f"  - {path.as_posix()}:"
    lines = [line.removeprefix(prefix) for line in str(caught.value).splitlines() if line.startswith(prefix)]
    return [line.partition(": ")[::2] for line in lines]


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_told_with_its_line(told, name):
    line = str(list(MISTAKES).index(name) + 2)
    messages = " ".join(message for place, message in told if place == line)
    for part in MISTAKES[name][1]:
        assert part in messages


def test_two_mistakes_in_one_expectation_are_both_told(write_suite):
    path = write_suite("articles", {**UNIQUE, "severity": "fatal", "kwargs": {"column": "title", "mostly": 2}})
    with pytest.raises(SuiteError, match=r"'fatal' is no severity[\s\S]*mostly: ensure"):
        load_suites(path.parent)


FILES = {
    "cut off": ("articles.json", '{"name": "articles",\n "expectations": [', "articles.json:2:19: not JSON"),
    "not text": ("articles.json", b"\xff\xfe\xff", "cannot be read"),
    "no object": ("articles.json", "[]", "a suite is an object"),
    "no expectations": ("articles.json", '{"name": "a", "expectations": []}', "nothing would be checked"),
    "expectations missing": ("articles.json", '{"name": "a"}', "nothing would be checked"),
    "no name": ("articles.json", '{"expectations": [{}]}', "no 'name'"),
    "old format": ("articles.json", '{"expectation_suite_name": "a", "expectations": [{}]}', "before 1.0"),
    "unknown member": ("articles.json", '{"name": "a", "expectation": []}', "did you mean 'expectations'?"),
    "parameters no object": (
        "articles.json",
        '{"name": "a", "suite_parameters": 1, "expectations": [{}]}',
        "must be an object",
    ),
    "said twice": ("articles.json", '{"name": "a", "expectations": [1], "expectations": [2]}', "stands twice"),
    "unknown table": ("article.json", '{"name": "a", "expectations": [{}]}', "did you mean 'articles'?"),
    "a table of the gate's own": ("checks.json", '{"name": "a", "expectations": [{}]}', "there is no table 'checks'"),
    "half a character": ("articles.json", r'{"name": "a", "expectations": [{"notes": "\ud800"}]}', "cannot be read"),
    "nested too deep": ("articles.json", "[" * 100_000, "cannot be read"),
}


@pytest.mark.parametrize(("name", "content", "message"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_suite_is_told(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SuiteError) as caught:
        load_suites(tmp_path)
    assert message in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_suites_is_never_a_pass(tmp_path, there):
    folder = tmp_path / "expectations"
    if there:
        folder.mkdir()
        (folder / "README.md").write_text("soon")
    with pytest.raises(SuiteError, match="nothing would be checked"):
        load_suites(folder)


def test_mistakes_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "pages.json").write_text("{")
    (tmp_path / "sources.json").write_text('{"name": "sources", "expectations": []}')
    with pytest.raises(SuiteError, match=r"2 mistakes[\s\S]*pages\.json[\s\S]*sources\.json"):
        load_suites(tmp_path)


def test_a_suite_says_what_its_file_says(write_suite):
    write_suite("pages", {**UNIQUE, "kwargs": {"column": "page_id"}, "severity": "info", "notes": ["one", "two"]})
    path = write_suite("articles", UNIQUE)
    pages, articles = load_suites(path.parent)
    assert (pages.table, articles.table) == ("pages", "articles")
    assert pages.checks[0].note == "one two"
    assert [suite.checks[0].severity for suite in (pages, articles)] == ["info", "critical"]


def test_a_byte_order_mark_does_no_harm(tmp_path):
    text = json.dumps({"name": "articles", "expectations": [UNIQUE]})
    (tmp_path / "articles.JSON").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_suites(tmp_path)[0].table == "articles"


@given(
    st.lists(
        st.recursive(
            st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
        )
    )
)
def test_each_expectation_is_found_on_the_line_where_it_begins(items):
    suite = {"before": {"expectations": [1, 2]}, "expectations": items, "after": 1}
    lines = [line.strip() for line in json.dumps(suite, indent=1, ensure_ascii=False).split("\n")]
    found = expectation_lines("\n".join(lines))
    assert len(found) == len(items)
    for line, item in zip(found, items, strict=True):
        assert lines[line - 1].startswith(json.dumps(item, indent=1, ensure_ascii=False).split("\n")[0])


def test_a_file_without_expectations_has_no_lines_of_them():
    assert expectation_lines('{"name": "a", "notes": ["expectations"]}') == []


class TestFolder:
    def test_the_one_that_was_named(self, tmp_path):
        assert suites_folder(GateOptions(expectations=tmp_path)) == tmp_path

    def test_one_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(SuiteError, match=r"no folder of expectations at .*missing"):
            suites_folder(GateOptions(expectations=tmp_path / "missing"))

    def test_else_the_one_here(self, tmp_path, monkeypatch):
        (tmp_path / "expectations").mkdir()
        monkeypatch.chdir(tmp_path)
        assert suites_folder(GateOptions()).resolve() == tmp_path / "expectations"

    def test_else_the_one_that_comes_with_dq(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert {path.stem for path in suites_folder(GateOptions()).glob("*.json")} >= {"pages", "articles", "sources"}


class TestShipped:
    def test_they_are_sound_and_judge_six_tables(self, suites):
        assert [suite.table for suite in suites] == ["pages", "articles", "paragraphs", "clusters", "reuse", "sources"]

    @pytest.mark.parametrize("expectation", list(shipped_expectations()))
    def test_each_has_a_severity_and_says_why(self, expectation):
        assert expectation["severity"] in SEVERITIES
        assert expectation["notes"].endswith(".")

    def test_a_reason_among_the_rejected_names_one_check(self, suites):
        names = [
            (one.table, one.severity, one.columns, one.type, "min_value" in one.kwargs)
            for suite in suites
            for one in suite.checks
        ]
        assert len(names) == len(set(names))

    def test_columns_are_read_from_the_tables(self, suites):
        assert all(
            set(one.columns) <= JUDGED_TABLES[one.table].columns.keys() for suite in suites for one in suite.checks
        )

    @pytest.mark.parametrize("expectation", list(shipped_expectations()))
    def test_regexes_mean_the_same_to_the_engine_of_polars(self, expectation):
        kwargs = expectation["kwargs"]
        for regex in [kwargs.get("regex"), *kwargs.get("regex_list", [])]:
            if regex:
                assert pl.Series(["some text"]).str.contains(regex, strict=True).to_list() == [False]

    def test_stock_great_expectations_loads_them_all(self):
        script = f"""
import json, pathlib, great_expectations as gx, dq.gate.expectations
for path in sorted(pathlib.Path({str(SHIPPED)!r}).glob("*.json")):
    stated = json.loads(path.read_text(encoding="utf-8"))
    loaded = gx.ExpectationSuite(**stated)
    assert loaded.name == path.stem
    assert len(loaded.expectations) == len(stated["expectations"]), path
    severities = [one.severity.value for one in loaded.expectations]
    assert severities == [one["severity"] for one in stated["expectations"]], path
print("all loaded")
"""
        told = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False
        )
        assert told.stdout.strip() == "all loaded", told.stderr


def test_reading_suites_does_not_import_great_expectations():
    script = f"""
import sys, pathlib, dq.gate, dq.gate.suites
dq.gate.suites.read_suites(pathlib.Path({str(SHIPPED)!r}))
print("great_expectations" in sys.modules, "pandas" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.split() == ["False", "False"]


def test_reading_reports_nothing_on_the_shipped_suites():
    assert read_suites(SHIPPED)[1] == ()
