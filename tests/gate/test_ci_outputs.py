"""What services of continuous integration show: findings.sarif, annotations of GitHub Actions, the summary of a job."""

import json
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt

from dq.cli import main
from dq.figures import Figures
from dq.gate.annotations import MAX_SHOWN, append_summary, command, github_annotations
from dq.gate.outcomes import Outcome
from dq.gate.sarif import FINGERPRINT, MAX_HOSTS, repository_root, sarif_json, within
from dq.gate.suites import Check
from dq.gate.summary import summary_md
from dq.gate.verdict import judge
from tests.conftest import ROOT

HOSTILE = "::error::x\r\n::add-mask::y\n##[error]z @team [a](http://b.example) www.c.example {0} `x` <script>alert(1)</script> %0A \x1b[31m\u202eعكس"
CHECK = Check(
    table="articles",
    place=3,
    line=9,
    type="expect_column_values_to_be_unique",
    kwargs={"column": "title"},
    severity="critical",
    note="Why.",
    path=Path("expectations/articles.json"),
)
GITHUB = {"GITHUB_ACTIONS": "true"}
texts = st.text(st.characters(), max_size=60) | st.just(HOSTILE)


def outcome(severity="critical", *, success=False, check=CHECK, **values):
    made = Outcome(
        check=replace(check, severity=severity),
        success=success,
        observed="1 of 2 rows (50%)",
        threshold="every row: no value twice",
        unexpected_count=1,
        unexpected_share=0.5,
        examples=("a1: خبر",),
        failing=("a1",),
        hosts=(("a.example", 3), ("b.example", 1)),
    )
    return replace(made, **values)


def verdict_of(*outcomes, strict=False):
    return judge(outcomes, strict=strict, figures=Figures(pages=9), run_id="2024-04-10")


def sarif_of(*outcomes, root=Path()):
    (run,) = json.loads(sarif_json(verdict_of(*outcomes), root=root))["runs"]
    return run


def unescaped(line):
    """(command, properties, message) as GitHub's runner reads them from a line, or None."""
    if not (found := re.fullmatch(r"::(\w+) ?(.*?)::(.*)", line)):
        return None
    kind, stated, message = found.groups()
    codes = {"%0D": "\r", "%0A": "\n", "%25": "%"}

    def undone(text, codes):
        return re.sub("|".join(codes), lambda match: codes[match.group()], text)

    pairs = [pair.split("=", 1) for pair in stated.split(",") if pair]
    return kind, {name: undone(text, codes | {"%3A": ":", "%2C": ","}) for name, text in pairs}, undone(message, codes)


