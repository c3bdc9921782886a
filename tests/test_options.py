"""Options: declared once, each value with its origin."""

import dataclasses

import pytest

from dq.errors import ConfigError
from dq.options import (
    CleanOptions,
    EngineOptions,
    GateOptions,
    IngestOptions,
    Options,
    Origin,
    ReportOptions,
    changed,
    check,
    names,
)

STAGES = [field.default for field in dataclasses.fields(Options) if field.name != "origins"]


def test_nothing_is_changed_by_default():
    assert changed(Options()) == []


def test_what_is_changed_is_told_with_its_origin():
    options = Options(
        gate=GateOptions(strict=True, languages=("ar", "en")),
        report=ReportOptions(max_shown_examples=3),
        origins={"strict": Origin("flag", "--strict"), "languages": Origin("file", "dq.toml")},
    )
    assert changed(options) == [
        {"name": "languages", "value": "ar, en", "default": "", "origin": "dq.toml"},
        {"name": "max_shown_examples", "value": "3", "default": "20", "origin": "call"},
        {"name": "strict", "value": "True", "default": "False", "origin": "--strict"},
    ]


def test_an_option_has_one_name_over_all_stages():
    names = [field.name for stage in STAGES for field in dataclasses.fields(stage) if field.name != "columns"]
    names += [field.name for field in dataclasses.fields(IngestOptions().columns)]
    assert len(names) == len(set(names)), sorted(name for name in set(names) if names.count(name) > 1)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: type(stage).__name__)
def test_options_are_frozen(stage):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(stage, dataclasses.fields(stage)[0].name, None)


def test_every_default_can_be_used():
    check(Options())


def test_all_values_that_cannot_be_used_are_told_together_with_their_origin():
    options = Options(
        clean=CleanOptions(max_depth="deep"),
        engine=EngineOptions(workers=-1),
        gate=GateOptions(languages=("ar", "zz")),
        origins={"workers": Origin("flag", "--workers")},
    )
    with pytest.raises(ConfigError) as told:
        check(options)
    assert str(told.value).splitlines() == [
        "options that cannot be used:",
        "  - max_depth must be 1 to 2,048, not deep",
        "  - workers must be 0 or more, not -1 (set by --workers)",
        "  - languages must be codes of ISO 639-1, such as ar or en, not ar, zz",
    ]


NUMBERS = [
    (stage, field.name)
    for stage in STAGES
    for field in dataclasses.fields(stage)
    if type(field.default) in {int, float}
]


@pytest.mark.parametrize(("stage", "name"), NUMBERS, ids=[name for _, name in NUMBERS])
def test_every_number_has_a_range(stage, name):
    with pytest.raises(ConfigError, match=rf"- {name} must be .*, not -1"):
        check(dataclasses.replace(stage, **{name: -1}))


def test_names_are_those_of_all_options_and_of_no_stage():
    assert {"url", "encoding", "workers", "strict", "max_hosts", "out", "json"} <= names()
    assert not names() & {"columns", "ingest", "origins"}
