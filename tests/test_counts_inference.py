"""Resamples, parts left out, profiles and files of counted judgements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from counted import as_written, both
from prefmath.choices import Choices
from prefmath.choices.folds import folds_of
from prefmath.models import (
    BradleyTerry,
    ChoiceMixture,
    ConditionalLogit,
    bootstrap,
    class_profiles,
    disagreement,
    select_components,
)
from prefmath.models._inference import resampling

X = np.random.default_rng(5).standard_normal((4, 2))
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
# Written out, people of one judgement each have weights of their own.
pytestmark = pytest.mark.filterwarnings("ignore::prefmath.models.WeightWarning")


def fitted(n_components, data, features=None):
    model = ChoiceMixture(n_components, l2=0.1, tol=1e-12, max_iter=5000, random_state=0, n_init=4)
    return model.fit(data.counted, features)


def as_drawn(monkeypatch, draws):
    """Let a bootstrap take these draws, one after the other, instead of its own."""
    rest = list(draws)
    monkeypatch.setattr(resampling, "drawn_counts", lambda *_: rest.pop(0))


@pytest.mark.parametrize("features", [None, X], ids=["items", "features"])
@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize(
    ("layout", "who"),
    [("pairs", "named"), ("choice_sets", "named"), ("rankings", "named"), ("pairs", "nobody")],
)
def test_resamples_are_those_of_written_rows(monkeypatch, layout, who, n_components, features):
    if who == "nobody" and n_components > 1:
        pytest.skip("several classes want people")
    data = both(layout, who, weighted=True)
    model = fitted(n_components, data, features)
    same = as_written(model, data)
    rng, n = np.random.default_rng(3), int(data.count.sum())
    written = [rng.multinomial(n, np.full(n, 1 / n)).astype(float) for _ in range(3)]
    counted = [np.bincount(data.row, draw, len(data.count)) for draw in written]
    found = []
    for one, choices, draws in ((model, data.counted, counted), (same, data.written, written)):
        as_drawn(monkeypatch, draws)
        found.append(bootstrap(one, choices, features, n_resamples=3, n_threads=1))
    assert found[0].converged.all()
    np.testing.assert_allclose(found[0].params, found[1].params, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found[0].weights, found[1].weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found[0].marks, found[1].marks)
    np.testing.assert_array_equal(found[0].reference, found[1].reference)


def test_of_one_class_resamples_agree_to_nine_digits(monkeypatch):
    data = both("pairs", "nobody")
    model = BradleyTerry(l2=0.1, tol=1e-13).fit(data.counted)
    rng, n = np.random.default_rng(3), int(data.count.sum())
    written = [rng.multinomial(n, np.full(n, 1 / n)).astype(float) for _ in range(3)]
    counted = [np.bincount(data.row, draw, len(data.count)) for draw in written]
    found = []
    for choices, draws in ((data.counted, counted), (data.written, written)):
        as_drawn(monkeypatch, draws)
        found.append(bootstrap(model, choices, n_resamples=3, n_threads=1))
    np.testing.assert_allclose(found[0].params, found[1].params, **CLOSE)


def test_rows_are_drawn_as_often_as_they_count():
    base, rng = np.array([7.0, 3.0, 0.0, 40.0]), np.random.default_rng(0)
    draws = np.array([resampling.drawn_counts(base, rng) for _ in range(4000)])
    assert (draws.sum(axis=1) == 50).all()
    assert (draws[:, 2] == 0).all()
    expected = stats.binom.pmf(np.arange(51), 50, 7 / 50)
    seen = np.bincount(draws[:, 0].astype(int), minlength=51) / 4000
    assert np.abs(seen - expected).max() < 0.025


def test_of_fractions_the_sum_is_kept():
    base, rng = np.array([0.5, 1.25, 2.5]), np.random.default_rng(0)
    draws = np.array([resampling.drawn_counts(base, rng) for _ in range(4000)])
    np.testing.assert_allclose(draws.sum(axis=1), 4.25)
    np.testing.assert_allclose(draws.mean(axis=0), base, atol=0.05)
    np.testing.assert_array_equal(draws * 4 / 4.25 % 1, 0)


def test_the_bootstrap_of_seven_to_three_is_that_of_ten_pairs():
    choices = Choices.from_pairs(["a", "b"], ["b", "a"], count=[70, 30])
    model = ConditionalLogit(l2=1e-6).fit(choices, [[1.0], [0.0]])
    found = bootstrap(model, choices, [[1.0], [0.0]], n_resamples=400, random_state=0)
    assert found.coef_se[0, 0] == pytest.approx(np.sqrt(1 / 70 + 1 / 30), rel=0.12)


@pytest.mark.parametrize("who", ["named", "nobody"])
@pytest.mark.parametrize("fractions", [False, True])
def test_parts_left_out_are_all_people_once(who, fractions):
    counted = both("pairs", who).counted
    if fractions:
        counted = replace(counted, count=counted.count * 1.3)
    folds = [fold() for fold in folds_of(counted, 4, None, np.random.default_rng(0))]
    total = float(counted.count.sum())
    for kept, left_out in folds:
        assert kept.count.sum() + left_out.count.sum() == pytest.approx(total)
    assert sum(left_out.count.sum() for _, left_out in folds) == pytest.approx(total)
    people = [(out.annotator_counts if who == "named" else out.count).sum() for _, out in folds]
    of_all = counted.annotator_counts if who == "named" else counted.count
    assert np.ptp(people) <= (1 if not fractions else 12)
    assert sum(people) == pytest.approx(of_all.sum())


def test_parts_are_drawn_like_people():
    choices = Choices.from_pairs(["a", "b"], ["b", "a"], annotator=["x", "y"], count=[7, 3])
    rng = np.random.default_rng(0)
    seen = np.zeros(4)
    for _ in range(700):
        out = folds_of(choices, 2, None, rng)[0]()[1]
        counts = dict(zip(out.annotator_ids.tolist(), out.annotator_counts, strict=True))
        seen[int(counts.get("y", 0))] += 1
    expected = stats.hypergeom.pmf(np.arange(4), 10, 3, 5)
    np.testing.assert_allclose(seen / 700, expected, atol=0.06)


def test_numbers_of_classes_are_compared_by_people():
    data = both("rankings", "named")
    template = ChoiceMixture(l2=0.1, tol=1e-9, n_init=6)
    found = select_components(
        data.counted, components=[1, 2], estimator=template, random_state=0, n_folds=3
    )
    written = select_components(
        data.written, components=[1, 2], estimator=template, random_state=0, n_folds=3
    )
    for name in ("log_likelihood", "bic", "aic", "icl"):
        one, other = getattr(found, name), getattr(written, name)
        np.testing.assert_allclose(one, other, rtol=1e-4, err_msg=name)
    # Other people are left out, of as many.
    np.testing.assert_allclose(found.held_out, written.held_out, rtol=0.1)


def test_profiles_count_people():
    data = both("rankings", "named")
    model = fitted(2, data)
    age = np.where(np.arange(len(data.count)) % 3, "young", "old")
    found = class_profiles(model, {"age": age})
    expected = class_profiles(as_written(model, data), {"age": age[data.row]})
    for name in ("count", "population", "share", "interval", "lift", "class_share", "weights"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), **CLOSE)
    given = class_profiles(model.responsibilities_, {"age": age}, count=data.count)
    np.testing.assert_allclose(given.share, expected.share, **CLOSE)
    assert repr(given) == repr(found) == repr(expected)
    with pytest.raises(ValueError, match=r"^count must be left out: a model knows how often"):
        class_profiles(model, {"age": age}, count=data.count)


def test_disagreements_are_those_of_written_rows():
    data = both("rankings", "named")
    model = fitted(2, data)
    found = disagreement(model, uncertainty=model.uncertainty(data.counted))
    same = as_written(model, data)
    expected = disagreement(same, uncertainty=same.uncertainty(data.written))
    np.testing.assert_allclose(found.gap_se, expected.gap_se, **CLOSE)
    np.testing.assert_array_equal(found.items, expected.items)


def test_draws_are_of_people():
    data = both("rankings", "named")
    model = fitted(2, data)
    drawn = model.sample(data.counted, random_state=0)
    assert drawn.count is None
    assert drawn.n_annotators == data.count.sum()
    # Copies of one annotator do not all answer alike.
    assert ChoiceMixture(2, random_state=0).fit(drawn).log_likelihood_ < 0
    half = Choices.from_pairs(["a", "b"], ["b", "a"], annotator=["x", "y"], count=[1, 0.5])
    with pytest.raises(ValueError, match=r"^count must be whole to be written out: count"):
        BradleyTerry().fit(half).sample(half)


def test_counts_are_saved(tmp_path):
    data = both("pairs", "named")
    model = fitted(2, data)
    model.save(tmp_path / "model.npz")
    again = ChoiceMixture.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(again.annotator_counts_, data.count)
    expected = model.uncertainty(data.counted).covariance
    np.testing.assert_array_equal(again.uncertainty(data.counted).covariance, expected)
    again.annotator_counts_ = -data.count.astype(float)
    with pytest.raises(ValueError, match="annotator_counts_ must be at least 0"):
        again.save(tmp_path / "other.npz")


@pytest.mark.parametrize("annotator", [None, "each", ["x", "y"]])
def test_printed_errors_say_what_a_unit_is(annotator):
    choices = Choices.from_pairs(
        ["a", "b"], ["b", "a"], annotator=annotator, count=[70, 30], weight=[1.0, 1.0]
    )
    text = repr(BradleyTerry().fit(choices).uncertainty(choices))
    unit = "judgements" if annotator is None else "annotators"
    assert text.startswith(f"Uncertainty(robust standard errors from 100 {unit} (2 distinct);")
    assert text.endswith(
        "\na row of count c is c " + (unit if annotator is None else f"{unit} who answered alike")
    )


def test_several_classes_ask_for_people():
    ballots = Choices.from_rankings([0, 2, 4], list("abba"), count=[30, 20])
    with pytest.raises(ValueError, match='or annotator="each" if every judgement is that of anot'):
        ChoiceMixture(2).fit(ballots)
    named = Choices.from_rankings([0, 2, 4], list("abba"), annotator="each", count=[1.5, 1])
    with pytest.raises(ValueError, match=r"^n_components=3 exceeds the 2.5 annotators$"):
        ChoiceMixture(3).fit(named)


def test_more_classes_than_rows_but_not_than_people():
    ballots = Choices.from_rankings([0, 3, 6], list("abccba"), annotator="each", count=[30, 20])
    model = ChoiceMixture(3, random_state=0).fit(ballots)
    assert model.responsibilities_.shape == (2, 3)
    one = ChoiceMixture(random_state=0).fit(ballots)
    assert model.log_likelihood_ >= one.log_likelihood_


def test_parts_of_a_population_are_not_written_out():
    choices = Choices.from_pairs(["a", "b"], ["b", "a"], annotator="each", count=[7e14, 3e20])
    for kept, left_out in (fold() for fold in folds_of(choices, 2, None, np.random.default_rng(0))):
        total = kept.annotator_counts + left_out.annotator_counts
        np.testing.assert_allclose(total, [7e14, 3e20], rtol=1e-5)
        np.testing.assert_allclose(left_out.annotator_counts, total / 2, rtol=1e-3)
    draws = resampling.drawn_counts(choices.annotator_counts, np.random.default_rng(0))
    np.testing.assert_allclose(draws.sum(), 3e20 + 7e14)
