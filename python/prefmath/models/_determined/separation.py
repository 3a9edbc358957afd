"""Directions that no row contradicts: null spaces, and rows that lie in one half space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._kernels import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["null_space", "separating", "spans_all", "sparse_basis"]

# Eigenvalues of a matrix of correlations that may be 0, relative to the largest. The data decide.
_NULL = 1e-12
_CERTAIN = 1e6
# Wider matrices have their smallest eigenvalues sought a block at a time.
_WIDE = 1024
_BLOCK = 32
_SWEEPS = 4
# Logistic regression on rows: steps, a margin that only separated rows reach, the least one.
_STEPS = 60
_FAR = 12.0
_SIGN = 1e-6
# Rows times squared columns that are looked at: more would take minutes.
_MOST = 2e9
# Entries of a direction, the largest being 1, below which they are rounding.
_ZERO = 1e-8


def null_space(rows: _F64) -> _F64:
    """Return directions along which all rows are about 0, columns of unit scale, or none.

    Columns of the rows are scaled first, as they may have any unit. A solution tells that there
    are none, where that is certain.
    """
    gram, scale = _correlations(rows)
    if _is_regular(gram):
        return np.zeros((len(gram), 0))
    found: _F64 = _small_eigenvectors(gram) / scale[:, None]
    return found


def spans_all(rows: _F64) -> bool:
    """Whether rows certainly have no null space; False where they hardly have none."""
    return _is_regular(_correlations(rows)[0])


def _correlations(rows: _F64) -> tuple[_F64, _F64]:
    """Return products of columns scaled to unit length, and their lengths."""
    scale = np.abs(rows).max(axis=0, initial=0.0)
    scale[scale == 0] = 1.0
    scaled = rows / scale
    gram: _F64 = scaled.T @ scaled
    norm = np.sqrt(gram.diagonal())
    norm[norm == 0] = 1.0
    gram /= norm
    gram /= norm[:, None]
    return np.ascontiguousarray(gram), norm * scale


def _is_regular(gram: _F64) -> bool:
    """Whether the smallest eigenvalue is far from 0, for then a solution is not large.

    Of a singular matrix that of a right side drawn at random is at least ten digits larger.
    """
    if not gram.diagonal().all():
        return False
    right = np.random.default_rng(0).standard_normal((1, len(gram)))
    solution = kernels.newton_direction(right, gram[None], 1)
    return bool(0 < np.abs(solution).max() < _CERTAIN)


def _small_eigenvectors(gram: _F64) -> _F64:
    n = len(gram)
    if n > _WIDE:
        # Inverse iteration on a block, with an answer where all of it is small only from below.
        shifted = gram + 1e-13 * n * np.eye(n)
        block = np.random.default_rng(0).standard_normal((n, _BLOCK))
        inverse = np.linalg.inv(shifted)
        for _ in range(_SWEEPS):
            block = np.linalg.qr(inverse @ block)[0]
        values, turn = np.linalg.eigh(block.T @ gram @ block)
        small = values <= _NULL * n
        if not small.all():
            found: _F64 = block @ turn[:, small]
            return found
    values, vectors = np.linalg.eigh(gram)
    few: _F64 = vectors[:, values <= _NULL * max(values[-1], 1.0)]
    return few


def separating(rows: _F64) -> _F64 | None:
    """Return a direction along which no row is below 0 and some are above, if there is one.

    Rows of unit length. A logistic regression in which every row has won runs away along such a
    direction, if any; rows that it leaves near the origin hold each other in balance, and the
    search goes on among the directions along which these are 0.
    """
    space = np.eye(rows.shape[1])
    while space.shape[1]:
        projected = rows @ space
        length = np.linalg.norm(projected, axis=1)
        projected = projected[length > _SIGN]
        projected /= length[length > _SIGN, None]
        if not len(projected) or len(projected) * space.shape[1] ** 2 > _MOST:
            return None
        direction = _logistic(projected)
        size = np.linalg.norm(direction)
        if size == 0:
            return None
        margin = projected @ direction
        if margin.min() >= -_SIGN * size and margin.max() > _SIGN * size:
            found: _F64 = space @ (direction / size)
            return found
        held = projected[margin < _FAR]
        smaller = _orthonormal(null_space(held))
        if smaller.shape[1] == space.shape[1]:
            return None
        space = space @ smaller
    return None


def _logistic(rows: _F64) -> _F64:
    """Maximise the likelihood of a logistic regression in which every row has won."""
    point = np.zeros(rows.shape[1])
    if rows.shape[1] == 1:
        return np.sign(rows.sum(axis=0)) if (rows > 0).all() or (rows < 0).all() else point
    loss = _loss(rows @ point)
    for _ in range(_STEPS):
        margin = rows @ point
        lost = np.exp(-np.logaddexp(0, margin))
        gradient = lost @ rows
        hessian = (rows * (lost * (1 - lost))[:, None]).T @ rows
        scale = 1 / np.sqrt(np.maximum(hessian.diagonal(), 1e-300))
        values, vectors = np.linalg.eigh(hessian * scale * scale[:, None])
        kept = values > _NULL * values[-1]
        along = (gradient * scale) @ vectors[:, kept]
        step = scale * (vectors[:, kept] @ (along / values[kept]))
        size = 1.0
        while size > _NULL and not _loss(rows @ (point + size * step)) < loss:
            size /= 2
        if size <= _NULL:
            break
        point = point + size * step
        loss = _loss(rows @ point)
        if (rows @ point).min() > 0:
            break
    return point


def _loss(margin: _F64) -> float:
    return float(np.logaddexp(0, -margin).sum())


def _orthonormal(columns: _F64) -> _F64:
    return np.linalg.qr(columns)[0] if columns.shape[1] else columns


def sparse_basis(space: _F64, scale: _F64) -> _F64:
    """Return a basis, a column each, with a 0 in as many rows as it can be had by elimination.

    Rows are compared and rounded after they are multiplied by `scale`.
    """
    basis = space * scale[:, None]
    for column in range(basis.shape[1]):
        row = int(np.abs(basis[:, column]).argmax())
        basis[:, column] /= basis[row, column]
        others = np.arange(basis.shape[1]) != column
        basis[:, others] -= basis[:, [column]] * basis[row, others]
    basis[np.abs(basis) < _ZERO * np.abs(basis).max(axis=0, initial=1e-300)] = 0
    eliminated: _F64 = basis / scale[:, None]
    return eliminated
