import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.errors import MissingInputError
from dq.ingest import inputs
from dq.ingest.inputs import LOOKED_FOR, TOLD_NAMES, Kind, PassedOver, find_files, kind_of


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    return root


def names(*given_inputs: str | Path) -> list[str]:
    return [file.name for file in find_files(given_inputs)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", Kind(shape="html")),
        ("a.HTM", Kind(shape="html")),
        ("a.xhtml.gz", Kind(shape="html", compression="gz")),
        ("a.txt.zst", Kind(shape="text", compression="zst")),
        ("feed.ndjson.gz", Kind(shape="jsonl", compression="gz")),
        ("feed.json", Kind(shape="json")),
        ("crawl.warc.gz", Kind(shape="warc", compression="gz")),
        ("t.parquet", Kind(shape="parquet")),
        ("t.parquet.gz", None),
        ("a.gz", None),
        ("html", None),
        (".html", None),
        ("a.pdf", None),
        ("a.html.bak", None),
    ],
)
def test_kind_by_name(name, kind):
    assert kind_of(name) == kind


def test_every_kind_is_told():
    assert all(f".{ending}" in LOOKED_FOR for ending in (*inputs.SHAPES, *inputs.COMPRESSIONS))


def test_a_folder_is_walked_in_the_order_of_full_names(tmp_path):
    make(tmp_path, "a.html", "a/z.html", "a-b/x.html", "a/b/c.txt", "b.html", "notes.pdf")
    assert names(tmp_path) == sorted(["a.html", "a/z.html", "a-b/x.html", "a/b/c.txt", "b.html"])


def test_hidden_entries_are_passed_over_unless_named(tmp_path):
    make(tmp_path, ".hidden.html", ".git/x.html", "seen.html")
    assert names(tmp_path) == ["seen.html"]
    assert names(tmp_path / "*.html") == ["seen.html"]
    assert names(tmp_path / ".hidden.html") == [".hidden.html"]


def test_names_are_relative_to_the_input(tmp_path):
    make(tmp_path, "batch/host/a.html", "batch/host/b.txt")
    assert names(tmp_path / "batch") == ["host/a.html", "host/b.txt"]
    assert names(tmp_path / "batch/host/a.html") == ["a.html"]
    assert names(tmp_path / "batch" / "*" / "*.html") == ["host/a.html"]
    assert names(tmp_path / "*" / "host") == ["batch/host/a.html", "batch/host/b.txt"]


def test_a_recursive_pattern_yields_each_file_once(tmp_path):
    make(tmp_path, "a/x.html", "a/b/y.html", "z.html", "a-c.html")
    assert names(f"{tmp_path}/**") == ["a-c.html", "a/b/y.html", "a/x.html", "z.html"]
    assert names(f"{tmp_path}/**/*.html") == ["a-c.html", "a/b/y.html", "a/x.html", "z.html"]


def test_a_file_behind_several_inputs_is_read_once(tmp_path):
    make(tmp_path, "d/a.html", "d/b.html")
    everything = [tmp_path / "d", tmp_path / "d" / "a.html", f"{tmp_path}/d/*.html", str(tmp_path / "d"), tmp_path]
    assert names(*everything) == ["a.html", "b.html"]


@given(order=st.permutations(["one", "two", "one/a.html", "two/*.html"]))
def test_the_order_of_inputs_changes_nothing(order, tmp_path_factory):
    root = tmp_path_factory.getbasetemp() / "order"
    make(root, "one/a.html", "one/b.html", "two/a.html", "two/c.txt")
    found = [
        (file.name, file.path.relative_to(root).as_posix()) for file in find_files([root / part for part in order])
    ]
    assert found == [
        ("a.html", "one/a.html"),
        ("a.html", "two/a.html"),
        ("b.html", "one/b.html"),
        ("c.txt", "two/c.txt"),
    ]


def test_all_missing_inputs_are_told_together(tmp_path):
    make(tmp_path, "a.html")
    with pytest.raises(MissingInputError, match="2 of 3 inputs") as caught:
        find_files([tmp_path / "a.html", tmp_path / "nowhere", tmp_path / "*.parquet"])
    assert "nowhere (no such file or folder)" in str(caught.value)
    assert "*.parquet (the pattern matches nothing)" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path):
    make(tmp_path, "page[1].html", "page1.html")
    assert names(tmp_path / "page[1].html") == ["page[1].html"]


