"""Kernels of many pools against float64 NumPy, each type of number, large pools and small ones."""

from __future__ import annotations

from itertools import pairwise

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import embeddings, offsets_of, random_embeddings
from prefmath import _numba

UNIT = 2.0**-24
"""Half a unit in the last place of float32: what one operation rounds by, relatively."""

TYPES = [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, np.int8]


def stored(x, dtype):
    """Round to a type; rows that become zero get a one."""
    if dtype in {np.float16, np.int8}:
        largest = np.abs(x).max(axis=1, keepdims=True, initial=1e-300)
        x = x / largest * (100 if dtype is np.int8 else 30)
    x = x.astype(dtype)
    x[~(x != 0).any(axis=1), 0] = 1
    return x


def bits(x):
    """Return the array as kernels take it: bfloat16 as its bits."""
    return x.view(np.uint16) if x.dtype == ml_dtypes.bfloat16 else x


@st.composite
def pools(draw, *, least=0):
    """Draw rows of one type, cut into pools of at least so many rows."""
    x = draw(embeddings(max_n=60))
    sizes = draw(st.lists(st.integers(least, 20), max_size=8))
    offsets = offsets_of(sizes)
    x = np.resize(x, (offsets[-1], x.shape[1]))
    return stored(x, draw(st.sampled_from(TYPES))), offsets


def of_sizes(sizes, d, dtype, seed=0):
    return stored(random_embeddings(np.random.default_rng(seed), sum(sizes), d), dtype), offsets_of(
        sizes
    )


def wide(x, offsets):
    """Return each pool in float64."""
    return [x[i:j].astype(np.float64) for i, j in pairwise(offsets)]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


# Pools of more than 128 rows are cut into tiles, those of more than 2,048 into parts.


def check_gram(kernels, x, offsets):
    expected_type = np.float64 if x.dtype == np.float64 else np.float32
    roundoff = UNIT if expected_type == np.float32 else 2.0**-53
    d = x.shape[1]
    for metric in ("dot", "cosine"):
        out = kernels.gram_batch(bits(x), offsets, metric, 2)
        assert out.dtype == expected_type
        assert len(out) == (np.diff(offsets) ** 2).sum()
        end = 0
        for rows in wide(x, offsets):
            matrix = out[end : end + len(rows) ** 2].reshape(len(rows), len(rows))
            end += len(rows) ** 2
            assert (matrix == matrix.T).all()
            factors = unit(rows) if metric == "cosine" else rows
            if metric == "cosine":
                assert (np.diag(matrix) == 1).all()
                assert (np.abs(matrix) <= 1).all()
            # Each norm that a cosine is divided by is off by half of what a product is.
            scale = np.abs(factors) @ np.abs(factors).T + (metric == "cosine")
            budget = 1.01 * (d + 8) * (roundoff * scale + 2.0**-149)
            assert (np.abs(matrix - factors @ factors.T) <= budget).all()


@given(pools())
@settings(max_examples=80)
def test_gram_batch(kernels, drawn):
    x, offsets = drawn
    check_gram(kernels, np.clip(x, -1e15, 1e15) if x.dtype == np.float32 else x, offsets)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sizes", [(128, 129, 0, 1, 300, 5), (16,) * 300, (127, 1, 200)])
def test_gram_batch_of_large_pools(kernels, sizes, dtype):
    x, offsets = of_sizes(sizes, 37, dtype)
    check_gram(kernels, np.clip(x, -1e15, 1e15) if dtype == np.float32 else x, offsets)


def test_gram_batch_is_not_afraid_of_long_or_short_rows(kernels):
    x = np.array([[1e-20, 0], [0, -3e-25], [2e30, 2e30]], np.float32)
    half = np.sqrt(0.5)
    expected = [1, 0, half, 0, 1, -half, half, -half, 1]
    offsets = np.array([0, 3])
    np.testing.assert_allclose(kernels.gram_batch(x, offsets, "cosine", 1), expected, atol=1e-7)
    x = np.array([[1.8e19, 0], [1.3e19, -1.3e19], [1e-30, 0]], np.float32)
    rows = x.astype(np.float64)
    found = kernels.gram_batch(x, offsets, "dot", 1).reshape(3, 3)
    np.testing.assert_allclose(found, rows @ rows.T, rtol=1e-6, atol=1e-44)


