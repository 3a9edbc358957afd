"""Every kind of observation against its formula, its differences and the other backend."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings

from observed import KINDS, log_likelihood, observed, random_observed
from prefmath import _numba


def scale_of(o):
    return 1 + np.abs(o.utility).max(initial=0)


def differences(function, at, step=1e-5):
    """Central differences of a function of a table, entry by entry in the first axes."""
    out = []
    for entry in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[entry] += step
        down[entry] -= step
        out.append((function(up) - function(down)) / (2 * step))
    return np.array(out).reshape(*at.shape, *out[0].shape)


@given(o=observed())
@settings(max_examples=200)
def test_log_likelihood(kernels, o):
    found = kernels.log_likelihood(o.utility, o.observation, 2)
    assert (found <= 1e-12).all()
    tolerance = 1e-13 * scale_of(o) * 12
    if o.name.startswith("rao_kupper"):
        # A threshold beyond all margins: the oracle takes large numbers from each other.
        tolerance *= 1 + np.exp(np.minimum(o.utility[-1], 200)).max()
    np.testing.assert_allclose(found, log_likelihood(o, o.utility), rtol=1e-12, atol=tolerance)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_differences(kernels, name, seed):
    o = random_observed(name, np.random.default_rng(seed))
    gradient, _ = kernels.table_gradient(o.utility, o.observation, o.weights, 1)
    expected = differences(lambda u: (o.weights * log_likelihood(o, u)).sum(), o.utility)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)


def hessian_of(kernels, o):
    """Return the negative Hessian of every class, (n_classes, n_rows, n_rows), by differences."""
    slopes = differences(
        lambda u: kernels.table_gradient(u, o.observation, o.weights, 1)[0], o.utility
    )
    return -np.einsum("ikjk->kij", slopes)


def products_with_units(kernels, o):
    """Return the curvature of every class, column by column."""
    columns = []
    for row in range(len(o.utility)):
        unit = np.zeros_like(o.utility)
        unit[row] = 1
        columns.append(kernels.curvature_product(o.utility, o.observation, o.weights, unit, 1))
    return np.stack(columns, axis=2).swapaxes(0, 1)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_curvature_is_differences_of_gradients(kernels, name, seed):
    o = random_observed(name, np.random.default_rng(seed))
    curvature = products_with_units(kernels, o)
    expected = hessian_of(kernels, o)
    tie_row = o.observation[-2]
    if name.startswith("rao_kupper"):
        # Ties against the odds are made semidefinite in the parameter of ties, and there alone.
        assert (curvature[:, tie_row, tie_row] >= expected[:, tie_row, tie_row] - 1e-6).all()
        curvature[:, tie_row, tie_row] = expected[:, tie_row, tie_row]
    np.testing.assert_allclose(curvature, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_curvature_is_symmetric_and_semidefinite(kernels, name):
    o = random_observed(name, np.random.default_rng(1), spread=3.0)
    curvature = products_with_units(kernels, o)
    np.testing.assert_allclose(curvature, curvature.swapaxes(1, 2), atol=1e-12)
    assert np.linalg.eigvalsh(curvature).min() >= -1e-11
    _, diagonal = kernels.table_gradient(o.utility, o.observation, o.weights, 1)
    np.testing.assert_allclose(diagonal, np.einsum("kii->ik", curvature), atol=1e-12)


@pytest.mark.parametrize("name", ["choices", "rankings", "first ranks"])
@pytest.mark.parametrize("spread", [1.0, 300.0, 1e6])
def test_curvature_on_the_table_has_the_products_as_columns(kernels, name, spread):
    o = random_observed(name, np.random.default_rng(3), spread=spread)
    found = kernels.table_curvature(o.utility, o.observation, o.weights, 2)
    np.testing.assert_allclose(found, products_with_units(kernels, o), atol=1e-11)
    assert (found == found.swapaxes(1, 2)).all()


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"choices", "rankings", "first ranks"}))
def test_curvature_on_the_table_is_of_choices_and_rankings(kernels, name):
    o = random_observed(name, np.random.default_rng(3))
    with pytest.raises(ValueError, match="of choices and rankings without extra rows"):
        kernels.table_curvature(o.utility, o.observation, o.weights, 1)


def test_curvature_on_the_table_wants_finite_weights_of_its_shape(kernels):
    o = random_observed("rankings", np.random.default_rng(3))
    o.weights[2, 1] = np.nan
    with pytest.raises(ValueError, match=re.escape("weights[2, 1]")):
        kernels.table_curvature(o.utility, o.observation, o.weights, 1)
    with pytest.raises(ValueError, match="weights must have shape"):
        kernels.table_curvature(o.utility, o.observation, o.weights[1:].copy(), 1)


def test_likely_ties_have_the_curvature_that_they_have(kernels):
    observation = "pair", None, np.array([0, 1], np.int32), None, np.array([True])
    observation = *observation, None, None, "rao_kupper", 2, None
    utility = np.array([[0.3], [0.0], [0.2]])
    one = np.ones((1, 1))
    _, diagonal = kernels.table_gradient(utility, observation, one, 1)
    slope = differences(lambda u: kernels.table_gradient(u, observation, one, 1)[0], utility)
    np.testing.assert_allclose(diagonal[:, 0], -np.einsum("ikik->i", slope), rtol=1e-6)


@given(o=observed())
def test_residuals_sum_to_the_gradient(kernels, o):
    entries, ties = kernels.residuals(o.utility, o.observation, 2)
    _, offsets, items, _, _, extra, _, _, tie_row, _ = o.observation
    n = len(o.weights)
    sizes = np.full(n, 2) if offsets is None else np.diff(offsets)
    weighted = entries * np.repeat(o.weights, sizes, axis=0)
    expected = np.zeros_like(o.utility)
    np.add.at(expected, items, weighted)
    if extra is not None:
        np.add.at(expected, extra[extra >= 0], weighted[extra >= 0])
    assert (ties is None) == (tie_row < 0)
    if ties is not None:
        assert ties.shape == o.weights.shape
        expected[tie_row] += (ties * o.weights).sum(axis=0)
    gradient, _ = kernels.table_gradient(o.utility, o.observation, o.weights, 2)
    np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-11)


@given(o=observed())
@settings(max_examples=200)
def test_backends_agree(o):
    native = pytest.importorskip("prefmath._native")
    arguments = o.utility, o.observation

    def close(name, *rest, tolerance=1e-12):
        left, right = (getattr(b, name)(*arguments, *rest, 2) for b in (native, _numba))
        pairs = zip(left, right, strict=True) if isinstance(left, tuple) else [(left, right)]
        for one, two in pairs:
            if one is None:
                assert two is None
                continue
            assert one.shape == two.shape
            size = 1 + np.abs(one).max(initial=0)
            np.testing.assert_allclose(one, two, rtol=1e-11, atol=tolerance * scale_of(o) * size)

    close("log_likelihood")
    close("residuals")
    close("table_gradient", o.weights)
    if o.name.startswith("rao_kupper"):
        return  # whether a tie is semidefinite may hang on the last digit
    close("curvature_product", o.weights, o.direction)
    if o.name in {"choices", "rankings", "first ranks"}:
        close("table_curvature", o.weights)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("spread", [0.0, 1e3, 1e6, 1e12])
def test_extreme_utilities_give_numbers(kernels, name, spread):
    o = random_observed(name, np.random.default_rng(2), n_classes=5)
    utility = spread * np.sign(o.utility)
    if o.observation[-2] >= 0:
        utility[o.observation[-2]] = np.array([-1, 0, 1, 1e-3, -1e-3]) * spread
    ll = kernels.log_likelihood(utility, o.observation, 1)
    assert np.isfinite(ll).all()
    assert (ll <= 0).all()
    entries, ties = kernels.residuals(utility, o.observation, 1)
    tables = [
        entries,
        np.zeros(1) if ties is None else ties,
        *kernels.table_gradient(utility, o.observation, o.weights, 1),
        kernels.curvature_product(utility, o.observation, o.weights, o.direction, 1),
    ]
    assert all(np.isfinite(table).all() for table in tables)


def test_a_long_ranking_of_distant_items_is_certain(kernels):
    # Each is sure to come before the rest: no exponential of a difference may be taken from a peak.
    n = 50
    utility = np.linspace(1e6, -1e6, n)[:, None]
    items = np.arange(n, dtype=np.int32)
    ranked = np.array([n], np.int32)
    observation = "ranking", np.array([0, n]), items, None, None, None, ranked, "half", -1, None
    assert kernels.log_likelihood(utility, observation, 1).item() == pytest.approx(0, abs=1e-12)
    observation = "ranking", np.array([0, n]), items[::-1].copy(), *observation[3:]
    ll = kernels.log_likelihood(utility, observation, 1).item()
    assert ll == pytest.approx((utility[::-1] - 1e6).sum(), rel=1e-12)


def call(kernels, name, *, table=None, **changes):
    o = random_observed(name, np.random.default_rng(0), n=3, n_items=4)
    names = "kind", "offsets", "items", "chosen", "tied", "extra", "n_ranked", "ties", "tie_row"
    names = *names, "block_ends"
    fields = dict(zip(names, o.observation, strict=True))
    for field, change in changes.items():
        if callable(change):
            fields[field] = np.array(fields[field])
            change(fields[field])
        else:
            fields[field] = change
    utility = o.utility if table is None else table(o.utility)
    return kernels.log_likelihood(utility, tuple(fields.values()), 1)


def put(at, value):
    def change(array):
        array[at] = value
        return array

    return change


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("pairs", {"kind": "sets"}, 'kind must be choose_one, pair or ranking, not "sets"'),
        ("pairs", {"ties": "none"}, 'ties must be half, davidson or rao_kupper, not "none"'),
        ("pairs", {"items": put(1, 4)}, "items must be rows of a table of 4: items[1]=4"),
        ("pairs", {"items": put(2, -1)}, "items must be rows of a table of 4: items[2]=-1"),
        (
            "pairs",
            {"items": np.zeros(3, np.int32)},
            "pairs must hold two items each, not 3 in all",
        ),
        ("pairs", {"tied": np.zeros(2, bool)}, "tied has 2 values for 3 pairs"),
        ("davidson", {"tie_row": 5}, "tie_row must be a row of a table of 5, not 5"),
        ("rao_kupper", {"tie_row": -1}, "tie_row must be a row of a table of 5, not -1"),
        (
            "pairs with an order",
            {"extra": np.zeros(5, np.int32)},
            "extra has 5 values for 6 items",
        ),
        (
            "pairs with an order",
            {"extra": put(3, 5)},
            "extra must be rows of a table of 5: extra[3]=5",
        ),
        (
            "pairs with an order",
            {"extra": put(0, -2)},
            "extra must be rows of a table of 5: extra[0]=-2",
        ),
        ("choices", {"offsets": None}, "choose_one needs offsets"),
        ("choices", {"chosen": None}, "choose_one needs chosen"),
        ("choices", {"tied": np.zeros(3, bool)}, "only pairs can be tied"),
        ("choices", {"chosen": np.zeros(2, np.int32)}, "chosen has 2 values for 3 choice sets"),
        ("choices", {"offsets": put(1, 0)}, "choice set 0 is empty"),
        (
            "choices",
            {"chosen": put(0, -1)},
            "chosen must be a position in its choice set: chosen[0]=-1 of 4",
        ),
        ("rankings", {"offsets": None}, "ranking needs offsets"),
        ("rankings", {"n_ranked": None}, "ranking needs n_ranked"),
        ("rankings", {"tied": np.zeros(3, bool)}, "only pairs can be tied"),
        (
            "rankings",
            {"extra": np.zeros(3, np.int32)},
            "rankings have no position effect: extra must be none",
        ),
        ("rankings", {"n_ranked": np.ones(2, np.int32)}, "n_ranked has 2 values for 3 rankings"),
        (
            "rankings",
            {"n_ranked": put(0, 0)},
            "n_ranked must be from 1 to the size of the set: n_ranked[0]=0 of 4",
        ),
        (
            "rankings",
            {"n_ranked": put(0, 5)},
            "n_ranked must be from 1 to the size of the set: n_ranked[0]=5 of 4",
        ),
        ("pairs", {"table": put((2, 1), np.nan)}, "utility must be finite: utility[2, 1] is nan"),
        (
            "rankings",
            {"table": put((3, 0), -np.inf)},
            "utility must be finite: utility[3, 0] is -inf",
        ),
        (
            "pairs",
            {"block_ends": np.array([2, 1, 3])},
            "block_ends must not decrease: block_ends[1]=1 after 2",
        ),
        (
            "choices",
            {"block_ends": np.array([2])},
            "block_ends must end with the number of rows: 2 for 3",
        ),
        (
            "pairs",
            {"table": lambda table: table[:, :0]},
            "utility must have 4 rows and a column a class, not shape (4, 0)",
        ),
    ],
)
def test_what_is_refused(kernels, name, changes, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(kernels, name, **changes)


@pytest.mark.parametrize("name", KINDS)
def test_weights_and_directions_that_are_refused(kernels, name):
    o = random_observed(name, np.random.default_rng(0), n=3, n_items=4)
    with pytest.raises(ValueError, match=r"^weights must have shape \(3, 2\), not \(2, 2\)$"):
        kernels.table_gradient(o.utility, o.observation, o.weights[:2].copy(), 1)
    bad = put((1, 1), np.nan)(o.weights.copy())
    with pytest.raises(ValueError, match=r"^weights must be finite: weights\[1, 1\] is nan$"):
        kernels.table_gradient(o.utility, o.observation, bad, 1)
    short = o.direction[:-1].copy()
    shapes = f"{o.utility.shape}, not {short.shape}"
    with pytest.raises(
        ValueError, match=re.escape(f"direction must have the shape of utility, {shapes}")
    ):
        kernels.curvature_product(o.utility, o.observation, o.weights, short, 1)
    bad = put((0, 1), np.inf)(o.direction.copy())
    with pytest.raises(ValueError, match=r"^direction must be finite: direction\[0, 1\] is inf$"):
        kernels.curvature_product(o.utility, o.observation, o.weights, bad, 1)
