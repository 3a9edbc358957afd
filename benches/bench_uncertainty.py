"""Standard errors of latent classes on wide features, and what they read of the features."""

from __future__ import annotations

import numpy as np
from data import choices_of_classes
from work import Call, Floor, Work, scaled

from prefmath._kernels import kernels

ANNOTATORS, CHOICES, SIZE, D, CLASSES = scaled(1_000, 20), 60, 4, 384, 5
SETS = ANNOTATORS * CHOICES
ENTRIES = SETS * SIZE


def data():
    found = choices_of_classes(ANNOTATORS, CHOICES, SIZE, D, CLASSES, spread=0.1)
    responsibilities = np.random.default_rng(0).dirichlet(np.ones(CLASSES), ANNOTATORS)
    return found, responsibilities


def spread(given):
    found, responsibilities = given
    offsets = np.arange(0, ENTRIES + 1, SIZE)
    units = found.annotator_offsets
    return kernels.linear_spread(
        found.features, offsets, found.items, None, None, units, responsibilities, 2
    )


def spread_in_numpy(given):
    """The same, annotator after annotator, whose features stay in the cache."""
    found, responsibilities = given
    masses, moments = np.empty((2, ANNOTATORS, D))
    for unit in range(ANNOTATORS):
        begin, end = found.annotator_offsets[unit] * SIZE, found.annotator_offsets[unit + 1] * SIZE
        rows = found.features[found.items[begin:end]].astype(np.float64)
        variances = rows.reshape(-1, SIZE, D).var(axis=1)
        masses[unit] = variances.sum(axis=0)
        moments[unit] = np.square(variances).sum(axis=0)
    squares = np.square(responsibilities).T @ np.square(masses)
    return responsibilities.T @ masses, squares, responsibilities.T @ moments


def same_sums(result, reference):
    for one, other in zip(result, reference, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


WORKS = (
    Work(
        name="spread",
        title=f"Spread of features in {SETS:,} choices among {SIZE}, d = {D}, {CLASSES} classes",
        data=data,
        calls={
            "prefmath": Call(spread),
            "NumPy, an annotator at a time": Call(spread_in_numpy),
        },
        agree=same_sums,
        baseline="NumPy, an annotator at a time",
        bars={"NumPy, an annotator at a time": 0.1},
        floor=Floor(bytes=ENTRIES * D * 4),
    ),
)


def bench_uncertainty(work, who, timed):
    timed(work, who)
