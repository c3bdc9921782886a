"""Run folders: how one is claimed, resumed, finished, found again, and what its run.json tells.

A run's folder appears whole or not at all. The work goes on in `<run-id>.part` beside it, locked while a process is at
it; the same command finds an unfinished one and resumes it; at the end it is renamed, and `latest` moved to it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from dq.atomic import write_text
from dq.errors import MissingInputError, UsageError
from dq.options import EngineOptions, Options, ReportOptions, ReviewOptions

PART = ".part"
"""Ending of the folder of a run that is not finished."""
SHARDS = "shards"
"""Where a run that is not finished keeps the pages that it has cleaned."""
LATEST = "latest"
LOCK = ".lock"
RUN_FILE = "run.json"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A folder that this process alone works in; `resumed` where an earlier try had begun it."""

    run_id: str
    folder: Path
    resumed: bool


def prepare(out: Path) -> None:
    """Makes `out`; UsageError where it cannot be written to, or where `latest` in it is not ours to move."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".dq-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"nothing can be written to {out} ({error.strerror or error}); name another --out") from error
    latest = out / LATEST
    if latest.is_dir() and not latest.is_symlink():
        raise UsageError(
            f"{latest} is a folder; dq keeps the link to its newest run there: move it, or name another --out"
        )


@contextmanager
def claimed(out: Path, mark: str) -> Iterator[Claim]:
    """The unfinished run of the command with this mark, or a new one, locked while the work goes on.

    The folder stays where the work fails, for the next try to resume; where nothing was finished yet, it goes.
    """
    claim, lock = _claim(out, mark)
    try:
        yield claim
    finally:
        lock.release()
        if claim.folder.exists() and not any(claim.folder.glob(f"{SHARDS}/*")):
            with suppress(OSError):
                _remove_empty(claim.folder)


def _claim(out: Path, mark: str) -> tuple[Claim, FileLock]:
    """Tries unfinished runs, then new names, until one is ours alone."""
    unfinished = sorted(part.name.removesuffix(PART) for part in out.glob(f"*-{mark}{PART}"))
    for run_id, resumed in itertools.chain(
        ((name, True) for name in unfinished), ((name, False) for name in _names(mark))
    ):
        folder = out / f"{run_id}{PART}"
        if (out / run_id).exists() or not _made(folder, resumed=resumed):
            continue
        lock = FileLock(folder / LOCK, timeout=0)
        with suppress(Timeout, OSError):  # another process is at work on it, or has just finished it
            lock.acquire()
            if not (folder / RUN_FILE).exists():
                return Claim(run_id=run_id, folder=folder, resumed=resumed), lock
            lock.release()
    raise AssertionError("names never end")


def _made(folder: Path, *, resumed: bool) -> bool:
    try:
        folder.mkdir(exist_ok=resumed)
    except FileExistsError:
        return False
    return True


def _names(mark: str) -> Iterator[str]:
    """Names that sort by time: `20260131T080000Z-1a2b3c4d`, further ones of the same second numbered."""
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return (f"{stem}-{mark}" if number == 1 else f"{stem}-{number}-{mark}" for number in itertools.count(1))


def _remove_empty(folder: Path) -> None:
    """Removes a folder that holds no more than a lock and empty folders."""
    (folder / LOCK).unlink(missing_ok=True)
    for part in folder.iterdir():
        part.rmdir()
    folder.rmdir()


def command_mark(inputs: Sequence[str | Path], options: Options, *, reviews: str = "") -> str:
    """Eight hex digits that tell commands apart: the inputs and every option that changes what is computed.

    Of a file of reviews it is what it holds that counts (`Reviews.mark`), not where it lies.
    """
    decisive = dataclasses.replace(
        options, engine=EngineOptions(), report=ReportOptions(), review=ReviewOptions(), origins={}
    )
    text = repr((sorted(map(str, inputs)), decisive, reviews, versions()))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


VERSIONED = ("dq", "polars", "trafilatura", "great-expectations", "datasketch", "rapidfuzz")
"""Packages whose versions are noted: those that can change a table or a verdict."""


def versions() -> dict[str, str]:
    """Name -> version of VERSIONED."""
    return {name: metadata.version(name) for name in VERSIONED}


def finish(claim: Claim, out: Path) -> Path:
    """The run's folder under its own name, with `latest` moved to it in one step."""
    final = out / claim.run_id
    (claim.folder / LOCK).unlink(missing_ok=True)
    claim.folder.rename(final)
    link = out / f".{LATEST}-{claim.run_id}"
    try:
        link.symlink_to(final.name, target_is_directory=True)
    except OSError:  # Windows without the right to make links: a file that holds the name, which `resolve` reads
        link.write_text(final.name + "\n", encoding="utf-8")
    link.replace(out / LATEST)
    return final


def follow(folder: Path) -> Path:
    """The folder itself, or the one that `latest` names where it is a file, as `finish` may have to make it."""
    if folder.name == LATEST and folder.is_file():
        return folder.with_name(folder.read_text(encoding="utf-8").strip())
    return folder


def resolve(folder: Path) -> Path:
    """The folder of a finished run that `folder` names; MissingInputError where it is none."""
    found = follow(folder)
    read(found)
    return found


def read(folder: Path) -> dict[str, Any]:
    """run.json of a finished run; MissingInputError where `folder` is none."""
    try:
        noted: dict[str, Any] = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MissingInputError(
            f"{folder} is not the folder of a finished run (no readable {RUN_FILE}); dq run makes one"
        ) from error
    return noted


def write(folder: Path, noted: Mapping[str, Any]) -> None:
    """run.json, whole or not at all."""
    write_text(folder / RUN_FILE, json.dumps(noted, ensure_ascii=False, indent=2) + "\n")
