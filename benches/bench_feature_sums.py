"""Kernels over wide features: gradients pulled back, scores of annotators, features of 16 bits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from baselines import feature_sums
from work import Call, Floor, Work, scaled

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._threads import resolve_threads

ITEMS, D, CLASSES = scaled(200_000), 384, 5
PEOPLE, ENTRIES = scaled(1_500), 160
PAIRS, JUDGES, WIDE = scaled(30_000), scaled(1_500), 4_096


class Sums(NamedTuple):
    """Features of items, a gradient on their table, and who was shown which of them."""

    features: np.ndarray
    of_table: np.ndarray
    items: np.ndarray
    residuals: np.ndarray
    offsets: np.ndarray


def sums():
    rng = np.random.default_rng(4)
    return Sums(
        rng.standard_normal((ITEMS, D), np.float32),
        rng.standard_normal((ITEMS, CLASSES)),
        rng.integers(ITEMS, size=PEOPLE * ENTRIES).astype(np.int32),
        rng.standard_normal((PEOPLE * ENTRIES, CLASSES)),
        np.arange(0, PEOPLE * ENTRIES + 1, ENTRIES),
    )


def pull_back(data):
    return kernels.linear_pull_back(data.features, data.of_table, resolve_threads(None))


def scores(data):
    units = data.items, data.residuals, data.offsets
    return kernels.linear_scores(data.features, *units, resolve_threads(None))


def pairs():
    """Draw the bits of features in bfloat16: half of float32's."""
    rng = np.random.default_rng(5)
    values = rng.standard_normal((2 * PAIRS, WIDE), np.float32)
    return np.ascontiguousarray(values.view(np.uint16)[:, 1::2])


def as_float32(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def one_pass(features):
    """E-step and gradient."""
    coef = np.random.default_rng(6).normal(0, 0.03, (CLASSES, WIDE))
    return kernels.linear_posterior(
        kernel_view(features),
        coef,
        np.arange(0, 2 * PAIRS + 1, 2),
        np.arange(2 * PAIRS, dtype=np.int32),
        np.zeros(PAIRS, np.int32),
        None,
        None,
        np.arange(JUDGES + 1) * (PAIRS // JUDGES),
        None,
        np.full(CLASSES, -np.log(CLASSES)),
        None,
        resolve_threads(None),
    )


def close(result, reference):
    np.testing.assert_allclose(result, reference, rtol=1e-9, atol=1e-9)


def same(result, reference):
    for one, two in zip(result, reference, strict=True):
        np.testing.assert_array_equal(one, two)


IN_NUMPY = "NumPy, blocks of float64"
FLOAT32 = "prefmath on float32"

WORKS = (
    Work(
        name="pull-back",
        title=f"linear_pull_back, {ITEMS:,} items, d = {D}, {CLASSES} classes",
        data=sums,
        calls={
            "prefmath": Call(pull_back),
            IN_NUMPY: Call(lambda data: feature_sums.pull_back(data.features, data.of_table)),
        },
        agree=close,
        baseline=IN_NUMPY,
        bars={IN_NUMPY: 0.3},
        floor=Floor(float64=ITEMS * D * CLASSES * 2, bytes=ITEMS * D * 4),
    ),
    Work(
        name="scores",
        title=f"linear_scores, {PEOPLE:,} people × {ENTRIES} entries, d = {D}, {CLASSES} classes",
        data=sums,
        calls={
            "prefmath": Call(scores),
            IN_NUMPY: Call(
                lambda data: feature_sums.scores(
                    data.features, data.items, data.residuals, data.offsets
                )
            ),
        },
        agree=close,
        baseline=IN_NUMPY,
        bars={IN_NUMPY: 0.1},
        floor=Floor(
            float64=PEOPLE * ENTRIES * D * CLASSES * 2,
            bytes=PEOPLE * (ENTRIES * D * 4 + CLASSES * D * 8),
        ),
    ),
    Work(
        name="pass-bfloat16",
        title=f"linear_posterior, {PAIRS:,} pairs, d = {WIDE:,}, {CLASSES} classes",
        data=pairs,
        calls={
            "prefmath": Call(one_pass),
            FLOAT32: Call(one_pass, as_float32),
        },
        agree=same,
        baseline=FLOAT32,
        bars={FLOAT32: 1.0},
        floor=Floor(float64=PAIRS * 2 * WIDE * CLASSES * 4, bytes=PAIRS * 2 * WIDE * 2),
    ),
)


def bench_feature_sums(work, who, timed):
    timed(work, who)
