"""Features of 16 bits: the same answers as of the float32 numbers that they are, without a copy."""

from __future__ import annotations

import tracemalloc

import ml_dtypes
import numpy as np
import pytest

from prefmath import Choices
from prefmath._validate import as_features
from prefmath.models import (
    ChoiceMixture,
    ConditionalLogit,
    bootstrap,
    disagreement,
    select_components,
)

NARROW = [np.float16, ml_dtypes.bfloat16]
N_ITEMS, D = 150, 5


def draw(rng, utilities, size):
    """Draw sets of items, the best of each first."""
    sets = np.array([rng.choice(len(utilities), size, replace=False) for _ in range(900)])
    noisy = utilities[sets] + rng.gumbel(size=sets.shape)
    return np.take_along_axis(sets, np.argsort(-noisy, axis=1), axis=1)


def judged(kind):
    """Return choices by 30 people of two tastes, and the features of the items in float64."""
    rng = np.random.default_rng(3)
    features = rng.standard_normal((N_ITEMS, D)) * [1, 10, 0.1, 1, 1]
    tastes = rng.standard_normal((2, D)) / [1, 10, 0.1, 1, 1]
    person = np.repeat(np.arange(30), 30)
    halves = [draw(rng, features @ taste, 4 if kind != "pairs" else 2) for taste in tastes]
    ordered = np.where((person % 2 == 0)[:, None], halves[0], halves[1])
    if kind == "pairs":
        tied = rng.random(len(ordered)) < 0.2
        first = rng.random(len(ordered)) < 0.5
        pairs = Choices.from_pairs(*ordered.T, tie=tied, first=first, annotator=person)
        return pairs, features
    offsets = np.arange(0, ordered.size + 1, 4)
    if kind == "rankings":
        return Choices.from_rankings(offsets, ordered.ravel(), annotator=person), features
    chosen = rng.integers(4, size=len(ordered)).astype(np.int32)
    shown = ordered.copy()
    rows = np.arange(len(shown))
    shown[rows, chosen], shown[:, 0] = ordered[:, 0], ordered[rows, chosen]
    return Choices.from_choice_sets(offsets, shown.ravel(), chosen, annotator=person), features


def narrow_and_wide(features, dtype):
    narrow = features.astype(dtype)
    return narrow, narrow.astype(np.float32)


MODELS = {
    "choices": lambda: ConditionalLogit(l2=0.1),
    "pairs": lambda: ConditionalLogit(ties="davidson", position_effect=True),
    "rankings": lambda: ChoiceMixture(2, n_init=2, random_state=0),
}


def close(one, two):
    np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("kind", MODELS)
def test_answers_are_those_of_the_same_numbers_in_float32(kind, dtype):
    choices, features = judged(kind)
    narrow, wide = narrow_and_wide(features, dtype)
    one, two = (MODELS[kind]().fit(choices, x) for x in (narrow, wide))
    close(one.coef_, two.coef_)
    close(one.log_likelihood_, two.log_likelihood_)
    close(one.predict_proba(choices, narrow), two.predict_proba(choices, wide))
    close(one.score(choices, narrow), two.score(choices, wide))
    errors = [m.uncertainty(choices, x) for m, x in ((one, narrow), (two, wide))]
    close(errors[0].covariance, errors[1].covariance)
    assert str(errors[0]) == str(errors[1])


@pytest.mark.parametrize("dtype", NARROW)
def test_what_follows_from_a_mixture_is_the_same(dtype):
    choices, features = judged("choices")
    narrow, wide = narrow_and_wide(features, dtype)
    one, two = (ChoiceMixture(2, n_init=2, random_state=0).fit(choices, x) for x in (narrow, wide))
    close(one.coef_, two.coef_)
    close(one.adapt(choices, narrow), two.adapt(choices, wide))
    close(disagreement(one, narrow).variance, disagreement(two, wide).variance)
    resampled = [
        bootstrap(m, choices, x, n_resamples=3, random_state=0)
        for m, x in ((one, narrow), (two, wide))
    ]
    close(resampled[0].params, resampled[1].params)
    chosen = [select_components(choices, x, [1, 2], random_state=0) for x in (narrow, wide)]
    close(chosen[0].model.log_likelihood_, chosen[1].model.log_likelihood_)


@pytest.mark.parametrize("dtype", NARROW)
def test_no_copy_is_made(dtype):
    rng = np.random.default_rng(0)
    n, d = 80_000, 128
    features = rng.standard_normal((n, d), np.float32).astype(dtype)
    assert as_features(features) is features
    choices = Choices.from_choice_sets(
        np.arange(0, n + 1, 4),
        np.arange(n),
        rng.integers(4, size=n // 4),
        annotator=np.arange(n // 4) // 20,
    )
    model = ConditionalLogit(l2=1.0).fit(choices, features)
    tracemalloc.start()
    model.score(choices, features)
    model.predict_proba(choices, features)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < features.nbytes / 2


def test_a_tensor_of_bfloat16_is_read_as_it_is():
    torch = pytest.importorskip("torch")
    choices, features = judged("choices")
    tensor = torch.from_numpy(features).to(torch.bfloat16)
    one = ConditionalLogit(l2=0.1).fit(choices, tensor)
    two = ConditionalLogit(l2=0.1).fit(choices, tensor.float().numpy())
    close(one.coef_, two.coef_)
    assert np.shares_memory(as_features(tensor).view(np.int16), tensor.view(torch.int16).numpy())


@pytest.mark.parametrize("dtype", NARROW)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(dtype, value):
    choices, features = judged("choices")
    narrow = features.astype(dtype)
    narrow[7, 3] = value
    message = rf"features must be finite: features\[7, 3\] is {value}"
    with pytest.raises(ValueError, match=message):
        ConditionalLogit().fit(choices, narrow)


@pytest.mark.parametrize("dtype", NARROW)
def test_the_largest_and_the_smallest_numbers_are_finite(dtype):
    info = ml_dtypes.finfo(dtype)
    x = np.array([[info.max, info.min], [info.tiny, info.smallest_subnormal]], dtype)
    assert as_features(x) is x


@pytest.mark.parametrize("dtype", NARROW)
def test_constant_columns_are_refused_alike(dtype):
    choices, features = judged("choices")
    features[:, 2] = 1
    messages = []
    for x in narrow_and_wide(features, dtype):
        with pytest.raises(ValueError, match="feature 2 is the same") as refused:
            ConditionalLogit().fit(choices, x)
        messages.append(str(refused.value))
    assert messages[0] == messages[1]
