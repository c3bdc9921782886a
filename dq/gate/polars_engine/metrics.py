"""Great Expectations' metrics by name, each with what this engine asks to answer it; and their registration.

The one file in which Great Expectations' registry of metrics is touched. Metrics are registered under the names, and
with the arguments, that its own engines have, so that stock expectations find them; an older release is given those
that it knows. A metric depends on others only where its question needs their answers: all else that a suite needs is
ready at once, and goes into one query.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import polars as pl

from dq.gate.polars_engine import aggregates, gx, masks
from dq.gate.polars_engine.aggregates import Question

Shape = Literal["column", "pair", "columns"]
Condition = Callable[..., pl.Expr]

COUNT, VALUES, COUNTS = "unexpected_count", "unexpected_values", "unexpected_value_counts"
INDEX, QUERY, ROWS = "unexpected_index_list", "unexpected_index_query", "unexpected_rows"
FILTERED, CONDITION = "filtered_row_count", "condition"
_LISTS = (VALUES, COUNTS, INDEX, QUERY, ROWS, FILTERED)
DOMAINS: Mapping[Shape, tuple[str, ...]] = {
    "column": ("column",),
    "pair": ("column_A", "column_B"),
    "columns": ("column_list",),
}
"""Arguments by which a condition is told its columns."""
_DOMAIN = ("batch_id", "table", "row_condition", "condition_parser")


@dataclasses.dataclass(frozen=True, slots=True)
class Mask:
    """A row-wise condition, which stands behind a family of metrics."""

    name: str
    shape: Shape
    condition: Condition
    value_keys: tuple[str, ...] = ()
    needs: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Metrics that the condition is given, with their value keys."""
    skips_nulls: bool = True
    """Whether the nulls of its column are left out."""
    streams: bool = True
    """Whether a row can be judged without the rest of its column."""


