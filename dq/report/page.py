"""The report: computed from a run's folder, then drawn into one HTML file, or one and a page for each host."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from dq.atomic import write_files, write_text
from dq.figures import UNKNOWN_HOST
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

Row = TypeVar("Row")

REPORT_FILE = "report.html"
REPORT_FOLDER = "report"
"""Beside the file: pages of hosts, and style and script where they are not in the file itself."""
LARGE = 500
"""Rows of the scorecard, sample pages and clusters counting tenfold, from which on a report takes long to lay out."""
LEAST_ROWS = 5
"""A report that is too large has lists no shorter than this."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HostPage:
    """What stands on the page of one host: its sample pages, and the clusters whose first article it has."""

    host: Host | None
    name: str
    samples: Capped[SamplePage]
    clusters: Capped[Cluster]

    @property
    def file(self) -> str:
        """Its name in the report's folder."""
        return f"{host_anchor(self.name)}.html"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything that the template draws; sample pages and clusters stand in it, or on the pages of their hosts."""

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
    host_pages: tuple[HostPage, ...] = ()
    over_budget: bool = False
    """Whether it is larger than it may be although nothing is left that could go."""

    @property
    def all_samples(self) -> Capped[SamplePage]:
        """The sample pages, wherever they stand."""
        rows = (*self.samples.rows, *(row for page in self.host_pages for row in page.samples.rows))
        return dataclasses.replace(self.samples, rows=rows)

    @property
    def all_clusters(self) -> Capped[Cluster]:
        """The clusters, wherever they stand."""
        rows = (*self.clusters.rows, *(row for page in self.host_pages for row in page.clusters.rows))
        return dataclasses.replace(self.clusters, rows=rows)

    @property
    def is_large(self) -> bool:
        """Whether a browser had better lay out only what is in sight."""
        return len(self.hosts.rows) + 10 * len(self.samples.rows) + 10 * len(self.clusters.rows) > LARGE

    def extents(self) -> Iterator[Extent]:
        """How much each list of the report shows of what there is."""
        for suite in self.suites:
            for check in suite.checks:
                yield from (check.examples.extent, check.hosts.extent)
        yield from (self.hosts.extent, self.lines.rules.extent, self.all_samples.extent)
        yield from (page.lines for page in self.all_samples.rows)
        yield self.all_clusters.extent
        for cluster in self.all_clusters.rows:
            yield from (cluster.members.extent, cluster.diffs)
        yield self.reuse.extent
        yield from (passage.places.extent for passage in self.reuse.rows)
        yield from (self.reviews.extent, self.problems.extent, self.failing_rows.extent)

    def checks(self) -> dict[Rule, Check]:
        """The check that each rule names; where several have one name, the gravest."""
        gravest_last = [check for suite in self.suites for check in reversed(suite.checks)]
        return {check.rule: check for check in gravest_last}


def write_report(folder: Path, options: ReportOptions) -> Path:
    """Draw report.html into the folder of a finished run, from nothing but the files in it; returns its path.

    A report of more than `max_bytes` moves its pages and clusters to a page for each host, in the folder report/ beside
    it, and shortens its lists until it fits. The same run and options give the same bytes. TableError tells what the
    run's folder lacks, UsageError that it cannot be written to.
    """
    with speaking(options.report_language):
        files = _files(read_report(folder, options), options)
    main = files.pop(REPORT_FILE)
    write_files(folder / REPORT_FOLDER, files)
    write_text(folder / REPORT_FILE, main)
    return folder / REPORT_FILE


def _files(report: Report, options: ReportOptions) -> dict[str, str]:
    """Every file of the report by its name, the main one among them."""
    assets = Assets(beside=f"{REPORT_FOLDER}/" if options.csp_safe else None)
    beside = {"report.css": str(style()), "report.js": str(script())}
    whole = render(report, assets)
    if _size(whole) <= options.max_bytes:
        return {**(beside if options.csp_safe else {}), REPORT_FILE: whole}
    fitting, main = _fitted(_with_host_pages(report, options.max_bytes), assets, options.max_bytes)
    pages = {page.file: _host_page(fitting, page) for page in fitting.host_pages}
    return {**beside, **pages, REPORT_FILE: main}


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _with_host_pages(report: Report, max_bytes: int) -> Report:
    """The report with its sample pages and clusters on the pages of their hosts, each cut by halves until it fits."""
    nothing = dataclasses.replace(report, samples=_cut(report.samples, 0), clusters=_cut(report.clusters, 0))
    moved = dataclasses.replace(nothing, host_pages=_by_host(report))
    pages: list[HostPage] = []
    for page in moved.host_pages:
        fitting = page
        while _size(_host_page(moved, fitting)) > max_bytes and (shorter := _halved_page(fitting)) != fitting:
            fitting = shorter
        pages.append(fitting)
    return dataclasses.replace(moved, host_pages=tuple(pages))


def _by_host(report: Report) -> tuple[HostPage, ...]:
    """The report's pages and clusters by host, in the order of the hosts' first appearance."""
    hosts = {host.name: host for host in report.hosts.rows}
    samples: dict[str, list[SamplePage]] = {}
    clusters: dict[str, list[Cluster]] = {}
    for sample in report.samples.rows:
        samples.setdefault(_known(sample.host), []).append(sample)
    for cluster in report.clusters.rows:
        clusters.setdefault(_known(cluster.members.rows[0].host if cluster.members.rows else None), []).append(cluster)
    return tuple(
        HostPage(
            host=hosts.get(name),
            name=name,
            samples=_whole(report.samples, samples.get(name, ())),
            clusters=_whole(report.clusters, clusters.get(name, ())),
        )
        for name in dict.fromkeys([*samples, *clusters])
    )


def _known(host: str | None) -> str:
    return UNKNOWN_HOST if host is None else host


def _whole(capped: Capped[Row], rows: Sequence[Row]) -> Capped[Row]:
    """A list of which all rows are shown."""
    return dataclasses.replace(capped, rows=tuple(rows), total=len(rows))


def _cut(capped: Capped[Row], n: int) -> Capped[Row]:
    """A list cut to `n` rows by the budget."""
    return dataclasses.replace(capped, rows=capped.rows[:n], option="max_bytes") if len(capped.rows) > n else capped


def _halved_page(page: HostPage) -> HostPage:
    """The page with half its sample pages and half its clusters; one of them stays."""
    if len(page.samples.rows) + len(page.clusters.rows) <= 1:
        return page
    n_samples = len(page.samples.rows) // 2
    n_clusters = (len(page.clusters.rows) + 1) // 2 if n_samples == 0 else len(page.clusters.rows) // 2
    return dataclasses.replace(page, samples=_cut(page.samples, n_samples), clusters=_cut(page.clusters, n_clusters))


def _fitted(report: Report, assets: Assets, max_bytes: int) -> tuple[Report, str]:
    """The report with its lists cut by halves until the main page fits, or has nothing more to give; and that page."""
    main = render(report, assets)
    while _size(main) > max_bytes and not report.over_budget:
        shorter = _halved(report)
        report = dataclasses.replace(report, over_budget=True) if shorter == report else shorter
        main = render(report, assets)
    return report, main


def _halved(report: Report) -> Report:
    """The report with half of each list, and without what only helps to understand checks that held."""
    return dataclasses.replace(
        report,
        suites=tuple(map(_lighter, report.suites)),
        hosts=_half(report.hosts),
        reuse=_half(report.reuse),
        reviews=_half(report.reviews),
        problems=_half(report.problems),
        failing_rows=_half(report.failing_rows),
    )


def _half(capped: Capped[Row]) -> Capped[Row]:
    return _cut(capped, max(len(capped.rows) // 2, LEAST_ROWS))


def _lighter(suite: Suite) -> Suite:
    checks = (
        dataclasses.replace(check, what_if=(), examples=_cut(check.examples, 0))
        if check.held
        else dataclasses.replace(check, examples=_half(check.examples))
        for check in suite.checks
    )
    return dataclasses.replace(suite, checks=tuple(checks))


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


def render(report: Report, assets: Assets | None = None) -> str:
    """The main page, as text."""
    files = {page.name: f"{REPORT_FOLDER}/{page.file}" for page in report.host_pages}
    elsewhere = {sample.page_id: f"{files[page.name]}#page-{sample.page_id}" for page, sample in _moved(report)}
    return draw(
        "report.html.j2",
        report,
        assets or Assets(),
        page_links={page.page_id: f"#page-{page.page_id}" for page in report.samples.rows} | elsewhere,
        host_links={host.name: f"#{host.anchor}" for host in report.hosts.rows},
        host_pages=files,
    )


def _moved(report: Report) -> Iterator[tuple[HostPage, SamplePage]]:
    """The sample pages that stand on pages of hosts."""
    return ((page, sample) for page in report.host_pages for sample in page.samples.rows)


def _host_page(report: Report, page: HostPage) -> str:
    """The page of one host, as text."""
    main_page = f"../{REPORT_FILE}"
    return draw(
        "host.html.j2",
        report,
        Assets(beside=""),
        main_page=main_page,
        page=page,
        page_links={sample.page_id: f"{one.file}#page-{sample.page_id}" for one, sample in _moved(report)},
        host_links={host.name: f"{main_page}#{host.anchor}" for host in report.hosts.rows},
    )
