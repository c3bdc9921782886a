"""The README's examples run, and what it promises is there."""

import re
import subprocess
import tomllib

import pytest

from dq import errors
from dq.tables import TABLES
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.filterwarnings("default")  # an example may use what warns: Great Expectations' import does
@pytest.mark.parametrize("code", blocks("python"))
def test_python_examples_run(code, capsys):
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out


@pytest.mark.parametrize("code", blocks("bash"))
def test_shell_examples_parse(code):
    assert subprocess.run(["bash", "-n"], input=code, text=True, check=False, capture_output=True).stderr == ""


def test_every_table_is_listed():
    listed = set(re.findall(r"`(\w+)\.parquet`", README))
    assert listed == set(TABLES)


def test_exit_codes_are_those_of_the_errors():
    listed = {int(code) for code in re.findall(r"^\| (\d) \|", README, re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DqError)]
    assert listed == {0, 1} | {kind.exit_code for kind in kinds}


def test_the_picture_is_there():
    (picture,) = re.findall(r"!\[[^\]]+\]\((.+?)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_the_readme_names_only_sessions_that_exist():
    sessions = set(
        re.findall(r"^def (\w+)\(session\b", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(re.findall(r"nox -s (\w+)", README)) <= sessions


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lower_bounds = [name for name in project["dependencies"] if ">=" not in name]
    assert lower_bounds == []
