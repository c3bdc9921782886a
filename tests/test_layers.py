"""One door each to the outside: only the named module imports the named package."""

import ast

import pytest

from tests.conftest import ROOT

DOORS = {
    "trafilatura": {"dq/clean/html.py"},
    "fastwarc": {"dq/ingest/warc.py"},
    "great_expectations": {
        "dq/gate/validation.py",
        "dq/gate/expectations.py",
        "dq/gate/quiet.py",
        "dq/gate/stock.py",
        "dq/gate/polars_engine/gx.py",
    },
    "rich": {"dq/terminal.py"},
    "jinja2": {"dq/report/draw.py"},
    "filelock": {"dq/runs.py"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", DOORS)
def test_a_package_has_one_door(package):
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dq").rglob("*.py") if package in imports(path)}
    assert found <= DOORS[package]
    assert found
