"""The command line: flags, variables and files, exit codes, and plain words for every mistake."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest

from dq.cli import main
from dq.errors import FaultError, printable, shown
from dq.settings import SEPARATORS
from dq.terminal import BarTalk, PlainTalk, PrintableFormatter, Progress, first_sentence, plain_console
from tests.conftest import ROOT, article


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every test runs in a folder of its own, with no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in os.environ if name.startswith("DQ_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with two finished runs: a good batch and a smaller one."""
    out = tmp_path_factory.mktemp("runs")
    expectations = str(ROOT / "expectations")
    names = []
    for inputs in ("seeds/news", "seeds/news/daily-feed.jsonl"):
        before = set(out.iterdir())
        main(["run", str(ROOT / inputs), "--out", str(out), "--expectations", expectations, "--workers", "1"])
        names += [path for path in set(out.iterdir()) - before if path.name not in {"latest", "history"}]
    return names


def test_help_names_every_command_and_the_exit_codes(capsys):
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(command in told for command in ("run", "clean", "dedup", "gate", "report", "explain", "compare"))
    assert "Exit codes" in told


@pytest.mark.parametrize("command", ["run", "clean", "dedup", "gate", "report", "explain", "compare"])
def test_every_command_has_help_for_every_option(command, capsys):
    assert main([command, "--help"]) == 0
    assert "Usage: dq " + command in capsys.readouterr().out


WRONG = [
    (["run"], "no input was named"),
    (["run", "none.html", "nothing/"], "none.html"),
    (["run", "--no-such-option", "x"], "no-such-option"),
    (["run", "--shard-pages", "many", "x"], "shard-pages"),
    (["no-such-command"], "no-such-command"),
    (["clean"], "no input was named"),
    (["dedup", "none.parquet"], "none.parquet"),
    (["gate", "."], "not the folder of a finished run"),
    (["report", "."], "not the folder of a finished run"),
    (["explain", "https://nowhere.example/"], "holds no run"),
    (["compare", ".", "."], "."),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_wrong_use_is_exit_2_with_the_reason(arguments, told, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


SETTINGS = [
    ("[tool.dq", "no valid TOML"),
    ("[tool.dq]\nworkrs = 3", "workrs (did you mean workers?)"),
    ("[tool]\ndq = 3", "must be a table"),
    ("tool = 3", "pyproject.toml: tool must be a table, not 3"),
    ('[tool.dq]\nworkers = "many"', "workers"),
]


@pytest.mark.parametrize(("text", "told"), SETTINGS, ids=[case[1] for case in SETTINGS])
def test_bad_settings_are_exit_2_with_the_place(text, told, tmp_path, capsys):
    (tmp_path / "pyproject.toml").write_text(text)
    assert main(["run", "x"]) == 2
    assert told in capsys.readouterr().err


def test_a_suite_that_cannot_be_used_is_exit_2_before_any_work(feed, tmp_path, capsys):
    suites = tmp_path / "expectations"
    suites.mkdir()
    expectation = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "titel"}, "severity": "critical"}
    (suites / "articles.json").write_text(json.dumps({"name": "articles", "expectations": [expectation]}))
    assert main(["run", str(feed)]) == 2
    told = capsys.readouterr().err
    assert "articles.json" in told
    assert "titel" in told
    assert not (tmp_path / "reports").exists()


def test_nothing_readable_is_exit_3_and_says_what_was_looked_for(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"\x89PNG")
    assert main(["run", "images"]) == 3
    assert ".html" in capsys.readouterr().err


def test_a_fault_is_exit_4_and_says_where_the_unfinished_run_lies(feed, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("dq.engine.read_drafts", lambda *_: 1 / 0)
    assert main(["run", str(feed), "--workers", "1"]) == 4
    told = capsys.readouterr().err
    assert "the step clean failed: ZeroDivisionError" in told
    assert ".part" in told
    monkeypatch.setenv("DQ_TRACEBACK", "1")
    with pytest.raises(FaultError):
        main(["run", str(feed), "--workers", "1"])


def test_an_unforeseen_fault_is_exit_4_in_one_line(feed, capsys, monkeypatch):
    monkeypatch.setattr("dq.run.start", lambda *_, **__: 1 / 0)
    assert main(["run", str(feed)]) == 4
    assert "ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setenv("DQ_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["run", str(feed)])


