"""gram_batch: the small matrices of many pools, as the large one of each would be."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import gram_batch, mean_pairwise_similarity, vendi_score
from similarity_budget import assert_within_budget
from similarity_data import DTYPES, KINDS, drawn, result_type

X = np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32)
X.flags.writeable = False


def check(x, offsets, metric):
    grams = gram_batch(x, offsets, metric=metric)
    assert len(grams) == len(offsets) - 1
    assert grams.values.dtype == result_type(x.dtype)
    np.testing.assert_array_equal(grams.offsets, offsets)
    for gram, (first, last) in zip(grams, pairwise(offsets), strict=True):
        assert gram.shape == (last - first, last - first)
        assert_within_budget(gram, x[first:last], x[first:last], metric)
        assert (gram == gram.T).all()
        if metric == "cosine":
            assert (np.diag(gram) == 1).all()
            assert (np.abs(gram) <= 1).all()


@given(
    sizes=st.lists(st.integers(0, 20), max_size=8),
    d=st.integers(1, 70),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(KINDS),
    metric=st.sampled_from(["cosine", "dot"]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=100)
def test_any_pools(sizes, d, dtype, kind, metric, seed):
    x = drawn(np.random.default_rng(seed), sum(sizes), d, dtype, kind)
    check(x, np.cumsum([0, *sizes]), metric)


@given(st.lists(st.sampled_from([-1, 0, 0, 1, 5, 12, 12, 13]), max_size=5), st.booleans())
@settings(max_examples=100)
def test_any_offsets(offsets, whole):
    """Decreasing, out of range, not of all rows: refused in one sentence; else computed."""
    offsets = [0, *sorted(offsets), 12] if whole else offsets
    right = len(offsets) > 0 and offsets[0] == 0 and offsets[-1] == 12
    right = right and offsets == sorted(offsets)
    smallest = {gram_batch: 0, vendi_score: 1, mean_pairwise_similarity: 2}
    for call, least in smallest.items():
        if right and min(np.diff(offsets)) >= least:
            assert len(call(X, offsets)) == len(offsets) - 1
        else:
            with pytest.raises(
                (ValueError, TypeError), match=r"^offsets must|needs (2 rows|a row)"
            ):
                call(X, offsets)


# Large pools are cut into tiles of 128 rows and more.
@pytest.mark.parametrize("sizes", [(127, 128, 129), (300, 1, 0, 16), (16,) * 40])
@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_large_pools_and_many(metric, sizes):
    x = drawn(np.random.default_rng(1), sum(sizes), 33, np.dtype(np.float32), "clusters")
    check(x, np.cumsum([0, *sizes]), metric)


def test_how_it_is_read():
    grams = gram_batch(X, [0, 3, 3, 12])
    assert repr(grams) == "GramBatch(3 pools, 12 rows, float32)"
    np.testing.assert_allclose(grams[0], X[:3] @ X[:3].T, rtol=1e-6)
    assert grams[1].shape == (0, 0)
    np.testing.assert_array_equal(grams[-1], grams[2])
    assert grams[2].base is not None
    for pool in (3, -4):
        with pytest.raises(IndexError, match=rf"^pool {pool} of 3$"):
            grams[pool]


def test_all_in_one_array():
    grams = gram_batch(X, np.arange(0, 13, 4))
    stack = grams.stack()
    assert stack.shape == (3, 4, 4)
    assert np.shares_memory(stack, grams.values)
    for one, other in zip(stack, grams, strict=True):
        np.testing.assert_array_equal(one, other)
    assert gram_batch(X[:0], [0]).stack().shape == (0, 0, 0)
    with pytest.raises(ValueError, match=r"pool 0 has 3, pool 2 9$|pool 0 has 3, pool 1 9$"):
        gram_batch(X, [0, 3, 12]).stack()


@pytest.mark.parametrize("metric", ["cosine", "dot"])
def test_threads_change_no_bit(metric):
    rng = np.random.default_rng(2)
    sizes = rng.integers(0, 40, size=200)
    x = drawn(rng, sizes.sum(), 11, np.dtype(np.float32))
    alone = gram_batch(x, np.cumsum([0, *sizes]), metric=metric, n_threads=1).values
    for n_threads in (2, 3):
        again = gram_batch(x, np.cumsum([0, *sizes]), metric=metric, n_threads=n_threads).values
        assert again.tobytes() == alone.tobytes()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"metric": "euclidean"}, ValueError, "metric must be 'dot' or 'cosine', not 'euclidean'"),
        ({"offsets": [0, 9, 5, 12]}, ValueError, "offsets[2]=5 after offsets[1]=9"),
        ({"offsets": [3, 12]}, ValueError, "offsets must start with 0, not 3"),
        ({"offsets": [0, 13]}, ValueError, "offsets[-1]=13 for 12 rows"),
        ({"offsets": [0, 11]}, ValueError, "offsets[-1]=11 for 12 rows"),
        ({"offsets": [0.0, 12.0]}, TypeError, "offsets must be a vector of integers"),
        ({"X": X[0]}, ValueError, "X must have two axes, (rows, columns), not shape (4,)"),
        ({"X": X > 0}, TypeError, "X must hold real numbers, not bool"),
        ({"X": X * np.float32(np.nan)}, ValueError, "X must be finite: X[0, 0] is nan"),
        (
            {"X": X * np.float32(1e30)},
            ValueError,
            "float32 cannot hold the products: X[0] has norm",
        ),
        ({"X": X * 0, "metric": "cosine"}, ValueError, "non-zero rows: X[0] is all zeros"),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        gram_batch(**{"X": X, "offsets": [0, 5, 12]} | arguments)
