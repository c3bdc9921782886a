"""Runs to draw, made once for all tests, and the report as a parsed tree."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from lxml import html

from dq.options import ReportOptions
from dq.report import write_report

Draw = Callable[..., html.HtmlElement]


@pytest.fixture(scope="session")
def runs() -> ModuleType:
    """The module that makes runs; it stands beside this file and is no test."""
    name = "fabricated_runs"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


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
