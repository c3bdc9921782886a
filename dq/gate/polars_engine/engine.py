"""Great Expectations' metrics on a Polars frame: as few queries as can be, and no copy of the data.

Great Expectations hands over all metrics of a suite at once. They are sorted by the rows they are about (a batch, and a
row condition or none). For each such set of rows, one query answers every count and every figure of a column; a second
one those that need a column as a whole, where the frame is streamed; rows are looked at only for conditions that
some rows break, and only as many as the result format asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from dq.gate.polars_engine import gx
from dq.gate.polars_engine.bundles import Bundle
from dq.gate.polars_engine.conditions import as_tree, row_filter
from dq.gate.polars_engine.domains import Domain, PolarsBatchData
from dq.gate.polars_engine.metrics import Asked, Mask, PolarsMetric, Shape, register_all, register_condition


class PolarsExecutionEngine(gx.ExecutionEngine):  # type: ignore[misc]
    """Runs Great Expectations' metrics on Polars frames, eager or lazy."""

    def get_batch_data_and_markers(self, batch_spec: Any) -> tuple[PolarsBatchData, Any]:
        """The batch that a data asset made of a frame.

        Raises ValidationError where it holds something else.
        """
        frame = batch_spec.batch_data if isinstance(batch_spec, gx.RuntimeDataBatchSpec) else None
        if isinstance(frame, PolarsBatchData):
            frame = frame.frame
        if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
            raise gx.ValidationError(f"PolarsExecutionEngine takes a Polars frame, not {type(frame).__name__}.")
        batch_spec.batch_data = "PolarsDataFrame"  # the specification is told in results, where no data belong
        markers = gx.BatchMarkers({"ge_load_time": datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")})
        return PolarsBatchData(self, frame), markers

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: dict[Any, Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """The values of some metrics by id.

        Raises MetricResolutionError for the first that fails, after what was found has been put into `metrics`; Great
        Expectations asks for the others again.
        """
        found = {} if metrics is None else metrics
        ours: dict[str, list[tuple[Any, Asked]]] = {}
        stock = []
        for metric in sorted(metrics_to_resolve, key=lambda one: str(one.id)):
            provider, _ = gx.get_metric_provider(metric.metric_name, self)
            if issubclass(provider, PolarsMetric):
                ours.setdefault(_domain_key(metric.metric_domain_kwargs), []).append((metric, provider.asked))
            else:
                stock.append(metric)
        resolved: dict[Any, Any] = {}
        failures: list[tuple[Any, str]] = []
        for group in ours.values():
            try:
                domain = self.domain(group[0][0].metric_domain_kwargs)
            except Exception as error:  # noqa: BLE001 - whatever a condition stumbles over is told of each metric
                failures += [(metric, str(error)) for metric, _ in group]
                continue
            answers = Bundle(domain, group, found).answers()
            resolved |= answers.values
            failures += answers.failures
        if failures:
            found.update(resolved)
            metric, message = failures[0]
            raise gx.MetricResolutionError(message=message, failed_metrics=[metric])
        found.update(resolved)
        if stock:
            resolved |= super().resolve_metrics(stock, found, runtime_configuration)
        return resolved

    def resolve_metric_bundle(self, metric_fn_bundle: Any) -> dict[Any, Any]:
        """Nothing: metrics of this engine are bundled by `resolve_metrics`, and no others can be."""
        del metric_fn_bundle
        return {}

    def domain(self, domain_kwargs: Mapping[str, Any]) -> Domain:
        """The rows that a metric's domain names."""
        if domain_kwargs.get("table"):
            raise ValueError("PolarsExecutionEngine does not currently support multiple named tables.")
        batch = self._batch(domain_kwargs.get("batch_id"))
        condition = domain_kwargs.get("row_condition")
        if not condition:
            return Domain(batch, None)
        return Domain(batch, row_filter(condition, domain_kwargs.get("condition_parser"), batch.schema))

    def _batch(self, batch_id: str | None) -> PolarsBatchData:
        manager = self.batch_manager
        if batch_id is None:
            if manager.active_batch_data_id is None:
                raise gx.ValidationError("No batch is specified, but could not identify a loaded batch.")
            batch_id = manager.active_batch_data_id
        if batch_id not in manager.batch_data_cache:
            raise gx.ValidationError(f"Unable to find batch with batch_id {batch_id}")
        batch: PolarsBatchData = manager.batch_data_cache[batch_id]
        return batch

    def get_domain_records(self, domain_kwargs: dict[str, Any]) -> pl.LazyFrame:
        """The rows that a metric is about: for metrics of others that are written for this engine."""
        return self.domain(domain_kwargs).rows()

    def get_compute_domain(
        self, domain_kwargs: dict[str, Any], domain_type: Any, accessor_keys: Iterable[str] | None = None
    ) -> tuple[pl.LazyFrame, dict[str, Any], dict[str, Any]]:
        """The same, with the domain parted into what says which rows, and what says which columns."""
        parted = self._partition_domain_kwargs(domain_kwargs, domain_type, accessor_keys)
        return self.get_domain_records(domain_kwargs), parted.compute, parted.accessor

    def condition_to_filter_clause(self, condition: Any) -> pl.Expr:
        """A row condition as an expression."""
        active = self._batch(None)
        return row_filter(condition, None, active.schema)

    # Great Expectations declares these abstract; `row_filter` reads a whole condition at once.
    _comparison_condition_to_filter_clause = condition_to_filter_clause
    _nullity_condition_to_filter_clause = condition_to_filter_clause
    _and_condition_to_filter_clause = condition_to_filter_clause
    _or_condition_to_filter_clause = condition_to_filter_clause


register_all(PolarsExecutionEngine)


def condition(
    name: str, *, shape: Shape = "column", value_keys: Sequence[str] = (), streams: bool = True
) -> Callable[[Callable[..., pl.Expr]], Callable[..., pl.Expr]]:
    """Makes a function the condition behind a family of metrics, for expectations of one's own.

    The function is given the column (`Column`: its `expr`, `text`, `numbers` and `dtype`), two columns for a "pair" or
    a sequence of them for "columns", and the arguments named in `value_keys`; it gives back an expression that is true
    where a row meets the expectation. Nulls of a single column are left out beforehand. `streams` is False where a row
    cannot be judged without the others.

        @condition("column_values.shouts", value_keys=("marks",))
        def _shouts(column, marks):
            return ~column.text.str.ends_with("!" * marks)

        class ExpectColumnValuesNotToShout(ColumnMapExpectation):
            map_metric = "column_values.shouts"
            success_keys = ("marks", "mostly")
            marks: int = 1
    """

    def registered(function: Callable[..., pl.Expr]) -> Callable[..., pl.Expr]:
        mask = Mask(name, shape, function, tuple(value_keys), streams=streams)
        register_condition(mask, PolarsExecutionEngine)
        return function

    return registered


def _domain_key(domain_kwargs: Mapping[str, Any]) -> str:
    """Equal for metrics that are about the same rows."""
    condition = domain_kwargs.get("row_condition")
    told = condition if condition is None or isinstance(condition, str) else as_tree(condition)
    parts = [domain_kwargs.get("batch_id"), domain_kwargs.get("table"), told, domain_kwargs.get("condition_parser")]
    return json.dumps(parts, default=str)
