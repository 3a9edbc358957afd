"""The pass over linear features: posterior, evidence and gradient against sums written out."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.special import log_softmax, logsumexp, softmax

from kernel_data import judged_pairs, judged_sets, offsets_of, random_judged
from prefmath import _numba

CASE = {"seed": st.integers(0, 2**32 - 1), "weighted": st.booleans(), "repeated": st.booleans()}


def drawn(j, seed, weighted, repeated):
    """Draw who judged, some of them nothing, what judgements weigh, and how often each counts."""
    rng = np.random.default_rng(seed)
    n, n_annotators = len(j.chosen), int(rng.integers(1, 9))
    annotator_offsets = offsets_of(rng.multinomial(n, np.ones(n_annotators) / n_annotators))
    weight = rng.choice([0.0, 0.5, 1.0, 7.0], size=n) if weighted else None
    counts = rng.integers(0, 4, n_annotators).astype(np.float64) if repeated else None
    prior = rng.dirichlet(np.ones(len(j.coef)))
    prior[1:][rng.random(len(prior) - 1) < 0.2] = 0
    with np.errstate(divide="ignore"):
        return weight, annotator_offsets, counts, np.log(prior)


def call(kernels, j, who, coef=None, n_threads=2):
    weight, annotator_offsets, counts, log_prior = who
    return kernels.linear_posterior(
        j.features,
        j.coef if coef is None else coef,
        j.offsets,
        j.items,
        j.chosen,
        j.tied,
        weight,
        annotator_offsets,
        counts,
        log_prior,
        None,
        n_threads,
    )


def by_definition(j, who):
    weight, annotator_offsets, counts, log_prior = who
    x = j.features.astype(np.float64)
    utility = x @ j.coef.T
    n_annotators = len(annotator_offsets) - 1
    joint = np.tile(log_prior, (n_annotators, 1))
    slopes = np.zeros((n_annotators, *j.coef.shape))
    for h, (begin, end) in enumerate(pairwise(annotator_offsets)):
        for s in range(begin, end):
            members = j.items[j.offsets[s] : j.offsets[s + 1]]
            target = np.zeros(len(members))
            target[j.chosen[s]] = 1
            if j.tied is not None and j.tied[s]:
                target[:] = 0.5
            w = 1 if weight is None else weight[s]
            joint[h] += w * (target @ log_softmax(utility[members], axis=0))
            slopes[h] += w * (target[:, None] - softmax(utility[members], axis=0)).T @ x[members]
    evidence = logsumexp(joint, axis=1)
    responsibilities = np.exp(joint - evidence[:, None])
    repeats = np.ones(n_annotators) if counts is None else counts
    gradient = np.einsum("h,hk,hkj->kj", repeats, responsibilities, slopes)
    return responsibilities, evidence, gradient


def check(kernels, j, who):
    found, expected = call(kernels, j, who), by_definition(j, who)
    x = 1 + np.abs(j.features).max(initial=0)
    weight = 1 if who[0] is None else 1 + who[0].max(initial=0)
    scale = (1 + len(j.chosen)) * weight * (1 + np.abs(j.utility).max(initial=0))
    for one, two, size in zip(found, expected, (scale, scale, 4 * x * scale**2), strict=True):
        assert one.dtype == np.float64
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-13 * size)


@given(j=judged_sets(), **CASE)
@settings(max_examples=60)
def test_choices(kernels, j, seed, weighted, repeated):
    check(kernels, j, drawn(j, seed, weighted, repeated))


@given(j=judged_pairs(max_pairs=30), **CASE)
@settings(max_examples=60)
def test_pairs(kernels, j, seed, weighted, repeated):
    check(kernels, j, drawn(j, seed, weighted, repeated))


@pytest.mark.parametrize("n_classes", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("d", [1, 8, 31, 40])
def test_gradient_equals_differences(kernels, n_classes, d):
    rng = np.random.default_rng(n_classes * d)
    j = random_judged(rng, 30, rng.integers(1, 6, size=60), n_classes, d)
    who = drawn(j, 1, weighted=True, repeated=True)

    def objective(coef):
        return who[2] @ call(kernels, j, who, coef.reshape(j.coef.shape))[1]

    slope = approx_fprime(j.coef.ravel(), objective, 1e-6)
    np.testing.assert_allclose(call(kernels, j, who)[2].ravel(), slope, atol=2e-3)


@pytest.mark.parametrize(("n_sets", "d"), [(3000, 17), (700, 130)])
def test_large_data_on_any_number_of_threads(kernels, n_sets, d):
    rng = np.random.default_rng(d)
    j = random_judged(rng, 50, rng.integers(1, 7, size=n_sets), 3, d, dtype=np.float32)
    offsets = offsets_of(rng.multinomial(n_sets, np.ones(200) / 200))
    who = None, offsets, None, np.log([0.2, 0.3, 0.5])
    check(kernels, j, who)
    one, two = (call(kernels, j, who, n_threads=n) for n in (1, 3))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)


def test_annotators_of_one_class_alone_add_nothing_to_the_others(kernels):
    rng = np.random.default_rng(8)
    j = random_judged(rng, 30, np.full(400, 3), 2, 9, spread=60)
    who = None, np.array([0, 200, 400]), None, np.log([0.5, 0.5])
    responsibilities, _, gradient = call(kernels, j, who)
    certain = responsibilities.argmax(axis=1)
    assert responsibilities.min() < 1e-18
    assert not gradient[[k for k in (0, 1) if k not in certain]].any()


CHANGES = {
    "coef must have shape (n_classes, 4), not (2, 3)": {"coef": np.zeros((2, 3))},
    "log_prior has 3 values for 2 classes": {"log_prior": np.zeros(3)},
    "weight has 4 values for 5 choice sets": {"weight": np.ones(4)},
    "tied has 6 values for 5 choice sets": {"tied": np.zeros(6, np.bool_)},
    "counts has 1 values for 2 annotators": {"counts": np.ones(1)},
    "annotator_offsets must end with the number of values: annotator_offsets[-1]=4 for 5": {
        "annotator_offsets": np.array([0, 2, 4])
    },
    "chosen must be a position in its choice set: chosen[0]=3 of 3": {
        "chosen": np.array([3, 0, 0, 0, 0], np.int32)
    },
}


@pytest.mark.parametrize("message", CHANGES)
def test_what_does_not_fit_together_is_refused(message):
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    arguments = {
        "features": np.zeros((6, 4), np.float32),
        "coef": np.zeros((2, 4)),
        "offsets": np.arange(0, 16, 3),
        "items": np.arange(15, dtype=np.int32) % 6,
        "chosen": np.zeros(5, np.int32),
        "tied": None,
        "weight": None,
        "annotator_offsets": np.array([0, 2, 5]),
        "counts": None,
        "log_prior": np.zeros(2),
        "block_ends": None,
        "n_threads": 1,
    }
    native.linear_posterior(**arguments)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        native.linear_posterior(**arguments | CHANGES[message])


@given(j=judged_sets(), **CASE)
@settings(max_examples=60)
def test_backends_agree(j, seed, weighted, repeated):
    native = pytest.importorskip("prefmath._native", reason="the compiled module is not installed")
    who = drawn(j, seed, weighted, repeated)
    x = 1 + np.abs(j.features).max(initial=0)
    scale = (1 + len(j.chosen)) * 7 * (1 + np.abs(j.utility).max(initial=0))
    pairs = zip(call(native, j, who), call(_numba, j, who), (1, 1, 4 * x * scale), strict=True)
    for one, two, size in pairs:
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-13 * scale * size)
