"""Samples of a process whose kernel is given, or of other similarities than cosines."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from prefmath import gram_batch, sample_dpp, similarity_matrix
from prefmath.selection import inclusion_probabilities


def embeddings(n=6, d=4):
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


def test_given_cosines_draw_what_the_rows_draw():
    x, quality = embeddings(20, 30), np.random.default_rng(1).uniform(1, 2, 20)
    s = similarity_matrix(x.astype(np.float64))
    for k in (None, 3):
        of_rows = inclusion_probabilities(x, k, quality=quality)
        given = inclusion_probabilities(s, k, quality=quality, metric="precomputed")
        np.testing.assert_allclose(given, of_rows, atol=1e-9)
    offsets = [0, 8, 8, 20]
    grams = gram_batch(x.astype(np.float64), offsets, metric="cosine")
    of_rows = inclusion_probabilities(x, offsets=offsets)
    for values in (grams, grams.values):
        given = inclusion_probabilities(values, offsets=offsets, metric="precomputed")
        np.testing.assert_allclose(given, of_rows, atol=1e-9)


@pytest.mark.parametrize("metric", ["precomputed", "dot", "angular", "rbf"])
def test_sets_are_as_likely_as_their_determinants(metric):
    x = embeddings()
    s = similarity_matrix(x.astype(np.float64), metric="dot" if metric == "precomputed" else metric)
    s = 1 - s if metric == "angular" else s
    given = s if metric == "precomputed" else x
    sets = [*combinations(range(6), 2)]
    weights = np.array([np.linalg.det(s[np.ix_(rows, rows)]) for rows in sets])
    drawn = sample_dpp(given, 2, n_samples=20_000, metric=metric, random_state=0)
    counts = np.array([(drawn == rows).all(axis=1).sum() for rows in sets])
    np.testing.assert_allclose(counts / 20_000, weights / weights.sum(), atol=0.015)
    expected = [weights[[row in rows for rows in sets]].sum() for row in range(6)]
    found = inclusion_probabilities(given, 2, metric=metric)
    np.testing.assert_allclose(found, expected / weights.sum(), atol=1e-9)


def test_a_process_without_k_counts_the_diagonal():
    s = similarity_matrix(embeddings().astype(np.float64), metric="dot")
    expected = np.diag(s @ np.linalg.inv(s + np.eye(6)))
    found = inclusion_probabilities(s, metric="precomputed")
    np.testing.assert_allclose(found, expected, atol=1e-9)
    drawn = sample_dpp(s, n_samples=20_000, metric="precomputed", random_state=1)
    shares = np.bincount(drawn.indices, minlength=6) / 20_000
    np.testing.assert_allclose(shares, expected, atol=0.015)


def test_what_is_no_kernel_is_refused():
    s = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(ValueError, match=r"negative eigenvalues, and the smallest is -0\.8"):
        sample_dpp(s, 2, metric="precomputed")
    with pytest.raises(ValueError, match="exceeds the rank of X, 1"):
        sample_dpp(np.ones((3, 3)), 2, metric="precomputed")
    with pytest.raises(ValueError, match="no use for 'euclidean' distances"):
        sample_dpp(embeddings(), 2, metric="euclidean")
    with pytest.raises(ValueError, match="metric must be"):
        inclusion_probabilities(embeddings(), 2, metric="l1")
