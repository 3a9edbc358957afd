"""Both backends choose the same rows, bit for bit; their float32 matrices agree to 1e-6."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import (
    cosine,
    embeddings,
    gram,
    greedy_dpp,
    greedy_dpp_batch,
    many_pools,
    offsets_of,
    qualities,
    random_embeddings,
    without_overflow,
)
from prefmath import _numba

native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")


def assert_same_choice(one, two):
    np.testing.assert_array_equal(one[0], two[0])
    # The last place of a logarithm may differ.
    np.testing.assert_allclose(one[1], two[1], rtol=1e-12, atol=0)


@given(embeddings(), st.data())
def test_one_pool(x, data):
    quality, k = data.draw(qualities(len(x))), data.draw(st.integers(0, len(x)))
    assert_same_choice(*(greedy_dpp(b, x, quality, k, 2) for b in (native, _numba)))


@given(many_pools())
def test_many_pools(pools):
    x, offsets, quality, k = pools
    assert_same_choice(*(greedy_dpp_batch(b, x, offsets, quality, k, 2) for b in (native, _numba)))


# Blocks of a pool are 1,024 rows, tasks of many pools 2,048.
@pytest.mark.parametrize("n", [1023, 1024, 1025, 2048, 2500])
@pytest.mark.parametrize("with_quality", [False, True])
def test_a_large_pool(n, with_quality):
    rng = np.random.default_rng(n)
    x = random_embeddings(rng, n, 33)
    quality = rng.choice([0.5, 1.0, 2.0], size=n) if with_quality else None
    one, two = (greedy_dpp(b, x, quality, 40, 2) for b in (native, _numba))
    assert_same_choice(one, two)
    assert len(one[0]) == 33


@pytest.mark.parametrize("n", [2047, 2048, 2049, 7000])
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_pools_across_tasks(n, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 40, size=n // 16)
    x = random_embeddings(rng, sizes.sum(), 19)
    arguments = x, offsets_of(sizes), rng.uniform(0.1, 2, size=len(x)), 4, 2
    assert_same_choice(*(greedy_dpp_batch(b, *arguments) for b in (native, _numba)))


@given(embeddings())
def test_similarities(x):
    x = without_overflow(x)
    norms = np.linalg.norm(x.astype(np.float64), axis=1)
    difference = np.abs(gram(native, x, 2).astype(np.float64) - gram(_numba, x, 2))
    assert (difference <= 1e-6 * np.outer(norms, norms) + 1e-37).all()
    assert np.abs(cosine(native, x, 2) - cosine(_numba, x, 2)).max() <= 1e-6


@pytest.mark.parametrize(("n", "d"), [(255, 3), (256, 8), (257, 17), (513, 384)])
def test_similarities_across_tiles(n, d):
    x = np.random.default_rng(n).standard_normal((n, d)).astype(np.float32)
    np.testing.assert_allclose(gram(native, x, 2), gram(_numba, x, 2), rtol=0, atol=1e-6 * 2 * d)
    np.testing.assert_allclose(cosine(native, x, 2), cosine(_numba, x, 2), rtol=0, atol=1e-6)
