"""A population that nothing in the package knows goes through fit and all that follows."""

# ruff: noqa: ARG002 -- the interface has arguments that so simple a population has no use for

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from choice_samples import draw
from prefmath.models import ChoiceMixture, bootstrap
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.probabilities import chances
from prefmath.models._likelihood.state import Expectation, Tabulated


@dataclass(frozen=True)
class Average:
    """Everyone's utilities are the mean of the columns: no vertex, and nothing to find out."""

    n_columns: int

    n_free = 0
    smooth = True
    by_column = False
    learned = ("weights_", "responsibilities_")

    def check(self, params, latent):
        pass

    def expect(self, utility, data, coef, params):
        table = utility.table(coef)
        mean = table.mean(axis=1, keepdims=True)
        everyone = np.full((data.n_rows, self.n_columns), 1 / self.n_columns)
        weights = data.outcome_weights(everyone)
        on_mean, diagonal = data.observation.gradient(mean, weights.sum(axis=1, keepdims=True))
        shared = np.full(self.n_columns, 1 / self.n_columns)
        return Expectation(
            everyone,
            data.sum(everyone),
            float(data.sum(self.latent(table, data, everyone[:1])[1])),
            utility.pull_back(on_mean * shared),
            Tabulated(table, weights, diagonal * shared, on_mean * shared),
        )

    def latent(self, table, data, prior):
        each = data.observation.log_likelihood(table.mean(axis=1, keepdims=True))
        one = Classes(1).assigned(each, data, np.ones((1, 1)))[1]
        return np.full((data.n_rows, self.n_columns), 1 / self.n_columns), one

    def shares(self, params, data):
        return params

    def prior(self, params, covariates=None):
        return np.full((1, self.n_columns), 1 / self.n_columns)

    def entropy(self, latent):
        return 0.0

    def probabilities(self, observation, table, latent, annotator):
        return chances(observation, table.mean(axis=1, keepdims=True))[:, 0]

    def drawn(self, latent, rng):
        return latent

    @property
    def in_common(self):
        return Average(1)

    def masses(self, data, latent):
        return data.sum(latent)

    def begun(self, data, latent):
        return np.full(self.n_columns, 1 / self.n_columns)

    def empty(self, data, latent):
        return np.zeros(self.n_columns, np.bool_)

    def matched(self, latent, other):
        return np.arange(self.n_columns)

    def apart(self, latent, other):
        return 0.0

    def largest_first(self, params, masses):
        return np.arange(self.n_columns)

    def reordered(self, params, order):
        return params

    def em_step(self, params, masses):
        return masses / masses.sum()

    def position(self, params):
        return np.zeros(0)

    def moved(self, params, step):
        return params

    def longest(self, step):
        return 1.0

    def score(self, params, masses):
        return np.zeros(0)

    def newton(self, params, masses, score):
        return score


class AverageModel(ChoiceMixture):
    """Two columns that only their mean tells apart from none."""

    def _population(self, n_columns):
        return Average(n_columns)


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("layout", ["choice_sets", "tied pairs"])
def test_its_fit_is_that_of_the_mean_of_its_columns(linear, layout):
    sample = draw(4, layout=layout, n_items=12)
    given = sample.features if linear else None
    model = AverageModel(2, l2=0.5, random_state=0, tol=1e-10).fit(sample.choices, given)
    # Half the penalty falls on either column.
    plain = ChoiceMixture(l2=1.0, tol=1e-10).fit(sample.choices, given)
    assert model.converged_
    np.testing.assert_allclose(model.coef_.mean(axis=0), plain.coef_[0], atol=1e-5)
    assert model.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-6)
    np.testing.assert_allclose(
        model.predict_proba(sample.choices, given),
        plain.predict_proba(sample.choices, given),
        atol=1e-6,
    )
    assert model.score(sample.choices, given) == pytest.approx(
        plain.score(sample.choices, given), abs=1e-9
    )
    assert model.adapt(sample.choices, given).tolist() == [[0.5, 0.5]] * 40
    drawn = model.sample(sample.choices, given, random_state=0)
    assert len(drawn) == len(sample.choices)
    assert model.bic(sample.choices, given) > plain.bic(sample.choices, given)
    found = bootstrap(model, sample.choices, given, n_resamples=5, random_state=0)
    assert np.isfinite(found.coef).all()
