"""Options that no flag gave, from `DQ_...` variables and from `[tool.dq]` in pyproject.toml or dq.toml.

Where each value came from is remembered. A flag wins over a variable, a variable over dq.toml, dq.toml over
pyproject.toml.

A variable holds one value, with three exceptions: DQ_LANGUAGES holds codes with commas between them (`ar,en`),
DQ_HOST_RULES rules with semicolons, and DQ_INPUTS paths as PATH does, with colons (semicolons on Windows). An empty
variable sets nothing.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cyclopts
from cyclopts import App, Token

from dq.errors import ConfigError
from dq.options import Origin, names

CONFIG_FILES = (("dq.toml", ()), ("pyproject.toml", ("tool", "dq")))
"""Files with settings and the table in each that holds them, the strongest first."""
PREFIX = "DQ_"
TRACEBACK = "DQ_TRACEBACK"
"""Where this variable is set, a fault of dq is shown with its traceback."""
OTHER_VARIABLES = frozenset({TRACEBACK, "DQ_TEST_PROCESSES"})
"""Variables that are no options: the one above, and how many processes `nox -s tests` uses."""
SEPARATORS = {"languages": ",", "host_rules": ";", "inputs": os.pathsep}
"""What stands between the values of a variable, for options that take several."""


def option_names() -> frozenset[str]:
    """Every key that a settings file may hold."""
    return names() | {"inputs"}


class Settings:
    """Fills options that no flag gave from the environment and from settings files; notes each one's origin."""

    def __init__(self) -> None:
        self.origins: dict[str, Origin] = {}

    def __call__(self, _app: App, _commands: tuple[str, ...], arguments: cyclopts.ArgumentCollection) -> None:
        """What cyclopts calls with every command's arguments, before it converts them."""
        check_variables(os.environ)
        files = list(read_settings(Path.cwd()))
        for argument in arguments:
            name = argument.field_info.name
            if argument.children or name not in option_names():
                continue
            if argument.tokens:
                self.origins[name] = Origin("flag", argument.name)
                continue
            for origin, values in given(name, files):
                self.origins[name] = origin
                for index, value in enumerate(values):
                    argument.append(Token(keyword=name, value=value, source=origin.place, index=index))
                break


def given(name: str, files: Sequence[tuple[str, dict[str, Any]]]) -> Iterator[tuple[Origin, list[str]]]:
    """Where an option is set beside the command line, the strongest first: (origin, values as text)."""
    variable = variable_of(name)
    if text := os.environ.get(variable):
        yield Origin("environment", variable), _parts(text, SEPARATORS.get(name))
    for place, table in files:
        if name in table:
            value = table[name]
            yield Origin("file", place), [str(part) for part in (value if isinstance(value, list) else [value])]


def variable_of(name: str) -> str:
    """The variable that sets an option.

    >>> variable_of("min_words")
    'DQ_MIN_WORDS'
    """
    return PREFIX + name.upper()


def _parts(text: str, separator: str | None) -> list[str]:
    return [text] if separator is None else [part.strip() for part in text.split(separator) if part.strip()]


def check_variables(variables: Iterable[str]) -> None:
    """ConfigError that names each variable that looks like one of ours and is none."""
    known = {variable_of(name) for name in option_names()} | OTHER_VARIABLES
    wrong = [f"{name}{_suggest(name, known)}" for name in variables if name.startswith(PREFIX) and name not in known]
    if wrong:
        raise ConfigError(f"the environment sets no option of dq: {'; '.join(wrong)}. `dq run --help` lists them")


def read_settings(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, settings) for each settings file in `folder`; ConfigError for bad TOML or an unknown key."""
    for name, keys in CONFIG_FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            table: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name} is no valid TOML: {error}; correct it") from error
        for depth, key in enumerate(keys):
            if not isinstance(table, dict):
                raise ConfigError(f"{name}: {'.'.join(keys[:depth])} must be a table, not {table!r}")
            table = table.get(key, {})
        where = f"{name} [{'.'.join(keys)}]" if keys else name
        yield where, check_keys(where, table)


def check_keys(where: str, table: Any) -> dict[str, Any]:
    """The settings with hyphens in keys read as underscores; ConfigError names each key that is no option."""
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table of options")
    settings = {key.replace("-", "_"): value for key, value in table.items()}
    known = option_names()
    wrong = [f"{key}{_suggest(key, known)}" for key in settings if key not in known]
    if wrong:
        raise ConfigError(f"{where} names no option of dq: {'; '.join(wrong)}. `dq run --help` lists them")
    return settings


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
