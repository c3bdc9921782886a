"""Runs to draw, made once for all tests, and the report as a parsed tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html

from dq.options import ReportOptions
from dq.report import write_report

Draw = Callable[..., html.HtmlElement]


@pytest.fixture(scope="session")
def troubled(runs, tmp_path_factory) -> Path:
    return runs.write_run(tmp_path_factory.mktemp("runs") / "troubled", runs.troubled_pages())


@pytest.fixture(scope="session")
def passing(runs, tmp_path_factory) -> Path:
    pages = runs.ordinary_pages()
    return runs.write_run(tmp_path_factory.mktemp("runs") / "passing", [*pages[:3], *pages[-2:]])


@pytest.fixture(scope="session")
def empty(runs, tmp_path_factory) -> Path:
    return runs.write_run(tmp_path_factory.mktemp("runs") / "empty", [])


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Draws the report of a run, with options if need be, and parses it."""

    def drawn(folder: Path, **options: int) -> html.HtmlElement:
        file = write_report(folder, ReportOptions(**options))
        return html.document_fromstring(file.read_text(encoding="utf-8"))

    return drawn