@dataclasses.dataclass(frozen=True, slots=True)
class Aggregate:
    """A metric of one column as a whole."""

    name: str
    question: Callable[..., Question]
    value_keys: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A registered metric: what it belongs to, and which of a family it is."""

    of: Mask | Aggregate | str
    part: str = ""


def _mask(name: str, condition: Condition, *value_keys: str, **more: Any) -> Mask:
    return Mask(name, more.pop("shape", "column"), condition, value_keys, **more)


_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")
_BASE_MASKS = (
    _mask("column_values.null", masks.null, skips_nulls=False),
    _mask("column_values.nonnull", masks.not_null, skips_nulls=False),
    _mask("column_values.between", masks.between, *_BOUNDS),
    _mask("column_values.value_length.between", masks.length_between, *_BOUNDS),
    _mask("column_values.value_length.equals", masks.length_equals, "value"),
    _mask("column_values.in_set", masks.in_set, "value_set"),
    _mask("column_values.not_in_set", masks.not_in_set, "value_set"),
    _mask("column_values.unique", masks.unique, streams=False),
    _mask("column_values.increasing", masks.increasing, "strictly", streams=False),
    _mask("column_values.decreasing", masks.decreasing, "strictly", streams=False),
    _mask("column_values.json_parseable", masks.json_parseable),
    _mask("column_values.match_json_schema", masks.matches_json_schema, "json_schema"),
    _mask("column_values.dateutil_parseable", masks.dateutil_parseable),
    _mask("column_values.match_strftime_format", masks.matches_strftime, "strftime_format"),
    _mask("column_values.match_regex", masks.match_regex, "regex"),
    _mask("column_values.not_match_regex", masks.not_match_regex, "regex"),
    _mask("column_values.match_regex_list", masks.match_regex_list, "regex_list", "match_on"),
    _mask("column_values.not_match_regex_list", masks.not_match_regex_list, "regex_list"),
    _mask("column_values.match_like_pattern", masks.match_like, "like_pattern", "escape"),
    _mask("column_values.not_match_like_pattern", masks.not_match_like, "like_pattern", "escape"),
    _mask("column_values.match_like_pattern_list", masks.match_like_list, "like_pattern_list", "match_on", "escape"),
    _mask("column_values.not_match_like_pattern_list", masks.not_match_like_list, "like_pattern_list", "escape"),
    _mask(
        "column_values.z_score.under_threshold",
        masks.z_score_under,
        "double_sided",
        "threshold",
        needs={"column.mean": (), "column.standard_deviation": ()},
    ),
    _mask(
        "column_values.not_outliers",
        masks.not_outlier,
        "method",
        "multiplier",
        needs={"column.outlier_statistics": ("method",)},
    ),
    _mask("column_pair_values.equal", masks.pair_equal, shape="pair"),
    _mask("column_pair_values.a_greater_than_b", masks.pair_greater, "or_equal", shape="pair"),
    _mask("column_pair_values.in_set", masks.pair_in_set, "value_pairs_set", shape="pair"),
    _mask("compound_columns.unique", masks.compound_unique, shape="columns", streams=False),
    _mask("multicolumn_sum.equal", masks.sum_equals, "sum_total", shape="columns"),
    _mask("multicolumn_values.equal", masks.all_equal, shape="columns"),
    _mask("select_column_values.unique.within_record", masks.unique_within_record, shape="columns"),
)
_AGGREGATES = (
    Aggregate("column.min", aggregates.minimum),
    Aggregate("column.max", aggregates.maximum),
    Aggregate("column.mean", aggregates.mean),
    Aggregate("column.median", aggregates.median),
    Aggregate("column.standard_deviation", aggregates.standard_deviation),
    Aggregate("column.sum", aggregates.total),
    Aggregate("column.non_null_count", aggregates.non_null_count),
    Aggregate("column.distinct_values", aggregates.distinct_values),
    Aggregate("column.distinct_values.count", aggregates.distinct_count),
    Aggregate("column.distinct_values.count.under_threshold", aggregates.under_threshold, ("threshold",)),
    Aggregate("column.distinct_values.not_in_set", aggregates.not_in_set, ("value_set", "limit")),
    Aggregate("column.distinct_values.not_in_set.count", aggregates.not_in_set_count, ("value_set",)),
    Aggregate("column.distinct_values.missing_from_column", aggregates.missing, ("value_set", "limit")),
    Aggregate("column.distinct_values.missing_from_column.count", aggregates.missing_count, ("value_set",)),
    Aggregate("column.most_common_value", aggregates.most_common),
    Aggregate("column.value_counts", aggregates.value_counts, ("sort", "collate")),
    Aggregate("column.quantile_values", aggregates.quantiles, ("quantiles", "allow_relative_error")),
    Aggregate("column.outlier_statistics", aggregates.outlier_statistics, ("method",)),
    Aggregate("column.histogram", aggregates.histogram, ("bins",)),
    Aggregate("column.sample_values", aggregates.sample_values, ("count",)),
    Aggregate("column_values.length.max", aggregates.length_max),
    Aggregate("column_values.length.min", aggregates.length_min),
    Aggregate("column_values.between.count", aggregates.count_where(masks.between), _BOUNDS),
    Aggregate("column_values.match_regex", aggregates.matching_values(masks.match_regex), ("regex", "limit")),
    Aggregate(
        "column_values.not_match_regex_values", aggregates.matching_values(masks.not_match_regex), ("regex", "limit")
    ),
)
_TABLE = ("table.row_count", "table.columns", "table.column_types", "table.head")
_QUERIES = (
    "query.table",
    "query.row_count",
    "query.column",
    "query.column_pair",
    "query.multiple_columns",
    "query.template_values",
    "base_query.table",
    "unexpected_rows_query.table",
    "unexpected_rows_query.row_count",
)
_COMBINED = (
    "column_values.null.count",
    "column_values.nonnull.count",
    "column_values.match_regex.count",
    "column_values.not_match_regex.count",
    "column.non_null_proportion",
    "column.unique_proportion",
    "column.descriptive_stats",
    "column.partition",
    "table.column_count",
)
"""Metrics that only combine others: Great Expectations' own functions for its pandas engine serve as they are."""
_OTHER_SOURCE = ("query.data_source_table", "comparison_query.data_source_table")
"""Metrics that ask another data source, by SQL: Great Expectations' own functions serve as they are."""


