"""Similarities between embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefmath._kernels import kernels
from prefmath._threads import resolve_threads
from prefmath._validate import as_embeddings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["similarity_matrix"]

_METRICS = {"cosine": kernels.cosine, "dot": kernels.gram}


def similarity_matrix(
    X: ArrayLike, *, metric: str = "cosine", n_threads: int | None = None
) -> NDArray[np.float32]:
    """Compute the similarity of every two rows of `X`.

    Parameters
    ----------
    X : array_like of float32, shape (n, d)
        Embeddings, one row an item. Other types of number are converted, which copies; a
        C-contiguous float32 array is not copied.
    metric : {"cosine", "dot"}
        Cosine of the angle between the rows, or their dot product (the Gram matrix).
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use. The result
        is the same for every number.

    Returns
    -------
    ndarray of float32, shape (n, n)
        Exactly symmetric; cosines lie within [-1, 1] with ones on the diagonal.

    Raises
    ------
    ValueError
        If `X` holds NaN or infinity, for ``"cosine"`` a row of zeros, for ``"dot"`` rows so long
        that float32 cannot hold their product.
    TypeError
        If `X` does not hold real numbers.

    Notes
    -----
    Only half of the products are computed, in blocks, and mirrored. Needs under 2 MB a thread
    beside the result.

    Examples
    --------
    >>> import numpy as np, prefmath
    >>> X = np.array([[1, 0], [2, 0], [0, 3]], np.float32)
    >>> prefmath.similarity_matrix(X)
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    if metric not in _METRICS:
        msg = f"metric must be {' or '.join(map(repr, _METRICS))}, not {metric!r}"
        raise ValueError(msg)
    return _METRICS[metric](as_embeddings(X), resolve_threads(n_threads))
