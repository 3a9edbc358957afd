"""What the diversity figures refuse, each in one sentence."""

from __future__ import annotations

import re

import numpy as np
import pytest

from prefmath import (
    coverage_radius,
    mean_pairwise_similarity,
    min_pairwise_distance,
    vendi_score,
)

X = np.random.default_rng(0).standard_normal((12, 4)).astype(np.float32)
X.flags.writeable = False

FIGURES = {
    "mean_pairwise_similarity": (mean_pairwise_similarity, 2, "the mean over pairs needs 2 rows"),
    "vendi_score": (vendi_score, 1, "the Vendi score needs a row"),
    "min_pairwise_distance": (min_pairwise_distance, 2, "a distance needs 2 rows"),
    "coverage_radius": (
        lambda x, *offsets, **more: coverage_radius(x, range(len(x)), *offsets, **more),
        1,
        "a distance needs a row",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_too_few_rows(name):
    figure, least, message = FIGURES[name]
    with pytest.raises(ValueError, match=rf"^{message}, but X has none$"):
        figure(X[:0])
    with pytest.raises(ValueError, match=rf"^{message}, but pool 1 has none$"):
        figure(X[:6], [0, 3, 3, 6])
    if least == 2:
        with pytest.raises(ValueError, match=rf"^{message}, but X has 1$"):
            figure(X[:1])
        with pytest.raises(ValueError, match=rf"^{message}, but pool 0 has 1$"):
            figure(X[:6], [0, 1, 6])


def with_row(row, values):
    x = X.copy()
    x[row] = values
    return x


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((with_row(7, np.nan),), ValueError, "X must be finite: X[7, 0] is nan"),
        ((with_row(7, np.inf), [0, 5, 12]), ValueError, "X must be finite: X[7, 0] is inf"),
        ((X[0],), ValueError, "X must have two axes, (rows, columns), not shape (4,)"),
        ((X > 0,), TypeError, "X must hold real numbers, not bool"),
        ((X, [0, 9, 5, 12]), ValueError, "offsets[2]=5 after offsets[1]=9"),
        ((X, [0, 14, 12]), ValueError, "offsets[2]=12 after offsets[1]=14"),
        ((X, [1, 12]), ValueError, "offsets must start with 0, not 1"),
        ((X, [-2, 12]), ValueError, "offsets must start with 0, not -2"),
        ((X, [0, 5]), ValueError, "offsets[-1]=5 for 12 rows"),
        ((X, [0, 13]), ValueError, "offsets[-1]=13 for 12 rows"),
        ((X, []), TypeError, "offsets must be a vector of integers"),
        ((X, [0.0, 12.0]), TypeError, "offsets must be a vector of integers"),
        ((X, [[0, 12]]), TypeError, "offsets must be a vector of integers"),
    ],
)
def test_refusals(name, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        FIGURES[name][0](*arguments)


@pytest.mark.parametrize("n_threads", [0, -3])
@pytest.mark.parametrize("name", FIGURES)
def test_threads_that_make_no_sense(name, n_threads):
    with pytest.raises(ValueError, match=f"^n_threads must be at least 1, not {n_threads}$"):
        FIGURES[name][0](X, n_threads=n_threads)


@pytest.mark.parametrize("offsets", [None, [0, 5, 12]])
@pytest.mark.parametrize("name", FIGURES)
def test_rows_of_zeros_have_no_direction(name, offsets):
    figure = FIGURES[name][0]
    x = with_row(7, 0)
    angular = {} if name in {"mean_pairwise_similarity", "vendi_score"} else {"metric": "angular"}
    with pytest.raises(ValueError, match=r"non-zero rows: X\[7\] is all zeros$"):
        figure(x, offsets, **angular)
    if angular:
        assert np.isfinite(figure(x, offsets)).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [([0, 0], r"non-zero rows: X\[0\] is all zeros$"), ([0, np.nan], r"X\[0, 1\] is nan$")],
)
def test_a_single_row_that_has_no_direction(row, message):
    for offsets in (None, [0, 1]):
        with pytest.raises(ValueError, match=message):
            vendi_score([row], offsets)
        with pytest.raises(ValueError, match=message):
            coverage_radius([row], [0], offsets, metric="angular")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"selected": []}, ValueError, "selected must name a row of X"),
        ({"selected": [-1]}, ValueError, "selected must name a row of X"),
        ({"selected": [0, 12]}, ValueError, "selected must be rows of X, below 12, not 12"),
        ({"selected": [0, -2]}, ValueError, "selected must be rows of X, below 12, not -2"),
        ({"selected": [0.0]}, TypeError, "selected must hold integers, not float64"),
        ({"selected": [True] * 12}, TypeError, "selected must hold integers, not bool"),
        (
            {"selected": [0], "offsets": [0, 5, 12]},
            ValueError,
            "selected must name a row of pool 1",
        ),
        ({"selected": [0], "metric": "cosine"}, ValueError, "'euclidean' or 'angular', not 'cos"),
    ],
)
def test_selected_rows_that_make_no_sense(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        coverage_radius(X, **arguments)


def test_distances_that_there_are_not():
    for metric in ("cosine", "sqeuclidean", None):
        with pytest.raises(ValueError, match=r"^metric must be 'euclidean' or 'angular', not "):
            min_pairwise_distance(X, metric=metric)
