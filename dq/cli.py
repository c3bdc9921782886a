"""The command line: parse, call, exit.

Options are declared once, in `options.py`; this module makes flags of them, and `settings.py` fills those that no flag
gave.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import App, Group, Parameter

from dq.errors import ConfigError, DqError, MissingInputError, printable
from dq.options import (
    CleanOptions,
    ColumnOptions,
    DedupOptions,
    EngineOptions,
    GateOptions,
    IngestOptions,
    Options,
    OutputOptions,
    ReportOptions,
    ReviewOptions,
    check,
)
from dq.settings import TRACEBACK, Settings

if TYPE_CHECKING:
    from dq.gate import Verdict
    from dq.history import History

PROPOSED = Path("expectations.proposed")
"""Where proposed suites go by default."""
WRONG_USE = 2
FAULT = 4
INTERRUPTED = 130


def _flag_name(field: str) -> str:
    """Options of a stage are flags of their own, without the stage's name before them."""
    return "*" if field == "columns" else cyclopts.default_name_transform(field)


def _stage(title: str) -> Parameter:
    """How a stage's options stand on the command line: flags of their own, under a heading of their own in the help."""
    return Parameter(name="*", name_transform=_flag_name, group=Group(title, sort_key=GROUPS.index(title)))


GROUPS = ("Reading", "Columns", "Cleaning", "Deduplication", "Reviews", "Gate", "Report", "Work", "Output")
"""Headings of the help, in order."""
Ingest = Annotated[IngestOptions, _stage("Reading")]
Clean = Annotated[CleanOptions, _stage("Cleaning")]
Engine = Annotated[EngineOptions, _stage("Work")]
Dedup = Annotated[DedupOptions, _stage("Deduplication")]
Review = Annotated[ReviewOptions, _stage("Reviews")]
Gate = Annotated[GateOptions, _stage("Gate")]
Report = Annotated[ReportOptions, _stage("Report")]
Output = Annotated[OutputOptions, _stage("Output")]
Columns = Annotated[ColumnOptions, _stage("Columns")]


