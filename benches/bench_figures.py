"""Diversity figures, of one large pool and of many small ones."""

from __future__ import annotations

import numpy as np
from baselines import figures
from data import corpus, flat, pools
from work import Call, Floor, Work, scaled

from prefmath import similarity

LARGE, LARGER, D = scaled(50_000), scaled(1_000_000), 384
N_POOLS, POOL = scaled(10_000), 16
SHOWN = (0, 3, 7, 12)


def repeated():
    """Draw a tenth, and repeat it: what is read is as large, what is drawn is not."""
    return np.tile(corpus(LARGER // 10, D), (10, 1))


def read(x):
    assert np.isfinite(figures.read(x))


def same_figure(result, reference):
    """Compare the figures; reading alone gives none."""
    if result is not None:
        np.testing.assert_allclose(result, reference, rtol=1e-4, atol=1e-6)


def mean_similarity(x, offsets=None):
    return similarity.mean_pairwise_similarity(x, offsets)


def vendi(x, offsets=None):
    return similarity.vendi_score(x, offsets)


def coverage_of_pools(data):
    x, offsets = data
    return similarity.coverage_radius(x, (offsets[:-1, None] + SHOWN).ravel(), offsets)


def of_pools(name, what, ours, numpy, **more):
    return Work(
        name=f"{name}-pools",
        title=f"{what} of {N_POOLS:,} pools of {POOL} × {D}",
        data=lambda: pools(N_POOLS, POOL, D),
        calls={"prefmath": Call(ours, flat), "NumPy": Call(numpy)},
        agree=same_figure,
        baseline="NumPy",
        floor=Floor(bytes=4 * N_POOLS * POOL * D, **more),
    )


PRODUCTS = N_POOLS * POOL * (POOL - 1) * D

WORKS = (
    Work(
        name="mean-similarity",
        title=f"mean pairwise similarity of {LARGER:,} × {D}",
        data=repeated,
        calls={
            "prefmath": Call(mean_similarity),
            "reading the array once": Call(read),
            "NumPy": Call(figures.mean_similarity),
            "NumPy, normalised copy": Call(figures.mean_similarity_of_copy),
        },
        agree=same_figure,
        baseline="NumPy",
        bars={"reading the array once": 1.3},
        floor=Floor(bytes=4 * LARGER * D),
    ),
    Work(
        name="vendi",
        title=f"Vendi score of {LARGE:,} × {D}",
        data=lambda: corpus(LARGE, D),
        calls={"prefmath": Call(vendi), "NumPy": Call(figures.vendi)},
        agree=same_figure,
        baseline="NumPy",
        floor=Floor(float32=LARGE * D * (D + 1), bytes=4 * LARGE * D),
    ),
    of_pools(
        "mean-similarity",
        "mean pairwise similarity",
        lambda data: mean_similarity(*data),
        figures.mean_similarity_of_pools,
    ),
    of_pools(
        "vendi",
        "Vendi scores",
        lambda data: vendi(*data),
        figures.vendi_of_pools,
        float32=PRODUCTS,
    ),
    of_pools(
        "min-distance",
        "smallest Euclidean distances",
        lambda data: similarity.min_pairwise_distance(*data),
        figures.min_distance_of_pools,
        float32=PRODUCTS,
    ),
    of_pools(
        "coverage",
        f"coverage radii by {len(SHOWN)} rows",
        coverage_of_pools,
        lambda x: figures.coverage_of_pools(x, SHOWN),
        float32=N_POOLS * POOL * len(SHOWN) * 2 * D,
    ),
)


def bench_figures(work, who, timed):
    timed(work, who)
