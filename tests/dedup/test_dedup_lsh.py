import itertools

import numpy as np
import pytest

from dq.dedup.lsh import (
    Banding,
    Pairs,
    bands_hit,
    choose_banding,
    least_agreement,
    meetings,
    pairs_in_groups,
    pairs_of,
)
from dq.errors import ConfigError

NO_HASH = 0xFFFFFFFF


def found(signatures, banding, **how):
    pairs = pairs_of(meetings(np.asarray(signatures, np.uint32), banding, **{"least": 1, "max_bucket": 64, **how}))
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def by_brute_force(signatures, banding, least):
    def meet(a, b):
        bands = (slice(i * banding.rows, (i + 1) * banding.rows) for i in range(banding.bands))
        return any((a[band] == b[band]).all() for band in bands) and (a == b).sum() >= least

    rows = range(len(signatures))
    return [(a, b) for a, b in itertools.combinations(rows, 2) if meet(signatures[a], signatures[b])]


@pytest.mark.parametrize(
    ("permutations", "jaccard", "recall", "expected"),
    [
        (128, 0.3, 0.99, Banding(64, 2)),
        (128, 0.5, 0.99, Banding(42, 3)),
        (128, 0.8, 0.5, Banding(10, 12)),
        (256, 0.3, 0.9, Banding(85, 3)),
        (16, 0.9, 0.999, Banding(8, 2)),
    ],
)
def test_the_banding_is_the_strictest_that_keeps_the_recall(permutations, jaccard, recall, expected):
    banding = choose_banding(permutations, jaccard=jaccard, recall=recall)
    assert banding == expected
    assert banding.recall(jaccard) >= recall
    stricter = Banding(permutations // (banding.rows + 1), banding.rows + 1)
    assert stricter.recall(jaccard) < recall


def test_a_recall_out_of_reach_is_told():
    with pytest.raises(ConfigError, match=r"16 permutations find pairs with a Jaccard of 0\.1 in 81\.5% of cases"):
        choose_banding(16, jaccard=0.1, recall=0.99)


def test_the_curve_rises_to_one():
    values = [float(line.split()[1]) for line in Banding(64, 2).curve(20).splitlines()]
    assert values == sorted(values)
    assert len(values) == 20
    assert values[-1] == 1.0


def test_least_agreement_is_below_the_mean_and_never_zero():
    assert [least_agreement(128, jaccard) for jaccard in (0.01, 0.15, 0.5, 1.0)] == [1, 4, 42, 128]


@pytest.mark.parametrize("least", [1, 5])
def test_documents_meet_as_brute_force_says(least):
    signatures = np.random.default_rng(1).integers(0, 6, (60, 12), dtype=np.uint32)
    banding = Banding(4, 3)
    expected = by_brute_force(signatures, banding, least)
    assert expected
    assert found(signatures, banding, least=least) == expected
    assert found(signatures, banding, least=least, threads=3) == expected


def test_bands_with_equal_sums_do_not_meet():
    assert found([[1, 4, 9, 9], [2, 3, 8, 8], [4, 1, 7, 7]], Banding(2, 2)) == []


def test_documents_without_shingles_never_meet():
    assert found([[NO_HASH] * 4, [NO_HASH] * 4, [1, 2, 3, 4], [1, 2, 5, 6]], Banding(2, 2)) == [(2, 3)]


def test_no_documents():
    assert found(np.empty((0, 4)), Banding(2, 2)) == []


def test_in_a_large_bucket_every_copy_is_linked_to_the_first():
    signatures = np.tile(np.arange(8, dtype=np.uint32), (500, 1))
    assert found(signatures, Banding(4, 2), max_bucket=10) == [(0, other) for other in range(1, 500)]


def test_a_large_bucket_of_strangers_costs_no_more_than_its_leaders():
    signatures = np.random.default_rng(2).integers(0, 1 << 30, (3000, 32), dtype=np.uint32)
    signatures[:, :2] = 7  # the template that they share
    signatures[2000] = signatures[5]
    pairs = found(signatures, Banding(16, 2), max_bucket=20)
    assert len(pairs) <= 20 * 3000
    assert (5, 2000) in pairs


def test_bands_hit_are_counted():
    signatures = np.array([[1, 2, 3, 4, 5, 6], [1, 2, 0, 4, 5, 6], [0] * 6], np.uint32)
    pairs = Pairs(np.array([0, 0]), np.array([1, 2]))
    assert bands_hit(signatures, Banding(3, 2), pairs).tolist() == [2, 0]


def test_pairs_in_groups_leaves_large_groups_out_and_grows():
    members = np.concatenate([[3, 5, 9], np.arange(400)])
    keys = pairs_in_groups(members, np.array([0, 3, 403]), 399)
    assert len(keys) == 3
    keys = pairs_in_groups(members, np.array([0, 3, 403]), 400)
    assert len(keys) == 3 + 400 * 399 // 2
    pairs = pairs_of(keys)
    assert (pairs.left < pairs.right).all()
