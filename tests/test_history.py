"""Earlier batches: what is found among them, and that nothing of them is lost, doubled or kept against a wish."""

import logging
from datetime import datetime

import polars as pl
import pytest

from dq.cli import main
from dq.dedup import find_duplicates
from dq.errors import ConfigError, UsageError
from dq.history import History
from dq.options import DedupOptions

OPTIONS = DedupOptions()
MONDAY, TUESDAY = datetime(2024, 4, 8), datetime(2024, 4, 9)


@pytest.fixture
def story():
    """A text of so many words, the same for one seed; texts of different seeds share no word."""
    return lambda seed, n_words=80: " ".join(f"w{seed}x{at}" for at in range(n_words))


def batch(*rows, host="a.example"):
    schema = {"id": pl.String, "text": pl.String, "date": pl.Datetime("us"), "host": pl.String, "url": pl.String}
    return pl.DataFrame([(name, text, date, host, None) for name, text, date in rows], schema=schema, orient="row")


def add(url, frame):
    history = History(url, OPTIONS)
    found = find_duplicates(frame, OPTIONS, index=history)
    return found, history.add(frame, found)


def clusters_in(url):
    return History(url).status().clusters


def test_a_copy_names_the_earlier_article_which_stays_canonical(tmp_path, story):
    add(tmp_path, batch(("old", story(1), TUESDAY), ("other", story(2), TUESDAY)))
    found, added = add(tmp_path, batch(("new", story(1) + " further", MONDAY), ("alone", story(3), None)))
    assert added == 2
    assert found.duplicates.select("left_id", "right_id").rows() == [("new", "old")]
    assert found.membership.rows() == [("alone", None, True), ("new", "old", False)]
    cluster = found.clusters.row(0, named=True)
    assert (cluster["cluster_id"], cluster["size"], cluster["canonical_reason"]) == ("old", 2, "earlier batch")
    assert cluster["first_published_at"] == MONDAY


def test_an_exact_copy_of_a_member_joins_its_cluster(tmp_path, story):
    edited = story(1) + " " + story(9, 10)
    add(tmp_path, batch(("a", story(1), MONDAY), ("b", edited, TUESDAY)))
    found, _ = add(tmp_path, batch(("c", edited.upper(), None)))
    assert found.membership.rows() == [("c", "a", False)]
    assert found.clusters["size"].to_list() == [3]
    assert History(tmp_path).status().clustered == 3


def test_adding_a_batch_twice_changes_nothing(tmp_path, story):
    frame = batch(("a", story(1), MONDAY), ("b", story(1), TUESDAY), ("c", "too short", None))
    first, added = add(tmp_path, frame)
    before = History(tmp_path).status()
    second, again = add(tmp_path, frame)
    assert (added, again) == (3, 0)
    assert History(tmp_path).status() == before
    assert second.duplicates.equals(first.duplicates)
    assert second.clusters.equals(first.clusters)


