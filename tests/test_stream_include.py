"""Rows of the head of a stream that must be chosen."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from prefmath import select
from prefmath.selection import select_stream, set_value


def chunks(n=40, d=6, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    return x, [x[:15], x[15:15], x[15:22], x[22:]]


@pytest.mark.parametrize("method", ["dpp", "max_min"])
def test_included_rows_come_first_and_once(method):
    x, parts = chunks()
    chosen = select(parts, 5, method=method, include=[7, 2], stream=True)
    assert chosen.indices[:2].tolist() == [7, 2]
    assert len(set(chosen.indices.tolist())) == 5
    assert chosen.value == pytest.approx(set_value(x, chosen.indices, method))
    mask = np.isin(np.arange(15), [2, 7])
    same = select(parts, 5, method=method, include=mask, stream=True)
    assert same.indices[:2].tolist() == [2, 7]
    alone = select(parts, 2, method=method, include=[7, 2], stream=True)
    assert alone.indices.tolist() == [7, 2]
    assert (
        select(parts, 5, method=method, include=[], stream=True).indices.tolist()
        == select(parts, 5, method=method, stream=True).indices.tolist()
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_guarantees_hold_of_what_is_added(seed):
    x, _ = chunks(14, 3, seed)
    parts, include, k, epsilon = [x[:6], x[6:]], [4, 1], 4, 0.1
    others = [row for row in range(14) if row not in include]
    sets = [[*include, *rest] for rest in combinations(others, k - 2)]

    chosen = select_stream(parts, k, "max_min", include=include, epsilon=epsilon)
    best = max(set_value(x, rows, "max_min") for rows in sets)
    # The guarantee is of the distance √(2 - 2s).
    assert np.sqrt(2 * chosen.value) >= np.sqrt(2 * best) / (2 * (1 + epsilon)) - 1e-9
    assert chosen.upper_bound >= best - 1e-9

    unit = x.astype(np.float64) / np.linalg.norm(x.astype(np.float64), axis=1)[:, None]

    def added(rows):
        def value(some):
            return np.linalg.slogdet(np.eye(len(some)) + unit[some] @ unit[some].T)[1]

        return value(rows) - value(include)

    if seed < 6:
        wide = np.concatenate([x, np.eye(14, dtype=np.float32)], axis=1)
        unit = wide / np.linalg.norm(wide, axis=1)[:, None]
        chosen = select_stream([wide[:6], wide[6:]], k, include=include, epsilon=epsilon)
        best = max(added(list(rows)) for rows in sets)
        assert added(chosen.indices.tolist()) >= (0.5 - epsilon) * best


def test_what_cannot_be_included_is_refused():
    _, parts = chunks()
    with pytest.raises(ValueError, match=r"name rows of the first chunk, 0 to 14: include\[1\]=20"):
        select(parts, 5, include=[2, 20], stream=True)
    with pytest.raises(ValueError, match="include has 3 rows, more than k=2"):
        select(parts, 2, include=[2, 3, 4], stream=True)
    with pytest.raises(ValueError, match="the stream has none"):
        select([], 2, include=[2], stream=True)
    for rule in ({"exclude": [1]}, {"max_similarity": 0.5}, {"quality": np.ones(40)}):
        with pytest.raises(ValueError, match="without quality and rules but include"):
            select(parts, 2, stream=True, **rule)
    copies = np.ones((3, 4), np.float32)
    for include in (None, [0, 1]):
        with pytest.raises(ValueError, match="differ"):
            select([copies, copies], 2, include=include, stream=True)
