"""Two runs as a page."""

import polars as pl
import pytest
from lxml import html

from dq.options import ReportOptions
from dq.report import compare_runs, write_comparison, write_report
from dq.report.compare_page import render
from dq.tables import DUPLICATES, LINES


def text(element):
    return " ".join(element.text_content().split())


def page(left, right, **options):
    return html.document_fromstring(render(compare_runs(left, right), ReportOptions(**options)))


@pytest.mark.parametrize(
    ("left", "right", "headline"),
    [
        ("passing", "troubled", "The later batch must no longer be published"),
        ("troubled", "passing", "The later batch may be published again"),
        ("passing", "passing", "Both batches may be published"),
        ("troubled", "troubled", "Neither batch may be published"),
    ],
)
def test_says_first_whether_the_later_batch_may_be_published(request, left, right, headline):
    tree = page(request.getfixturevalue(left), request.getfixturevalue(right))
    assert text(tree.find(".//h1")) == headline


def test_is_written_into_the_later_runs_folder(passing, runs, tmp_path):
    later = runs.write_run(tmp_path / "later", runs.troubled_pages())
    file = write_comparison(compare_runs(passing, later), later, ReportOptions(csp_safe=True))
    assert file == later / "compare.html"
    assert html.document_fromstring(file.read_text(encoding="utf-8")).get("lang") == "en"
    write_report(later, ReportOptions())
    assert {path.name for path in (later / "compare").iterdir()} == {"report.css", "report.js"}


def test_lists_are_cut_and_say_so(passing, troubled):
    tree = page(passing, troubled, max_hosts=2, max_changes=1)
    assert len(tree.get_element_by_id("host-table").findall("tbody/tr")) == 2
    assert "--max-hosts" in text(tree.get_element_by_id("hosts"))
    assert "--max-changes" in text(tree.get_element_by_id("checks"))


def test_counts_and_hosts_with_their_difference(passing, troubled):
    tree = page(passing, troubled)
    rows = [[text(cell) for cell in row] for row in tree.find_class("counts")[0].iterfind(".//tbody/tr")]
    counts = {name: (int(left), int(right)) for name, left, right, _ in rows}
    assert all(change == ("–" if left == right else f"{right - left:+d}".replace("-", "−"))
               for (left, right), (*_, change) in zip(counts.values(), rows, strict=True))  # fmt: skip
    hosts = tree.get_element_by_id("host-table").findall("tbody/tr")
    states = [text(row[1]) for row in hosts]
    assert states == sorted(states, key=["new", "gone", "changed"].index) or "new" in states[: states.count("new")]
    assert "new" in states


def test_tells_lines_that_were_decided_otherwise(troubled, runs, tmp_path):
    later = runs.write_run(tmp_path / "later", runs.troubled_pages())
    lines = pl.read_parquet(LINES.file(later))
    turned = lines.with_row_index("n").with_columns(
        kept=pl.when(pl.col("n") == 5).then(~pl.col("kept")).otherwise("kept")
    )
    turned.drop("n").write_parquet(LINES.file(later))
    (row,) = page(troubled, later).find_class("line-changes")[0].findall("tbody/tr")
    assert lines["text"][5] in text(row[0])
    assert {text(row[2]), text(row[3])} == {"kept", lines["label"][5]}


def test_tells_pairs_that_were_decided_otherwise(troubled, runs, tmp_path):
    later = runs.write_run(tmp_path / "later", runs.troubled_pages())
    pairs = pl.read_parquet(DUPLICATES.file(later))
    pairs[1:].write_parquet(DUPLICATES.file(later))
    assert [text(row[2]) for row in page(troubled, later).find_class("pair-changes")[0].findall("tbody/tr")] == [
        "the earlier run"
    ]
    assert [text(row[2]) for row in page(later, troubled).find_class("pair-changes")[0].findall("tbody/tr")] == [
        "the later run"
    ]


def test_two_equal_runs_have_no_change(troubled):
    tree = page(troubled, troubled)
    assert len(tree.find_class("empty")) == 4
    assert tree.find_class("scorecard") == []
