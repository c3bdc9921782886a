"""The engine for Polars by itself: what stock Great Expectations does with it, and what pandas has no answer for."""

from __future__ import annotations

import datetime as dt
import decimal

import polars as pl
import pytest

from dq.gate.quiet import quiet

with quiet():
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation import ColumnMapExpectation
    from great_expectations.expectations.row_conditions import Column

    from dq.gate import polars_engine

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated as of GX Core")
OLD = tuple(map(int, gx.__version__.split(".")[:2])) < (1, 24)
since_1_24 = pytest.mark.skipif(OLD, reason="older releases have other arguments and details")
FRAME = pl.DataFrame(
    {
        "id": ["a1", "a2", "a3", "a4"],
        "title": ["مدينة", "10% off", None, "x_y"],
        "words": [3, 40, 500, None],
        "share": [0.1, float("nan"), 0.9, None],
        "at": [dt.datetime(2024, 1, day) for day in (1, 2, 3, 4)],
        "day": [dt.date(2024, 1, 1), None, dt.date(2024, 1, 3), dt.date(2024, 1, 3)],
    }
)


@pytest.fixture(scope="module")
def context():
    with quiet():
        made = gx.get_context(mode="ephemeral")
        made.variables.progress_bars = ProgressBarsConfig(globally=False)
        made.data_sources.add_polars("polars").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    return made


@pytest.fixture(params=["eager", "lazy"])
def validate(context, request):
    """Validates one expectation on a frame, eager and lazy, with all that a result can hold."""
    batches = context.data_sources.get("polars").get_asset("rows").get_batch_definition("all")

    def validated(expectation, frame=FRAME, result_format="COMPLETE"):
        with quiet():
            batch = batches.get_batch({"dataframe": frame.lazy() if request.param == "lazy" else frame})
            return batch.validate(expectation, result_format=result_format)

    return validated


def unexpected(result):
    assert not result.exception_info.get("raised_exception", True), result.exception_info
    return result.result["unexpected_list"]


def message(result):
    """What went wrong, however many metrics it kept from being answered."""
    info = result.exception_info
    return str(info["exception_message"] if "raised_exception" in info else list(info.values()))


class TestStock:
    def test_a_checkpoint_and_data_docs_run_on_it(self, tmp_path):
        with quiet():
            project = gx.get_context(mode="file", project_root_dir=str(tmp_path))
            project.variables.progress_bars = ProgressBarsConfig(globally=False)
            source = project.data_sources.add_polars("polars")
            batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
            expectations = [
                gxe.ExpectColumnValuesToNotBeNull(column="title", severity="warning"),
                gxe.ExpectColumnQuantileValuesToBeBetween(
                    column="words", quantile_ranges={"quantiles": [0.5], "value_ranges": [[1, 100]]}
                ),
            ]
            suite = project.suites.add(gx.ExpectationSuite(name="suite", expectations=expectations))
            definition = gx.ValidationDefinition(name="check", data=batch, suite=suite)
            project.validation_definitions.add(definition)
            checkpoint = gx.Checkpoint(
                name="gate",
                validation_definitions=[definition],
                result_format="COMPLETE",
                actions=[gx.checkpoint.UpdateDataDocsAction(name="docs")],
            )
            project.checkpoints.add(checkpoint)
            outcome = checkpoint.run(batch_parameters={"dataframe": FRAME})
        assert not outcome.success
        pages = list(tmp_path.rglob("*.html"))
        assert any("title" in page.read_text(encoding="utf-8") for page in pages)

    def test_a_project_on_disk_is_read_again(self, tmp_path):
        with quiet():
            project = gx.get_context(mode="file", project_root_dir=str(tmp_path))
            project.data_sources.add_polars("polars").add_dataframe_asset("rows")
            again = gx.get_context(mode="file", project_root_dir=str(tmp_path))
        assert type(again.data_sources.get("polars").get_asset("rows")) is polars_engine.PolarsDataFrameAsset

    @pytest.mark.parametrize("options", [None, {}, {"dataframe": [1]}, {"dataframe": FRAME, "more": 1}])
    def test_other_things_than_a_frame_are_refused(self, context, options):
        asset = context.data_sources.get("polars").get_asset("rows")
        with pytest.raises(gx.exceptions.GreatExpectationsError, match=r"dataframe"):
            asset.build_batch_request(options)

    def test_the_frame_is_not_changed(self, validate):
        before = FRAME.clone()
        validate(gxe.ExpectColumnMeanToBeBetween(column="share", min_value=0))
        assert before.equals(FRAME)


