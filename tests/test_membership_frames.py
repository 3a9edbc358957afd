"""What callers pass as membership: frames, mappings and arrays, matched by annotator; refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from membership_world import world
from prefmath import Choices
from prefmath.models import BradleyTerry, ChoiceMixture, ConditionalLogit, select_components

LABELS = {
    "str": [f"person {i:02}" for i in range(60)],
    "int": [7 * i + 3 for i in range(60)],
    "bytes": [b"p%02d" % i for i in range(60)],
}


def named(kind="str"):
    drawn = world("pairs")
    ids = np.array(LABELS[kind])
    return replace(drawn, choices=replace(drawn.choices, annotator_ids=ids)), ids


def model_of(drawn, membership, **changed):
    options = {"random_state": 0, "n_init": 2, "l2": 0.1, **changed}
    return ChoiceMixture(2, **options).fit(drawn.choices, drawn.features, membership=membership)


@pytest.mark.parametrize("kind", LABELS)
def test_rows_are_matched_by_annotator(kind):
    drawn, ids = named(kind)
    mixed = np.random.default_rng(1).permutation(60)
    columns = {"age": drawn.covariates[:, 0], "female": drawn.covariates[:, 1] > 0}
    expected = model_of(drawn, pd.DataFrame(columns)).membership_
    assert expected.names == ("intercept", "age", "female")
    shuffled = {name: column[mixed] for name, column in columns.items()}
    who = ids[mixed].tolist()
    frames = {
        "index": pd.DataFrame(shuffled, index=who),
        "column": pd.DataFrame({"annotator": who, **shuffled}),
        "polars": pl.DataFrame({"annotator_id": who, **shuffled}),
        "lazy": pl.DataFrame({"annotator_id": who, **shuffled}).lazy(),
        "arrow": pa.table({"annotator": who, **shuffled}),
        "mapping": {"annotator": who, **shuffled},
    }
    for name, frame in frames.items():
        found = model_of(drawn, frame).membership_
        assert found.names == expected.names, name
        np.testing.assert_array_equal(found.coef, expected.coef, err_msg=name)
    for in_order in (drawn.covariates, drawn.covariates.tolist(), drawn.covariates.astype("O")):
        found = model_of(drawn, in_order).membership_
        assert found.names == ("intercept", "covariate 0", "covariate 1")
        np.testing.assert_array_equal(found.coef, expected.coef)
    alone = model_of(drawn, pd.Series(columns["age"][mixed], index=who, name="age"))
    assert alone.membership_.names == ("intercept", "age")


def test_columns_are_matched_by_name_afterwards():
    drawn, ids = named()
    frame = pd.DataFrame(drawn.covariates, columns=["age", "female"])
    model = model_of(drawn, frame)
    expected = model.membership_proba(frame)
    np.testing.assert_array_equal(model.membership_proba(frame[["female", "age"]]), expected)
    np.testing.assert_array_equal(model.membership_proba(drawn.covariates), expected)
    with pytest.raises(ValueError, match="no column 'age', as it had in fit"):
        model.membership_proba(frame[["female"]])
    with pytest.raises(ValueError, match="a column 'x', which it had not in fit"):
        model.membership_proba(frame.assign(x=1.0))
    with pytest.raises(ValueError, match="must have 2 columns as in fit, not 3"):
        model.membership_proba(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"-1e.308 for 'age' in row 1, over 1e.12 standard dev"):
        model.membership_proba([[0.1, 1.0], [-1e308, 0.0]])
    assert ids is not None


def test_people_are_known_by_id_or_by_their_covariates():
    drawn, ids = named()
    frame = pd.DataFrame(drawn.covariates, columns=["age", "female"], index=ids)
    model = model_of(drawn, frame)
    x = drawn.features
    # Those of the fit need no covariates again.
    assert model.score(drawn.choices, x) * 600 == pytest.approx(model.log_likelihood_, rel=1e-9)
    known = model.responsibilities(drawn.choices, x)
    np.testing.assert_allclose(known, model.responsibilities_, atol=1e-6)
    one = Choices.from_pairs([0], [1], annotator=["someone"], item_ids=np.arange(6))
    for ask in (
        model.adapt,
        model.responsibilities,
        model.predict_proba,
        model.score,
        model.sample,
    ):
        with pytest.raises(ValueError, match="membership is missing: annotator 'someone' was not"):
            ask(one, x)
    like = pd.DataFrame({"age": [1.5], "female": [0.0]}, index=["someone"])
    prior = model.membership_proba(like)
    table = x @ model.coef_.T
    chance = 1 / (1 + np.exp(table[1] - table[0]))
    predicted = model.predict_proba(one, x, membership=like)
    assert predicted[0] == pytest.approx(float(prior[0] @ chance), abs=1e-12)
    after = prior[0] * chance / (prior[0] @ chance)
    np.testing.assert_allclose(model.adapt(one, x, membership=like)[0], after, rtol=1e-10)
    assert model.score(one, x, membership=like) == pytest.approx(np.log(prior[0] @ chance))
    assert model.pointwise(one, x, membership=like)[0] == pytest.approx(np.log(prior[0] @ chance))
    drawn_once = model.sample(one, x, membership=like, random_state=0)
    assert len(drawn_once) == 1
    with pytest.raises(ValueError, match="membership is missing: hand in that of fit"):
        model.uncertainty(drawn.choices, x)


def without(frame, who):
    return frame.drop(index=who)


ODD = {
    "a column without a number": (
        lambda f: f.assign(age=f["age"].where(f.index != "person 07")),
        "column 'age' of membership is missing for annotator 'person 07'",
    ),
    "an infinite number": (
        lambda f: f.assign(age=f["age"].where(f.index != "person 07", -np.inf)),
        "column 'age' of membership is -inf, and must be finite for annotator 'person 07'",
    ),
    "nobody's row": (
        lambda f: pd.concat([f, f.rename(lambda name: name + "!").iloc[:2]]),
        "has a row for annotator 'person 00!' .and 1 more., of whom choices have no judgement",
    ),
    "no row": (
        lambda f: without(f, ["person 03", "person 09"]),
        "no row for annotator 'person 03' .and 1 more.",
    ),
    "a row twice": (
        lambda f: pd.concat([f, f.iloc[5:6]]),
        "the index of membership must name each annotator once: 'person 05' stands in row 60 too",
    ),
    "other labels": (
        lambda f: f.set_axis(np.arange(1, 61)),
        "the index of membership holds integers, but annotators of choices are strings",
    ),
    "texts": (
        lambda f: f.assign(country=["fr", "it"] * 30),
        "must hold numbers, but column 'country' holds 'fr': make it columns of 0 and 1",
    ),
    "categories": (
        lambda f: f.assign(country=pd.Categorical(["fr", "it"] * 30)),
        "must hold numbers, but column 'country' holds 'fr'",
    ),
    "dates": (
        lambda f: f.assign(born=pd.Timestamp("2001-01-01")),
        "must hold numbers, but column 'born' holds",
    ),
    "a column that repeats two": (
        lambda f: f.assign(sum=2e5 * f["age"] - 3e5 * f["female"] + 1e4),
        "column 'sum' of membership is a combination of 'age' and 'female'",
    ),
    "two constants": (
        lambda f: f.assign(one=1.0, two=2.0),
        "column 'two' of membership is the same for every annotator, as 'one' is",
    ),
    "zeros": (
        lambda f: f.assign(none=0.0),
        "column 'none' of membership is 0 for every annotator",
    ),
    "no columns": (lambda f: f[[]], "must have a column for each covariate, and has none"),
    "no rows": (lambda f: f.iloc[:0], "membership has no rows"),
    "three axes": (
        lambda _: np.ones((3, 2, 2)),
        "one row an annotator and one column a covariate, not shape",
    ),
    "too few rows": (
        lambda f: f.to_numpy()[:7],
        "one row for each of 60 annotators in the order of choices.annotator_ids, not 7",
    ),
    "nothing of the kind": (lambda _: 3.5, "membership must have one row an annotator"),
    "masked": (
        lambda f: np.ma.masked_array(f.to_numpy(), mask=np.arange(120).reshape(60, 2) == 3),
        r"membership must not be missing: membership\[1, 1\] is masked",
    ),
}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_refused_is_named(odd):
    drawn, ids = named()
    frame = pd.DataFrame(drawn.covariates, columns=["age", "female"], index=ids)
    change, message = ODD[odd]
    with pytest.raises((ValueError, TypeError), match=message):
        model_of(drawn, change(frame))


def test_it_is_refused_where_it_has_no_place():
    drawn, ids = named()
    with pytest.raises(ValueError, match="membership needs hard=False"):
        model_of(drawn, drawn.covariates, hard=True)
    plain = ChoiceMixture(2, random_state=0, n_init=1).fit(drawn.choices, drawn.features)
    with pytest.raises(ValueError, match="membership must be left out: the model was fitted wi"):
        plain.score(drawn.choices, drawn.features, membership=drawn.covariates)
    with pytest.raises(ValueError, match="membership_proba needs a model that was fitted with"):
        plain.membership_proba(drawn.covariates)
    with pytest.raises(AttributeError, match="was fitted without membership"):
        _ = plain.membership_
    for other in (BradleyTerry(), ConditionalLogit()):
        given = () if isinstance(other, BradleyTerry) else (drawn.features,)
        fitted = other.fit(drawn.choices, *given)
        with pytest.raises(ValueError, match="membership must be left out"):
            fitted.score(drawn.choices, *given, membership=[[1.0]])
    nobody = Choices.from_pairs([0, 1], [1, 0])
    with pytest.raises(ValueError, match="names annotators, but choices name none"):
        ChoiceMixture().fit(nobody, membership=pd.DataFrame({"annotator": ["a"], "age": [1.0]}))
    assert ids is not None


def test_a_fit_without_forgets_and_a_warm_start_goes_on():
    drawn, ids = named()
    frame = pd.DataFrame(drawn.covariates, columns=["age", "female"], index=ids)
    model = model_of(drawn, frame, tol=1e-10)
    first = model.membership_
    model.set_params(warm_start=True)
    model.fit(drawn.choices, drawn.features, membership=frame[["female", "age"]])
    assert model.n_iter_ <= 3
    np.testing.assert_allclose(model.membership_.coef[1, 1:], first.coef[1, [2, 1]], 1e-4)
    model.fit(drawn.choices, drawn.features)
    assert not hasattr(model, "membership_")
    plain = model.log_likelihood_
    model.fit(drawn.choices, drawn.features, membership=frame)
    assert model.log_likelihood_ > plain
    np.testing.assert_allclose(model.membership_.coef, first.coef, atol=1e-3)


def test_components_are_compared_with_their_covariates():
    drawn, ids = named()
    frame = pd.DataFrame(drawn.covariates, columns=["age", "female"], index=ids)
    found = select_components(
        drawn.choices, drawn.features, [1, 2], membership=frame, n_folds=3, random_state=0
    )
    assert found.n_components == 2
    assert found.n_parameters.tolist() == [2, 7]
    assert found.model.membership_.names == ("intercept", "age", "female")
    plain = select_components(drawn.choices, drawn.features, [2], n_folds=3, random_state=0)
    assert found.log_likelihood[1] > plain.log_likelihood[0]


def test_what_all_share_may_differ_by_rounding():
    choices = Choices.from_pairs([0, 1, 0, 1] * 4, [1, 0, 1, 0] * 4, annotator=list("aabbccdd") * 2)
    shared = {"c": [0.1 + 0.2, 0.3, 0.3, 0.3]}
    model = ChoiceMixture(1).fit(choices, membership=shared)
    assert model.membership_proba(shared).tolist() == [[1.0]] * 4


def test_a_number_beyond_float64_is_named():
    choices = Choices.from_pairs([0, 1], [1, 0], annotator=["a", "b"])
    beyond = {"c": np.array([1, 10**400], object)}
    with pytest.raises(ValueError, match="column 'c' has 1000"):
        ChoiceMixture(1).fit(choices, membership=beyond)
