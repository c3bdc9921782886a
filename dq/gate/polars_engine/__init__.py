"""Great Expectations on Polars: any stock suite on a DataFrame or a LazyFrame, with no copy of the data.

Importing this package gives every context a further kind of data source, which is used like any other:

    import great_expectations as gx
    import polars as pl
    import dq.gate.polars_engine

    context = gx.get_context()
    asset = context.data_sources.add_polars("frames").add_dataframe_asset("articles")
    batch = asset.add_batch_definition_whole_dataframe("all")
    batch.get_batch({"dataframe": pl.scan_parquet("articles.parquet")}).validate(suite)

Suites, row conditions, result formats, validation definitions, checkpoints and Data Docs work as elsewhere, and
results are those of the pandas engine. A LazyFrame is streamed; what a suite needs is asked in few queries.
In addition there are LIKE patterns and expectations in SQL (`UnexpectedRowsExpectation`), as Polars reads SQL.

* NaN counts as missing. Integers stay integers where some are missing.
* Regular expressions run in Rust's engine, and those that it cannot run in Python's (`regexes`).
* Types are asked for by their names in Polars, Python or pandas ("Int64", "int", "int64").
* Conditions of one's own: `condition`.
* A context that was saved with a Polars data source is opened after this package has been imported.

It needs nothing else of dq.
"""

import dq.gate.polars_engine.expectations  # noqa: F401 - takes the place of stock ones
from dq.gate.polars_engine.columns import Column
from dq.gate.polars_engine.datasource import PolarsDataFrameAsset, PolarsDatasource
from dq.gate.polars_engine.engine import PolarsExecutionEngine, condition
from dq.gate.polars_engine.regexes import to_rust

__all__ = [
    "Column",
    "PolarsDataFrameAsset",
    "PolarsDatasource",
    "PolarsExecutionEngine",
    "condition",
    "to_rust",
]
