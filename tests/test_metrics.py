"""Metrics against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from prefmath.metrics import adjusted_rand_index


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 2)), min_size=1, max_size=40))
def test_adjusted_rand_index_equals_scikit_learn(pairs):
    true, found = zip(*pairs, strict=True)
    assert adjusted_rand_index(true, found) == pytest.approx(
        adjusted_rand_score(true, found), abs=1e-12
    )


def test_adjusted_rand_index_of_many_does_not_overflow():
    rng = np.random.default_rng(0)
    true = rng.integers(3, size=400_000)
    found = np.where(rng.random(len(true)) < 0.3, rng.integers(3, size=len(true)), true)
    assert adjusted_rand_index(true, found) == pytest.approx(adjusted_rand_score(true, found))


def test_adjusted_rand_index_does_not_mind_names_or_order():
    true = np.array(["a", "a", "b", "c", "c", "c"])
    found = np.array([5, 5, 9, 1, 1, 9])
    renamed = np.array([0, 0, 2, 7, 7, 2])
    assert adjusted_rand_index(true, found) == adjusted_rand_index(found, true)
    assert adjusted_rand_index(true, found) == adjusted_rand_index(true, renamed) < 1


@pytest.mark.parametrize(
    ("true", "found", "message"),
    [
        ([0, 1], [0], "true and found must have one length: 2 and 1"),
        ([], [], "true and found must name a group for at least one"),
        ([[0, 1]], [0, 1], "true must have one dimension, got shape"),
        ([0, 1], [[0, 1]], "found must have one dimension, got shape"),
    ],
)
def test_adjusted_rand_index_refuses(true, found, message):
    with pytest.raises(ValueError, match=message):
        adjusted_rand_index(true, found)
