"""The cosine matrix."""

from __future__ import annotations

import numpy as np
from baselines.cosine import cosine
from data import corpus
from work import Call, Floor, Work, scaled

import prefmath


def scikit_learn(x):
    from sklearn.metrics.pairwise import cosine_similarity

    return cosine_similarity(x)


def of_shape(n, d):
    return Work(
        name=f"cosine-{n}",
        title=f"cosine matrix of {n:,} × {d:,}",
        data=lambda: corpus(n, d),
        calls={
            "prefmath": Call(prefmath.similarity_matrix),
            "NumPy": Call(cosine),
            "scikit-learn": Call(scikit_learn),
        },
        agree=lambda result, reference: np.testing.assert_allclose(result, reference, atol=1e-5),
        baseline="NumPy",
        floor=Floor(float32=n * (n + 1) * d, bytes=4 * (n * n + n * d)),
    )


WORKS = (of_shape(scaled(10_000), 384), of_shape(scaled(2_000), 1_024))


def bench_similarity(work, who, timed):
    timed(work, who)
