"""Rows of float64 whose values float32 cannot hold: their directions are what counts."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prefmath import sample_dpp, select
from prefmath.selection import METHODS, inclusion_probabilities, set_value


def test_rows_too_small_or_large_for_float32():
    x = np.random.default_rng(7).standard_normal((12, 6)).astype(np.float32)
    scale = np.array([1e-60, 1e60, 1e-300, 1e300] * 3)[:, None]
    scaled = x.astype(np.float64) * scale
    for method in METHODS:
        found = select(scaled, 4, method=method)
        assert found.indices.tolist() == select(x, 4, method=method).indices.tolist()
        assert set_value(scaled, found.indices, method) == pytest.approx(found.value)
    for call in (sample_dpp, inclusion_probabilities):
        options = {"random_state": 0} if call is sample_dpp else {}
        np.testing.assert_allclose(call(scaled, 3, **options), call(x, 3, **options), atol=1e-5)
    found = select([scaled[:6], scaled[6:]], 3, stream=True)
    assert found.indices.tolist() == select([x[:6], x[6:]], 3, stream=True).indices.tolist()
    with pytest.raises(ValueError, match=re.escape("X[1] is all zeros")):
        select(scaled * np.array([1, 0] * 6)[:, None], 3)
