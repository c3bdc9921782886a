"""The pipeline: a folder whole or not at all, the same tables on every way, and counts that add up."""

import hashlib
import json
import shutil
from datetime import datetime

import polars as pl
import pytest

from dq import runs
from dq.errors import FaultError, MissingInputError, NothingReadableError, SuiteError, UsageError
from dq.explain import explain
from dq.options import EngineOptions, GateOptions, Options, Origin
from dq.run import clean_only, draw_again, gate_again, run
from dq.tables import TABLES
from tests.conftest import ROOT, article

OUTPUTS = {
    "report.html",
    "summary.md",
    "junit.xml",
    "findings.sarif",
    "verdict.json",
    "run.json",
    *(f"{name}.parquet" for name in TABLES),
}


def options(**engine):
    return Options(engine=EngineOptions(**{"workers": 1} | engine), gate=GateOptions(languages=("ar",)))


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    """The good sample batch, run once."""
    out = tmp_path_factory.mktemp("reports")
    return run([ROOT / "seeds" / "news"], Options(gate=GateOptions(languages=("ar", "en", "fr", "he"))), out=out)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The batch that must fail, run once."""
    return run([ROOT / "seeds" / "broken"], options(), out=tmp_path_factory.mktemp("reports"))


def test_a_run_leaves_all_outputs_and_nothing_else(news):
    assert {path.name for path in news.folder.iterdir()} == OUTPUTS
    assert {path.name for path in news.folder.parent.iterdir()} == {news.folder.name, "latest", "history"}
    assert (news.folder.parent / "latest").resolve() == news.folder.resolve()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_schema_and_order(news, name):
    frame = pl.read_parquet(TABLES[name].file(news.folder))
    assert frame.schema == TABLES[name].schema
    assert frame.equals(frame.sort(TABLES[name].key, nulls_last=True, maintain_order=True))


def test_the_good_batch_passes_with_warnings_that_are_told(news):
    assert (news.verdict.verdict, news.verdict.exit_code) == ("warnings", 0)
    summary = (news.folder / "summary.md").read_text(encoding="utf-8")
    assert all(failure.check.type in summary for failure in news.verdict.failures if failure.check.severity != "info")


def test_the_broken_batch_fails_for_each_thing_that_is_broken(broken):
    assert (broken.verdict.verdict, broken.verdict.exit_code) == ("fail", 1)
    told = {(failure.check.table, column) for failure in broken.verdict.failures for column in failure.check.columns}
    assert {
        ("pages", "problem"),
        ("articles", "published_at"),
        ("articles", "body"),
        ("articles", "is_canonical"),
    } <= told
    pages = pl.read_parquet(broken.folder / "pages.parquet")
    assert pages.filter(pl.col("status") == "rejected")["problem"].null_count() == 0
    assert pages.filter(pl.col("problem").str.starts_with("mojibake")).height == 6
    assert pages.filter(pl.col("status") == "empty", pl.col("host") == "almarfa.example").height == 8


def test_counts_add_up_from_pages_to_published_articles(broken):
    counts = broken.verdict.counts
    frames = {name: pl.read_parquet(table.file(broken.folder)) for name, table in TABLES.items()}
    assert (
        counts["pages"]
        == frames["pages"].height
        == counts["pages_ok"] + counts["pages_empty"] + counts["pages_rejected"]
    )
    assert counts["articles"] == frames["articles"].height == counts["main_articles"] + counts["further_articles"]
    assert counts["published"] == frames["articles"]["is_canonical"].sum()
    members = frames["articles"].filter(pl.col("cluster_id").is_not_null())
    assert members.height == frames["clusters"]["size"].sum()
    assert members["is_canonical"].sum() == frames["clusters"].height
    assert frames["sources"]["pages"].sum() == counts["pages"]
    assert frames["sources"]["articles"].sum() == counts["articles"]


def test_one_article_twenty_times_is_one_cluster(broken):
    clusters = pl.read_parquet(broken.folder / "clusters.parquet")
    assert clusters["size"].max() == 20


def test_a_wire_story_and_its_edits_are_one_cluster(news):
    clusters = pl.read_parquet(news.folder / "clusters.parquet").sort("size")
    assert clusters["n_hosts"].to_list()[-1] >= 4
    assert set(clusters["canonical_reason"]) - {None, ""}


def test_a_new_address_version_is_told_from_a_copy(news):
    assert "version" in set(pl.read_parquet(news.folder / "duplicates.parquet")["relation"])


def digests(outcome):
    return {name: hashlib.sha256(table.file(outcome.folder).read_bytes()).hexdigest() for name, table in TABLES.items()}


def test_order_of_inputs_shards_and_workers_change_no_byte(tmp_path):
    files = sorted((ROOT / "seeds" / "news").rglob("*.html"))[:6] + sorted((ROOT / "seeds" / "news").glob("*.jsonl"))
    one = run(files, options(), out=tmp_path / "one")
    two = run(list(reversed(files)), options(workers=2, shard_pages=4), out=tmp_path / "two")
    now = "checks", "rejected"
    assert {k: v for k, v in digests(one).items() if k not in now} == {
        k: v for k, v in digests(two).items() if k not in now
    }


def test_run_json_tells_what_ran_and_with_what(news):
    noted = json.loads((news.folder / "run.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in noted["timings"]] == ["clean", "deduplicate", "figures", "gate"]
    assert noted["options"] == [{"name": "languages", "value": "ar, en, fr, he", "default": "", "origin": "call"}]
    assert datetime.fromisoformat(noted["finished_at"]) >= datetime.fromisoformat(noted["started_at"])
    assert noted["versions"]["dq"]


def test_a_killed_run_is_resumed_by_the_same_command(feed, tmp_path, monkeypatch):
    out = tmp_path / "reports"

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dq.run.find_duplicates", stop)
        with pytest.raises(KeyboardInterrupt):
            run([feed], options(), out=out)
    (part,) = out.glob("*.part")
    assert not (out / "latest").exists()
    outcome = run([feed], options(), out=out)
    assert outcome.folder.name == part.name.removesuffix(".part")
    assert not part.exists()


def test_another_command_does_not_resume_it(feed, tmp_path, monkeypatch):
    out = tmp_path / "reports"
    with monkeypatch.context() as patch:
        patch.setattr("dq.run.find_duplicates", lambda *_, **__: 1 / 0)
        with pytest.raises(FaultError, match=r"deduplicate failed: ZeroDivisionError(.|\n)*\.part"):
            run([feed], options(), out=out)
    (part,) = out.glob("*.part")
    strict = Options(engine=EngineOptions(workers=1), gate=GateOptions(strict=True))
    assert run([feed], strict, out=out).folder.name != part.name.removesuffix(".part")
    assert part.exists()


def test_nothing_readable_leaves_no_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingReadableError):
        run([tmp_path / "empty"], options(), out=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()


def test_missing_input_is_told_before_any_work(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.html(.|\n)*nothing"):
        run([tmp_path / "none.html", tmp_path / "nothing"], options(), out=tmp_path / "reports")


def test_an_edit_in_expectations_takes_effect(news, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(news.folder, folder)
    suites = tmp_path / "expectations"
    suites.mkdir()
    expectation = {
        "type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 10_000}, "meta": {}, "severity": "critical",
        "notes": "a batch this small is a broken crawl",
    }  # fmt: skip
    suite = {"name": "pages", "expectations": [expectation], "meta": {"great_expectations_version": "1.24.1"}}
    (suites / "pages.json").write_text(json.dumps(suite))
    verdict = gate_again(folder, Options(gate=GateOptions(expectations=suites)))
    assert (verdict.verdict, len(verdict.outcomes)) == ("fail", 1)
    assert "10,000" in (folder / "report.html").read_text(encoding="utf-8") or "10000" in (
        folder / "report.html"
    ).read_text(encoding="utf-8")
    (suites / "pages.json").write_text(json.dumps(suite).replace("expect_table_row", "expect_tabel_row"))
    with pytest.raises(SuiteError, match=r"pages\.json"):
        gate_again(folder, Options(gate=GateOptions(expectations=suites)))


def test_drawing_again_gives_the_same_report(news):
    before = (news.folder / "report.html").read_bytes()
    draw_again(news.folder, Options())
    assert (news.folder / "report.html").read_bytes() == before


@pytest.mark.parametrize("again", [gate_again, draw_again])
def test_a_folder_that_is_no_run_is_told(again, tmp_path):
    with pytest.raises(MissingInputError, match="not the folder of a finished run"):
        again(tmp_path, Options())


def test_clean_alone_puts_its_tables_right_into_the_folder(feed, tmp_path):
    figures = clean_only([feed], options(), out=tmp_path / "tables")
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {
        f"{name}.parquet" for name in ("pages", "lines", "articles", "paragraphs")
    }
    assert (figures.pages, figures.articles) == (12, 12)
    assert pl.read_parquet(tmp_path / "tables" / "pages.parquet")["source_id"].to_list() != [None] * 12


def test_explain_reads_a_file_or_a_page_of_a_run(news, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text(article(3), encoding="utf-8")
    told = explain(str(page), Options(), folder=news.folder)
    assert (told.page["path"], len(told.articles), told.others) == ("page.txt", 1, ())
    cluster = pl.read_parquet(news.folder / "articles.parquet").filter(pl.col("cluster_id").is_not_null())["page_id"][0]
    told = explain(cluster, Options(), folder=news.folder)
    assert told.page["page_id"] == cluster
    assert told.duplicates
    assert told.clusters
    with pytest.raises(MissingInputError, match="no page id, address"):
        explain("https://nowhere.example/", Options(), folder=news.folder)
    with pytest.raises(MissingInputError, match="holds no run"):
        explain("https://nowhere.example/", Options(), folder=tmp_path)


def test_hostile_text_stays_text(tmp_path):
    evil = "<script>alert(1)</script>\"'&]]>|`\u202e"
    path = tmp_path / "feed.jsonl"
    text = article(1).replace("توسعة", evil + " توسعة", 1)
    path.write_text(
        json.dumps({"url": f"https://evil.example/{evil}", "text": text, "id": evil}) + "\n", encoding="utf-8"
    )
    outcome = run(
        [path], Options(engine=EngineOptions(workers=1), origins={"x": Origin("flag", evil)}), out=tmp_path / "reports"
    )
    for name in ("report.html", "summary.md", "junit.xml"):
        content = (outcome.folder / name).read_text(encoding="utf-8")
        assert "<script>alert" not in content
        assert "\u202e" not in content


def test_latest_that_is_a_folder_is_told_before_any_work(feed, tmp_path):
    (tmp_path / "reports" / "latest").mkdir(parents=True)
    with pytest.raises(UsageError, match="latest is a folder"):
        run([feed], options(), out=tmp_path / "reports")
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["latest"]


@pytest.mark.parametrize("out", ["a-file", "a-file/below"])
def test_an_out_folder_that_cannot_be_written_is_told(feed, tmp_path, out):
    (tmp_path / "a-file").touch()
    with pytest.raises(UsageError, match="nothing can be written"):
        run([feed], options(), out=tmp_path / out)


def test_brackets_and_stars_in_the_out_folder_are_a_part_of_its_name(feed, tmp_path):
    out = tmp_path / "o [1] *x"
    outcome = run([feed], options(), out=out)
    assert draw_again(out / "latest", Options()).is_file()
    assert outcome.folder.parent == out


def test_a_page_with_an_impossible_address_is_a_page_like_others(tmp_path):
    path = tmp_path / "feed.jsonl"
    rows = [
        {"url": url, "text": article(n)}
        for n, url in enumerate(["http://[::1", "https://ex\x1b[31m.test/", "x" * 5000])
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run([path], options(), out=tmp_path / "reports").verdict.figures.pages_ok == 3


def test_the_gate_remembers_the_options_of_the_run(feed, tmp_path):
    strict = Options(engine=EngineOptions(workers=1), gate=GateOptions(languages=("fr",), strict=True))
    folder = run([feed], strict, out=tmp_path / "reports").folder
    again = gate_again(folder, Options())
    assert again.strict
    assert pl.read_parquet(folder / "sources.parquet")["language_share"].to_list() == [0.0, 0.0]
    other = Options(gate=GateOptions(languages=("ar",)), origins={"languages": Origin("flag", "--languages")})
    gate_again(folder, other)
    assert pl.read_parquet(folder / "sources.parquet")["language_share"].to_list() == [1.0, 1.0]
    noted = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert noted["settings"]["languages"] == ["ar"]


def test_two_runs_of_one_command_at_once_do_not_share_a_folder(feed, tmp_path):
    out = tmp_path / "reports"
    out.mkdir()
    mark = runs.command_mark([feed], options())
    with runs.claimed(out, mark) as first, runs.claimed(out, mark) as second:
        assert first.folder != second.folder
        (first.folder / runs.SHARDS / "000000").mkdir(parents=True)
    with runs.claimed(out, mark) as third:
        assert (third.folder, third.resumed) == (first.folder, True)
    assert not second.folder.exists()


def test_latest_may_be_a_file_with_the_name(news, tmp_path):
    shutil.copytree(news.folder, tmp_path / "run")
    (tmp_path / "latest").write_text("run\n")
    assert runs.resolve(tmp_path / "latest") == tmp_path / "run"
