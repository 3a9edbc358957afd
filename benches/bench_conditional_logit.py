"""Conditional logit: one class of utilities linear in features."""

from __future__ import annotations

import numpy as np
from baselines import conditional_logit
from data import choices_of_classes
from work import Call, Floor, Work, scaled

from prefmath import Choices
from prefmath.models import ConditionalLogit

CHOICES, SIZE = scaled(100_000), 4
FEW, MANY = 32, 384


def few():
    return choices_of_classes(CHOICES, 1, SIZE, FEW, 1, spread=0.1)


def many():
    return choices_of_classes(CHOICES, 1, SIZE, MANY, 1, spread=0.03)


def as_choices(data):
    offsets = np.arange(0, len(data.items) + 1, data.size)
    return Choices.from_choice_sets(offsets, data.items, data.chosen), data.features, data.l2


def fit(prepared):
    choices, features, l2 = prepared
    # As near to the top as the baseline comes: 1e-9 of the log-likelihood.
    model = ConditionalLogit(l2=l2, tol=1e-4).fit(choices, features)
    return model.coef_[0], model.lower_bound_


def same_likelihood(result, reference):
    np.testing.assert_allclose(result[1], reference[1], rtol=1e-6)


def work(name, data, d, **more):
    numpy = "NumPy, L-BFGS"
    return Work(
        name=name,
        title=f"ConditionalLogit.fit to {CHOICES:,} choices among {SIZE}, d = {d}",
        data=data,
        calls={
            "prefmath": Call(fit, as_choices),
            numpy: Call(conditional_logit.fit, conditional_logit.differences),
            **more,
        },
        agree=same_likelihood,
        baseline=numpy,
        bars={numpy: 0.3} | dict.fromkeys(more, 1 / 40),
        # Once through the features at least for the answer, and once to know that it is one.
        floor=Floor(bytes=2 * CHOICES * SIZE * d * 4),
    )


XLOGIT = Call(conditional_logit.fit_xlogit, conditional_logit.long_form, needs="xlogit", once=True)

WORKS = (
    work("conditional-logit", few, FEW, xlogit=XLOGIT),
    work("conditional-logit-wide", many, MANY),
)


def bench_conditional_logit(work, who, timed):
    timed(work, who)
