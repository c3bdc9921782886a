"""The report of a run: what it says, and that its numbers agree with the tables."""

from __future__ import annotations

import re
import shutil
from datetime import datetime

import polars as pl
import pytest

from dq.options import ReportOptions
from dq.report import write_report
from dq.report.clusters import REASONS
from dq.report.run_folder import read_run
from dq.tables import ARTICLES, CHECKS, CLUSTERS, DUPLICATES, LINES, PAGES, REJECTED, REUSE, SOURCES

EVERYTHING = dict.fromkeys(
    ("max_hosts", "max_rules", "max_pages", "max_clusters", "max_members", "max_reuse", "max_places"), 10000
) | {
    "max_rejected": 10_000,
    "max_named_hosts": 10_000,
    "max_diffs": 10_000,
    "max_shown_examples": 10_000,
    "max_reviews": 10_000,
}


def text(element) -> str:
    return " ".join(element.text_content().split())


def numbers(element) -> int:
    return int(re.sub(r"[^\d]", "", element.text_content()))


def section(tree, name):
    return tree.get_element_by_id(name)


def rows(element, path=".//tbody/tr"):
    return [[text(cell) for cell in row] for row in element.findall(path)]


def breaking(folder, *, table, column, row_id, host):
    """Leaves one check in a run, failed by one row."""
    expectation = "expect_column_values_to_be_between"
    check = {
        "suite": table, "check": 0, "expectation": expectation, "column": column, "severity": "warning", "success": False,
        "observed": "9 of 10 rows (90%)", "threshold": "every row: at most 9", "unexpected_count": 1,
        "unexpected_share": 0.1, "examples": [row_id], "note": "", "origin": "",
    }  # fmt: skip
    CHECKS.frame([check]).write_parquet(CHECKS.file(folder))
    reasons = [f"warning: {column}: {expectation}"]
    row = {"table": table, "row_id": row_id, "host": host, "severity": "warning", "reasons": reasons}
    REJECTED.frame([row]).write_parquet(REJECTED.file(folder))


