"""select_stream: how finely values may be guessed."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath.selection import select_stream


def test_guesses_that_lie_too_closely_are_refused():
    x = np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32)
    for method, k in (("max_min", 5), ("dpp", 3), ("dpp", 1)):
        for epsilon in (1e-9, 5e-324, np.float64(1e-4)):
            message = rf"epsilon must be at least (0\.\d+) for k={k}, so that no more than 1,000"
            with pytest.raises(ValueError, match=message) as refused:
                select_stream([x], k, method, epsilon=epsilon)
        least = float(str(refused.value).split()[5])
        assert len(select_stream([x], k, method, epsilon=least)) == k
    for epsilon in ("x", None, 0, 1, np.nan):
        with pytest.raises((ValueError, TypeError), match="epsilon must"):
            select_stream([x], 2, epsilon=epsilon)
