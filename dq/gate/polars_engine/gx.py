"""Every name of Great Expectations that this engine stands on, in one place.

Great Expectations promises stability for a few classes only (`Datasource`, `DataAsset`, `Batch`, `Expectation`); all
else may move with any release. Each name is imported here and nowhere else in this package, and a test looks at each
by itself: an upgrade that breaks one says which.
"""

from __future__ import annotations

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")  # releases before 1.24 would send usage data over the network

from great_expectations.compatibility.pydantic import Extra
from great_expectations.core.batch import BatchData, BatchMarkers, LegacyBatchDefinition
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.datasource.fluent import BatchRequest
from great_expectations.datasource.fluent.batch_identifier_util import make_batch_identifier
from great_expectations.datasource.fluent.constants import _DATA_CONNECTOR_NAME
from great_expectations.datasource.fluent.interfaces import Batch, DataAsset, Datasource
from great_expectations.exceptions import (
    InvalidMetricAccessorDomainKwargsKeyError,
    MetricResolutionError,
    ValidationError,
)
from great_expectations.exceptions.exceptions import BuildBatchRequestError, InvalidBatchRequestError
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations.core.expect_column_quantile_values_to_be_between import (
    ExpectColumnQuantileValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_type_list import (
    ExpectColumnValuesToBeInTypeList,
)
from great_expectations.expectations.core.expect_column_values_to_be_of_type import ExpectColumnValuesToBeOfType
from great_expectations.expectations.legacy_row_conditions import parse_great_expectations_condition
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.expectations.registry import (
    _registered_metrics,
    get_metric_provider,
    register_metric,
)
from great_expectations.validator.metric_configuration import MetricConfiguration

try:
    from great_expectations.expectations.core.expect_column_type_to_be import ExpectColumnTypeToBe
except ImportError:  # not there before 1.23
    ExpectColumnTypeToBe = None

__all__ = [
    "_DATA_CONNECTOR_NAME",
    "Batch",
    "BatchData",
    "BatchMarkers",
    "BatchRequest",
    "BuildBatchRequestError",
    "DataAsset",
    "Datasource",
    "ExecutionEngine",
    "ExpectColumnQuantileValuesToBeBetween",
    "ExpectColumnTypeToBe",
    "ExpectColumnValuesToBeInTypeList",
    "ExpectColumnValuesToBeOfType",
    "Extra",
    "IDDict",
    "InvalidBatchRequestError",
    "InvalidMetricAccessorDomainKwargsKeyError",
    "LegacyBatchDefinition",
    "MetricConfiguration",
    "MetricProvider",
    "MetricResolutionError",
    "RuntimeDataBatchSpec",
    "ValidationError",
    "_registered_metrics",
    "get_metric_provider",
    "make_batch_identifier",
    "parse_great_expectations_condition",
    "register_metric",
]
"""All of them: what to look at when a new release breaks something."""
