"""Row conditions as Polars expressions: Great Expectations' own, those for pandas' `DataFrame.query`, and SQL.

Nulls are told apart from values as pandas does: null equals nothing, differs from everything, and has no order.
"""

from __future__ import annotations

import ast
import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from dateutil.parser import parse as parse_date

from dq.gate.polars_engine import gx
from dq.gate.polars_engine.columns import Column, every

_ORDERS: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<": pl.Expr.lt,
    "<=": pl.Expr.le,
    ">": pl.Expr.gt,
    ">=": pl.Expr.ge,
}
_TOKEN = re.compile(r"`(?P<name>[^`]+)`|(?P<both>&)|(?P<either>\|)|'[^']*'|\"[^\"]*\"")


class ConditionError(ValueError):
    """A row condition that cannot be understood."""


def row_filter(condition: Any, parser: str | None, schema: pl.Schema) -> pl.Expr:
    """The rows that a row condition keeps.

    Raises ConditionError where it cannot be understood or names a column that is not there.
    """
    tree = condition if isinstance(condition, str) else as_tree(condition)
    if not isinstance(tree, str) and tree.get("type") == "pass_through":
        tree = str(tree["pass_through_filter"])  # what a condition for a parser becomes when a suite is read
    if not isinstance(tree, str):
        return _from_tree(tree, schema)
    if parser in {None, "pandas"}:
        return _pandas_query(tree, schema)
    if parser in {"great_expectations", "great_expectations__experimental__"}:
        return _great_expectations(tree, schema)
    return _sql(tree, schema)


def _from_tree(tree: Mapping[str, Any], schema: pl.Schema) -> pl.Expr:
    match tree.get("type"):
        case "comparison":
            column = _column(_column_name(tree["column"]), schema)
            return _comparison(column, str(getattr(tree["operator"], "value", tree["operator"])), tree["parameter"])
        case "nullity":
            column = _column(_column_name(tree["column"]), schema)
            return column.expr.is_null() if tree["is_null"] else column.expr.is_not_null()
        case "and":
            return every([_from_tree(as_tree(part), schema) for part in tree["conditions"]])
        case "or":
            return pl.any_horizontal([_from_tree(as_tree(part), schema) for part in tree["conditions"]])
        case other:
            raise ConditionError(f"row conditions of type {other!r} are not known")


def as_tree(condition: Any) -> Mapping[str, Any]:
    """A condition of Great Expectations as its parts by name."""
    return condition if isinstance(condition, Mapping) else condition.dict()


def _column_name(column: Any) -> str:
    return str(column["name"] if isinstance(column, Mapping) else getattr(column, "name", column))


def _column(name: str, schema: pl.Schema) -> Column:
    if name not in schema:
        raise ConditionError(f"the row condition names a column {name!r}, and the data has {', '.join(schema)}")
    return Column(name, schema[name])


def _comparison(column: Column, symbol: str, parameter: Any) -> pl.Expr:
    match symbol:
        case "==":
            return _equal(column, parameter)
        case "!=":
            return ~_equal(column, parameter)
        case "IN":
            return column.is_in(parameter, parse=True).fill_null(value=False)
        case "NOT_IN":
            return ~column.is_in(parameter, parse=True).fill_null(value=False)
    values, bound = column.bound(parameter)
    return _ORDERS[symbol](values, bound)


def _equal(column: Column, parameter: Any) -> pl.Expr:
    if column.dtype.is_temporal() and parameter is not None:
        values, bound = column.bound(parameter)
        return (values == bound).fill_null(value=False)
    return column.is_in([parameter]).fill_null(value=False)


def _great_expectations(condition: str, schema: pl.Schema) -> pl.Expr:
    """Such as `col("pages") >= 5` and `col("host").notnull()`."""
    parsed = gx.parse_great_expectations_condition(condition)
    column = _column(parsed["column"], schema)
    if "notnull" in parsed:
        return column.expr.is_not_null()
    if "fnumber" in parsed:
        return _comparison(column, parsed["op"], float(parsed["fnumber"]))
    return _comparison(column, parsed["op"], parsed["condition_value"])


def _sql(condition: str, schema: pl.Schema) -> pl.Expr:
    try:
        found = pl.sql_expr(condition)
        pl.LazyFrame(schema=schema).filter(found).collect_schema()
    except pl.exceptions.PolarsError as error:
        raise ConditionError(f"the row condition {condition!r} is no SQL that Polars understands: {error}") from error
    return found


def _pandas_query(condition: str, schema: pl.Schema) -> pl.Expr:
    """Such as `pages >= 5 & host not in ["a", "b"]`, with column names that are no identifiers in backticks.

    As in pandas, `&` and `|` bind like `and` and `or`.
    """
    names: dict[str, str] = {}

    def translated(found: re.Match[str]) -> str:
        if found["both"] or found["either"]:
            return " and " if found["both"] else " or "
        if not found["name"]:
            return found[0]
        names[name := f"_column_{len(names)}"] = found["name"]
        return name

    try:
        tree = ast.parse(_TOKEN.sub(translated, condition).strip(), mode="eval")
    except SyntaxError as error:
        raise ConditionError(f"the row condition {condition!r} cannot be read: {error.msg}") from error
    return _Query(condition, names, schema).truth(tree.body)


