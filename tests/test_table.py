"""The likelihood on a table of the caller's: its definition, and its gradient by differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from choice_samples import LAYOUTS, draw, mixture_log_likelihood
from prefmath import Choices
from prefmath.models import ChoiceMixture, table_log_likelihood


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_classes", [1, 3])
@pytest.mark.parametrize("few", [True, False])
def test_by_definition_and_by_differences(layout, n_classes, few):
    n = {"n_annotators": 60, "n_each": 20, "n_items": 4} if few else {"n_items": 9}
    if layout not in {"pairs", "tied pairs"}:
        n["n_items"] = max(n["n_items"], 6)
    choices = draw(3, layout=layout, weights=True, **n).choices
    rng = np.random.default_rng(n_classes)
    table = rng.standard_normal((choices.n_items, n_classes))
    shares = rng.dirichlet(np.ones(n_classes))
    found = table_log_likelihood(choices, table, weights=shares)
    evidence, responsibilities = mixture_log_likelihood(choices, table, shares)
    assert found.log_likelihood == pytest.approx(evidence.sum(), rel=1e-10)
    np.testing.assert_allclose(found.responsibilities, responsibilities, atol=1e-9)
    slope = approx_fprime(
        table.ravel(),
        lambda flat: (
            table_log_likelihood(choices, flat.reshape(table.shape), weights=shares).log_likelihood
        ),
        1e-6,
    )
    np.testing.assert_allclose(found.gradient.ravel(), slope, atol=2e-3, rtol=1e-5)


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_slopes_of_ties_and_order(ties):
    sample = draw(4, layout="tied pairs", n_items=6)
    c = sample.choices
    rng = np.random.default_rng(0)
    choices = Choices.from_pairs(
        c.items[0::2],
        c.items[1::2],
        tie=c.tied,
        first=rng.random(len(c)) < 0.5,
        annotator=c.annotator_index,
    )
    table = rng.standard_normal((6, 2))
    start = np.concatenate([table.ravel(), [0.3, -0.4], [0.2, 0.5]])

    def at(flat):
        return table_log_likelihood(
            choices,
            flat[:12].reshape(6, 2),
            weights=[0.4, 0.6],
            ties=ties,
            position=flat[12:14][None],
            tie=flat[14:],
        )

    found = at(start)
    slope = approx_fprime(start, lambda flat: at(flat).log_likelihood, 1e-6)
    whole = [found.gradient.ravel(), found.position_gradient.ravel(), found.tie_gradient]
    np.testing.assert_allclose(np.concatenate(whole), slope, atol=2e-3)


def test_positions_of_choice_sets():
    choices = draw(5, n_items=8).choices
    table, position = np.linspace(-1, 1, 8), np.array([0.3, -0.2, 0.1, 0.7])
    found = table_log_likelihood(choices, table, position=position)
    u = table[choices.items]
    place = np.arange(len(u)) - np.repeat(choices.offsets[:-1], np.diff(choices.offsets))
    u = u + np.append(0, position)[place]
    log_sums = np.log(np.add.reduceat(np.exp(u), choices.offsets[:-1]))
    expected = (u[choices.offsets[:-1] + choices.chosen] - log_sums).sum()
    assert found.log_likelihood == pytest.approx(expected, abs=1e-9)
    slope = approx_fprime(
        position, lambda p: table_log_likelihood(choices, table, position=p).log_likelihood, 1e-6
    )
    np.testing.assert_allclose(found.position_gradient.ravel(), slope, atol=1e-3)
    assert found.gradient.shape == (8,)


def test_estimated_shares_are_the_best():
    sample = draw(0, n_items=10)
    table = sample.features @ sample.coef.T
    found = table_log_likelihood(sample.choices, table)
    best = minimize(
        lambda t: (
            -table_log_likelihood(
                sample.choices, table, weights=[1 / (1 + np.exp(t[0])), 1 / (1 + np.exp(-t[0]))]
            ).log_likelihood
        ),
        [0.0],
    )
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-6)
    assert found.weights.sum() == pytest.approx(1)
    slope = approx_fprime(
        table.ravel(),
        lambda flat: table_log_likelihood(sample.choices, flat.reshape(table.shape)).log_likelihood,
        1e-6,
    )
    np.testing.assert_allclose(found.gradient.ravel(), slope, atol=2e-3)


def test_climbing_the_gradient_is_fitting():
    sample = draw(0, layout="pairs", n_items=6, n_annotators=30)
    model = ChoiceMixture(l2=0).fit(sample.choices)

    def down(flat):
        found = table_log_likelihood(sample.choices, flat)
        return -found.log_likelihood, -found.gradient

    best = minimize(down, np.zeros(6), jac=True, method="L-BFGS-B", options={"gtol": 1e-8})
    np.testing.assert_allclose(best.x, model.coef_[0], atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"table": np.zeros((2, 1))}, r"^table must have a row for each of 3 items, not 2$"),
        ({"table": np.full((3, 1), np.nan)}, r"^table must be finite: table\[0, 0\] is nan$"),
        ({"table": np.zeros((3, 1, 1))}, r"^table must have two axes"),
        ({"weights": [0.5, 0.5]}, r"^weights must have shape \(1,\), not \(2,\)$"),
        ({"weights": [0.5]}, r"^weights must not be negative and sum to 1, not \[0.5\]$"),
        ({"ties": "draw"}, r"^ties must be one of 'half', 'davidson', 'rao_kupper', not 'draw'$"),
        ({"position": [0.0]}, r"^position_effect needs pairs that say what was shown first"),
        ({"ties": "davidson", "tie": np.inf}, r"^tie must be finite, not inf$"),
    ],
)
def test_refusals(arguments, message):
    choices = Choices.from_pairs([0, 0, 1], [1, 2, 2])
    with pytest.raises(ValueError, match=message):
        table_log_likelihood(**{"choices": choices, "table": np.zeros(3)} | arguments)
    with pytest.raises(TypeError, match=r"^choices must be prefmath\.Choices"):
        table_log_likelihood([[0, 1]], np.zeros(2))


def test_repr():
    choices = Choices.from_pairs([0, 0, 1], [1, 2, 2])
    found = table_log_likelihood(choices, np.zeros((3, 1)))
    assert repr(found) == "TableLikelihood(-2.0794, with gradient for 3 items in 1 class)"
