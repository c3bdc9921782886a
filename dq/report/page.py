"""The report: computed from a run's folder, then drawn into one HTML file that asks nothing of anyone."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dq.figures import UNKNOWN_HOST
from dq.options import ReportOptions
from dq.report.capped import Capped, Extent, left_out
from dq.report.charts import Chart, flow_chart
from dq.report.checks import Check, Suite, failed, read_suites
from dq.report.clusters import Cluster, read_clusters
from dq.report.failing import Rule, read_failing
from dq.report.findings import Finding, findings, gravest
from dq.report.flow import Flow, read_flow
from dq.report.headline import Headline, headline
from dq.report.hosts import FIGURES, Host, read_hosts
from dq.report.lines import LineAccount, read_lines
from dq.report.rejected import FailingRow, PageProblem, read_failing_rows, read_page_problems
from dq.report.reuse import Passage, read_reuse
from dq.report.run_folder import Run, read_run
from dq.report.samples import WHY, SamplePage, read_samples
from dq.report.text import clip, link_target, visible
from dq.report.wording import counted, day, duration, name_of, number, rows, share, similarity

REPORT_FILE = "report.html"
TEMPLATE_FOLDER = Path(__file__).parent / "template"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")


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
    clusters: Capped[Cluster]
    reuse: Capped[Passage]
    problems: Capped[PageProblem]
    failing_rows: Capped[FailingRow]

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
        yield from (self.problems.extent, self.failing_rows.extent)

    def checks(self) -> dict[Rule, Check]:
        """The check that each rule names; where several have one name, the gravest."""
        gravest_last = [check for suite in self.suites for check in reversed(suite.checks)]
        return {check.rule: check for check in gravest_last}


def write_report(folder: Path, options: ReportOptions) -> Path:
    """Draw report.html into the folder of a finished run, from nothing but the files in it; returns its path.

    The same folder and options give the same bytes. TableError tells what the folder lacks.
    """
    file = folder / REPORT_FILE
    unfinished = file.with_suffix(".html.part")
    unfinished.write_bytes(render(read_report(folder, options)).encode("utf-8"))
    unfinished.replace(file)
    return file


def read_report(folder: Path, options: ReportOptions) -> Report:
    """All that the report shows, computed from a run's folder."""
    run = read_run(folder)
    failing = read_failing(run)
    suites = read_suites(run, failing, options)
    broken = failed(suites)
    hosts = read_hosts(run, failing, options)
    samples = read_samples(run, failing, options)
    flow = read_flow(run)
    return Report(
        run=run,
        max_text=options.max_text,
        headline=headline(run.verdict, broken, sum(len(suite.checks) for suite in suites)),
        findings=Capped(
            what="findings under the verdict",
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
        clusters=read_clusters(run, options),
        reuse=read_reuse(run, options),
        problems=read_page_problems(run, options),
        failing_rows=read_failing_rows(run, options),
    )


def render(report: Report) -> str:
    """The page, as text."""
    style = _asset("style.css")
    script = _asset("script.js")
    template = _environment().get_template("report.html.j2")
    return template.render(
        report=report,
        style=style,
        script=script,
        policy=content_policy(style, script),
        host_figures=FIGURES,
        why=WHY,
        left_out=left_out(report.extents()),
        max_text=report.max_text,
        unknown_host=UNKNOWN_HOST,
        host_anchors={host.name: host.anchor for host in report.hosts.rows},
        checks=report.checks(),
        page_anchors={page.page_id: f"page-{page.page_id}" for page in report.samples.rows},
    )


def content_policy(style: str, script: str) -> str:
    """A content policy that allows this very style and script, pictures within the page, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_digest(style)}'",
            f"script-src 'sha256-{_digest(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _asset(name: str) -> Markup:
    """A file of the template, to be set into the page as it is."""
    return Markup((TEMPLATE_FOLDER / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file, nothing scraped


def _environment() -> Environment:
    """Templates that escape every value, in which nothing unseen gets past `visible`."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(_FILTERS)
    return environment


def _finalize(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def _option_flag(field: str) -> str:
    """An option as it is written on the command line.

    >>> _option_flag("max_pages")
    '--max-pages'
    """
    return "--" + field.replace("_", "-")


def _language(code: str | None) -> str:
    """A language code fit for the attribute lang; empty, which says unknown, for anything else."""
    return code if code and _LANGUAGE.fullmatch(code) else ""


_FILTERS: Mapping[str, Any] = {
    "clip": clip,
    "counted": counted,
    "day": day,
    "duration": duration,
    "flag": _option_flag,
    "language": _language,
    "link_target": link_target,
    "name_of": name_of,
    "number": number,
    "rows": rows,
    "share": share,
    "similarity": similarity,
}
