"""Sums over annotators: the same to the last bit on any number of threads."""

from __future__ import annotations

import numpy as np
from work import Call, Floor, Work, scaled

from prefmath._kernels import kernels

ROWS, CLASSES, COLUMNS = scaled(100_000), 5, 64


def drawn():
    rng = np.random.default_rng(0)
    return rng.random((ROWS, CLASSES)), rng.standard_normal((ROWS, COLUMNS))


def same_sums(result, reference):
    np.testing.assert_allclose(result, reference, rtol=0, atol=1e-12 * ROWS)


WORKS = (
    Work(
        name="cross-product",
        title=f"sums of {COLUMNS} columns by {CLASSES} classes over {ROWS:,} annotators",
        data=drawn,
        calls={
            "prefmath": Call(lambda data: kernels.cross_product(*data, None, 2)),
            "NumPy": Call(lambda data: data[0].T @ data[1]),
        },
        agree=same_sums,
        baseline="NumPy",
        bars={"NumPy": 2.0},
        floor=Floor(float64=ROWS * CLASSES * COLUMNS * 2, bytes=ROWS * (CLASSES + COLUMNS) * 8),
    ),
)


def bench_sums(work, who, timed):
    timed(work, who)
