"""Sums over data are the same to the last bit, however the data are split and on any threads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kernel_data import offsets_of, random_judged
from observed import random_observed

BLOCKS = 7


def people_of(rng, n):
    """Cut judgements into annotators, some with nothing, and these into blocks."""
    offsets = offsets_of(rng.multinomial(n, np.ones(n // 9) / (n // 9)))
    cuts = np.sort(rng.choice(np.arange(1, len(offsets) - 1), BLOCKS - 1, replace=False))
    return offsets, np.array([*cuts, len(offsets) - 1])


def in_tree(values):
    """Add values up, left half before right half, halves of powers of two."""
    if len(values) == 1:
        return values[0]
    half = 1 << (len(values) - 1).bit_length() - 1
    left, right = in_tree(values[:half]), in_tree(values[half:])
    return [one + two for one, two in zip(left, right, strict=True)]


def check(whole, of_block, n_threads=(1, 2, 3, 8)):
    """Compare sums over all blocks with those of each block."""
    expected = in_tree([of_block(block) for block in range(BLOCKS)])
    for n in n_threads:
        for one, two in zip(whole(n), expected, strict=True):
            assert one.tobytes() == two.tobytes()


def edges(ends):
    return list(pairwise([0, *ends]))


@pytest.mark.parametrize(("n_sets", "d"), [(4000, 3), (2500, 130)])
def test_posterior_of_linear_utilities(kernels, n_sets, d):
    rng = np.random.default_rng(d)
    j = random_judged(rng, 50, rng.integers(1, 7, size=n_sets), 3, d, dtype=np.float32)
    offsets, ends = people_of(rng, n_sets)
    prior = np.log([0.2, 0.3, 0.5])

    def call(first, last, block_ends, n_threads):
        a, b = offsets[first], offsets[last]
        entries = slice(j.offsets[a], j.offsets[b])
        return kernels.linear_posterior(
            j.features,
            j.coef,
            j.offsets[a : b + 1] - j.offsets[a],
            j.items[entries],
            j.chosen[a:b],
            None,
            None,
            offsets[first : last + 1] - a,
            None,
            prior,
            block_ends,
            n_threads,
        )[2:]

    check(
        lambda n: call(0, len(offsets) - 1, ends, n),
        lambda block: call(*edges(ends)[block], None, 2),
    )


@pytest.mark.parametrize("n_outcomes", [40, 20_000])
def test_weights_of_outcomes(kernels, n_outcomes):
    rng = np.random.default_rng(n_outcomes)
    n = 30_000
    offsets, ends = people_of(rng, n)
    outcome = rng.integers(n_outcomes, size=n).astype(np.int32)
    responsibilities, weight = rng.dirichlet(np.ones(3), size=len(offsets) - 1), rng.random(n)

    def call(first, last, block_ends, n_threads):
        a, b = offsets[first], offsets[last]
        rest = outcome[a:b], weight[a:b], offsets[first : last + 1] - a, n_outcomes
        return [kernels.outcome_weights(responsibilities[first:last], *rest, block_ends, n_threads)]

    check(
        lambda n: call(0, len(offsets) - 1, ends, n),
        lambda block: call(*edges(ends)[block], None, 2),
    )


@pytest.mark.parametrize("layout", ["davidson with an order", "choices with positions", "rankings"])
@pytest.mark.parametrize("n_rows", [0, 20_000])
def test_gradients_on_the_table(kernels, layout, n_rows):
    rng = np.random.default_rng(4)
    o = random_observed(layout, rng, n_items=30, n=6000, n_classes=3)
    kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, _ = o.observation
    utility = np.concatenate([o.utility, np.zeros((n_rows, 3))])
    direction = np.concatenate([o.direction, np.zeros((n_rows, 3))])
    n = len(o.weights)
    ends = np.array([*np.sort(rng.choice(n, BLOCKS - 1, replace=False)), n])
    cuts = np.arange(0, len(items) + 1, 2) if offsets is None else offsets

    def call(first, last, block_ends, n_threads):
        entries = slice(cuts[first], cuts[last])

        def some(values, at):
            return None if values is None else values[at]

        each = slice(first, last)
        part = (
            kind,
            None if offsets is None else offsets[first : last + 1] - offsets[first],
            items[entries],
            some(chosen, each),
            some(tied, each),
            some(extra, entries),
            some(n_ranked, each),
            ties,
            tie_row,
            block_ends,
        )
        weights = o.weights[each]
        return [
            *kernels.table_gradient(utility, part, weights, n_threads),
            kernels.curvature_product(utility, part, weights, direction, n_threads),
        ]

    check(lambda n_threads: call(0, n, ends, n_threads), lambda b: call(*edges(ends)[b], None, 2))


def test_statistics_of_linear_utilities(kernels):
    rng = np.random.default_rng(7)
    j = random_judged(rng, 40, rng.integers(1, 6, size=5000), 2, 9, dtype=np.float32)
    ends = np.array([*np.sort(rng.choice(5000, BLOCKS - 1, replace=False)), 5000])

    def call(first, last, block_ends, n_threads):
        entries = slice(j.offsets[first], j.offsets[last])
        return kernels.linear_statistics(
            j.features,
            j.utility,
            j.offsets[first : last + 1] - j.offsets[first],
            j.items[entries],
            j.chosen[first:last],
            None,
            j.weights[first:last],
            False,
            block_ends,
            n_threads,
        )

    check(lambda n: call(0, 5000, ends, n), lambda b: call(*edges(ends)[b], None, 2))
