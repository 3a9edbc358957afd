"""Draw random sets from pools, in which candidates that are alike seldom are together."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from prefmath._kernels import kernels
from prefmath._validate import as_generator, as_whole_number
from prefmath.selection._eigenvectors import draw_any, draw_k, log_polynomials
from prefmath.selection._pools import VALUES, as_size, checked, ensembles
from prefmath.selection._results import Samples

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.selection._ensemble import Ensemble

__all__ = ["sample_dpp"]

# Pools of so many rows for each item are sampled by proposals, which cost the same for any number.
_ROWS_TO_PROPOSE = 8

# As many sets no machine can hold.
_MOST_SAMPLES = 1 << 40


@overload
def sample_dpp(
    X: ArrayLike,
    k: int,
    *,
    n_samples: int = ...,
    offsets: ArrayLike | None = ...,
    quality: ArrayLike | None = ...,
    metric: str = ...,
    gamma: float | None = ...,
    allow_fewer: bool = ...,
    random_state: int | np.random.Generator | None = ...,
    n_threads: int | None = ...,
) -> NDArray[np.int64]: ...
@overload
def sample_dpp(
    X: ArrayLike,
    k: None = ...,
    *,
    n_samples: int = ...,
    offsets: ArrayLike | None = ...,
    quality: ArrayLike | None = ...,
    metric: str = ...,
    gamma: float | None = ...,
    allow_fewer: bool = ...,
    random_state: int | np.random.Generator | None = ...,
    n_threads: int | None = ...,
) -> Samples: ...
def sample_dpp(
    X: ArrayLike,
    k: int | None = None,
    *,
    n_samples: int = 1,
    offsets: ArrayLike | None = None,
    quality: ArrayLike | None = None,
    metric: str = "cosine",
    gamma: float | None = None,
    allow_fewer: bool = False,
    random_state: int | np.random.Generator | None = None,
    n_threads: int | None = None,
) -> NDArray[np.int64] | Samples:
    r"""Draw random sets of rows of `X` that repel each other: a determinantal point process.

    A set Y is drawn with probability in proportion to :math:`\det L_Y`, where L = diag(q) S diag(q)
    of the cosine similarities S of the rows and their quality q: the better its members are and the
    less alike, the more likely it is. The mode is what ``select(X, k, method="dpp")`` looks for.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        Embeddings, one row a candidate; their lengths do not matter.
    k : int, optional
        Draw sets of `k` rows, a k-DPP. By default the sets have any size, which `quality` governs:
        the expected size is Σ λ / (1 + λ) over the eigenvalues λ of L.
    n_samples : int
        How many sets to draw (from each pool), independently.
    offsets : array_like of int, shape (n_pools + 1,), optional
        Draw from each of many pools: pool p holds the rows ``offsets[p]:offsets[p + 1]``.
    quality : array_like of float64, shape (n,), optional
        How good each candidate is, at least 0: of scores of either sign ``np.exp``. By default all
        are 1.
    metric : {"cosine", "dot", "angular", "rbf", "precomputed"}
        What S is: cosines, or what `select` makes of these metrics. With ``"precomputed"`` `X` is S
        itself, without negative eigenvalues beyond rounding; its diagonal need not be 1. For many
        pools it is a `GramBatch`, or the values of one. All but cosines take n² values of eight
        bytes and O(n³) operations, whatever `d` is.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.
    allow_fewer : bool
        From a pool of rank below `k`, in which rows are copies or of quality 0, draw sets of as
        many rows as its rank, instead of an error.
    random_state : int, numpy.random.Generator or None
        The source of random numbers. The same seed draws the same sets with any number of threads
        and on every backend; on another processor LAPACK may round its eigenvectors differently.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use.

    Returns
    -------
    ndarray of int64, shape (n_samples, k), or (n_pools, n_samples, k) with `offsets`
        With `k`: rows of `X`, ascending in each set; with `allow_fewer`, -1 after fewer.
    Samples
        Without: as many sets, of unequal size, those of the first pool first.

    Raises
    ------
    ValueError
        If `k` exceeds the rank of a pool, as it does where too many rows are copies or `d` is below
        `k`; if `X` has a row of zeros, NaN or infinity; if a quality is negative or not finite; if
        given similarities are not symmetric, or have a negative eigenvalue.
    TypeError
        If an argument is of the wrong type.
    MemoryError
        If there are more samples than fit into memory.

    Notes
    -----
    The samples are exact, not of a Markov chain. Of the eigenvectors of L, or from more rows than
    columns of the d by d matrix that stands for it, some are drawn, and items from the projection
    on these [1]_: from small pools by the chain rule in O(n k²) [2]_, from large ones by proposals
    that are rejected now and then in O(k³ log k) whatever n is [3]_. Beside the input this takes
    memory of n values for each eigenvector that a sample takes, twice from large pools, and of
    min(n, d)².

    Eigenvalues below 1e-10 of the largest count as zero: rows that differ by less, about 1e-5 of
    their length, are copies, and never drawn together.

    References
    ----------
    .. [1] Kulesza, Taskar (2012), Determinantal point processes for machine learning, Algorithms 1,
       3, 7 and 8.
    .. [2] Tremblay, Barthelmé, Amblard (2018), Optimized algorithms to sample determinantal point
       processes.
    .. [3] Barthelmé, Tremblay, Amblard (2023), A faster sampler for discrete determinantal point
       processes.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [1, 0.01], [0, 1]], np.float32)
    >>> sets = prefmath.sample_dpp(X, 2, n_samples=10_000, random_state=0)
    >>> np.unique(sets, axis=0)
    array([[0, 2],
           [1, 2]])
    >>> prefmath.sample_dpp(X, n_samples=10_000, quality=[2, 2, 2], random_state=0)
    Samples(10,000 sets of 0 to 2 rows, mean 1.69)
    """
    x, cuts, q, threads = checked(X, offsets, quality, n_threads, metric, gamma)
    n_samples = as_whole_number(n_samples, "n_samples", 0)
    n_pools, in_pools = len(cuts) - 1, offsets is not None
    if n_pools * n_samples > _MOST_SAMPLES:
        raise MemoryError(
            f"n_samples={n_samples} of {n_pools:,} pools do not fit into memory: draw fewer at once"
        )
    size = None
    if k is not None:
        size = as_size(k, cuts, in_pools=in_pools, allow_fewer=allow_fewer)
    rng = as_generator(random_state)
    least = None if allow_fewer else size
    drawn = [
        (pools, *_draw(ensemble, size, n_samples, rng, threads))
        for pools, ensemble in ensembles(x, cuts, q, least, threads, in_pools=in_pools)
    ]
    sizes = np.zeros((n_pools, n_samples), np.int64)
    for pools, _, of_pools in drawn:
        sizes[pools] = of_pools
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.empty(starts[-1], np.int64)
    for pools, items, of_pools in drawn:
        begin = starts[:-1].reshape(n_pools, n_samples)[pools].ravel()
        lengths = of_pools.ravel()
        within = np.arange(len(items)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        first = np.repeat(np.repeat(cuts[pools], n_samples), lengths)
        rows[np.repeat(begin, lengths) + within] = items + first
    if size is None:
        return Samples(rows, starts)
    sets = np.full((n_pools, n_samples, size), -1, np.int64)
    sets[np.arange(size) < sizes[:, :, None]] = rows
    return sets if in_pools else sets[0]


def _draw(
    ensemble: Ensemble, k: int | None, n_samples: int, rng: np.random.Generator, n_threads: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the items of all sets, pool after pool, and how many each set of a pool has."""
    n_pools, r = ensemble.log_values.shape
    if k is None:
        members, sizes = _draw_any(ensemble, n_samples, rng)
    else:
        most = min(k, r)
        drawn, sizes = np.full((n_pools, n_samples, most), -1), np.empty((n_pools, n_samples), int)
        for of, size in ensemble.by_size(k):
            table = log_polynomials(ensemble.log_values[of], size)
            columns = draw_k(table, rng.random((len(of), n_samples, size)))
            drawn[of, :, :size] = columns + (r * of)[:, None, None]
            sizes[of] = size
        members = drawn[drawn >= 0]
    if not len(members):
        return np.empty(0, np.int32), sizes
    vectors, rows = ensemble.vectors(members)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    most = int(sizes.max())
    sums, width = None, most
    if vectors.shape[1] > _ROWS_TO_PROPOSE * most:
        sums = np.cumsum(vectors * vectors, axis=1)
        # k H_k proposals are expected, and with 8 k more fewer than one set in a thousand lacks an
        # item, which is then drawn by the chain rule.
        width += int(np.ceil(most * (8 + (1 / np.arange(1, most + 1)).sum())))
    items, step = np.empty(len(rows), np.int32), max(VALUES // width, 1)
    for first in range(0, n_pools * n_samples, step):
        cuts = offsets[first : first + step + 1]
        part = slice(cuts[0], cuts[-1])
        uniforms = rng.random((len(cuts) - 1, width))
        items[part] = kernels.sample_projections(
            vectors, sums, rows[part], cuts - cuts[0], uniforms, n_threads
        )
    return items, sizes


def _draw_any(
    ensemble: Ensemble, n_samples: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the eigenvectors of sets of any size, and how many each set takes."""
    n_pools, r = ensemble.log_values.shape
    log_values = ensemble.log_values + ensemble.log_scale[:, None]
    parts, sizes = [], np.empty((n_pools, n_samples), np.int64)
    for pool in range(n_pools):
        for first in range(0, n_samples, max(VALUES // r, 1)):
            n = min(n_samples - first, max(VALUES // r, 1))
            chosen = draw_any(log_values[pool : pool + 1], rng.random((1, n, r)))[0]
            sizes[pool, first : first + n] = chosen.sum(axis=1)
            parts.append(np.nonzero(chosen)[1] + pool * r)
    return np.concatenate([np.empty(0, np.int64), *parts]), sizes
