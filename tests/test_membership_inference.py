"""Errors of membership, its bootstrap, its saved models, and what covariates tell for certain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from membership_world import negative_objective, world
from prefmath.models import ChoiceMixture, bootstrap
from prefmath.models._determined.choice_warnings import UndeterminedWarning
from prefmath.models._inference.uncertain import point_of
from prefmath.models._likelihood.information_by_differences import information_by_differences

NAMES = ["age", "female"]


def fitted(layout="pairs", seed=0, n_classes=2, **changed):
    drawn = world(layout, seed, n_classes=n_classes)
    frame = pd.DataFrame(drawn.covariates, columns=NAMES)
    options = {"random_state": 0, "n_init": 3, "l2": 0.1, "tol": 1e-11, **changed}
    model = ChoiceMixture(n_classes, **options).fit(drawn.choices, drawn.features, membership=frame)
    return model, drawn, frame


def hessian_of(drawn, model, n_classes):
    """Second differences of the objective, written out."""
    at = np.append(model.coef_.ravel(), model.membership_.coef[1:].ravel())
    n, step = len(at), 1e-4
    given = drawn, drawn.covariates, n_classes, model.l2, model._spreads
    hessian = np.empty((n, n))
    for i, j in np.ndindex(n, n):
        ends = [
            side * other * negative_objective(at + step * (side * e_i + other * e_j), *given)
            for e_i, e_j in [(np.eye(n)[i], np.eye(n)[j])]
            for side in (1, -1)
            for other in (1, -1)
        ]
        hessian[i, j] = sum(ends) / (4 * step**2)
    return hessian


@pytest.mark.parametrize(("layout", "n_classes"), [("pairs", 2), ("rankings", 3)])
def test_errors_are_those_of_the_inverse_hessian(layout, n_classes):
    model, drawn, frame = fitted(layout, 1, n_classes)
    found = model.uncertainty(drawn.choices, drawn.features, membership=frame, robust=False)
    inverse = np.linalg.inv(hessian_of(drawn, model, n_classes))
    n = model.coef_.size
    errors = np.sqrt(inverse.diagonal())
    np.testing.assert_allclose(found.coef_se.ravel(), errors[:n], rtol=1e-4)
    told = found.membership
    np.testing.assert_allclose(told.coef_se[1:].ravel(), errors[n:], rtol=1e-4)
    np.testing.assert_allclose(told.covariance, inverse[n:, n:], rtol=1e-3, atol=1e-6)
    assert told.coef_se[0].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(told.coef, model.membership_.coef)
    low, high = np.moveaxis(told.interval(0.9), -1, 0)
    np.testing.assert_allclose(
        (high - low) / told.coef_se.clip(1e-12), 3.289707253902945 * (told.coef_se > 0)
    )
    np.testing.assert_allclose(told.effects.sum(axis=0), 0, atol=1e-12)
    if n_classes == 2:
        # The two shares add up to 1, and so do their effects.
        np.testing.assert_allclose(told.effects_se[0], told.effects_se[1], rtol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_information_is_that_of_differences(n_classes):
    model, drawn, frame = fitted("choice_sets", 2, n_classes)
    fit = model._fitted().among(frame)
    point = point_of(fit, drawn.choices, drawn.features)
    formula = point.problem.information(point.state, outer=True)
    differences = information_by_differences(point.problem, point.state, None)
    scale = np.abs(differences.observed).max()
    np.testing.assert_allclose(formula.observed, differences.observed, atol=1e-6 * scale)
    # The scores of units: the gradients of each alone.
    rows = []
    for who in range(60):
        alone = drawn.choices.take(np.arange(10) + 10 * who)
        one = point_of_one(fit, alone, drawn.features, frame.iloc[[who]])
        rows.append(one)
    scores = np.array(rows)
    scores -= scores.mean(axis=0)
    np.testing.assert_allclose(formula.outer, scores.T @ scores, atol=1e-5 * scale)


def point_of_one(fit, choices, features, frame):
    """Gradient of the log-likelihood of one annotator, without the penalty."""
    from dataclasses import replace

    from prefmath.models._likelihood.penalty.l2 import L2

    alone = replace(
        fit, membership=frame.reset_index(drop=True), penalty=L2(0.0), latent=np.ones((1, 2))
    )
    point = point_of(alone, choices, features)
    return point.problem.gradient(point.state)


def test_resamples_are_of_annotators_with_their_covariates():
    model, drawn, frame = fitted("choice_sets", 3, tol=1e-7)
    found = bootstrap(
        model, drawn.choices, drawn.features, membership=frame, n_resamples=40, random_state=0
    )
    told = found.membership
    assert told.names == ("intercept", *NAMES)
    assert told.coef.shape == (40, 2, 3)
    np.testing.assert_array_equal(told.estimate, model.membership_.coef)
    assert (told.coef[:, 0] == 0).all()
    # A refit to those drawn, written out.
    rng = np.random.default_rng(np.random.default_rng(0).integers(1 << 63, size=40)[0])
    who = np.repeat(np.arange(60), rng.multinomial(60, np.full(60, 1 / 60)))
    from prefmath import Choices

    rows = (who[:, None] * 10 + np.arange(10)).ravel()
    items = drawn.choices.items.reshape(600, 3)[rows].ravel()
    again = Choices.from_choice_sets(
        np.arange(0, len(items) + 1, 3),
        items,
        np.zeros(len(rows), np.int64),
        annotator=np.repeat(np.arange(60), 10),
    )
    resampled = drawn.covariates[who]
    refit = ChoiceMixture(2, random_state=0, n_init=3, l2=0.1, tol=1e-9)
    refit.fit(again, drawn.features, membership=resampled)
    both = np.array([refit.membership_.coef[1], -refit.membership_.coef[1]])
    apart = np.abs(both - told.coef[0, 1]).max(axis=1).min()
    assert apart < 0.02
    ends = told.interval()
    assert (ends[..., 0] <= ends[..., 1]).all()
    assert "intercept" in repr(told)


def test_a_saved_model_is_the_model(tmp_path):
    model, drawn, frame = fitted()
    frame_of_new = pd.DataFrame({"female": [0.0, 1.0], "age": [0.5, -3.0]})
    path = tmp_path / "model.npz"
    model.save(path)
    loaded = ChoiceMixture.load(path)
    assert repr(loaded) == repr(model)
    np.testing.assert_array_equal(
        loaded.membership_proba(frame_of_new), model.membership_proba(frame_of_new)
    )
    x = drawn.features
    assert loaded.score(drawn.choices, x) == model.score(drawn.choices, x)
    assert repr(loaded.uncertainty(drawn.choices, x, membership=frame)) == repr(
        model.uncertainty(drawn.choices, x, membership=frame)
    )
    with np.load(path) as archive:
        members = dict(archive)
    for name in [name for name in members if name.startswith("_membership")]:
        broken = {**members, name: members[name][:, :-1]}
        np.savez(path, **broken)
        with pytest.raises(ValueError, match=r"_membership_[a-z]+ must have shape"):
            ChoiceMixture.load(path)
        np.savez(path, **{key: value for key, value in members.items() if key != name})
        with pytest.raises(ValueError, match=f"{name} is missing"):
            ChoiceMixture.load(path)


def certain(seed=0, *, all_of_them=False):
    """Return a world in which all of a kind are of one class, and the kind may be the class."""
    drawn = world("choice_sets", seed, n_each=25)
    model = ChoiceMixture(2, random_state=0, l2=0.1).fit(drawn.choices, drawn.features)
    of_kind = model.responsibilities_.argmax(axis=1) == 0
    if not all_of_them:
        of_kind &= np.random.default_rng(seed).random(60) < 0.5
    return drawn, pd.DataFrame({"farmer": of_kind * 1.0, "age": drawn.covariates[:, 0]})


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_what_covariates_tell_for_certain_is_no_number(unit):
    drawn, frame = certain()
    frame["farmer"] *= unit
    model = ChoiceMixture(2, random_state=0, l2=0.1)
    with pytest.warns(UndeterminedWarning, match="coefficient of membership in class 1 runs away"):
        model.fit(drawn.choices, drawn.features, membership=frame)
    told = model.membership_
    chances = model.membership_proba(frame)[frame["farmer"] > 0]
    side = 1 if chances[0, 1] > 0.5 else -1
    assert chances.max(axis=1).min() > 0.999
    assert told.coef[1, 1] == side * np.inf
    assert np.isfinite(told.coef[1, [0, 2]]).all()
    assert np.isinf(told.effects[:, 0]).all()
    assert np.isfinite(told.effects[:, 1]).all()
    assert "∞" in repr(told)
    found = model.uncertainty(drawn.choices, drawn.features, membership=frame)
    errors = found.membership
    assert errors.coef_se[1, 1] == np.inf
    assert errors.marks[1].tolist() == ["few units", "not finite", "few units"] or (
        errors.marks[1].tolist() == ["", "not finite", ""]
    )
    assert np.isfinite(errors.coef_se[1, [0, 2]]).all()
    assert (errors.coef_se[1, [0, 2]] < 1).all()
    assert np.isfinite(found.coef_se).all()
    assert not np.isnan(errors.interval()).any()
    assert not np.isnan(errors.effects_interval()).any()
    assert "∞" in repr(found)
    summary = model.summary(drawn.choices, drawn.features, membership=frame)
    assert "membership: age" in summary.to_text()
    # Of the others alone it is the same model.
    others = np.flatnonzero(frame["farmer"] == 0)
    rows = (others[:, None] * 25 + np.arange(25)).ravel()
    rest = ChoiceMixture(2, random_state=0, l2=0.1)
    rest.fit(drawn.choices.take(rows), drawn.features, membership=frame.loc[others, ["age"]])
    close = np.abs(np.abs(rest.membership_.coef[1, 1]) - np.abs(told.coef[1, 2]))
    assert close < 0.1


def test_where_a_covariate_is_the_class_nothing_of_it_is_known():
    drawn, frame = certain(all_of_them=True)
    model = ChoiceMixture(2, random_state=0, l2=0.1)
    with pytest.warns(UndeterminedWarning, match="'intercept' to .* infinity, 'farmer' to"):
        model.fit(drawn.choices, drawn.features, membership=frame)
    assert np.isinf(model.membership_.coef[1, :2]).all()
    found = model.uncertainty(drawn.choices, drawn.features, membership=frame)
    assert np.isinf(found.membership.coef_se[1, :2]).all()
    assert np.isfinite(found.coef_se).all()


def test_what_is_not_certain_is_a_number():
    drawn, frame = certain()
    frame["farmer"] = np.where(np.arange(60) % 3, frame["farmer"], 1.0 - frame["farmer"])
    model = ChoiceMixture(2, random_state=0, l2=0.1)
    model.fit(drawn.choices, drawn.features, membership=frame)
    assert np.isfinite(model.membership_.coef).all()


def test_few_people_of_a_class_are_marked():
    model, drawn, frame = fitted("choice_sets", 3)
    found = model.uncertainty(drawn.choices, drawn.features, membership=frame).membership
    behind = model.responsibilities_.sum(axis=0)
    assert (found.marks[1] == "few units").all() == (behind.min() < 19)
    plain = model.uncertainty(
        drawn.choices, drawn.features, membership=frame, robust=False
    ).membership
    assert (plain.marks == "").all()


def test_what_is_printed():
    model, drawn, frame = fitted()
    lines = repr(model).splitlines()
    assert lines[1] == "Membership(coefficients of a logit, relative to class 0)"
    assert [line.split()[0] for line in lines[3:]] == ["share", "intercept", *NAMES]
    summary = model.summary(drawn.choices, drawn.features, membership=frame)
    assert "membership: female" in repr(summary)
    assert (summary.to_frame()["kind"] == "membership").sum() == 3
    found = repr(model.uncertainty(drawn.choices, drawn.features, membership=frame))
    assert "marginal effects on shares" in found
