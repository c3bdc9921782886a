"""The names of Great Expectations on which the engine stands: each is looked at by itself."""

import inspect

import pytest

from dq.gate.quiet import quiet

with quiet():
    from dq.gate.polars_engine import engine, gx, metrics


@pytest.mark.parametrize("name", gx.__all__)
def test_a_name_is_there(name):
    assert getattr(gx, name) is not None or name == "ExpectColumnTypeToBe"  # not there before 1.23


def test_no_name_is_imported_elsewhere():
    for module in (engine, metrics):
        assert "import great_expectations" not in inspect.getsource(module)


@pytest.mark.parametrize(
    "method",
    ["resolve_metrics", "resolve_metric_bundle", "get_domain_records", "get_compute_domain", "_partition_domain_kwargs",
     "get_batch_data_and_markers", "condition_to_filter_clause"],
)  # fmt: skip
def test_the_engine_overrides_what_is_there(method):
    assert callable(getattr(gx.ExecutionEngine, method, None) or method == "condition_to_filter_clause")


@pytest.mark.parametrize("name", ["_registered_metrics"])
def test_the_registry_has_the_parts_that_are_read(name):
    registry = getattr(gx, name)
    assert {"metric_domain_keys", "metric_value_keys", "default_kwarg_values", "providers"} <= registry[
        "column.max"
    ].keys()


@pytest.mark.parametrize("method", ["_get_evaluation_dependencies"])
def test_metric_providers_ask_for_dependencies(method):
    assert callable(getattr(gx.MetricProvider, method))


@pytest.mark.parametrize("method", ["_add_asset", "get_execution_engine"])
def test_data_sources_have_what_is_called(method):
    assert callable(getattr(gx.Datasource, method))


@pytest.mark.parametrize("method", ["_get_batch_metadata_from_batch_request", "add_batch_definition"])
def test_data_assets_have_what_is_called(method):
    assert callable(getattr(gx.DataAsset, method))


@pytest.mark.parametrize(
    "stock",
    ["ExpectColumnValuesToBeOfType", "ExpectColumnValuesToBeInTypeList", "ExpectColumnQuantileValuesToBeBetween"],
)
def test_stock_expectations_validate_as_ours_do(stock):
    assert list(inspect.signature(vars(getattr(gx, stock))["_validate"]).parameters) == [
        "self", "metrics", "runtime_configuration", "execution_engine",
    ]  # fmt: skip
