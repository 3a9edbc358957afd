"""A call of every kernel that needs more memory than its arguments; run as a script, under a limit.

``python large_calls.py native`` makes each call small, so that everything is loaded and compiled,
then limits the process to little more than it uses, makes each call large, and prints what came of
it. An abort ends the process, and the name printed last is the kernel that aborted.
"""

from __future__ import annotations

import gc
import importlib
import resource
import sys
from pathlib import Path

import numpy as np

_HEADROOM = 24 << 20


def _offsets(n, size):
    return np.arange(n + 1, dtype=np.int64) * size


def _rules(n):
    nothing = np.empty(0, np.int64)
    return None, nothing, np.zeros(n + 1, np.int64), None, nothing, nothing, np.inf


def _rows(n, d=1, dtype=np.float32):
    return np.ones((n, d), dtype)


def _greedy(kernels, method, n, k):
    x = _rows(n, 2)
    x[:, 1] = np.linspace(-1, 1, n)
    return lambda: kernels.greedy(x, method, None, 1.0, k, None, 1)


def _batch(kernels, name, k):
    x, ks = _rows(6, 2), np.array([2, k], np.int64)
    return lambda: getattr(kernels, name)(x, _offsets(2, 3), "dpp", None, 1.0, ks, _rules(2), 1)


def _refine(kernels, n, k):
    x = np.random.default_rng(0).standard_normal((n, 2)).astype(np.float32)
    positions, ks = np.arange(k, dtype=np.int32)[None], np.array([k], np.int64)
    return lambda: kernels.refine_batch(
        x, _offsets(1, n), "max_min", None, 1.0, ks, None, positions, 1
    )


def _samples(kernels, k):
    vectors, members = np.eye(k), np.arange(k, dtype=np.int32)
    uniforms = np.full((1, k), 0.5)
    return lambda: kernels.sample_projections(vectors, None, members, _offsets(1, k), uniforms, 1)


def _pairs_of(n):
    items = np.tile(np.array([0, 1], np.int32), n)
    return "pair", None, items, None, None, None, None, "half", -1, None


def _judged(kernels, name, n_rows, n_classes, n):
    utility, weights = np.zeros((n_rows, n_classes)), np.ones((n, n_classes))
    more = {"table_gradient": (weights,), "curvature_product": (weights, utility)}.get(name, ())
    return lambda: getattr(kernels, name)(utility, _pairs_of(n), *more, 1)


def _table_curvature(kernels, n_rows):
    utility, items = np.zeros((n_rows, 1)), np.array([0, 1], np.int32)
    sets = "choose_one", _offsets(1, 2), items, np.zeros(1, np.int32), *[None] * 3, "half", -1, None
    return lambda: kernels.table_curvature(utility, sets, np.ones((1, 1)), 1)


def _linear(kernels, name, d, n, n_classes):
    features, items = np.eye(2, d), np.tile(np.array([0, 1], np.int32), n)
    sets = _offsets(n, 2), items, np.zeros(n, np.int32), None
    if name == "linear_statistics":
        arguments = np.zeros((2, n_classes)), *sets, np.ones((n, n_classes)), False, None
    else:
        prior = np.zeros(n_classes)
        arguments = np.zeros((n_classes, d)), *sets, None, _offsets(n, 1), None, prior, None
    return lambda: getattr(kernels, name)(features, *arguments, 1)


def _posterior(kernels, n, n_classes):
    utility, outcome = np.zeros((1, n_classes)), np.zeros(n, np.int32)
    prior = np.zeros((1, n_classes))
    return lambda: kernels.posterior_by_annotator(utility, outcome, None, _offsets(n, 1), prior, 1)


def _outcome_weights(kernels, n):
    outcome = np.zeros(1, np.int32)
    return lambda: kernels.outcome_weights(
        np.ones((1, 1)), outcome, None, _offsets(1, 1), n, None, 1
    )


def _cross_product(kernels, n):
    row = np.ones((1, n))
    return lambda: kernels.cross_product(row, row, None, 1)