class TestVerdict:
    @pytest.mark.parametrize(
        ("run", "title"),
        [
            ("troubled", "This batch must not be published"),
            ("passing", "This batch may be published"),
            ("empty", "This batch may be published"),
        ],
    )
    def test_comes_first(self, run, title, draw, request):
        tree = draw(request.getfixturevalue(run))
        heading = tree.find(".//h1")
        assert text(heading) == title
        assert tree.find(".//main")[0] is heading.getparent()

    def test_warnings_are_told_and_do_not_hold_back(self, runs, draw, tmp_path):
        tree = draw(runs.write_run(tmp_path / "run", runs.ordinary_pages()))
        assert text(tree.find(".//h1")) == "This batch may be published, with warnings"
        assert "are ready to be published" in text(section(tree, "verdict"))

    def test_of_a_strict_run_says_that_warnings_decided(self, runs, draw, tmp_path):
        tree = draw(runs.write_run(tmp_path / "run", runs.ordinary_pages(), strict=True))
        assert text(tree.find(".//h1")) == "This batch must not be published"
        assert "strict: warnings fail the gate" in text(section(tree, "verdict"))
        assert "This run is strict: warnings fail the gate." in text(section(tree, "checks"))

    def test_gravest_findings_first_with_hosts_numbers_and_evidence(self, draw, troubled):
        tree = draw(troubled, max_findings=5, max_named_hosts=50)
        findings = section(tree, "verdict").find_class("finding")
        severities = [finding.get("class").split()[1] for finding in findings]
        assert severities == sorted(severities, key=["critical", "warning", "info"].index)
        (empty_hosts,) = [text(finding) for finding in findings if "Empty share is at most" in text(finding)]
        assert "alwatan.example: 7 of 8 pages empty" in empty_hosts
        assert "every host where pages ≥ 2 must keep it" in empty_hosts
        assert empty_hosts.count("sample page: ") == 2

    def test_tells_a_figure_of_the_whole_table_without_rows(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
        checks = pl.read_parquet(CHECKS.file(folder))
        checks.with_columns(success=pl.col("unexpected_count").is_not_null()).write_parquet(CHECKS.file(folder))
        (finding,) = section(draw(folder), "verdict").find_class("sentence")
        assert text(finding).endswith(
            "The rule “Median of median words is at least 15 and at most 900” does not hold: observed was 58."
        )

    def test_tells_the_value_of_a_host_where_it_is_no_share_of_rows(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
        breaking(folder, table="sources", column="median_words", row_id="newsdesk.example", host="newsdesk.example")
        (finding,) = section(draw(folder), "verdict").find_class("finding")
        words = pl.read_parquet(SOURCES.file(folder)).filter(host="newsdesk.example")["median_words"][0]
        assert f"newsdesk.example: median words: {words:g}" in text(finding)

    def test_counts_rows_of_hosts_that_the_scorecard_does_not_tell(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
        article = pl.read_parquet(ARTICLES.file(folder)).filter(host="newsdesk.example")["article_id"][0]
        breaking(folder, table="paragraphs", column="text", row_id=f"{article}:2", host="newsdesk.example")
        finding = text(section(draw(folder), "verdict").find_class("finding")[0])
        assert "1 paragraph (10%) breaks the rule “Text is at most 9”" in finding
        assert "newsdesk.example 1" in finding
        assert "sample page: City reopens" in finding
        assert "newsdesk.example 1" in text(section(draw(folder, max_hosts=0), "verdict").find_class("finding")[0])

    def test_of_a_run_without_expectations_says_so(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages()[:1])
        pl.read_parquet(CHECKS.file(folder)).clear().write_parquet(CHECKS.file(folder))
        assert "Nothing was checked" in text(section(draw(folder), "verdict"))

    def test_tells_of_each_matter_once_before_it_tells_more_of_one(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
        checks = pl.read_parquet(CHECKS.file(folder))
        several = pl.concat([checks.with_columns(check=pl.col("check") + 100 * n) for n in range(3)])
        several.with_columns(success=pl.lit(value=False), severity=pl.lit("critical")).write_parquet(
            CHECKS.file(folder)
        )
        told = section(draw(folder, max_findings=4), "verdict").find_class("sentence")
        assert len({text(sentence) for sentence in told}) == 4

    def test_says_how_many_findings_it_leaves_to_the_checks(self, draw, troubled):
        failed = pl.read_parquet(CHECKS.file(troubled)).filter(~pl.col("success")).height
        tree = draw(troubled, max_findings=1)
        assert f"{failed - 1} further findings among the checks" in text(section(tree, "verdict"))


class TestFlow:
    @pytest.mark.parametrize("run", ["troubled", "passing", "empty"])
    def test_each_total_is_the_one_before_with_its_gains_and_losses(self, run, draw, request):
        table = section(draw(request.getfixturevalue(run)), "flow").find(".//table")
        running = None
        for row in table.findall(".//tbody/tr"):
            count = numbers(row[1])
            match row.get("class"):
                case "total":
                    assert running in (None, count)
                    running = count
                case "loss":
                    running -= count
                case "gain":
                    running += count
        assert running == read_run(request.getfixturevalue(run)).verdict.figures.published

    def test_the_reasons_of_each_loss_add_up_to_it(self, draw, troubled):
        table = section(draw(troubled), "flow").find(".//table")
        losses = [row for row in table.findall(".//tbody/tr") if row.get("class") == "loss"]
        assert len(losses) == 3
        for row in losses:
            reasons = [numbers(count) for count in row[2].find_class("num")]
            assert sum(reasons) == numbers(row[1])

    def test_problems_of_one_kind_are_counted_together(self, runs, draw, tmp_path):
        problems = ("no article: none of 17 lines", "no article: none of 9 lines", "line 2 is broken", "line 31 is broken",
                    "read as windows-1252", None)  # fmt: skip
        pages = [runs.Scraped(host="a.example", name=str(n), status="empty", problem=p) for n, p in enumerate(problems)]
        flow = section(draw(runs.write_run(tmp_path / "run", pages)), "flow")
        (loss,) = [row for row in flow.findall(".//tbody/tr") if row.get("class") == "loss"]
        assert text(loss[2]) == "2 line N is broken; 2 no article; 1 no reason stated; 1 read as windows-1252"

    def test_chart_and_account_show_the_same_counts(self, draw, troubled):
        flow = section(draw(troubled), "flow")
        account = {numbers(row[1]) for row in flow.findall(".//tbody/tr")}
        chart = {numbers(label) for label in [*flow.find_class("figure"), *flow.find_class("amount")]}
        assert chart == account

    def test_a_run_of_no_pages_has_no_chart(self, draw, empty):
        assert section(draw(empty), "flow").find(".//svg") is None


class TestChecks:
    def test_shows_every_expectation_with_what_it_demands(self, draw, troubled):
        checks = pl.read_parquet(CHECKS.file(troubled))
        shown = section(draw(troubled), "checks").find_class("check")
        assert len(shown) == checks.height
        assert {item.get("id") for item in shown} == {
            f"check-{suite}-{check}" for suite, check in checks.select("suite", "check").iter_rows()
        }
        words = text(section(draw(troubled), "checks"))
        for note, threshold in checks.select("note", "threshold").iter_rows():
            assert note in words
            assert threshold in words

    def test_failed_ones_come_first_in_each_suite_with_examples_and_hosts(self, draw, troubled):
        for suite in section(draw(troubled), "checks").find_class("suite"):
            held = ["held" in item.get("class").split() for item in suite.find_class("check")]
            assert held == sorted(held)
        item = draw(troubled).get_element_by_id("check-pages-1")
        assert "failed: warning" in text(item)
        assert "sahifa.example 2" in text(item)
        assert len(item.find_class("examples")[0]) == 3

    def test_rows_that_a_held_check_tolerates_are_told_and_mark_no_host(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
        checks = pl.read_parquet(CHECKS.file(folder))
        checks.with_columns(success=pl.lit(value=True)).write_parquet(CHECKS.file(folder))
        tree = draw(folder)
        assert "(10%, tolerated)" in text(tree.get_element_by_id("check-pages-1"))
        assert not section(tree, "hosts").find_class("flagged")
        assert "critical" not in text(section(tree, "hosts"))

    def test_a_page_tells_rules_that_it_broke_and_those_that_tolerate_it(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
        (page,) = [page for page in runs.troubled_pages() if page.name == runs.HOSTILE[0]]
        item = draw(folder).get_element_by_id(f"page-{page.page_id}").getparent().find_class("broken")[0]
        assert [text(rule) for rule in item] == [
            "critical Title: nothing that is forbidden",
            "info Publication date is there",
        ]
        checks = pl.read_parquet(CHECKS.file(folder))
        checks.with_columns(success=pl.col("success") | (pl.col("severity") == "info")).write_parquet(
            CHECKS.file(folder)
        )
        item = draw(folder).get_element_by_id(f"page-{page.page_id}").getparent().find_class("broken")[0]
        assert text(item[1]) == "Publication date is there tolerated: the check held"

    def test_code_in_a_note_is_set_as_code(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
        checks = pl.read_parquet(CHECKS.file(folder))
        checks.with_columns(note=pl.lit("See `problem` <b>first</b>.")).write_parquet(CHECKS.file(folder))
        note = section(draw(folder), "checks").find_class("check")[0].find_class("note")[0]
        assert text(note) == "See problem <b>first</b>."
        assert [code.text for code in note] == ["problem"]

    def test_long_thresholds_are_folded_away(self, runs, draw, tmp_path):
        folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
        checks = pl.read_parquet(CHECKS.file(folder))
        checks.with_columns(threshold=pl.lit("every row: no match of /" + "x" * 200)).write_parquet(CHECKS.file(folder))
        item = section(draw(folder), "checks").find_class("check")[0]
        assert text(item.find(".//dd/details/summary")) == "every row"


class TestHosts:
    def test_one_row_a_host_with_the_figures_of_the_table(self, draw, troubled):
        sources = pl.read_parquet(SOURCES.file(troubled))
        shown = rows(section(draw(troubled), "hosts"))
        assert len(shown) == sources.height
        (row,) = [row for row in shown if row[0] == "almanara.example"]
        assert row[3] == "3 usually 4"
        assert row[6] == "4"

    def test_marks_the_figure_that_broke_an_expectation_in_words_too(self, draw, troubled):
        (row,) = [row for row in rows(section(draw(troubled), "hosts")) if row[0] == "alwatan.example"]
        assert row[1] == "critical"
        assert row[5] == "critical: 88% usually 0%"

    def test_tells_what_changed_and_since_which_day(self, draw, troubled):
        (row,) = [row for row in rows(section(draw(troubled), "hosts")) if row[0] == "alwatan.example"]
        assert "Empty 88%, usually 0%, since 2026-01-28" in row[2]
        (finding,) = [
            item for item in section(draw(troubled), "verdict").find_class("finding") if "Empty share" in text(item)
        ]
        assert "empty since 2026-01-28" in text(finding)

    def test_draws_a_line_for_each_figure_that_earlier_runs_have(self, draw, troubled):
        (row,) = [row for row in section(draw(troubled), "hosts").findall(".//tbody/tr") if "alwatan" in text(row[0])]
        drawn = [len(cell.find_class("trend")) for cell in row]
        assert sum(drawn) == 8
        assert all(path.get("d").count("L") == 5 for path in row.iterfind(".//path"))

    def test_those_in_trouble_come_first(self, draw, troubled):
        states = [row[1] for row in rows(section(draw(troubled), "hosts"))]
        assert states == sorted(states, key=["critical", "warning", "info", "good"].index)


class TestLines:
    def test_labels_add_up_to_all_lines(self, draw, troubled):
        table = section(draw(troubled), "lines").find(".//table")
        labels = [numbers(row[1]) for row in table.findall(".//tbody/tr") if "label" in row.get("class").split()]
        rules = [numbers(row[1]) for row in table.findall(".//tbody/tr") if row.get("class") == "rule"]
        lines = pl.read_parquet(LINES.file(troubled))
        assert sum(labels) == numbers(table.find("tfoot/tr")[1]) == lines.height
        assert sum(rules) == lines.filter(~pl.col("kept")).height

    def test_tells_what_a_rule_removed_most_often(self, draw, troubled):
        shown = rows(section(draw(troubled), "lines"))
        (loading,) = [row for row in shown if row[0] == "teaser_list"]
        assert "×" in loading[4]


class TestPages:
    def test_every_line_in_place_removed_ones_struck_with_label_and_reason(self, runs, draw, troubled):
        (page,) = [page for page in runs.ordinary_pages() if page.name == "a/3.html"]
        anchor = draw(troubled).get_element_by_id(f"page-{page.page_id}")
        items = anchor.getparent().findall(".//ol[@class='lines']/li")
        assert [text(item.find("p")) for item in items] == [" ".join(line.split()) for _, line in page.lines]
        for item, (mark, _) in zip(items, page.lines, strict=True):
            assert (item.find("p/del") is None) == isinstance(mark, int)
            if not isinstance(mark, int):
                label, reason, score = runs.REMOVED[mark]
                assert text(item.find_class("why")[0]) == f"{label} {reason} {score:.2f}"

    def test_several_articles_stand_apart(self, runs, draw, troubled):
        (page,) = [page for page in runs.ordinary_pages() if page.name == "a/3.html"]
        body = draw(troubled).get_element_by_id(f"page-{page.page_id}").getparent()
        names = [text(name) for name in body.find_class("segment-name")]
        assert names == [
            "Outside every article",
            f"Article 1, main: {runs.HARVEST[0]}",
            "Outside every article",
            f"Article 2: {runs.LIBRARY[0]}",
            "Outside every article",
        ]

    def test_numbers_go_on_through_the_parts_of_a_page(self, draw, troubled):
        for sample in draw(troubled).find_class("sample"):
            shown = [int(number.text) for number in sample.find_class("no")]
            assert shown == list(range(1, len(shown) + 1))


class TestDuplicates:
    def test_every_cluster_with_its_canonical_article_first_and_why(self, draw, troubled):
        clusters = pl.read_parquet(CLUSTERS.file(troubled))
        tree = draw(troubled, **EVERYTHING)
        for row in clusters.iter_rows(named=True):
            body = tree.get_element_by_id(f"cluster-{row['cluster_id']}").getparent()
            members = body.find_class("members")[0].findall("tbody/tr")
            assert len(members) == row["size"]
            assert [member.get("class") == "canonical" for member in members].index(True) == 0
            assert REASONS[row["canonical_reason"]] in text(body)

    def test_relation_is_told_from_the_members_side(self, draw, troubled, tmp_path):
        folder = shutil.copytree(troubled, tmp_path / "run")
        pairs = pl.read_parquet(DUPLICATES.file(folder))
        pairs.with_columns(relation=pl.lit("contains")).write_parquet(DUPLICATES.file(folder))
        canonical = set(pl.read_parquet(CLUSTERS.file(folder))["cluster_id"])
        expected = sum(left in canonical for left, right in pairs.select("left_id", "right_id").iter_rows())
        tables = section(draw(folder, **EVERYTHING), "duplicates").find_class("members")
        assert sum(text(table).count("contained in the kept article") for table in tables) == expected

    def test_a_member_without_a_pair_with_the_kept_one_says_so(self, draw, troubled, tmp_path):
        folder = shutil.copytree(troubled, tmp_path / "run")
        pl.read_parquet(DUPLICATES.file(folder)).clear().write_parquet(DUPLICATES.file(folder))
        tree = draw(folder)
        assert "tied by other copies" in text(section(tree, "duplicates"))
        assert "tied by other copies" in text(section(tree, "flow"))

    def test_words_that_were_exchanged_are_struck_and_underlined(self, draw, troubled):
        tree = draw(troubled)
        (summary,) = [node for node in tree.find_class("comparison") if "newsdesk.example" in text(node)]
        assert [text(node) for node in summary.iter("del")] == ["four"]
        assert [text(node) for node in summary.iter("ins")] == ["morning", "five"]

    def test_reused_passages_stand_with_all_their_places(self, draw, troubled):
        reuse = pl.read_parquet(REUSE.file(troubled))
        tree = draw(troubled, **EVERYTHING)
        for row in reuse.iter_rows(named=True):
            passage = tree.get_element_by_id(f"reuse-{row['reuse_id']}")
            assert len(passage.find_class("places")[0]) == row["n_articles"]


class TestProblems:
    def test_every_page_that_is_not_ok_is_listed_with_its_problem(self, draw, troubled):
        pages = pl.read_parquet(PAGES.file(troubled)).filter(pl.col("status") != "ok")
        shown = rows(section(draw(troubled), "rejected").find_class("problems")[0])
        listed = [(row[2], row[3]) for row in shown if row[2] != "ok"]
        assert sorted(listed) == sorted(pages.select("status", "problem").iter_rows())

    def test_a_record_in_a_file_is_named(self, draw, troubled):
        assert "drop/17.bin, record 4" in text(section(draw(troubled), "rejected"))


class TestWhole:
    @pytest.mark.parametrize("run", ["troubled", "passing", "empty"])
    def test_every_link_within_the_page_leads_somewhere_and_ids_are_unique(self, run, draw, request):
        tree = draw(request.getfixturevalue(run))
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        targets = {element.get("href")[1:] for element in tree.iter("a", "use") if element.get("href").startswith("#")}
        assert targets <= set(ids)

    @pytest.mark.parametrize("run", ["troubled", "passing", "empty"])
    def test_tables_have_captions_and_headings_with_scope(self, run, draw, request):
        tree = draw(request.getfixturevalue(run))
        for table in tree.iter("table"):
            assert text(table.find("caption"))
            assert all(heading.get("scope") for heading in table.iter("th"))

    def test_says_what_it_leaves_out_and_by_which_option(self, draw, troubled):
        tree = draw(
            troubled, max_hosts=2, max_rules=1, max_pages=3, max_page_lines=4, max_clusters=1, max_members=3, max_diffs=0,
            max_reuse=1, max_places=1, max_rejected=2, max_shown_examples=1, max_named_hosts=1,
        )  # fmt: skip
        (table,) = [table for table in section(tree, "run").iter("table") if "cut" in text(table.find("caption"))]
        told = {row[3]: (int(row[1]), int(row[2])) for row in rows(table)}
        assert told["--max-hosts"] == (2, pl.read_parquet(SOURCES.file(troubled)).height)
        assert told["--max-clusters"] == (1, pl.read_parquet(CLUSTERS.file(troubled)).height)
        assert told["--max-pages"] == (3, pl.read_parquet(LINES.file(troubled))["page_id"].n_unique())
        assert told.keys() == {
            "--max-hosts", "--max-rules", "--max-pages", "--max-page-lines", "--max-clusters", "--max-members",
            "--max-diffs", "--max-reuse", "--max-places", "--max-rejected", "--max-shown-examples", "--max-named-hosts",
            "--max-reviews",
        }  # fmt: skip
        assert all(shown < total for shown, total in told.values())

    def test_says_when_nothing_is_left_out(self, draw, passing):
        assert "every list is shown in full" in text(section(draw(passing, **EVERYTHING), "run"))

    def test_options_that_are_not_at_their_default_stand_with_their_place(self, draw, passing):
        shown = rows(section(draw(passing), "run"))
        assert ["languages", "ar, en, he, zh", "–", "pyproject.toml"] in shown
        assert ["workers", "2", "0", "--workers"] in shown

    def test_is_the_same_for_the_same_folder_wherever_it_lies(self, troubled, tmp_path):
        first = write_report(troubled, ReportOptions()).read_bytes()
        elsewhere = shutil.copytree(troubled, tmp_path / "another place")
        assert write_report(elsewhere, ReportOptions()).read_bytes() == first
        assert write_report(elsewhere, ReportOptions()).read_bytes() == first

    def test_is_the_same_whatever_the_order_of_rows(self, troubled, tmp_path):
        folder = shutil.copytree(troubled, tmp_path / "run")
        for file in folder.glob("*.parquet"):
            pl.read_parquet(file).reverse().write_parquet(file)
        assert (
            write_report(folder, ReportOptions()).read_bytes() == write_report(troubled, ReportOptions()).read_bytes()
        )

    def test_scraped_text_is_isolated_and_tells_its_language(self, draw, troubled):
        tree = draw(troubled)
        for element in tree.xpath("//ol[@class='lines']/li/p | //blockquote | //*[@class='diff']"):
            assert element.get("dir") == "auto"
            assert element.get("lang") is not None
        languages = {element.get("lang") for element in tree.iter("bdi")}
        assert {"ar", "en"} <= languages

    def test_stays_within_five_megabytes_whatever_the_text(self, runs, tmp_path):
        long = "حروف " * 4_000
        pages = [
            runs.Scraped(
                host=f"h{number}.example",
                name=str(number),
                lines=[(0, f"{number} {long}"), *[("nav", long)] * 5, (0, long)],
                published=datetime(2026, 1, 1),
                problem=long,
            )
            for number in range(24)
        ]
        articles = [row for page in pages for row in runs.article_rows(page)]
        assert len(articles) == 24
        folder = runs.write_run(tmp_path / "run", pages)
        assert pl.read_parquet(ARTICLES.file(folder)).height == 24
        assert write_report(folder, ReportOptions()).stat().st_size < 5_000_000