def check_mean_cosine(kernels, x, offsets):
    found = kernels.mean_cosine(bits(x), offsets, 2)
    for value, rows in zip(found, wide(x, offsets), strict=True):
        n = len(rows)
        cosines = unit(rows) @ unit(rows).T
        expected = (cosines.sum() - np.trace(cosines)) / (n * (n - 1))
        assert abs(value - expected) <= 1e-14
        assert abs(value) <= 1


@given(pools(least=2))
@settings(max_examples=60)
def test_mean_cosine(kernels, drawn):
    check_mean_cosine(kernels, *drawn)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sizes", [(2, 2048, 2049, 2, 3), (5000,), (16,) * 300])
def test_mean_cosine_of_large_pools(kernels, sizes, dtype):
    check_mean_cosine(kernels, *of_sizes(sizes, 19, dtype))


def exact_pairs(rows, metric):
    """Score every pair i < j, in the order of the pairs; larger is closer."""
    i, j = np.triu_indices(len(rows), 1)
    if metric == "cosine":
        scores = np.einsum("pd,pd->p", unit(rows)[i], unit(rows)[j])
    else:
        scores = -np.square(rows[i] - rows[j]).sum(axis=1)
    return i, j, scores


def check_closest_pairs(kernels, x, offsets):
    for metric in ("cosine", "sqeuclidean"):
        pairs, scores = kernels.closest_pairs(bits(x), offsets, metric, 2)
        assert pairs.dtype == np.int32
        assert pairs.shape == (len(offsets) - 1, 2)
        for (i, j), score, rows in zip(pairs, scores, wide(x, offsets), strict=True):
            assert 0 <= i < j < len(rows)
            left, right, expected = exact_pairs(rows, metric)
            own = expected[(left == i) & (right == j)][0]
            tolerance = 1e-14 if metric == "cosine" else 1e-14 * max(abs(own), 1e-300)
            assert abs(score - (own if metric == "cosine" else -own)) <= tolerance
            assert own >= expected.max() - tolerance


@given(pools(least=2))
@settings(max_examples=60)
def test_closest_pairs(kernels, drawn):
    check_closest_pairs(kernels, *drawn)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sizes", [(2, 128, 129, 2, 300, 3), (16,) * 300])
def test_closest_pairs_of_large_pools(kernels, sizes, dtype):
    check_closest_pairs(kernels, *of_sizes(sizes, 19, dtype))


def test_of_equal_pairs_the_first_is_the_closest(kernels):
    x = np.zeros((400, 3), np.float32)
    x[:, 0] = np.arange(1, 401)
    x[:, 1] = np.square(np.arange(400))
    x[300], x[131], x[150] = x[7], x[8], x[7]
    for metric, score in (("cosine", 1.0), ("sqeuclidean", 0.0)):
        pairs, scores = kernels.closest_pairs(x, np.array([0, 400]), metric, 2)
        assert pairs.tolist() == [[7, 150]]
        assert scores.tolist() == [score]


