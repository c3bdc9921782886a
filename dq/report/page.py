"""The report: computed from a run's folder, then drawn into one HTML file, or one and a page for each host."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dq.options import ReportOptions
from dq.report.capped import Capped, Extent
from dq.report.charts import Chart, Histogram, flow_chart, histogram
from dq.report.checks import Check, Suite, failed, read_suites
from dq.report.clusters import Cluster, read_clusters
from dq.report.draw import Assets, draw, script, style
from dq.report.failing import Rule, read_failing
from dq.report.findings import Finding, findings, gravest
from dq.report.flow import Flow, read_flow
from dq.report.headline import Headline, headline
from dq.report.hosts import Host, host_anchor, read_hosts
from dq.report.language import marked, speaking
from dq.report.lines import LineAccount, read_lines
from dq.report.rejected import FailingRow, PageProblem, read_failing_rows, read_page_problems
from dq.report.reuse import Passage, read_reuse
from dq.report.reviews import Review, read_reviews
from dq.report.run_folder import Run, read_run
from dq.report.samples import SamplePage, read_samples
from dq.report.search_quality import SearchQuality, read_search_quality

REPORT_FILE = "report.html"
REPORT_FOLDER = "report"
"""Beside the file: pages of hosts, and style and script where they are not in the file itself."""
LARGE = 500
"""Rows of the scorecard, sample pages and clusters counting tenfold, from which on a report takes long to lay out."""
LEAST_CAP = 5
"""A report that is too large has lists no shorter than this."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything that the template draws."""

    run: Run
    max_text: int
    headline: Headline
    findings: Capped[Finding]
    flow: Flow
    chart: Chart | None
    suites: tuple[Suite, ...]
    hosts: Capped[Host]
    lines: LineAccount
    samples: Capped[SamplePage]
    search: SearchQuality
    histogram: Histogram
    clusters: Capped[Cluster]
    reuse: Capped[Passage]
    reviews: Capped[Review]
    problems: Capped[PageProblem]
    failing_rows: Capped[FailingRow]

    @property
    def is_large(self) -> bool:
        """Whether a browser had better lay out only what is in sight."""
        return len(self.hosts.rows) + 10 * len(self.samples.rows) + 10 * len(self.clusters.rows) > LARGE

    def extents(self) -> Iterator[Extent]:
        """How much each list of the report shows of what there is."""
        for suite in self.suites:
            for check in suite.checks:
                yield from (check.examples.extent, check.hosts.extent)
        yield from (self.hosts.extent, self.lines.rules.extent, self.samples.extent)
        yield from (page.lines for page in self.samples.rows)
        yield self.clusters.extent
        for cluster in self.clusters.rows:
            yield from (cluster.members.extent, cluster.diffs)
        yield self.reuse.extent
        yield from (passage.places.extent for passage in self.reuse.rows)
        yield from (self.reviews.extent, self.problems.extent, self.failing_rows.extent)

    def checks(self) -> dict[Rule, Check]:
        """The check that each rule names; where several have one name, the gravest."""
        gravest_last = [check for suite in self.suites for check in reversed(suite.checks)]
        return {check.rule: check for check in gravest_last}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HostPage:
    """What stands on the page of one host: its sample pages, and the clusters whose kept article it has."""

    host: Host | None
    name: str | None
    samples: tuple[SamplePage, ...]
    clusters: tuple[Cluster, ...]

    @property
    def file(self) -> str:
        """Its name in the report's folder."""
        return f"{host_anchor(self.name or '')}.html"


def write_report(folder: Path, options: ReportOptions) -> Path:
    """Draw report.html into the folder of a finished run, from nothing but the files in it; returns its path.

    A report of more than `max_bytes` moves its pages and clusters to a page for each host, in the folder report/ beside
    it, and shortens its lists until it fits. The same run and options give the same bytes. TableError tells what the
    run's folder lacks.
    """
    with speaking(options.report_language):
        files = _files(folder, options)
    _replace(folder / REPORT_FOLDER, {name: text for name, text in files.items() if name != REPORT_FILE})
    file = folder / REPORT_FILE
    unfinished = file.with_suffix(".html.part")
    unfinished.write_bytes(files[REPORT_FILE].encode("utf-8"))
    unfinished.replace(file)
    return file


def _files(folder: Path, options: ReportOptions) -> dict[str, str]:
    """Every file of the report by its name, the main one among them."""
    report = read_report(folder, options)
    assets = Assets(beside=f"{REPORT_FOLDER}/" if options.csp_safe else None)
    files = {"report.css": str(style()), "report.js": str(script())} if options.csp_safe else {}
    whole = render(report, assets)
    if _size(whole) <= options.max_bytes:
        return {**files, REPORT_FILE: whole}
    return {
        "report.css": str(style()),
        "report.js": str(script()),
        **_host_files(report, options),
        REPORT_FILE: _main_page(folder, report, options, assets),
    }


def _main_page(folder: Path, report: Report, options: ReportOptions, assets: Assets) -> str:
    """The report without what went to the pages of hosts, its lists cut by halves until it fits."""
    pages = host_pages(report)
    text = render(without_pages(report), assets, pages)
    while _size(text) > options.max_bytes and (shorter := _halved(options)) != options:
        options = shorter
        text = render(without_pages(read_report(folder, options)), assets, pages)
    return text


