"""Mixtures on embeddings: whole fits beside passes over the data, Adam in PyTorch and in NumPy."""

from __future__ import annotations

from dataclasses import replace

from baselines import adam
from bench_linear import as_choices
from data import choices_of_classes
from em import evaluate, start
from work import SMALL, Call, Work, scaled

from prefmath.models import ChoiceMixture

SIZE, CLASSES = 4, 5
D, WIDEST = (80, 96) if SMALL else (384, 4_096)
NUMPY, TORCH, PASS = "NumPy, Adam", "PyTorch, Adam", "a pass"
# Steps of Adam in NumPy that are taken; the time is scaled to all.
NUMPY_STEPS = 4


def own(n_people):
    return lambda: choices_of_classes(n_people, 65, SIZE, D, CLASSES, spread=0.05)


def shared():
    people, items = scaled(3_600), scaled(400_000)
    return choices_of_classes(people, 65, SIZE, D, CLASSES, spread=0.05, n_items=items)


def many_classes():
    return choices_of_classes(scaled(1_600, 40), 62, SIZE, D, 20, spread=0.05)


def widest():
    data = choices_of_classes(scaled(1_500), 20, 2, WIDEST, CLASSES, spread=0.05)
    # The prior that coefficients were drawn with.
    return replace(data, l2=400.0)


def in_half(data):
    """Features of bfloat16."""
    from ml_dtypes import bfloat16

    return replace(data, features=data.features.astype(bfloat16))


def fit(prepared):
    """Return the penalised log-likelihood that ten starts come by."""
    choices, features, n_classes, l2 = prepared
    return ChoiceMixture(n_classes, l2=l2, random_state=0).fit(choices, features).lower_bound_


def prepare(data):
    # Features have a variance of 1, of which that of their mean over a set is none within it.
    l2 = data.l2 / (1 - 1 / data.size)
    return as_choices(data), data.features, len(data.coef), l2


def one_pass(problem_and_state):
    evaluate(problem_and_state)


def no_worse(result, reference):
    """Ten starts are no worse than one of Adam; those of NumPy and a pass have no result."""
    if result is not None and reference is not None:
        assert result >= reference - 1e-6 * abs(reference)


def work(name, how, data, *, passes, share=0.2, **more):
    return Work(
        name=name,
        title=f"ChoiceMixture.fit with ten starts; {how}",
        data=data,
        calls={
            "prefmath": Call(fit, prepare),
            f"{passes} passes": Call(
                one_pass,
                lambda data: start(data, as_choices(data), data.features),
                share=1 / passes,
            ),
            NUMPY: Call(adam.in_numpy(NUMPY_STEPS), share=NUMPY_STEPS / adam.STEPS, once=True),
            TORCH: Call(adam.in_torch, needs="torch", once=True),
            **more,
        },
        agree=no_worse,
        baseline=TORCH,
        bars={f"{passes} passes": 1.0, TORCH: share},
        remark=lambda result: "" if result is None else f"{result:,.2f}",
    )


WORKS = [
    work("wide, 60,000", "60,000 choices among 4, d = 384", own(scaled(923)), passes=60),
    work("wide, 233,000", "234,000 choices among 4, d = 384", own(scaled(3_600)), passes=60),
    work("wide, shared items", "the same on 400,000 items", shared, passes=80),
    work("wide, 20 classes", "99,000 choices among 4, 20 classes", many_classes, passes=150),
    work(
        "wide, 4,096",
        "30,000 pairs, d = 4,096",
        widest,
        passes=30,
        share=0.25,
        **{"prefmath, bfloat16": Call(fit, lambda data: prepare(in_half(data)), needs="ml_dtypes")},
    ),
]


def bench_wide(work, who, timed):
    timed(work, who)
