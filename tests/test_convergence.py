"""A fit has settled when its slope says so; weights and priors of any size give numbers."""

from __future__ import annotations

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, PlackettLuce
from prefmath.models._fit.curvature import _Dense
from prefmath.models._likelihood.problem import ConvergenceWarning


def drawn(weight=None, seed=0):
    rng = np.random.default_rng(seed)
    winner = rng.integers(0, 4, 60)
    loser = (winner + rng.integers(1, 4, 60)) % 4
    pairs = Choices.from_pairs(winner, loser, weight=weight, annotator=np.arange(60) // 10)
    return pairs, rng.standard_normal((4, 2))


def rankings_of(pairs):
    offsets = np.arange(0, len(pairs.items) + 1, 2)
    return Choices.from_rankings(offsets, pairs.items, weight=pairs.weight)


@pytest.mark.parametrize("n_classes", [1, 2])
def test_no_fit_has_settled_while_its_slope_promises_more(monkeypatch, n_classes):
    solve = _Dense.solve
    monkeypatch.setattr(_Dense, "solve", lambda self, gradient: 1e30 * solve(self, gradient))
    pairs, x = drawn()
    begin = ChoiceMixture(n_classes, random_state=0, n_init=1)
    with pytest.warns(ConvergenceWarning, match="no step raises the log-likelihood any more, alth"):
        model = begin.fit(pairs, x)
    assert not model.converged_
    assert model.n_iter_ < 100
    assert np.isfinite(model.log_likelihood_)


@pytest.mark.parametrize("tol", [1e-8, 1e-3, 0.1])
def test_no_more_than_the_tolerance_is_missing_whatever_the_units(tol):
    rng = np.random.default_rng(1)
    n = 600
    x = rng.standard_normal((3 * n, 4)) * [1e8, 1, 1e-8, 1e3] + [0, 1e4, 0, 0]
    utility = x @ [2e-8, 1, -1e8, 1e-3] + rng.gumbel(size=3 * n)
    sets = np.arange(0, 3 * n + 1, 3)
    chosen = utility.reshape(n, 3).argmax(axis=1)
    choices = Choices.from_choice_sets(sets, np.arange(3 * n), chosen)
    model, best = (ConditionalLogit(tol=t).fit(choices, x) for t in (tol, 1e-12))
    assert model.converged_
    assert best.log_likelihood_ - model.log_likelihood_ < 2 * tol


def test_what_to_do_about_a_fit_that_has_not_settled():
    pairs, x = drawn()
    told = r"^the fit has not settled after 1 iterations: raise max_iter, since a step may still"
    with pytest.warns(ConvergenceWarning, match=told):
        ConditionalLogit(max_iter=1).fit(pairs, 5 * x)
    with pytest.warns(ConvergenceWarning, match=told):
        BradleyTerry(max_iter=1).fit(pairs)


FITS = {
    "BradleyTerry": lambda c, _: BradleyTerry().fit(c),
    "with a prior": lambda c, _: BradleyTerry(prior=1).fit(c),
    "with ties": lambda c, _: BradleyTerry(l2=1e-3, ties="davidson").fit(c),
    "PlackettLuce": lambda c, _: PlackettLuce().fit(rankings_of(c)),
    "ConditionalLogit": lambda c, x: ConditionalLogit().fit(c, x),
    "classes": lambda c, x: ChoiceMixture(2, random_state=0, n_init=2).fit(c, x),
    "classes of items": lambda c, _: ChoiceMixture(2, random_state=0, n_init=2).fit(c),
}


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS.keys())
@pytest.mark.parametrize("size", [1e20, 1e60, 1e97])
def test_large_weights_give_numbers(fit, size):
    pairs, x = drawn(np.full(60, size))
    model = fit(pairs, x)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.log_likelihood_)
    if model.weights_.size == 1 and "l2" not in repr(model) and "prior" not in repr(model):
        plain, _ = drawn()
        np.testing.assert_allclose(model.coef_, fit(plain, x).coef_, atol=1e-5)


@pytest.mark.parametrize("size", [1e-12, 1e-60, 1e-97])
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS.keys())
def test_small_weights_beside_nothing_and_beside_others(fit, size):
    for weight in (np.full(60, size), np.where(np.arange(60) % 2, 1.0, size)):
        pairs, x = drawn(weight)
        model = fit(pairs, x)
        assert np.isfinite(model.coef_).all()
        assert np.isfinite(model.log_likelihood_)


@pytest.mark.parametrize("prior", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("model", [BradleyTerry, PlackettLuce])
def test_a_strong_prior_loses_no_digits(model, prior):
    pairs, _ = drawn()
    won, lost = (np.bincount(pairs.items[side::2], minlength=4) for side in (0, 1))
    fitted = model(prior=prior).fit(pairs if model is BradleyTerry else rankings_of(pairs))
    # To first order in 1 / prior, with u = 0 in the wins that are expected.
    expected = (won - lost) / prior
    expected -= expected.mean()
    scale = np.abs(expected).max()
    np.testing.assert_allclose(fitted.utilities_, expected, atol=1e-3 * scale + 60 * scale / prior)
    slope = (won - lost) / 2 @ fitted.utilities_
    missing = fitted.log_likelihood_ + 60 * np.log(2) - slope
    assert abs(missing) < 1e-12 + 60 * scale**2


@pytest.mark.parametrize("n_items", [2, 4, 300])
def test_a_fit_that_begins_at_its_end_stays_there(n_items):
    rng = np.random.default_rng(0)
    pairs = np.argsort(rng.random((40 * n_items, n_items)), axis=1)[:, :2]
    model = BradleyTerry(warm_start=True).fit(Choices.from_pairs(*pairs.T))
    before = model.coef_.copy()
    for _ in range(3):
        model.fit(Choices.from_pairs(*pairs.T))
        assert model.converged_
        np.testing.assert_allclose(model.coef_, before, atol=1e-7)
