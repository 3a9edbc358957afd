"""Latent classes of utilities linear in features: an iteration of EM, and whole fits."""

from __future__ import annotations

import numpy as np
from baselines.latent_classes import Blocked, Dense
from data import choices_of_classes
from em import iterate, start
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


def shared():
    return choices_of_classes(ANNOTATORS, CHOICES, SIZE, D, CLASSES, spread=0.1, n_items=SHARED)


def as_choices(data):
    offsets = np.arange(0, len(data.items) + 1, data.size)
    judgements = np.diff(data.annotator_offsets)
    annotator = np.repeat(np.arange(len(judgements)), judgements)
    return Choices.from_choice_sets(offsets, data.items, data.chosen, annotator=annotator)


def in_numpy(em, **options):
    """An iteration from the same state, and what comes out of it."""

    def prepare(data):
        of_data = em(data, **options)
        return of_data, of_data.expect(data.coef, data.weights)

    def run(prepared):
        of_data, state = prepared
        after = of_data.iterate(state)
        return after.coef, after.responsibilities, after.log_likelihood

    return Call(run, prepare)


def same_step(result, reference):
    (coef, responsibilities, log_likelihood), expected = result, reference
    np.testing.assert_allclose(coef, expected[0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(responsibilities, expected[1], rtol=0, atol=1e-4)
    np.testing.assert_allclose(log_likelihood, expected[2], rtol=1e-7)


def iteration(name, how, data, *, classes_a_set, n_items=SETS * SIZE):
    # Each set of J costs a class J - 1 outer products, half of each; utilities cost every class
    # a product an item; exponentials are counted as twenty operations. All could be float32.
    products = SETS * classes_a_set * (SIZE - 1) * D * (D + 1)
    utilities = n_items * CLASSES * 2 * D
    exponentials = SETS * SIZE * CLASSES * 20
    return Work(
        name=name,
        title=(
            f"EM iteration, {ANNOTATORS:,} annotators × {CHOICES} choices among {SIZE}, d = {D}, "
            f"{CLASSES} classes; {how}"
        ),
        data=data,
        calls={
            "prefmath": Call(iterate, lambda data: start(data, as_choices(data), data.features)),
            "NumPy, blocks of float32": in_numpy(Blocked),
            "the same on two Python threads": in_numpy(Blocked, n_threads=2),
            "NumPy, blocks of float64": in_numpy(Blocked, dtype=np.float64),
            "NumPy, whole arrays of float64": in_numpy(Dense),
        },
        agree=same_step,
        baseline="NumPy, blocks of float32",
        bars={"NumPy, blocks of float32": 0.2},
        floor=Floor(
            float32=products + utilities + exponentials,
            bytes=SETS * SIZE * (2 * D * 4 if n_items == SETS * SIZE else 8),
        ),
    )


def fit(name, how, data):
    def run(prepared):
        choices, features = prepared
        return ChoiceMixture(CLASSES, random_state=0).fit(choices, features)

    return Work(
        name=name,
        title=f"ChoiceMixture({CLASSES}).fit with ten starts to the same choices; {how}",
        data=data,
        calls={"prefmath": Call(run, lambda data: (as_choices(data), data.features))},
        remark=lambda model: f"log-likelihood {model.log_likelihood_:,.2f}",
    )


WORKS = (
    iteration("em", "classes overlap", doubtful, classes_a_set=CLASSES),
    iteration("em-certain", "classes lie apart", certain, classes_a_set=1),
    iteration(
        "em-shared",
        f"classes overlap, {SHARED:,} items shared by all",
        shared,
        classes_a_set=CLASSES,
        n_items=SHARED,
    ),
    fit("fit", "classes overlap", doubtful),
    fit("fit-certain", "classes lie apart", certain),
)


def bench_linear(work, who, timed):
    timed(work, who)
