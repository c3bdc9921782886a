"""The gate's engine beside Great Expectations' pandas engine, each in a process of its own, in the same run.

    python tests/benchmarks/bench_gate.py [--rows ROWS] [--only NAME]

`texts`: 26 expectations, COMPLETE, on 200,000 rows with texts of 2 KB; the frame is Polars', so that pandas is charged
for the copy that it needs. `table`: 23 expectations on 1,000,000 rows of 9 columns. `parquet`: those of `texts` from a
Parquet file of 10,000,000 rows, streamed, without a peer: pandas would need 60 GB. `hosts`: an expectation on the shares
of 400 hosts, with a bound of its own for each, beside one row condition a host on pandas; 5,000 hosts by ours alone. Memory is the peak above the
process with its frame (or its file) at hand, as the kernel counts it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

WORDS = "wire court بيان city وزارة report price وكالة school storm رئيس match vote health مدينة budget".split()
SIZES = {"texts": 200_000, "table": 1_000_000, "parquet": 10_000_000}


def texts(rows: int, seed: int = 0) -> pl.DataFrame:
    """Articles: ids, hosts, titles, bodies of 2 KB, counts, shares, dates."""
    draw = np.random.default_rng(seed)
    sentences = np.array([" ".join(draw.choice(WORDS, 40)) for _ in range(997)])
    bodies = pl.Series(sentences)
    picked = [bodies.gather(draw.integers(0, 997, rows)) for _ in range(7)]
    frame = pl.DataFrame({f"part_{place}": part for place, part in enumerate(picked)})
    words = draw.integers(1, 900, rows)
    return frame.select(
        id=pl.int_range(seed * rows, (seed + 1) * rows).cast(pl.String).str.zfill(12),
        host=pl.Series(draw.integers(0, 400, rows)).cast(pl.String) + ".example",
        title=pl.col("part_0").str.slice(0, 60),
        body=pl.concat_str(pl.all(), separator="\n"),
        language=pl.Series(np.array(["ar", "en", "fr", None])[draw.choice(4, rows, p=[0.6, 0.398, 0.001, 0.001])]),
        n_words=pl.Series(words),
        paragraphs=pl.Series(1 + words // 40),
        share=pl.Series(draw.random(rows)),
        published=pl.datetime(2024, 1, 1) + pl.duration(minutes=pl.Series(draw.integers(0, 500_000, rows))),
        main=pl.Series(draw.random(rows) < 0.9),
    )


def suite(gxe: object, *, with_texts: bool) -> list[object]:
    """The expectations: most hold, some are broken by one row in a thousand."""
    common = [
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToNotBeNull(column="id"),
        gxe.ExpectColumnValuesToNotBeNull(column="language", mostly=0.9),
        gxe.ExpectColumnValuesToBeUnique(column="id"),
        gxe.ExpectColumnValuesToBeInSet(column="language", value_set=["ar", "en"]),
        gxe.ExpectColumnValuesToNotBeInSet(column="host", value_set=["a.example", "b.example"]),
        gxe.ExpectColumnValuesToBeBetween(column="n_words", min_value=2),
        gxe.ExpectColumnValuesToBeBetween(column="share", min_value=0, max_value=1),
        gxe.ExpectColumnValuesToBeBetween(
            column="published", min_value=datetime(2024, 1, 1), max_value=datetime(2026, 1, 1)
        ),
        gxe.ExpectColumnValueLengthsToBeBetween(column="host", max_value=40),
        gxe.ExpectColumnValueLengthsToBeBetween(column="title", min_value=5, max_value=300),
        gxe.ExpectColumnValueLengthsToEqual(column="id", value=12),
        gxe.ExpectColumnValuesToMatchRegex(column="host", regex=r"^[a-z0-9.-]+$"),
        gxe.ExpectColumnValuesToMatchRegex(column="title", regex=r"^\S"),
        gxe.ExpectColumnValuesToNotMatchRegex(column="title", regex=r"<(?:script|div|span)\b"),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="n_words", column_B="paragraphs"),
        gxe.ExpectColumnValueZScoresToBeLessThan(column="n_words", threshold=3, double_sided=True),
        gxe.ExpectColumnMeanToBeBetween(column="n_words", min_value=100, max_value=800),
        gxe.ExpectColumnMedianToBeBetween(column="n_words", min_value=100, max_value=800),
        gxe.ExpectColumnMaxToBeBetween(column="paragraphs", max_value=40),
        gxe.ExpectColumnQuantileValuesToBeBetween(
            column="share", quantile_ranges={"quantiles": [0.1, 0.9], "value_ranges": [[0, 0.3], [0.7, 1]]}
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="host", min_value=10),
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(column="language", min_value=0.9),
    ]
    if not with_texts:
        return common
    return [
        *common,
        gxe.ExpectColumnValueLengthsToBeBetween(column="body", min_value=40),
        gxe.ExpectColumnValuesToNotMatchRegex(column="body", regex=r"<(?:script|div|span)\b"),
        gxe.ExpectColumnValuesToNotMatchRegexList(column="body", regex_list=["cookie policy", "sign in to"]),
    ]


def validate(name: str, engine: str, path: Path) -> dict[str, float]:
    """Seconds, and bytes above what the process held with its data at hand."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    warnings.simplefilter("ignore")
    import great_expectations as gx  # noqa: PLC0415 - each process imports what it measures
    import great_expectations.expectations as gxe  # noqa: PLC0415
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    import dq.gate.polars_engine  # noqa: F401, PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frame = pl.scan_parquet(path) if engine == "lazy" else pl.read_parquet(path)
    before, began = current_memory(), time.perf_counter()
    source = context.data_sources.add_pandas("peer") if engine == "pandas" else context.data_sources.add_polars("dq")
    batch = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    expectations = suite(gxe, with_texts=name != "table")
    stock = context.suites.add(gx.ExpectationSuite(name="suite", expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="check", data=batch, suite=stock))
    handed = frame.to_pandas() if engine == "pandas" else frame
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="gate", validation_definitions=[definition], result_format={"result_format": "COMPLETE"})
    )
    outcome = checkpoint.run(batch_parameters={"dataframe": handed})
    seconds = time.perf_counter() - began
    (validation,) = outcome.run_results.values()
    held = [bool(one.success) for one in validation.results]
    peak = most_memory()
    return {"seconds": seconds, "above": peak - before, "peak": peak, "held": sum(held), "checks": len(held)}