class TestAnswers:
    def test_nan_is_missing(self, validate):
        assert validate(gxe.ExpectColumnValuesToNotBeNull(column="share")).result["unexpected_index_list"] == [1, 3]

    @since_1_24
    def test_like_patterns(self, validate):
        like = gxe.ExpectColumnValuesToMatchLikePattern
        assert unexpected(validate(like(column="title", like_pattern="%ين_"))) == ["10% off", "x_y"]
        assert unexpected(validate(like(column="title", like_pattern="x!_y", escape="!"))) == ["مدينة", "10% off"]
        unlike = gxe.ExpectColumnValuesToNotMatchLikePattern
        assert unexpected(validate(unlike(column="title", like_pattern="X%"))) == []
        several = gxe.ExpectColumnValuesToMatchLikePatternList
        assert unexpected(validate(several(column="title", like_pattern_list=["%x%", "%y"], match_on="all"))) == [
            "مدينة",
            "10% off",
        ]
        none = gxe.ExpectColumnValuesToNotMatchLikePatternList
        assert unexpected(validate(none(column="title", like_pattern_list=["%x%", "1%"]))) == ["10% off", "x_y"]

    def test_queries(self, validate):
        query = "SELECT id, words FROM {batch} WHERE words > 10 ORDER BY words DESC"
        result = validate(gxe.UnexpectedRowsExpectation(unexpected_rows_query=query))
        assert result.result["observed_value"] == 2
        assert result.result["details"]["unexpected_rows"] == [{"id": "a3", "words": 500}, {"id": "a2", "words": 40}]
        assert validate(
            gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT * FROM {batch} WHERE 1 = 0")
        ).success

    def test_a_query_that_cannot_run_is_told(self, validate):
        result = validate(gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT nope FROM {batch}"))
        assert "nope" in message(result)

    @pytest.mark.parametrize(
        "condition, parser, kept",
        [
            (Column("words") > 10, None, ["a2", "a3"]),
            (Column("words").is_null(), None, ["a4"]),
            ((Column("words") > 10) & (Column("title").is_not_null()), None, ["a2"]),
            ((Column("id") == "a1") | (Column("words") >= 500), None, ["a1", "a3"]),
            (Column("id").is_in(["a1", "a4"]), None, ["a1", "a4"]),
            (Column("words") != 3, None, ["a2", "a3", "a4"]),
            (Column("at") < dt.datetime(2024, 1, 2), None, ["a1"]),
            ("words > 10 and title.notnull()", "pandas", ["a2"]),
            ("10 < words <= 500", "pandas", ["a2", "a3"]),
            ("id not in ['a1', 'a2'] | words == 3", "pandas", ["a1", "a3", "a4"]),
            ("words + 1 > `words` * 2 - 40 and not words.isnull()", "pandas", ["a1", "a2"]),
            ("title.str.contains('off') or title.str.startswith('x')", "pandas", ["a2", "a4"]),
            ("day == datetime.date(2024, 1, 3)", "pandas", ["a3", "a4"]),
            ("at >= '2024-01-03'", "pandas", ["a3", "a4"]),
            ('col("words") > 10', "great_expectations", ["a2", "a3"]),
            ('col("title").notnull()', "great_expectations", ["a1", "a2", "a4"]),
            ("words > 10 AND title IS NOT NULL", "spark", ["a2"]),
        ],
    )
    def test_row_conditions(self, validate, condition, parser, kept):
        result = validate(gxe.ExpectColumnValuesToBeNull(column="id", row_condition=condition, condition_parser=parser))
        assert unexpected(result) == kept
        assert result.result["unexpected_index_list"] == [int(one[1]) - 1 for one in kept]

    @pytest.mark.parametrize(
        "condition", ["words >", "nope > 1", "words.mean() > 1", "@words > 1", "words > (lambda: 1)"]
    )
    def test_a_row_condition_that_cannot_be_read_is_told(self, validate, condition):
        result = validate(
            gxe.ExpectColumnMaxToBeBetween(
                column="words", max_value=1, row_condition=condition, condition_parser="pandas"
            )
        )
        assert "row condition" in message(result)

    def test_indices_by_columns(self, validate):
        result = validate(
            gxe.ExpectColumnValuesToBeBetween(column="words", max_value=50),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["id", "at"]},
        )
        assert result.result["unexpected_index_list"] == [{"words": 500, "id": "a3", "at": dt.datetime(2024, 1, 3)}]

    def test_one_failure_leaves_the_others_answered(self, validate):
        expectations = [
            gxe.ExpectColumnValuesToBeBetween(column="nope", min_value=1),
            gxe.ExpectColumnValuesToMatchRegex(column="title", regex="("),
            gxe.ExpectColumnMeanToBeBetween(column="title", min_value=1),
            gxe.ExpectColumnValuesToBeBetween(column="words", min_value=3),
        ]
        found = validate(gx.ExpectationSuite(name="s", expectations=expectations)).results
        by_column = {
            one.expectation_config.kwargs["column"]: one
            for one in found
            if one.exception_info.get("raised_exception") is False
        }
        assert set(by_column) == {"words"}
        assert by_column["words"].success
        assert len(found) == 4

    @pytest.mark.parametrize(
        "regex, held",
        [
            (r"^a$", [True, True, False]),  # before a final line break too, as in Python
            (r"a\Z", [True, False, False]),
            (r"a(?=\n)", [False, True, False]),  # look-around: by Python
            (r"(b)\1", [False, False, True]),
            (r"[$]|\$", [False, False, False]),
            (r"(?m)^a$", [True, True, False]),
        ],
    )
    def test_regular_expressions_mean_what_they_mean_in_python(self, validate, regex, held):
        frame = pl.DataFrame({"x": ["a", "a\n", "bb"]})
        result = validate(gxe.ExpectColumnValuesToMatchRegex(column="x", regex=regex), frame)
        assert unexpected(result) == [value for value, ok in zip(frame["x"], held, strict=True) if not ok]


