"""max_similarity: a pair's own similarity lets it in; what the greedy choice does not find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import near_duplicates, select, select_batch, similarity_matrix
from prefmath.selection._objectives import METHODS


@given(
    seed=st.integers(0, 2**32 - 1),
    d=st.sampled_from([2, 3, 8, 64, 300]),
    dtype=st.sampled_from([np.float32, np.float64]),
    alike=st.sampled_from([0.0, 0.3, 3.0]),
)
@settings(max_examples=100, deadline=None)
def test_the_similarity_of_a_pair_lets_that_pair_in(seed, d, dtype, alike):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((2, d)) + alike * rng.standard_normal(d)).astype(dtype)
    limit = similarity_matrix(x)[0, 1]
    for value in (limit, float(limit)):
        for options in ({}, {"include": [0, 1]}, {"include": [1]}, {"exact": True}):
            assert len(select(x, 2, method="max_sum", max_similarity=value, **options)) == 2
        assert len(select(x, 2, method="max_min", max_similarity=value, refine=True)) == 2
        found = select_batch(x, [0, 2], 2, method="mmr", max_similarity=value)
        assert (found.indices >= 0).all()
    if dtype == np.float64:  # whose similarities are not rounded
        assert len(near_duplicates(x, max(limit - 1e-12, -1), progress=False)) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("exact", [False, True])
def test_the_largest_similarity_of_a_pool_closes_nothing(method, exact):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((12, 16)).astype(np.float32)
    largest = similarity_matrix(x)[np.triu_indices(12, 1)].max()
    options = {"exact": exact} if method != "mmr" else {}
    found = select(x, 6, method=method, max_similarity=largest, **options)
    assert found.indices.tolist() == select(x, 6, method=method, **options).indices.tolist()
    pair = np.argwhere(similarity_matrix(x) == largest)[0]
    closed = select(x, 12, method="max_sum", max_similarity=float(largest) - 1e-5, allow_fewer=True)
    assert not set(pair) <= set(closed.indices.tolist())


@pytest.mark.parametrize("d", [1000, 3000])
def test_rows_whose_roundings_add_up_are_let_in(d):
    rng = np.random.default_rng(0)
    x = (np.ones((40, d)) * rng.uniform(0.5, 2, (40, 1))).astype(np.float32)
    similarity = similarity_matrix(x)
    limit = similarity[np.triu_indices(40, 1)].max()
    assert len(select(x, 40, method="max_sum", max_similarity=limit)) == 40


def test_another_limit_is_strict_but_for_the_rounding_of_rows():
    angle = np.arccos(0.9 + 1e-6)
    x = np.zeros((2, 4096))
    x[:, :2] = [[1, 0], [np.cos(angle), np.sin(angle)]]
    assert len(select(x, 2, method="max_sum", max_similarity=0.9, allow_fewer=True)) == 1
    copies = np.random.default_rng(0).standard_normal((1, 4096)).repeat(2, axis=0)
    assert len(select(copies, 2, method="max_sum", max_similarity=0.99999, allow_fewer=True)) == 1


def star():
    """Return a row near three others, which are far from each other."""
    return np.array([[1, 1, 1], [1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 1]], np.float32)


def test_the_greedy_choice_does_not_claim_that_there_is_no_more():
    message = (
        "^the greedy choice found only 1 candidates of X that keep the rules, fewer than k=3: "
        "exact=True finds a set of as many if there is one, a higher max_similarity lets more in, "
        "allow_fewer=True returns these$"
    )
    options = {"quality": [9, 1, 1, 1], "max_similarity": 0.5}
    with pytest.raises(ValueError, match=message):
        select(star(), 3, method="max_sum", **options)
    found = select(star(), 3, method="max_sum", exact=True, **options)
    assert sorted(found.indices) == [1, 2, 3]
    message = (
        r"^the greedy choice found only 1 candidates of pool 0 that keep the rules, fewer than "
        r"k=3: a higher max_similarity lets more in, allow_fewer=True returns these$"
    )
    with pytest.raises(ValueError, match=message):
        select_batch(star(), [0, 4], 3, method="mmr", **options)
    message = "^only 3 candidates of X keep the rules together, fewer than k=4; allow_fewer=True"
    with pytest.raises(ValueError, match=message):
        select(star(), 4, method="max_sum", exact=True, **options)
    many = star().repeat(20, axis=0)
    message = "fewer than k=30: a higher max_similarity lets more in, allow_fewer=True returns"
    with pytest.raises(ValueError, match=message):
        select(many, 30, method="max_sum", max_similarity=0.5)


def test_included_rows_that_are_too_similar_are_named_with_the_limit_as_given():
    message = "include has row 0 and row 2, whose similarity is 0.6859943, more than max_simil"
    with pytest.raises(ValueError, match=message):
        select(star(), 3, method="mmr", include=[0, 2], max_similarity=0.5)
