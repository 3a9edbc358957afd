"""select and select_batch: what they refuse, and in which words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prefmath import select, select_batch

X = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)
X.flags.writeable = False
TWO_POOLS = [0, 3, 6]


def wide_rows_with(row, column, value):
    x = X.astype(np.float64)
    x[row, column] = value
    return x


def rows_with(row, column, value):
    x = X.copy()
    x[row, column] = value
    return x


BOTH = [
    ({"X": rows_with(4, 1, np.nan)}, ValueError, "X must be finite: X[4, 1] is nan"),
    ({"X": rows_with(5, 2, -np.inf)}, ValueError, "X must be finite: X[5, 2] is -inf"),
    ({"X": wide_rows_with(4, 1, np.nan)}, ValueError, "X must be finite: X[4, 1] is nan"),
    ({"X": wide_rows_with(4, 1, np.inf)}, ValueError, "X must be finite: X[4, 1] is inf"),
    ({"X": rows_with(3, slice(None), 0)}, ValueError, "needs non-zero rows: X[3] is all zeros"),
    ({"X": X[0]}, ValueError, "X must have two axes, (rows, columns), not shape (3,)"),
    ({"X": X[:, :0]}, ValueError, "X must have a column, but has shape (6, 0)"),
    ({"X": X > 0}, TypeError, "X must hold real numbers, not bool"),
    ({"X": X.astype(complex)}, TypeError, "X must hold real numbers, not complex128"),
    ({"X": X.astype(object)}, TypeError, "X must hold real numbers, not object"),
    ({"X": X.astype(str)}, TypeError, "X must hold real numbers, not <U32"),
    ({"k": -1}, ValueError, "k must be at least 0, not -1"),
    ({"k": 2.0}, TypeError, "k must be a whole number, not 2.0"),
    ({"k": "2"}, TypeError, "k must be a whole number, not '2'"),
    ({"k": None}, TypeError, "k must be a whole number, not None"),
    ({"method": "dps"}, ValueError, "or 'k_medoids', not 'dps'"),
    ({"method": None}, ValueError, "or 'k_medoids', not None"),
    ({"quality": [1] * 5}, ValueError, "quality must have shape (6,), not (5,)"),
    ({"quality": [[1]] * 6}, ValueError, "quality must have shape (6,), not (6, 1)"),
    ({"quality": [1, 1, 1, -2, 1, 1]}, ValueError, "quality[3]=-2.0; scores of either sign"),
    ({"quality": [1, 1, 1, 1, np.nan, 1]}, ValueError, "quality[4]=nan"),
    ({"quality": [1, np.inf, 1, 1, 1, 1]}, ValueError, "quality[1]=inf"),
    ({"quality": [1, 1, 1e200, 1, 1, 1]}, ValueError, "quality[2]=1e+200"),
    ({"n_threads": 0}, ValueError, "n_threads must be at least 1, not 0"),
    ({"n_threads": 1.0}, TypeError, "n_threads must be a whole number, not 1.0"),
]

OFFSETS = [
    ([], TypeError, "offsets must be a vector of integers, not float64 of shape (0,)"),
    (np.empty(0, int), ValueError, "offsets must start with 0"),
    ([1, 6], ValueError, "offsets must start with 0, not 1"),
    ([0, 4, 3, 6], ValueError, "offsets must not decrease: offsets[2]=3 after offsets[1]=4"),
    ([0, 5], ValueError, "must end with the number of rows: offsets[-1]=5 for 6 rows"),
    ([0, 7], ValueError, "must end with the number of rows: offsets[-1]=7 for 6 rows"),
    ([0.0, 6.0], TypeError, "offsets must be a vector of integers, not float64 of shape (2,)"),
    ([[0, 6]], TypeError, "offsets must be a vector of integers, not int64 of shape (1, 2)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), BOTH)
def test_what_both_refuse(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        select(**{"X": X, "k": 2} | arguments)
    with pytest.raises(error, match=re.escape(message)):
        select_batch(**{"X": X, "offsets": TWO_POOLS, "k": 2} | arguments)


@pytest.mark.parametrize(("offsets", "error", "message"), OFFSETS)
def test_offsets_that_cut_no_pools(offsets, error, message):
    with pytest.raises(error, match=re.escape(message)):
        select_batch(X, offsets, 2)


def test_more_than_there_are():
    message = r"^k=7 exceeds the 6 rows of X; allow_fewer=True returns what there is$"
    with pytest.raises(ValueError, match=message):
        select(X, 7)
    message = r"^k=4 exceeds the 3 candidates of pool 0; allow_fewer=True returns what there is$"
    with pytest.raises(ValueError, match=message):
        select_batch(X, TWO_POOLS, 4)
    with pytest.raises(ValueError, match="k=3 exceeds the 0 candidates of pool 1"):
        select_batch(X, [0, 3, 3, 6], 3)


def test_too_few_that_differ():
    x = np.array([[1, 0], [2, 0], [0, 3], [1, 1]], np.float32)
    message = (
        r"^only 2 candidates of X differ and have a positive quality, fewer than k=3; "
        r"allow_fewer=True returns what there is$"
    )
    with pytest.raises(ValueError, match=message):
        select(x, 3)
    assert len(select(x, 3, allow_fewer=True)) == 2
    with pytest.raises(ValueError, match="only 1 candidates of X differ and have a positive"):
        select(x, 2, quality=[0, 0, 0, 1])
    with pytest.raises(ValueError, match="only 1 candidates of pool 0 differ"):
        select_batch(x, [0, 2, 4], 2)
    with pytest.raises(ValueError, match="only 0 candidates of pool 1 differ"):
        select_batch(x, [0, 2, 4], 1, quality=[1, 1, 0, 0])
