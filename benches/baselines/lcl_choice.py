"""Latent classes by lcl-choice: one start, no standard errors."""

from __future__ import annotations

import numpy as np


def long_form(data):
    """Return the table that it reads: a row an alternative; compiled by a first fit, if at all."""
    import polars as pl

    n, size = len(data.chosen), data.size
    judgements = np.diff(data.annotator_offsets)
    chosen = np.zeros((n, size), np.bool_)
    chosen[np.arange(n), data.chosen] = True
    table = {f"x{j}": column for j, column in enumerate(data.features[data.items].T)}
    table["choice"] = chosen.ravel()
    table["case"] = np.repeat(np.arange(n), size)
    table["alt"] = np.tile(np.arange(size), n)
    table["panel"] = np.repeat(np.repeat(np.arange(len(judgements)), judgements), size)
    return pl.DataFrame(table), data.d, len(data.coef)


def fit(prepared):
    """Return the log-likelihood."""
    import lcl

    table, d, n_classes = prepared
    spec = lcl.LCLSpec(
        ids=lcl.ChoiceIds(alt="alt", case="case", panel="panel", choice="choice"),
        utility_formula="choice ~ 0 + " + " + ".join(f"x{j}" for j in range(d)),
        classes=n_classes,
    )
    options = lcl.Options(
        fit=lcl.FitOptions(seed=0, starts=1), inference=lcl.InferenceOptions(skip=True)
    )
    return float(lcl.fit(table, spec, options=options).em_res.unconditional_loglik)
