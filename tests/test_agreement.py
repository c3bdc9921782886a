"""`dq review`: decisions become cases and a rate of agreement; later runs honour the cases, and are held against them."""

import dataclasses
import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import polars as pl
import pytest

from dq.agreement import Rate, hold_against
from dq.clean.reviewed import REVIEWED
from dq.cli import main
from dq.engine import clean_in_shards
from dq.ingest import read_pages
from dq.options import EngineOptions, Options, ReviewOptions
from dq.review_files import read_cases, write_cases
from dq.reviews import NO_REVIEWS, LineCase, PageCase, PairCase, Reviews, Side, case_row
from dq.run import clean_only
from dq.runs import command_mark
from dq.tables import TABLES
from tests.conftest import ROOT, article

INPUTS = [str(ROOT / "seeds" / "news"), str(ROOT / "seeds" / "broken" / "template-changed")]
RUN = ["run", *INPUTS, "--workers", "1", "--expectations", "suites"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every test runs in a folder of its own, with no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DQ_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """A finished run of the samples, with next to nothing to gate, and what was decided on it."""
    folder = tmp_path_factory.mktemp("reviewed")
    (folder / "suites").mkdir()
    suite = {"name": "pages", "expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "url"}}]}
    (folder / "suites" / "pages.json").write_text(json.dumps(suite))
    main([*RUN[:-1], str(folder / "suites"), "--out", str(folder / "reports")])
    return folder / "reports"


def table(folder, name):
    return pl.read_parquet(folder / f"{name}.parquet")


def decisions_on(folder, seed=1):
    """Some of all decisions of a run, right and wrong by chance, and all empty pages."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, no secret
    lines = chance.sample(table(folder, "lines").filter(pl.col("text").str.contains(r"\p{L}")).rows(named=True), 60)
    made = [{"kind": "line", "page_id": row["page_id"], "line": row["line"]} for row in lines]
    pairs = table(folder, "duplicates").select("left_id", "right_id").rows(named=True)
    made += [{"kind": "pair", **row} for row in pairs]
    made = [one | {"accepted": chance.random() < 0.5} for one in made]
    empty = table(folder, "pages").filter(pl.col("status") == "empty")["page_id"]
    return made + [{"kind": "page", "page_id": page_id, "accepted": True} for page_id in empty]


def export(path, folder, decisions):
    run_id = json.loads((folder / "run.json").read_text())["run_id"]
    path.write_text(json.dumps({"schema_version": 1, "run_id": run_id, "decisions": decisions}), encoding="utf-8")
    return str(path)


@pytest.fixture
def reviewed(reports, tmp_path):
    """An export of decisions on the newest run there is."""
    return export(tmp_path / "decisions.json", reports / "latest", decisions_on(reports / "latest"))


def review(capsys, *arguments):
    capsys.readouterr()
    code = main(["review", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_rate_is_told_for_each_kind_of_decision(reports, reviewed, capsys):
    decisions = json.loads(Path(reviewed).read_bytes())["decisions"]
    code, told = review(capsys, reviewed, "--in", reports / "latest")
    assert code == 0
    rates = {(rate["kind"], rate["decision"]): rate for rate in told["rates"]}
    kept = {(row["page_id"], row["line"]): row["kept"] for row in table(reports / "latest", "lines").rows(named=True)}
    for name, kind, chosen in [
        ("all", "line", [one for one in decisions if one["kind"] == "line"]),
        ("kept", "line", [one for one in decisions if one["kind"] == "line" and kept[one["page_id"], one["line"]]]),
        ("all", "pair", [one for one in decisions if one["kind"] == "pair"]),
        ("empty", "page", [one for one in decisions if one["kind"] == "page"]),
    ]:
        rate = rates[kind, name]
        accepted = sum(one["accepted"] for one in chosen)
        assert (rate["reviewed"], rate["accepted"]) == (len(chosen), accepted)
        assert rate["share"] == accepted / len(chosen)
        assert (rate["low"], rate["high"]) == interval(accepted, len(chosen))
    assert main(["review", reviewed, "--in", str(reports / "latest")]) == 0
    out = capsys.readouterr().out
    assert "line, removed: " in out
    assert "95% interval" in out
    assert "0 of them new" in out


def interval(accepted, reviewed):
    return Rate(kind="line", decision="all", reviewed=reviewed, accepted=accepted).interval


def test_the_interval_of_a_share_is_wilsons():
    assert interval(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert interval(10, 10) == (pytest.approx(0.7225, abs=1e-4), 1.0)
    assert interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_cases_stand_by_themselves_sorted_and_the_same_each_time(reports, reviewed, tmp_path, capsys):
    _, told = review(capsys, reviewed, "--in", reports / "latest")
    first = (tmp_path / "reviews.jsonl").read_bytes()
    assert told["cases"] == told["added"] == len(first.splitlines())
    code, again = review(capsys, reviewed, "--in", reports / "latest")
    assert (code, again["added"]) == (0, 0)
    assert (tmp_path / "reviews.jsonl").read_bytes() == first
    rows = [json.loads(line) for line in first.decode().split("\n") if line]
    assert {row["kind"] for row in rows} == {"line", "pair", "page"}
    assert list(rows[0]) == ["kind", "host", "url", "text", "kept", "run_id", "accepted", "label"]


def test_a_later_decision_takes_the_place_of_an_earlier_one_and_that_is_told(reports, tmp_path, capsys):
    folder = reports / "latest"
    row = table(folder, "lines").filter("kept", pl.col("label") == "body").row(0, named=True)
    decision = {"kind": "line", "page_id": row["page_id"], "line": row["line"]}
    for accepted in (True, False):
        path = export(tmp_path / "decisions.json", folder, [decision | {"accepted": accepted}])
        _, told = review(capsys, path, "--in", folder, "--out", "cases.jsonl")
    assert (told["cases"], told["added"]) == (1, 0)
    assert [case["text"] for case in told["replaced"]] == [row["text"]]
    assert [case.kept for case in read_cases(tmp_path / "cases.jsonl")] == [False]
    path = export(tmp_path / "decisions.json", folder, [decision | {"accepted": True}])
    main(["review", path, "--in", str(folder), "--out", "cases.jsonl"])
    assert "otherwise than before: kept on " in capsys.readouterr().out


def test_where_cases_go_is_the_option_reviews_unless_it_is_told(reports, reviewed, tmp_path, monkeypatch):
    monkeypatch.setenv("DQ_REVIEWS", "chosen.jsonl")
    monkeypatch.setenv("DQ_OUT", "reports")
    assert main(["review", reviewed, "--in", str(reports / "latest")]) == 0
    assert (tmp_path / "chosen.jsonl").is_file()
    assert main(["review", reviewed, "--in", str(reports / "latest"), "--out", "told.jsonl"]) == 0
    assert (tmp_path / "told.jsonl").read_bytes() == (tmp_path / "chosen.jsonl").read_bytes()
    assert not (tmp_path / "reviews.jsonl").exists()


def test_that_a_copy_of_a_kept_line_was_rightly_removed_makes_no_case(reports, tmp_path, capsys):
    folder = reports / "latest"
    lines = table(folder, "lines")
    copies = lines.filter(pl.col("label") == "repeat").join(
        lines.filter("kept").select("page_id", "text"), on=["page_id", "text"], how="semi"
    )
    row = copies.row(0, named=True)
    decision = {"kind": "line", "page_id": row["page_id"], "line": row["line"], "accepted": True}
    code, told = review(capsys, export(tmp_path / "decisions.json", folder, [decision]), "--in", folder)
    assert (code, told["without_case"], told["cases"]) == (0, 1, 0)
    assert told["rates"][0]["reviewed"] == 1


def test_a_later_run_honours_what_was_decided(reports, reviewed, tmp_path, capsys):
    main(["review", reviewed, "--in", str(reports / "latest")])
    code, told = review(capsys, "reviews.jsonl", "--in", reports / "latest")
    assert code == 1
    assert len(told["disagreements"]) == sum(kind["disagreed"] for kind in told["kinds"]) > 0
    assert main(["review", "reviews.jsonl", "--in", str(reports / "latest")]) == 1
    assert "not one story: " in capsys.readouterr().out

    shutil.copytree(reports.parent / "suites", "suites")
    assert main(RUN) == 0
    assert "cases in reviews.jsonl" in capsys.readouterr().err
    code, told = review(capsys, "reviews.jsonl")
    kinds = {kind["kind"]: kind for kind in told["kinds"]}
    assert kinds["line"]["disagreed"] == kinds["line"]["not_met"] == kinds["pair"]["disagreed"] == 0
    noted = json.loads((tmp_path / "reports" / "latest" / "run.json").read_text())["reviews"]
    cases = read_cases(tmp_path / "reviews.jsonl")
    assert (noted["file"], noted["cases"]) == ("reviews.jsonl", len(cases))
    assert noted["pair_decisions"] == sum(isinstance(case, PairCase) and not case.together for case in cases)
    lines = table(tmp_path / "reports" / "latest", "lines")
    assert noted["lines_changed"] == lines.filter(pl.col("reason") == REVIEWED).height >= noted["line_decisions"] > 0
    assert json.loads((reports / "latest" / "run.json").read_text())["reviews"] is None


def test_what_is_a_teaser_here_stays_the_headline_there(tmp_path):
    title = article(2).splitlines()[0]
    texts = {"https://a.example/1": f"{article(1)}\n{title}", "https://a.example/2": article(2)}
    pl.DataFrame([{"url": url, "text": text} for url, text in texts.items()]).write_ndjson(tmp_path / "feed.jsonl")
    teaser = LineCase(host="a.example", url="https://a.example/1", text=title, kept=False, accepted=True, label="other")
    wrongly_kept = dataclasses.replace(teaser, accepted=False, label="body")
    no_title = dataclasses.replace(teaser, accepted=False, label="title")
    titled = {}
    for name, case in {"right": teaser, "body": wrongly_kept, "title": no_title}.items():
        write_cases(tmp_path / "r.jsonl", [case])
        clean_only([tmp_path / "feed.jsonl"], chosen(tmp_path / "r.jsonl", workers=1), out=tmp_path / name)
        assert [answer.state for answer in hold_against([case], tmp_path / name)] == ["agreed"]
        titled[name] = title in table(tmp_path / name, "articles")["title"].to_list()
    assert titled == {"right": True, "body": True, "title": False}


def test_a_page_that_holds_an_article_after_all_is_told(reports, tmp_path, capsys):
    folder = reports / "latest"
    empty = table(folder, "pages").filter(pl.col("status") == "empty").row(0, named=True)
    decision = {"kind": "page", "page_id": empty["page_id"], "accepted": False}
    assert main(["review", export(tmp_path / "decisions.json", folder, [decision]), "--in", str(folder)]) == 0
    code, told = review(capsys, "reviews.jsonl", "--in", folder)
    assert code == 1
    assert [case["page_id"] for case in told["disagreements"]] == [empty["page_id"]]


def test_cases_that_a_run_does_not_meet_are_no_disagreement(reports, tmp_path, capsys):
    nowhere = Side(article_id="x", url=None, title=None)
    cases = [
        LineCase(host="nowhere.example", url=None, text="x", kept=True),
        PairCase(left=nowhere, right=nowhere, together=True),
        PageCase(url=None, page_id="x", host=None, empty=True),
    ]
    write_cases(tmp_path / "reviews.jsonl", cases)
    code, told = review(capsys, "reviews.jsonl", "--in", reports / "latest")
    assert code == 0
    assert [kind["not_met"] for kind in told["kinds"]] == [1, 1, 1]
    (tmp_path / "none.jsonl").write_text("")
    assert main(["review", "none.jsonl", "--in", str(reports / "latest")]) == 2
    assert "none.jsonl holds no case" in capsys.readouterr().err


WRONG = [
    ({"kind": "line", "page_id": "0" * 16, "line": 0, "accepted": True}, "there is no line 0 of a page 0000"),
    ({"kind": "pair", "left_id": "a", "right_id": "b", "accepted": True}, "a and b are neither a pair of duplicates"),
    ({"kind": "page", "page_id": "0" * 16, "accepted": True}, "there is no page 0000"),
    ({"kind": "page", "page_id": None, "accepted": True}, "came out empty"),
    ({"kind": "page", "accepted": True}, "decisions[0]: page_id is missing"),
]


@pytest.mark.parametrize(("decision", "told"), WRONG, ids=[case[1] for case in WRONG])
def test_what_is_not_in_the_run_is_exit_2_and_makes_no_file(decision, told, reports, tmp_path, capsys):
    if decision.get("page_id", "") is None:
        ok = table(reports / "latest", "pages").filter(pl.col("status") == "ok")["page_id"][0]
        decision, told = decision | {"page_id": ok}, "it did not come out empty"
    path = export(tmp_path / "decisions.json", reports / "latest", [decision])
    assert main(["review", path, "--in", str(reports / "latest")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "reviews.jsonl").exists()


def test_a_review_of_another_run_is_exit_2_naming_both(reports, tmp_path, capsys):
    path = tmp_path / "decisions.json"
    path.write_text(json.dumps({"schema_version": 1, "run_id": "another", "decisions": []}))
    assert main(["review", str(path), "--in", str(reports / "latest")]) == 2
    told = capsys.readouterr().err
    assert "another" in told
    assert json.loads((reports / "latest" / "run.json").read_text())["run_id"] in told
    assert main(["review", str(path)]) == 2
    assert "not the folder of a finished run" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run"], ["clean"], ["dedup"], ["explain"]])
def test_a_file_of_reviews_that_cannot_be_used_is_exit_2_before_any_work(command, feed, tmp_path, capsys):
    assert main([*command, str(feed), "--reviews", "none.jsonl"]) == 2
    assert "there is no file none.jsonl" in capsys.readouterr().err
    (tmp_path / "reviews.jsonl").write_text('{"kind": "line"}')
    assert main([*command, str(feed)]) == 2
    assert "line 1: host is missing" in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()


def chosen(path, **engine):
    return Options(engine=EngineOptions(**engine), review=ReviewOptions(reviews=path))


def test_shards_and_workers_change_no_byte_of_what_is_honoured(reports, reviewed, tmp_path, capsys):
    main(["review", reviewed, "--in", str(reports / "latest")])
    ways = {"one": {"workers": 1}, "many": {"workers": 2, "shard_pages": 20}}
    names = ("pages", "lines", "articles", "paragraphs")
    for way, engine in ways.items():
        clean_only(INPUTS, chosen(tmp_path / "reviews.jsonl", **engine), out=tmp_path / way)
    digests = [
        [hashlib.sha256(TABLES[name].file(tmp_path / way).read_bytes()).hexdigest() for name in names] for way in ways
    ]
    assert digests[0] == digests[1]
    cases = tuple(case for case in read_cases(tmp_path / "reviews.jsonl") if isinstance(case, LineCase))
    assert {answer.state for answer in hold_against(cases, tmp_path / "one")} == {"agreed"}


def test_what_was_cleaned_with_other_reviews_is_not_taken_up_again(feed, tmp_path):
    def cleaned(reviews):
        pages = read_pages([feed], Options().ingest)
        (shard,) = clean_in_shards(
            pages, tmp_path / "shards", chosen(None, workers=1), progress=lambda _: None, reviews=reviews
        )
        return shard, table(shard, "lines"), (shard / "lines.parquet").stat().st_mtime_ns

    _, lines, _ = cleaned(NO_REVIEWS)
    text = lines.filter(pl.col("label") == "body")["text"][0]
    cases = tuple(LineCase(host=host, url=None, text=text, kept=False) for host in ("a.example", "b.example"))
    _, changed, written = cleaned(Reviews(cases=cases))
    assert changed["kept"].sum() == lines["kept"].sum() - 1
    assert cleaned(Reviews(cases=cases[::-1]))[2] == written
    assert cleaned(NO_REVIEWS)[1].equals(lines)
    marks = {command_mark([feed], Options(), reviews=one.mark) for one in (NO_REVIEWS, Reviews(cases=cases))}
    assert len(marks) == 2


def test_dedup_keeps_apart_what_was_reviewed(tmp_path, capsys):
    rows = [{"id": name, "text": " ".join(f"word{at}" for at in range(60))} for name in "ab"]
    pl.DataFrame(rows).write_parquet("t.parquet")
    assert main(["dedup", "t.parquet", "--out", "found", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"] == 1
    sides = {side: Side(article_id=name, url=None, title=None) for side, name in (("left", "a"), ("right", "b"))}
    write_cases(tmp_path / "reviews.jsonl", [PairCase(**sides, together=False)])
    assert main(["dedup", "t.parquet", "--out", "found", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["duplicates"] == 0


def test_explain_honours_what_was_reviewed(feed, tmp_path, capsys):
    main(["clean", str(feed), "--out", "t", "--workers", "1"])
    lines = table(tmp_path / "t", "lines").filter("kept", pl.col("label") == "body")
    host = dict(table(tmp_path / "t", "pages").select("page_id", "host").iter_rows())
    one = next(row for row in lines.rows(named=True) if "رقم 0" in row["text"])
    case = LineCase(host=host[one["page_id"]], url=None, text=one["text"], kept=False)
    (tmp_path / "r.jsonl").write_text(json.dumps(case_row(case)))
    capsys.readouterr()
    assert main(["explain", str(feed), "--reviews", "r.jsonl"]) == 0
    assert REVIEWED in capsys.readouterr().out