class TestSarif:
    def test_every_expectation_is_a_rule_and_every_failure_a_result(self):
        run = sarif_of(outcome(), outcome("warning"), outcome("info"), outcome(success=True))
        assert [rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]] == [
            "error", "warning", "note", "error",
        ]  # fmt: skip
        assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]

    def test_it_has_all_that_sarif_and_github_require(self):
        document = json.loads(sarif_json(verdict_of(outcome(), outcome(success=True)), root=Path()))
        assert document["version"] == "2.1.0"
        assert document["$schema"].endswith("sarif-2.1.0.json")
        (run,) = document["runs"]
        driver = run["tool"]["driver"]
        assert driver["name"] == "dq"
        assert driver["semanticVersion"]
        for rule in driver["rules"]:
            assert rule["id"]
            assert all(rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["message"]["text"]
            (location,) = result["locations"]
            place = location["physicalLocation"]
            assert place["artifactLocation"] == {"uri": "expectations/articles.json", "uriBaseId": "%SRCROOT%"}
            assert place["region"] == {"startLine": 9}
            assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]

    def test_a_result_tells_what_was_observed_and_expected_and_where(self):
        (result,) = sarif_of(outcome())["results"]
        assert result["message"]["text"] == (
            "articles.title: observed 1 of 2 rows (50%), expected every row: no value twice "
            "(failing rows: a.example 3, b.example 1)"
        )
        assert result["properties"] == {
            "table": "articles", "column": "title", "expectation": "expect_column_values_to_be_unique",
            "severity": "critical", "observed": "1 of 2 rows (50%)", "expected": "every row: no value twice",
            "unexpected_count": 1, "unexpected_share": 0.5, "host_count": 2, "examples": ["a1: خبر"],
            "hosts": [{"host": "a.example", "rows": 3}, {"host": "b.example", "rows": 1}],
        }  # fmt: skip

    def test_many_hosts_are_counted(self):
        hosts = tuple((f"{n}.example", 1) for n in range(50))
        (result,) = sarif_of(outcome(hosts=hosts))["results"]
        assert "4.example 1, 45 more hosts)" in result["message"]["text"]
        assert (len(result["properties"]["hosts"]), result["properties"]["host_count"]) == (MAX_HOSTS, 50)

    def test_a_rule_tells_why_it_is_there(self):
        rules = sarif_of(outcome(), outcome(check=replace(CHECK, note="")))["tool"]["driver"]["rules"]
        assert rules[0]["help"] == {"text": "Why.", "markdown": "Why."}
        assert rules[1]["help"]["text"] == "articles.title: every row: no value twice"

    def test_a_check_on_a_table_has_no_column(self):
        check = replace(CHECK, kwargs={}, type="expect_table_row_count_to_be_between")
        (result,) = sarif_of(outcome(check=check, hosts=(), unexpected_count=None))["results"]
        assert result["ruleId"] == "articles/expect_table_row_count_to_be_between"
        assert result["message"]["text"].endswith("no value twice")
        assert result["properties"]["column"] is None

    def test_fingerprints_outlive_edits_of_the_suite_and_tell_expectations_apart(self):
        def prints(*outcomes):
            return [one["partialFingerprints"][FINGERPRINT] for one in sarif_of(*outcomes)["results"]]

        moved = replace(CHECK, line=70, place=9, note="Because.", kwargs={"column": "title", "mostly": 0.5})
        other = replace(CHECK, kwargs={"column": "body"})
        first = prints(outcome(), outcome("warning"), outcome(check=other))
        assert len(set(first)) == 3
        again = outcome("warning", check=moved, observed="9 of 10 rows (90%)", examples=(), hosts=())
        assert prints(outcome(), again, outcome(check=other)) == first
        assert prints(outcome(success=True), again) == [first[1]]

    def test_places_outside_the_repository_are_told_by_the_names_of_folder_and_file(self, tmp_path):
        check = replace(CHECK, path=tmp_path / "suites" / "articles.json")
        for root, uri, base in (
            (tmp_path, "suites/articles.json", "%SRCROOT%"),
            (tmp_path / "repository", "suites/articles.json", "SUITES"),
            (tmp_path / "suites", "articles.json", "%SRCROOT%"),
        ):
            (result,) = sarif_of(outcome(check=check), root=root)["results"]
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]
            assert place == {"uri": uri, "uriBaseId": base}

    def test_names_of_folders_make_valid_addresses(self):
        check = replace(CHECK, path=Path("my suites: #1/\udcff/articles.json"))
        (result,) = sarif_of(outcome(check=check))["results"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == "my%20suites%3A%20%231/%FF/articles.json"

    @given(texts)
    def test_any_text_makes_valid_json_and_shows_as_text(self, text):
        made = outcome(observed=text, examples=(text,), hosts=((text, 1),), check=replace(CHECK, note=text))
        written = sarif_json(verdict_of(made), root=Path())
        written.encode()
        run = json.loads(written)["runs"][0]
        (result,), (rule,) = run["results"], run["tool"]["driver"]["rules"]
        assert result["properties"]["examples"] == [text.encode(errors="replace").decode()]
        for shown in (result["message"]["text"], rule["help"]["text"], rule["fullDescription"]["text"]):
            assert "](" not in shown
            assert not re.search(r"@\w|[\x00-\x1f\x7f\u202a-\u202e\u2066\u2067]", shown)
        for markdown in (result["message"]["markdown"], rule["help"]["markdown"]):
            page = html.fromstring(f"<div>{MarkdownIt('commonmark', {'html': True}).render(markdown)}</div>")
            assert not list(page.iter("script", "a", "img", "code", "em", "strong"))

    def test_bytes_are_the_same_for_the_same_verdict(self):
        made = [outcome(), outcome("warning"), outcome(success=True)]
        assert sarif_json(verdict_of(*made), root=Path()) == sarif_json(verdict_of(*made), root=Path.cwd())

    def test_a_whole_gate_tells_hosts_and_lines(self, batch, gate, tmp_path):
        for article in batch.of("big.example")[:2]:
            article["title"] = None
        gate(batch)
        run = json.loads((tmp_path / "findings.sarif").read_text(encoding="utf-8"))["runs"][0]
        kind = "expect_column_values_to_not_be_null"
        result = next(one for one in run["results"] if one["ruleId"].startswith(f"articles.title/{kind}"))
        assert result["properties"]["hosts"] == [{"host": "big.example", "rows": 2}]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "expectations/articles.json"
        lines = (ROOT / "expectations" / "articles.json").read_text(encoding="utf-8").splitlines()
        assert kind in lines[place["region"]["startLine"]]
        failures = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))["failures"]
        assert len(run["results"]) == len(failures)
        assert len(run["tool"]["driver"]["rules"]) == pl.read_parquet(tmp_path / "checks.parquet").height
        assert len({rule["id"] for rule in run["tool"]["driver"]["rules"]}) == len(run["tool"]["driver"]["rules"])


