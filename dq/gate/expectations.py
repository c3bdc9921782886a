"""Expectations on news for which Great Expectations has no words.

    expect_column_values_to_be_free_of_mojibake           letters decoded rightly
    expect_column_values_to_be_free_of_markup             no tags, entities, scripts, styles or shortcodes
    expect_column_values_to_be_free_of_walls              no login, subscription, cookie or robot notice at the start
    expect_column_pair_text_to_be_in_stated_language      a text (column_A) in the language of a code (column_B)
    expect_column_pair_date_to_not_be_after_fetch         a date (column_A) not after the fetch (column_B)
    expect_column_shares_to_be_between                    shares, judged by the evidence that so many cases give
    expect_column_values_to_be_between_by_host            between bounds, which single hosts may have of their own

They are registered by importing this module: do so before stock Great Expectations loads a suite that names them. Each
is judged by the engine for Polars, and renders in Data Docs.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal

import polars as pl

from dq.figures import wilson
from dq.gate.quiet import quiet

with quiet():
    from great_expectations.compatibility.pydantic import validator
    from great_expectations.expectations.expectation import (
        ColumnMapExpectation,
        ColumnPairMapExpectation,
        render_suite_parameter_string,
    )
    from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
    from great_expectations.render.renderer.renderer import renderer
    from great_expectations.render.renderer_configuration import RendererConfiguration, RendererValueType

    from dq.gate.polars_engine import Column, condition

_PATTERNS = tomllib.loads(Path(__file__).with_name("patterns.toml").read_text(encoding="utf-8"))
WALL_CHARACTERS = 300
"""A notice at the start of a text lies within so many characters."""
LANGUAGE_CHARACTERS = 400
"""Characters of a text by which its language is judged."""
LEAST_CHARACTERS = 60
"""Texts with fewer characters say nothing of their language."""
CLOCKS = timedelta(hours=14)
"""By how much a page's wall time may be ahead of UTC."""

SCRIPTS = {
    "Arabic": "ar ckb fa ks ps sd ug ur",
    "Hebrew": "he yi",
    "Cyrillic": "ba be bg ce cv ky mk mn ru tg tt uk",
    "Greek": "el",
    "Devanagari": "hi mr ne sa",
    "Bengali": "as bn",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Gujarati": "gu",
    "Gurmukhi": "pa",
    "Thai": "th",
    "Georgian": "ka",
    "Armenian": "hy",
    "Ethiopic": "am ti",
    "Hangul": "ko",
    "Han": "zh",
    "Latin": "af ca cs cy da de en eo es et eu fi fr ga gl hr hu id is it lt lv ms mt nl nb nn no pl pt ro sk sl sq sv "
    "sw tl tr vi",
}
"""Languages that are written in one script, by script."""
WORDS = {
    "en": "the of and to in that is for was on",
    "fr": "le la les de des et du est une dans que",
    "es": "el la los las de del que y en una por",
    "de": "der die das und den von mit ist des auf ein",
    "it": "il la di che e del della per una gli nel",
    "pt": "o os de da do que e em uma para não",
    "nl": "de het een van en in dat is op te",
    "tr": "ve bir bu için ile da de olarak olan",
    "id": "yang dan di dengan untuk dari ini itu dalam",
    "pl": "w i z na do nie się że to jest",
    "sv": "och i att det som en på är av för",
    "ro": "de în și la cu pe din care că este",
}
"""Words so common that a text of a language has one of them soon."""

IgnoreRowIf = Literal["both_values_are_missing", "either_value_is_missing", "neither"]
_PAIR_DOMAIN = ("batch_id", "column_A", "column_B", "row_condition", "condition_parser", "ignore_row_if")


@condition("column_values.free_of_mojibake")
def _free_of_mojibake(column: Column) -> pl.Expr:
    return ~column.text.str.contains(_PATTERNS["mojibake"])


@condition("column_values.free_of_markup")
def _free_of_markup(column: Column) -> pl.Expr:
    return ~column.text.str.contains(_PATTERNS["markup"])


@condition("column_values.free_of_walls")
def _free_of_walls(column: Column) -> pl.Expr:
    start = column.text.str.slice(0, WALL_CHARACTERS)
    return ~pl.any_horizontal(start.str.contains(wall) for wall in _PATTERNS["walls"])


@condition("column_pair_values.in_stated_language", shape="pair")
def _in_stated_language(text: Column, language: Column) -> pl.Expr:
    rows = pl.struct(text.text.str.slice(0, LANGUAGE_CHARACTERS).alias("text"), language.text.alias("language"))
    return rows.map_batches(_judged_by_language, return_dtype=pl.Boolean, is_elementwise=True)


