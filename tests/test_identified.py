"""Coefficients that data do not determine: combinations that never differ, and that separate."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

from prefmath import Choices
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    ConvergenceWarning,
    UndeterminedWarning,
)

OFFSETS = np.arange(0, 1501, 3)


def utilities(seed=1, n=500, d=4, dtype=np.float64):
    """Draw choices among three, all of whose alternatives have features of their own."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3 * n, d)).astype(dtype)
    chosen = ((x @ rng.standard_normal(d)).reshape(n, 3) + rng.gumbel(size=(n, 3))).argmax(axis=1)
    return x, chosen


def sets(chosen, items=None, **more):
    offsets = np.arange(0, 3 * len(chosen) + 1, 3)
    items = np.arange(3 * len(chosen)) if items is None else items
    return Choices.from_choice_sets(offsets, items, chosen, **more)


def refused(message):
    return pytest.raises(ValueError, match=f"^{re.escape(message)}$")


def test_a_column_that_is_the_same_within_every_set():
    x, chosen = utilities()
    x[:, 1] = np.repeat(np.arange(500), 3)
    message = (
        "the coefficient of feature 1 is not determined, as feature 1 is the same for all "
        "alternatives of every choice: leave the column out, or set l2 above 0"
    )
    for model in (ConditionalLogit(), ChoiceMixture(l2=0), ChoiceMixture(2, l2=0)):
        with refused(message):
            model.fit(sets(chosen, annotator=np.arange(500) % 20), x)
        assert not hasattr(model, "coef_")
    assert abs(ConditionalLogit(l2=0.1).fit(sets(chosen), x).coef_[0, 1]) < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("unit", [1, 100, 1e8, 3e-7])
def test_two_equal_columns_in_any_unit(dtype, unit):
    x, chosen = utilities(dtype=dtype)
    x[:, 2] = x[:, 0] * unit
    with pytest.raises(ValueError, match=r"^the coefficients of feature 0 and feature 2 are not"):
        ConditionalLogit().fit(sets(chosen), x)


def test_columns_that_add_up_are_named_as_in_the_frame():
    pandas = pytest.importorskip("pandas")
    x, chosen = utilities()
    brand = np.random.default_rng(0).integers(0, 3, len(x))
    frame = pandas.DataFrame({"price": x[:, 0], **{f"is {b}": brand == b for b in range(3)}})
    message = (
        "the coefficients of 'is 0', 'is 1' and 'is 2' are not determined, as 'is 0' + 'is 1' + "
        "'is 2' is the same for all alternatives of every choice: leave one of these columns out, "
        "or set l2 above 0"
    )
    with refused(message):
        ConditionalLogit().fit(sets(chosen), frame.astype(float))
    fitted = ConditionalLogit().fit(sets(chosen), frame.astype(float).iloc[:, :3])
    assert np.isfinite(fitted.coef_).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_units_and_noise_are_no_reason_to_refuse(dtype):
    x, chosen = utilities(dtype=dtype)
    x = np.column_stack([x, x[:, 0] + 1e-3 * x[:, 1] ** 2]).astype(dtype)
    plain = ConditionalLogit().fit(sets(chosen), x)
    units = np.array([1e8, 1, 1e-9, 1e3, 1], dtype)
    other = ConditionalLogit().fit(sets(chosen), x * units)
    assert other.log_likelihood_ == pytest.approx(plain.log_likelihood_, abs=1e-3)


def test_a_column_that_tells_what_was_chosen():
    # The coefficient was 26, with converged_ and errors of 0.000 or 13,573.
    x, chosen = utilities()
    separating = np.zeros(1500)
    separating[OFFSETS[:-1] + chosen] = 1
    for sign, which in ((1, "highest"), (-3e6, "lowest")):
        message = (
            "the coefficient of feature 4 has no finite estimate, as what was chosen always has "
            f"the {which} feature 4 of its alternatives: leave the column out, or set l2 above 0"
        )
        for model in (ConditionalLogit(), ChoiceMixture(l2=0)):
            with refused(message):
                model.fit(sets(chosen), np.c_[x, sign * separating])
            assert not hasattr(model, "coef_")
    assert ConditionalLogit(l2=0.1).fit(sets(chosen), np.c_[x, separating]).converged_