class TestAnnotations:
    def test_there_are_none_elsewhere(self):
        assert github_annotations(verdict_of(outcome()), {}) == []
        assert github_annotations(verdict_of(outcome()), {"GITHUB_ACTIONS": "false"}) == []

    def test_a_failure_is_told_at_its_line(self):
        (line,) = github_annotations(verdict_of(outcome(), outcome(success=True)), GITHUB)
        kind, properties, message = unescaped(line)
        assert kind == "error"
        assert properties == {
            "file": "expectations/articles.json",
            "line": "9",
            "title": "articles.title: expect_column_values_to_be_unique",
        }
        assert message.splitlines() == [
            "observed 1 of 2 rows (50%), expected every row: no value twice (failing rows: a.example 3, b.example 1)",
            "Why.",
            "\u2068a1: خبر\u2069",
        ]

    @pytest.mark.parametrize(("strict", "second"), [(False, "warning"), (True, "error")])
    def test_the_kind_is_how_grave_it_is(self, strict, second):
        made = verdict_of(outcome("info"), outcome("warning"), outcome(), strict=strict)
        assert [unescaped(line)[0] for line in github_annotations(made, GITHUB)] == ["error", second, "notice"]

    def test_a_file_outside_the_repository_is_named_in_the_message(self, tmp_path):
        (line,) = github_annotations(verdict_of(outcome()), GITHUB | {"GITHUB_WORKSPACE": str(tmp_path)})
        _, properties, message = unescaped(line)
        assert set(properties) == {"title"}
        assert message.splitlines()[-1] == "set in expectations/articles.json:9"

    def test_the_repository_may_lie_above(self, tmp_path, monkeypatch):
        (tmp_path / "feeds").mkdir()
        monkeypatch.chdir(tmp_path / "feeds")
        (line,) = github_annotations(verdict_of(outcome()), GITHUB | {"GITHUB_WORKSPACE": str(tmp_path)})
        assert unescaped(line)[1]["file"] == "feeds/expectations/articles.json"

    @given(st.integers(0, 13), st.integers(0, 13), st.integers(0, 13))
    def test_no_more_are_told_than_github_shows_and_none_is_left_uncounted(self, critical, warning, info):
        made = [outcome("info")] * info + [outcome("warning")] * warning + [outcome()] * critical
        told = [unescaped(line) for line in github_annotations(verdict_of(*made), GITHUB)]
        kinds = [kind for kind, *_ in told]
        assert all(kinds.count(kind) <= MAX_SHOWN for kind in kinds)
        assert kinds == sorted(kinds, key=["error", "warning", "notice"].index)
        more = [re.fullmatch(r"(\d+) more expectations? did not hold.*", message) for *_, message in told]
        left = sum(int(found[1]) for found in more if found)
        assert sum(found is None for found in more) + left == critical + warning + info
        assert left == 0 or (more[-1] and left > 0)
        assert bool(left) == (max(critical, warning, info) > MAX_SHOWN)

    @given(texts)
    def test_any_text_is_one_command_and_reads_as_text(self, text):
        check = replace(CHECK, note=text)
        made = outcome(observed=text, examples=(text,), hosts=((text, 1),), check=check)
        (line,) = github_annotations(verdict_of(made), GITHUB)
        assert not re.search("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", line)
        kind, properties, message = unescaped(line)
        assert (kind, set(properties)) == ("error", {"file", "line", "title"})
        assert "##[" not in line
        assert not re.search(r"@\w|[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066\u2067]", message)
        assert not any(part.lstrip().startswith("::") for part in line.splitlines()[1:])

    @given(st.text(), st.text())
    def test_escaping_is_undone_by_the_runner(self, message, title):
        line = command("warning", message, {"title": title, "line": "3"})
        assert "\n" not in line
        assert "\r" not in line
        assert unescaped(line) == ("warning", {"title": title, "line": "3"}, message)


