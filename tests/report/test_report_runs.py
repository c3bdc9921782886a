"""Folders that are no finished run, and two runs compared."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest

from dq.errors import TableError, UsageError
from dq.options import ReportOptions
from dq.report import compare_runs, write_report
from dq.tables import ARTICLES, CHECKS, LINES, OF_RUN, PAGES, SOURCES


class TestFolder:
    def test_all_that_is_missing_is_told_together(self, troubled, tmp_path):
        folder = shutil.copytree(troubled, tmp_path / "run")
        LINES.file(folder).unlink()
        PAGES.file(folder).write_bytes(b"no parquet")
        pl.read_parquet(ARTICLES.file(folder)).drop("body").write_parquet(ARTICLES.file(folder))
        (folder / "run.json").unlink()
        with pytest.raises(TableError) as told:
            write_report(folder, ReportOptions())
        for part in ("lines.parquet: no such file", "pages.parquet: not readable", "articles.parquet: lacks the column body",
                     "run.json: no such file", "dq run"):  # fmt: skip
            assert part in str(told.value)

    def test_no_folder_at_all(self, tmp_path):
        with pytest.raises(TableError, match="no finished run"):
            write_report(tmp_path / "nowhere", ReportOptions())

    @pytest.mark.parametrize("name", ["verdict.json", "run.json"])
    @pytest.mark.parametrize(("content", "told"), [("{", "cannot be read as JSON"), ("{}", "lacks the entry")])
    def test_damaged_json_is_named(self, name, content, told, passing, tmp_path):
        folder = shutil.copytree(passing, tmp_path / "run")
        (folder / name).write_text(content, encoding="utf-8")
        with pytest.raises(TableError, match=told) as raised:
            write_report(folder, ReportOptions())
        assert name in str(raised.value)

    def test_a_failed_attempt_leaves_the_former_report(self, passing, tmp_path):
        folder = shutil.copytree(passing, tmp_path / "run")
        before = write_report(folder, ReportOptions()).read_bytes()
        PAGES.file(folder).unlink()
        with pytest.raises(TableError):
            write_report(folder, ReportOptions())
        assert (folder / "report.html").read_bytes() == before
        assert not list(folder.glob("*.part"))

    def test_values_of_options_are_told_as_people_write_them(self, passing, draw, tmp_path):
        folder = shutil.copytree(passing, tmp_path / "run")
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        record["options"] = [{"name": "strict", "value": True, "default": False, "origin": "DQ_STRICT"}]
        record["timings"] = []
        (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
        section = draw(folder).get_element_by_id("run")
        shown = [[cell.text_content() for cell in row] for row in section.findall(".//tbody/tr")]
        assert ["strict", "yes", "no", "DQ_STRICT"] in shown
        assert "Not measured." in section.text_content()


class TestCompare:
    def test_a_run_with_itself_shows_no_difference(self, troubled):
        same = compare_runs(troubled, troubled)
        assert not same.verdict_changed
        assert same.checks.is_empty()
        assert set(same.hosts["change"]) == {"both"}
        assert set(same.hosts["difference"].drop_nulls()) == {0.0}
        assert set(same.counts["difference"]) == {0}

    def test_hosts_that_appear_and_vanish(self, passing, troubled):
        forth, back = compare_runs(passing, troubled).hosts, compare_runs(troubled, passing).hosts
        hosts = [set(pl.read_parquet(SOURCES.file(folder))["host"]) for folder in (passing, troubled)]
        appeared = set(forth.filter(pl.col("change") == "appeared")["host"])
        assert appeared == hosts[1] - hosts[0]
        assert set(back.filter(pl.col("change") == "vanished")["host"]) == appeared
        assert forth.filter(pl.col("change") != "both")["difference"].null_count() == len(appeared) * (len(OF_RUN) - 1)

    def test_every_figure_of_a_host_in_both_runs_with_the_difference(self, passing, troubled):
        hosts = compare_runs(passing, troubled).hosts.filter(pl.col("host") == "almanara.example")
        assert hosts["figure"].to_list() == list(OF_RUN[1:])
        for left, right, difference in hosts.select("left", "right", "difference").iter_rows():
            assert difference == pytest.approx(right - left)

    def test_verdict_and_checks_that_changed(self, passing, troubled):
        changed = compare_runs(passing, troubled)
        assert changed.verdict_changed
        assert [verdict.verdict for verdict in changed.verdicts] == ["pass", "fail"]
        failed = pl.read_parquet(CHECKS.file(troubled)).filter(~pl.col("success"))
        assert changed.checks.select("suite", "expectation", "column").sort("suite", "column").rows() == (
            failed.select("suite", "expectation", "column").sort("suite", "column").rows()
        )
        assert set(changed.checks["left"]) == {"held"}
        assert set(changed.checks["right"]) == {"failed"}

    def test_a_check_that_only_one_run_has_is_told_and_one_that_moved_is_not(self, troubled, tmp_path):
        folder = shutil.copytree(troubled, tmp_path / "run")
        checks = pl.read_parquet(CHECKS.file(folder))
        moved = checks.filter(pl.col("column") != "rejected_share").with_columns(check=pl.col("check") + 7)
        moved.write_parquet(CHECKS.file(folder))
        (told,) = compare_runs(troubled, folder).checks.rows(named=True)
        assert (told["column"], told["left"], told["right"]) == ("rejected_share", "failed", None)


def test_decisions_that_were_honoured_are_told(runs, draw, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    reviews = {"file": "reviews.jsonl", "cases": 9, "line_decisions": 7, "lines_changed": 12, "pair_decisions": 0}
    (folder / "run.json").write_text(json.dumps(record | {"reviews": reviews}), encoding="utf-8")
    told = " ".join(draw(folder).get_element_by_id("run").text_content().split())
    assert "decisions on lines: 7, lines changed by them: 12" in told
    assert "decisions on pairs" not in told


@pytest.mark.parametrize("name", ["verdict.json", "run.json"])
@pytest.mark.parametrize("content", ["[]", "null", "3", '{"counts": []}', '{"options": 1}'])
def test_files_that_hold_something_else_are_told(runs, tmp_path, name, content):
    folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(TableError, match=name):
        write_report(folder, ReportOptions())


def test_a_folder_that_cannot_be_written_to_is_told(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
    (folder / "report.html").mkdir()
    with pytest.raises(UsageError, match=r"report\.html cannot be written"):
        write_report(folder, ReportOptions())


def test_figures_that_are_no_numbers_are_told_by_a_dash(runs, draw, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
    sources = pl.read_parquet(SOURCES.file(folder))
    sources.with_columns(median_words=pl.lit(float("nan")), empty_share=pl.lit(float("inf"))).write_parquet(
        SOURCES.file(folder)
    )
    assert "–" in draw(folder).get_element_by_id("host-table").text_content()


def test_a_cluster_whose_kept_article_came_earlier_says_so(runs, draw, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.ordinary_pages())
    articles = pl.read_parquet(ARTICLES.file(folder))
    cluster = articles.filter(pl.col("cluster_id").is_not_null())["cluster_id"][0]
    articles.filter(pl.col("article_id") != cluster).write_parquet(ARTICLES.file(folder))
    shown = draw(folder).get_element_by_id(f"cluster-{cluster}").getparent()
    assert "came with an earlier batch" in shown.text_content()
    assert "The first one is kept" not in shown.text_content()
    assert shown.find_class("comparison") == []
    assert "(untitled)" not in shown.find("summary").text_content()