def test_a_folder_named_like_a_page_is_a_folder(tmp_path):
    make(tmp_path, "x.html/inner.html")
    assert names(tmp_path) == ["x.html/inner.html"]
    assert names(tmp_path / "*.html") == ["x.html/inner.html"]


def test_a_named_file_of_no_known_kind_is_kept_for_a_rejected_row(tmp_path):
    make(tmp_path, "page.php")
    (file,) = find_files([tmp_path / "page.php"])
    assert (file.name, file.kind) == ("page.php", None)


def test_a_named_file_of_no_known_kind_is_kept_even_if_a_folder_holds_it(tmp_path):
    make(tmp_path, "a/page.php")
    passed_over = PassedOver()
    assert [file.name for file in find_files([tmp_path, tmp_path / "a/page.php"], passed_over)] == ["page.php"]
    assert passed_over.names == ["a/page.php"]


def test_files_of_no_known_kind_are_counted_once_and_hidden_ones_not(tmp_path):
    make(tmp_path, "noext", "page.php", "a.html.bz2", "d/z.zip", ".hidden", "good.html", ".git/x")
    passed_over = PassedOver()
    files = find_files([tmp_path, tmp_path / "d", f"{tmp_path}/*.php"], passed_over)
    assert ([file.name for file in files], passed_over.count) == (["good.html"], 4)
    assert sorted(passed_over.names) == ["a.html.bz2", "d/z.zip", "noext", "page.php"]


def test_only_the_first_names_are_kept():
    passed_over = PassedOver()
    passed_over.add("\x1b[31m")
    assert str(passed_over) == "1 file of a kind that is not read passed over: '\\x1b[31m'"
    for number in range(100):
        passed_over.add(f"صورة{number}.png")
    assert len(passed_over.names) == TOLD_NAMES
    assert str(passed_over).startswith("101 files of a kind that is not read passed over: ")
    assert str(passed_over).endswith(", 'صورة3.png', ...")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
class TestLinks:
    def test_a_loop_ends(self, tmp_path):
        make(tmp_path, "a/x.html")
        (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
        assert names(tmp_path) == ["a/x.html"]

    def test_a_link_to_another_folder_is_followed(self, tmp_path):
        make(tmp_path, "far/x.html", "in/y.html")
        (tmp_path / "in" / "linked").symlink_to(tmp_path / "far", target_is_directory=True)
        assert names(tmp_path / "in") == ["linked/x.html", "y.html"]

    def test_two_names_of_one_file_are_one(self, tmp_path):
        make(tmp_path, "a.html")
        (tmp_path / "b.html").symlink_to(tmp_path / "a.html")
        assert names(tmp_path) == ["a.html"]

    def test_a_dead_link_and_a_pipe_have_a_problem(self, tmp_path):
        (tmp_path / "dead.html").symlink_to(tmp_path / "nowhere")
        os.mkfifo(tmp_path / "pipe.html")
        problems = {file.name: file.problem for file in find_files([tmp_path])}
        assert problems["dead.html"].startswith("cannot be opened")
        assert problems["pipe.html"] == "not a regular file"

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
    def test_a_name_that_is_not_utf8_can_be_stored(self, tmp_path):
        (tmp_path / os.fsdecode(b"caf\xe9.html")).write_text("x", encoding="utf-8")
        assert names(tmp_path) == ["caf\ufffd.html"]

    @pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may list every folder")
    def test_a_folder_that_cannot_be_listed_has_a_problem(self, tmp_path):
        make(tmp_path, "shut/x.html")
        (tmp_path / "shut").chmod(0)
        try:
            (file,) = find_files([tmp_path])
        finally:
            (tmp_path / "shut").chmod(0o755)
        assert file.name == "shut/"
        assert "cannot be listed" in file.problem


def test_a_folder_that_vanishes_while_it_is_walked_has_a_problem(tmp_path):
    make(tmp_path, "gone/x.html")
    files = find_files([tmp_path / "gone"])
    (tmp_path / "gone" / "x.html").unlink()
    (tmp_path / "gone").rmdir()
    (file,) = files
    assert "cannot be listed" in file.problem
