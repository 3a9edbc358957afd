"""Passes over shards of the data, added up, equal the pass over all of them to the last bit."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import ChoiceMixture, ConditionalLogit
from prefmath.models._likelihood import blocks
from prefmath.models._likelihood.blocks import aligned, block_ends_of
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.problem import Problem
from prefmath.models._likelihood.shards import expectation_of, shard_of, stats_of
from prefmath.models._likelihood.stats import Stats

N_PEOPLE, EACH = 130, 11


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "_JUDGEMENTS", 150)


def drawn(name):
    """Draw choices by two kinds of people, and features where the model takes some."""
    rng = np.random.default_rng(5)
    n = N_PEOPLE * EACH
    annotator = np.repeat(np.arange(N_PEOPLE), EACH)
    n_items = 4 * n if name == "items of their own" else 25
    features = rng.standard_normal((n_items, 6)).astype(np.float32)
    coef = rng.standard_normal((2, 6))[annotator % 2]
    if name == "items of their own":
        items = np.arange(4 * n).reshape(n, 4)
    else:
        items = rng.permuted(np.tile(np.arange(n_items), (n, 1)), axis=1)[:, :4]
    utility = np.einsum("nsd,nd->ns", features[items], coef) + rng.gumbel(size=(n, 4))
    if name == "pairs":
        ordered = np.take_along_axis(items, np.argsort(-utility[:, :2], axis=1), axis=1)
        weight = rng.random(n)
        return Choices.from_pairs(*ordered.T, annotator=annotator, weight=weight), None
    offsets = np.arange(0, 4 * n + 1, 4)
    if name == "rankings":
        order = np.take_along_axis(items, np.argsort(-utility, axis=1), axis=1)
        return Choices.from_rankings(offsets, order.ravel(), annotator=annotator), None
    chosen = utility.argmax(axis=1)
    return Choices.from_choice_sets(offsets, items.ravel(), chosen, annotator=annotator), features


MODELS = {
    "items of their own": ChoiceMixture(2, n_init=2, random_state=0),
    "items of all": ChoiceMixture(2, n_init=2, random_state=0),
    "pairs": ChoiceMixture(2, n_init=2, random_state=0),
    "rankings": ChoiceMixture(2, n_init=2, random_state=0),
    "one class": ConditionalLogit(),
}


def fitted(name):
    choices, features = drawn(name)
    model = MODELS[name]
    return model.fit(choices) if features is None else model.fit(choices, features)


def in_shards(problem, coef, mixing, cuts):
    """Add up passes over shards between blocks, each sent as bytes."""
    stats, latent = Stats(()), []
    for first, end in pairwise(cuts):
        for run in aligned(first, end):
            part, known = stats_of(problem, shard_of(problem.data, *run), *run, coef, mixing)
            stats += Stats.from_bytes(part.to_bytes())
            latent.append(known)
    return expectation_of(problem, stats.total(), np.concatenate(latent), coef)


@pytest.fixture(params=list(MODELS))
def passes(request, monkeypatch):
    """Fit a model and keep what it asked of its data: problems, parameters, and the answers."""
    asked = []
    expect = Problem.expect

    def kept(self, coef, mixing):
        state = expect(self, coef, mixing)
        asked.append((self, coef, mixing, state))
        return state

    monkeypatch.setattr(Problem, "expect", kept)
    fitted(request.param)
    return asked


def same(one, two):
    assert np.asarray(one).tobytes() == np.asarray(two).tobytes()


def test_a_pass_is_the_sum_of_those_over_shards(passes):
    problem, coef, mixing, _ = max(passes, key=lambda asked: len(asked[0].data.block_ends))
    n_blocks = len(problem.data.block_ends)
    whole = problem.population.expect(problem.utility, problem.data, coef, mixing)
    splits = [[0, at, n_blocks] for at in range(1, n_blocks)] + [list(range(n_blocks + 1))]
    for n_threads, cuts in enumerate(splits, 1):
        of_threads = problem.on_threads(1 + n_threads % 8)
        found = in_shards(of_threads, coef, mixing, cuts)
        same(found.log_likelihood, whole.log_likelihood)
        same(found.masses, whole.masses)
        same(found.gradient, whole.gradient)
        same(found.latent, whole.latent)
        if whole.tabulated is not None:
            same(found.tabulated.diagonal, whole.tabulated.diagonal)
            same(found.tabulated.outcome_weights, whole.tabulated.outcome_weights)


@pytest.mark.parametrize("name", list(MODELS))
def test_a_fit_in_shards_is_the_fit(name, monkeypatch):
    whole = fitted(name)

    plain = Classes.expect
    depth = [0, 0]

    def expect(self, utility, data, coef, params):
        n_blocks = len(data.block_ends)
        if n_blocks < 2 or depth[0]:
            return plain(self, utility, data, coef, params)
        depth[0] += 1
        depth[1] += 1
        problem = Problem(utility, self, None, data)
        found = in_shards(problem, coef, params, list(range(n_blocks + 1)))
        depth[0] -= 1
        return found

    monkeypatch.setattr(Classes, "expect", expect)
    again = fitted(name)
    # Without annotators there is one block.
    assert depth[1] or name == "one class"
    same(again.coef_, whole.coef_)
    same(again.weights_, whole.weights_)
    same(again.log_likelihood_, whole.log_likelihood_)


def test_runs_of_blocks_are_nodes():
    assert aligned(0, 11) == [(0, 8), (8, 10), (10, 11)]
    assert aligned(5, 16) == [(5, 6), (6, 8), (8, 16)]
    assert aligned(3, 3) == []


def test_blocks_are_the_same_from_any_block_on():
    rng = np.random.default_rng(0)
    offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 90, size=300))])
    ends = block_ends_of(offsets)
    for at, end in enumerate(ends[:-1]):
        rest = block_ends_of(offsets[end:] - offsets[end])
        np.testing.assert_array_equal(rest + end, ends[at + 1 :])


HASH = """
import hashlib, sys
sys.path.insert(0, "tests")
from prefmath.models._likelihood import blocks
blocks._JUDGEMENTS = 150
from test_shards import MODELS, drawn
digest = hashlib.sha256()
for name in MODELS:
    choices, features = drawn(name)
    model = MODELS[name]
    model = model.fit(choices) if features is None else model.fit(choices, features)
    digest.update(model.coef_.tobytes() + model.weights_.tobytes())
print(digest.hexdigest())
"""


def test_threads_of_the_linear_algebra_change_no_fit():
    found = set()
    for blas, own in ((1, 1), (2, 2), (4, 3), (3, 8)):
        threads = {name: str(blas) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")}
        env = os.environ | threads | {"PREFMATH_NUM_THREADS": str(own)}
        run = subprocess.run(
            [sys.executable, "-c", HASH], env=env, check=True, capture_output=True, text=True
        )
        found.add(run.stdout)
    assert len(found) == 1
