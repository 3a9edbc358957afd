"""Samples of projections: frequencies against minors, both backends alike, what is refused."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kernel_data import offsets_of
from prefmath import _numba


def orthonormal(rng, n_vectors, n):
    return np.ascontiguousarray(np.linalg.qr(rng.standard_normal((n, n_vectors)))[0].T)


def drawn(kernels, vectors, members, uniforms, *, proposing, n_threads=2):
    sums = np.cumsum(vectors * vectors, axis=1) if proposing else None
    offsets = offsets_of([len(of_sample) for of_sample in members])
    flat = np.concatenate([np.empty(0, np.int32), *members]).astype(np.int32)
    return kernels.sample_projections(vectors, sums, flat, offsets, uniforms, n_threads)


@pytest.mark.parametrize("n_tries", [None, 0, 3, 40])
def test_sets_come_as_often_as_their_minors_say(kernels, n_tries):
    rng = np.random.default_rng(3)
    n, k, n_samples = 7, 3, 20_000
    vectors = orthonormal(rng, 5, n)
    vectors[:, 4] = 0
    vectors = np.ascontiguousarray(np.linalg.qr(vectors.T)[0].T)
    mine = [0, 2, 4]
    uniforms = rng.random((n_samples, k + (n_tries or 0)))
    proposing = n_tries is not None
    items = drawn(kernels, vectors, [mine] * n_samples, uniforms, proposing=proposing)
    codes = (1 << items.reshape(n_samples, k)).sum(axis=1)
    sets = list(combinations(range(n), k))
    exact = np.array([np.linalg.det(vectors[np.ix_(mine, s)]) ** 2 for s in sets])
    assert exact.sum() == pytest.approx(1)
    found = np.array([(codes == sum(1 << i for i in s)).sum() for s in sets])
    possible = exact > 1e-12
    assert found[~possible].sum() == 0
    expected = n_samples * exact[possible] / exact[possible].sum()
    assert stats.chisquare(found[possible], expected).pvalue > 1e-5


@given(seed=st.integers(0, 2**32 - 1), proposing=st.booleans())
def test_both_backends_draw_the_same_items(seed, proposing):
    native = pytest.importorskip("prefmath._native", reason="the compiled module is missing")
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    n_vectors = int(rng.integers(1, n + 1))
    vectors = np.concatenate([orthonormal(rng, n_vectors, n) for _ in range(2)])
    sizes = rng.integers(0, min(n_vectors, 12) + 1, size=rng.integers(1, 40))
    members = [
        rng.choice(n_vectors, size, replace=False) + n_vectors * rng.integers(2) for size in sizes
    ]
    most = int(sizes.max())
    uniforms = rng.random((len(sizes), most + int(rng.integers(0, 4 * most + 1))))
    # The ends of the interval, which are drawn once in 2⁵³ times.
    uniforms[rng.random(uniforms.shape) < 0.05] = 0
    uniforms[rng.random(uniforms.shape) < 0.05] = np.nextafter(1, 0)
    one, two, serial = (
        drawn(backend, vectors, members, uniforms, proposing=proposing, n_threads=n_threads)
        for backend, n_threads in ((native, 2), (_numba, 2), (native, 1))
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, serial)
    assert one.dtype == two.dtype == np.int32
    for items in np.split(one, np.cumsum(sizes)[:-1]):
        assert (np.diff(items) > 0).all()
        assert not len(items) or (items[0] >= 0 and items[-1] < n)


def test_many_samples_in_many_tasks_are_as_each_alone(kernels):
    rng = np.random.default_rng(0)
    vectors = orthonormal(rng, 8, 400)
    members = [rng.choice(8, 5, replace=False) for _ in range(3000)]
    uniforms = rng.random((3000, 9))
    for proposing in (False, True):
        all_of_them = drawn(kernels, vectors, members, uniforms, proposing=proposing, n_threads=3)
        for at in (0, 1024, 2999):
            alone = drawn(
                kernels, vectors, members[at : at + 1], uniforms[at : at + 1], proposing=proposing
            )
            np.testing.assert_array_equal(all_of_them.reshape(-1, 5)[at], alone)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"members": [0, 2]}, "members must be rows of vectors: members[1]=2 of 2"),
        ({"members": [-1, 0]}, "members must be rows of vectors: members[0]=-1 of 2"),
        ({"uniforms": np.zeros((1, 1))}, "uniforms must have 1 rows of at least 2 values"),
        ({"uniforms": np.zeros((2, 2))}, "uniforms must have 1 rows of at least 2 values"),
        ({"sums": np.zeros((2, 2))}, "sums must have shape (2, 3)"),
        ({"members": [0] * 4, "offsets": [0, 4]}, "4 items cannot be drawn from 3"),
        (
            {"vectors": [[1.0, 0, 0], [1.0, 0, 0]]},
            "vectors must be orthonormal: nothing is left after 1 items of sample 0",
        ),
        (
            {"vectors": np.full((2, 3), np.nan)},
            "vectors must be orthonormal: nothing is left after 0 items of sample 0",
        ),
    ],
)
def test_refusals(kernels, changed, message):
    arguments = {
        "vectors": np.eye(3)[:2],
        "sums": None,
        "members": [0, 1],
        "offsets": [0, 2],
        "uniforms": np.full((1, 4), 0.5),
    } | changed
    types = {"members": np.int32, "offsets": np.int64}
    given = {
        name: None if value is None else np.asarray(value, types.get(name, np.float64))
        for name, value in arguments.items()
    }
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        kernels.sample_projections(*given.values(), 1)
