"""The Vendi score of other orders and other similarities, against the definition in NumPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from prefmath import gram_batch, similarity_matrix, vendi_score

ORDERS = (0.1, 0.5, 1.0, 1 + 1e-9, 1.7, 2.0, 3.0, 400.0, np.inf)


def of_matrix(s, q):
    """Return the exponential of Rényi's entropy of the eigenvalues of S / n."""
    shares = np.linalg.eigvalsh(s) / len(s)
    shares = shares[shares > 1e-12]
    if q == np.inf:
        return 1 / shares.max()
    if abs(q - 1) < 1e-6:
        return np.exp(-(shares * np.log(shares)).sum())
    scaled = (shares / shares.max()) ** q
    return np.exp((q * np.log(shares.max()) + np.log(scaled.sum())) / (1 - q))


def embeddings(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) + rng.normal(size=d)).astype(np.float32)


@pytest.mark.parametrize("q", ORDERS)
@pytest.mark.parametrize("shape", [(12, 40), (60, 8), (300, 5)])
def test_every_order_is_what_the_definition_says(q, shape):
    x = embeddings(*shape)
    s = similarity_matrix(x.astype(np.float64))
    expected = of_matrix(s, q)
    assert vendi_score(x, q=q) == pytest.approx(expected, rel=1e-6)
    assert vendi_score(s, q=q, metric="precomputed") == pytest.approx(expected, rel=1e-6)
    offsets = [0, 5, 6, len(x)]
    pools = [s[a:b, a:b] for a, b in pairwise(offsets)]
    expected = [of_matrix(pool, q) for pool in pools]
    np.testing.assert_allclose(vendi_score(x, offsets, q=q), expected, rtol=1e-6)
    grams = gram_batch(x.astype(np.float64), offsets, metric="cosine")
    for given in (grams, grams.values):
        scores = vendi_score(given, offsets, q=q, metric="precomputed")
        np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_order_0_counts_directions_and_scores_fall_with_the_order():
    x = np.repeat(embeddings(6, 20), 4, axis=0)
    assert vendi_score(x, q=0) == pytest.approx(6)
    scores = [vendi_score(x, q=q) for q in (0, *ORDERS)]
    assert all(np.diff(scores) <= 1e-9)
    assert vendi_score(np.eye(7), q=0.3) == pytest.approx(7)
    assert vendi_score(np.ones((7, 2)), q=0.3) == pytest.approx(1)


@pytest.mark.parametrize("metric", ["angular", "rbf"])
@pytest.mark.parametrize("q", [0.5, 1.0, 2.0, np.inf])
def test_other_metrics_are_those_of_similarity_matrix(metric, q):
    x = embeddings(40, 6)
    s = similarity_matrix(x.astype(np.float64), metric=metric)
    s = 1 - s if metric == "angular" else s
    assert vendi_score(x, q=q, metric=metric) == pytest.approx(of_matrix(s, q), rel=1e-6)
    pools = vendi_score(x, [0, 15, 40], q=q, metric=metric)
    expected = [of_matrix(s[:15, :15], q), of_matrix(s[15:, 15:], q)]
    np.testing.assert_allclose(pools, expected, rtol=1e-6)
    narrow = vendi_score(x, metric="rbf", gamma=100.0)
    assert narrow == pytest.approx(40, rel=1e-3)


def test_a_float32_matrix_is_taken():
    x = embeddings(50, 4)
    for q in (0.5, 1, 2):
        narrow = vendi_score(similarity_matrix(x), q=q, metric="precomputed")
        assert narrow == pytest.approx(vendi_score(x, q=q), rel=1e-3)


def test_what_has_no_score_is_refused():
    x = embeddings(9, 4)
    with pytest.raises(ValueError, match="q must be at least 0, not -1"):
        vendi_score(x, q=-1)
    with pytest.raises(ValueError, match="q must be at least 0, not nan"):
        vendi_score(x, q=np.nan)
    with pytest.raises(TypeError, match="q must be a number"):
        vendi_score(x, q="one")
    with pytest.raises(ValueError, match="1 of each row with itself, unlike 'dot'"):
        vendi_score(x, metric="dot")
    s = similarity_matrix(x.astype(np.float64))
    with pytest.raises(ValueError, match="that of row 0 is 2"):
        vendi_score(2 * s, metric="precomputed")
    s = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    for q in (1, 2):
        with pytest.raises(ValueError, match=r"negative eigenvalues, and the smallest is -0\.8"):
            vendi_score(s, q=q, metric="precomputed")
    values = np.concatenate([np.eye(2).ravel(), s.ravel()])
    with pytest.raises(ValueError, match=r"smallest of pool 1 is -0\.8"):
        vendi_score(values, [0, 2, 5], metric="precomputed")
    with pytest.raises(ValueError, match="needs a row, and pool 1 has none"):
        vendi_score(x, [0, 9, 9], metric="rbf")
