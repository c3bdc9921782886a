"""A report that would be too large: a page for each host, shorter lists, and all of it told."""

import re

import pytest
from lxml import html

from dq.options import ReportOptions
from dq.report import write_report


def text(element):
    return " ".join(" ".join(element.itertext()).split())


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


@pytest.mark.parametrize("max_bytes", [400_000, 150_000, 1])
def test_every_link_between_the_pages_leads_somewhere(runs, tmp_path, max_bytes):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    write_report(folder, ReportOptions(max_bytes=max_bytes))
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


def test_every_host_has_a_page_of_its_own_that_says_what_it_leaves_out(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    file = write_report(folder, ReportOptions(max_bytes=1, max_pages=40))
    main = html.document_fromstring(file.read_text(encoding="utf-8"))
    items = main.find_class("host-pages")[0].findall("li")
    assert len(items) == len(list((folder / "report").glob("*.html")))
    cut = 0
    for item in items:
        name, told = text(item).rsplit(" ", 4)[0].strip(), text(item)
        page = html.document_fromstring((folder / item.find("a").get("href")).read_text(encoding="utf-8"))
        samples, clusters = len(page.find_class("sample")), len(page.find_class("cluster"))
        assert re.search(rf"\b{samples} pages?, {clusters} clusters?$", told), (name, told)
        cut += "--max-bytes" in text(page)
        assert samples + clusters == 1
    assert cut > 0
    told = text(main.get_element_by_id("run"))
    assert "larger than its budget" in told


def test_pages_without_a_host_have_a_page_too(runs, tmp_path):
    lost = runs.Scraped(host=None, name="lost.html", lines=runs.with_furniture(runs.HARVEST), url=None)
    folder = runs.write_run(tmp_path / "run", [*runs.troubled_pages(), lost])
    file = write_report(folder, ReportOptions(max_bytes=250_000, max_pages=60))
    main = html.document_fromstring(file.read_text(encoding="utf-8"))
    (link,) = [link for link in main.get_element_by_id("host-table").iter("a") if text(link) == "(unknown)"]
    page = html.document_fromstring((folder / link.get("href")).read_text(encoding="utf-8"))
    assert text(page.find(".//h1")) == "(unknown)"
    assert page.find_class("facts")


def test_lists_become_shorter_until_the_main_page_fits_and_it_says_so(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    whole = write_report(folder, ReportOptions()).stat().st_size
    main = write_report(folder, ReportOptions(max_bytes=whole - 1)).stat().st_size
    file = write_report(folder, ReportOptions(max_bytes=main - 10_000))
    assert file.stat().st_size <= main - 10_000
    told = text(html.document_fromstring(file.read_text(encoding="utf-8")).get_element_by_id("run"))
    (reviews,) = re.findall(r"Decisions for review (\d+) (\d+) (\S+)", told)
    assert int(reviews[0]) < 60
    assert reviews[2] == "--max-bytes"
    assert "larger than its budget" not in told


def test_style_and_script_stand_beside_it_on_demand(runs, tmp_path):
    folder = runs.write_run(tmp_path / "run", runs.troubled_pages())
    text = write_report(folder, ReportOptions(csp_safe=True)).read_text(encoding="utf-8")
    assert "<style" not in text
    assert not re.search(r"<script(?! src=)", text)
    assert re.search(r"script-src (&#39;|\')self", text)
    assert {path.name for path in (folder / "report").iterdir()} == {"report.css", "report.js"}
