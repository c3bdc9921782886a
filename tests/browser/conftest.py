"""A browser and runs to look at with it; without a Chromium these tests are skipped."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dq.options import ReportOptions
from dq.report import write_report

HERE = Path(__file__).parent


def beside(name: str, file: Path) -> ModuleType:
    """A module of the tests that is no test itself."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    headless = beside("headless", HERE / "headless.py")
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
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with trouble of every kind, hostile text in every field of some pages."""
    runs = beside("fabricated_runs", HERE.parent / "report" / "fabricated_runs.py")
    folder = runs.write_run(tmp_path_factory.mktemp("runs") / "troubled", runs.troubled_pages())
    return write_report(folder, ReportOptions(max_pages=40, max_clusters=100))