def _judged_by_language(rows: pl.Series) -> pl.Series:
    """Whether each text is in its language: language by language, as each asks for patterns of its own."""
    frame = rows.struct.unnest().with_row_index("at")
    judged = [part.select("at", met=_in_language(part["language"][0])) for part in frame.partition_by("language")]
    return pl.concat([frame.head(0).select("at", met=pl.lit(value=True)), *judged]).sort("at")["met"]


def _in_language(language: object) -> pl.Expr:
    """Whether text has at least as many runs of letters in the language's script as in others, and a common word."""
    text = pl.col("text")
    met = pl.lit(value=True)
    script = next((name for name, codes in SCRIPTS.items() if language in codes.split()), None)
    if script is not None:
        own = text.str.count_matches(rf"\p{{{script}}}+")
        met &= own >= text.str.count_matches(rf"[\p{{L}}--\p{{{script}}}]+")
    if language in WORDS:
        met &= text.str.contains(rf"(?i)\b(?:{'|'.join(WORDS[str(language)].split())})\b")
    return met | (text.str.len_chars() < LEAST_CHARACTERS)


@condition("column_pair_values.not_after_fetch", shape="pair")
def _not_after_fetch(date: Column, fetched: Column) -> pl.Expr:
    wall = fetched.expr.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return date.expr <= wall + CLOCKS


def _bound(usual: float | None, own: str | None, side: str) -> pl.Expr | None:
    """A bound for each row: the host's own where it has one, else the usual one; None where there is none at all."""
    bounds = {host: bound[side] for host, bound in json.loads(own or "{}").items() if side in bound}
    if not bounds:
        return None if usual is None else pl.lit(usual)
    return pl.col("host").replace_strict(bounds, default=usual, return_dtype=pl.Float64)


def _within(low: pl.Expr | None, high: pl.Expr | None, least: pl.Expr, most: pl.Expr) -> pl.Expr:
    """Whether `most` reaches up to the lower bound, and `least` stays below the upper one."""
    met = pl.lit(value=True)
    if low is not None:
        met &= (most >= low) | low.is_null()
    if high is not None:
        met &= (least <= high) | high.is_null()
    return met


@condition("column_values.between_by_host", value_keys=("min_value", "max_value", "hosts"))
def between_by_host(
    column: Column,
    min_value: float | None = None,
    max_value: float | None = None,
    hosts: str | None = None,
) -> pl.Expr:
    """Between two bounds, for which hosts may have their own."""
    values = column.numbers
    return _within(_bound(min_value, hosts, "min"), _bound(max_value, hosts, "max"), values, values)


@condition("column_values.share_between", value_keys=("cases", "min_value", "max_value", "confidence", "hosts"))
def share_between(  # noqa: PLR0913, PLR0917 - the expectation's own arguments
    column: Column,
    cases: str,
    min_value: float | None = None,
    max_value: float | None = None,
    confidence: float = 0.95,
    hosts: str | None = None,
) -> pl.Expr:
    """A share whose interval of `wilson` is not wholly beyond a bound, for which hosts may have their own."""
    least, most = wilson(column.numbers, pl.col(cases).cast(pl.Float64), confidence)
    within = _within(_bound(min_value, hosts, "min"), _bound(max_value, hosts, "max"), least, most)
    return within | pl.col(cases).is_null() | (pl.col(cases) == 0)


def _as_text(hosts: Mapping[str, Mapping[str, float]] | str | None) -> str | None:
    """Bounds by host as JSON text: Great Expectations copies an expectation's arguments a hundred times and more."""
    return json.dumps(hosts, ensure_ascii=False, sort_keys=True) if isinstance(hosts, Mapping) else hosts


