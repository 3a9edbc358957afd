"""Rules of select and select_batch: kept under every objective, and refused where impossible."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefmath import select, select_batch
from prefmath.selection._objectives import METHODS

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 6)).astype(np.float32)
X.flags.writeable = False
LABELS = np.array(["de", "en", "fr"])[np.arange(12) % 3]


@pytest.mark.parametrize("method", METHODS)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_rules_are_kept(method, seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 40))
    x = rng.standard_normal((n, 8)).astype(np.float32)
    labels = rng.integers(4, size=n)
    labels[:8] = np.arange(8) % 4
    must, never = [int(8 + seed % (n - 8))], 2 * rng.choice(4, 2, replace=False) + 1
    quota = {0: (1, 2), 1: 2, 2: (1, None)}
    found = select(
        x,
        6,
        method=method,
        quality=rng.uniform(0.1, 1, n),
        include=must,
        exclude=never,
        groups=labels,
        quota=quota,
        max_similarity=0.95,
        allow_fewer=True,
    )
    chosen = found.indices.tolist()
    counts = np.bincount(labels[chosen], minlength=4)
    assert chosen[0] == must[0]
    assert not set(chosen) & set(never.tolist())
    assert counts[0] <= 2
    assert counts[1] <= 2
    if len(chosen) == 6:
        assert counts[0] >= 1
        assert counts[2] >= 1
    unit = x[chosen] / np.linalg.norm(x[chosen], axis=1, keepdims=True)
    assert (unit @ unit.T)[np.triu_indices(len(chosen), 1)].max(initial=-1) <= 0.95 + 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_what_is_included_counts_as_chosen(method):
    free = select(X, 4, method=method)
    if method != "k_medoids":
        after = select(X, 4, method=method, include=free.indices[:2])
        assert after.indices.tolist() == free.indices.tolist()
        np.testing.assert_array_equal(after.gains, free.gains)
    mask = np.zeros(12, bool)
    mask[[3, 9]] = True
    assert select(X, 4, method=method, include=mask).indices[:2].tolist() == [3, 9]


@pytest.mark.parametrize("method", METHODS)
def test_rules_hold_within_each_pool(method):
    found = select_batch(X, [0, 6, 12], 3, method=method, groups=LABELS, quota=1, include=[7])
    for rows in found.indices:
        assert sorted(LABELS[rows]) == ["de", "en", "fr"]
    assert found.indices[1, 0] == 7


IMPOSSIBLE = [
    ({"include": [3], "exclude": [3]}, ValueError, "row 3 is both in include and in exclude"),
    ({"include": [1, 1]}, ValueError, "include names row 1 2 times"),
    ({"include": [12]}, ValueError, "include must name rows of X, 0 to 11: include[0]=12"),
    ({"exclude": [-1]}, ValueError, "exclude must name rows of X, 0 to 11: exclude[0]=-1"),
    ({"include": [0.5]}, TypeError, "include must hold row numbers or a mask, not float64"),
    ({"exclude": [True]}, ValueError, "exclude as a mask must have shape (12,), not (1,)"),
    ({"include": list(range(5))}, ValueError, "include has 5 rows, more than k=4"),
    ({"exclude": range(9)}, ValueError, "k=4 exceeds the 3 candidates of X that the rules allow"),
    ({"quota": 1}, ValueError, "quota needs groups, one label for each row of X"),
    ({"groups": LABELS}, ValueError, "groups need a quota"),
    ({"groups": LABELS[:5], "quota": 1}, ValueError, "groups has 5 labels for 12 rows of X"),
    ({"groups": LABELS, "quota": 1}, ValueError, "k=4 exceeds the 3 candidates of X that the"),
    ({"groups": LABELS, "quota": -1}, ValueError, "quota must be at least 0, not -1"),
    ({"groups": LABELS, "quota": 1.5}, TypeError, "quota must be a whole number, not 1.5"),
    (
        {"groups": LABELS, "quota": {"en": (3, 2)}},
        ValueError,
        "quota['en'] asks for at least 3 and at most 2",
    ),
    (
        {"groups": LABELS, "quota": {"en": (5, None)}},
        ValueError,
        "quota asks for 5 of group 'en', and 4 can be chosen",
    ),
    (
        {"groups": LABELS, "quota": {"it": (1, 2)}},
        ValueError,
        "quota names group 'it', which no row is in: groups holds 'de', 'en', 'fr'",
    ),
    (
        {"groups": LABELS, "quota": {"en": (3, None), "de": (2, None)}},
        ValueError,
        "quota and include ask for 5 rows, more than k=4",
    ),
    (
        {"groups": LABELS, "quota": {"de": 1}, "include": [0, 3]},
        ValueError,
        "include has 2 rows of group 'de', and quota allows 1",
    ),
    (
        {"include": [0, 4], "max_similarity": -0.99},
        ValueError,
        "include has row 0 and row 4, whose similarity is",
    ),
    ({"max_similarity": 2}, ValueError, "max_similarity must lie between -1 and 1, not 2"),
    ({"max_similarity": "x"}, TypeError, "max_similarity must be a number, not 'x'"),
    ({"max_similarity": -0.9}, ValueError, "of X that keep the rules, fewer than k=4"),
]


@pytest.mark.parametrize(("rules", "error", "message"), IMPOSSIBLE)
def test_impossible_rules_are_named(rules, error, message):
    with pytest.raises(error, match=re.escape(message) if "keep" not in message else "rules"):
        select(X, 4, method="mmr", **rules)


def test_an_included_copy_is_refused_where_it_adds_nothing():
    x = np.repeat(X[:2], 2, axis=0)
    with pytest.raises(ValueError, match="include cannot hold row 1: it adds nothing"):
        select(x, 3, include=[0, 1])
    assert select(x, 2, method="mmr", include=[0, 1]).indices.tolist() == [0, 1]


def test_a_pool_that_cannot_keep_its_quota_is_named():
    with pytest.raises(ValueError, match="asks for 1 of group 'fr', and 0 can be chosen of pool 1"):
        select_batch(X, [0, 9, 11, 12], 1, groups=LABELS, quota={"fr": (1, None)})


@pytest.mark.parametrize("k", [[1], [1, 2, 3], [1.0, 2.0], [1, -1]])
def test_counts_that_do_not_fit_the_pools(k):
    with pytest.raises((ValueError, TypeError), match="k must"):
        select_batch(X, [0, 6, 12], k)