def test_a_wrong_call_has_no_traceback_even_where_one_is_wanted(monkeypatch):
    monkeypatch.setenv("DQ_TRACEBACK", "1")
    assert main(["run"]) == 2


NONSENSE = [
    (["--workers", "-1"], "workers must be 0 or more, not -1 (set by --workers)"),
    (["--shard-pages", "0"], "shard_pages must be 1 or more, not 0"),
    (["--max-page-bytes", "-5"], "max_page_bytes must be 1 or more, not -5"),
    (["--max-examples", "-1"], "max_examples must be 0 or more, not -1"),
    (["--permutations", "0"], "permutations must be 1 or more, not 0"),
    (["--candidate-jaccard", "2"], "candidate_jaccard must be more than 0 and at most 1, not 2.0"),
    (["--near-jaccard", "nan"], "near_jaccard must be more than 0 and at most 1, not nan"),
    (["--max-depth", "5000"], "max_depth must be 1 to 2,048, not 5000"),
    (["--languages", "zz"], "languages must be codes of ISO 639-1, such as ar or en, not zz"),
    (["--encoding", "nonsense"], "encoding"),
]


@pytest.mark.parametrize(("arguments", "told"), NONSENSE, ids=[" ".join(case[0]) for case in NONSENSE])
def test_nonsense_is_exit_2_before_any_work(arguments, told, feed, tmp_path, capsys):
    assert main(["run", str(feed), *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


def test_all_nonsense_is_told_together_with_its_places(feed, tmp_path, capsys, monkeypatch):
    (tmp_path / "dq.toml").write_text("shard_pages = 0")
    monkeypatch.setenv("DQ_MIN_JACCARD", "-1")
    assert main(["run", str(feed), "--workers", "-1"]) == 2
    told = capsys.readouterr().err
    assert re.findall(r"- (\w+) must .* \(set by (.+)\)", told) == [
        ("workers", "--workers"),
        ("shard_pages", "dq.toml"),
        ("min_jaccard", "DQ_MIN_JACCARD"),
    ]


def test_unknown_variables_are_told_with_what_was_meant(capsys, monkeypatch):
    monkeypatch.setenv("DQ_WORKRS", "3")
    monkeypatch.setenv("DQ_XYZZY", "")
    monkeypatch.setenv("DQ_TEST_PROCESSES", "2")
    assert main(["run", "x"]) == 2
    told = capsys.readouterr().err
    assert "DQ_WORKRS (did you mean DQ_WORKERS?); DQ_XYZZY" in told
    assert "DQ_TEST_PROCESSES" not in told


def test_a_bad_value_names_the_option_and_its_variable(capsys, monkeypatch):
    monkeypatch.setenv("DQ_STRICT", "perhaps")
    assert main(["run", "x"]) == 2
    told = capsys.readouterr().err.splitlines()[0]
    assert "strict" in told
    assert told.count("DQ_STRICT") == 1


def test_variables_hold_several_values_only_where_an_option_takes_several(feed, tmp_path, capsys, monkeypatch):
    other = tmp_path / "a,b.jsonl"
    other.write_bytes(feed.read_bytes())
    monkeypatch.setenv("DQ_INPUTS", os.pathsep.join([str(feed), str(other)]))
    monkeypatch.setenv("DQ_OUT", "x,y")
    monkeypatch.setenv("DQ_WORKERS", "")
    assert main(["clean"]) == 0
    assert "24 pages: 24 ok" in capsys.readouterr().out
    assert (tmp_path / "x,y" / "articles.parquet").is_file()
    assert set(SEPARATORS) == {"languages", "host_rules", "inputs"}


def test_an_interrupt_says_that_it_resumes(feed, capsys, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("dq.run.clean_in_shards", stop)
    assert main(["run", str(feed)]) == 130
    assert "resumes" in capsys.readouterr().err


def origins(out):
    return {
        row["name"]: (row["value"], row["origin"])
        for row in json.loads((out / "latest" / "run.json").read_text())["options"]
    }


def test_a_flag_beats_a_variable_beats_dq_toml_beats_pyproject(feed, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.dq]\ninputs = ["{feed.as_posix()}"]\nmin-article-words = 31\nmax_depth = 301\nlanguages = ["ar", "en"]\nworkers = 1\nshard_pages = 5'
    )
    (tmp_path / "dq.toml").write_text("max_depth = 302\nmin_article_words = 32\nstrict = true")
    monkeypatch.setenv("DQ_MIN_ARTICLE_WORDS", "33")
    monkeypatch.setenv("DQ_MAX_PAGE_BYTES", "4000")
    monkeypatch.setenv("DQ_STRICT", "false")
    assert main(["run", "--max-page-bytes", "5000"]) in {0, 1}
    assert origins(tmp_path / "reports") == {
        "languages": ("ar, en", "pyproject.toml [tool.dq]"),
        "max_depth": ("302", "dq.toml"),
        "max_page_bytes": ("5000", "--max-page-bytes"),
        "min_article_words": ("33", "DQ_MIN_ARTICLE_WORDS"),
        "shard_pages": ("5", "pyproject.toml [tool.dq]"),
        "workers": ("1", "pyproject.toml [tool.dq]"),
    }


def test_the_verdict_is_told_on_standard_output_and_talk_on_standard_error(feed, capsys):
    code = main(["run", str(feed), "--workers", "1"])
    captured = capsys.readouterr()
    assert captured.out.startswith("PASSED") == (code == 0)
    assert "report.html" in captured.out
    assert "dq: clean" in captured.err


def test_json_is_the_verdict_with_its_schema_version(feed, capsys):
    main(["run", str(feed), "--json", "--workers", "1"])
    told = json.loads(capsys.readouterr().out)
    assert told["schema_version"] == 1
    assert told["verdict"] in {"pass", "warnings", "fail"}


def test_a_failure_is_told_in_one_plain_line(feed, tmp_path, capsys):
    suites = tmp_path / "expectations"
    suites.mkdir()
    kwargs = {"column": "status", "value_set": ["ok"]}
    expectation = {"type": "expect_column_values_to_not_be_in_set", "kwargs": kwargs, "severity": "critical"}
    noted = expectation | {"notes": "Nothing is ok. Never."}
    (suites / "pages.json").write_text(json.dumps({"name": "pages", "expectations": [noted]}))
    feed.write_text(feed.read_text(encoding="utf-8").splitlines()[0], encoding="utf-8")
    assert main(["run", str(feed), "--workers", "1", "--max-examples", "0"]) == 1
    verdict, failure, report = capsys.readouterr().out.splitlines()
    assert verdict == "FAILED  1 page, 1 article, 1 after deduplication"
    assert failure == "  critical pages: Status is not ok (observed 0 of 1 rows (0%)). Nothing is ok."
    assert report.endswith("report.html")


def test_the_first_sentence_of_a_note_of_one_is_the_note():
    assert first_sentence("v1.2 is one") == "v1.2 is one"


def test_strict_makes_warnings_fail(tmp_path):
    news = str(ROOT / "seeds" / "news")
    expectations = str(ROOT / "expectations")
    assert main(["run", news, "--expectations", expectations, "--strict"]) == 1


def test_clean_puts_tables_where_it_is_told(feed, tmp_path, capsys):
    assert main(["clean", str(feed), "--out", "tables"]) == 0
    assert "12 pages: 12 ok" in capsys.readouterr().out
    assert pl.read_parquet(tmp_path / "tables" / "articles.parquet").height == 12
    assert main(["clean", str(feed), "--out", "tables", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["articles"] == 12


def test_dedup_takes_any_table_with_an_id_and_a_text(tmp_path, capsys):
    texts = [article(1), article(1), article(2).replace("الطريق", "الجسر")]
    pl.DataFrame({"nr": [1, 2, 3], "wording": texts}).write_parquet(tmp_path / "t.parquet")
    assert main(["dedup", "t.parquet", "--id", "nr", "--text", "wording", "--out", "found"]) == 0
    assert "3 pairs; 1 cluster of 3 texts, with 2 copies\n1 reused passage in 3 places" in capsys.readouterr().out
    pairs = pl.read_parquet(tmp_path / "found" / "duplicates.parquet")
    assert ("1", "2") in set(pairs.select("left_id", "right_id").iter_rows())
    assert main(["dedup", "t.parquet", "--id", "nr", "--text", "nothing", "--out", "found"]) == 2
    assert "wording" in capsys.readouterr().err
    assert main(["dedup", "t.parquet", "--id", "nr", "--text", "wording", "--out", "found", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clusters"] >= 1


def test_gate_and_report_work_on_a_finished_run(runs, capsys):
    assert main(["gate", str(runs[0]), "--expectations", str(ROOT / "expectations")]) == 0
    assert "PASSED" in capsys.readouterr().out
    assert main(["report", str(runs[0])]) == 0
    assert capsys.readouterr().out.strip().endswith("report.html")


def test_explain_shows_lines_articles_and_duplicates(runs, capsys):
    folder = runs[0]
    duplicated = pl.read_parquet(folder / "articles.parquet").filter(
        pl.col("cluster_id").is_not_null() & pl.col("is_main")
    )
    assert main(["explain", duplicated["page_id"][0], "--in", str(folder)]) == 0
    told = capsys.readouterr().out
    assert all(
        word in told for word in ("headline-of-text", "article-around", "article 0 (main)", "Jaccard", "stands for it")
    )


def test_explain_reads_a_file_with_hostile_text(tmp_path, capsys):
    (tmp_path / "page.txt").write_text("[bold red]\x1b[31m\u202e" + article(1), encoding="utf-8")
    assert main(["explain", "page.txt"]) == 0
    told = capsys.readouterr().out
    assert "[bold red]" in told
    assert "\x1b[31m" not in told
    assert "\u202e" not in told


def test_explain_names_the_further_pages_of_a_name(feed, capsys):
    assert main(["explain", str(feed)]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "of that name" in line]
    assert line.startswith("11 further pages of that name: ")
    assert len(set(re.findall(r"\b[0-9a-f]{16}\b", line))) == 11


def test_names_of_files_steer_no_terminal(tmp_path, capsys):
    evil = "[red]\x1b[31m :smile: "
    assert main(["explain", evil]) == 2
    assert "dq: [red][31m :smile:  is no file" in capsys.readouterr().err
    (tmp_path / f"{evil}.jsonl").write_text('{"text": ""}')
    assert main(["clean", str(tmp_path / f"{evil}.jsonl"), "--out", evil]) == 0
    assert capsys.readouterr().out.endswith("tables: [red][31m :smile: \n")
    assert main(["explain", str(tmp_path / f"{evil}.jsonl")]) == 0
    told = capsys.readouterr().out
    assert "[red][31m :smile:" in told
    assert "\x1b[31m" not in told


def test_the_log_steers_no_terminal():
    record = logging.LogRecord("dq", logging.INFO, "", 0, "column %s", ("a\x1b[2Jb",), None)
    assert PrintableFormatter("dq: %(message)s").format(record) == "dq: column a[2Jb"


def test_what_a_run_says_goes_to_standard_error(capsys):
    PlainTalk().say("resuming\x1b[2J the [bold]run")
    with Progress(console=plain_console(stderr=True)) as progress:
        BarTalk(progress).say("resuming\x1b[2J the [bold]run")
    captured = capsys.readouterr()
    assert captured.err.count("dq: resuming[2J the [bold]run\n") == 2
    assert captured.out == ""


def test_compare_tells_what_changed(runs, capsys):
    assert main(["compare", *map(str, runs)]) == 0
    told = capsys.readouterr().out
    assert "verdict: PASSED" in told
    assert "vanished" in told
    page = runs[1] / "compare.html"
    assert f"comparison: {page}" in told
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["compare", *map(str, runs), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hosts"]


def test_a_reader_that_goes_away_is_no_fault(feed):
    command = f"{sys.executable} -m dq explain {feed} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_package_and_cleaning_do_not_import_the_gate(feed):
    code = f"import dq, sys; from dq.cli import main; main(['clean', {str(feed)!r}, '--out', 'x', '--workers', '1']); print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("False"), done.stderr


@pytest.mark.parametrize("text", ["a\tb", "\x1b]0;x\x07", "\u202eabc\u2066", "\ud800"])
def test_shown_text_has_no_control_characters(text):
    assert shown(text).isprintable()


@pytest.mark.parametrize("text", ["a  b\n  - c", "توسعة\n"])
def test_what_is_printed_keeps_spaces_and_line_breaks(text):
    assert printable(text) == text


def test_explain_takes_a_pair_apart(runs, capsys):
    folder = runs[0]
    left, right = pl.read_parquet(folder / "duplicates.parquet").row(0)[:2]
    assert main(["explain", left, right, "--in", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "shared shingles of" in told
    assert "stands for it" in told
    assert "word by word" in told
    assert main(["explain", left, "0" * 16, "--in", str(folder)]) == 2
    assert "no article 0000000000000000" in capsys.readouterr().err


def test_explain_takes_a_pair_of_any_table_apart(tmp_path, capsys):
    pl.DataFrame({"nr": [1, 2], "wording": [article(1), article(2)]}).write_parquet(tmp_path / "t.parquet")
    table = ["t.parquet", "--id", "nr", "--text", "wording"]
    assert main(["dedup", *table, "--out", "found", "--keep-candidates"]) == 0
    assert (tmp_path / "found" / "candidates.parquet").is_file()
    assert main(["explain", "1", "2", "--in", "found", "--table", *table]) == 0
    assert "bands" in capsys.readouterr().out
    assert main(["dedup", *table, "--out", "found"]) == 0
    assert not (tmp_path / "found" / "candidates.parquet").exists()


def test_a_run_finds_copies_of_an_earlier_one(tmp_path, capsys):
    for name in ("first", "second"):
        rows = [{"url": f"https://{name}.example/{at}", "text": article(at)} for at in range(2)]
        pl.DataFrame(rows).write_ndjson(tmp_path / f"{name}.jsonl")
    command = ["--history", "history", "--workers", "1", "--expectations", "suites"]
    (tmp_path / "suites").mkdir()
    shutil.copy(ROOT / "expectations" / "clusters.json", "suites")
    assert main(["run", "first.jsonl", *command]) == 0
    assert "were new to the history" in capsys.readouterr().err
    assert main(["run", "second.jsonl", *command]) == 0
    articles = pl.read_parquet(tmp_path / "reports" / "latest" / "articles.parquet")
    assert articles["is_canonical"].to_list() == [False] * articles.height
    assert pl.read_parquet(tmp_path / "reports" / "latest" / "clusters.parquet")["size"].to_list() == [4]


class TestSuite:
    def test_suites_are_checked(self, capsys):
        assert main(["suite", "check", "--expectations", str(ROOT / "expectations")]) == 0
        told = capsys.readouterr().out
        assert "sources.json: 29 expectations" in told
        assert "can be used" in told

    def test_every_mistake_is_told_with_its_line(self, tmp_path, capsys):
        look_around = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "title", "regex": "a(?=b)"}}
        unknown = {"type": "expect_column_max_to_be_between", "kwargs": {"column": "titel", "max_value": 3}}
        stated = {"name": "articles", "expectations": [look_around, unknown]}
        (tmp_path / "articles.json").write_text(json.dumps(stated, indent=1), encoding="utf-8")
        assert main(["suite", "check", "--expectations", str(tmp_path)]) == 2
        told = capsys.readouterr().err
        assert "articles.json:4: Rust's engine cannot run" in told
        assert "--python-regex" in told
        assert "articles.json:11: the table articles has no column 'titel'" in told
        del stated["expectations"][1]
        (tmp_path / "articles.json").write_text(json.dumps(stated), encoding="utf-8")
        assert main(["suite", "check", "--expectations", str(tmp_path), "--python-regex"]) == 0

    def test_proposed_suites_pass_on_their_run(self, runs, tmp_path, capsys):
        out = tmp_path / "proposed"
        assert main(["suite", "propose", str(runs[0]), str(runs[1]), "--out", str(out)]) == 0
        assert f"{out.as_posix()}/articles.json" in capsys.readouterr().out
        assert main(["suite", "check", "--expectations", str(out)]) == 0
        assert main(["suite", "propose", "--out", str(out)]) == 2
        assert main(["suite", "propose", str(tmp_path), "--out", str(out)]) == 2


class TestHostRules:
    def test_a_rule_of_the_settings_is_told_with_its_place(self, runs, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "dq.toml").write_text('host_rules = ["alnahr.example: median_words >= 5000"]', encoding="utf-8")
        folder = tmp_path / "run"
        shutil.copytree(runs[0], folder)
        main(["gate", str(folder), "--expectations", str(ROOT / "expectations")])
        thresholds = pl.read_parquet(folder / "checks.parquet")["threshold"].to_list()
        assert any("for alnahr.example at least 5,000 (dq.toml)" in threshold for threshold in thresholds)
        assert "median_words" in str(pl.read_parquet(folder / "rejected.parquet")["reasons"].to_list())

    @pytest.mark.parametrize("rule", ["alnahr.example median_words > 5", "alnahr.example: median_wrods >= 5"])
    def test_a_rule_that_cannot_be_used_is_told(self, runs, rule, capsys):
        assert main(["gate", str(runs[0]), "--host-rules", rule]) == 2
        assert "median_w" in capsys.readouterr().err
