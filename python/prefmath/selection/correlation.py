"""How often two candidates are chosen together, against how alike they are, for any sampler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_generator, as_offsets, as_whole_number
from prefmath.selection._directions import as_directions
from prefmath.selection._pairs import Pairs, bin_edges
from prefmath.selection._sets import Sets, drawn_sets, given_sets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = ["PairCorrelation", "pair_correlation"]

# Pairs of rows that are looked up at a time.
_PAIRS = 1 << 20


@dataclass(frozen=True, eq=False)
class PairCorrelation:
    """How often pairs of candidates of a similarity are chosen together.

    Attributes
    ----------
    lower, upper : ndarray of float64, shape (n_bins,)
        The similarities of a bin.
    ratio : ndarray of float64, shape (n_bins,)
        P(i, j) / (P(i) P(j)): below 1 where one choice makes the other less likely.
    standard_error : ndarray of float64, shape (n_bins,)
        Of `ratio`.
    observed, expected : ndarray of float64, shape (n_bins,)
        How often a pair of the bin was chosen together, and would have been had each row been
        chosen without regard to the others; `ratio` divides them.
    uniform : float
        The ratio of a uniform choice of as many: (k - 1) n / ((n - 1) k) for k of n.
    n_sets : int
        How many sets were looked at.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    ratio: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    uniform: float
    n_sets: int

    def __len__(self) -> int:
        return len(self.ratio)

    def __repr__(self) -> str:
        head = (
            f"PairCorrelation of {self.n_sets:,} sets; a uniform choice has ratio "
            f"{self.uniform:.3f}\n     similarity   together   expected   ratio  std. error"
        )
        lines = (
            f"{self.lower[at]:6.3f} to {self.upper[at]:6.3f} {self.observed[at]:9,.0f} "
            f"{self.expected[at]:10,.1f} {self.ratio[at]:7.3f} {self.standard_error[at]:11.3f}"
            for at in range(len(self))
        )
        return "\n".join((head, *lines))


def pair_correlation(
    sampler: Callable[[np.random.Generator], Any] | Any,
    X: ArrayLike,
    *,
    offsets: ArrayLike | None = None,
    bins: int | ArrayLike = 10,
    n_samples: int = 1000,
    random_state: int | np.random.Generator | None = None,
) -> PairCorrelation:
    r"""Estimate how a sampler's choices repel each other: P(i, j) / (P(i) P(j)) by similarity.

    Of a sampler that draws responses to compare, the ratio of similar pairs should be well below 1:
    negative correlation [1]_. That of an independent choice is flat, at (k - 1) n / ((n - 1) k) for
    k of n; that of a determinantal point process is highest where rows stand at right angles, and 0
    for copies and for opposites.

    Parameters
    ----------
    sampler : callable, or what it returned
        Called as ``sampler(rng)`` with a numpy.random.Generator, it returns the rows of `X` in one
        set, or with `offsets` one set of each pool, shape (n_pools, k). Or the sets themselves:
        an array of shape (n, k), with `offsets` (n_pools, k) or (n_pools, n, k); a list of
        vectors; what `sample_dpp`, `select` or `select_batch` returned. -1 stands for no row.
    X : array_like of float32, shape (n, d)
        Embeddings, one row a candidate.
    offsets : array_like of int, shape (n_pools + 1,), optional
        Pool p holds the rows ``offsets[p]:offsets[p + 1]``. By default all rows are one pool.
    bins : int or array_like
        How many bins of similarity, each with about as many pairs of candidates; or their edges,
        ascending. Bins in which no pair could be expected are left out.
    n_samples : int
        How often to call `sampler`.
    random_state : int, numpy.random.Generator or None
        What `sampler` is called with.

    Returns
    -------
    PairCorrelation
        Ratios with standard errors, a row for each bin.

    Raises
    ------
    ValueError
        If a set holds a row twice or one that is not of its pool, if there is but one set, if `X`
        has a row of zeros, NaN or infinity, or if edges do not ascend.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    Numerator and denominator are summed over the pairs of a bin before they are divided, and
    P(i) P(j) is estimated from two different sets, so that neither is biased. Of pools of which
    there is but one set, as from `select_batch`, each row counts as equally likely, P(i) = k / n.
    A choice that is always the same from one pool has ratio 1: nothing is left to chance. The
    standard error is that of the linearised ratio, over sets, or over pools of one set.

    It takes O(n² d) for each pool, n the rows that were chosen at all: seconds for thousands.

    References
    ----------
    .. [1] Zhang et al. (2025), Cultivating pluralism in algorithmic monoculture: the Community
       Alignment dataset, arXiv 2507.09650.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    >>> sets = prefmath.sample_dpp(X, 3, n_samples=20_000, random_state=0)
    >>> prefmath.pair_correlation(sets, X, bins=[-1, -0.6, 0.6, 1])
    PairCorrelation of 20,000 sets; a uniform choice has ratio 0.684
         similarity   together   expected   ratio  std. error
    -1.000 to -0.600     5,941   14,999.4   0.396       0.005
    -0.600 to  0.600    46,437   52,752.7   0.880       0.002
     0.600 to  1.000     7,622   19,931.7   0.382       0.004
    >>> def uniform(rng):
    ...     return rng.choice(40, 3, replace=False)
    >>> prefmath.pair_correlation(uniform, X, bins=2, random_state=0).ratio.round(1)
    array([0.7, 0.7])
    """
    x = as_directions(X)
    in_pools = offsets is not None
    cuts = np.array([0, len(x)]) if offsets is None else as_offsets(offsets, len(x))
    if callable(sampler):
        n_samples = as_whole_number(n_samples, "n_samples", 1)
        rng = as_generator(random_state)
        sets = drawn_sets(sampler, n_samples, rng, cuts, in_pools=in_pools)
    else:
        sets = given_sets(sampler, cuts, in_pools=in_pools)
    if len(sets.pool) < 2:
        raise ValueError("one set does not tell how likely its rows were: give two or more")
    edges = bin_edges(bins, x, cuts)
    return _estimate(sets, x, cuts, edges)


