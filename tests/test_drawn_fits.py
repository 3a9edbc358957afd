"""Choices and fits drawn at random: a result without NaN or one sentence, in time.

PREFMATH_DRAWN_CALLS says how many calls are drawn of each function.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drawn_outcome import often, outcome
from drawn_values import SPECIAL, labels, matrices, mostly, numbers, seeds, seldom, values, whole
from prefmath import Choices, models

ESTIMATORS = ["ChoiceMixture", "BradleyTerry", "PlackettLuce", "ConditionalLogit"]
LAYOUTS = ["pairs", "choice_sets", "rankings"]


@st.composite
def weights(draw, n):
    """Draw what judgements count."""
    good = np.abs(draw(values((n,))))
    with np.errstate(all="ignore"):
        odd = [good * 1e308, good * 1e-308]
    odd += [[0.0] * n, [1e300] * n, [1e-312] * n, [-1.0] * n, ["a"] * n, [1.0], 2.0]
    return draw(mostly(st.just(np.where(np.isfinite(good), good, 1.0)), *odd))


@st.composite
def arguments(draw, layout):
    """Draw the arguments of a constructor of `Choices`."""
    n = draw(st.integers(0, 14))
    said = {
        "annotator": draw(seldom(st.one_of(labels(n, few=5), st.just("each")))),
        "weight": draw(seldom(weights(n))),
        "count": draw(seldom(weights(n))),
        "item_ids": draw(st.sampled_from([None] * 9 + [["tea", "milk", "a"], [3, 2, 1, 0], []])),
    }
    if layout == "pairs":
        said |= {"tie": draw(seldom(flags(n))), "first": draw(seldom(flags(n)))}
        return (draw(labels(n)), draw(labels(n))), said
    sizes = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    items = np.concatenate([draw(st.permutations(range(4)))[:size] for size in sizes] or [[]])
    named = draw(st.booleans())
    items = np.array(list("dbac"))[items.astype(int)] if named else items.astype(int)
    cuts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    cuts = draw(mostly(st.just(cuts), [], [0], [0.0, 2], cuts[::-1], None))
    within = [draw(mostly(st.integers(0, size - 1), size, -1)) for size in sizes]
    if layout == "choice_sets":
        return (cuts, items, draw(mostly(st.just(within), None, ["a"] * n, [0.5] * n))), said
    said["n_ranked"] = draw(seldom(st.just([at + 1 for at in within])))
    return (cuts, items), said


def flags(n):
    return st.lists(mostly(st.booleans(), 0, 1, None, "yes", 2, np.nan), min_size=n, max_size=n)


def make(layout, drawn):
    positional, named = drawn
    return getattr(Choices, f"from_{layout}")(*positional, **named)


@often
@given(st.data())
def test_choices(data):
    layout = data.draw(st.sampled_from(LAYOUTS))
    drawn = data.draw(arguments(layout))
    choices = outcome(lambda: make(layout, drawn))
    if choices is not None:
        outcome(choices.as_choice_sets)
        if choices.count is None or choices.count.sum() < 1e5:
            outcome(choices.written_out)
        rows = data.draw(mostly(st.lists(st.integers(0, 5), max_size=4), None, [0.5], "a", [-9]))
        outcome(lambda: choices.take(rows))


@st.composite
def choices_of(draw, layout):
    """Draw choices that can be made."""
    n, n_items = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    people = rng.integers(draw(st.integers(1, 12)), size=n) if draw(st.booleans()) else None
    weight = None
    if draw(st.integers(0, 3)) == 0:
        weight = rng.random(n) * draw(st.sampled_from([1.0, 1.0, 1e-12, 1e12, 1e-90, 1e90]))
    said = {"annotator": people, "weight": weight}
    if draw(st.integers(0, 3)) == 0:
        if people is None and draw(st.booleans()):
            said["annotator"] = "each"
        known = np.arange(n) if people is None else people
        far = [] if weight is not None else [1e-9, 1e12, 1e30]
        times = draw(st.sampled_from([1.0, 1.0, 0.37, *far]))
        said["count"] = rng.integers(0, 4, 40)[known] * times
        said["count"][known == known[0]] = times
        if weight is not None:
            said["weight"] = weight + weight.max() / 2
    orders = np.argsort(rng.random((n, n_items)) - 0.1 * np.arange(n_items), axis=1)
    if layout == "pairs":
        tie = rng.random(n) < 0.2 if draw(st.booleans()) else None
        first = rng.random(n) < 0.5 if draw(st.booleans()) else None
        return Choices.from_pairs(orders[:, 0], orders[:, 1], tie=tie, first=first, **said)
    size = min(n_items, draw(st.integers(1, 4)))
    cuts, items = np.arange(0, n * size + 1, size), orders[:, :size].ravel()
    if layout == "choice_sets":
        chosen = rng.integers(size, size=n)
        return Choices.from_choice_sets(cuts, items, chosen, **said)
    return Choices.from_rankings(cuts, items, **said)


@st.composite
def estimators(draw):
    """Draw an estimator, mostly with parameters that are allowed."""
    said = {
        "l2": draw(mostly(st.sampled_from([0.0, 1e-3, 1.0, 1e6]), *SPECIAL, "a", 10**400)),
        "tol": draw(mostly(st.sampled_from([1e-8, 1e-4, 0.0]), np.nan, -1, None)),
        "max_iter": draw(mostly(st.integers(1, 60), 0, 10**30, 1.5)),
    }
    name = draw(
        st.sampled_from(["ChoiceMixture", "BradleyTerry", "PlackettLuce", "ConditionalLogit"])
    )
    if name != "PlackettLuce":
        said["ties"] = draw(mostly(st.sampled_from(["half", "davidson", "rao_kupper"]), "no", None))
        said["position_effect"] = draw(st.booleans())
    if name in {"BradleyTerry", "PlackettLuce"}:
        said["prior"] = draw(mostly(st.sampled_from([0.0, 0.0, 0.5, 1e12]), -1, np.nan))
    if name == "ChoiceMixture":
        said |= {
            "n_components": draw(whole(1, 3)),
            "n_init": draw(mostly(st.integers(1, 3), 0, -1, 2**31, 10**30, 1.5, "2", None)),
            "random_state": draw(seeds()),
        }
    return getattr(models, name), said


@often
@given(st.data())
def test_fits(data):
    choices = data.draw(choices_of(data.draw(st.sampled_from(LAYOUTS))))
    kind, said = data.draw(estimators())
    features = data.draw(seldom(matrices(choices.n_items)))
    if kind is models.ConditionalLogit and features is None:
        features = data.draw(values((choices.n_items, 2)))
    arrays = () if features is None else (features,)
    if kind in {models.BradleyTerry, models.PlackettLuce}:
        arrays = ()
    model = outcome(lambda: kind(**said).fit(choices, *arrays))
    if model is None:
        return
    assert np.isfinite(model.log_likelihood_)
    for follow in (
        lambda: model.predict_proba(choices, *arrays),
        lambda: model.predict(choices, *arrays),
        lambda: model.score(choices, *arrays),
        lambda: model.bic(choices, *arrays),
        lambda: model.icl(choices, *arrays),
        lambda: model.adapt(choices, *arrays),
        lambda: model.sample(choices, *arrays, random_state=0),
    ):
        outcome(follow)
    found = outcome(lambda: model.uncertainty(choices, *arrays, robust=data.draw(st.booleans())))
    if found is not None:
        level = data.draw(numbers(0.5, 0.99))
        outcome(lambda: found.interval(level))
        outcome(lambda: found.ranks(level, n_draws=100))
    outcome(lambda: models.disagreement(model, *arrays))
    if data.draw(st.integers(0, 3)) == 0:
        resamples = data.draw(mostly(st.integers(2, 12), 1, 0, 10**30, 1.5))
        found = outcome(
            lambda: models.bootstrap(model, choices, *arrays, n_resamples=resamples, random_state=0)
        )
        if found is not None:
            outcome(lambda: found.interval(0.9))


@often
@given(st.data())
def test_select_components(data):
    choices = data.draw(choices_of(data.draw(st.sampled_from(LAYOUTS))))
    tried = data.draw(mostly(st.just([1, 2]), [], [0], [1.5], ["a"], [10**30], 3))
    criterion = data.draw(st.sampled_from(["bic", "aic", "icl", "held_out", "none"]))
    folds = data.draw(seldom(whole(2, 4)))
    estimator = models.ChoiceMixture(n_init=2, max_iter=30)
    outcome(
        lambda: models.select_components(
            choices,
            components=tried,
            criterion=criterion,
            estimator=estimator,
            n_folds=folds,
            random_state=0,
        )
    )


@often
@given(st.data())
def test_table_log_likelihood(data):
    choices = data.draw(choices_of(data.draw(st.sampled_from(LAYOUTS))))
    table = data.draw(
        mostly(values((choices.n_items, data.draw(st.integers(1, 3)))), None, "a", [[1]])
    )
    shares = data.draw(seldom(mostly(st.just([0.5, 0.5]), [1], [0.2, 0.2], ["a"], [np.nan, 1])))
    ties = data.draw(st.sampled_from(["half", "davidson", "rao_kupper", "no"]))
    tie = data.draw(seldom(mostly(numbers(0.1, 3), [1.0, 2.0])))
    position = data.draw(seldom(mostly(numbers(-1, 1), [[0.1, 0.2]])))
    outcome(
        lambda: models.table_log_likelihood(
            choices, table, weights=shares, ties=ties, tie=tie, position=position
        )
    )
