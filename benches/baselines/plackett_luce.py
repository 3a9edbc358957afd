"""Plackett-Luce in NumPy: rankings of one length as a matrix, stages summed from the last."""

from __future__ import annotations

import numpy as np


def fit(table, n_items):
    """L-BFGS from zero; returns utilities of mean 0 and the log-likelihood."""
    from scipy.optimize import minimize

    flat = table.ravel()

    def down(utility):
        u = utility[table]
        worth = np.exp(u)
        left = np.cumsum(worth[:, ::-1], axis=1)[:, ::-1][:, :-1]
        passed = np.cumsum(1 / left, axis=1)
        slope = -worth
        slope[:, :-1] *= passed
        slope[:, -1] *= passed[:, -1]
        slope[:, :-1] += 1
        value = (u[:, :-1] - np.log(left)).sum()
        return -value, -np.bincount(flat, slope.ravel(), n_items)

    options = {"ftol": 1e-13, "gtol": 1e-6, "maxiter": 1000}
    best = minimize(down, np.zeros(n_items), jac=True, method="L-BFGS-B", options=options)
    return best.x - best.x.mean(), -float(best.fun)


def log_likelihood(table, utility):
    """Sum over the stages of all rankings."""
    u = utility[table]
    left = np.logaddexp.accumulate(u[:, ::-1], axis=1)[:, ::-1]
    return float((u - left)[:, :-1].sum())