class TestSummary:
    def test_it_is_appended(self, tmp_path):
        path = tmp_path / "summary.md"
        path.write_text("# Before\n", encoding="utf-8")
        assert append_summary(verdict_of(outcome()), {"GITHUB_STEP_SUMMARY": str(path)}) is None
        assert path.read_text(encoding="utf-8") == "# Before\n" + summary_md(verdict_of(outcome()))

    @pytest.mark.parametrize("environment", [{}, {"GITHUB_STEP_SUMMARY": ""}])
    def test_without_a_file_nothing_is_done(self, environment):
        assert append_summary(verdict_of(outcome()), environment) is None

    def test_a_file_that_cannot_be_written_is_told(self, tmp_path):
        told = append_summary(verdict_of(), {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary.md")})
        assert "could not be written" in told
        assert "GITHUB_STEP_SUMMARY" in told


def test_the_root_is_the_workspace_of_a_job(tmp_path):
    assert repository_root({}) == Path()
    assert repository_root({"GITHUB_WORKSPACE": str(tmp_path)}) == tmp_path
    assert within(tmp_path / "a" / ".." / "b.json", tmp_path) == "b.json"
    assert within(tmp_path.parent / "b.json", tmp_path) is None


def test_run_and_gate_tell_github_on_standard_error_and_in_the_summary(
    feed, tmp_path, write_suite, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    few = {"type": "expect_table_row_count_to_be_between", "kwargs": {"max_value": 3}, "severity": "critical"}
    write_suite("articles", few)
    assert main(["run", str(feed), "--workers", "1", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "fail"
    (first,) = [line for line in captured.err.splitlines() if line.startswith("::")]
    assert first.startswith("::error file=expectations/articles.json,line=4,title=articles%3A expect_table_row_count")
    summary = (tmp_path / "reports" / "latest" / "summary.md").read_text(encoding="utf-8")
    assert (tmp_path / "summary.md").read_text(encoding="utf-8") == summary
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "summary.md"))
    assert main(["gate", "reports/latest"]) == 1
    captured = capsys.readouterr()
    assert first in captured.err.splitlines()
    assert "dq: the summary could not be written" in captured.err
    assert "::" not in captured.out
    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert main(["gate", "reports/latest"]) == 1
    assert "::" not in capsys.readouterr().err
