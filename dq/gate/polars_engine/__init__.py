from dq.gate.polars_engine import expectations as _expectations  # noqa: F401 - puts its classes in the stock ones' place
from dq.gate.polars_engine.datasource import PolarsDataFrameAsset, PolarsDatasource
from dq.gate.polars_engine.engine import PolarsExecutionEngine

__all__ = ["PolarsDataFrameAsset", "PolarsDatasource", "PolarsExecutionEngine"]