def _estimate(
    sets: Sets, x: NDArray[np.float32], cuts: NDArray[np.int64], edges: NDArray[np.float64]
) -> PairCorrelation:
    n_pools, sizes = len(cuts) - 1, np.diff(cuts)
    pool_of_row = np.repeat(np.arange(n_pools), sizes)
    n_sets = np.bincount(sets.pool, minlength=n_pools)
    several = n_sets > 1
    mean_size = np.bincount(sets.pool, sets.sizes, minlength=n_pools) / np.maximum(n_sets, 1)
    share = np.bincount(sets.rows, minlength=len(x)) / np.maximum(n_sets, 1)[pool_of_row]
    alike = mean_size / np.maximum(sizes, 1)
    probability = np.where(several[pool_of_row], share, alike[pool_of_row])
    pairs = Pairs(x, cuts, probability, edges)

    # A set that replaces one of m changes the ratio by its pairs less the ratio times `near`.
    weight = np.where(several, n_sets / np.maximum(n_sets - 1, 1), 0)
    together = np.zeros((n_pools, pairs.n_bins))
    squares = np.zeros((3, pairs.n_bins))
    for pool, found, near in _of_sets(sets, pairs):
        for at, column in enumerate(found.T):
            together[:, at] += np.bincount(pool, column, minlength=n_pools)
        of_sets = weight[pool][:, None]
        squares += [(of_sets * a * b).sum(axis=0) for a, b in _products(found, near)]
    near = np.stack(
        [np.bincount(pool_of_row, column, n_pools) for column in (probability * pairs.near.T)],
        axis=1,
    )
    mean = together / np.maximum(n_sets, 1)[:, None]
    squares -= [((weight * n_sets)[:, None] * a * b).sum(axis=0) for a, b in _products(mean, near)]
    # Over pairs of different sets: of all pairs of sets those are taken out that are one.
    apart = (n_sets[:, None] * near / 2 - mean) / np.maximum(n_sets - 1, 1)[:, None]
    by_pool = n_sets[:, None] * np.where(several[:, None], apart, near / 2)
    observed, expected = together.sum(axis=0), by_pool.sum(axis=0)
    known = expected > 1e-9
    if not known.any():
        raise ValueError("sampler gave no pair of different sets with rows in one of the bins")
    ratio = np.divide(observed, expected, where=known, out=np.zeros_like(observed))
    variance = squares[0] - 2 * ratio * squares[1] + ratio**2 * squares[2]
    variance += ((together - ratio * by_pool)[~several] ** 2).sum(axis=0)
    # Where no pair was seen, one would have been as likely as not.
    error = np.where(observed > 0, np.sqrt(variance.clip(0)), 1) / np.where(known, expected, 1)
    of_uniform = (n_sets * mean_size**2 * (sizes - 1) / np.maximum(sizes, 1)).sum()
    return PairCorrelation(
        edges[:-1][known],
        edges[1:][known],
        ratio[known],
        error[known],
        observed[known],
        expected[known],
        float((sets.sizes * (sets.sizes - 1)).sum() / of_uniform),
        len(sets.pool),
    )


def _products(
    one: NDArray[np.float64], two: NDArray[np.float64]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]:
    return (one, one), (one, two), (two, two)


def _of_sets(
    sets: Sets, pairs: Pairs
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
    """Yield the pools of some sets, how many pairs each has in each bin, and the sum of `near`."""
    sizes = sets.sizes
    for k in np.unique(sizes[sizes > 0]):
        same = np.flatnonzero(sizes == k)
        one, two = np.triu_indices(k, 1)
        step = max(_PAIRS // max(len(one), int(k) * pairs.n_bins), 1)
        for first in range(0, len(same), step):
            chosen = same[first : first + step]
            rows = sets.rows[sets.offsets[chosen][:, None] + np.arange(k)]
            pool, width = sets.pool[chosen], pairs.n_bins + 1
            bins = pairs.of(np.repeat(pool, len(one)), rows[:, one].ravel(), rows[:, two].ravel())
            codes = bins + width * np.repeat(np.arange(len(chosen)), len(one))
            found = np.bincount(codes, minlength=width * len(chosen)).reshape(-1, width)
            yield pool, found[:, :-1].astype(np.float64), pairs.near[rows].sum(axis=1)