def _similarity(kernels, n):
    x, y = _rows(n, 1, np.int8), _rows(1, 1, np.int8)
    out = np.empty((n, 1), np.float32)
    return lambda: kernels.similarity_matrix(x, y, "cosine", 1.0, out, None, 1)


def _neighbors(kernels, n, k):
    x = _rows(n, 2, np.int8)
    return lambda: kernels.nearest_neighbors(x, None, k, "cosine", None, 1)


def _pairs_above(kernels, n):
    x = _rows(n, 2)
    return lambda: kernels.pairs_above(x, None, -1.0, "cosine", 2 * 10**9, None, 1)


def _groups_above(kernels, n):
    x = _rows(n, 1, np.int8)
    return lambda: kernels.groups_above(x, None, 0.5, "cosine", None, 1)


def _top_pairs(kernels, n_rows, n):
    x = _rows(n_rows, 2)
    return lambda: kernels.top_pairs(x, None, n, "cosine", None, 1)


def _pools(kernels, name, n, size, *more):
    x, offsets = _rows(n * size, 1, np.int8), _offsets(n, size)
    more = (offsets[:-1].copy(), _offsets(n, 1), *more) if name == "coverage" else more
    return lambda: getattr(kernels, name)(x, offsets, *more, 1)


def _count_pairs(kernels, n_items):
    pairs = np.array([0], np.int32), np.array([1], np.int32), None, None
    return lambda: kernels.count_pairs(*pairs, n_items, 1)


def _wins_by_winner(kernels, n_items):
    pairs = np.array([0], np.int32), np.array([1], np.int32), None, None
    return lambda: kernels.wins_by_winner(*pairs, n_items, 1)


def _covariance(kernels, d):
    x, unit = _rows(1, d, np.int8), False
    return lambda: kernels.covariance(x, unit, 1)


def _linear_utility(kernels, n):
    features, coef = _rows(n), np.ones((4, 1))
    return lambda: kernels.linear_utility(features, coef, 1)


def _linear_pull_back(kernels, d):
    features, of_table = _rows(2, d), np.ones((2, 8))
    return lambda: kernels.linear_pull_back(features, of_table, 1)


def _linear_scores(kernels, d):
    features, items = _rows(2, d), np.array([0, 1], np.int32)
    return lambda: kernels.linear_scores(features, items, np.ones((2, 8)), _offsets(1, 2), 1)


def _linear_spread(kernels, d):
    features, items = _rows(2, d), np.array([0, 1], np.int32)
    sets, classes = _offsets(1, 2), np.ones((1, 8))
    return lambda: kernels.linear_spread(
        features, sets, items, None, None, _offsets(1, 1), classes, 1
    )


def _wins(kernels, name, n):
    if name == "win_derivatives":
        utility, offsets = np.zeros(2), np.array([0, n, n], np.int64)
        loser = np.ones(n, np.int32)
        return lambda: kernels.win_derivatives(utility, offsets, loser, None, 1)
    direction, offsets = np.zeros(n), np.zeros(n + 1, np.int64)
    nobody, nothing = np.empty(0, np.int32), np.empty(0)
    return lambda: kernels.win_product(direction, offsets, nobody, nothing, 1)


def _newton(kernels, d):
    gradient, hessian = np.ones((1, d)), np.eye(d)[None]
    return lambda: kernels.newton_direction(gradient, hessian, 1)


