"""All similarities or distances of two sets of embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernel_view import kernel_view
from prefmath._kernels import kernels
from prefmath._memory import advising
from prefmath._progress import reporting
from prefmath._threads import resolve_threads

from ._metrics import SCORE, as_gamma, check_metric
from ._rows import as_two_sets, result_dtype, within_squares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress

__all__ = ["similarity_matrix"]


def similarity_matrix(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    *,
    metric: str = "cosine",
    gamma: float | None = None,
    out: NDArray[Any] | None = None,
    progress: Progress = None,
    n_threads: int | None = None,
) -> NDArray[Any]:
    r"""Compute the similarity or distance of every row of `X` to every row of `Y`.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Embeddings, one row an item: float32, float64, float16, bfloat16 (of ml_dtypes) or int8. A
        C-contiguous array of these is not copied, nor widened as a whole; other numbers become
        float32 if they are integers that it holds exactly, else float64.
    Y : array_like of shape (m, d), optional
        By default `X`. If the types differ, the narrower is copied into the wider (float32 at
        least).
    metric : {"cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf"}
        Cosine of the angle; dot product; Euclidean distance, or squared; the angle divided by π, in
        [0, 1]; :math:`\exp(-\gamma \|x - y\|^2)`.
    gamma : float, optional
        Of ``"rbf"``; by default 1 / d.
    out : ndarray of shape (n, m), optional
        Where to write the result: C-contiguous, of the type of the result. It may be a
        ``numpy.memmap``, for a matrix larger than memory.
    progress : callable, False or None
        Called now and then with the number of blocks done and of all blocks. None shows a bar if
        standard error is a terminal, rich is installed and two seconds have passed; False shows
        nothing.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use. The result
        is the same for every number.

    Returns
    -------
    ndarray of shape (n, m)
        `out` if it was given. float64 if an argument is float64, else float32. Without `Y` exactly
        symmetric, with an exact diagonal: ones for ``"cosine"`` and ``"rbf"``, zeros for distances.
        Cosines lie within [-1, 1].

    Raises
    ------
    ValueError
        If an argument holds NaN or infinity; for ``"cosine"`` and ``"angular"`` a row of zeros; if
        rows are so long that the type of the result cannot hold their metric; if `out` does not
        fit.
    TypeError
        If an argument does not hold real numbers.
    MemoryError
        If the matrix does not fit into memory.

    Notes
    -----
    One pass over blocks: rows are normalised as a block is read, the metric is computed and,
    without `Y`, mirrored as it is written, so that half of the products suffice. Needs, beside the
    result, a few blocks a thread and a few numbers a row. Where a float64 row is so long or short
    that its square would not be a float64 number, angles are computed from a copy in which it is
    scaled.

    Let u be 2⁻²⁴ for results in float32 and 2⁻⁵¹ in float64. Cosines and, relative to \|x\|·\|y\|,
    dot products are within (d + 3) u of their exact values, typically much nearer; angles within
    3 (d + 3) u; squared distances within (d + 8) u of \|x\|² + \|y\|², as seen from a point amid
    the rows. Squared distances below a hundredth of that, and angles below 8° or above 172°, are
    computed from differences and right to a few u of themselves.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [2, 0], [0, 3]], np.float32)
    >>> prefmath.similarity_matrix(X)
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    >>> prefmath.similarity_matrix(X, X[:2], metric="euclidean")
    array([[0.       , 1.       ],
           [1.       , 0.       ],
           [3.1622777, 3.6055512]], dtype=float32)
    """
    check_metric(metric)
    x, y = as_two_sets(X, Y)
    width = as_gamma(gamma, metric, x.shape[1])
    threads = resolve_threads(n_threads)
    shape = len(x), len(x if y is None else y)
    dtype = result_dtype(x)
    result: NDArray[Any]
    with advising("give out=, a numpy.memmap, or some rows at a time"):
        result = np.empty(shape, dtype) if out is None else _checked(out, shape, dtype, x, y)
    if SCORE[metric] == "cosine":
        x, y = within_squares(x), None if y is None else within_squares(y)
    arguments = kernel_view(x), None if y is None else kernel_view(y), metric, width, result
    with reporting(progress, "similarity matrix") as report:
        kernels.similarity_matrix(*arguments, report, threads)
    return result


def _checked(
    out: Any,
    shape: tuple[int, int],
    dtype: type[Any],
    x: NDArray[Any],
    y: NDArray[Any] | None,
) -> NDArray[Any]:
    """Return `out` if the result fits into it."""
    if not isinstance(out, np.ndarray):
        msg = f"out must be an array, not {type(out).__name__}"
        raise TypeError(msg)
    if out.shape != shape or out.dtype != dtype:
        msg = f"out must be {np.dtype(dtype)} of shape {shape}, not {out.dtype} of {out.shape}"
        raise ValueError(msg)
    if not (out.flags.c_contiguous and out.flags.aligned and out.flags.writeable):
        msg = "out must be C-contiguous, aligned and writeable"
        raise ValueError(msg)
    for name, argument in [("X", x), ("Y", x if y is None else y)]:
        if np.may_share_memory(out, argument):
            msg = f"out must not share memory with {name}"
            raise ValueError(msg)
    checked: NDArray[Any] = out
    return checked
