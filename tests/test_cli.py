"""The command line: flags, variables and files, exit codes, and plain words for every mistake."""

import json
import subprocess
import sys

import polars as pl
import pytest

from dq.cli import main
from dq.terminal import shown
from tests.conftest import ROOT, article


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every test runs in a folder of its own, with no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in __import__("os").environ if name.startswith("DQ_")]:
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
        names += [path for path in set(out.iterdir()) - before if path.name != "latest"]
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
    monkeypatch.setattr("dq.engine.clean_pages", lambda *_: 1 / 0)
    assert main(["run", str(feed), "--workers", "1"]) == 4
    told = capsys.readouterr().err
    assert "feed.jsonl, record 0: ZeroDivisionError" in told
    assert ".part" in told


def test_an_unforeseen_fault_is_exit_4_in_one_line(feed, capsys, monkeypatch):
    monkeypatch.setattr("dq.run.clean_in_shards", lambda *_, **__: 1 / 0)
    assert main(["run", str(feed)]) == 4
    assert "ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setenv("DQ_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["run", str(feed)])


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
    assert "clusters of" in capsys.readouterr().out
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
        word in told for word in ("headline-of-text", "running-text", "article 0 (main)", "Jaccard", "stands for it")
    )


def test_explain_reads_a_file_with_hostile_text(tmp_path, capsys):
    (tmp_path / "page.txt").write_text("[bold red]\x1b[31m\u202e" + article(1), encoding="utf-8")
    assert main(["explain", "page.txt"]) == 0
    told = capsys.readouterr().out
    assert "[bold red]" in told
    assert "\x1b[31m" not in told
    assert "\u202e" not in told


def test_compare_tells_what_changed(runs, capsys):
    assert main(["compare", *map(str, runs)]) == 0
    told = capsys.readouterr().out
    assert "verdict: PASSED" in told
    assert "vanished" in told
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
