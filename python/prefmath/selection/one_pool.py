"""Choose k candidates from one pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath.selection._bounds import reaches, upper_bounds
from prefmath.selection._call import prepared, totals
from prefmath.selection._results import Selection
from prefmath.selection._rules import Given
from prefmath.selection._search import check_search, refined
from prefmath.selection.stream import select_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

__all__ = ["select"]


def select(
    X: ArrayLike,
    k: int,
    *,
    method: str = "dpp",
    quality: ArrayLike | None = None,
    trade_off: float | None = None,
    include: ArrayLike | None = None,
    exclude: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    quota: int | Mapping[Any, Any] | None = None,
    max_similarity: float | None = None,
    metric: str = "cosine",
    gamma: float | None = None,
    allow_fewer: bool = False,
    stream: bool = False,
    exact: bool = False,
    refine: bool = False,
    n_threads: int | None = None,
) -> Selection:
    r"""Choose `k` rows of `X` that differ and are good.

    One after the other, the candidate is added that most increases the objective: quality and
    diversity, ``f(S) = (1 - trade_off) Q(S) + trade_off D(S)``. With `s` the cosine similarity of
    two rows, `s⁺` that or 0, and `n` the number of rows, the diversity D of a set S is

    - ``"dpp"``: the log-determinant of the similarities of S, the greedy mode of a determinantal
      point process, in which similar candidates repel each other; Q is 2 Σ log q [1]_;
    - ``"mmr"``: minus the sum over S, in order of choice, of the largest similarity to any chosen
      before: maximal marginal relevance; Q is Σ q [2]_;
    - ``"max_sum"``: the sum of 1 - s over all pairs, ``"max_min"``: its minimum over pairs, the
      farthest point first; each pair also counts the mean of its two q [3]_, [4]_;
    - ``"facility_location"``: how well S covers the pool, Σ over all rows of the largest s⁺ to a
      member of S; Q is n/k Σ q [5]_;
    - ``"saturated_coverage"``: Σ over all rows of the sum of s⁺ to the members of S, but no more
      than the share min(1, k/n) of its sum over all rows; Q is n Σ q [6]_;
    - ``"k_medoids"``: as facility location with s in place of s⁺, then swaps until none helps [7]_.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        Embeddings, one row a candidate; their lengths do not matter. Other types of number are
        converted, which copies; a C-contiguous float32 array, or such a tensor of torch on the CPU,
        is not copied.
    k : int
        How many to choose.
    method : str
        The objective.
    quality : array_like of float64, shape (n,), optional
        How good each candidate is, of either sign, such as a reward or the cosine to a query. Under
        ``"dpp"`` at least 0, and one of quality 0 is never chosen: give ``np.exp`` of a reward. By
        default all are equally good.
    trade_off : float, optional
        Between 0, quality alone, and 1, diversity alone; it means the same for every method, since
        Q is on the scale of D. By default both count as they stand, ``f = Q + D``: the choice is
        that of 0.5.
    include, exclude : array_like of int or bool, optional
        Rows that must be chosen (they come first, in this order, and count towards `k`), and rows
        that must not be; as row numbers or as masks of shape (n,).
    groups : array_like, shape (n,), optional
        The group of each row, such as its language, model or country.
    quota : int or mapping, optional
        How many of each group at most; or for some groups ``{label: most}`` or
        ``{label: (least, most)}``, with None for no bound. A label that no row has is
        refused, unless it is a category of a categorical of pandas.
    max_similarity : float, optional
        No two chosen are more similar than this. A pair whose similarity, as `similarity_matrix`
        gives it, is the limit may be chosen: a limit that is a float32 number is exceeded by no
        more than what float32 rounds in such a matrix, (d + 3) 2⁻²⁴, any other by 2⁻²².
    metric : {"cosine", "dot", "angular", "rbf", "euclidean", "sqeuclidean", "precomputed"}
        What s is: a metric of `similarity_matrix`, where a distance d stands for 1 - d; or given by
        `X`, a symmetric matrix of the similarities of every two rows, whatever they come from.
        ``"dpp"`` takes those without negative eigenvalues beyond rounding, and the roots of the
        diagonal as a part of quality: `max_similarity` is then of s_ij / √(s_ii s_jj); give it
        float64, since what float32 rounds may take copies for rows that differ a little. Euclidean
        distances are for ``"mmr"``, ``"max_sum"``, ``"max_min"`` and ``"k_medoids"``. All but
        cosines hold n² values of eight bytes, of which no more than 2 GiB are computed; a
        C-contiguous float64 matrix is copied only where ``"dpp"`` or ``"k_medoids"`` scale it.
        Backends may decide ties within rounding otherwise.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.
    allow_fewer : bool
        Return fewer than `k` instead of an error where the rules allow no more, or where under
        ``"dpp"`` no further candidate adds anything: beyond their dimension, or copies of each
        other. Under `max_similarity` the greedy choice may find fewer than keep the rules together;
        `exact` finds as many as do.
    stream : bool
        `X` is an iterable of chunks, seen once and more than memory holds, as for `select_stream`:
        ``"dpp"`` or ``"max_min"``, with `k` and `include` alone.
    exact : bool
        Find the best choice instead of the greedy one, by branch and bound [8]_: for pools of up to
        32 rows, or of 64 where there are no more than a million sets, and all methods but
        ``"mmr"``, whose value depends on the order. The result is proven ``optimal``. A set is
        better only by more than 1e-9 of one and its value: of equals the greedy choice is taken, or
        else the one whose sorted rows come first. The rows are in the order of the greedy choice
        among them. Where no `k` rows keep the rules together, `allow_fewer` gives the best of as
        many as can be. Most searches take microseconds; beyond 24 rows those of
        ``"saturated_coverage"`` may take minutes, and hear Ctrl-C.
    refine : bool
        From the greedy choice on, swap a chosen row for another until no swap that keeps the rules
        helps by more than 1e-9 of one and the value, or a hundred swaps for each of the `k` rows
        are made; then order the rows as the greedy choice among them would be. Not for ``"mmr"``;
        ``"k_medoids"`` does so by itself. It keeps `k` similarities of every row. A swap costs
        about as much as one greedy step and a look at all pairs of a chosen row and another, under
        ``"facility_location"`` and ``"saturated_coverage"`` a look at all pairs of rows, for which
        pools should be small.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use. The result
        is the same for every number.

    Returns
    -------
    Selection
        The rows in order of choice. Ties go to the lowest row. Every backend and every processor
        chooses the same rows.

    Raises
    ------
    ValueError
        If `X` has a row of zeros, NaN or infinity, if fewer than `k` can be chosen, if a rule is
        impossible to keep or names a group that there is not, if a quality is not finite, or
        negative under ``"dpp"``, or if given similarities are not symmetric or, under ``"dpp"``,
        have a negative eigenvalue.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    Where the objective sums over the pool, the similarities of every two rows are held of pools of
    up to 2,048 rows. Of larger ones ``"facility_location"`` holds no more than 25 million of them,
    at four bytes, and ``"k_medoids"`` 40 million, and `k` values of eight bytes a row; both pass
    over all pairs two or three times. ``"saturated_coverage"`` holds none, and passes over all rows
    for every candidate that it looks at.

    References
    ----------
    .. [1] Chen, Zhang, Zhou (2018), Fast greedy MAP inference for determinantal point process to
       improve recommendation diversity, Algorithm 1.
    .. [2] Carbonell, Goldstein (1998), The use of MMR, diversity-based reranking.
    .. [3] Gollapudi, Sharma (2009), An axiomatic approach for result diversification.
    .. [4] Gonzalez (1985), Clustering to minimize the maximum intercluster distance.
    .. [5] Nemhauser, Wolsey, Fisher (1978), An analysis of approximations for maximizing submodular
       set functions; Minoux (1978), Accelerated greedy algorithms.
    .. [6] Lin, Bilmes (2011), A class of submodular functions for document summarization.
    .. [7] Schubert, Rousseeuw (2021), Fast and eager k-medoids clustering, Algorithm 3.
    .. [8] Ko, Lee, Queyranne (1995), An exact algorithm for maximum entropy sampling, for the
       log-determinant, here with Hadamard's bound; what covers is bounded by the gains, which never
       rise [5]_; ``"max_min"`` looks for k rows of which every two differ more, as in a clique.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
    >>> prefmath.select(X, 2)
    Selection(2 chosen: 0, 2; value 0; optimal)
    >>> prefmath.select(X, 2, quality=[1, 1, 1, 2]).indices
    array([3, 0])
    >>> prefmath.select(X, 2, method="max_min", include=[1]).indices
    array([1, 2])
    >>> S = np.array([[1, 0.9, 0.2], [0.9, 1, 0.4], [0.2, 0.4, 1]])
    >>> prefmath.select(S, 2, metric="precomputed", method="facility_location").indices
    array([1, 2])
    >>> prefmath.select(X, 2, method="max_sum", exact=True)
    Selection(2 chosen: 0, 2; value 1; optimal)
    """
    given = Given(include, exclude, groups, quota, max_similarity)
    if stream:
        if any(rule is not None for rule in (quality, exclude, groups, quota, max_similarity)):
            raise ValueError("a stream is chosen from without quality and rules but include")
        if metric != "cosine":
            raise ValueError(f"a stream is chosen from by cosines, not by metric={metric!r}")
        if exact or refine:
            raise ValueError("a stream is seen once: exact and refine need all rows")
        return select_stream(X, k, method, include=include)  # type: ignore[arg-type]
    call = prepared(
        X,
        None,
        k,
        method,
        quality,
        trade_off,
        given,
        allow_fewer=allow_fewer,
        metric=metric,
        gamma=gamma,
        n_threads=n_threads,
    )
    check_search(call, exact=exact, refine=refine)
    of_kernel, threads = call.rules.for_kernels(), resolve_threads(n_threads)
    if exact:
        positions, gained, _ = kernels.exact_batch(
            call.x, call.cuts, method, *call.terms, call.ks, of_kernel, threads
        )
        rows = positions[0][positions[0] >= 0]
        gains = gained[0, : len(rows)]
    else:
        rows, gains = kernels.greedy(
            call.x, method, *call.terms, int(call.ks[0]), of_kernel, threads
        )
    if refine:
        positions, gained = refined(call, rows[None], gains[None], threads)
        rows, gains = positions[0], gained[0]
    if len(rows) < call.wanted[0] and not allow_fewer:
        call.refuse_fewer(0, len(rows), exact=exact)
    value = totals(method, gains[None], np.ones((1, len(gains)), np.bool_))
    bound = value if exact else np.full(1, np.inf)
    if not exact and len(rows) == call.ks[0]:
        bound = upper_bounds(call, value)
    optimal = bool(reaches(value, bound)[0])
    return Selection(rows.astype(np.int64), gains, float(value[0]), optimal, float(bound[0]))