def hosts(engine: str, count: int) -> float:
    """Seconds to judge the share of failures of each host by a bound of its own."""
    warnings.simplefilter("ignore")
    import great_expectations as gx  # noqa: PLC0415
    import great_expectations.expectations as gxe  # noqa: PLC0415
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    from dq.gate.expectations import ExpectColumnSharesToBeBetween  # noqa: PLC0415

    draw = np.random.default_rng(0)
    names = [f"{host}.example" for host in range(count)]
    rows = pl.DataFrame({"host": draw.choice(names, count * 50), "bad": (draw.random(count * 50) < 0.1).astype(int)})
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("peer") if engine == "pandas" else context.data_sources.add_polars("dq")
    batches = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    if engine == "pandas":
        handed = rows.to_pandas()
        expectations = [
            gxe.ExpectColumnMeanToBeBetween(
                column="bad", max_value=0.5, row_condition=f'host == "{host}"', condition_parser="pandas"
            )
            for host in names
        ]
        began = time.perf_counter()
    else:
        began = time.perf_counter()
        handed = rows.group_by("host").agg(share=pl.col("bad").mean(), cases=pl.len())
        own = {host: {"max": 0.5} for host in names}
        expectations = [ExpectColumnSharesToBeBetween(column="share", cases="cases", max_value=0.5, hosts=own)]
    suite = gx.ExpectationSuite(name="suite", expectations=expectations)
    batches.get_batch({"dataframe": handed}).validate(suite, result_format="COMPLETE")
    return time.perf_counter() - began


def current_memory() -> int:
    """Bytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def most_memory() -> int:
    """Bytes that this process held at most."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def measured(name: str, engine: str, path: Path) -> dict[str, float]:
    """`validate` in a process of its own."""
    command = [sys.executable, __file__, "--worker", name, engine, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def written(name: str, rows: int, folder: Path) -> Path:
    """The data of a benchmark as a Parquet file of row groups of 50,000 rows."""
    path = folder / f"{name}.parquet"
    if name == "table":
        texts(rows).drop("body").write_parquet(path, row_group_size=50_000)
    elif name == "texts":
        texts(rows).write_parquet(path, row_group_size=50_000)
    else:
        parts = folder / "parts"
        parts.mkdir()
        for part in range(max(rows // SIZES["texts"], 1)):
            texts(min(rows, SIZES["texts"]), part).write_parquet(parts / f"{part:04}.parquet", row_group_size=50_000)
        return parts
    return path


def main() -> None:
    """Prints a table of figures, and the ratios to the peer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--only", choices=[*SIZES, "hosts"])
    parser.add_argument("--worker", nargs=3)
    options = parser.parse_args()
    if options.worker:
        name, engine, path = options.worker
        print(json.dumps(validate(name, engine, Path(path))))
        return
    if options.only in {None, "hosts"}:
        hosts("ours", 10)  # what is imported and made once
        ours, peer = hosts("ours", 400), hosts("pandas", 400)
        print(f"hosts    400 hosts: {ours:.3f} s; pandas, a row condition each: {peer:.1f} s ({peer / ours:.0f} x)")
        print(f"hosts    5,000 hosts: {hosts('ours', 5_000):.3f} s")
    for name in [name for name in SIZES if options.only in {None, name}]:
        rows = options.rows or SIZES[name]
        with tempfile.TemporaryDirectory() as folder:
            path = written(name, rows, Path(folder))
            engines = ["lazy"] if name == "parquet" else ["pandas", "eager", "lazy"]
            found = {engine: measured(name, engine, path) for engine in engines}
        for engine, one in found.items():
            peer = found.get("pandas", one)
            print(
                f"{name:8} {rows:>10,} rows {one['checks']:.0f} checks ({one['held']:.0f} held) {engine:7} "
                f"{one['seconds']:7.2f} s ({peer['seconds'] / one['seconds']:.1f} x) "
                f"{one['above'] / 1e6:8,.0f} MB above the data ({one['above'] / peer['above']:.3f} of the peer's), "
                f"peak {one['peak'] / 1e6:,.0f} MB"
            )


if __name__ == "__main__":
    main()
