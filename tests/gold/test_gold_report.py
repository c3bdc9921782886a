"""The report's HTML against files that a person has looked at; `nox -s gold` renews them."""

import os
from pathlib import Path

import pytest

from dq.options import ReportOptions
from dq.report import compare_runs, write_comparison, write_report

HERE = Path(__file__).parent
GOLD = HERE / "report"
RENEW = "DQ_RENEW_GOLD"
SMALL = {
    "max_pages": 4, "max_clusters": 2, "max_members": 4, "max_diffs": 1, "max_reuse": 3, "max_reviews": 12,
    "max_rejected": 6, "max_page_lines": 30, "max_rules": 12, "csp_safe": True,
}  # fmt: skip
"""Every kind of thing once, and no style or script: what is not here is not looked at."""


@pytest.fixture(scope="module")
def folders(runs, tmp_path_factory):
    """A run that passes and a troubled one; the first with the same pages, of which the second has more."""
    out = tmp_path_factory.mktemp("runs")
    passing = runs.write_run(out / "passing", runs.ordinary_pages())
    return passing, runs.write_run(out / "troubled", runs.troubled_pages())


def drawn(name, folders):
    passing, troubled = folders
    if name == "compare.html":
        return write_comparison(compare_runs(passing, troubled), troubled, ReportOptions(**SMALL))
    if name == "host.html":
        write_report(troubled, ReportOptions(**SMALL, max_bytes=50_000))
        return max((troubled / "report").glob("host-*.html"), key=lambda file: (file.stat().st_size, file.name))
    folder = passing if name.startswith("passing") else troubled
    return write_report(folder, ReportOptions(**SMALL, report_language="ar" if name.endswith("ar.html") else "en"))


@pytest.mark.parametrize("name", ["passing.html", "troubled.html", "troubled.ar.html", "host.html", "compare.html"])
def test_the_page_is_the_one_that_was_looked_at(name, folders):
    text = drawn(name, folders).read_text(encoding="utf-8")
    file = GOLD / name
    if os.environ.get(RENEW):
        GOLD.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines(), "if this is right: nox -s gold"
