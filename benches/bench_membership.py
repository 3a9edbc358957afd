"""What covariates of annotators add to a pass over latent classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bench_linear import CHOICES, CLASSES, SIZE, as_choices
from data import choices_of_classes
from em import evaluate, start
from work import Call, Work, scaled

from prefmath.models._likelihood.population.gated import Gated

ANNOTATORS, COVARIATES = scaled(3_000), 8


def own(d):
    return lambda: choices_of_classes(ANNOTATORS, CHOICES, SIZE, d, CLASSES, spread=0.1)


def shared():
    return choices_of_classes(
        ANNOTATORS, CHOICES, SIZE, 32, CLASSES, spread=0.1, n_items=scaled(8_000)
    )


def with_covariates(data):
    """Return the same problem and parameters, its mixing proportions being those of a logit."""
    problem, state = start(data, as_choices(data), data.features)
    rng = np.random.default_rng(0)
    covariates = rng.standard_normal((problem.data.n_rows, 1 + COVARIATES))
    covariates[:, 0] = 1
    params = np.zeros((CLASSES, 1 + COVARIATES))
    params[:, 0] = np.log(state.mixing / state.mixing[0])
    gated = replace(
        problem,
        population=Gated(CLASSES, largest=np.abs(covariates).max(axis=0)),
        data=replace(problem.data, covariates=covariates),
    )
    return gated, gated.expect(state.coef, params)


def same(result, reference):
    """Coefficients of covariates are 0: the responsibilities are those of the proportions."""
    np.testing.assert_allclose(result[1], reference[1], rtol=0, atol=1e-6)


def row(name, how, data):
    return Work(
        name=name,
        title=(
            f"a pass with {COVARIATES} covariates of {ANNOTATORS:,} annotators × {CHOICES} choices "
            f"among {SIZE}, {CLASSES} classes; {how}"
        ),
        data=data,
        calls={
            "prefmath": Call(evaluate, with_covariates),
            "prefmath without": Call(
                evaluate, lambda data: start(data, as_choices(data), data.features)
            ),
        },
        agree=same,
        baseline="prefmath without",
        bars={"prefmath without": 1.2},
    )


WORKS = (
    row("membership-32", "d = 32, an item an alternative", own(32)),
    row("membership-384", "d = 384, an item an alternative", own(384)),
    row("membership-shared", "d = 32, 8,000 items shared by all", shared),
)


def bench_membership(work, who, timed):
    timed(work, who)
