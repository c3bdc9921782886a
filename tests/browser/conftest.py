"""A browser, runs to look at with it, and a server with a content policy; without a Chromium these tests are skipped."""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dq.options import ReportOptions
from dq.report import write_report
from dq.report.compare import compare_runs
from dq.report.compare_page import write_comparison
from tests.browser import headless, many_scripts

SHORT = {
    "max_pages": 6, "max_clusters": 8, "max_members": 4, "max_diffs": 1, "max_reviews": 12, "max_rejected": 6,
    "max_rules": 6, "max_page_lines": 30, "max_reuse": 4,
}  # fmt: skip
"""Lists of a report that still has something of every kind."""

Draw = Callable[..., Path]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    program = headless.find()
    if program is None:
        pytest.skip("no Chromium is installed here")
    with headless.browser(program) as tab:
        yield tab


@pytest.fixture
def tab(browser: Any) -> Any:
    """The browser as it is at first: wide, light, scripts allowed."""
    browser.size(1400, 1000)
    browser.scheme("light")
    browser.scripts(allowed=True)
    return browser


@pytest.fixture(scope="session")
def report(runs: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with trouble of every kind, hostile text in every field of some pages."""
    folder = runs.write_run(tmp_path_factory.mktemp("runs") / "troubled", runs.troubled_pages())
    return write_report(folder, ReportOptions(max_pages=40, max_clusters=100))


@pytest.fixture(scope="session")
def run(runs: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with trouble of every kind and many scripts, but nobody hostile."""
    hostile = runs.hostile_pages()
    pages = [page for page in runs.troubled_pages() if page not in hostile]
    more = many_scripts.pages(runs)
    folder = tmp_path_factory.mktemp("runs") / "many"
    return runs.write_run(folder, [*pages, *more], new={page.host for page in more})


@pytest.fixture(scope="session")
def draw(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Draw:
    """Draws a short report of that run in some other way, once."""

    @functools.cache
    def drawn(**options: Any) -> Path:
        folder = tmp_path_factory.mktemp("drawn") / "run"
        shutil.copytree(run, folder)
        return write_report(folder, ReportOptions(**{**SHORT, **options}))

    return drawn


@pytest.fixture(scope="session")
def short(draw: Draw) -> Path:
    """A report with something of every kind, quick to open."""
    return draw()


@pytest.fixture(scope="session")
def split(draw: Draw) -> Path:
    """A report whose pages and clusters went to the pages of their hosts."""
    return draw(max_bytes=180_000)


@pytest.fixture(scope="session")
def compare(report: Path, run: Path, tmp_path_factory: pytest.TempPathFactory) -> Draw:
    """Draws what changed from the run with hostile pages to the one without, and with more scripts."""

    def drawn(**options: Any) -> Path:
        folder = tmp_path_factory.mktemp("compared") / "run"
        shutil.copytree(run, folder)
        return write_comparison(compare_runs(report.parent, folder), folder, ReportOptions(**options))

    return drawn


@pytest.fixture
def serve() -> Iterator[Callable[[Path, str], str]]:
    """Serves a report on this machine with a content policy of the server's own; gives its address."""
    with contextlib.ExitStack() as servers:

        def served(file: Path, policy: str) -> str:
            class Handler(http.server.SimpleHTTPRequestHandler):
                def end_headers(self) -> None:
                    self.send_header("Content-Security-Policy", policy)
                    super().end_headers()

                def log_message(self, *told: object) -> None:
                    pass

            handler = functools.partial(Handler, directory=str(file.parent))
            server = servers.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            servers.callback(thread.join)
            servers.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}/{file.name}"

        yield served
