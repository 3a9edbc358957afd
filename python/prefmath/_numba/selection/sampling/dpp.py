"""Exact samples of determinantal point processes whose kernel is a projection.

Item after item by the chain rule (Kulesza, Taskar 2012, Algorithm 1): the next is i with a
probability in proportion to the squared distance of row i of V from the span of the rows drawn. An
orthonormal basis of those rows is kept, coordinate by coordinate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._numba._njit import njit
from prefmath._numba._tasks import in_order, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sample_projections"]

# Squared, of the length of a row: what is closer to the span of those drawn is a copy of them.
_RANK_TOLERANCE = 1e-10

# Operations that a thread takes at a time, about.
_WORK_PER_TASK = 1 << 21


def sample_projections(
    vectors: NDArray[np.float64],
    sums: NDArray[np.float64] | None,
    members: NDArray[np.int32],
    offsets: NDArray[np.int64],
    uniforms: NDArray[np.float64],
    n_threads: int,
) -> NDArray[np.int32]:
    """Draw all samples: as many columns of `vectors` as each has members, ascending."""
    n = vectors.shape[1]
    k = _check(vectors, sums, members, offsets, uniforms)
    items = np.zeros(len(members), np.int32)
    of_sums = np.empty((0, n)) if sums is None else sums

    def run(first: int, last: int) -> tuple[int, int]:
        sample, n_drawn = _samples(
            vectors, of_sums, members, offsets, uniforms, items, k, first, last
        )
        return sample, n_drawn

    per_task = min(max(_WORK_PER_TASK // max(k * k * min(n, 8 * k), 1), 1), 1024)
    tasks = rows(len(offsets) - 1, per_task)
    for sample, n_drawn in in_order(run, tasks, n_threads):
        if sample >= 0:
            msg = (
                f"vectors must be orthonormal: nothing is left after {n_drawn} items of sample "
                f"{sample}"
            )
            raise ValueError(msg)
    return items


def _check(
    vectors: NDArray[np.float64],
    sums: NDArray[np.float64] | None,
    members: NDArray[np.int32],
    offsets: NDArray[np.int64],
    uniforms: NDArray[np.float64],
) -> int:
    """Check the shapes and return the size of the largest sample."""
    (n_vectors, n), k = vectors.shape, int(np.diff(offsets).max(initial=0))
    if sums is not None and sums.shape != vectors.shape:
        msg = f"sums must have shape ({n_vectors}, {n})"
        raise ValueError(msg)
    if len(uniforms) != len(offsets) - 1 or uniforms.shape[1] < k:
        msg = f"uniforms must have {len(offsets) - 1} rows of at least {k} values"
        raise ValueError(msg)
    if k > n:
        msg = f"{k} items cannot be drawn from {n}"
        raise ValueError(msg)
    for at in np.flatnonzero((members < 0) | (members >= n_vectors))[:1]:
        msg = f"members must be rows of vectors: members[{at}]={members[at]} of {n_vectors}"
        raise ValueError(msg)
    return k


@njit
def _samples(vectors, sums, members, offsets, uniforms, items, most, first, last):
    """Draw consecutive samples; return the first that fails and how far it came, or -1."""
    n = vectors.shape[1]
    basis, products, row = np.empty((most, most)), np.empty(most), np.empty(most)
    squares, left, product = np.empty(n), np.empty(n), np.empty(n)
    for sample in range(first, last):
        mine = members[offsets[sample] : offsets[sample + 1]]
        out = items[offsets[sample] : offsets[sample + 1]]
        n_drawn = 0
        if len(sums):
            tries = uniforms[sample, most:]
            n_drawn = _propose(vectors, sums, mine, tries, basis, products, row, out)
        if n_drawn < len(mine):
            of_all = squares, left, product
            n_drawn = _complete(
                vectors, mine, uniforms[sample], n_drawn, basis, products, row, of_all, out
            )
        if n_drawn < len(mine):
            return sample, n_drawn
        out.sort()
    return -1, 0


@njit
def _propose(vectors, sums, members, tries, basis, products, row, items):
    """Draw items until there are enough or the tries are used up; return how many.

    Item i is proposed with probability |w|² / k, and accepted with the share of |w|² that is left
    (Barthelmé, Tremblay, Amblard 2023).
    """
    k, n, n_drawn = len(members), vectors.shape[1], 0
    for uniform in tries:
        if n_drawn == k:
            break
        # The number chooses a vector, then an item by its share of it; the rest is as random.
        place = uniform * k
        member = members[int(place)]
        target = (place - int(place)) * sums[member, n - 1]
        item = np.searchsorted(sums[member], target, side="right")
        if item == n:
            continue
        before = sums[member, item - 1] if item > 0 else 0.0
        rest = (target - before) / (sums[member, item] - before)
        square = _read(vectors, members, item, row)
        left = _left_of(basis, products, n_drawn, k, row, square)
        if rest * square < left:
            items[n_drawn] = item
            _take(basis, products, n_drawn, k, row, left < 0.5 * square)
            n_drawn += 1
    return n_drawn


@njit
def _complete(vectors, members, uniforms, n_drawn, basis, products, row, of_all, items):
    """Draw what is missing from the conditional probabilities of all items."""
    squares, left, product = of_all
    k = len(members)
    squares[:] = 0.0
    for member in members:
        for i in range(len(squares)):
            squares[i] += vectors[member, i] * vectors[member, i]
    left[:] = squares
    for at in range(n_drawn):
        _subtract(vectors, members, basis, at, squares, left, product)
    for at in range(n_drawn, k):
        item = _inverse(left, uniforms[at])
        if item < 0:
            return at
        items[at] = item
        if at + 1 < k:
            square = _read(vectors, members, item, row)
            along = _left_of(basis, products, at, k, row, square) < 0.5 * square
            _take(basis, products, at, k, row, along)
            _subtract(vectors, members, basis, at, squares, left, product)
    return k


@njit
def _read(vectors, members, item, row):
    """Read the row of an item and return its squared length."""
    square = 0.0
    for c in range(len(members)):
        row[c] = vectors[members[c], item]
        square += row[c] * row[c]
    return square


@njit
def _subtract(vectors, members, basis, at, squares, left, product):
    """Take from what is left of all items the part along vector `at` of the basis."""
    product[:] = 0.0
    for c in range(len(members)):
        for i in range(len(product)):
            product[i] += basis[c, at] * vectors[members[c], i]
    for i in range(len(left)):
        rest = left[i] - product[i] * product[i]
        left[i] = rest if rest > _RANK_TOLERANCE * squares[i] else 0.0


@njit
def _inverse(probabilities, uniform):
    """Return the first item at which the running sum exceeds its share, the last one at worst."""
    total = 0.0
    for probability in probabilities:
        total += probability
    target, running, last = uniform * total, 0.0, -1
    for item in range(len(probabilities)):
        running += probabilities[item]
        if running > target:
            return item
        if probabilities[item] > 0.0:
            last = item
    return last


@njit
def _left_of(basis, products, n, k, row, square):
    """Return the part of a row's squared length outside the span, keeping its products with it."""
    _multiply(basis, products, n, k, row)
    left = square
    for at in range(n):
        left -= products[at] * products[at]
    return left if left > _RANK_TOLERANCE * square else 0.0


@njit
def _multiply(basis, products, n, k, row):
    products[:n] = 0.0
    for c in range(k):
        for at in range(n):
            products[at] += row[c] * basis[c, at]


@njit
def _take(basis, products, n, k, row, twice):
    """Add the row whose products are known. Where they are most of it, once is not enough."""
    _remove(basis, products, n, k, row)
    if twice:
        _multiply(basis, products, n, k, row)
        _remove(basis, products, n, k, row)
    square = 0.0
    for c in range(k):
        square += row[c] * row[c]
    norm = np.sqrt(square)
    for c in range(k):
        basis[c, n] = row[c] / norm


@njit
def _remove(basis, products, n, k, row):
    for c in range(k):
        for at in range(n):
            row[c] -= products[at] * basis[c, at]
