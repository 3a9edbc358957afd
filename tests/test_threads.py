"""The number of threads changes no bit of any result; who may set it, and how."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

import prefmath
from kernel_data import offsets_of, random_embeddings, random_judged
from observed import random_observed
from prefmath import Choices, _numba
from prefmath._threads import resolve_threads
from prefmath.models import ChoiceMixture

COVERED = np.arange(0, 6000, 300), np.array([0, 20])

# Enough for dozens of tasks of every kernel on either backend.
N_SETS = 60_000


def large_embeddings():
    return random_embeddings(np.random.default_rng(0), 6000, 21)


def pool_offsets():
    return offsets_of(np.random.default_rng(1).multinomial(6000, np.ones(300) / 300))


def small_pools():
    """What kernels over pools take before their rules: choose 3 of each."""
    offsets = pool_offsets()
    return large_embeddings(), offsets, "max_sum", None, 1.0, np.full(len(offsets) - 1, 3)


def refine_batch(kernels, n_threads):
    begin = np.tile(np.arange(3, dtype=np.int32), (len(pool_offsets()) - 1, 1))
    return kernels.refine_batch(*small_pools(), None, begin, n_threads)


def judged(*, pairs=False):
    rng = np.random.default_rng(2)
    sizes = np.full(N_SETS, 2) if pairs else rng.integers(1, 9, size=N_SETS)
    return random_judged(rng, 40, sizes, 3, 11, ties=pairs)


def posterior(kernels, n_threads):
    rng = np.random.default_rng(3)
    ll = -rng.exponential(size=(200_000, 3))
    offsets = offsets_of(rng.multinomial(len(ll), np.ones(9000) / 9000))
    return kernels.posterior_by_annotator(
        ll, None, rng.random(len(ll)), offsets, np.log([[0.2, 0.3, 0.5]]), n_threads
    )


def linear_utility(kernels, n_threads):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((100_000, 17)).astype(np.float32)
    return kernels.linear_utility(x, rng.standard_normal((3, 17)), n_threads)


def statistics(kernels, j, n_threads):
    return kernels.linear_statistics(
        j.features,
        j.utility,
        j.offsets,
        j.items,
        j.chosen,
        j.tied,
        j.weights,
        False,
        None,
        n_threads,
    )


def one_pass(kernels, j, n_threads):
    annotator_offsets = offsets_of(np.full(N_SETS // 10, 10))
    return kernels.linear_posterior(
        j.features,
        j.coef,
        j.offsets,
        j.items,
        j.chosen,
        j.tied,
        None,
        annotator_offsets,
        None,
        np.log([0.2, 0.3, 0.5]),
        None,
        n_threads,
    )


def of_rows(n):
    """Features, and what to weigh them with."""
    rng = np.random.default_rng(9)
    return rng.standard_normal((n, 17)).astype(np.float32), rng.standard_normal((n, 3))


def newton_direction(kernels, n_threads):
    rng = np.random.default_rng(5)
    root = rng.standard_normal((8, 60, 60))
    return kernels.newton_direction(
        rng.standard_normal((8, 60)), root @ root.swapaxes(1, 2), n_threads
    )


def sample_projections(kernels, n_threads):
    rng = np.random.default_rng(6)
    vectors = np.ascontiguousarray(np.linalg.qr(rng.standard_normal((300, 9)))[0].T)
    members = np.argsort(rng.random((4000, 9)), axis=1)[:, :6].ravel().astype(np.int32)
    sums, offsets = np.cumsum(vectors * vectors, axis=1), np.arange(0, 24_001, 6)
    return kernels.sample_projections(
        vectors, sums, members, offsets, rng.random((4000, 14)), n_threads
    )


def similarities(metric):
    def call(kernels, n_threads):
        x = np.clip(large_embeddings()[:1500], -9, 9)
        out = np.empty((len(x), len(x)), np.float32)
        kernels.similarity_matrix(x, None, metric, 0.1, out, None, n_threads)
        return out

    return call


def count_pairs(kernels, n_threads, *, n_items):
    rng = np.random.default_rng(8)
    winner = rng.integers(n_items, size=300_000)
    loser = (winner + rng.integers(1, n_items, size=300_000)) % n_items
    tied, weight = rng.random(300_000) < 0.3, rng.random(300_000)
    return kernels.count_pairs(winner, loser, tied, weight, n_items, n_threads)


def wins(kernels, n_threads, *, n_items):
    rng = np.random.default_rng(9)
    winner = rng.integers(n_items, size=300_000)
    loser = (winner + rng.integers(1, n_items, size=300_000)) % n_items
    tied, weight = rng.random(300_000) < 0.3, rng.random(300_000)
    return kernels.wins_by_winner(winner, loser, tied, weight, n_items, n_threads)


def win_derivatives(kernels, n_threads):
    offsets, loser, weight, *_ = wins(kernels, 1, n_items=2_000)
    utility = np.random.default_rng(9).normal(size=2_000)
    return kernels.win_derivatives(utility, offsets, loser, weight, n_threads)


def win_product(kernels, n_threads):
    offsets, loser, weight, *_ = wins(kernels, 1, n_items=2_000)
    direction = np.random.default_rng(9).normal(size=2_000)
    return kernels.win_product(direction, offsets, loser, weight, n_threads)


def outcome_weights(kernels, n_threads, *, n_outcomes):
    rng = np.random.default_rng(6)
    offsets = offsets_of(rng.multinomial(200_000, np.ones(9000) / 9000))
    outcome = rng.integers(n_outcomes, size=200_000).astype(np.int32)
    responsibilities = rng.dirichlet(np.ones(3), size=9000)
    weight = rng.random(200_000)
    return kernels.outcome_weights(
        responsibilities, outcome, weight, offsets, n_outcomes, None, n_threads
    )


def observed(name, layout, *fields, spread=1):
    """Call a kernel over an observation, whose items may be spread over a larger table."""

    def call(kernels, n_threads):
        j = judged(pairs=layout == "pairs")
        j = replace(
            j,
            items=j.items * np.int32(spread),
            utility=np.repeat(j.utility, spread, axis=0),
            direction=np.repeat(j.direction, spread, axis=0),
        )
        arguments = [getattr(j, field) for field in fields]
        return getattr(kernels, name)(j.utility, getattr(j, layout), *arguments, n_threads)

    return call


def of_kind(name, kind):
    def call(kernels, n_threads):
        o = random_observed(kind, np.random.default_rng(7), n=30_000)
        rest = {
            "table_gradient": [o.weights],
            "table_curvature": [o.weights],
            "curvature_product": [o.weights, o.direction],
        }
        return getattr(kernels, name)(o.utility, o.observation, *rest.get(name, []), n_threads)

    return call


CALLS = {
    "gram_batch": lambda kernels, n: kernels.gram_batch(
        large_embeddings(), pool_offsets(), "cosine", n
    ),
    "mean_cosine": lambda kernels, n: kernels.mean_cosine(
        large_embeddings(), np.array([0, 2, 5000, 6000]), n
    ),
    "closest_pairs": lambda kernels, n: kernels.closest_pairs(
        large_embeddings(), np.array([0, 2, 500, 6000]), "sqeuclidean", n
    ),
    "coverage": lambda kernels, n: kernels.coverage(
        large_embeddings(), np.array([0, 6000]), *COVERED, "cosine", n
    ),
    "covariance": lambda kernels, n: kernels.covariance(large_embeddings(), unit=True, n_threads=n),
    "similarity_matrix of products": similarities("dot"),
    "similarity_matrix of cosines": similarities("cosine"),
    "similarity_matrix of distances": similarities("euclidean"),
    "nearest_neighbors": lambda kernels, n: kernels.nearest_neighbors(
        large_embeddings(), None, 5, "cosine", None, n
    ),
    "pairs_above": lambda kernels, n: kernels.pairs_above(
        large_embeddings(), None, 0.8, "cosine", 10**8, None, n
    ),
    "groups_above": lambda kernels, n: kernels.groups_above(
        large_embeddings(), None, 0.8, "cosine", None, n
    ),
    "groups_above of pools": lambda kernels, n: kernels.groups_above(
        large_embeddings(), np.array([0, 2, 90, 3000, 6000]), 0.5, "cosine", None, n
    ),
    "top_pairs": lambda kernels, n: kernels.top_pairs(
        large_embeddings(), None, 1000, "cosine", None, n
    ),
    "top_pairs of pools": lambda kernels, n: kernels.top_pairs(
        large_embeddings(), pool_offsets(), 1000, "cosine", None, n
    ),
    "greedy": lambda kernels, n: kernels.greedy(large_embeddings(), "dpp", None, 1.0, 21, None, n),
    "greedy_batch": lambda kernels, n: kernels.greedy_batch(
        large_embeddings(),
        pool_offsets(),
        "dpp",
        np.linspace(0, 1, 6000),
        1.0,
        np.full(len(pool_offsets()) - 1, 6),
        None,
        n,
    ),
    "exact_batch": lambda kernels, n: kernels.exact_batch(*small_pools(), None, n),
    "refine_batch": refine_batch,
    "sample_projections": sample_projections,
    "count_pairs": lambda kernels, n: count_pairs(kernels, n, n_items=30),
    "count_pairs of many items": lambda kernels, n: count_pairs(kernels, n, n_items=500),
    "wins_by_winner": lambda kernels, n: wins(kernels, n, n_items=2_000),
    "wins_by_winner of few items": lambda kernels, n: wins(kernels, n, n_items=30),
    "win_derivatives": win_derivatives,
    "win_product": win_product,
    "linear_utility": linear_utility,
    "linear_pull_back": lambda kernels, n: kernels.linear_pull_back(*of_rows(20_000), n),
    "linear_scores": lambda kernels, n: kernels.linear_scores(
        of_rows(20_000)[0],
        np.arange(20_000, dtype=np.int32),
        of_rows(20_000)[1],
        np.arange(0, 20_001, 40),
        n,
    ),
    "linear_spread": lambda kernels, n: kernels.linear_spread(
        of_rows(20_000)[0],
        np.arange(0, 20_001, 4),
        np.arange(20_000, dtype=np.int32),
        None,
        None,
        np.arange(0, 5001, 10),
        of_rows(500)[1],
        n,
    ),
    "cross_product": lambda kernels, n: kernels.cross_product(
        of_rows(20_000)[1], of_rows(20_000)[1], np.array([3000, 9000, 20_000]), n
    ),
    "log_likelihood of choices": observed("log_likelihood", "sets"),
    "log_likelihood of pairs": observed("log_likelihood", "pairs"),
    "table_gradient of choices": observed("table_gradient", "sets", "weights"),
    "table_gradient over many items": observed("table_gradient", "sets", "weights", spread=1000),
    "table_gradient of pairs": observed("table_gradient", "pairs", "weights"),
    "curvature_product of choices": observed("curvature_product", "sets", "weights", "direction"),
    "curvature_product of pairs": observed("curvature_product", "pairs", "weights", "direction"),
    **{
        f"{name} of {kind}": of_kind(name, kind)
        for kind in ("davidson with an order", "first ranks")
        for name in ("log_likelihood", "table_gradient", "curvature_product", "residuals")
    },
    "table_curvature": of_kind("table_curvature", "first ranks"),
    "outcome_weights": lambda kernels, n: outcome_weights(kernels, n, n_outcomes=500),
    "outcome_weights of many": lambda kernels, n: outcome_weights(kernels, n, n_outcomes=50_000),
    "posterior_by_annotator": posterior,
    "linear_posterior": lambda kernels, n: one_pass(kernels, judged(), n),
    "linear_statistics of choices": lambda kernels, n: statistics(kernels, judged(), n),
    "linear_statistics of pairs": lambda kernels, n: statistics(kernels, judged(pairs=True), n),
    "newton_direction": newton_direction,
}


def assert_same_bits(one, two):
    if not isinstance(one, tuple):
        one, two = (one,), (two,)
    for left, right in zip(one, two, strict=True):
        assert left is right is None or np.asarray(left).tobytes() == np.asarray(right).tobytes()


@pytest.mark.parametrize("name", CALLS)
def test_kernels_give_the_same_bits(kernels, name):
    alone = CALLS[name](kernels, 1)
    for n_threads in (2, 3):
        assert_same_bits(alone, CALLS[name](kernels, n_threads))


def test_every_kernel_is_tried(kernels):
    tried = {name.partition(" ")[0] for name in CALLS}
    assert all(hasattr(kernels, name) for name in _numba.__all__)
    assert set(_numba.__all__) - {"instruction_set"} == tried


def test_selection_gives_the_same_bits():
    x, offsets = large_embeddings(), pool_offsets()
    quality = np.linspace(1, 2, len(x))
    alone = prefmath.select(x, 20, quality=quality, n_threads=1)
    many = prefmath.select_batch(x, offsets, 3, quality=quality, allow_fewer=True, n_threads=1)
    similarity = prefmath.similarity_matrix(x[:900], n_threads=1)
    for n in (2, 3):
        again = prefmath.select(x, 20, quality=quality, n_threads=n)
        assert_same_bits((alone.indices, alone.gains), (again.indices, again.gains))
        again = prefmath.select_batch(x, offsets, 3, quality=quality, allow_fewer=True, n_threads=n)
        assert_same_bits(
            (many.indices, many.gains, many.values), (again.indices, again.gains, again.values)
        )
        assert_same_bits(similarity, prefmath.similarity_matrix(x[:900], n_threads=n))


@pytest.mark.parametrize("layout", ["choice sets with features", "tied pairs", "rankings"])
def test_fits_give_the_same_bits(layout):
    rng = np.random.default_rng(7)
    n = 9000
    j = random_judged(rng, 30, np.full(n, 2 if layout == "tied pairs" else 4), 2, 5)
    annotator = rng.integers(100, size=n)
    features = None
    if layout == "tied pairs":
        first, second = j.items.reshape(-1, 2).T
        choices = Choices.from_pairs(
            first, second, tie=rng.random(n) < 0.3, annotator=annotator, weight=rng.random(n)
        )
    elif layout == "rankings":
        choices = Choices.from_rankings(j.offsets, j.items, annotator=annotator)
    else:
        choices = Choices.from_choice_sets(j.offsets, j.items, j.chosen, annotator=annotator)
        features = j.features

    def fitted(n_threads):
        model = ChoiceMixture(2, n_init=2, max_iter=8, tol=10, random_state=1, n_threads=n_threads)
        model.fit(choices, features)
        shares = model.predict_proba(choices, features)
        return model.coef_, model.weights_, model.responsibilities_, model.lower_bounds_, shares

    alone = fitted(1)
    for n_threads in (2, 3):
        for left, right in zip(alone, fitted(n_threads), strict=True):
            np.testing.assert_array_equal(left, right)


def test_the_environment_sets_the_default(monkeypatch):
    monkeypatch.setenv("PREFMATH_NUM_THREADS", "3")
    assert resolve_threads(None) == 3
    assert resolve_threads(1) == 1
    monkeypatch.delenv("PREFMATH_NUM_THREADS")
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count())
    assert resolve_threads(None) == len(allowed)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0", "^PREFMATH_NUM_THREADS must be at least 1, not 0$"),
        ("-2", "^PREFMATH_NUM_THREADS must be at least 1, not -2$"),
        ("two", "^PREFMATH_NUM_THREADS must be a whole number, not 'two'$"),
        ("1.5", "^PREFMATH_NUM_THREADS must be a whole number, not '1.5'$"),
    ],
)
def test_an_environment_that_makes_no_sense(monkeypatch, value, message):
    monkeypatch.setenv("PREFMATH_NUM_THREADS", value)
    x = np.eye(3, dtype=np.float32)
    choices = Choices.from_pairs([0, 1], [1, 2])
    calls = [
        lambda n: prefmath.select(x, 1, n_threads=n),
        lambda n: prefmath.select_batch(x, [0, 3], 1, n_threads=n),
        lambda n: prefmath.similarity_matrix(x, n_threads=n),
        lambda n: ChoiceMixture(n_threads=n).fit(choices),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=message):
            call(None)
        call(1)


@pytest.mark.parametrize("n_threads", [0, -1])
def test_too_few_threads(n_threads):
    with pytest.raises(ValueError, match=f"^n_threads must be at least 1, not {n_threads}$"):
        prefmath.select(np.eye(3, dtype=np.float32), 1, n_threads=n_threads)


@pytest.mark.parametrize("n_threads", [1.5, "2"])
def test_threads_that_are_no_number(n_threads):
    with pytest.raises(TypeError, match=r"n_threads must be a whole number, not (1\.5|'2')$"):
        resolve_threads(n_threads)
