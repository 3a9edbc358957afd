"""The matrix kernel against float64 NumPy, within similarity_budget.py; both backends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from similarity_budget import METRICS, assert_within_budget, lengths
from similarity_data import DTYPES, KINDS, bits, drawn, name_of, result_type

# Blocks of 4 to 32 rows and columns, tiles of 256 and more.
SHAPES = [(1, 1), (2, 5), (3, 16), (33, 17), (255, 3), (256, 8), (257, 33), (260, 1), (600, 20)]


def matrix(kernels, x, y, metric, gamma=None, n_threads=2):
    """Let the kernel fill a matrix that holds NaN before."""
    gamma = 1 / x.shape[1] if gamma is None else gamma
    out = np.full((len(x), len(x if y is None else y)), np.nan, result_type(x.dtype))
    other = None if y is None else bits(y)
    kernels.similarity_matrix(bits(x), other, metric, gamma, out, None, n_threads)
    return out


def check(kernels, x, y, metric, gamma=None):
    out = matrix(kernels, x, y, metric, gamma)
    assert_within_budget(out, x, x if y is None else y, metric, gamma)
    if y is None:
        assert (out == out.T).all()
        if metric != "dot":
            assert (np.diag(out) == (metric in {"cosine", "rbf"})).all()
    if metric == "cosine":
        assert (np.abs(out) <= 1).all()
    elif metric != "dot":
        assert (out >= 0).all()
    if metric in {"angular", "rbf"}:
        assert (out <= 1).all()


def spread(x):
    """Return a gamma that suits the distances."""
    return 1 / float(lengths(x.astype(np.float64)).mean()) ** 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("metric", METRICS)
def test_every_kind_of_row(kernels, metric, dtype, kind):
    rng = np.random.default_rng(KINDS.index(kind))
    x, y = drawn(rng, 70, 37, dtype, kind), drawn(rng, 45, 37, dtype, kind)
    gamma = spread(x)
    check(kernels, x, None, metric, gamma)
    check(kernels, x, y, metric, gamma)


@pytest.mark.parametrize(("n", "d"), SHAPES)
@pytest.mark.parametrize("metric", METRICS)
def test_across_tiles(kernels, metric, n, d):
    rng = np.random.default_rng(n)
    dtype = DTYPES[n % len(DTYPES)]
    x, y = drawn(rng, n, d, dtype), drawn(rng, 601 - n, d, dtype)
    check(kernels, x, None, metric)
    check(kernels, x, y, metric)


@given(
    n=st.integers(0, 40),
    m=st.none() | st.integers(0, 40),
    d=st.integers(1, 70),
    dtype=st.sampled_from(DTYPES),
    kind=st.sampled_from(KINDS),
    metric=st.sampled_from(METRICS),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_any_shape(kernels, n, m, d, dtype, kind, metric, seed):
    rng = np.random.default_rng(seed)
    x = drawn(rng, n, d, dtype, kind)
    y = None if m is None else drawn(rng, m, d, dtype, kind)
    check(kernels, x, y, metric, spread(x) if n else 1.0)


@pytest.mark.parametrize("metric", METRICS)
def test_many_columns(kernels, metric):
    rng = np.random.default_rng(0)
    x, y = (drawn(rng, n, 3001, np.float32) for n in (21, 5))
    check(kernels, x, None, metric)
    check(kernels, x, y, metric)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("metric", METRICS)
def test_few_rows(kernels, metric, n):
    x = np.full((n, 2), 3, np.float32)
    equal = {"cosine": 1, "rbf": 1, "dot": 18}.get(metric, 0)
    for y in (None, x, x[:1], x[:0]):
        out = matrix(kernels, x, y, metric)
        np.testing.assert_allclose(out, np.full((n, n if y is None else len(y)), equal), rtol=2e-7)
        assert y is not None or metric == "dot" or (np.diag(out) == equal).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("metric", METRICS)
def test_threads_change_no_bit(kernels, metric, dtype):
    rng = np.random.default_rng(1)
    x, y = drawn(rng, 700, 19, dtype, "clusters"), drawn(rng, 300, 19, dtype, "clusters")
    for other in (None, y):
        alone = matrix(kernels, x, other, metric, n_threads=1).tobytes()
        assert matrix(kernels, x, other, metric, n_threads=2).tobytes() == alone
        assert matrix(kernels, x, other, metric, n_threads=3).tobytes() == alone


def test_rows_of_very_different_length(kernels):
    """Each row is turned into its direction, whatever its length."""
    scale = np.array([1e-44, 1e-20, 1, 1e20, 3e37], np.float32)
    x = np.random.default_rng(2).uniform(0.5, 1, (50, 9)).astype(np.float32)
    x *= np.repeat(scale, 10)[:, None]
    for metric in ("cosine", "angular", "euclidean"):
        check(kernels, x, None, metric)


def test_rows_close_to_each_other_and_far_from_the_origin(kernels):
    rng = np.random.default_rng(3)
    for far in (0, 1e3, 1e6):
        x = (far + rng.standard_normal((40, 12))).astype(np.float32)
        x[20:] = x[:20] * np.float32(1 + 1e-6)
        for metric in ("euclidean", "sqeuclidean", "angular"):
            check(kernels, x, None, metric)
        check(kernels, x, None, "rbf", gamma=0.3)
    x = rng.standard_normal((5, 3)) + 1e8
    x[3], x[4] = -x[0], x[1] * (1 + 1e-12)
    for metric in METRICS:
        check(kernels, x, None, metric)
