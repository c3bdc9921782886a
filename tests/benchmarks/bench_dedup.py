# it prints what it measured
"""How fast signatures are made and a batch is searched, with peers in the same run: ratios hold, figures are noisy.

    python tests/benchmarks/bench_dedup.py [TABLE]

TABLE is any table with an id and a text (`dq dedup`'s own rules); without one, articles of 400 Arabic-looking words are
made up. Signatures are made on one core, from text, with 128 permutations of word 5-grams. datasketch is used in the two
ways in which it is met: on words split at white space, and on words folded as dq folds them. Daft is timed where it is
installed, on as many cores as the process may use: `taskset -c 0` gives it one.
"""

import importlib.util
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from datasketch import MinHash

from dq import fold
from dq.dedup import find_duplicates, read_table
from dq.dedup.minhash import signatures
from dq.options import ColumnOptions, DedupOptions

LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإةى"
N_ARTICLES, N_WORDS, VOCABULARY = 20_000, 400, 30_000
FOR_DATASKETCH = 400
"""Articles that datasketch is timed on: enough for a second."""


def made_up() -> pl.DataFrame:
    draw = random.Random(1)  # noqa: S311  # reproducible words, no secret
    vocabulary = ["".join(draw.choices(LETTERS, k=draw.randint(2, 7))) for _ in range(VOCABULARY)]
    texts = [" ".join(draw.choices(vocabulary, k=N_WORDS)) for _ in range(N_ARTICLES)]
    return pl.DataFrame({"id": [str(i) for i in range(N_ARTICLES)], "text": texts})


def datasketch_signature(words: list[str]) -> MinHash:
    sketch = MinHash(128)
    sketch.update_batch([" ".join(words[at : at + 5]).encode() for at in range(max(0, len(words) - 4))])
    return sketch


def daft_signatures(texts: pl.Series) -> object:
    import daft  # noqa: PLC0415  # a peer, not needed

    frame = daft.from_arrow(texts.to_frame("text").to_arrow())
    return frame.select(frame["text"].minhash(num_hashes=128, ngram_size=5)).collect()


def rate(texts: pl.Series, work: Callable[[pl.Series], object]) -> float:
    """Megabytes of text a second, the best of three."""
    megabytes = texts.str.len_bytes().sum() / 1e6
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        work(texts)
        seconds.append(time.perf_counter() - started)
    return megabytes / min(seconds)


def main() -> None:
    frame = read_table(Path(sys.argv[1]), ColumnOptions()) if sys.argv[1:] else made_up()
    texts = frame["text"].fill_null("")
    few = texts.sample(min(FOR_DATASKETCH, len(texts)), seed=1)
    documents_a_megabyte = len(texts) / (texts.str.len_bytes().sum() / 1e6)
    signatures(few)  # compiles, or loads what was compiled
    rates = {
        "dq, one core": rate(texts, lambda column: signatures(column, threads=1)),
        "datasketch, split at white space": rate(few, lambda column: [datasketch_signature(t.split()) for t in column]),
        "datasketch, folded words": rate(few, lambda column: [datasketch_signature(fold.words(t)) for t in column]),
    }
    if importlib.util.find_spec("daft"):
        rates["daft, split at white space"] = rate(texts, daft_signatures)
    for name, megabytes in rates.items():
        ratio = rates["dq, one core"] / megabytes
        print(f"{name:<34}{megabytes:8.1f} MB/s{megabytes * documents_a_megabyte:10,.0f} articles/s{ratio:8.1f} x")
    started = time.perf_counter()
    found = find_duplicates(frame, DedupOptions())
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"whole search: {len(texts):,} articles in {seconds:.1f} s, peak {peak:,.0f} MB, all cores")
    print(
        f"{found.duplicates.height:,} pairs, {found.clusters.height:,} clusters, {found.reuse.height:,} reused passages"
    )


if __name__ == "__main__":
    main()