def test_neighbours_that_float32_products_do_not_tell_apart(kernels):
    rng = np.random.default_rng(3)
    x = (1000 + rng.standard_normal((300, 24)) / 4096).astype(np.float32)
    rows = x.astype(np.float64)
    for size in (16, 300):
        offsets = np.arange(0, 300 // size * size + 1, size)
        pairs, _ = kernels.closest_pairs(x[: offsets[-1]], offsets, "sqeuclidean", 2)
        for pair, first in zip(pairs, offsets[:-1], strict=True):
            i, j, scores = exact_pairs(rows[first : first + size], "sqeuclidean")
            best = np.argmax(scores)
            assert pair.tolist() == [i[best], j[best]]


def selection(rng, offsets):
    """Select some rows of every pool, at least one."""
    chosen = [
        rng.integers(first, last, size=rng.integers(1, 12)) for first, last in pairwise(offsets)
    ]
    return np.concatenate([np.empty(0), *chosen]).astype(np.int64), offsets_of(
        [len(rows) for rows in chosen]
    )


def check_coverage(kernels, x, offsets, selected, selected_offsets):
    for metric in ("cosine", "sqeuclidean"):
        found = kernels.coverage(bits(x), offsets, selected, selected_offsets, metric, 2)
        for p, rows in enumerate(wide(x, offsets)):
            chosen = selected[selected_offsets[p] : selected_offsets[p + 1]] - offsets[p]
            if metric == "cosine":
                distances = 1 - unit(rows) @ unit(rows)[chosen].T
            else:
                distances = np.square(rows[:, None] - rows[chosen]).sum(axis=2)
            expected = distances.min(axis=1).max()
            tolerance = 1e-14 if metric == "cosine" else 1e-14 * max(expected, 1e-300)
            assert abs(found[p] - expected) <= tolerance
            if set(range(len(rows))) <= set(chosen.tolist()):
                assert found[p] == 0


@given(pools(least=1), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_coverage(kernels, drawn, seed):
    x, offsets = drawn
    check_coverage(kernels, x, offsets, *selection(np.random.default_rng(seed), offsets))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sizes", [(2, 2048, 2049, 1), (5000,), (16,) * 300])
def test_coverage_of_large_pools(kernels, sizes, dtype):
    x, offsets = of_sizes(sizes, 19, dtype)
    check_coverage(kernels, x, offsets, *selection(np.random.default_rng(1), offsets))


def test_coverage_by_many_rows(kernels):
    x, offsets = of_sizes((1000,), 19, np.float32)
    check_coverage(kernels, x, offsets, np.arange(0, 1000, 3), np.array([0, 334]))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("n", "d"), [(0, 3), (1, 1), (100, 8), (5000, 21), (97, 70)])
@pytest.mark.parametrize("by_direction", [False, True])
def test_covariance(kernels, n, d, dtype, by_direction):
    x = stored(random_embeddings(np.random.default_rng(n), n, d), dtype)
    rows = x.astype(np.float64)
    rows = unit(rows) if by_direction else rows
    found = kernels.covariance(bits(x), by_direction, 2)
    assert (found == found.T).all()
    budget = 1e-14 * (np.abs(rows).T @ np.abs(rows)) + 1e-300
    assert (np.abs(found - rows.T @ rows) <= budget).all()


def test_of_no_pools_nothing_is_found(kernels):
    x, offsets = np.empty((0, 4), np.float32), np.zeros(1, np.int64)
    assert kernels.gram_batch(x, offsets, "cosine", 2).tolist() == []
    assert kernels.mean_cosine(x, offsets, 2).tolist() == []
    pairs, scores = kernels.closest_pairs(x, offsets, "cosine", 2)
    assert (pairs.shape, scores.tolist()) == ((0, 2), [])
    none = np.empty(0, np.int64)
    assert kernels.coverage(x, offsets, none, offsets, "cosine", 2).tolist() == []


@given(pools(least=2), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_both_backends_give_the_same(drawn, seed):
    native = pytest.importorskip("prefmath._native")
    x, offsets = drawn
    chosen = selection(np.random.default_rng(seed), offsets)
    x = bits(x)
    for metric in ("cosine", "sqeuclidean"):
        one, two = (b.closest_pairs(x, offsets, metric, 2) for b in (native, _numba))
        np.testing.assert_array_equal(one[0], two[0])
        np.testing.assert_array_equal(one[1], two[1])
        one, two = (b.coverage(x, offsets, *chosen, metric, 2) for b in (native, _numba))
        np.testing.assert_array_equal(one, two)
    one, two = (b.mean_cosine(x, offsets, 2) for b in (native, _numba))
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-14)
    one, two = (b.gram_batch(x, offsets, "cosine", 2) for b in (native, _numba))
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)