class _Query:
    """The syntax tree of a pandas query, node by node."""

    _ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
    }
    _SYMBOLS: Mapping[type[ast.cmpop], str] = {
        ast.Eq: "==",
        ast.NotEq: "!=",
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.In: "IN",
        ast.NotIn: "NOT_IN",
    }
    _MIRRORED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}

    def __init__(self, text: str, names: Mapping[str, str], schema: pl.Schema) -> None:
        self._text, self._names, self._schema = text, names, schema

    def truth(self, node: ast.expr) -> pl.Expr:  # noqa: PLR0911 - one line a kind of node
        """A node that is true or false for a row."""
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return every([self.truth(value) for value in values])
            case ast.BoolOp(op=ast.Or(), values=values):
                return pl.any_horizontal([self.truth(value) for value in values])
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return ~self.truth(operand)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                sides = [left, *comparators]
                return every([self._compare(op, sides[at], sides[at + 1]) for at, op in enumerate(ops)])
            case ast.Call(func=ast.Attribute(value=value, attr=method), args=arguments):
                return self._call(value, method, arguments)
            case ast.Name():
                return self._named(node).expr.fill_null(value=False)
            case ast.Constant(value=bool(value)):
                return pl.lit(value)
        raise self._unknown(node)

    def _compare(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> pl.Expr:
        symbol = self._SYMBOLS.get(type(op))
        if symbol is None:
            raise self._unknown(left)
        if isinstance(right, ast.List | ast.Tuple):  # pandas takes == with a list for "in"
            symbol = {"==": "IN", "!=": "NOT_IN"}.get(symbol, symbol)
        if isinstance(left, ast.Name) and self._is_literal(right):
            return _comparison(self._named(left), symbol, self._literal(right)).fill_null(value=False)
        if isinstance(right, ast.Name) and self._is_literal(left) and symbol in self._MIRRORED:
            return _comparison(self._named(right), self._MIRRORED[symbol], self._literal(left)).fill_null(value=False)
        first, second = self._value(left), self._value(right)
        if symbol == "==":
            return (first == second).fill_null(value=False)
        if symbol == "!=":
            return (first != second).fill_null(value=True)
        if symbol not in _ORDERS:
            raise self._unknown(right)
        return _ORDERS[symbol](first, second).fill_null(value=False)

    def _call(self, value: ast.expr, method: str, arguments: list[ast.expr]) -> pl.Expr:  # noqa: PLR0911 - the same
        if isinstance(value, ast.Name):
            column = self._named(value)
            match method:
                case "isnull" | "isna":
                    return column.expr.is_null()
                case "notnull" | "notna":
                    return column.expr.is_not_null()
                case "isin":
                    return column.is_in(self._literal(arguments[0])).fill_null(value=False)
                case "between":
                    low, high = (self._literal(argument) for argument in arguments)
                    return every([_comparison(column, ">=", low), _comparison(column, "<=", high)]).fill_null(
                        value=False
                    )
        if isinstance(value, ast.Attribute) and value.attr == "str" and isinstance(value.value, ast.Name):
            text, argument = self._named(value.value).text, self._literal(arguments[0])
            match method:
                case "contains":
                    return text.str.contains(argument).fill_null(value=False)
                case "startswith":
                    return text.str.starts_with(argument).fill_null(value=False)
                case "endswith":
                    return text.str.ends_with(argument).fill_null(value=False)
        raise ConditionError(f"the row condition {self._text!r} calls {method!r}, which is not known here")

    def _value(self, node: ast.expr) -> pl.Expr:
        if isinstance(node, ast.Name):
            return self._named(node).expr
        if isinstance(node, ast.BinOp) and type(node.op) in self._ARITHMETIC:
            found: pl.Expr = self._ARITHMETIC[type(node.op)](self._value(node.left), self._value(node.right))
            return found
        if self._is_literal(node):
            return pl.lit(self._literal(node))
        raise self._unknown(node)

    def _named(self, node: ast.Name) -> Column:
        return _column(self._names.get(node.id, node.id), self._schema)

    @staticmethod
    def _is_literal(node: ast.expr) -> bool:
        try:
            _evaluated(node)
        except (ValueError, TypeError):
            return False
        return True

    def _literal(self, node: ast.expr) -> Any:
        try:
            return _evaluated(node)
        except (ValueError, TypeError) as error:
            raise self._unknown(node) from error

    def _unknown(self, node: ast.expr) -> ConditionError:
        return ConditionError(f"the row condition {self._text!r} holds {ast.unparse(node)!r}, which is not known here")


_MOMENTS: Mapping[str, Callable[..., Any]] = {
    "datetime.datetime": dt.datetime,
    "datetime.date": dt.date,
    "datetime.time": dt.time,
    "datetime.timedelta": dt.timedelta,
    "pd.Timestamp": parse_date,
    "Timestamp": parse_date,
}
"""What a condition may call to write down a moment."""


def _evaluated(node: ast.expr) -> Any:
    """The value of a literal, moments among them; ValueError where it is none.

    >>> _evaluated(ast.parse("datetime.date(2021, 1, 31)", mode="eval").body)
    datetime.date(2021, 1, 31)
    """
    match node:
        case ast.Call(func=func, args=arguments, keywords=keywords) if ast.unparse(func) in _MOMENTS:
            named = {str(keyword.arg): _evaluated(keyword.value) for keyword in keywords}
            return _MOMENTS[ast.unparse(func)](*map(_evaluated, arguments), **named)
        case ast.Attribute() if ast.unparse(node) == "datetime.timezone.utc":
            return dt.UTC
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_evaluated(element) for element in elements]
    return ast.literal_eval(node)
