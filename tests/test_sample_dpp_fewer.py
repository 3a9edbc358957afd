"""sample_dpp and inclusion_probabilities from pools in which fewer than k rows differ."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import sample_dpp
from prefmath.selection import inclusion_probabilities


def copies():
    """Return pools of 4, 2, 3 and no rows, of which 2, 1, 3 and 0 differ."""
    x = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2, 2, 0, 1, 2]]
    return x, [0, 4, 6, 9, 9]


def test_pools_of_copies_give_as_many_as_differ():
    x, offsets = copies()
    with pytest.raises(ValueError, match="k=3 exceeds the 2 candidates of pool 1; allow"):
        sample_dpp(x, 3, offsets=offsets)
    with pytest.raises(ValueError, match=r"the rank of pool 1, 1: .*; allow_fewer=True draws"):
        sample_dpp(x[:6], 2, offsets=offsets[:3])
    sets = sample_dpp(x, 3, offsets=offsets, n_samples=2000, random_state=0, allow_fewer=True)
    assert sets.shape == (4, 2000, 3)
    assert (sets >= 0).sum(axis=2).tolist() == [[2] * 2000, [1] * 2000, [3] * 2000, [0] * 2000]
    assert (sets[:, :, 1:] < 0).tolist() == [
        [[False, True]] * 2000,
        [[True, True]] * 2000,
        [[False, False]] * 2000,
        [[True, True]] * 2000,
    ]
    for pool, n in enumerate((4, 2, 3)):
        share = np.bincount(sets[pool][sets[pool] >= 0] - offsets[pool], minlength=n) / 2000
        known = inclusion_probabilities(x, 3, offsets=offsets, allow_fewer=True)
        np.testing.assert_allclose(share, known[offsets[pool] :][:n], atol=0.05)
    assert (np.sort(x[sets[0, :, :2]].argmax(axis=2), axis=1) == [0, 1]).all()
    one = sample_dpp(x[:4], 3, n_samples=5, random_state=0, allow_fewer=True)
    assert one.shape == (5, 3)
    assert (one[:, 2] == -1).all()


def test_fewer_are_drawn_as_before_where_there_are_enough():
    x = np.random.default_rng(0).standard_normal((60, 8)).astype(np.float32)
    for offsets in (None, np.arange(0, 61, 12)):
        options = {"offsets": offsets, "n_samples": 7, "random_state": 3}
        sets = sample_dpp(x, 4, allow_fewer=True, **options)
        np.testing.assert_array_equal(sets, sample_dpp(x, 4, **options))
    for quality in ([0] * 60, [1, 1] + [0] * 58):
        drawn = sample_dpp(x, 4, quality=quality, allow_fewer=True, random_state=0)
        assert drawn[drawn >= 0].tolist() == np.flatnonzero(quality).tolist()