def refused(kernels, name, *arguments):
    with pytest.raises(ValueError, match=" ") as error:
        getattr(kernels, name)(*arguments, 1)
    return str(error.value)


def test_pools_without_pairs_are_refused(kernels):
    x = np.ones((5, 2), np.float32)
    for name, metric in (("mean_cosine", ()), ("closest_pairs", ("cosine",))):
        found = refused(kernels, name, x, np.array([0, 2, 3, 5]), *metric)
        assert found == "a pair takes two rows: pool 1 has 1 row"
        found = refused(kernels, name, x, np.array([0, 2, 5, 5]), *metric)
        assert found == "a pair takes two rows: pool 2 has no rows"


@pytest.mark.parametrize(
    ("selected", "selected_offsets", "message"),
    [
        (
            [0, 1],
            [0, 1, 2],
            "selected rows must be of their pool: selected[1]=1 is not of pool 1",
        ),
        (
            [-1, 2],
            [0, 1, 2],
            "selected rows must be of their pool: selected[0]=-1 is not of pool 0",
        ),
        ([0, 1], [0, 2, 2], "every pool needs a selected row: pool 1 has none"),
        ([0], [0, 1], "selected_offsets must be as long as offsets: 1 pools, not 2"),
    ],
)
def test_selections_that_do_not_fit_are_refused(kernels, selected, selected_offsets, message):
    arguments = np.array(selected), np.array(selected_offsets), "cosine"
    x = np.ones((3, 2), np.float32)
    assert refused(kernels, "coverage", x, np.array([0, 2, 3]), *arguments) == message


@pytest.mark.parametrize("size", [4, 200])
def test_products_beyond_the_type_are_refused(kernels, size):
    x = np.ones((2 * size, 3), np.float32)
    x[size + 2] = 2e19
    offsets = np.array([0, size, 2 * size])
    message = f"float32 cannot hold the products: X[{size + 2}] has norm 3.464e19"
    assert refused(kernels, "gram_batch", x, offsets, "dot") == message
    assert np.isfinite(kernels.gram_batch(x, offsets, "cosine", 1)).all()
    wide = x.astype(np.float64)
    wide[size + 3] = 1e200
    for metric in ("dot", "cosine"):
        message = f"float64 cannot hold the squares of so large numbers: X[{size + 3}]"
        assert refused(kernels, "gram_batch", wide, offsets, metric) == message
    wide[size + 3] = 1e-200
    message = f"float64 cannot hold the squares of so small numbers: X[{size + 3}]"
    assert refused(kernels, "mean_cosine", wide, offsets) == message


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, ml_dtypes.bfloat16])
def test_what_is_not_finite_is_named_in_every_type(kernels, dtype):
    x = np.ones((6, 3), dtype)
    x[4, 1] = np.nan
    offsets = np.array([0, 3, 6])
    message = "X must be finite: X[4, 1] is nan"
    assert refused(kernels, "gram_batch", bits(x), offsets, "cosine") == message
    assert refused(kernels, "mean_cosine", bits(x), offsets) == message


def test_other_types_are_refused():
    native = pytest.importorskip("prefmath._native")
    offsets = np.array([0, 2])
    for dtype in (np.int64, np.uint8, np.complex64, np.bool_):
        name = np.dtype(dtype).name
        with pytest.raises(TypeError, match=f"uint16, not {name}"):
            native.mean_cosine(np.ones((2, 2), dtype), offsets, 1)
    with pytest.raises(TypeError, match="kernels take NumPy arrays, not list"):
        native.mean_cosine([[1.0, 2.0]], offsets, 1)
    with pytest.raises(ValueError, match=r"kernels take matrices here, not arrays of 3 axes"):
        native.mean_cosine(np.ones((2, 2, 2)), offsets, 1)
    with pytest.raises(ValueError, match=r"kernels take C-contiguous arrays"):
        native.mean_cosine(np.ones((2, 4))[:, ::2], offsets, 1)
