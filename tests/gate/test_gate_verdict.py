"""What is told of a verdict: the record, verdict.json, junit.xml, summary.md."""

import json
import re
from dataclasses import replace
from datetime import datetime
from importlib import resources

import jsonschema
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt

from dq.figures import Figures
from dq.gate import SCHEMA_VERSION, document, verdict_json
from dq.gate.junit import junit_xml
from dq.gate.outcomes import Outcome
from dq.gate.suites import SEVERITIES, Check
from dq.gate.summary import MAX_FAILURES, plain, summary_md
from dq.gate.verdict import SCHEMA_FILE, judge

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
HOSTILE = "<script>alert('1')</script> | `x` ]]> &amp; \"q\" \x00\x1b[31m \u202eعكس\u2066 [a](http://b.example) www.c.example @d #5 :e: $f$ *g* _h_ \\"
CHECK = Check(
    table="articles",
    place=3,
    line=9,
    type="expect_column_values_to_be_unique",
    kwargs={"column": "title"},
    severity="critical",
    note="Why.",
)
FIGURES = Figures(pages=9, pages_ok=6, pages_empty=2, pages_rejected=1, articles=7, main_articles=6, duplicates=2)


def outcome(severity="critical", *, success=False, table="articles", **values):
    made = Outcome(
        check=replace(CHECK, severity=severity, table=table),
        success=success,
        observed="1 of 2 rows (50%)",
        threshold="every row: no value twice",
        unexpected_count=1,
        unexpected_share=0.5,
        examples=("a1: خبر",),
        failing=("a1",),
    )
    return replace(made, **values)


def verdict_of(*outcomes, strict=False, run_id="2024-04-10"):
    return judge(outcomes, strict=strict, figures=FIGURES, run_id=run_id)


def rendered(markdown):
    """Markdown as a browser shows it."""
    return html.fromstring(f"<div>{MarkdownIt('commonmark', {'html': True}).enable('table').render(markdown)}</div>")


outcomes = st.lists(
    st.builds(lambda severity, success: outcome(severity, success=success), st.sampled_from(SEVERITIES), st.booleans())
)


@given(outcomes, st.booleans())
def test_only_what_is_grave_enough_fails(made, strict):
    verdict = verdict_of(*made, strict=strict)
    failed = {one.check.severity for one in made if not one.success}
    assert verdict.may_publish is not ("critical" in failed or (strict and "warning" in failed))
    assert (verdict.verdict == "pass") is not bool(failed & {"critical", "warning"})
    assert verdict.exit_code == (0 if verdict.may_publish else 1)


@given(outcomes, st.booleans())
def test_counts_of_checks_add_up(made, strict):
    verdict = verdict_of(*made, strict=strict)
    assert sum(tally.held + tally.failed for tally in verdict.tallies.values()) == len(made)
    assert sum(tally.failed for tally in verdict.tallies.values()) == len(verdict.failures)
    ranks = [SEVERITIES.index(one.check.severity) for one in verdict.failures]
    assert ranks == sorted(ranks)