class TestTypes:
    """What pandas has no column for, or another one."""

    @pytest.mark.parametrize(
        "frame", [pl.DataFrame(), pl.DataFrame(schema={"x": pl.Int64}), pl.DataFrame({"x": [None]})]
    )
    def test_nothing_to_judge_holds(self, validate, frame):
        assert validate(gxe.ExpectTableRowCountToEqual(value=frame.height), frame).success
        assert validate(gxe.ExpectTableColumnCountToEqual(value=frame.width), frame).success
        if frame.width:
            for expectation in (
                gxe.ExpectColumnValuesToBeBetween(column="x", min_value=1),
                gxe.ExpectColumnValuesToBeInSet(column="x", value_set=["a"]),
                gxe.ExpectColumnValuesToMatchRegex(column="x", regex="a"),
                gxe.ExpectColumnValuesToBeUnique(column="x"),
            ):
                assert validate(expectation, frame).success
            assert (
                validate(gxe.ExpectColumnMaxToBeBetween(column="x", max_value=1), frame).result["observed_value"]
                is None
            )

    @since_1_24
    def test_nested_values(self, validate):
        frame = pl.DataFrame({"x": [[1], [1, 2], None, [1]], "s": [{"a": 1}, {"a": 2}, {"a": 1}, None]})
        assert unexpected(validate(gxe.ExpectColumnValuesToBeUnique(column="x"), frame)) == [[1], [1]]
        assert unexpected(validate(gxe.ExpectColumnValuesToBeUnique(column="s"), frame)) == [{"a": 1}, {"a": 1}]
        assert unexpected(validate(gxe.ExpectColumnValuesToNotBeNull(column="x"), frame)) == [None]
        counted = validate(gxe.ExpectColumnDistinctValuesToBeInSet(column="x", value_set=[1]), frame)
        assert counted.result["partial_unexpected_list"] == [[1], [1, 2]]

    def test_enumerations_durations_times_and_bytes(self, validate):
        frame = pl.DataFrame(
            {
                "e": pl.Series(["low", "high", None], dtype=pl.Enum(["low", "high"])),
                "d": [dt.timedelta(1), dt.timedelta(2), None],
                "t": [dt.time(1), dt.time(2), None],
                "b": [b"a", b"b", None],
            }
        )
        assert unexpected(validate(gxe.ExpectColumnValuesToBeInSet(column="e", value_set=["low"]), frame)) == ["high"]
        assert unexpected(validate(gxe.ExpectColumnValueLengthsToEqual(column="e", value=3), frame)) == ["high"]
        assert validate(gxe.ExpectColumnValuesToBeUnique(column="d"), frame).success
        assert validate(gxe.core.ExpectColumnValuesToBeIncreasing(column="t", strictly=True), frame).success
        assert validate(gxe.ExpectColumnValuesToBeInSet(column="b", value_set=[b"a", b"b"]), frame).success

    def test_bounds_of_times(self, validate):
        zoned = pl.DataFrame({"x": [dt.datetime(2024, 1, 1, 21), dt.datetime(2024, 1, 2, 3)]}).select(
            pl.col("x").dt.replace_time_zone("Asia/Riyadh")
        )
        between = gxe.ExpectColumnValuesToBeBetween
        in_column_zone = validate(between(column="x", min_value=dt.datetime(2024, 1, 2)), zoned)
        assert len(unexpected(in_column_zone)) == 1
        with_zone = validate(between(column="x", min_value=dt.datetime(2024, 1, 2, tzinfo=dt.UTC)), zoned)
        assert len(unexpected(with_zone)) == 1  # 3 o'clock in Riyadh is midnight of that day
        days = pl.DataFrame({"x": [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]})
        assert unexpected(validate(between(column="x", min_value=dt.date(2024, 1, 2)), days)) == [dt.date(2024, 1, 1)]

    def test_decimals_are_compared_exactly(self, validate):
        frame = pl.DataFrame({"x": [decimal.Decimal("0.10"), decimal.Decimal("0.30")]})
        kept = validate(gxe.ExpectColumnValuesToBeInSet(column="x", value_set=[decimal.Decimal("0.1")]), frame)
        assert unexpected(kept) == [decimal.Decimal("0.30")]

    @pytest.mark.parametrize(
        "dtype, good, bad",
        [
            (pl.Int64, ["Int64", "int", "int64"], ["str", "Float64"]),
            (pl.String, ["String", "str"], ["int"]),
            (
                pl.Datetime("us", "UTC"),
                ["Datetime", "datetime64[us, UTC]", "DatetimeTZDtype"],
                ["datetime64[us]", "date"],
            ),
            (pl.List(pl.String), ["List", "list", "List(String)"], ["dict"]),
            (pl.Null, ["Int64", "str"], []),
        ],
    )
    def test_types_by_name(self, validate, dtype, good, bad):
        frame = pl.DataFrame(schema={"x": dtype})
        for name in good:
            assert validate(gxe.ExpectColumnValuesToBeOfType(column="x", type_=name), frame).success, name
            assert validate(gxe.ExpectColumnValuesToBeInTypeList(column="x", type_list=["bytes", name]), frame).success
        for name in bad:
            assert not validate(gxe.ExpectColumnValuesToBeOfType(column="x", type_=name), frame).success, name

    def test_a_type_that_nobody_knows_is_an_error(self, validate):
        result = validate(gxe.ExpectColumnValuesToBeOfType(column="words", type_="wrods"))
        assert "'wrods'" in str(result.exception_info)

    def test_names_that_look_like_patterns(self, validate):
        frame = pl.DataFrame({"^a.*$": [1, None], "ab": [None, 2]})
        assert validate(gxe.ExpectColumnValuesToNotBeNull(column="^a.*$"), frame).result["unexpected_index_list"] == [1]


class TestCustom:
    def test_a_condition_of_ones_own(self, validate):
        @polars_engine.condition("column_values.shouts", value_keys=("marks",))
        def _shouts(column, marks):
            return ~column.text.str.ends_with("!" * marks)

        with quiet():

            class ExpectColumnValuesNotToShout(ColumnMapExpectation):
                map_metric = "column_values.shouts"
                success_keys = ("marks", "mostly")
                marks: int = 1

        frame = pl.DataFrame({"x": ["calm", "loud!!", "loud!", None]})
        result = validate(ExpectColumnValuesNotToShout(column="x", marks=2), frame)
        assert unexpected(result) == ["loud!!"]
        assert result.result["missing_count"] == 1
