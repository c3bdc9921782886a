"""The data source and the data asset through which Great Expectations is handed a Polars frame.

Importing this module gives every context `context.data_sources.add_polars(name)`, as the class does by being defined.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import polars as pl

from dq.gate.polars_engine import gx
from dq.gate.polars_engine.engine import PolarsExecutionEngine


class PolarsDataFrameAsset(gx.DataAsset):  # type: ignore[misc] # Great Expectations has no types here
    """A frame, eager or lazy, that is handed over when it is to be validated."""

    type: Literal["dataframe"] = "dataframe"

    class Config:
        """Of pydantic: a misspelt argument is an error."""

        extra = gx.Extra.forbid

    def test_connection(self) -> None:
        """Nothing to connect to."""

    def get_batch_parameters_keys(self, partitioner: Any = None) -> tuple[str, ...]:
        """What a batch is asked for by."""
        del partitioner
        return ("dataframe",)

    def get_batch_identifiers_list(self, batch_request: Any) -> list[Any]:
        """The one batch that there is."""
        return [gx.IDDict(batch_request.options)]

    def build_batch_request(
        self, options: dict[str, Any] | None = None, batch_slice: Any = None, partitioner: Any = None
    ) -> Any:
        """A request for the batch that is the frame under `dataframe` in `options`.

        Raises BuildBatchRequestError where `options` hold anything else, or a slice or a partitioner is given.
        """
        if batch_slice is not None or partitioner is not None:
            raise gx.BuildBatchRequestError(
                message="batch_slice and partitioner are not supported for a Polars frame and must be None."
            )
        if options is None or set(options) != {"dataframe"}:
            raise gx.BuildBatchRequestError(message="options must contain exactly 1 key, 'dataframe'.")
        if not isinstance(options["dataframe"], pl.DataFrame | pl.LazyFrame):
            raise gx.BuildBatchRequestError(
                message="Cannot build batch request without a Polars DataFrame or LazyFrame: "
                f"'dataframe' is {type(options['dataframe']).__name__}."
            )
        return gx.BatchRequest(datasource_name=self.datasource.name, data_asset_name=self.name, options=options)

    def _validate_batch_request(self, batch_request: Any) -> None:
        asks_here = (batch_request.datasource_name, batch_request.data_asset_name) == (self.datasource.name, self.name)
        frame = (batch_request.options or {}).get("dataframe")
        if not (asks_here and len(batch_request.options) == 1 and isinstance(frame, pl.DataFrame | pl.LazyFrame)):
            raise gx.InvalidBatchRequestError(
                f"BatchRequest should name the data source {self.datasource.name!r} and the data asset {self.name!r}, "
                "and hold a Polars frame under 'dataframe' in its options."
            )

    def get_batch(self, batch_request: Any) -> Any:
        """The batch for a request of `build_batch_request`."""
        self._validate_batch_request(batch_request)
        spec = gx.RuntimeDataBatchSpec(batch_data=batch_request.options["dataframe"])
        data, markers = self.datasource.get_execution_engine().get_batch_data_and_markers(batch_spec=spec)
        definition = gx.LegacyBatchDefinition(
            datasource_name=self.datasource.name,
            data_connector_name=gx._DATA_CONNECTOR_NAME,  # noqa: SLF001 - there is no public name
            data_asset_name=self.name,
            batch_identifiers=gx.make_batch_identifier(batch_request.options),
            batch_spec_passthrough=None,
        )
        return gx.Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=batch_request,
            data=data,
            metadata=self._get_batch_metadata_from_batch_request(
                batch_request=batch_request, ignore_options=("dataframe",)
            ),
            batch_markers=markers,
            batch_spec=spec,
            batch_definition=definition,
        )

    def add_batch_definition_whole_dataframe(self, name: str) -> Any:
        """A batch definition that is the whole frame."""
        return self.add_batch_definition(name=name, partitioner=None)


class PolarsDatasource(gx.Datasource):  # type: ignore[misc]
    """Frames of Polars: `context.data_sources.add_polars(name)`."""

    asset_types: ClassVar[list[Any]] = [PolarsDataFrameAsset]

    type: Literal["polars"] = "polars"
    assets: list[PolarsDataFrameAsset] = []  # noqa: RUF012 - pydantic copies it

    @property
    def execution_engine_type(self) -> Any:
        """What answers its metrics."""
        return PolarsExecutionEngine

    def test_connection(self, test_assets: bool = True) -> None:  # noqa: FBT001, FBT002 - as it is called
        """Nothing to connect to."""

    def add_dataframe_asset(self, name: str, batch_metadata: dict[str, Any] | None = None) -> PolarsDataFrameAsset:
        """A data asset for frames of one kind."""
        asset: PolarsDataFrameAsset = self._add_asset(
            PolarsDataFrameAsset(name=name, batch_metadata=batch_metadata or {})
        )
        return asset