def build(settings: Settings) -> App:
    """The program, with its commands; the origin of what it parses is noted in `settings`.

    Each command imports what it needs when it is called: `dq --help` and `dq clean` do not pay for the gate.
    """
    app = App(
        name="dq",
        help="May this batch of scraped news be published? Clean, deduplicate, gate, report.",
        help_epilogue="Exit codes: 0 passed, 1 the gate failed, 2 wrong use, 3 nothing readable, 4 a fault of dq.",
        config=[settings],
        version_flags=["--version"],
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )

    def options(**stages: Any) -> Options:
        chosen = Options(**stages, origins=settings.origins)
        check(chosen)
        return chosen

    @app.command
    def run(
        *inputs: str,
        ingest: Ingest = IngestOptions(),
        clean: Clean = CleanOptions(),
        engine: Engine = EngineOptions(),
        dedup: Dedup = DedupOptions(),
        review: Review = ReviewOptions(),
        gate: Gate = GateOptions(),
        report: Report = ReportOptions(),
        output: Output = OutputOptions(),
    ) -> int:
        """Clean, deduplicate and gate a batch, and write its report.

        Parameters
        ----------
        inputs
            Files, folders or patterns: HTML and text pages, JSONL, CSV, Parquet, WARC, plain or compressed.

        """
        import dq.run
        import dq.terminal

        chosen = options(
            ingest=ingest, clean=clean, engine=engine, dedup=dedup, review=review, gate=gate, report=report
        )
        with dq.terminal.talking() as talk:
            outcome = dq.run.run(_some(inputs), chosen, out=output.out or dq.run.REPORTS, talk=talk)
        dq.terminal.show_verdict(outcome.folder, outcome.verdict, as_json=output.json)
        _tell_github(outcome.verdict)
        return outcome.verdict.exit_code

    @app.command(name="clean")
    def clean_pages(
        *inputs: str,
        ingest: Ingest = IngestOptions(),
        clean: Clean = CleanOptions(),
        engine: Engine = EngineOptions(),
        review: Review = ReviewOptions(),
        output: Output = OutputOptions(),
    ) -> int:
        """Clean pages: the tables pages, lines, articles and paragraphs, and nothing else.

        Parameters
        ----------
        inputs
            Files, folders or patterns: HTML and text pages, JSONL, CSV, Parquet, WARC, plain or compressed.

        """
        import dq.run
        import dq.terminal

        out = output.out or dq.run.REPORTS / "clean"
        chosen = options(ingest=ingest, clean=clean, engine=engine, review=review)
        with dq.terminal.talking() as talk:
            found = dq.run.clean_only(_some(inputs), chosen, out=out, talk=talk)
        dq.terminal.show_figures(out, found, as_json=output.json)
        return 0

    @app.command
    def dedup(
        table: Path,
        *,
        columns: Columns = ColumnOptions(),
        dedup: Dedup = DedupOptions(),
        review: Review = ReviewOptions(),
        output: Output = OutputOptions(),
    ) -> int:
        """Find duplicates, clusters and reused passages in any table with an id and a text.

        Parameters
        ----------
        table
            A Parquet, CSV or JSONL file.

        """
        import dq.run
        import dq.terminal

        out = output.out or dq.run.REPORTS / "dedup"
        chosen = options(ingest=IngestOptions(columns=columns), dedup=dedup, review=review)
        with dq.terminal.talking() as talk:
            found = dq.run.dedup_only(table, chosen, out=out, talk=talk)
        dq.terminal.show_duplicates(out, found, as_json=output.json)
        return 0

    index = App(name="index", help="Look after the articles of earlier batches, in the history that --history names.")
    app.command(index)

    @index.command
    def status(*, history: str | None = None, output: Output = OutputOptions()) -> int:
        """Show how many articles, batches and clusters a history holds.

        Parameters
        ----------
        history
            Folder, or address in object storage, with the articles of earlier batches.

        """
        import dq.terminal

        opened = _history(history)
        dq.terminal.show_history(opened.url, opened.status(), as_json=output.json)
        return 0

    @index.command
    def forget(*ids: str, history: str | None = None) -> int:
        """Forget articles; their clusters are formed again without them. `dq index compact` deletes their texts.

        Parameters
        ----------
        ids
            Ids of articles, as the table articles has them (the id column, for dq dedup).
        history
            Folder, or address in object storage, with the articles of earlier batches.

        """
        if not ids:
            raise ConfigError("no article was named: give the ids of those to forget")
        opened = _history(history)
        opened.forget(ids)
        print(printable(f"{len(set(ids))} forgotten; `dq index compact` takes their texts out of {opened.url}"))
        return 0

    @index.command
    def compact(*, history: str | None = None) -> int:
        """Take forgotten articles out of a history's files, and merge small files.

        Parameters
        ----------
        history
            Folder, or address in object storage, with the articles of earlier batches.

        """
        from dq.report.wording import counted

        opened = _history(history)
        print(printable(f"{counted(opened.compact(), 'row')} taken out of {opened.url}"))
        return 0

    suite = App(name="suite", help="Look after expectation suites: check those that are there, propose new ones.")
    app.command(suite)

    @suite.command(name="check")
    def check_suites(*, gate: Gate = GateOptions()) -> int:
        """Check every file of expectations against the tables; all mistakes are told at once, with file and line."""
        import dq.run
        from dq.gate import suites_folder

        folder = suites_folder(gate)
        for one in dq.run.ready(options(gate=gate)):
            print(printable(f"{one.path.as_posix()}: {len(one.checks)} expectations"))
        print(printable(f"{folder.as_posix()} can be used"))
        return 0

    @suite.command(name="propose")
    def propose_suites(*runs: Path, output: Output = OutputOptions()) -> int:
        """Write suites that finished runs would pass, with bounds drawn from what they hold: a draft to edit.

        Parameters
        ----------
        runs
            Folders of finished runs, reports/latest for example.

        """
        import dq.run

        for path in dq.run.propose_suites(runs, out=output.out or PROPOSED):
            print(printable(path.as_posix()))
        return 0

    @app.command(name="gate")
    def gate_again(
        folder: Path, *, gate: Gate = GateOptions(), report: Report = ReportOptions(), output: Output = OutputOptions()
    ) -> int:
        """Check a finished run again, after an edit in expectations/ say.

        Parameters
        ----------
        folder
            The run's folder, reports/latest for example.

        """
        import dq.run
        import dq.terminal

        with dq.terminal.talking() as talk:
            verdict = dq.run.gate_again(folder, options(gate=gate, report=report), talk=talk)
        dq.terminal.show_verdict(folder, verdict, as_json=output.json)
        _tell_github(verdict)
        return verdict.exit_code

    @app.command(name="report")
    def draw_again(folder: Path, *, report: Report = ReportOptions()) -> int:
        """Draw the report of a finished run again.

        Parameters
        ----------
        folder
            The run's folder, reports/latest for example.

        """
        import dq.run

        print(printable(dq.run.draw_again(folder, options(report=report))))
        return 0

    @app.command
    def explain(
        page: str,
        other: str | None = None,
        /,
        *,
        table: Annotated[Path | None, Parameter(name="--table")] = None,
        within: Annotated[Path | None, Parameter(name="--in")] = None,
        ingest: Ingest = IngestOptions(),
        clean: Clean = CleanOptions(),
        dedup: Dedup = DedupOptions(),
        review: Review = ReviewOptions(),
        report: Report = ReportOptions(),
    ) -> int:
        """Show one page, every line with its label, reason and score; or a pair of articles, with all that they share.

        Parameters
        ----------
        page
            A file with a page, or the id, address or path of a page of a finished run; of a pair, an article's id.
        other
            The id of the other article of a pair: bands, overlaps, a word diff, and why one stands for both.
        table
            The table that holds the two texts, where they were found by dq dedup.
        within
            Folder of the run that holds the page and its duplicates [default: reports/latest].

        """
        import dq.explain
        import dq.run
        import dq.terminal

        chosen = options(ingest=ingest, clean=clean, dedup=dedup, review=review, report=report)
        folder = within or dq.run.REPORTS / ("dedup" if table else "latest")
        if other is not None:
            pair = dq.explain.explain_pair(page, other, chosen, folder=folder, table=table)
            dq.terminal.show_pair(pair)
            return 0
        dq.terminal.show_page(dq.explain.explain(page, chosen, folder=folder))
        return 0

    @app.command
    def compare(left: Path, right: Path, *, report: Report = ReportOptions(), output: Output = OutputOptions()) -> int:
        """Show what changed between two runs, host by host, and draw it as compare.html into the later one's folder.

        Parameters
        ----------
        left
            Folder of the earlier run.
        right
            Folder of the later run.

        """
        import dq.terminal
        from dq.report import compare_runs, write_comparison
        from dq.runs import resolve

        chosen = options(report=report).report
        compared = compare_runs(resolve(left), resolve(right))
        dq.terminal.show_comparison(compared, as_json=output.json)
        page = write_comparison(compared, output.out or resolve(right), chosen)
        print(printable(f"comparison: {page}"), file=sys.stderr if output.json else sys.stdout)
        return 0

    @app.command(name="review")
    def review_run(
        decisions: Path,
        *,
        within: Annotated[Path | None, Parameter(name="--in")] = None,
        reviews: Annotated[Path | None, Parameter(name="--out")] = None,
        json: bool = False,
    ) -> int:
        """Make cases of the decisions that a report exports, and show how far they agree; hold a run against cases.

        Exits with 1 where a run decides otherwise than a case.

        Parameters
        ----------
        decisions
            The file that a report's review saved; or a file of cases, with which the run is to agree.
        within
            Folder of the run [default: reports/latest].
        reviews
            File of cases to which those of this review are added [default: the option reviews, or reviews.jsonl].
        json
            Print the result as JSON on standard output.

        """
        import dq.agreement
        import dq.review_files
        import dq.run
        import dq.terminal

        folder = within or dq.run.REPORTS / "latest"
        done = dq.agreement.review(decisions, within=folder, out=reviews or dq.review_files.DEFAULT)
        if isinstance(done, dq.agreement.Regression):
            dq.terminal.show_regression(done, as_json=json)
            return 1 if done.disagreements else 0
        dq.terminal.show_review(done, as_json=json)
        return 0

    return app


