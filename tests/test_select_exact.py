"""The best choice of all: against enumeration, with and without rules, and what it refuses."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_data import random_embeddings
from prefmath import select, select_batch, select_table
from prefmath.selection._objectives import METHODS
from test_select_objectives import cosines, value

SETS = [method for method in METHODS if method != "mmr"]


def best_by_enumeration(s, k, method, quality, share, keeps):
    """Return the largest value of the largest sets that keep the rules, and their size."""
    for size in range(k, 0, -1):
        sets = [list(rows) for rows in itertools.combinations(range(len(s)), size) if keeps(rows)]
        if method == "dpp" and quality is not None:
            sets = [rows for rows in sets if share == 1 or quality[rows].all()]
        if method == "dpp" and (quality is None or share > 0):
            # Sets as close to singular as rounding have no value.
            sets = [rows for rows in sets if np.linalg.eigvalsh(s[np.ix_(rows, rows)])[0] > 1e-9]
        if sets and method == "dpp" and share == 0 and quality is not None:
            return max(2 * np.log(quality[rows]).sum() for rows in sets), size
        if sets:
            with np.errstate(divide="ignore", invalid="ignore"):
                return max(value(s, rows, k, method, quality, share) for rows in sets), size
    return 0.0, 0


@pytest.mark.parametrize("method", SETS)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0, 0.2, 0.5, 0.8, 1]))
@settings(max_examples=40)
def test_it_is_the_best_by_enumeration(method, seed, share):
    rng = np.random.default_rng(seed)
    n, d, k = int(rng.integers(1, 10)), int(rng.integers(1, 12)), int(rng.integers(1, 10))
    n, k = max(n, 1), min(n, k)
    x = random_embeddings(rng, n, d, grid=bool(rng.integers(2)))
    quality = rng.choice([0, 0.5, 1, 1, 3.0], size=n) if rng.integers(2) else None
    limit = float(rng.choice([1, 0.9, 0.3])) if rng.integers(2) else None
    never, labels, most = rng.random(n) < 0.1, rng.integers(3, size=n), int(rng.integers(1, 4))
    s = cosines(x)

    def keeps(rows):
        pairs = itertools.combinations(rows, 2)
        return (
            not never[list(rows)].any()
            and np.bincount(labels[list(rows)]).max() <= most
            and (limit is None or all(min(s[i, j], 1) <= limit + 1e-12 for i, j in pairs))
        )

    found = select(
        x,
        k,
        method=method,
        quality=quality,
        trade_off=None if quality is None else share,
        exclude=never,
        groups=labels,
        quota=most,
        max_similarity=limit,
        allow_fewer=True,
        exact=True,
    )
    # What is asked for is no more than the rules leave.
    counts = np.bincount(labels[~never], minlength=3)
    k = min(k, int(np.minimum(counts, most).sum()))
    best, size = best_by_enumeration(s, k, method, quality, share, keeps)
    assert len(found) == size
    if size:
        assert keeps(found.indices.tolist())
        alone = best_by_enumeration(s, k, method, quality, share, set(found.indices).issuperset)
        assert alone == (pytest.approx(best, abs=1e-7), size)
    assert found.value == pytest.approx(best, rel=1e-7, abs=1e-7)
    assert found.optimal
    assert found.upper_bound == found.value


@pytest.mark.parametrize("method", SETS)
@pytest.mark.parametrize(("n", "k"), [(14, 4), (14, 7), (14, 13)])
def test_larger_sets_are_the_best_by_enumeration(method, n, k):
    rng = np.random.default_rng(k)
    x = (rng.standard_normal((n, 20)) + 0.5).astype(np.float32)
    quality = rng.uniform(0.1, 1, n)
    found = select(x, k, method=method, quality=quality, trade_off=0.7, exact=True)
    best = best_by_enumeration(cosines(x), k, method, quality, 0.7, lambda _: True)[0]
    assert found.value == pytest.approx(best)


@pytest.mark.parametrize("method", SETS)
def test_every_pool_has_its_best_and_greedy_is_told(method):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((60 * 9, 12)).astype(np.float32)
    offsets = np.arange(0, len(x) + 1, 9)
    best = select_batch(x, offsets, 3, method=method, exact=True)
    greedy = select_batch(x, offsets, 3, method=method)
    assert best.optimal.all()
    np.testing.assert_array_equal(best.upper_bounds, best.values)
    same = (best.indices == greedy.indices).all(axis=1)
    np.testing.assert_array_equal(best.greedy_optimal, same)
    assert 0 < same.mean() < 1
    assert (best.values[~same] > greedy.values[~same]).all()
    np.testing.assert_array_equal(best.gains[same], greedy.gains[same])
    for pool in range(0, 60, 7):
        alone = select(x[9 * pool : 9 * pool + 9], 3, method=method, exact=True)
        assert (alone.indices + 9 * pool).tolist() == best.indices[pool].tolist()
    assert f"optimal, as the greedy choice is in {same.mean():.1%}" in repr(best)
    for n_threads in (1, 3):
        again = select_batch(x, offsets, 3, method=method, exact=True, n_threads=n_threads)
        np.testing.assert_array_equal(again.indices, best.indices)


@pytest.mark.parametrize("method", SETS)
def test_gains_are_those_of_the_order(method):
    x = np.random.default_rng(1).standard_normal((16, 8)).astype(np.float32)
    found = select(x, 5, method=method, exact=True)
    among = select(x, 5, method=method, exclude=np.setdiff1d(np.arange(16), found.indices))
    assert found.value == pytest.approx(among.value, abs=1e-12)
    if method != "k_medoids":  # whose greedy choice has swapped some
        assert found.indices.tolist() == among.indices.tolist()
        np.testing.assert_allclose(found.gains, among.gains, atol=1e-12)


@pytest.mark.parametrize("method", SETS)
def test_degenerate_pools(method):
    x = np.random.default_rng(2).standard_normal((5, 3)).astype(np.float32)
    assert len(select(x, 0, method=method, exact=True)) == 0
    copies = np.repeat(x[:2], 3, axis=0)
    found = select(copies, 6, method=method, allow_fewer=True, exact=True)
    expected = [0, 3] if method == "dpp" else list(range(6))
    assert sorted(found.indices.tolist()) == expected
    if method != "saturated_coverage":
        two = select(copies, 2, method=method, exact=True).indices.tolist()
        assert {row // 3 for row in two} == {0, 1}
    if method == "dpp":
        with pytest.raises(ValueError, match="only 3 candidates of X differ"):
            select(x, 5, exact=True)
        quality = [0, 1, 1, 0, 0]
        assert len(select(x, 3, quality=quality, allow_fewer=True, exact=True)) == 2
    x[3] = 0
    with pytest.raises(ValueError, match=r"X\[3\] is all zeros"):
        select(x, 2, method=method, exact=True)


def test_ties_are_the_greedy_choice_or_come_first():
    x = np.eye(4, dtype=np.float32)
    for method in SETS:
        found = select(x, 2, method=method, exact=True)
        assert found.indices.tolist() == [0, 1]
    # The pairs (0, 3) and (1, 3) are as far apart; the greedy choice from row 2 has neither.
    x = np.array([[1, 0], [1, 0], [0, 1], [-1, 0]], np.float32)
    found = select(x, 2, method="max_min", quality=[0, 0, 0.1, 0], exact=True)
    assert sorted(found.indices.tolist()) == [0, 3]


@pytest.mark.parametrize("method", SETS)
def test_where_greedy_finds_too_few_the_best_are_found(method):
    # Row 0 is too like both others: of three rows only the second and third go together.
    x = np.array([[1, 0], [0.8, 0.6], [0.8, -0.6]], np.float32)
    quality = [1, 0.9, 0.9]
    rules = {"method": method, "quality": quality, "trade_off": 0.1, "max_similarity": 0.5}
    assert sorted(select(x, 2, exact=True, **rules).indices.tolist()) == [1, 2]
    with pytest.raises(ValueError, match=re.escape("only 2 candidates of X")):
        select(x, 3, exact=True, **rules)
    assert len(select(x, 3, exact=True, allow_fewer=True, **rules)) == 2
    # Quotas ask for two that are too similar.
    groups, quota = ["a", "b", "c"], {"a": (1, 1), "b": (1, 1)}
    with pytest.raises(ValueError, match="no choice from rows 0 to 2 of X keeps quota"):
        select(x, 2, exact=True, allow_fewer=True, groups=groups, quota=quota, **rules)


def test_what_is_refused():
    x = np.random.default_rng(0).standard_normal((70, 4)).astype(np.float32)
    with pytest.raises(ValueError, match="'mmr' depends on the order of choice"):
        select(x[:5], 2, method="mmr", exact=True)
    with pytest.raises(ValueError, match="more than a million sets: X has 40, and k=10"):
        select(x[:40], 10, method="max_min", exact=True)
    with pytest.raises(ValueError, match=r"up to 32 rows, or of 64 .*: pool 1 has 65, and k=1"):
        select_batch(x, [0, 5, 70], 1, exact=True)
    assert len(select(x[:64], 3, exact=True)) == 3
    with pytest.raises(ValueError, match="a stream is seen once"):
        select([x], 2, stream=True, exact=True)


def test_tables_pass_it_on():
    pa = pytest.importorskip("pyarrow")
    x = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
    table = pa.table({"prompt_id": np.arange(20) % 2, "embedding": list(x)})
    chosen = select_table(table, 3, method="max_min", exact=True)
    alone = [select(x[at::2], 3, method="max_min", exact=True) for at in range(2)]
    expected = np.concatenate([x[at::2][one.indices] for at, one in enumerate(alone)])
    np.testing.assert_array_equal(np.stack(chosen["embedding"].to_numpy()), expected)