def _halved(options: ReportOptions) -> ReportOptions:
    caps = {
        field.name: max(getattr(options, field.name) // 2, min(LEAST_CAP, getattr(options, field.name)))
        for field in dataclasses.fields(options)
        if field.name.startswith("max_") and field.name not in {"max_bytes", "max_text"}
    }
    return dataclasses.replace(options, **caps)


def _host_files(report: Report, options: ReportOptions) -> dict[str, str]:
    """The page of every host that has sample pages or clusters, each cut by halves until it fits."""
    pages = host_pages(report)
    files: dict[str, str] = {}
    for page in pages:
        fitting = page
        text = _host_page(report, fitting, pages)
        while _size(text) > options.max_bytes and len(fitting.samples) + len(fitting.clusters) > 1:
            fitting = dataclasses.replace(
                fitting,
                samples=fitting.samples[: len(fitting.samples) // 2],
                clusters=fitting.clusters[: (len(fitting.clusters) + 1) // 2],
            )
            text = _host_page(report, fitting, pages)
        files[page.file] = text
    return files


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _replace(folder: Path, files: Mapping[str, str]) -> None:
    """Puts these files, and nothing else, into the report's folder; none where there are none."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    if files:
        part.mkdir()
        for name, text in files.items():
            (part / name).write_bytes(text.encode("utf-8"))
    shutil.rmtree(folder, ignore_errors=True)
    if files:
        part.replace(folder)


def read_report(folder: Path, options: ReportOptions) -> Report:
    """All that the report shows, computed from a run's folder, in the language in use."""
    run = read_run(folder)
    failing = read_failing(run)
    suites = read_suites(run, failing, options)
    broken = failed(suites)
    hosts = read_hosts(run, failing, options)
    samples = read_samples(run, failing, options)
    flow = read_flow(run)
    search = read_search_quality(run)
    return Report(
        run=run,
        max_text=options.max_text,
        headline=headline(run.verdict, broken, sum(len(suite.checks) for suite in suites)),
        findings=Capped(
            what=marked("findings under the verdict"),
            rows=findings(gravest(broken, options.max_findings), hosts.rows, samples.rows),
            total=len(broken),
            option="max_findings",
        ),
        flow=flow,
        chart=flow_chart(flow),
        suites=suites,
        hosts=hosts,
        lines=read_lines(run, options),
        samples=samples,
        search=search,
        histogram=histogram([(one.copies, one.apart) for one in search.bins]),
        clusters=read_clusters(run, options),
        reuse=read_reuse(run, options),
        reviews=read_reviews(run, options),
        problems=read_page_problems(run, options),
        failing_rows=read_failing_rows(run, options),
    )


def host_pages(report: Report) -> tuple[HostPage, ...]:
    """The report's pages and clusters by host, in the order of the hosts' first appearance."""
    hosts = {host.name: host for host in report.hosts.rows}
    samples: dict[str | None, list[SamplePage]] = {}
    clusters: dict[str | None, list[Cluster]] = {}
    for sample in report.samples.rows:
        samples.setdefault(sample.host, []).append(sample)
    for cluster in report.clusters.rows:
        kept = cluster.members.rows[0].host if cluster.members.rows else None
        clusters.setdefault(kept, []).append(cluster)
    return tuple(
        HostPage(
            host=hosts.get(name or ""),
            name=name,
            samples=tuple(samples.get(name, ())),
            clusters=tuple(clusters.get(name, ())),
        )
        for name in dict.fromkeys([*samples, *clusters])
    )


def without_pages(report: Report) -> Report:
    """The report without sample pages and clusters."""
    return dataclasses.replace(
        report,
        samples=dataclasses.replace(report.samples, rows=(), option="max_bytes"),
        clusters=dataclasses.replace(report.clusters, rows=(), option="max_bytes"),
    )


def render(report: Report, assets: Assets | None = None, pages: tuple[HostPage, ...] = ()) -> str:
    """The main page, as text; `pages` are those of hosts to which pages and clusters went."""
    elsewhere = {
        sample.page_id: f"{REPORT_FOLDER}/{page.file}#page-{sample.page_id}"
        for page in pages
        for sample in page.samples
    }
    return draw(
        "report.html.j2",
        report,
        assets or Assets(),
        page_links={page.page_id: f"#page-{page.page_id}" for page in report.samples.rows} | elsewhere,
        host_links={host.name: f"#{host.anchor}" for host in report.hosts.rows},
        host_pages={page.name: f"{REPORT_FOLDER}/{page.file}" for page in pages},
        pages=pages,
    )


def _host_page(report: Report, page: HostPage, pages: tuple[HostPage, ...]) -> str:
    """The page of one host, as text."""
    main_page = f"../{REPORT_FILE}"
    return draw(
        "host.html.j2",
        report,
        Assets(beside=""),
        main_page=main_page,
        page=page,
        page_links={sample.page_id: f"{one.file}#page-{sample.page_id}" for one in pages for sample in one.samples},
        host_links={host.name: f"{main_page}#{host.anchor}" for host in report.hosts.rows},
    )
