"""A finished run's folder, read: its tables as lazy frames, verdict.json and run.json as records."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dq.errors import TableError, told_together
from dq.figures import Figures
from dq.options import DedupOptions, Options, recall
from dq.report.language import marked
from dq.tables import TABLES, Table

VERDICT_FILE = "verdict.json"
RUN_FILE = "run.json"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What verdict.json says of the batch."""

    run_id: str
    verdict: Literal["pass", "warnings", "fail"]
    may_publish: bool
    strict: bool
    figures: Figures


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """An option that is not at its default, and the place where it was set."""

    name: str
    value: str
    default: str
    origin: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """A step of the run and the seconds that it took."""

    step: str
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """What run.json says of how the run was made."""

    started_at: str
    finished_at: str
    inputs: tuple[str, ...]
    settings: tuple[Setting, ...]
    versions: Mapping[str, str]
    timings: tuple[Timing, ...]
    dedup: DedupOptions
    """The options by which duplicates were found."""
    honoured: Mapping[str, int]
    """How many decisions of reviewers were honoured, by what they are about."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run's folder that holds everything which a report needs."""

    folder: Path
    verdict: Verdict
    record: RunRecord

    def scan(self, table: Table) -> pl.LazyFrame:
        """The table as it lies in the folder, unread as yet."""
        return table.scan(self.folder)


def read_run(folder: Path) -> Run:
    """The run in `folder`; TableError tells every file that is missing, damaged or lacks a column, all together."""
    problems = [problem for table in TABLES.values() for problem in _table_problems(table, folder)]
    problems += [f"{name}: no such file" for name in (VERDICT_FILE, RUN_FILE) if not (folder / name).is_file()]
    if problems:
        heading = f"{folder} is no finished run of this version of dq; run `dq run` again. What is wrong:"
        raise TableError(told_together(heading, problems))
    return Run(folder=folder, verdict=_read_verdict(folder / VERDICT_FILE), record=_read_record(folder / RUN_FILE))


def _table_problems(table: Table, folder: Path) -> list[str]:
    file = table.file(folder)
    if not file.is_file():
        return [f"{file.name}: no such file"]
    try:
        present = table.scan(file.parent).collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        return [f"{file.name}: not readable as Parquet ({error})"]
    return [f"{file.name}: lacks the column {name}" for name in table.schema if name not in present]


def _read_verdict(file: Path) -> Verdict:
    content = _read_json(file)
    try:
        counts = content["counts"]
        return Verdict(
            run_id=content["run_id"],
            verdict=content["verdict"],
            may_publish=content["may_publish"],
            strict=content["strict"],
            figures=Figures(**{field.name: counts[field.name] for field in dataclasses.fields(Figures)}),
        )
    except KeyError as error:
        raise TableError(f"{file} lacks the entry {error}; check the run again with `dq gate {file.parent}`.") from None
    except (TypeError, AttributeError) as error:
        raise TableError(f"{file} is not what dq writes ({error}); check the run again.") from None


def _read_record(file: Path) -> RunRecord:
    content = _read_json(file)
    try:
        return RunRecord(
            started_at=content["started_at"],
            finished_at=content["finished_at"],
            inputs=tuple(content["inputs"]),
            settings=tuple(_setting(entry) for entry in content["options"]),
            versions=content["versions"],
            timings=tuple(Timing(step=entry["step"], seconds=entry["seconds"]) for entry in content["timings"]),
            dedup=recall(Options(), content.get("settings", {})).dedup,
            honoured=_honoured(content.get("reviews") or {}),
        )
    except KeyError as error:
        raise TableError(f"{file} lacks the entry {error}; run `dq run` again.") from None
    except (TypeError, AttributeError) as error:
        raise TableError(f"{file} is not what dq writes ({error}); run `dq run` again.") from None


HONOURED = {
    "line_decisions": marked("decisions on lines"),
    "lines_changed": marked("lines changed by them"),
    "pair_decisions": marked("decisions on pairs"),
}
"""What run.json counts of the decisions that a run honoured."""


def _honoured(reviews: Mapping[str, Any]) -> dict[str, int]:
    """The counts that are not zero, by what they are of."""
    return {told: reviews[name] for name, told in HONOURED.items() if reviews.get(name)}


def _setting(entry: Mapping[str, Any]) -> Setting:
    return Setting(
        name=entry["name"],
        value=_as_text(entry["value"]),
        default=_as_text(entry["default"]),
        origin=str(entry["origin"]),
    )


def _as_text(value: Any) -> str:
    """A JSON value as a person writes it: lists without brackets, nothing as a dash.

    >>> _as_text(["ar", "en"]), _as_text(None), _as_text(5)
    ('ar, en', '–', '5')
    """
    match value:
        case None | [] | "":
            return "–"
        case list():
            return ", ".join(str(part) for part in value)
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise TableError(f"{file} cannot be read as JSON ({error}); run `dq run` again.") from None