def test_a_batch_that_grew_adds_what_is_new(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    _, added = add(tmp_path, batch(("a", story(1), MONDAY), ("b", story(2), MONDAY)))
    assert added == 1
    assert History(tmp_path).status().articles == 2


def test_a_text_that_changed_under_its_id_counts_as_it_is_now(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    add(tmp_path, batch(("a", story(2), MONDAY)))
    status = History(tmp_path).status()
    assert (status.articles, status.superseded) == (1, 1)
    found, _ = add(tmp_path, batch(("b", story(1), None), ("c", story(2), None)))
    assert found.duplicates.select("left_id", "right_id").rows() == [("a", "c")]


def test_clusters_are_formed_again_without_what_was_forgotten(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    add(tmp_path, batch(("b", story(1), MONDAY)))
    add(tmp_path, batch(("c", story(1) + " more", MONDAY)))
    History(tmp_path).forget(["a"])
    status = History(tmp_path).status()
    assert (status.articles, status.clusters, status.clustered, status.forgotten) == (2, 1, 2, 1)
    found, _ = add(tmp_path, batch(("d", story(1), MONDAY)))
    assert found.membership["cluster_id"].to_list() == ["b"]
    History(tmp_path).forget(["b", "c"])
    assert clusters_in(tmp_path) == 0


def test_a_forgotten_article_may_come_again(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    History(tmp_path).forget(["a"])
    _, added = add(tmp_path, batch(("a", story(1), MONDAY)))
    assert added == 1
    assert History(tmp_path).status().articles == 1


def test_what_is_not_there_cannot_be_forgotten(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    with pytest.raises(UsageError, match="no article x, y: nothing was forgotten"):
        History(tmp_path).forget(["a", "x", "y"])
    assert History(tmp_path).status().articles == 1


def test_compacting_takes_texts_out_of_the_files(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY), ("b", story(2), MONDAY)))
    add(tmp_path, batch(("c", story(3), MONDAY)))
    History(tmp_path).forget(["a"])
    assert History(tmp_path).compact() == 1
    files = list((tmp_path / "articles").glob("*.parquet"))
    assert sorted(pl.concat(pl.read_parquet(file) for file in files)["id"]) == ["b", "c"]
    status = History(tmp_path).status()
    assert (status.articles, status.forgotten) == (2, 0)
    found, _ = add(tmp_path, batch(("d", story(2), None)))
    assert found.membership["cluster_id"].to_list() == ["b"]


def test_a_killed_write_leaves_the_last_good_state(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    before = History(tmp_path).status()
    whole = next((tmp_path / "articles").glob("*.parquet"))
    (tmp_path / "articles" / "part-killed.parquet").write_bytes(whole.read_bytes()[:500])
    (tmp_path / "articles" / "_delta_log" / "_commit_killed.json.tmp").write_text('{"add":')
    assert History(tmp_path).status() == before
    _, added = add(tmp_path, batch(("b", story(2), MONDAY)))
    assert added == 1


def test_two_writers_keep_both_batches(tmp_path, story, caplog):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    left, right = History(tmp_path, OPTIONS), History(tmp_path, OPTIONS)
    batches = [batch(("b", story(2), MONDAY)), batch(("c", story(3), MONDAY))]
    found = [
        find_duplicates(frame, OPTIONS, index=history) for frame, history in zip(batches, (left, right), strict=True)
    ]
    with caplog.at_level(logging.WARNING):
        for frame, one, history in zip(batches, found, (left, right), strict=True):
            assert history.add(frame, one) == 1
    assert History(tmp_path).status().articles == 3
    assert "were not compared with one another" in caplog.text


def test_one_batch_added_by_two_writers_is_there_once(tmp_path, story):
    frame = batch(("a", story(1), MONDAY), ("b", story(2), MONDAY))
    left, right = History(tmp_path, OPTIONS), History(tmp_path, OPTIONS)
    found = [find_duplicates(frame, OPTIONS, index=history) for history in (left, right)]
    assert [left.add(frame, found[0]), right.add(frame, found[1])] == [2, 0]
    status = History(tmp_path).status()
    assert (status.articles, status.superseded) == (2, 0)


def test_a_history_of_other_options_is_not_mixed(tmp_path, story):
    add(tmp_path, batch(("a", story(1), MONDAY)))
    with pytest.raises(ConfigError, match="permutations is 128 there, and 64 here"):
        History(tmp_path, DedupOptions(permutations=64))


def test_a_history_that_cannot_be_read_is_told(tmp_path):
    log = tmp_path / "articles" / "_delta_log"
    log.mkdir(parents=True)
    (log / "00000000000000000000.json").write_text("no json")
    with pytest.raises(UsageError, match=r"\Athe history .* cannot be read: [^\n]*; check --history\Z"):
        History(tmp_path)


def test_options_that_name_a_history_need_it_opened(story):
    with pytest.raises(ConfigError, match="History"):
        find_duplicates(batch(("a", story(1), MONDAY)), DedupOptions(history="somewhere"))


def test_the_command_line_looks_after_a_history(tmp_path, story, capsys):
    table, url = tmp_path / "batch.parquet", tmp_path / "history"
    batch(("a", story(1), MONDAY), ("b", story(1), MONDAY)).write_parquet(table)
    dedup = ["dedup", str(table), "--history", str(url), "--out", str(tmp_path / "out")]
    assert [main(dedup), main(dedup)] == [0, 0]
    assert "0 of the texts were new" in capsys.readouterr().err
    assert main(["index", "status", "--history", str(url)]) == 0
    assert "2 articles of 1 batch" in capsys.readouterr().out
    assert main(["index", "forget", "a", "--history", str(url)]) == 0
    assert main(["index", "forget", "a", "--history", str(url)]) == 2
    assert main(["index", "compact", "--history", str(url)]) == 0
    assert "1 row taken out" in capsys.readouterr().out
    assert main(["index", "status", "--history", str(tmp_path / "none")]) == 2
    assert main(["index", "status"]) == 2
    assert main(["index", "forget", "--history", str(url)]) == 2
    assert "no article was named" in capsys.readouterr().err
