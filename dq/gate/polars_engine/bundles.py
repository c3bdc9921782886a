"""Metrics about the same rows, answered together: all figures by one query, then the rows that break a condition."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from dq.gate.polars_engine.aggregates import Question
from dq.gate.polars_engine.columns import is_nan
from dq.gate.polars_engine.domains import Domain
from dq.gate.polars_engine.metrics import COUNT, DOMAINS, FILTERED, Aggregate, Asked, Mask
from dq.gate.polars_engine.rows import PARTS, Broken, BrokenRows, broken
from dq.gate.polars_engine.tables import TABLE_METRICS


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """Values of metrics by id, and metrics that failed with the reason."""

    values: Mapping[Any, Any]
    failures: Sequence[tuple[Any, str]]


class Bundle:
    """Metrics about the rows of one domain."""

    def __init__(self, domain: Domain, group: Sequence[tuple[Any, Asked]], found: Mapping[Any, Any]) -> None:
        self._domain, self._group, self._found = domain, group, found
        self._values: dict[Any, Any] = {}
        self._failures = dict(domain.batch.failures)  # what failed is asked for again: told, and not tried again
        self._broken: dict[str, Broken] = {}
        self._held: dict[str, pl.Series] = {}
        self._counts: dict[str, int] = {}

    def answers(self) -> Answers:
        """The values of all metrics that can be answered, and why the others cannot."""
        open_ones = [(metric, asked) for metric, asked in self._group if metric.id not in self._failures]
        columns = [(metric, asked.of) for metric, asked in open_ones if isinstance(asked.of, Aggregate)]
        masks = self._families([(metric, one.of, one.part) for metric, one in open_ones if isinstance(one.of, Mask)])
        tables = [(metric, asked.of) for metric, asked in open_ones if isinstance(asked.of, str)]
        self._hold(masks)
        self._ask([*self._figures(columns, tables), *self._tallies(masks)])
        for key, members in masks.items():
            for metric, part in members:
                if part in PARTS:
                    self._try(metric, partial(self._rows, key, part, metric))
        for metric, of in tables:
            if of in TABLE_METRICS:
                self._try(metric, partial(self._table, of, metric))
        self._domain.batch.failures |= self._failures
        failed = [(metric, self._failures[metric.id]) for metric, _ in self._group if metric.id in self._failures]
        return Answers(self._values, failed)

    def _families(self, asked: Iterable[tuple[Any, Mask, str]]) -> dict[str, list[tuple[Any, str]]]:
        """Metrics by the condition that they tell of, which is made here."""
        families: dict[str, list[tuple[Any, str]]] = {}
        for metric, mask, part in asked:
            key = _mask_key(metric, mask)
            families.setdefault(key, []).append((metric, part))
            if key not in self._broken:
                value = self._try(metric, partial(self._made, metric, mask))
                if value is not None:
                    self._broken[key] = value
        for key in families.keys() - self._broken.keys():
            reason = next(self._failures[metric.id] for metric, _ in families[key] if metric.id in self._failures)
            self._failures |= dict.fromkeys((metric.id for metric, _ in families.pop(key)), reason)
        return families

    def _made(self, metric: Any, mask: Mask) -> Broken:
        domain, arguments = metric.metric_domain_kwargs, _given(metric)
        if mask.needs:
            arguments["metrics"] = {name: self._found[one.id] for name, one in metric.metric_dependencies.items()}
        names = [domain[key] for key in DOMAINS[mask.shape]] if mask.shape != "columns" else domain["column_list"]
        if mask.shape == "columns" and len(names) < 2:  # noqa: PLR2004 - Great Expectations' own rule
            raise ValueError("column_list must contain at least 2 columns")
        return broken(mask, tuple(map(self._domain.column, names)), domain.get("ignore_row_if"), arguments)

    def _hold(self, families: Mapping[str, list[tuple[Any, str]]]) -> None:
        """Looks where the rows of an eager frame break each condition: once, for its count and for its rows."""
        if not self._domain.batch.eager:
            return

        def look(keys: Sequence[str]) -> None:
            found = self._domain.rows().select(self._broken[key].breaks.alias(key) for key in keys).collect()
            self._held |= {key: found[key] for key in keys}

        def fail(key: str, error: Exception) -> None:
            self._failures |= {metric.id: str(error) for metric, part in families[key] if part != FILTERED}

        _together_or_alone(
            [key for key, members in families.items() if {p for _, p in members} != {FILTERED}], look, fail
        )

    def _figures(
        self, columns: Iterable[tuple[Any, Aggregate]], tables: Iterable[tuple[Any, str]]
    ) -> list[tuple[Any, Question]]:
        found = [(metric, Question((pl.len(),))) for metric, of in tables if of == "table.row_count"]
        for metric, aggregate in columns:
            question = self._try(metric, partial(self._question, metric, aggregate))
            if question is not None:
                found.append((metric, question))
        return found

    def _question(self, metric: Any, aggregate: Aggregate) -> Question:
        return aggregate.question(self._domain.column(metric.metric_domain_kwargs["column"]), **_given(metric))

    def _tallies(self, families: Mapping[str, list[tuple[Any, str]]]) -> list[tuple[Any, Question]]:
        """Rows that break a condition, and rows that are looked at: of each condition the first also for its rows."""
        found = []
        for key, members in families.items():
            one = self._broken[key]
            if key in self._held:
                self._counts[key] = int(self._held[key].sum())
                counted = Question((), lambda key=key: self._counts[key])
            else:
                remember = lambda count, key=key: self._counts.setdefault(key, count)  # noqa: E731
                counted = Question((one.breaks.sum(),), remember, one.mask.streams)
            for metric, part in members:
                if part == COUNT:
                    found.append((metric, counted))
                elif part == FILTERED:
                    found.append((metric, Question((one.looked_at.sum(),))))
        return found

    def _ask(self, questions: Iterable[tuple[Any, Question]]) -> None:
        """Answers questions by one query; where the frame is streamed, by further ones for those that do not stream."""
        bundles: dict[str, list[tuple[Any, Question]]] = {}
        for metric, question in questions:
            if metric.id not in self._failures:
                together = question.streams or self._domain.batch.eager
                bundles.setdefault("" if together else str(metric.metric_domain_kwargs), []).append((metric, question))
        for bundle in bundles.values():
            _together_or_alone(bundle, self._ask_together, lambda one, error: self._fail(one[0], error))

    def _ask_together(self, bundle: Sequence[tuple[Any, Question]]) -> None:
        expressions = [
            expression.alias(f"{place}:{at}")
            for place, (_, question) in enumerate(bundle)
            for at, expression in enumerate(question.expressions)
        ]
        found = self._domain.collect(self._domain.rows().select(expressions)) if expressions else pl.DataFrame()
        for place, (metric, question) in enumerate(bundle):
            given = [found[f"{place}:{at}"][0] for at in range(len(question.expressions))]
            self._values[metric.id] = question.answer(*(None if is_nan(value) else value for value in given))

    def _rows(self, key: str, part: str, metric: Any) -> None:
        rows = BrokenRows(self._domain, self._broken[key], self._held.get(key), self._counts.get(key, -1))
        self._values[metric.id] = PARTS[part](rows, metric.metric_value_kwargs.get("result_format") or {})

    def _table(self, of: str, metric: Any) -> None:
        self._values[metric.id] = TABLE_METRICS[of](self._domain, metric.metric_value_kwargs or {})

    def _try(self, metric: Any, do: Callable[[], Any]) -> Any:
        if metric.id in self._failures:
            return None
        try:
            return do()
        except Exception as error:  # noqa: BLE001 - whatever a metric stumbles over is told, with its name
            self._fail(metric, error)
            return None

    def _fail(self, metric: Any, error: Exception) -> None:
        self._failures[metric.id] = str(error)


def _together_or_alone(items: Sequence[Any], do: Callable[[Sequence[Any]], None], fail: Callable[..., None]) -> None:
    """Does something with all items at once, and where that fails with each by itself, so that the good ones count."""
    if not items:
        return
    try:
        do(items)
    except Exception as error:  # noqa: BLE001 - told by `fail`, of the item that it belongs to
        if len(items) == 1:
            fail(items[0], error)
            return
        for item in items:
            _together_or_alone([item], do, fail)


def _given(metric: Any) -> dict[str, Any]:
    """The arguments of a metric that are set."""
    values = metric.metric_value_kwargs or {}
    return {name: value for name, value in values.items() if name != "result_format" and value is not None}


def _mask_key(metric: Any, mask: Mask) -> str:
    """Equal for metrics that tell of the same condition."""
    return json.dumps([mask.name, metric.metric_domain_kwargs, _given(metric)], default=repr, sort_keys=True)
