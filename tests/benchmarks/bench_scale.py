# it prints what it measured
"""How long a large batch takes, and adding a small one to a large history; time and the peak of resident memory.

    python tests/benchmarks/bench_scale.py [TABLE] [ARTICLES]

TABLE is any table with an id and a text; without one, articles of 400 Arabic-looking words are made up. From its texts
ARTICLES (default 50,000) are made, each with a share of its words replaced by others, of RATES in turn. Each step runs
in a process of its own, as a user would run it.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from bench_dedup import made_up

from dq.dedup import Duplicates, read_table
from dq.history import History
from dq.options import ColumnOptions

RATES = (0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1)
PART = 50_000
"""Articles that are made at once."""
BATCH = 10_000
"""Articles that are added to the history."""


def write_edited(texts: pl.Series, n: int, path: Path) -> None:
    draw = np.random.default_rng(1)
    words = [np.array(text.split(" "), dtype=object) for text in texts.fill_null("")]
    vocabulary = np.array(sorted({word for text in words[:8000] for word in text}), dtype=object)
    schema = pl.DataFrame(schema={"id": pl.String, "text": pl.String, "host": pl.String}).to_arrow().schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, n, PART):
            rows = []
            for at in range(first, min(first + PART, n)):
                text = words[at % len(words)].copy()
                replaced = draw.random(len(text)) < RATES[draw.integers(len(RATES))]
                text[replaced] = vocabulary[draw.integers(len(vocabulary), size=int(replaced.sum()))]
                rows.append((f"d{at:09}", " ".join(text), f"h{draw.integers(400)}.example"))
            part = pl.DataFrame(rows, schema=["id", "text", "host"], orient="row")
            writer.write_table(part.to_arrow().cast(schema))


def timed(*arguments: str) -> str:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "dq", *arguments], check=True, capture_output=True)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return f"{seconds:.1f} s, peak of all steps until now {peak:.2f} GB"


def fill(history: Path, table: Path) -> None:
    """The articles of `table`, without looking for copies among them: what is timed is what comes after."""
    none, nothing = (
        pl.DataFrame(),
        {"id": pl.String, "like_ids": pl.List(pl.String), "like_jaccards": pl.List(pl.Float64)},
    )
    found = Duplicates(
        duplicates=none, clusters=none, reuse=none, passages=none, membership=none, paragraphs=none,
        likes=pl.DataFrame(schema=nothing),
    )  # fmt: skip
    rows = pl.scan_parquet(table)
    for first in range(0, rows.select(pl.len()).collect().item(), PART):
        History(history).add(rows.slice(first, PART).collect(), found)


def main() -> None:
    arguments = sys.argv[1:]
    n = int(arguments.pop()) if arguments and arguments[-1].isdigit() else 50_000
    texts = (read_table(Path(arguments[0]), ColumnOptions()) if arguments else made_up())["text"]
    with tempfile.TemporaryDirectory() as scratch:
        table, batch, history = (Path(scratch) / name for name in ("all.parquet", "batch.parquet", "history"))
        write_edited(texts, n, table)
        out = ("--out", str(Path(scratch) / "out"))
        print(f"{n:,} articles, without passages: {timed('dedup', str(table), '--no-passages', *out)}")
        fill(history, table)
        some = pl.scan_parquet(table).head(BATCH).with_columns(pl.format("new-{}", "id").alias("id"))
        some.collect().write_parquet(batch)
        added = timed("dedup", str(batch), "--history", str(history), "--no-passages", *out)
        print(f"{min(n, BATCH):,} articles added to a history of {n:,}, without passages: {added}")


if __name__ == "__main__":
    main()
