"""Quality of either sign where objectives are linear in it, and what is no quality."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from prefmath import sample_dpp, select, select_batch
from prefmath.selection import METHODS, inclusion_probabilities, set_value

LINEAR = [method for method in METHODS if method != "dpp"]
SETS = [method for method in LINEAR if method != "mmr"]


def drawn(seed, n, d=6):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)).astype(np.float32), rng.standard_normal(n)


def added_by(method, n, k):
    """Return by how much the value grows if the quality of every row does by 1."""
    if method in {"mmr", "max_min"}:
        return k if method == "mmr" else 1
    return {"max_sum": k * (k - 1) / 2, "saturated_coverage": n * k}.get(method, n)


@pytest.mark.parametrize("method", LINEAR)
@pytest.mark.parametrize("n", [20, 1500, 2300])
def test_what_is_added_to_every_quality_changes_no_choice(method, n):
    if n == 2300 and method == "saturated_coverage":
        return  # which takes a minute with numba
    x, quality = drawn(n, n)
    quality *= 0.02 if method == "saturated_coverage" else 1
    k = 5
    found = select(x, k, method=method, quality=quality)
    for shift in (8, -64):
        moved = select(x, k, method=method, quality=quality + shift)
        assert moved.indices.tolist() == found.indices.tolist()
        change = shift * added_by(method, n, k)
        assert moved.value == pytest.approx(found.value + change, rel=1e-9)
        assert moved.upper_bound >= moved.value


@pytest.mark.parametrize("method", SETS)
def test_the_best_set_of_all_is_found(method):
    n, k = 9, 3
    for seed in range(10):
        x, quality = drawn(seed, n)
        quality = 0.3 * quality - 0.5
        options = {"method": method, "quality": quality}
        values = [set_value(x, rows, **options) for rows in combinations(range(n), k)]
        best = select(x, k, exact=True, **options)
        assert best.value == pytest.approx(max(values), abs=1e-9)
        greedy, refined = select(x, k, **options), select(x, k, refine=True, **options)
        assert greedy.value - 1e-9 <= refined.value <= best.value + 1e-9
        for found in (greedy, refined):
            assert found.value == pytest.approx(set_value(x, found.indices, **options))
            assert found.upper_bound >= best.value - 1e-9
        two = select_batch(
            np.tile(x, (2, 1)), [0, n, 2 * n], k, method=method, quality=[*quality] * 2
        )
        assert two.indices[0].tolist() == greedy.indices.tolist()
        np.testing.assert_array_equal(two.upper_bounds, greedy.upper_bound)


def test_many_rows_whose_qualities_cancel():
    x, _ = drawn(0, 3000, 16)
    quality = np.random.default_rng(1).choice([-1e8, 1e8], 3000)
    quality += np.random.default_rng(2).standard_normal(3000)
    for method in ("mmr", "max_sum", "max_min"):
        whole = select(x, 8, method=method, quality=quality)
        limit = {"max_similarity": 0.999999}  # with which no candidate is passed over unseen
        assert (
            whole.indices.tolist()
            == select(x, 8, method=method, quality=quality, **limit).indices.tolist()
        )


def test_a_determinant_takes_the_exponential_of_rewards():
    x, rewards = drawn(3, 8)
    row = int(np.flatnonzero(rewards < 0)[0])
    message = re.escape(
        f"quality[{row}]={rewards[row]}; scores of either sign, such as rewards, ca"
    )
    for call in (select, sample_dpp, inclusion_probabilities):
        with pytest.raises(ValueError, match=message):
            call(x, 3, quality=rewards)
    with pytest.raises(ValueError, match=message):
        set_value(x, [0], quality=rewards)
    assert len(select(x, 3, quality=np.exp(rewards))) == 3


class Tensor:
    """What a tensor of torch that needs a gradient is to NumPy."""

    dtype = "torch.float32"

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, *_, **__):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self):
        return self.values


def test_tensors_that_need_a_gradient():
    x, rewards = drawn(4, 8)
    options = {"method": "mmr"}
    found = select(x, 3, quality=Tensor(rewards), **options)
    assert found.indices.tolist() == select(x, 3, quality=rewards, **options).indices.tolist()


NOT_NUMBERS = [
    (np.ones(8) + 1j, TypeError, "quality must hold real numbers, not complex128"),
    (np.full(8, "2020-01-01", "M8[D]"), TypeError, "must hold real numbers, not datetime64[D]"),
    (np.ones(8, "m8[s]"), TypeError, "quality must hold real numbers, not timedelta64[s]"),
    (["1"] * 8, TypeError, "quality must hold real numbers, not texts"),
    ([1.0] * 7 + [None], TypeError, "quality must hold real numbers, not object"),
    ([1.0] * 7 + [[2.0]], ValueError, "quality must be rectangular: some rows are lists"),
    (1.0, ValueError, "quality must have shape (8,), not ()"),
    ([], ValueError, "quality must have shape (8,), not (0,)"),
    (
        np.ma.array(np.ones(8), mask=np.arange(8) == 5),
        ValueError,
        "quality must not be missing: quality[5] is masked",
    ),
]


@pytest.mark.parametrize(("quality", "error", "message"), NOT_NUMBERS)
def test_what_is_no_quality(quality, error, message):
    x, _ = drawn(5, 8)
    for call in (select, sample_dpp, inclusion_probabilities):
        with pytest.raises(error, match=re.escape(message)):
            call(x, 3, quality=quality)
    with pytest.raises(error, match=re.escape(message)):
        select_batch(x, [0, 4, 8], 2, quality=quality)


def test_a_mask_that_covers_nothing_is_fine():
    x, _ = drawn(6, 8)
    assert len(select(x, 3, quality=np.ma.array(np.ones(8)))) == 3
