"""Everything a developer or CI runs: `nox -s quality`, `nox -s tests`, and what stands beside them."""

import os
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["tests", "lint", "types", "layers"]
nox.options.reuse_existing_virtualenvs = True

LOCK = "requirements.lock"
PYPROJECT = nox.project.load_toml("pyproject.toml")


def install(session, *groups, editable=False):
    """The package from this checkout with the tools of `groups`, everything at the versions of the lock file."""
    package = ["-e", "."] if editable else ["."]
    session.install("-c", LOCK, *package, *nox.project.dependency_groups(PYPROJECT, *groups))


@nox.session
def quality(session):
    """Gate a batch: `nox -s quality` takes what [tool.dq] names, `nox -s quality -- PATH ...` other input."""
    install(session)
    session.run("dq", "run", *session.posargs)


@nox.session
def tests(session):
    """The tests."""
    install(session, "test", editable=True)
    session.run("pytest", *(session.posargs or ["-n", os.environ.get("DQ_TEST_PROCESSES", "2"), "--dist", "worksteal"]))


@nox.session
def coverage(session):
    """The tests, with branch coverage, which takes half as long again."""
    install(session, "test", editable=True)
    processes = os.environ.get("DQ_TEST_PROCESSES", "2")
    session.run("pytest", "-n", processes, "--cov", "--cov-report=term:skip-covered")


@nox.session
def gold(session):
    """Renew the report's gold files; look at the difference before it is committed."""
    install(session, "test", editable=True)
    session.run("pytest", "-q", "tests/gold/test_gold_report.py", env={"DQ_RENEW_GOLD": "1"})


@nox.session
def lint(session):
    """Style and unused dependencies."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("deptry", ".")


@nox.session
def types(session):
    """Types, strictly."""
    install(session, "types")
    session.run("mypy")


@nox.session
def layers(session):
    """Imports point down."""
    install(session, "layers")
    session.run("lint-imports")


@nox.session(venv_backend="uv")
def minimums(session):
    """The tests on the lowest versions that pyproject.toml promises."""
    session.install("--resolution", "lowest-direct", "-e", ".", *nox.project.dependency_groups(PYPROJECT, "test"))
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
@nox.parametrize("release", ["1.10.0", "newest"])
def engine(session, release):
    """The engine for Polars against Great Expectations' pandas engine, at both ends of the releases it works with."""
    install(session, "test", editable=True)
    asked = ["great-expectations==1.10.0", "pandas<3"] if release == "1.10.0" else ["great-expectations"]
    session.install("--upgrade", *asked)
    session.env["DQ_CONFORMANCE_EXAMPLES"] = "25"
    session.run("pytest", "-n", "2", *sorted(map(str, Path("tests/gate").glob("test_polars_engine*.py"))))


@nox.session
def benchmarks(session):
    """Speed against peers, in the same run."""
    install(session, "test", editable=True)
    session.install("daft")
    for script in sorted(Path("tests/benchmarks").glob("bench_*.py")):
        session.run("python", str(script), *session.posargs)


@nox.session
def messages(session):
    """Renew the report's catalogs of translations: what the interface says now, translations kept."""
    install(session, editable=True)
    session.run("python", "tests/report/message_catalogs.py")


@nox.session(venv_backend="uv")
def lock(session):
    """Write the lock file anew: the newest versions that pyproject.toml allows, for every platform."""
    groups = sorted(PYPROJECT["dependency-groups"])
    wanted = Path(session.create_tmp()) / "wanted.txt"
    names = [*PYPROJECT["project"]["dependencies"], *nox.project.dependency_groups(PYPROJECT, *groups)]
    wanted.write_text("\n".join(names), encoding="utf-8")
    session.install("uv")
    options = ["--universal", "--python-version", "3.11", "--upgrade", "--no-annotate", "--no-emit-index-url", "-q"]
    header = "nox -s lock"
    session.run("uv", "pip", "compile", str(wanted), *options, "--custom-compile-command", header, "-o", LOCK)