class TestJson:
    @given(outcomes, st.booleans())
    def test_it_follows_its_schema(self, made, strict):
        jsonschema.validate(json.loads(verdict_json(verdict_of(*made, strict=strict))), SCHEMA)

    @pytest.mark.parametrize(
        "change",
        [
            {"schema": "urn:dq:verdict:2"},
            {"schema_version": 2},
            {"verdict": "maybe"},
            {"may_publish": True},
            {"counts": {"pages": 1}},
            {"checks": {"critical": {"held": 1, "failed": -1}, "warning": {}, "info": {}}},
            {"failures": [{"suite": "articles"}]},
            {"strict": None},
        ],
    )
    def test_the_schema_refuses_what_does_not(self, change):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document(verdict_of(outcome())) | change, SCHEMA)

    def test_the_schema_is_one(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION
        assert SCHEMA["$id"] == f"urn:dq:verdict:{SCHEMA_VERSION}"

    def test_the_schema_describes_every_member(self):
        made = document(verdict_of(outcome()))
        of_failures = SCHEMA["properties"]["failures"]["items"]["properties"]
        assert set(SCHEMA["properties"]) == set(made)
        assert set(of_failures) == set(made["failures"][0])
        assert all(stated["description"] for stated in [SCHEMA, *SCHEMA["properties"].values(), *of_failures.values()])

    def test_the_schema_comes_with_the_package_and_the_verdict_names_it(self):
        shipped = json.loads((resources.files("dq.gate") / "verdict.schema.json").read_text(encoding="utf-8"))
        assert shipped == SCHEMA
        assert document(verdict_of())["schema"] == shipped["$id"]

    def test_the_verdict_of_a_whole_gate_follows_its_schema(self, batch, gate, tmp_path):
        batch.articles[0]["title"] = HOSTILE
        batch.articles[1]["body"] = None
        gate(batch)
        written = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
        jsonschema.validate(written, SCHEMA)
        assert written["failures"]

    def test_it_is_readable_text_that_ends_with_a_newline(self):
        text = verdict_json(verdict_of(outcome()))
        assert "a1: خبر" in text
        assert text.endswith("}\n")

    def test_the_whole_of_it(self):
        assert document(verdict_of(outcome("warning"), outcome(success=True))) == {
            "schema": "urn:dq:verdict:1",
            "schema_version": 1,
            "verdict": "warnings",
            "may_publish": True,
            "strict": False,
            "run_id": "2024-04-10",
            "counts": {
                "pages": 9, "pages_ok": 6, "pages_empty": 2, "pages_rejected": 1, "lines": 0, "lines_kept": 0,
                "characters": 0, "characters_kept": 0, "articles": 7, "main_articles": 6, "duplicates": 2,
                "further_articles": 1, "published": 5,
            },
            "checks": {"critical": {"held": 1, "failed": 0}, "warning": {"held": 0, "failed": 1}, "info": {"held": 0, "failed": 0}},
            "failures": [
                {
                    "suite": "articles", "check": 3, "expectation": "expect_column_values_to_be_unique", "column": "title",
                    "severity": "warning", "observed": "1 of 2 rows (50%)", "threshold": "every row: no value twice",
                    "unexpected_count": 1, "unexpected_share": 0.5, "note": "Why.", "examples": ["a1: خبر"],
                }
            ],
        }  # fmt: skip


class TestJunit:
    @pytest.mark.parametrize(("strict", "failures"), [(False, 1), (True, 2)])
    def test_what_keeps_from_publishing_is_a_failure_and_the_rest_is_skipped_with_its_reason(self, strict, failures):
        made = [
            outcome(),
            outcome("warning"),
            outcome("info"),
            outcome(success=True),
            outcome(success=True, table="pages"),
        ]
        root = etree.fromstring(junit_xml(verdict_of(*made, strict=strict)).encode())
        assert [suite.attrib["name"] for suite in root] == ["articles", "pages"]
        totals = {"tests": "5", "failures": str(failures), "errors": "0", "skipped": str(3 - failures)}
        assert dict(root.attrib) == {"name": "dq"} | totals
        assert len(root.findall(".//testcase")) == 5
        assert len(root.findall(".//failure")) == failures
        assert "no value twice" in root.find(".//failure").attrib["message"]
        skipped = root.findall(".//skipped")
        assert [one.attrib["message"].split(":")[0] for one in skipped] == ["warning", "info"][failures - 1 :]
        for one in skipped:
            assert one.text.splitlines() == [one.attrib["message"], "Why.", "a1: خبر"]

    def test_what_held_is_a_case_without_a_word(self):
        root = etree.fromstring(junit_xml(verdict_of(outcome(success=True))).encode())
        (case,) = root.iter("testcase")
        assert len(case) == 0
        assert root.attrib["skipped"] == "0"

    @pytest.mark.parametrize("severity", ["critical", "warning"])
    @given(text=st.text(st.characters()))
    def test_any_text_makes_valid_xml_and_reads_as_it_was(self, severity, text):
        root = etree.fromstring(junit_xml(verdict_of(outcome(severity, examples=(text,), observed="x"))).encode())
        shown = root.find(".//testcase")[0].text.removeprefix("warning: x, expected every row: no value twice\n")
        kept = (
            re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
            .replace("\r\n", "\n")
            .replace("\r", "\n")
        )
        assert shown in {f"Why.\n{kept}", f"Why.\n{text}"}

    def test_hostile_text_is_text(self):
        xml = junit_xml(verdict_of(outcome(examples=(HOSTILE,), observed=HOSTILE)))
        root = etree.fromstring(xml.encode())
        assert "<script>" not in xml
        assert "<script>alert('1')</script> | `x` ]]> &amp;" in root.find(".//failure").text
        assert not root.findall(".//script")


class TestSummary:
    @pytest.mark.parametrize(
        ("made", "headline"),
        [((), "may be published"), ((outcome("warning"),), "with warnings"), ((outcome(),), "must not be published")],
    )
    def test_the_verdict_comes_first(self, made, headline):
        assert headline in summary_md(verdict_of(*made)).splitlines()[0]

    def test_the_counts_add_up_to_what_is_published(self):
        table = rendered(summary_md(verdict_of())).find(".//table")
        counts = {row[0].text_content(): int(row[1].text_content()) for row in table.findall(".//tbody/tr")}
        assert counts["Pages"] - counts["– not readable"] - counts["– without an article"] == 6
        assert counts["Main articles"] + counts["+ further articles on a page"] == counts["Articles"]
        assert counts["Articles"] - counts["– duplicates"] == counts["Articles to publish"]

    def test_strict_is_told(self):
        assert "strict" in summary_md(verdict_of(strict=True))

    def test_failing_checks_are_a_table(self):
        page = rendered(summary_md(verdict_of(outcome(), outcome("warning"), outcome(success=True))))
        rows = page.findall(".//table")[1].findall(".//tbody/tr")
        assert [row[0].text_content() for row in rows] == ["critical", "warning"]
        assert rows[0][2].text_content() == "title expect_column_values_to_be_unique"
        assert rows[0][5].text_content() == "Why."

    def test_a_long_table_is_cut_and_says_so(self):
        text = summary_md(verdict_of(*[outcome()] * (MAX_FAILURES + 7)))
        assert "7 more stand in verdict.json" in text

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.just(HOSTILE))
    def test_any_text_is_shown_as_text_in_its_own_cell(self, text):
        page = rendered(summary_md(verdict_of(outcome(examples=(text,), observed=text), run_id=text)))
        row = page.findall(".//table")[1].find(".//tbody/tr")
        assert len(row) == 7
        assert {element.tag for element in page.iter()} <= {
            "div",
            "h2",
            "p",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "br",
            "code",
        }
        assert row[3].text_content() == row[6].text_content()
        visible = re.sub("[\u2068\u2069]|\\(U\\+[0-9A-F]{4}\\)", "", row[3].text_content())
        hidden = "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\\(U\\+[0-9A-F]{4}\\)"
        assert re.sub(r"\s+", "", visible) == re.sub(r"\s+", "", re.sub(hidden, "", " ".join(text.split())))

    def test_text_from_right_to_left_is_isolated(self):
        assert plain("قال") == "\u2068قال\u2069"
        assert plain("he said") == "he said"


def test_hostile_titles_pass_through_a_whole_gate_as_text(batch, gate, suites, tmp_path):
    for article in batch.articles[:3]:
        article |= {"title": HOSTILE * 5, "published_at": datetime(2042, 1, 1)}
    batch.articles[4]["article_id"] = HOSTILE
    batch.articles[4]["title"] = "x"
    gate(batch, suites=[suite for suite in suites if suite.table == "articles"], run_id=HOSTILE)
    written = {
        name: (tmp_path / name).read_text(encoding="utf-8") for name in ("summary.md", "junit.xml", "verdict.json")
    }
    assert not list(rendered(written["summary.md"]).iter("script", "a", "img"))
    assert "<script>" not in written["junit.xml"]
    told = "".join(etree.fromstring(written["junit.xml"].encode()).itertext())
    assert "<script>alert('1')</script> | `x` ]]> &amp;" in told
    failures = json.loads(written["verdict.json"])["failures"]
    assert f"{HOSTILE}: x" in next(one for one in failures if one["column"] == "title")["examples"]
    assert HOSTILE in pl.read_parquet(tmp_path / "rejected.parquet")["row_id"].to_list()
