"""Fits and selections on real data reach what others have published or what SciPy finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_expit, softmax

from prefmath import Choices, select, select_batch, similarity_matrix
from prefmath.models import BradleyTerry, ChoiceMixture, PlackettLuce

ATTRIBUTES = ["pf", "cl", "loc", "wk", "tod", "seas"]


def table(data_dir, name):
    path = data_dir / name
    if not path.is_file():
        pytest.skip(f"no real data at {path}")
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


@pytest.fixture(scope="module")
def electricity(data_dir):
    return table(data_dir, "electricity/electricity.csv.gz")


def suppliers(rows):
    """Return choices among four suppliers, one row of the features each."""
    n = len(rows) // 4
    choices = Choices.from_choice_sets(
        np.arange(0, 4 * n + 1, 4),
        np.arange(4 * n),
        rows["choice"].to_numpy().reshape(n, 4).argmax(axis=1),
        annotator=rows["id"].to_numpy()[::4],
    )
    return choices, rows[ATTRIBUTES].to_numpy(np.float64)


@pytest.mark.parametrize(
    ("last_id", "log_likelihood", "coef"),
    [
        (361, -4958.6491, [-0.62523, -0.1083, 1.44224, 0.9955, -5.46276, -5.84003]),
        (100, -1356.3867, [-0.63549, -0.13964, 1.43058, 1.05454, -5.69895, -5.89994]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_conditional_logit_of_electricity(electricity, last_id, log_likelihood, coef, dtype):
    choices, features = suppliers(electricity[electricity["id"] <= last_id])
    model = ChoiceMixture(l2=0, tol=1e-9).fit(choices, features.astype(dtype))
    if dtype == np.float64:
        assert round(model.log_likelihood_, 4) == log_likelihood
        np.testing.assert_allclose(model.coef_, [coef], atol=1e-5)
    else:  # prices such as 0.1 are others in float32
        assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=1e-3)


def test_electricity_as_a_frame(electricity):
    choices = Choices.from_frame(
        electricity, layout="choice_sets", choice_set="chid", chosen="choice", annotator="id"
    )
    assert repr(choices) == "Choices(4,308 choices among 4 by 361 annotators over 17,232 items)"
    model = ChoiceMixture(l2=0).fit(choices, electricity[ATTRIBUTES].to_numpy())
    assert round(model.log_likelihood_, 4) == -4958.6491
    predicted = model.predict(choices, electricity[ATTRIBUTES].to_numpy())
    assert (predicted == choices.restore(choices.chosen)).mean() > 0.45


def test_classes_of_electricity_customers(electricity):
    choices, features = suppliers(electricity)
    before = -4958.6491
    for n_components in (2, 3):
        model = ChoiceMixture(n_components, l2=0, n_init=2, tol=1e-3, random_state=0)
        model.fit(choices, features)
        assert (np.diff(model.lower_bounds_) >= 0).all()
        assert model.log_likelihood_ > before + 100
        assert model.score(choices, features) * len(choices) == pytest.approx(
            model.log_likelihood_, rel=1e-9
        )
        before = model.log_likelihood_


def german_rankings(data_dir):
    rows = table(data_dir, "german/german.csv.gz")
    orders = rows[["rank_1", "rank_2", "rank_3", "rank_4"]].to_numpy() - 1
    people = np.repeat(orders, rows["count"], axis=0)
    n = len(people)
    return Choices.from_rankings(np.arange(0, 4 * n + 1, 4), people.ravel(), annotator=np.arange(n))


def test_plackett_luce_of_german_goals(data_dir):
    rankings = german_rankings(data_dir)
    assert len(rankings) == 2262
    model = ChoiceMixture(l2=0).fit(rankings)
    assert round(model.log_likelihood_, 4) == -6427.0497
    np.testing.assert_allclose(softmax(model.coef_[0]), [0.3552, 0.1368, 0.3972, 0.1108], atol=6e-5)


def test_estimators_of_german_goals(data_dir):
    rankings = german_rankings(data_dir)
    model = PlackettLuce().fit(rankings)
    assert round(model.log_likelihood_, 4) == -6427.0497
    np.testing.assert_allclose(
        softmax(model.utilities_), [0.3552, 0.1368, 0.3972, 0.1108], atol=6e-5
    )
    drawn = model.sample(rankings, random_state=0)
    assert PlackettLuce().fit(drawn).utilities_ == pytest.approx(model.utilities_, abs=0.1)


def test_two_classes_of_german_goals(data_dir):
    model = ChoiceMixture(2, l2=0, random_state=0).fit(german_rankings(data_dir))
    assert (np.diff(model.lower_bounds_) >= 0).all()
    assert round(model.log_likelihood_, 4) == -6311.6859
    np.testing.assert_allclose(model.weights_, [0.7939, 0.2061], atol=6e-5)
    support = [[0.4448, 0.0786, 0.4129, 0.0637], [0.1108, 0.4101, 0.2143, 0.2648]]
    np.testing.assert_allclose(softmax(model.coef_, axis=1), support, atol=6e-5)


@pytest.mark.parametrize("annotator", ["each", "rank_1", None])
def test_counted_german_goals(data_dir, annotator):
    rows = table(data_dir, "german/german.csv.gz")
    ranks = ["rank_1", "rank_2", "rank_3", "rank_4"]
    columns = {"items": ranks, "count": "count", "item_ids": [1, 2, 3, 4]}
    if annotator == "rank_1":
        rows["label"] = [f"ordering {row}" for row in range(len(rows))]
        annotator = "label"
    choices = Choices.from_frame(rows, "rankings", **columns, annotator=annotator)
    one = PlackettLuce().fit(choices)
    assert round(one.log_likelihood_, 4) == -6427.0497
    written = german_rankings(data_dir)
    plain = PlackettLuce().fit(written)
    for robust in (True, False):
        np.testing.assert_allclose(
            one.uncertainty(choices, robust=robust).covariance,
            plain.uncertainty(written, robust=robust).covariance,
            rtol=1e-6,
        )
    if annotator is None:
        return
    assert repr(choices) == (
        "Choices(24 rankings of 4 by 2,262 annotators (24 distinct) over 4 items)"
    )
    two = ChoiceMixture(2, l2=0, random_state=0).fit(choices)
    assert round(two.log_likelihood_, 4) == -6311.6859
    np.testing.assert_allclose(two.weights_, [0.7939, 0.2061], atol=6e-5)
    assert two.bic(choices) == pytest.approx(2 * 6311.6859 + 7 * np.log(2262), abs=1e-3)
    of_written = ChoiceMixture(2, l2=0, random_state=0).fit(written).uncertainty(written)
    found = two.uncertainty(choices)
    np.testing.assert_allclose(found.covariance, of_written.covariance, rtol=1e-3, atol=1e-7)


def crowd_pairs(data_dir):
    rows = table(data_dir, "llmfao/comparisons_crowd.csv.gz")
    right = (rows["winner"] == "right").to_numpy()
    left_model, right_model = rows["model_x"].to_numpy(), rows["model_y"].to_numpy()
    item_ids = np.unique([left_model, right_model])
    return Choices.from_pairs(
        np.where(right, right_model, left_model),
        np.where(right, left_model, right_model),
        tie=rows["winner"] == "tie",
        first=~right,
        annotator=rows["worker"],
        item_ids=item_ids,
    )


def test_bradley_terry_of_language_models(data_dir):
    choices = crowd_pairs(data_dir)
    assert (
        repr(choices)
        == "Choices(8,931 pairs, 3,471 tied, in known order, by 124 annotators over 59 items)"
    )
    l2 = 0.5
    first, second = choices.items.reshape(-1, 2).T
    target = np.where(choices.tied, 0.5, 1.0)

    def objective(utility):
        margin = utility[first] - utility[second]
        value = target @ log_expit(margin) + (1 - target) @ log_expit(-margin)
        slope = target - expit(margin)
        gradient = np.bincount(first, slope, 59) - np.bincount(second, slope, 59)
        return l2 / 2 * utility @ utility - value, l2 * utility - gradient

    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000}
    best = minimize(objective, np.zeros(59), jac=True, method="L-BFGS-B", options=options)
    model = ChoiceMixture(l2=l2, tol=1e-10).fit(choices)
    np.testing.assert_allclose(model.coef_[0], best.x, atol=1e-6)
    assert model.lower_bound_ == pytest.approx(-best.fun, abs=1e-7)


def test_ties_of_crowd_workers_as_scipy_fits_them(data_dir):
    choices = crowd_pairs(data_dir)
    l2 = 0.5
    first, second = choices.items.reshape(-1, 2).T
    shown = np.where(choices.first, 1.0, -1.0)

    def objective(params):
        utility, order, log_nu = params[:59], params[59], params[60]
        margin = utility[first] - utility[second] + order * shown
        # Davidson (1970): exp(m / 2) : exp(-m / 2) : nu.
        logits = np.stack([margin / 2, -margin / 2, np.full(len(margin), log_nu)])
        log_sum = np.logaddexp.reduce(logits)
        value = np.where(choices.tied, logits[2], logits[0]) - log_sum
        p = np.exp(logits - log_sum)
        slope = np.where(choices.tied, 0, 0.5) - (p[0] - p[1]) / 2
        gradient = np.bincount(first, slope, 59) - np.bincount(second, slope, 59)
        rest = [slope @ shown, choices.tied.sum() - p[2].sum()]
        return l2 / 2 * params @ params - value.sum(), l2 * params - np.append(gradient, rest)

    options = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 10_000}
    best = minimize(objective, np.zeros(61), jac=True, method="L-BFGS-B", options=options)
    model = BradleyTerry(ties="davidson", position_effect=True, l2=l2, tol=1e-10).fit(choices)
    np.testing.assert_allclose(model.utilities_, best.x[:59], atol=1e-5)
    assert model.order_effect_ == pytest.approx(best.x[59], abs=1e-5)
    assert model.tie_ == pytest.approx(np.exp(best.x[60]), abs=1e-5)
    assert model.lower_bound_ == pytest.approx(-best.fun, abs=1e-7)
    # Ties as outcomes tell the models apart in the same order as half wins do, nearly.
    half = BradleyTerry(l2=l2).fit(choices)
    assert np.corrcoef(half.utilities_, model.utilities_)[0, 1] > 0.98


@pytest.mark.parametrize("ties", ["davidson", "rao_kupper"])
def test_classes_of_crowd_workers_who_call_ties(data_dir, ties):
    choices = crowd_pairs(data_dir)
    options = {"ties": ties, "l2": 0.5, "tol": 1e-3, "n_init": 3, "random_state": 0}
    one = ChoiceMixture(1, **options).fit(choices)
    two = ChoiceMixture(2, **options).fit(choices)
    assert (np.diff(two.lower_bounds_) >= 0).all()
    assert two.bic(choices) < one.bic(choices)
    # Workers differ in how readily they call a tie more than in anything else.
    assert two.tie_.max() > 2 * two.tie_.min()


def test_classes_of_crowd_workers(data_dir):
    choices = crowd_pairs(data_dir)
    one = ChoiceMixture(l2=0.5).fit(choices)
    two = ChoiceMixture(2, l2=0.5, n_init=3, tol=1e-3, random_state=0).fit(choices)
    assert (np.diff(two.lower_bounds_) >= 0).all()
    assert two.log_likelihood_ > one.log_likelihood_ + 50
    np.testing.assert_allclose(two.responsibilities_.sum(axis=1), 1, atol=1e-12)


@pytest.fixture(scope="module")
def responses(data_dir):
    """Return embeddings of responses, prompt after prompt, and where each prompt begins."""
    rows = table(data_dir, "llmfao/responses.parquet")
    embeddings = np.load(data_dir / "llmfao" / "embeddings.npy")
    order = np.argsort(rows["prompt"].to_numpy(), kind="stable")
    sizes = np.bincount(rows["prompt"])
    sizes = sizes[sizes > 0]
    return embeddings[order], np.append(0, np.cumsum(sizes))


def mean_cosine(x):
    similarity = similarity_matrix(x).astype(np.float64)
    n = len(x)
    return (similarity.sum() - n) / (n * (n - 1))


def test_selected_responses_are_less_alike(responses):
    embeddings, offsets = responses
    assert embeddings.dtype == np.float16
    assert len(offsets) - 1 == 19
    found = select_batch(embeddings, offsets, 4)
    of_chosen, of_all = [], []
    for pool, indices in enumerate(found.indices):
        assert len(set(indices.tolist())) == 4
        assert offsets[pool] <= indices.min() <= indices.max() < offsets[pool + 1]
        candidates = embeddings[offsets[pool] : offsets[pool + 1]]
        alone = select(candidates.astype(np.float32), 4)
        np.testing.assert_array_equal(alone.indices + offsets[pool], indices)
        # Over all candidates it is what four drawn at random have on average.
        of_all.append(mean_cosine(candidates))
        of_chosen.append(mean_cosine(embeddings[indices]))
    assert (np.array(of_chosen) < of_all).all()
    assert np.mean(of_chosen) < np.mean(of_all) / 2


def test_selected_responses_span_more_than_random_ones(responses):
    embeddings, offsets = responses
    rng = np.random.default_rng(0)
    found = select_batch(embeddings, offsets, 4)

    def log_volume(rows):
        x = embeddings[rows].astype(np.float64)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        return np.linalg.slogdet(x @ x.T)[1]

    for pool, indices in enumerate(found.indices):
        candidates = np.arange(offsets[pool], offsets[pool + 1])
        drawn = [log_volume(rng.choice(candidates, 4, replace=False)) for _ in range(200)]
        assert log_volume(indices) == pytest.approx(found.gains[pool].sum(), abs=1e-9)
        assert found.gains[pool].sum() > np.quantile(drawn, 0.95)