def test_a_column_that_only_a_few_choices_know():
    x, chosen = utilities()
    rare = np.zeros(1500)
    rare[(OFFSETS[:-1] + chosen)[:3]] = 1
    with pytest.raises(ValueError, match=r"^the coefficient of feature 4 has no finite estimate"):
        ConditionalLogit().fit(sets(chosen), np.c_[x, rare])
    rare[OFFSETS[7] + (chosen[7] + 1) % 3] = 1  # it lost once
    assert ConditionalLogit().fit(sets(chosen), np.c_[x, rare]).converged_


def test_the_constant_of_an_alternative_never_chosen():
    # It was -27 with an error of 19,483.
    x, chosen = utilities()
    chosen[chosen == 2] = 0
    constants = np.tile(np.eye(3)[:, 1:], (500, 1))
    with pytest.raises(ValueError, match=r"^the coefficient of feature 5 has no finite estimate"):
        ConditionalLogit().fit(sets(chosen), np.c_[x, constants])
    with refused(
        "the parameter of position 3 has no finite estimate, as some change of it makes choices "
        "more probable and none less: set l2 above 0"
    ):
        ConditionalLogit(position_effect=True).fit(sets(chosen), x)


def test_an_effect_of_order_beside_utilities_of_items():
    # It was 24 with converged_: what was shown first has always won.
    rng = np.random.default_rng(0)
    pairs = np.argsort(rng.random((200, 5)), axis=1)[:, :2].T
    first = np.ones(200, bool)
    for model in (BradleyTerry(position_effect=True), ChoiceMixture(l2=0, position_effect=True)):
        with refused(
            "the parameter of shown first has no finite estimate, as some change of it makes "
            "choices more probable and none less: set l2 or prior above 0"
        ):
            model.fit(Choices.from_pairs(*pairs, first=first))
        assert not hasattr(model, "coef_")
    assert (
        BradleyTerry(position_effect=True, prior=1.0)
        .fit(Choices.from_pairs(*pairs, first=first))
        .converged_
    )
    first[:3] = False
    assert (
        BradleyTerry(position_effect=True).fit(Choices.from_pairs(*pairs, first=first)).converged_
    )


def test_a_combination_of_columns_that_separates():
    x, _ = utilities()
    chosen = (x @ [1.0, 2, -1, 0.3]).reshape(500, 3).argmax(axis=1)
    with pytest.raises(ValueError, match="feature 1, feature 2 and feature 3 have no finite"):
        ConditionalLogit(max_iter=200).fit(sets(chosen), x)


def test_more_columns_than_comparisons():
    x, chosen = utilities(n=20, d=64)
    with refused(
        "64 coefficients are not determined by choices that compare only 40 times what was chosen "
        "with something else: set l2 above 0, or use fewer columns"
    ):
        ConditionalLogit().fit(sets(chosen), x)
    assert ConditionalLogit(l2=1.0).fit(sets(chosen), x).converged_


def test_separation_within_a_class_is_told_once():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3600, 2))
    person = np.repeat(np.arange(60), 20)
    odd = person % 3 == 0
    value = np.where(odd[:, None], x[:, 0].reshape(-1, 3) * 1e3, 2 * x[:, 1].reshape(-1, 3))
    chosen = (value + rng.gumbel(size=value.shape)).argmax(axis=1)
    choices = sets(chosen, annotator=person)
    with pytest.warns(UndeterminedWarning) as caught:
        model = ChoiceMixture(2, l2=0, n_init=2, random_state=0).fit(choices, x)
    assert len([w for w in caught if w.category is UndeterminedWarning]) == 1
    assert "feature 0" in str(caught[0].message)
    assert "no finite estimate in class 1, as" in str(caught[0].message)
    assert caught[0].filename == __file__
    np.testing.assert_allclose(model.weights_, [2 / 3, 1 / 3], atol=0.02)


