"""The greedy choice from a matrix of similarities, step by step as the objectives are defined."""

from __future__ import annotations

import numpy as np

METHODS = (
    "dpp",
    "mmr",
    "max_sum",
    "max_min",
    "facility_location",
    "saturated_coverage",
)


def value_of(s, rows, method, quality=None, trade_off=None, k=None):
    """Return the value of rows, in order of choice, under an objective of `select`."""
    n, rows = len(s), list(rows)
    wq, wd = (0 if quality is None else 1, 1)
    if trade_off is not None:
        wq, wd = 1 - trade_off, trade_off
    q = np.zeros(n) if quality is None else np.asarray(quality, float)
    k = len(rows) if k is None else k
    sub = s[np.ix_(rows, rows)]
    i, j = np.triu_indices(len(rows), 1)
    if method == "dpp":
        sign, log = np.linalg.slogdet(sub)
        gain = 2 * np.log(q[rows]).sum() if quality is not None else 0
        return wq * gain + wd * (log if sign > 0 else -np.inf)
    if method == "mmr":
        before = [-sub[at, :at].max() for at in range(1, len(rows))]
        return wq * q[rows].sum() + wd * sum(before)
    if method in {"max_sum", "max_min"}:
        pairs = wq * (q[rows][i] + q[rows][j]) / 2 + wd * (1 - sub[i, j])
        if not len(pairs):
            return 0.0
        return pairs.sum() if method == "max_sum" else pairs.min()
    return _of_cover(s, rows, method, wq * q[rows].sum(), wd, k)


def _of_cover(s, rows, method, quality, weight, k):
    n, to_chosen = len(s), s[:, rows]
    if method == "k_medoids":
        return n / k * quality + weight * to_chosen.max(axis=1).sum()
    positive = np.maximum(to_chosen, 0)
    if method == "facility_location":
        return n / k * quality + weight * positive.max(axis=1, initial=0).sum()
    enough = min(1, k / n) * np.maximum(s, 0).sum(axis=1)
    return n * quality + weight * np.minimum(positive.sum(axis=1), enough).sum()


def greedy(s, k, method, quality=None, trade_off=None, include=(), allowed=None):
    """Return the rows of largest value one after the other; `allowed(chosen, row)` may refuse."""
    chosen = list(include)
    q = np.zeros(len(s)) if quality is None else np.asarray(quality, float)
    while len(chosen) < k:
        best, best_value = None, -np.inf
        for row in range(len(s)):
            if row in chosen or (allowed is not None and not allowed(chosen, row)):
                continue
            value = value_of(s, [*chosen, row], method, quality, trade_off, k)
            if method in {"max_sum", "max_min"} and not chosen:
                value = q[row]
            if value > best_value + 1e-12:
                best, best_value = row, value
        chosen.append(best)
    return chosen
