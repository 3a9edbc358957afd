"""Summaries, tests, contrasts and ratios of fits drawn at random: no NaN, or one sentence."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drawn_outcome import often, outcome
from drawn_values import mostly, numbers, seeds, seldom, values, whole
from prefmath import models
from test_drawn_fits import LAYOUTS, choices_of, estimators

ODD = ["x", "", "feature 9", "item 0[7]", None, 1, 2.5, True, b"a", ["item 0"], {}, {"item 0": "a"}]


@st.composite
def fits(draw):
    """Draw a fitted model, and what it was fitted to."""
    choices = draw(choices_of(draw(st.sampled_from(LAYOUTS))))
    kind, said = draw(estimators())
    arrays = ()
    if kind in {models.ChoiceMixture, models.ConditionalLogit}:
        given_ = kind is models.ConditionalLogit or draw(st.booleans())
        arrays = (draw(values((choices.n_items, 2))),) if given_ else ()
    return outcome(lambda: kind(**said).fit(choices, *arrays)), choices, arrays


def names(model):
    """Draw names of parameters, mostly some that there are."""
    kind = "feature" if hasattr(model, "n_features_in_") else "item"
    there = [f"{kind} {j}" for j in range(2)]
    some = st.sampled_from([*there, f"{there[0]}[0]", f"{there[1]}[0]"])
    sums = st.dictionaries(some, st.sampled_from([1.0, -0.5, 2, 0.0, 1e300, 1e-300]), max_size=2)
    return mostly(st.one_of(some, some, sums), *ODD)


def hypotheses(model):
    kind = "feature" if hasattr(model, "n_features_in_") else "item"
    good = [f"{kind} 0 = {kind} 1", f"{kind} 0 = 0", f"{kind} 1 = 0.5", (f"{kind} 0", f"{kind} 1")]
    odd = [f"{kind} 0", "= 0", "=", "", f"{kind} 0 = nan", f"{kind} 0 = {kind} 0", 3, (), ("a",)]
    one = mostly(st.sampled_from(good), *odd)
    return seldom(
        mostly(st.lists(one, max_size=3), *good, *odd, {f"{kind} 0": 0}, {f"{kind} 1": "a"}, {})
    )


@often
@given(st.data())
def test_statistics(data):
    model, choices, arrays = data.draw(fits())
    if model is None:
        return
    x = arrays[0] if arrays else None
    robust, level = data.draw(st.booleans()), data.draw(numbers(0.5, 0.99))
    found = outcome(lambda: model.summary(choices, x, robust=robust, level=level))
    if found is not None:
        assert outcome(found.to_latex)
        assert outcome(found.to_frame) is not None
    fit = outcome(lambda: model.fit_statistics(choices))
    assert np.isfinite([fit.rho_squared, fit.adjusted_rho_squared, fit.aic, fit.bic]).all()
    by = data.draw(mostly(st.sampled_from(["judgement", "annotator"]), "a", None, 1))
    outcome(lambda: model.pointwise(choices, x, by=by))
    wanted = data.draw(hypotheses(model))
    method = data.draw(mostly(st.sampled_from(["wald", "likelihood_ratio"]), "f", None))
    outcome(lambda: model.test(choices, x, wanted, method=method, robust=robust))
    errors = outcome(lambda: model.uncertainty(choices, x, robust=robust))
    if errors is None:
        return
    a, b = data.draw(names(model)), data.draw(names(model))
    outcome(lambda: errors.contrast(a, b, level=level))
    draws, seed = data.draw(whole(100, 200)), data.draw(seeds())
    outcome(lambda: errors.ratio(a, b, level=level, n_draws=draws, random_state=seed))
    outcome(lambda: errors.willingness_to_pay(b, a, n_draws=100))
    outcome(errors.quasi_variances)


@often
@given(st.data())
def test_nested(data):
    choices = data.draw(choices_of(data.draw(st.sampled_from(LAYOUTS))))
    x = data.draw(values((choices.n_items, 2)))
    l2 = data.draw(st.sampled_from([0.0, 1e-3, 1.0]))
    small = outcome(lambda: models.ConditionalLogit(l2=l2).fit(choices, x[:, :1]))
    kind = data.draw(st.sampled_from([models.ConditionalLogit, models.ChoiceMixture]))
    given_ = (x,) if data.draw(st.booleans()) else ()
    large = outcome(lambda: kind(l2=l2).fit(choices, *given_))
    odd = data.draw(seldom(st.sampled_from([1, "a", np.zeros((3, 1)), small, large])))
    one, other = data.draw(mostly(st.just((small, large)), (large, small), (odd, large), (1, 2)))
    wide = (x if given_ else None) if odd is None else odd
    outcome(lambda: models.compare_nested(one, other, choices, wide, small_features=x[:, :1]))
