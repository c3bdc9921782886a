"""Inputs (files, folders, patterns) become files in a fixed order, each with its kind and its relative name."""

from __future__ import annotations

import dataclasses
import functools
import glob
import heapq
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from dq.errors import MissingInputError, told_together
from dq.ingest.streams import Compression, reason

Shape = Literal["html", "text", "jsonl", "json", "csv", "parquet", "warc"]

SHAPES: dict[str, Shape] = {
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "txt": "text",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "csv": "csv",
    "tsv": "csv",
    "parquet": "parquet",
    "warc": "warc",
}
"""What a file holds, by the end of its name. `html` and `text` files are one page each, the others hold rows."""
COMPRESSIONS: dict[str, Compression] = {"gz": "gz", "zst": "zst"}
"""How a file is compressed, by the end of its name; a Parquet file compresses its own columns."""
LOOKED_FOR = ".html .htm .xhtml .txt .jsonl .ndjson .json .csv .tsv .warc (each also with .gz or .zst) and .parquet"
"""The kinds of files that are read, as people are told."""
TOLD_NAMES = 5
"""Names that are told of files that were passed over."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """What a file holds and how it is compressed."""

    shape: Shape
    compression: Compression | None = None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, order=True)
class InputFile:
    """A file to read: `name` is relative to the input that was given, with forward slashes.

    `kind` is None for a file that was named by itself, yet is of no kind that is read. `problem` says why the file
    cannot even be opened. `named` is true when the input was this very file.
    """

    name: str
    path: Path
    kind: Kind | None = dataclasses.field(default=None, compare=False)
    problem: str | None = dataclasses.field(default=None, compare=False)
    named: bool = dataclasses.field(default=False, compare=False)

    @property
    def is_wanted(self) -> bool:
        """Whether the file becomes pages, be it a rejected one; the others are passed over."""
        return self.kind is not None or self.problem is not None or self.named


def kind_of(name: str) -> Kind | None:
    """The kind of file that a name stands for.

    >>> kind_of("Page.HTML.gz")
    Kind(shape='html', compression='gz')
    >>> kind_of("logo.png") is None
    True
    """
    stem, _, ending = name.lower().rpartition(".")
    compression = COMPRESSIONS.get(ending)
    if compression is not None:
        stem, _, ending = stem.rpartition(".")
    shape = SHAPES.get(ending) if stem else None
    if shape is None or (shape == "parquet" and compression is not None):
        return None
    return Kind(shape=shape, compression=compression)


@dataclasses.dataclass(kw_only=True, slots=True)
class PassedOver:
    """Files that are of no kind that is read: how many there are, and the names of the first."""

    count: int = 0
    names: list[str] = dataclasses.field(default_factory=list)

    def add(self, name: str) -> None:
        """Counts one more file."""
        self.count += 1
        if len(self.names) < TOLD_NAMES:
            self.names.append(name)

    def __str__(self) -> str:
        names = ", ".join(map(repr, self.names))  # repr keeps control characters away from a terminal
        more = ", ..." if self.count > len(self.names) else ""
        return f"{self.count} file{'s'[: self.count > 1]} of a kind that is not read passed over: {names}{more}"


def find_files(inputs: Sequence[str | Path], passed_over: PassedOver | None = None) -> Iterator[InputFile]:
    """The files behind `inputs`, by name, each real file once, whatever the order or overlap of the inputs.

    A folder is walked as the files are drawn, so that millions of files take no memory. What is met on the way and is
    of no known kind is counted in `passed_over`, hidden entries aside. Raises MissingInputError at once, telling every
    path that does not exist and every pattern that matches nothing.
    """
    runs = [_files_of(Path(given)) for given in inputs]
    missing = [_missing(given) for given, run in zip(inputs, runs, strict=True) if run is None]
    if missing:
        heading = f"{len(missing)} of {len(inputs)} inputs cannot be found; check the spelling and the working folder:"
        raise MissingInputError(told_together(heading, missing))
    files = _once(heapq.merge(*(run for run in runs if run is not None)))
    return _of_known_kind(files, passed_over if passed_over is not None else PassedOver())


def _of_known_kind(files: Iterator[InputFile], passed_over: PassedOver) -> Iterator[InputFile]:
    for file in files:
        if file.is_wanted:
            yield file
        else:
            passed_over.add(file.name)


def _missing(given: str | Path) -> str:
    return f"{given} ({'the pattern matches nothing' if glob.has_magic(str(given)) else 'no such file or folder'})"


def _files_of(given: Path) -> Iterator[InputFile] | None:
    """The files of one input in the order of their names; None when it does not exist or matches nothing."""
    if given.is_dir():
        return _walk_folder(given, prefix="", above=frozenset())
    if os.path.lexists(given):
        return iter([_file(given, _readable(given.name), named=True)])
    if not glob.has_magic(str(given)):
        return None
    root = _fixed_part(given)
    found = glob.iglob(str(given), recursive=True)  # noqa: PTH207  (pathlib's would find hidden files)
    matches = [(_match_name(Path(path), root), Path(path)) for path in found]
    return _walk_matches(sorted(matches)) if matches else None


def _fixed_part(pattern: Path) -> Path:
    """The folder before the first part with a wildcard.

    >>> _fixed_part(Path("data/2024/**/*.html")).as_posix()
    'data/2024'
    """
    first = next(number for number, part in enumerate(pattern.parts) if glob.has_magic(part))
    return Path(*pattern.parts[:first])


def _match_name(path: Path, root: Path) -> str:
    name = _readable(path.relative_to(root).as_posix())
    return f"{name}/" if path.is_dir() else name


def _walk_matches(matches: Sequence[tuple[str, Path]]) -> Iterator[InputFile]:
    """Files and folders that a pattern matched; what lies in a matched folder comes with the folder."""
    folder: str | None = None
    for name, path in matches:
        if folder is not None and name.startswith(folder):
            continue
        if name.endswith("/"):
            folder = "" if name == "./" else name
            yield from _walk_folder(path, prefix=folder, above=frozenset())
        else:
            yield _file(path, name)


def _file(path: Path, name: str, *, named: bool = False) -> InputFile:
    kind = kind_of(name)
    problem = _unopenable(path) if kind is not None or named else None
    return InputFile(name=name, path=path, kind=kind, problem=problem, named=named)


def _walk_folder(folder: Path, *, prefix: str, above: frozenset[str]) -> Iterator[InputFile]:
    """Files under a folder, in the order of their full names.

    A sub-folder sorts with the slash that its name goes on with, so that the walk yields names as a sort of all of
    them would. Hidden entries are passed over, and so is a link that leads back to a folder above.
    """
    real = os.path.realpath(folder)
    if real in above:
        return
    try:
        with os.scandir(folder) as scan:
            entries = sorted((f"{_readable(entry.name)}{'/' if entry.is_dir() else ''}", entry.path) for entry in scan)
    except OSError as error:
        yield InputFile(name=prefix, path=folder, problem=f"the folder cannot be listed: {reason(error)}")
        return
    for name, path in entries:
        if name.startswith("."):
            continue
        if name.endswith("/"):
            yield from _walk_folder(Path(path), prefix=prefix + name, above=above | {real})
        else:
            yield _file(Path(path), prefix + name)


def _once(files: Iterator[InputFile]) -> Iterator[InputFile]:
    """Each real file under the first of its names; only a hash is kept of each."""
    real_folder = functools.lru_cache(maxsize=1024)(Path.resolve)
    seen: set[int] = set()
    for file in files:
        path = file.path
        real = path.resolve() if path.is_symlink() or path.is_dir() else real_folder(path.parent) / path.name
        if (digest := hash((real, file.is_wanted))) not in seen:
            seen.add(digest)
            yield file


def _unopenable(path: Path) -> str | None:
    """Why a path is not a file that can be opened: a dead link, a pipe, a device."""
    try:
        return None if stat.S_ISREG(path.stat().st_mode) else "not a regular file"
    except OSError as error:
        return f"cannot be opened: {reason(error)}"


def _readable(name: str) -> str:
    """A file name as text that can be stored: bytes that are not UTF-8 become replacement characters."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