def rows(choices, x, ties, *, position_effect):
    """Write what each judgement says as rows that a direction must not turn below 0."""
    found, even = [], []
    d = x.shape[1] + position_effect * (1 if choices.layout == "pairs" else 2)

    def entry(s, at):
        z = np.zeros(d + (ties != "half"))
        z[: x.shape[1]] = x[choices.items[choices.offsets[s] + at]]
        if position_effect:
            place = int(choices.first[s]) ^ (at != 0) if choices.first is not None else at
            if place:
                z[x.shape[1] + place - 1] = 1
        return z

    for s, size in enumerate(np.diff(choices.offsets)):
        tied = choices.tied is not None and choices.tied[s]
        best = 0 if choices.chosen is None else choices.chosen[s]
        for other in set(range(size)) - {best}:
            z, tie = entry(s, best) - entry(s, other), np.eye(d + 1)[-1]
            if ties == "half":
                (even if tied else found).append(z)
            elif ties == "davidson":
                found += [tie + z / 2, tie - z / 2] if tied else [z, z / 2 - tie]
            else:
                found += [tie + z, tie - z] if tied else [z - tie]
    shape = (-1, d + (ties != "half"))
    return np.reshape(found, shape), np.reshape(even, shape)


def verdict(model, choices, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            model.fit(choices, x)
        except ValueError as error:
            return str(error)
    return "determined"


FORMS = [("sets", "half"), ("pairs", "half"), ("pairs", "davidson"), ("pairs", "rao_kupper")]


@pytest.mark.parametrize("position_effect", [False, True])
@pytest.mark.parametrize(("layout", "ties"), FORMS)
@pytest.mark.parametrize("part", range(4))
def test_what_is_refused_is_what_a_linear_program_says(layout, ties, position_effect, part):
    linprog = pytest.importorskip("scipy.optimize").linprog
    outcomes = set()
    for seed in range(25 * part, 25 * part + 25):
        rng = np.random.default_rng(seed)
        n, d = int(rng.integers(8, 40)), int(rng.integers(1, 4))
        x = rng.integers(-2, 3, (12, d)).astype(float)
        members = np.argsort(rng.random((n, 12)), axis=1)[:, : 3 if layout == "sets" else 2]
        noisy = x[members] @ rng.standard_normal(d) * 2 + rng.gumbel(size=members.shape)
        if layout == "sets":
            choices = sets(noisy.argmax(axis=1), members.ravel())
        else:
            order = np.argsort(-noisy, axis=1)
            pairs = np.take_along_axis(members, order, axis=1).T
            tie = np.abs(noisy[:, 0] - noisy[:, 1]) < 1.0
            if ties != "half" and len(set(tie.tolist())) == 1:
                continue
            choices = Choices.from_pairs(*pairs, tie=tie, first=order[:, 0] == 0)
            assert choices.n_items <= 12
        high, even = rows(choices, x, ties, position_effect=position_effect)
        every = np.concatenate([high, even])
        rank = np.linalg.matrix_rank(every)
        expected = "determined"
        if rank < every.shape[1]:
            expected = "not determined"
        elif len(high):
            best = linprog(
                -high.sum(axis=0),
                A_ub=-high,
                b_ub=np.zeros(len(high)),
                A_eq=even if len(even) else None,
                b_eq=np.zeros(len(even)) if len(even) else None,
                bounds=(-1, 1),
            )
            expected = "no finite estimate" if best.fun < -1e-7 else "determined"
        outcomes.add(expected)
        model = ConditionalLogit(ties=ties, position_effect=position_effect)
        assert expected in verdict(model, choices, x), seed
    assert "determined" in outcomes
