"""Calls drawn at random over the public surface: a result without NaN or one sentence, in time.

PREFMATH_DRAWN_CALLS says how many calls are drawn of each function.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import prefmath
from drawn_outcome import often, outcome
from drawn_values import (
    METHODS,
    METRICS,
    labels,
    matrices,
    mostly,
    numbers,
    offsets,
    qualities,
    rows_of,
    seeds,
    seldom,
    threads,
    whole,
)
from prefmath import selection

ROWS = st.lists(st.integers(0, 11), max_size=4)


def metrics():
    return st.sampled_from(METRICS)


def methods():
    return mostly(st.sampled_from(METHODS), "greedy", None, 3)


def gammas():
    return seldom(numbers(0.01, 3))


@often
@given(st.data())
def test_similarity_matrix(data):
    x = data.draw(matrices())
    y = data.draw(seldom(matrices()))
    metric, gamma, n = data.draw(metrics()), data.draw(gammas()), data.draw(threads())
    outcome(lambda: prefmath.similarity_matrix(x, y, metric=metric, gamma=gamma, n_threads=n))


@often
@given(st.data())
def test_gram_batch(data):
    x = data.draw(matrices())
    cuts, metric = data.draw(offsets(rows_of(x))), data.draw(metrics())
    outcome(lambda: prefmath.gram_batch(x, cuts, metric=metric))


@often
@given(st.data())
def test_nearest_neighbors(data):
    x, k, y = data.draw(matrices()), data.draw(whole(1, 4)), data.draw(seldom(matrices()))
    metric, gamma = data.draw(metrics()), data.draw(gammas())
    memory = data.draw(seldom(whole(10, 10**7)))
    outcome(
        lambda: prefmath.nearest_neighbors(x, k, y, metric=metric, gamma=gamma, max_memory=memory)
    )


@often
@given(st.data())
def test_near_duplicates(data):
    x, metric, gamma = data.draw(matrices()), data.draw(metrics()), data.draw(gammas())
    threshold, most = data.draw(numbers(-1, 2)), data.draw(seldom(whole(0, 50)))
    said = {"metric": metric, "gamma": gamma, "offsets": data.draw(seldom(offsets(rows_of(x))))}
    outcome(lambda: prefmath.near_duplicates(x, threshold, max_pairs=most, **said))


@often
@given(st.data())
def test_top_pairs(data):
    x, metric, gamma = data.draw(matrices()), data.draw(metrics()), data.draw(gammas())
    n, cuts = data.draw(whole(1, 20)), data.draw(seldom(offsets(rows_of(x))))
    outcome(lambda: prefmath.top_pairs(x, n, metric=metric, gamma=gamma, offsets=cuts))


@often
@given(st.data())
def test_duplicate_groups(data):
    x, metric, gamma = data.draw(matrices()), data.draw(metrics()), data.draw(gammas())
    threshold, weights = data.draw(numbers(-1, 2)), data.draw(seldom(qualities(rows_of(x))))
    said = {"metric": metric, "gamma": gamma, "offsets": data.draw(seldom(offsets(rows_of(x))))}
    outcome(lambda: prefmath.duplicate_groups(x, threshold, weights=weights, **said))


@often
@given(st.data())
def test_figures(data):
    x = data.draw(matrices())
    cuts = data.draw(seldom(offsets(rows_of(x))))
    metric = data.draw(metrics())
    chosen = data.draw(mostly(ROWS, None, [0.5], "a", [-1]))
    outcome(lambda: prefmath.mean_pairwise_similarity(x, cuts))
    order, other = data.draw(numbers(0, 9)), data.draw(similarities())
    outcome(lambda: prefmath.vendi_score(x, cuts, q=order, **other))
    outcome(lambda: prefmath.min_pairwise_distance(x, cuts, metric=metric))
    outcome(lambda: prefmath.coverage_radius(x, chosen, cuts, metric=metric))


@st.composite
def similarities(draw):
    """Draw which similarities of the rows are meant."""
    if draw(st.integers(0, 3)):
        return {}
    return {"metric": draw(st.sampled_from([*METRICS, "precomputed"])), "gamma": draw(gammas())}


@st.composite
def options(draw, n):
    """Draw what `select` takes beside the rows and how many to choose."""
    drawn = {
        "method": draw(methods()),
        "quality": draw(seldom(qualities(n))),
        "trade_off": draw(seldom(numbers(0, 1))),
        "include": draw(seldom(mostly(st.lists(st.integers(0, 3), max_size=2), [99], "a", [0.5]))),
        "exclude": draw(seldom(mostly(st.lists(st.integers(0, 9), max_size=3), [-1], [[1]]))),
        "max_similarity": draw(seldom(numbers(-1, 1))),
        "allow_fewer": draw(st.booleans()),
    }
    if draw(st.integers(0, 3)) == 0:
        drawn["groups"] = draw(mostly(labels(n), None, ["a"]))
        drawn["quota"] = draw(
            mostly(whole(0, 3), {"a": 1}, {"tea": (0, 2)}, {1: (1, None)}, {0: (2, 1)}, "a", {})
        )
    search = draw(st.sampled_from([None, None, None, "exact", "refine"]))
    return drawn | ({search: True} if search else {}) | draw(similarities())


@often
@given(st.data())
def test_select(data):
    x = data.draw(matrices())
    k, drawn = data.draw(whole(0, 5)), data.draw(options(rows_of(x)))
    outcome(lambda: prefmath.select(x, k, **drawn, n_threads=1))


@often
@given(st.data())
def test_select_batch(data):
    x = data.draw(matrices())
    n = rows_of(x)
    cuts, drawn = data.draw(offsets(n)), data.draw(options(n))
    k = data.draw(mostly(whole(0, 3), [1, 2], [[1]], [1.5]))
    outcome(lambda: prefmath.select_batch(x, cuts, k, **drawn, n_threads=1))


@often
@given(st.data())
def test_select_stream(data):
    chunks = data.draw(mostly(st.lists(matrices(), max_size=3), None, 3, [None]))
    k, method = data.draw(whole(0, 4)), data.draw(st.sampled_from(["dpp", "max_min", "mmr"]))
    epsilon = data.draw(numbers(0.01, 0.9))
    include = data.draw(seldom(mostly(ROWS, [99], "a", None)))
    outcome(lambda: selection.select_stream(chunks, k, method, epsilon=epsilon, include=include))


@often
@given(st.data())
def test_set_value(data):
    x = data.draw(matrices())
    rows = data.draw(
        mostly(st.lists(st.integers(0, 11), max_size=4), None, [0.5], "a", [-1], [[0]])
    )
    quality, trade_off = data.draw(seldom(qualities(rows_of(x)))), data.draw(seldom(numbers(0, 1)))
    method = data.draw(methods())
    outcome(lambda: selection.set_value(x, rows, method, quality=quality, trade_off=trade_off))


@often
@given(st.data())
def test_sample_dpp(data):
    x = data.draw(matrices())
    k = data.draw(seldom(whole(0, 4)))
    n_samples = data.draw(mostly(st.integers(0, 3), -1, 2**62, 10**30, 1.0, "3", None))
    cuts, quality = data.draw(seldom(offsets(rows_of(x)))), data.draw(seldom(qualities(rows_of(x))))
    seed, other = data.draw(seeds()), data.draw(similarities())
    outcome(
        lambda: prefmath.sample_dpp(
            x, k, n_samples=n_samples, offsets=cuts, quality=quality, random_state=seed, **other
        )
    )
    outcome(lambda: selection.inclusion_probabilities(x, k, offsets=cuts, quality=quality, **other))


@often
@given(st.data())
def test_pair_correlation(data):
    x = data.draw(matrices())
    cuts = data.draw(seldom(offsets(rows_of(x))))
    sets = data.draw(
        mostly(
            st.lists(st.lists(st.integers(0, 11), min_size=2, max_size=2), max_size=5), None, "a", 3
        )
    )
    bins = data.draw(mostly(st.integers(1, 5), [0, 0.5, 1], [1, 0], [], "a", 2**40, [float("nan")]))
    outcome(lambda: prefmath.pair_correlation(sets, x, offsets=cuts, bins=bins))
