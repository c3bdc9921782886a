"""A report that would be too large: a page for each host, shorter lists, and all of it told."""

import re

from lxml import html

from dq.options import ReportOptions
from dq.report import write_report


def links(tree):
    return [link.get("href") for link in tree.iter("a") if link.get("href")]


def test_a_report_within_its_budget_is_one_file(troubled, runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    write_report(folder, ReportOptions(max_bytes=100_000))
    assert (folder / "report").is_dir()
    write_report(folder, ReportOptions())
    assert not (folder / "report").exists()


def test_what_is_larger_goes_to_a_page_for_each_host(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    whole = html.document_fromstring(write_report(folder, ReportOptions(max_pages=40)).read_text(encoding="utf-8"))
    file = write_report(folder, ReportOptions(max_pages=40, max_bytes=400_000))
    main = html.document_fromstring(file.read_text(encoding="utf-8"))
    assert main.find_class("sample") == main.find_class("cluster") == []
    pages = {
        path.name: html.document_fromstring(path.read_text(encoding="utf-8"))
        for path in (folder / "report").glob("*.html")
    }
    for kind in ("sample", "cluster"):
        shown = [item.find("summary").get("id") for page in pages.values() for item in page.find_class(kind)]
        assert sorted(shown) == sorted(item.find("summary").get("id") for item in whole.find_class(kind))
    hosts = set(re.findall(r"report/(host-\w+\.html)", " ".join(links(main))))
    assert hosts == set(pages)


def test_every_link_between_the_pages_leads_somewhere(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    write_report(folder, ReportOptions(max_bytes=400_000))
    files = [folder / "report.html", *(folder / "report").glob("*.html")]
    trees = {file.resolve(): html.document_fromstring(file.read_text(encoding="utf-8")) for file in files}
    anchors = {file: {item.get("id") for item in tree.iter() if item.get("id")} for file, tree in trees.items()}
    n = 0
    for file, tree in trees.items():
        for target in links(tree):
            if re.match(r"\w+:", target):
                continue
            path, _, anchor = target.partition("#")
            there = (file.parent / path).resolve() if path else file
            assert there in anchors, target
            assert not anchor or anchor in anchors[there], target
            n += 1
    assert n > 100


def test_lists_become_shorter_until_the_main_page_fits_and_it_says_so(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    large = write_report(folder, ReportOptions(max_bytes=400_000)).stat().st_size
    file = write_report(folder, ReportOptions(max_bytes=large - 90_000))
    assert file.stat().st_size <= large - 90_000
    told = html.document_fromstring(file.read_text(encoding="utf-8")).get_element_by_id("run").text_content()
    assert "--max-reviews" in told
    assert "--max-bytes" in told


def test_style_and_script_stand_beside_it_on_demand(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    text = write_report(folder, ReportOptions(csp_safe=True)).read_text(encoding="utf-8")
    assert "<style" not in text
    assert not re.search(r"<script(?! src=)", text)
    assert re.search(r"script-src (&#39;|\')self", text)
    assert {path.name for path in (folder / "report").iterdir()} == {"report.css", "report.js"}
