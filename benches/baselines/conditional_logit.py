"""Conditional logit by L-BFGS on NumPy's products, and by a peer."""

from __future__ import annotations

import numpy as np


def differences(data):
    """Alternatives less the chosen one, (n (size - 1), d) in float32: the chosen one drops out."""
    size, rows = data.size, np.arange(len(data.chosen))
    others = np.array([[j for j in range(size) if j != c] for c in range(size)])[data.chosen]
    items = data.items.reshape(-1, size)
    x = data.features[items[rows[:, None], others]]
    x -= data.features[items[rows, data.chosen]][:, None]
    return x.reshape(-1, data.d), size - 1, data.l2


def fit(prepared):
    """Maximise by SciPy's L-BFGS-B: two products with the data an evaluation."""
    from scipy.optimize import minimize

    x, others, l2 = prepared
    n = len(x) // others

    def objective(coef):
        odds = (x @ coef.astype(np.float32)).reshape(n, others)
        peak = np.maximum(odds.max(axis=1), 0)
        odds -= peak[:, None]
        np.exp(odds, out=odds)
        total = odds.sum(axis=1) + np.exp(-peak)
        value = np.log(total, dtype=np.float64).sum() + peak.sum(dtype=np.float64)
        odds /= total[:, None]
        slope = (odds.reshape(-1) @ x).astype(np.float64)
        return value + l2 / 2 * coef @ coef, slope + l2 * coef

    options = {"maxiter": 500, "ftol": 1e-10, "gtol": 1e-3}
    best = minimize(objective, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options=options)
    return best.x, -best.fun


def long_form(data):
    """Rows of features, which of them were chosen, and of which choice and alternative each is."""
    n = len(data.chosen)
    chosen = np.zeros((n, data.size), np.int64)
    chosen[np.arange(n), data.chosen] = 1
    case = np.repeat(np.arange(n), data.size)
    alternative = np.tile(np.arange(data.size), n)
    return data.features[data.items].astype(np.float64), chosen.ravel(), case, alternative


def fit_xlogit(prepared):
    """Fit by xlogit, without standard errors."""
    from xlogit import MultinomialLogit

    x, chosen, case, alternative = prepared
    names = [f"x{j}" for j in range(x.shape[1])]
    model = MultinomialLogit()
    model.fit(x, chosen, names, alternative, case, verbose=0, skip_std_errs=True)
    return model.coeff_, model.loglikelihood
