"""The curvature of pairs written out against the products of the kernels."""

from __future__ import annotations

import numpy as np
import pytest

from choice_samples import draw
from prefmath.models._observation import Form, observe_outcomes
from prefmath.models._table_curvature import table_curvature


@pytest.mark.parametrize("ties", ["half", "davidson"])
@pytest.mark.parametrize("spread", [1.0, 300.0])
def test_the_matrix_is_that_of_the_products(ties, spread):
    choices = draw(0, layout="tied pairs", n_items=7).choices
    observation, _ = observe_outcomes(choices, 7, Form("pairs", ties, 0), 1)
    rng = np.random.default_rng(1)
    table = spread * rng.standard_normal((observation.n_rows, 3))
    weights = rng.exponential(size=(observation.n_outcomes, 3))
    found = table_curvature(observation, table, weights)
    for row in range(len(table)):
        direction = np.zeros_like(table)
        direction[row] = 1
        expected = observation.curvature_product(table, weights, direction)
        np.testing.assert_allclose(found[:, row], expected.T, atol=1e-12)