CALLS = {
    "similarity_matrix": (_similarity, (8,), (1 << 23,)),
    "nearest_neighbors": (_neighbors, (8, 2), (200_000, 100)),
    "pairs_above": (_pairs_above, (8,), (9_000,)),
    "groups_above": (_groups_above, (8,), (1 << 22,)),
    "top_pairs": (_top_pairs, (8, 3), (9_000, 10**7)),
    "gram_batch": (_pools, ("gram_batch", 1, 8, "dot"), ("gram_batch", 1, 20_000, "dot")),
    "mean_cosine": (_pools, ("mean_cosine", 1, 2), ("mean_cosine", 1 << 22, 2)),
    "closest_pairs": (
        _pools,
        ("closest_pairs", 1, 2, "cosine"),
        ("closest_pairs", 1 << 22, 2, "cosine"),
    ),
    "coverage": (_pools, ("coverage", 1, 2, "cosine"), ("coverage", 1 << 22, 2, "cosine")),
    "covariance": (_covariance, (8,), (4096,)),
    **{
        f"greedy, {method}": (_greedy, (method, 8, 2), (method, 1 << 21, 3))
        for method in [
            "dpp",
            "mmr",
            "max_sum",
            "max_min",
            "k_medoids",
            "facility_location",
            "saturated_coverage",
        ]
    },
    "greedy_batch": (_batch, ("greedy_batch", 2), ("greedy_batch", 1 << 31)),
    "greedy_batch, beyond": (_batch, ("greedy_batch", 2), ("greedy_batch", (1 << 62) + 7)),
    "exact_batch": (_batch, ("exact_batch", 2), ("exact_batch", 1 << 31)),
    "exact_batch, beyond": (_batch, ("exact_batch", 2), ("exact_batch", (1 << 62) + 7)),
    "refine_batch": (_refine, (6, 3), (4_000, 2_000)),
    "sample_projections": (_samples, (4,), (2_500,)),
    "linear_utility": (_linear_utility, (8,), (1 << 22,)),
    "linear_pull_back": (_linear_pull_back, (8,), (1 << 20,)),
    "linear_scores": (_linear_scores, (8,), (1 << 20,)),
    "linear_spread": (_linear_spread, (8,), (1 << 20,)),
    "win_derivatives": (_wins, ("win_derivatives", 8), ("win_derivatives", 1 << 23)),
    "win_product": (_wins, ("win_product", 8), ("win_product", 1 << 23)),
    "log_likelihood": (_judged, ("log_likelihood", 2, 8, 4), ("log_likelihood", 2, 64, 100_000)),
    "residuals": (_judged, ("residuals", 2, 8, 4), ("residuals", 2, 64, 100_000)),
    "table_gradient": (_judged, ("table_gradient", 4, 8, 4), ("table_gradient", 100_000, 64, 4)),
    "curvature_product": (
        _judged,
        ("curvature_product", 4, 8, 4),
        ("curvature_product", 100_000, 64, 4),
    ),
    "table_curvature": (_table_curvature, (4,), (3_000,)),
    "count_pairs": (_count_pairs, (4,), (3_000,)),
    "wins_by_winner": (_wins_by_winner, (4,), (1 << 30,)),
    "posterior_by_annotator": (_posterior, (4, 8), (100_000, 64)),
    "outcome_weights": (_outcome_weights, (4,), (1 << 40,)),
    "cross_product": (_cross_product, (4,), (4000,)),
    "linear_posterior": (
        _linear,
        ("linear_posterior", 4, 4, 8),
        ("linear_posterior", 4, 100_000, 64),
    ),
    "linear_statistics": (
        _linear,
        ("linear_statistics", 4, 4, 2),
        ("linear_statistics", 4_096, 4, 1),
    ),
    "newton_direction": (_newton, (4,), (3_000,)),
}
"""Kernel, what makes a call of it, and the sizes of a small and of a large one."""


def _used():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _outcome(call):
    try:
        call()
    except MemoryError as error:
        return f"MemoryError: {error}"
    return "no error"


def _say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def main(backend, names):
    kernels = importlib.import_module(f"prefmath._{backend}")
    for name in names:
        make, small, _ = CALLS[name]
        make(kernels, *small)()
    for name in names:
        make, _, large = CALLS[name]
        _say(f"{name} -> ")
        call = make(kernels, *large)
        gc.collect()
        resource.setrlimit(resource.RLIMIT_AS, (_used() + _HEADROOM, resource.RLIM_INFINITY))
        outcome = _outcome(call)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        _say(f"{outcome}\n")
        del call


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or list(CALLS))