class _Told:
    """How an expectation is told in Data Docs: by one sentence, in which $name stands for an argument."""

    sentence: ClassVar[str]

    @classmethod
    def _prescriptive_template(cls, renderer_configuration: RendererConfiguration) -> RendererConfiguration:
        for name, value in renderer_configuration.kwargs.items():
            number = isinstance(value, int | float)
            kind = RendererValueType.NUMBER if number else RendererValueType.STRING
            renderer_configuration.add_param(name=name, param_type=kind, value=value if number else str(value))
        renderer_configuration.template_str = cls._worded(renderer_configuration.kwargs)
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)  # type: ignore[untyped-decorator] # GX has no types here
    @render_suite_parameter_string  # type: ignore[untyped-decorator]
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        del result
        kwargs = configuration.kwargs if configuration else {}
        template = {
            "template": cls._worded(kwargs),
            "params": {name: str(value) for name, value in kwargs.items()},
            "styling": (runtime_configuration or {}).get("styling"),
        }
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]

    @classmethod
    def _worded(cls, kwargs: Mapping[str, Any]) -> str:
        bounds = [
            *(["at least $min_value"] if kwargs.get("min_value") is not None else []),
            *(["at most $max_value"] if kwargs.get("max_value") is not None else []),
        ]
        mostly = kwargs.get("mostly")
        quantity = f", in at least {mostly * 100:g}% of rows" if isinstance(mostly, int | float) and mostly < 1 else ""
        own = ", with bounds of their own for $hosts" if kwargs.get("hosts") else ""
        return f"{cls.sentence.replace('BOUNDS', ' and '.join(bounds))}{own}{quantity}."


with quiet():  # defining an expectation registers it, which Great Expectations logs

    class ExpectColumnValuesToBeFreeOfMojibake(_Told, ColumnMapExpectation):  # type: ignore[misc] # GX has no types here
        """Letters are decoded rightly: UTF-8 is not read as another encoding, and none is lost."""

        map_metric = "column_values.free_of_mojibake"
        sentence: ClassVar[str] = "$column has no letters that were decoded wrongly (mojibake)"

    class ExpectColumnValuesToBeFreeOfMarkup(_Told, ColumnMapExpectation):  # type: ignore[misc]
        """Text holds no tags, entities, scripts, styles or shortcodes."""

        map_metric = "column_values.free_of_markup"
        sentence: ClassVar[str] = "$column has no markup, entities, script or style in it"

    class ExpectColumnValuesToBeFreeOfWalls(_Told, ColumnMapExpectation):  # type: ignore[misc]
        """Text does not begin like a login, subscription, cookie or robot notice."""

        map_metric = "column_values.free_of_walls"
        sentence: ClassVar[str] = "$column does not begin with a login, subscription, cookie or robot notice"

    class ExpectColumnPairTextToBeInStatedLanguage(_Told, ColumnPairMapExpectation):  # type: ignore[misc]
        """Text (column_A) is in the language that a code of ISO 639-1 (column_B) states: by script, and common words.

        Languages that are written in several scripts are not judged, nor are texts of fewer than 60 characters.
        """

        map_metric = "column_pair_values.in_stated_language"
        domain_keys = _PAIR_DOMAIN
        sentence: ClassVar[str] = "$column_A is in the language that $column_B states"
        ignore_row_if: IgnoreRowIf = "either_value_is_missing"

    class ExpectColumnPairDateToNotBeAfterFetch(_Told, ColumnPairMapExpectation):  # type: ignore[misc]
        """A date as the page tells it (column_A, wall time) is not after the page was fetched (column_B, an instant).

        Clocks are up to 14 hours ahead of UTC. Rows without one of the two are not judged.
        """

        map_metric = "column_pair_values.not_after_fetch"
        domain_keys = _PAIR_DOMAIN
        sentence: ClassVar[str] = "$column_A is not after $column_B"
        ignore_row_if: IgnoreRowIf = "either_value_is_missing"

    class ExpectColumnValuesToBeBetweenByHost(_Told, ColumnMapExpectation):  # type: ignore[misc]
        """Values lie between two bounds, for which hosts may have their own: {host: {"min": ..., "max": ...}}."""

        map_metric = "column_values.between_by_host"
        success_keys = ("min_value", "max_value", "hosts", "mostly")
        sentence: ClassVar[str] = "$column is BOUNDS"
        min_value: float | None = None
        max_value: float | None = None
        hosts: str | None = None
        _hosts_as_text = validator("hosts", pre=True, allow_reuse=True)(_as_text)

    class ExpectColumnSharesToBeBetween(_Told, ColumnMapExpectation):  # type: ignore[misc]
        """Shares lie between two bounds, judged by the evidence that so many cases give.

        A share breaks a bound where the whole interval of `wilson` lies beyond it: one bad page of five does not, five
        of five do. `cases` names the column with the number of cases; hosts may have bounds of their own.
        """

        map_metric = "column_values.share_between"
        success_keys = ("cases", "min_value", "max_value", "confidence", "hosts", "mostly")
        sentence: ClassVar[str] = "$column is BOUNDS of $cases, at a confidence of $confidence"
        cases: str
        min_value: float | None = None
        max_value: float | None = None
        confidence: float = 0.95
        hosts: str | None = None
        _hosts_as_text = validator("hosts", pre=True, allow_reuse=True)(_as_text)
