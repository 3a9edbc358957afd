"""Greedy DPP: every step against all determinants by NumPy, on both backends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_data import embeddings, greedy_dpp, greedy_dpp_batch, many_pools, qualities

# What the kernels take for no distance from the span of the chosen ones, squared.
RANK_TOLERANCE = 1e-10


def volumes(x, quality, chosen):
    """Return for each row by what it multiplies det(diag(q) S diag(q)) of those chosen before."""
    unit = x / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    rows = unit * (np.ones(len(x)) if quality is None else quality)[:, None]

    def log_det(members):
        return np.linalg.slogdet(rows[members] @ rows[members].T)

    before = log_det(chosen)[1] if chosen else 0.0
    out = np.zeros(len(x))
    for row in set(range(len(x))) - set(chosen):
        sign, after = log_det([*chosen, row])
        out[row] = np.exp(after - before) if sign > 0 else 0.0
    return out


def check_steps(x, quality, k, rows, gains):
    """Check every step against all determinants, whose factors err by 1e-8 of the quality²."""
    weight = np.ones(len(x)) if quality is None else quality**2
    chosen = []
    for row, gain in zip(rows.tolist(), gains, strict=True):
        factor = volumes(x, quality, chosen)
        assert (factor[row] >= factor - 1e-8 * (weight + weight[row])).all()
        assert abs(np.exp(gain) - factor[row]) <= 1e-8 * weight[row]
        chosen.append(row)
    if len(chosen) < k:
        assert (volumes(x, quality, chosen) <= weight * (RANK_TOLERANCE + 1e-8)).all()


@st.composite
def small_pools(draw):
    """Draw up to ten rows in up to six dimensions, some of them copies, and their quality."""
    x = draw(embeddings(max_n=10, max_d=6))
    return x, draw(qualities(len(x))), draw(st.integers(0, len(x)))


@given(pool=small_pools())
def test_every_step_takes_the_largest_determinant(kernels, pool):
    x, quality, k = pool
    rows, gains = greedy_dpp(kernels, x, quality, k, 1)
    assert rows.dtype == np.int32
    assert gains.dtype == np.float64
    assert len(set(rows.tolist())) == len(rows) == len(gains) <= k
    assert (np.diff(gains) <= 1e-9).all()
    check_steps(x, quality, k, rows, gains)


@given(pool=small_pools(), power=st.sampled_from([-20, -2, 0, 3, 40]))
def test_ties_go_to_the_lowest_row(kernels, pool, power):
    x, quality, k = pool
    # Multiples by powers of two have the same bits as unit vectors.
    doubled = np.concatenate([x, x * np.float32(2.0**power), x])
    doubled_quality = None if quality is None else np.tile(quality, 3)
    rows, gains = greedy_dpp(kernels, doubled, doubled_quality, k, 1)
    alone = greedy_dpp(kernels, x, quality, k, 1)
    assert rows.tolist() == alone[0].tolist()
    assert gains.tolist() == alone[1].tolist()


@given(pool=small_pools())
def test_copies_of_what_is_chosen_are_never_chosen(kernels, pool):
    x, quality, _ = pool
    copies = np.concatenate([x, x])
    quality = None if quality is None else np.tile(quality, 2)
    rows, _ = greedy_dpp(kernels, copies, quality, len(copies), 2)
    assert len(set((rows % len(x)).tolist())) == len(rows)


def test_without_quality_the_first_row_is_first(kernels):
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    rows, gains = greedy_dpp(kernels, x, None, 1, 1)
    assert rows.tolist() == [0]
    assert gains.tolist() == [0.0]


def test_equal_rows_of_unequal_quality(kernels):
    x = np.ones((4, 2), np.float32)
    rows, gains = greedy_dpp(kernels, x, np.array([1.0, 0.0, 3.0, 3.0]), 4, 1)
    assert rows.tolist() == [2]
    assert gains == pytest.approx(2 * np.log(3))


@given(pools=many_pools())
def test_many_pools_are_as_each_alone(kernels, pools):
    x, offsets, quality, k = pools
    positions, gains = greedy_dpp_batch(kernels, x, offsets, quality, k, 2)
    assert positions.shape == gains.shape == (len(offsets) - 1, k)
    for pool, (first, last) in enumerate(pairwise(offsets)):
        of_pool = None if quality is None else quality[first:last]
        rows, alone = greedy_dpp(kernels, x[first:last], of_pool, min(k, last - first), 1)
        missing = k - len(rows)
        assert positions[pool].tolist() == rows.tolist() + [-1] * missing
        # numba's logarithm may differ from NumPy's in the last place.
        expected = [*alone.tolist(), *[0.0] * missing]
        np.testing.assert_allclose(gains[pool], expected, rtol=1e-15, atol=0)


@pytest.mark.parametrize(("angle", "n_chosen"), [(1e-2, 2), (2e-5, 2), (5e-6, 1)])
def test_how_little_two_candidates_must_differ(kernels, angle, n_chosen):
    x = np.array([[1, 0], [1, angle]], np.float32)
    rows, gains = greedy_dpp(kernels, x, None, 2, 1)
    assert rows.tolist() == [0, 1][:n_chosen]
    np.testing.assert_allclose(gains[1:], np.log(np.sin(angle) ** 2), rtol=1e-5)