def _history(url: str | None) -> History:
    """The history at `url`, which must be there."""
    from dq.history import History

    if url is None:
        raise ConfigError("no history was named: give --history FOLDER, or set history under [tool.dq]")
    opened = History(url)
    if not opened.exists:
        raise MissingInputError(f"there is no history at {url}: dq run and dq dedup make one with --history")
    return opened


def _tell_github(verdict: Verdict) -> None:
    """Annotations and the job's summary, where this is a job of GitHub Actions; standard output is left to results."""
    from dq.gate import append_summary, github_annotations

    problem = append_summary(verdict, os.environ)
    for line in [*github_annotations(verdict, os.environ), *([] if problem is None else [printable(f"dq: {problem}")])]:
        print(line, file=sys.stderr)


def _some(inputs: Sequence[str]) -> Sequence[str]:
    if not inputs:
        raise ConfigError('no input was named: give files or folders, or set inputs = ["FOLDER"] under [tool.dq]')
    return inputs


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code. Errors go to standard error in plain words."""
    app = build(Settings())
    try:
        code = app(list(sys.argv[1:] if arguments is None else arguments), exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        return _fail(f"{error}\n`dq --help` lists commands and options", WRONG_USE)
    except DqError as error:
        if error.exit_code == FAULT and os.environ.get(TRACEBACK):
            raise
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _fail("stopped; the same command resumes where it was", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        return 0
    except Exception as error:  # a fault of ours is told in one line too; DQ_TRACEBACK=1 shows where
        if os.environ.get(TRACEBACK):
            raise
        return _fail(f"a fault of dq: {type(error).__name__}: {error}\n{TRACEBACK}=1 shows where it happened", FAULT)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    print(printable(f"dq: {message}"), file=sys.stderr)
    return code
