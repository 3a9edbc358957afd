"""The bounds by which pairs are screened hold: no score is beyond them, however rows are made."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath._numba.similarity.exact import SCORES, exact_scores
from prefmath._numba.similarity.screen import cosine_error, lower, screen, upper

ROWS = 40


def rows_of(kind, rng, d, dtype):
    """Draw rows whose products round in one direction, cancel, or span many powers of two."""
    lengths = 10.0 ** np.arange(-ROWS // 2, ROWS // 2)[:, None]
    x = {
        "normal": lambda: rng.standard_normal((ROWS, d)),
        "alike": lambda: 1 + rng.random((ROWS, d)) * 1e-3,
        "alternating": lambda: np.where(np.arange(d) % 2, 1, -1) + rng.random((ROWS, d)) * 1e-4,
        "steep": lambda: rng.standard_normal((ROWS, d)) * 10.0 ** rng.integers(-15, 15, (ROWS, d)),
        "far away": lambda: 1e4 + rng.standard_normal((ROWS, d)),
        "copies": lambda: np.repeat(rng.standard_normal((ROWS // 4, d)), 4, axis=0),
        "of all lengths": lambda: rng.standard_normal((ROWS, d)) * lengths,
    }[kind]()
    x[~x.any(axis=1), 0] = 1
    return x.astype(dtype)


@pytest.mark.parametrize("d", [1, 2, 17, 384, 3000])
@pytest.mark.parametrize(
    "kind",
    ["normal", "alike", "alternating", "steep", "far away", "copies", "of all lengths"],
)
@pytest.mark.parametrize("metric", SCORES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_lie_within_their_bounds(dtype, metric, kind, d):
    x = rows_of(kind, np.random.default_rng(d), d, dtype)
    screened = screen(x, None, metric, 1)
    bounds = screened.bounds((0, ROWS), (0, ROWS))
    i, j = np.divmod(np.arange(ROWS * ROWS), ROWS)
    norms = screened.x_norms, screened.y_norms
    score = exact_scores(SCORES[metric], x, x, i, j, *norms)
    if metric == "sqeuclidean":
        score = -score
    above = np.array([upper(bounds, *pair) for pair in zip(i, j, strict=True)])
    below = np.array([lower(bounds, *pair) for pair in zip(i, j, strict=True)])
    assert (below <= score).all()
    assert (score <= above).all()


@pytest.mark.parametrize(("d", "most"), [(3, 4e-7), (384, 2.4e-5), (4096, 2.5e-4)])
def test_the_bound_is_narrow(d, most):
    assert cosine_error(d, np.dtype(np.float32)) < most
    assert cosine_error(d, np.dtype(np.float64)) < most * 1e-7
