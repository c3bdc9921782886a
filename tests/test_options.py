"""Options: declared once, each value with its origin."""

import dataclasses

import pytest

from dq.options import GateOptions, IngestOptions, Options, Origin, ReportOptions, changed

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
