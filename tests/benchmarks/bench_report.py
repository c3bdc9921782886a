"""Time and memory of drawing a report, its size, and how soon a browser can use it.

    python tests/benchmarks/bench_report.py RUN [PAGES] [HOSTS]

The tables of the finished run RUN are repeated under other ids and hosts until they have so many pages (100,000).
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from dq.drift import against_past
from dq.figures import count, sources
from dq.options import ReportOptions
from dq.report import write_report
from dq.tables import ARTICLES, LINES, PAGES, PAST, SOURCES, TABLES
from tests.browser import headless

IDS = {"page_id", "article_id", "left_id", "right_id", "cluster_id", "canonical_id", "first_article_id", "row_id"}
COPIED = {"checks", "what_if", "sources", "past"}
RUNS = 10


def repeated(run: Path, out: Path, times: int, hosts: int) -> None:
    """A run in `out` whose tables are those of `run`, `times` over; sources are counted anew, with runs before."""
    numbers = pl.LazyFrame({"k": range(times)})
    prefix = pl.col("k").map_elements(lambda k: f"{k * 2654435761 % 2**28:07x}", return_dtype=pl.String)
    for name, table in TABLES.items():
        if name in COPIED:
            shutil.copyfile(table.file(run), table.file(out))
            continue
        ids = [column for column in table.schema if column in IDS]
        host = [pl.format("s{}.{}", pl.col("k") % hosts, "host").alias("host")] if "host" in table.schema else []
        rows = table.scan(run).join(numbers.with_columns(prefix=prefix), how="cross")
        renamed = [pl.concat_str("prefix", pl.col(column).str.slice(7)).alias(column) for column in ids]
        rows.with_columns(*renamed, *host).select(table.schema.names()).collect().write_parquet(table.file(out))
    counted = sources(PAGES.scan(out), ARTICLES.scan(out))
    past = pl.concat(
        counted.select(pl.col(name) for name in PAST.schema if name in counted.columns).with_columns(
            run_id=pl.lit(f"run-{day:02}"), started_at=pl.datetime(2026, 1, day, time_zone="UTC")
        )
        for day in range(1, RUNS + 1)
    )
    PAST.write(past, out)
    SOURCES.write(against_past(counted, PAST.conform(past), run_id="this"), out)
    figures = count(PAGES.scan(out), LINES.scan(out), ARTICLES.scan(out))
    verdict = json.loads((run / "verdict.json").read_text(encoding="utf-8"))
    verdict["counts"] |= {name: getattr(figures, name) for name in figures.__dataclass_fields__}
    (out / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    shutil.copyfile(run / "run.json", out / "run.json")


def drawn(folder: Path) -> None:
    """Draws in a process of its own, and tells its time and peak."""
    before = time.perf_counter()
    write_report(folder, ReportOptions())
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"drawn in {seconds:.1f} s, peak {peak:,.0f} MB, {(folder / 'report.html').stat().st_size:,} bytes")


def opened(file: Path) -> None:
    """How soon the report has loaded in Chromium, its script run."""
    program = headless.find()
    if program is None:
        print("no Chromium is installed here")
        return
    with headless.browser(program) as tab:
        tab.open(file)
        timing = "(() => { const one = performance.getEntriesByType('navigation')[0]; return [one.domInteractive, one.loadEventEnd]; })()"
        interactive, loaded = tab.run(timing)
        print(f"in Chromium interactive after {interactive:,.0f} ms, loaded after {loaded:,.0f} ms")


def main() -> None:
    run = Path(sys.argv[1])
    if run.name == "--draw":
        drawn(Path(sys.argv[2]))
        return
    pages, hosts = (int(argument) for argument in [*sys.argv[2:], *("100000", "40")[len(sys.argv) - 2 :]])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        repeated(run, out, -(-pages // PAGES.scan(run).select(pl.len()).collect().item()), hosts)
        told = {
            table.name: table.scan(out).select(pl.len()).collect().item() for table in (PAGES, LINES, ARTICLES, SOURCES)
        }
        print(", ".join(f"{n:,} {name}" for name, n in told.items()), flush=True)
        subprocess.run([sys.executable, __file__, "--draw", folder], check=True)
        opened(out / "report.html")


if __name__ == "__main__":
    main()
