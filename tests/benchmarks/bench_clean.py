# it prints what it measured
"""How fast pages are cleaned, with trafilatura in the same run: ratios hold, figures are noisy.

    python tests/benchmarks/bench_clean.py [PATH ...]

PATH is what `dq clean` reads; without one, the sample pages of this checkout are cleaned again and again. Everything is
done in one process: flattened text is told in megabytes a second, HTML in milliseconds a page beside those that
trafilatura with its defaults takes for the same pages.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import trafilatura

from dq.clean import clean_pages
from dq.ingest import decode_page, read_pages
from dq.options import CleanOptions, IngestOptions
from dq.tables import Page

SEEDS = Path(__file__).parents[2] / "seeds" / "news"
FEWEST = 400
"""Pages of a kind that are cleaned; fewer are taken more than once."""


def seconds(work: Callable[[], object]) -> float:
    """Of this process, the better of two."""
    found = []
    for _ in range(2):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def enough(pages: Sequence[Page]) -> list[Page]:
    return list(pages) * -(-FEWEST // len(pages)) if pages else []


def main() -> None:
    paths = [Path(name) for name in sys.argv[1:]] or [SEEDS]
    pages = [page for raw in read_pages(paths, IngestOptions()) if (page := decode_page(raw, IngestOptions())).content]
    text, html = (enough([page for page in pages if page.format == kind]) for kind in ("text", "html"))
    clean_pages([*text[:3], *html[:3]], CleanOptions())  # compiles, loads the models
    if text:
        megabytes = sum(len(page.content.encode()) for page in text) / 1e6
        taken = seconds(lambda: clean_pages(text, CleanOptions()))
        print(f"flattened text: {len(text):,} pages, {megabytes:.1f} MB, {megabytes / taken:.2f} MB/s")
    if html:
        ours = seconds(lambda: clean_pages(html, CleanOptions()))
        theirs = seconds(lambda: [trafilatura.bare_extraction(page.content, url=page.url) for page in html])
        each = 1e3 / len(html)
        print(
            f"HTML: {len(html):,} pages, dq {ours * each:.1f} ms, trafilatura {theirs * each:.1f} ms, {ours / theirs:.2f} x"
        )


if __name__ == "__main__":
    main()
