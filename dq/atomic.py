"""Files, and folders of files, that appear whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from dq.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Writes `text` as UTF-8 with its line ends as they are; UsageError where the file cannot be written."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text.encode("utf-8"))
        part.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Puts these texts, and nothing else, into a folder; where there are none, the folder goes.

    UsageError where it cannot be written to.
    """
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        if files:
            part.mkdir()
        for name, text in files.items():
            (part / name).write_bytes(text.encode("utf-8"))
        if folder.exists():
            shutil.rmtree(folder)
        if files:
            part.replace(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written ({error.strerror or error}); make room for it, or write elsewhere")
