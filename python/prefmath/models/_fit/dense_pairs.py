"""Bradley and Terry's model on a table of wins, by Newton's method: for items that are not many."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["DenseFit", "fit_wins"]

# A step is halved until the objective rises, at most this often.
_HALVINGS = 30
# Changes of the objective below this share of it are rounding.
_ROUNDING = 1e-15
# exp of utilities further apart than this might overflow when it is added up and multiplied.
_WIDEST = 300.0
# Newton's systems are solved to this share of the first residual, squared.
_CG_TOLERANCE = 1e-8
_CG_STEPS_AN_ITEM = 2


class DenseFit(NamedTuple):
    """Where Newton's method has come to; the last step promised to add `promise`."""

    utility: _F64
    log_likelihood: float
    objectives: list[float]
    converged: bool
    promise: float


def fit_wins(
    wins: _F64, l2: float, prior: float, begin: _F64 | None, tol: float, max_iter: int
) -> DenseFit:
    r"""Maximise :math:`\sum_{ij} w_{ij} \log p_{ij}` with its penalty or prior.

    With :math:`p_{ij} = e^{u_i} / (e^{u_i} + e^{u_j})` and :math:`n_{ij} = w_{ij} + w_{ji}` the
    gradient is :math:`\sum_j w_{ij} - n_{ij} p_{ij}` and the negative Hessian the Laplacian of the
    weights :math:`n_{ij} p_{ij} p_{ji}`.

    Parameters
    ----------
    wins : ndarray, shape (n_items, n_items)
        How often the row won against the column; half of each tie. Strongly connected, or `l2` or
        `prior` is above 0.
    l2, prior : float
        Penalty, and virtual wins and losses of every item against one of utility 0.
    begin : ndarray, shape (n_items,), or None
        Where to begin, by default where every item has its odds of winning.
    tol : float
        Ends where a step promises less.
    max_iter : int
        Steps.

    Returns
    -------
    DenseFit

    Raises
    ------
    ValueError
        If float64 cannot hold the sums.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        found = _climbed(wins, l2, prior, begin, tol, max_iter)
    _refuse_overflow(found.utility, found.log_likelihood)
    return found


def _climbed(
    wins: _F64, l2: float, prior: float, begin: _F64 | None, tol: float, max_iter: int
) -> DenseFit:
    won, lost = wins.sum(axis=1), wins.sum(axis=0)
    games = wins + wins.T
    utility = np.log(won + 1 + prior) - np.log(lost + 1 + prior) if begin is None else begin
    value, worth, sums = _objective(utility, won, games, l2, prior)
    objectives, converged, promise = [value], False, np.inf
    while not converged and len(objectives) <= max_iter:
        share = worth[:, None] / sums
        expected = games * share
        gradient = won - expected.sum(axis=1) - l2 * utility
        edges = expected * share.T
        diagonal = edges.sum(axis=1) + l2
        if prior > 0:
            gradient -= prior * np.tanh(utility / 2)
            diagonal += prior / 2 / np.square(np.cosh(utility / 2))
        elif l2 == 0:
            # Along the constant there is rounding alone, and no curvature that would bound a step.
            gradient -= gradient.mean()
        _refuse_overflow(gradient, diagonal)
        step = _newton_step(edges, diagonal, gradient)
        promise = float(gradient @ step) / 2
        enough = max(tol, _ROUNDING * abs(value))
        size, halvings = 1.0, 0
        while True:
            after = utility + size * step
            after_value, after_worth, after_sums = _objective(after, won, games, l2, prior)
            if after_value >= value or halvings == _HALVINGS:
                break
            # A promise below the tolerance is kept or broken by rounding alone.
            halvings = _HALVINGS if promise < enough else halvings + 1
            size = 0.0 if halvings == _HALVINGS else size / 2
        converged = promise < enough
        failed = not (converged or after_value > value)
        utility, value, worth, sums = after, after_value, after_worth, after_sums
        objectives.append(value)
        if failed:
            break
    log_likelihood, *_ = _objective(utility, won, games, 0.0, 0.0)
    constant = -2 * prior * len(utility) * np.log(2)
    objectives = [float(value + constant) for value in objectives]
    return DenseFit(utility, log_likelihood, objectives, converged, promise)


def _refuse_overflow(*sums: _F64 | float) -> None:
    if not all(np.isfinite(values).all() for values in sums):
        msg = "weights are too large for float64 to sum: divide them by a constant"
        raise ValueError(msg)


def _newton_step(edges: _F64, diagonal: _F64, gradient: _F64) -> _F64:
    """Solve (diagonal - edges) step = gradient by conjugate gradients, scaled by the diagonal.

    Where nearly all items have met this takes a few products, less than to factor the matrix; and
    no thread of BLAS waits for one of ours. The gradient has no part along the constant, which is
    all that such a matrix may not determine.
    """
    step, residual = np.zeros_like(gradient), gradient.copy()
    # An item without information stays where it is.
    bends, diagonal = diagonal, np.where(diagonal > 0, diagonal, np.inf)
    scaled = residual / diagonal
    direction, size = scaled, float(np.vdot(residual, scaled))
    enough = _CG_TOLERANCE * size
    for _ in range(_CG_STEPS_AN_ITEM * len(gradient)):
        if not size > enough:
            break
        image = bends * direction - np.einsum("ij,j", edges, direction)
        bend = float(np.vdot(direction, image))
        if not bend > 0:
            break
        length = size / bend
        step += length * direction
        residual -= length * image
        scaled = residual / diagonal
        before, size = size, float(np.vdot(residual, scaled))
        direction = scaled + size / before * direction
    return step


def _objective(
    utility: _F64, won: _F64, games: _F64, l2: float, prior: float
) -> tuple[float, _F64, _F64]:
    """Return the penalised log-likelihood, exp(u_i), and exp(u_i) + exp(u_j).

    The prior's is less what it is where all utilities are 0, beside which others would lose digits.
    """
    middle = (utility.max() + utility.min()) / 2
    centered = utility - middle
    if not centered.max() < _WIDEST:
        return -np.inf, centered, games
    worth = np.exp(centered)
    sums = worth[:, None] + worth
    # Every game stands in the table twice.
    value = float(won @ centered) - float(np.vdot(games, np.log(sums))) / 2
    value -= l2 / 2 * float(utility @ utility)
    if prior > 0:
        value += _of_prior(utility, prior)
    return value, worth, sums


def _of_prior(utility: _F64, prior: float) -> float:
    """Return -2 prior Σ log cosh(u / 2), to the last digit for small and large utilities."""
    half = np.abs(utility) / 2
    near = np.log1p(2 * np.square(np.sinh(np.minimum(half, 1) / 2)))
    far = half + np.log1p(np.exp(-2 * half)) - np.log(2)
    return -2 * prior * float(np.where(half < 1, near, far).sum())