class PolarsMetric(gx.MetricProvider):  # type: ignore[misc] # Great Expectations has no types here
    """What Great Expectations sees of a metric of this engine: its arguments, and what it depends on."""

    asked: Asked

    @classmethod
    def _get_evaluation_dependencies(
        cls,
        metric: Any,
        configuration: Any = None,
        execution_engine: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        del configuration, execution_engine, runtime_configuration
        needs = cls.asked.of.needs if isinstance(cls.asked.of, Mask) and cls.asked.part != FILTERED else {}
        return {
            name: gx.MetricConfiguration(
                name,
                metric_domain_kwargs=metric.metric_domain_kwargs,
                metric_value_kwargs={key: metric.metric_value_kwargs.get(key) for key in keys} or None,
            )
            for name, keys in needs.items()
        }


def register_condition(mask: Mask, engine: type) -> None:
    """Registers a row-wise condition with all that results tell of it: count, values, indices and rows."""
    domain = DOMAINS[mask.shape]
    keys = (*_DOMAIN, *domain) if mask.shape == "column" else (*_DOMAIN, *domain, "ignore_row_if")
    for part in (CONDITION, COUNT):
        _register(f"{mask.name}.{part}", Asked(mask, part), keys, mask.value_keys, engine)
    for part in _LISTS:
        _register(f"{mask.name}.{part}", Asked(mask, part), keys, (*mask.value_keys, "result_format"), engine)


def register_all(engine: type) -> None:
    """Registers every metric of this engine that the installed release of Great Expectations knows."""
    known = gx._registered_metrics  # noqa: SLF001 - there is no public list
    for mask in _BASE_MASKS:
        if f"{mask.name}.{COUNT}" in known:
            register_condition(mask, engine)
    for aggregate in _AGGREGATES:
        if aggregate.name in known:
            _register(aggregate.name, Asked(aggregate), (*_DOMAIN, "column"), aggregate.value_keys, engine)
    for name in (*_TABLE, *_QUERIES):
        if name in known:
            _register(name, Asked(name), _DOMAIN, (), engine)
    for name in (*_COMBINED, *_OTHER_SOURCE):
        if name in known:
            _adopt(name, engine)


def _register(name: str, asked: Asked, domain: Sequence[str], values: Sequence[str], engine: type) -> None:
    known = gx._registered_metrics.get(name)  # noqa: SLF001
    if known is not None:
        domain, values = known["metric_domain_keys"], known["metric_value_keys"]
    attributes = {
        "asked": asked,
        "domain_keys": tuple(domain),
        "value_keys": tuple(values),
        "default_kwarg_values": known["default_kwarg_values"] if known else {},
    }
    gx.register_metric(
        metric_name=name,
        metric_domain_keys=tuple(domain),
        metric_value_keys=tuple(values),
        execution_engine=engine,
        metric_class=type("PolarsMetric", (PolarsMetric,), attributes),
        metric_provider=_not_called,
    )


def _adopt(name: str, engine: type) -> None:
    """Registers a metric with the class and the function that one of Great Expectations' engines has for it."""
    known = gx._registered_metrics[name]  # noqa: SLF001
    providers = known["providers"]
    stock = next(
        (providers[of] for of in ("PandasExecutionEngine", "SqlAlchemyExecutionEngine") if of in providers), None
    )
    if stock is not None:
        gx.register_metric(
            metric_name=name,
            metric_domain_keys=known["metric_domain_keys"],
            metric_value_keys=known["metric_value_keys"],
            execution_engine=engine,
            metric_class=stock[0],
            metric_provider=stock[1],
        )


def _not_called(**_: Any) -> None:
    """The engine answers its own metrics together; Great Expectations wants a function for each."""
    raise NotImplementedError("metrics of this engine are answered by PolarsExecutionEngine.resolve_metrics")
