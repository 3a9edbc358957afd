"""The curvature on the table, written out: products with unit vectors give its columns."""

from __future__ import annotations

import numpy as np
import pytest

from choice_samples import LAYOUTS, draw
from prefmath.models._likelihood.observation import form_of, observe
from prefmath.models._likelihood.table_curvature import table_curvature


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("ties", ["half", "davidson"])
@pytest.mark.parametrize("position_effect", [False, True])
@pytest.mark.parametrize("spread", [1.0, 300.0])
def test_columns_are_products_with_unit_vectors(layout, ties, position_effect, spread):
    if (ties != "half" and layout != "tied pairs") or (position_effect and layout != "choice_sets"):
        pytest.skip("there is no such observation")
    choices = draw(1, layout=layout, n_items=7).choices
    form = form_of(choices, ties, position_effect=position_effect)
    observation = observe(choices, 7, form, 1)
    rng = np.random.default_rng(0)
    table = spread * rng.normal(size=(observation.n_rows, 3))
    weights = rng.random((len(choices), 3))
    found = table_curvature(observation, table, weights)
    for row in range(len(table)):
        unit = np.zeros_like(table)
        unit[row] = 1
        expected = observation.curvature_product(table, weights, unit)
        np.testing.assert_allclose(found[:, row], expected.T, atol=1e-11)
