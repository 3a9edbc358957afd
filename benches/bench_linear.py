"""Latent classes of utilities linear in features: what an iteration costs, and whole fits."""

from __future__ import annotations

import numpy as np
import pytest
from baselines import lcl_choice as lcl
from baselines.latent_classes import Blocked
from data import choices_of_classes
from em import evaluate, start
from work import Call, Floor, Work, scaled

from prefmath import Choices
from prefmath.models import ChoiceMixture

ANNOTATORS, CHOICES, SIZE, D, CLASSES = scaled(3_000), 60, 4, 32, 4
SETS = ANNOTATORS * CHOICES
SHARED = scaled(8_000)


def doubtful():
    return choices_of_classes(ANNOTATORS, CHOICES, SIZE, D, CLASSES, spread=0.1)


def certain():
    return choices_of_classes(ANNOTATORS, CHOICES, SIZE, D, CLASSES, spread=0.35)


def few():
    return choices_of_classes(ANNOTATORS, 10, SIZE, D, CLASSES, spread=0.175)


def shared():
    return choices_of_classes(ANNOTATORS, CHOICES, SIZE, D, CLASSES, spread=0.1, n_items=SHARED)


def as_choices(data):
    offsets = np.arange(0, len(data.items) + 1, data.size)
    judgements = np.diff(data.annotator_offsets)
    annotator = np.repeat(np.arange(len(judgements)), judgements)
    return Choices.from_choice_sets(offsets, data.items, data.chosen, annotator=annotator)


def in_numpy(**options):
    """The same from the same parameters."""

    def run(prepared):
        em, coef, weights = prepared
        state = em.expect(coef, weights)
        return em.gradient(state), state.responsibilities, state.log_likelihood

    return Call(run, lambda data: (Blocked(data, **options), data.coef, data.weights))


def same_slope(result, reference):
    (gradient, responsibilities, log_likelihood), expected = result, reference
    np.testing.assert_allclose(gradient, expected[0], rtol=0, atol=1e-6 * SETS)
    np.testing.assert_allclose(responsibilities, expected[1], rtol=0, atol=1e-4)
    np.testing.assert_allclose(log_likelihood, expected[2], rtol=1e-7)


def evaluation(name, how, data, *, n_items=SETS * SIZE):
    # Every class costs two products an item; exponentials are counted as twenty operations.
    products = n_items * CLASSES * 2 * 2 * D
    exponentials = SETS * SIZE * CLASSES * 20
    return Work(
        name=name,
        title=(
            f"E-step and gradient, {ANNOTATORS:,} annotators × {CHOICES} choices among {SIZE}, "
            f"d = {D}, {CLASSES} classes; {how}"
        ),
        data=data,
        calls={
            "prefmath": Call(evaluate, lambda data: start(data, as_choices(data), data.features)),
            "NumPy, blocks of float32": in_numpy(),
            "the same on two Python threads": in_numpy(n_threads=2),
        },
        agree=same_slope,
        baseline="NumPy, blocks of float32",
        bars={"NumPy, blocks of float32": 0.2},
        floor=Floor(
            float64=products + exponentials,
            bytes=SETS * SIZE * (D * 4 if n_items == SETS * SIZE else 8),
        ),
    )


def fit(name, how, data, share):
    def run(prepared):
        choices, features = prepared
        model = ChoiceMixture(CLASSES, random_state=0).fit(choices, features)
        return model.log_likelihood_

    peer = "lcl-choice, one start"
    return Work(
        name=name,
        title=f"ChoiceMixture({CLASSES}).fit with ten starts; {how}",
        data=data,
        calls={
            "prefmath": Call(run, lambda data: (as_choices(data), data.features)),
            peer: Call(lcl.fit, lcl.long_form, needs="lcl", once=True),
        },
        bars={peer: share},
        remark=lambda log_likelihood: f"log-likelihood {log_likelihood:,.2f}",
    )


WORKS = (
    evaluation("em", "classes overlap", doubtful),
    evaluation("em-certain", "classes lie apart", certain),
    evaluation(
        "em-shared",
        f"classes overlap, {SHARED:,} items shared by all",
        shared,
        n_items=SHARED,
    ),
    fit("fit", f"{CHOICES} choices each, classes overlap", doubtful, 1 / 15),
    fit("fit-certain", f"{CHOICES} choices each, classes lie apart", certain, 1 / 15),
    fit("fit-few", "10 choices each, coefficients half as large", few, 1 / 20),
)


@pytest.mark.filterwarnings("ignore::prefmath.models.LocalOptimumWarning")  # of small data
def bench_linear(work, who, timed):
    timed(work, who)
