"""dq's own expectations: what they take for broken, and how they are told."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq.gate.quiet import quiet

with quiet():
    import great_expectations as gx
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.render.renderer.inline_renderer import InlineRenderer

    from dq.gate import expectations as own

AR = "قال وزير الاقتصاد إن الحكومة تعمل على خطة جديدة لدعم المدارس والمستشفيات في القرى البعيدة"
EN = "The minister said that work on the new bridge over the river would begin before winter"
FR = "Le maire de la ville a annoncé que les travaux du tramway commenceront après la fête"
RU = "Президент заявил сегодня в Москве, что новый мост через реку откроют до конца этого года"
ZH = "部长周一在北京表示,新的大桥将在冬季之前开工,费用将低于原先的预算,工程将持续两年,沿线居民将得到补偿," * 2


@pytest.fixture(scope="module")
def batch():
    with quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = context.data_sources.add_polars("p").add_dataframe_asset("a")
        return asset.add_batch_definition_whole_dataframe("b")


@pytest.fixture
def broken(batch):
    """Row numbers that break an expectation."""

    def found(expectation, frame):
        with quiet():
            result = batch.get_batch({"dataframe": frame}).validate(expectation, result_format="COMPLETE")
        assert result.exception_info["raised_exception"] is False, result.exception_info
        return result.result["unexpected_index_list"]

    return found


@pytest.mark.parametrize(
    "text, language, held",
    [
        (AR, "ar", True), (AR, "fa", True), (EN, "ar", False), (EN, "en", True), (FR, "en", False), (FR, "fr", True),
        (RU, "ru", True), (RU, "el", False), (ZH, "zh", True), (ZH, "ja", True), (AR, "he", False),
        (f"{AR} NATO UNESCO", "ar", True), ("قصير", "en", True), (EN, None, True), (None, "ar", True),
        (EN.upper(), "en", True), (f"{AR[:40]} {EN}", "en", True),
    ],
)  # fmt: skip
def test_a_text_is_in_its_language(broken, text, language, held):
    frame = pl.DataFrame({"t": [text], "l": [language]}, schema={"t": pl.String, "l": pl.String})
    expectation = own.ExpectColumnPairTextToBeInStatedLanguage(column_A="t", column_B="l")
    assert broken(expectation, frame) == ([] if held else [0])


def test_a_date_is_not_after_the_fetch(broken):
    fetched = datetime(2026, 1, 1, 12, tzinfo=UTC)
    dates = [datetime(2026, 1, 1, 11), datetime(2026, 1, 2, 1), datetime(2026, 1, 2, 3), None]
    frame = pl.DataFrame({"d": dates, "f": [fetched] * 4})
    assert broken(own.ExpectColumnPairDateToNotBeAfterFetch(column_A="d", column_B="f"), frame) == [2]


class TestShares:
    def test_few_cases_are_little_evidence(self, broken):
        frame = pl.DataFrame({"s": [1.0, 0.2, 1.0, 0.6, 0.6, None], "n": [5, 5, 2, 20, 2000, 0]})
        most = own.ExpectColumnSharesToBeBetween(column="s", cases="n", max_value=0.5)
        assert broken(most, frame) == [0, 4]

    def test_a_lower_bound(self, broken):
        frame = pl.DataFrame({"s": [0.0, 0.4, 0.4], "n": [5, 5, 500]})
        least = own.ExpectColumnSharesToBeBetween(column="s", cases="n", min_value=0.5)
        assert broken(least, frame) == [0, 2]

    def test_hosts_may_have_bounds_of_their_own(self, broken):
        frame = pl.DataFrame({"host": ["a", "b"], "s": [0.9, 0.9], "n": [100, 100]})
        own_bound = own.ExpectColumnSharesToBeBetween(column="s", cases="n", max_value=0.5, hosts={"b": {"max": 0.95}})
        assert broken(own_bound, frame) == [0]

    @given(st.integers(1, 500), st.data())
    def test_the_interval_holds_the_share_and_narrows(self, cases, data):
        share = data.draw(st.integers(0, cases)) / cases
        frame = pl.DataFrame({"s": [share, share], "n": [float(cases), cases * 100.0]})
        least, most = own.wilson(pl.col("s"), pl.col("n"), 0.95)
        (low, high), (lower, higher) = frame.select(least.alias("l"), most.alias("m")).rows()
        assert -1e-9 <= low <= share + 1e-9 <= high + 2e-9 <= 1 + 3e-9
        assert low - 1e-9 <= lower <= higher <= high + 1e-9

    def test_the_interval_is_that_of_the_books(self):
        least, most = own.wilson(pl.lit(0.1), pl.lit(50.0), 0.95)
        assert pl.select(least.round(4).alias("l"), most.round(4).alias("m")).row(0) == (0.0435, 0.2136)


def test_bounds_by_host(broken):
    frame = pl.DataFrame({"host": ["a", "b", "c"], "x": [10, 10, None]})
    expectation = own.ExpectColumnValuesToBeBetweenByHost(column="x", min_value=20, hosts={"b": {"min": 5}})
    assert broken(expectation, frame) == [0]
    only_own = own.ExpectColumnValuesToBeBetweenByHost(column="x", hosts={"b": {"min": 50.0}})
    assert broken(only_own, frame) == [1]


@pytest.mark.parametrize(
    "expectation, told",
    [
        (own.ExpectColumnValuesToBeFreeOfMojibake(column="t"), "decoded wrongly"),
        (own.ExpectColumnValuesToBeFreeOfMarkup(column="t", mostly=0.9), "90% of rows"),
        (own.ExpectColumnValuesToBeFreeOfWalls(column="t"), "login"),
        (own.ExpectColumnPairTextToBeInStatedLanguage(column_A="t", column_B="l"), "language"),
        (own.ExpectColumnPairDateToNotBeAfterFetch(column_A="t", column_B="l"), "not after"),
        (own.ExpectColumnValuesToBeBetweenByHost(column="t", min_value=1, hosts={"a": {"min": 0.0}}), "at least"),
        (own.ExpectColumnSharesToBeBetween(column="t", cases="l", max_value=0.5), "at most"),
    ],
    ids=lambda value: getattr(value, "expectation_type", ""),
)
def test_each_renders_in_data_docs(expectation, told):
    with quiet():
        configuration = expectation.configuration
        (legacy,) = type(expectation)._prescriptive_renderer(configuration=configuration)  # noqa: SLF001
        result = ExpectationValidationResult(success=True, expectation_config=configuration, result={})
        blocks = InlineRenderer(render_object=result).get_rendered_content()
    assert told in legacy.string_template["template"]
    assert any(told in str(block.value.template) for block in blocks if block.value.template)
