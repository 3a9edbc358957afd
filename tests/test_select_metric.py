"""Choosing by other similarities than cosines: given as matrices, or of other metrics."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

import prefmath
from prefmath import gram_batch, select, select_batch, similarity_matrix
from select_oracle import METHODS, greedy, value_of

ALL = (*METHODS, "k_medoids")
NO_DISTANCES = ("dpp", "facility_location", "saturated_coverage")
ANY = ("mmr", "max_sum", "max_min", "facility_location", "saturated_coverage", "k_medoids")


def embeddings(n=30, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def ratings(n=24, seed=1):
    """Return similarities that no vectors have: symmetric, of both signs, diagonals of any size."""
    s = np.random.default_rng(seed).uniform(-1, 2, size=(n, n))
    return (s + s.T) / 2


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("options", [{}, {"exact": True}, {"refine": True}])
def test_given_cosines_choose_what_the_rows_choose(method, options):
    if method == "mmr" and options:
        pytest.skip("the value of mmr depends on the order")
    x, quality = embeddings(), np.random.default_rng(2).uniform(1, 2, 30)
    s = similarity_matrix(x.astype(np.float64))
    rules = {"groups": np.arange(30) % 3, "quota": 2, "include": [7], "max_similarity": 0.6}
    for more in ({}, {"quality": quality, "trade_off": 0.7}, rules):
        by_rows = select(x, 4, method=method, **options, **more)
        given = select(s, 4, method=method, metric="precomputed", **options, **more)
        assert by_rows.indices.tolist() == given.indices.tolist()
        np.testing.assert_allclose(given.gains, by_rows.gains, atol=1e-9)
        assert given.value == pytest.approx(by_rows.value)


@pytest.mark.parametrize("method", METHODS)
def test_any_matrix_is_chosen_from_as_the_objective_says(method):
    s = ratings()
    if method == "dpp":
        s = s @ s.T  # without negative eigenvalues, and without a diagonal of ones
    quality = np.random.default_rng(3).uniform(1, 2, len(s))
    for k, more in [(5, {}), (4, {"quality": quality, "trade_off": 0.4})]:
        rows = select(s, k, method=method, metric="precomputed", **more)
        assert rows.indices.tolist() == greedy(s, k, method, **more)
        assert rows.value == pytest.approx(value_of(s, rows.indices, method, **more))
    group = np.arange(len(s)) % 4

    def allowed(chosen, row):
        near = method != "dpp" and any(s[row, other] > 1.1 for other in chosen)
        return row != 5 and not near and sum(group[other] == group[row] for other in chosen) < 2

    rules = {"groups": group, "quota": 2, "exclude": [5], "include": [9]}
    if method != "dpp":
        rules["max_similarity"] = 1.1
    rows = select(s, 5, method=method, metric="precomputed", **rules).indices
    assert rows.tolist() == greedy(s, 5, method, include=[9], allowed=allowed)


@pytest.mark.parametrize("method", [method for method in ALL if method != "mmr"])
def test_the_best_of_all_sets_is_found(method):
    s = ratings(10, seed=4)
    if method == "dpp":
        s = s @ s.T
    best = max(value_of(s, rows, method) for rows in combinations(range(10), 3))
    exact = select(s, 3, method=method, metric="precomputed", exact=True)
    assert exact.value == pytest.approx(best)
    refined = select(s, 3, method=method, metric="precomputed", refine=True)
    assert exact.value + 1e-9 >= refined.value
    assert refined.value >= select(s, 3, method=method, metric="precomputed").value - 1e-9


def test_medoids_of_distances_are_swapped_until_none_helps():
    s = 1 - 1000 * np.abs(np.subtract.outer(np.arange(12.0), np.arange(12.0)))
    chosen = select(s, 2, method="k_medoids", metric="precomputed")
    value = value_of(s, chosen.indices, "k_medoids")
    assert chosen.value == pytest.approx(value)
    for old in range(2):
        for row in range(12):
            other = [row if at == old else kept for at, kept in enumerate(chosen.indices)]
            assert value_of(s, other, "k_medoids") <= value + 1e-9


@pytest.mark.parametrize("metric", ["dot", "angular", "rbf", "euclidean", "sqeuclidean"])
@pytest.mark.parametrize("method", ALL)
def test_other_metrics_are_those_of_similarity_matrix(metric, method):
    x = 3 * embeddings(seed=5)
    if metric.endswith("euclidean") and method in NO_DISTANCES:
        with pytest.raises(ValueError, match=f"{metric}.* distances"):
            select(x, 3, method=method, metric=metric)
        return
    s = similarity_matrix(x.astype(np.float64), metric=metric)
    s = s if metric in {"dot", "rbf"} else 1 - s
    of_matrix = select(s, 3, method=method, metric="precomputed")
    chosen = select(x, 3, method=method, metric=metric)
    assert chosen.indices.tolist() == of_matrix.indices.tolist()
    assert chosen.value == pytest.approx(of_matrix.value)
    offsets = [0, 12, 12, 30]
    batch = select_batch(x, offsets, 2, method=method, metric=metric, allow_fewer=True)
    for pool in (0, 2):
        rows = slice(offsets[pool], offsets[pool + 1])
        alone = select(x[rows], 2, method=method, metric=metric).indices + offsets[pool]
        assert batch.indices[pool].tolist() == alone.tolist()


@pytest.mark.parametrize("method", ALL)
def test_pools_have_a_matrix_each(method):
    x, offsets = embeddings(40), [0, 10, 10, 40]
    grams = gram_batch(x.astype(np.float64), offsets, metric="cosine")
    by_rows = select_batch(x, offsets, 3, method=method, allow_fewer=True)
    for given in (grams, grams.values):
        chosen = select_batch(
            given, offsets, 3, method=method, metric="precomputed", allow_fewer=True
        )
        assert chosen.indices.tolist() == by_rows.indices.tolist()


def test_gamma_narrows_the_kernel_and_units_do_not_matter():
    x = embeddings()
    wide = select(x, 4, metric="rbf", gamma=0.01, method="facility_location")
    scaled = select(100 * x, 4, metric="rbf", gamma=1e-6, method="facility_location")
    assert wide.indices.tolist() == scaled.indices.tolist()
    for scale in (1e-250, 1e-9, 1e9):
        s = (1 - similarity_matrix(x.astype(np.float64), metric="euclidean")) * scale
        chosen = select(s, 4, metric="precomputed", method="k_medoids")
        assert (
            chosen.indices.tolist()
            == select(x, 4, metric="euclidean", method="k_medoids").indices.tolist()
        )


def test_the_diagonal_is_a_part_of_quality_under_dpp():
    s = similarity_matrix(embeddings(d=9).astype(np.float64))
    q = np.random.default_rng(6).uniform(0.5, 2, 30)
    q[3] = 0
    scaled = q[:, None] * s * q
    given = select(scaled, 5, metric="precomputed")
    quality = select(s, 5, metric="precomputed", quality=q)
    assert given.indices.tolist() == quality.indices.tolist()
    assert given.value == pytest.approx(quality.value)
    with pytest.raises(ValueError, match="include cannot hold row 3"):
        select(scaled, 5, metric="precomputed", include=[3])
    limit = select(scaled, 3, metric="precomputed", max_similarity=0.1).indices
    assert np.triu(s[np.ix_(limit, limit)], 1).max() <= 0.1 + 1e-6


def test_a_float32_matrix_does_and_the_callers_own_is_not_written_to():
    s = ratings() @ ratings().T
    before = s.copy()
    for method in ALL:
        narrow = select(s.astype(np.float32), 4, metric="precomputed", method=method)
        wide = select(s, 4, metric="precomputed", method=method)
        assert narrow.indices.tolist() == wide.indices.tolist()
    assert (s == before).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s[:, :5], "a square matrix, not shape"),
        (np.triu, "must be symmetric: that of rows 0 and 1 is"),
        (lambda s: np.where(np.eye(len(s)) > 0, np.nan, s), "finite.*rows 0 and 0 is nan"),
        (lambda s: np.abs(s) * (1 - np.eye(len(s))), "look like distances"),
        (lambda s: s.astype(str), "X must hold"),
    ],
)
def test_what_is_no_matrix_of_similarities_is_refused(change, said):
    with pytest.raises((ValueError, TypeError), match=said):
        select(change(ratings()), 3, metric="precomputed", method="max_sum")


def test_dpp_refuses_a_negative_eigenvalue_and_takes_what_rounding_leaves():
    s = ratings(8)
    smallest = np.linalg.eigvalsh(s)[0]
    with pytest.raises(
        ValueError, match=f"negative eigenvalues, and the smallest is {smallest:.4g}"
    ):
        select(s, 3, metric="precomputed")
    more = s - smallest * np.eye(8)
    assert len(select(more, 3, metric="precomputed")) == 3
    values = np.concatenate([more.ravel(), s.ravel()])
    with pytest.raises(ValueError, match="smallest of pool 1 is"):
        select_batch(values, [0, 8, 16], 3, metric="precomputed")
    x = embeddings(200, 4)
    assert len(select(similarity_matrix(x), 3, metric="precomputed")) == 3


def test_other_refusals_are_one_sentence(monkeypatch):
    x = embeddings()
    with pytest.raises(ValueError, match=r"metric must be 'cosine'.* or 'precomputed', not 'l1'"):
        select(x, 3, metric="l1")
    with pytest.raises(ValueError, match="gamma belongs to metric 'rbf', not to 'cosine'"):
        select(x, 3, gamma=0.1)
    with pytest.raises(TypeError, match="takes a GramBatch for many pools"):
        select_batch(x, [0, 30], 3, metric="precomputed")
    with pytest.raises(ValueError, match="matrices of 21,267,647,932,558,653"):
        select_batch(np.eye(2).ravel(), [0, 1 << 62], 3, metric="precomputed")
    with pytest.raises(ValueError, match="offsets are for matrices of 200 values"):
        select_batch(gram_batch(x, [0, 30]), [0, 10, 20], 3, metric="precomputed")
    x[29, 1] = np.nan
    with pytest.raises(ValueError, match=r"must be finite: X\[29, 1\] is nan"):
        select_batch(x, [0, 10, 30], 3, metric="rbf")
    with pytest.raises(ValueError, match="by cosines, not by metric='rbf'"):
        select([x], 3, metric="rbf", stream=True)
    monkeypatch.setattr("prefmath.similarity._matrices._MOST_VALUES", 100)
    with pytest.raises(ValueError, match="the similarities of every two rows"):
        select(embeddings(), 3, metric="rbf")


def test_a_table_takes_metrics_but_no_matrix():
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("narwhals")
    table = pa.table({"prompt_id": ["a"] * 4, "embedding": [[0.0], [1.0], [5.0], [9.0]]})
    chosen = prefmath.select_table(table, 2, metric="euclidean", method="max_min")
    assert chosen["embedding"].to_pylist() == [[0.0], [9.0]]
    with pytest.raises(ValueError, match="a table holds embeddings"):
        prefmath.select_table(table, 2, metric="precomputed")


def test_no_two_chosen_exceed_a_limit_above_one():
    s = np.array([[9, 5, 1, 2], [5, 9, 3, 1], [1, 3, 9, 4], [2, 1, 4, 9.0]])
    for method in ANY:
        rows = select(
            s, 3, metric="precomputed", method=method, max_similarity=4, allow_fewer=True
        ).indices
        assert not {0, 1} <= set(rows.tolist())
        at_limit = select(
            s, 2, metric="precomputed", method=method, max_similarity=4, include=[2, 3]
        )
        assert at_limit.indices.tolist() == [2, 3]


@pytest.mark.parametrize("metric", ["rbf", "angular", "dot"])
def test_a_pairs_own_similarity_lets_it_in_whatever_the_unit(metric):
    x = embeddings(12)
    s = similarity_matrix(x, metric=metric)
    s = 1 - s if metric == "angular" else s
    for i, j in combinations(range(6), 2):
        limit = float(s[i, j])
        rules = {"include": [i, j], "max_similarity": limit}
        assert len(select(x, 2, metric=metric, method="max_sum", **rules)) == 2
        for scale in (1e-9, 1.0):
            given = s.astype(np.float64) * scale
            rules["max_similarity"] = given[i, j]
            assert len(select(given, 2, metric="precomputed", method="mmr", **rules)) == 2
            rules["max_similarity"] = given[i, j] - 1e-3 * scale
            with pytest.raises(ValueError, match="include has row"):
                select(given, 2, metric="precomputed", method="mmr", **rules)
