"""Bradley-Terry in NumPy: pairs are counted once, so that an iteration is over items alone.

With few items this is the way to do it: a table of wins says all that the pairs say.
"""

from __future__ import annotations

import numpy as np


def wins_of(winner, loser, n_items):
    """Count how often the row won against the column."""
    cells = winner.astype(np.int64) * n_items + loser
    return np.bincount(cells, minlength=n_items * n_items).reshape(n_items, n_items)


def fit(winner, loser, n_items, l2, tol=1e-6):
    """Newton's method from zero; returns utilities and log-likelihood."""
    wins = wins_of(winner, loser, n_items).astype(np.float64)
    utility = np.zeros(n_items)
    while True:
        step, promise = newton(wins, utility, l2)
        utility += step
        if promise < tol:
            return utility, float((wins * log_win(utility)).sum())


def fit_by_pairs(winner, loser, n_items):
    """L-BFGS from zero, every pair looked at: with many items the table would be larger."""
    from scipy.optimize import minimize

    def down(utility):
        margin = utility[winner] - utility[loser]
        lost = 1 / (1 + np.exp(margin))
        slope = np.bincount(winner, lost, n_items) - np.bincount(loser, lost, n_items)
        return float(np.logaddexp(0, -margin).sum()), -slope

    options = {"ftol": 1e-13, "gtol": 1e-4, "maxiter": 1000}
    best = minimize(down, np.zeros(n_items), jac=True, method="L-BFGS-B", options=options)
    return best.x - best.x.mean(), -float(best.fun)


def log_likelihood(winner, loser, utility):
    """Sum over all pairs."""
    return -float(np.logaddexp(0, utility[loser] - utility[winner]).sum())


def newton(wins, utility, l2):
    """Newton step of the penalised log-likelihood, and the rise that it promises."""
    p = np.exp(log_win(utility))
    lost_chances = wins * (1 - p)
    gradient = lost_chances.sum(axis=1) - lost_chances.sum(axis=0) - l2 * utility
    hessian = -(wins + wins.T) * p * p.T
    np.fill_diagonal(hessian, 0)
    np.fill_diagonal(hessian, l2 - hessian.sum(axis=1))
    step = np.linalg.solve(hessian, gradient)
    return step, float(gradient @ step) / 2


def log_win(utility):
    """Log-probability that the row wins against the column."""
    return -np.logaddexp(0, utility - utility[:, None])


class Mixture:
    """EM for latent classes, each with a utility for every item: a table of wins an annotator."""

    def __init__(self, data):
        n_items = data.coef.shape[1]
        cells = (data.annotator * n_items + data.winner) * n_items + data.loser
        size = (len(data.annotator_offsets) - 1) * n_items * n_items
        self.wins = np.bincount(cells, minlength=size).reshape(-1, n_items * n_items).astype(float)
        self.l2 = data.l2

    def expect(self, coef, weights):
        """E-step: parameters, responsibilities and log-likelihood."""
        log_wins = np.array([log_win(utility).ravel() for utility in coef])
        joint = self.wins @ log_wins.T + np.log(weights)
        peak = joint.max(axis=1, keepdims=True)
        joint = np.exp(joint - peak)
        total = joint.sum(axis=1, keepdims=True)
        return coef, joint / total, float((peak + np.log(total)).sum())

    def iterate(self, state):
        """M-step and E-step."""
        coef, responsibilities, _ = state
        tables = (responsibilities.T @ self.wins).reshape(-1, coef.shape[1], coef.shape[1])
        steps = [newton(wins, u, self.l2)[0] for wins, u in zip(tables, coef, strict=True)]
        return self.expect(coef + steps, responsibilities.mean(axis=0))
