"""Bradley and Terry's model on wins, by Newton's method and conjugate gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from prefmath.models._likelihood.penalty.virtual_pairs import of_wins

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["AtUtility", "Derivatives", "WinsFit", "WinsLikelihood", "fit_wins"]

# A step is halved until the objective rises, at most this often.
_HALVINGS = 30
# Changes of the objective below this share of it are rounding, of which a few add up.
_ROUNDING, _ROUNDINGS = 1e-15, 4
# Newton's systems are solved to these shares of the first residual, squared: exactly where the step
# gains no more than the tolerance, and roughly far from the top, where the next step is another.
_EXACT, _ROUGH = 1e-10, 1e-2
# Newton's method squares the share of the decrement that a step leaves; so much is aimed at.
_POWER = 1.5
_CG_STEPS_AN_ITEM = 2


class Derivatives(NamedTuple):
    """Gradient of the log-likelihood, and diagonal of and products with the negative Hessian."""

    gradient: _F64
    diagonal: _F64
    product: Callable[[_F64], _F64]


class AtUtility(Protocol):
    """The log-likelihood of wins at some utilities."""

    @property
    def log_likelihood(self) -> float:
        """Σ over wins of log p; -inf where float64 cannot hold what it is made of."""

    def derivatives(self) -> Derivatives:
        """Return how it changes there."""


class WinsLikelihood(Protocol):
    """Who won against whom, and how likely that is."""

    @property
    def won(self) -> _F64:
        """How often each item won."""

    @property
    def lost(self) -> _F64:
        """How often each item lost."""

    def refuse_undetermined(self, item_ids: NDArray[Any] | None) -> None:
        """Refuse wins after which some utilities have no finite estimate."""

    def at(self, utility: _F64) -> AtUtility:
        """Return the log-likelihood at utilities."""


class WinsFit(NamedTuple):
    """Where Newton's method has come to; the last step was predicted to add `gain`."""

    utility: _F64
    log_likelihood: float
    objectives: list[float]
    converged: bool
    gain: float


def fit_wins(
    wins: WinsLikelihood,
    l2: float,
    prior: float,
    begin: _F64 | None,
    tol: float,
    max_iter: int,
) -> WinsFit:
    r"""Maximise :math:`\sum_{ij} w_{ij} \log p_{ij}` with its penalty or prior.

    With :math:`p_{ij} = e^{u_i} / (e^{u_i} + e^{u_j})` and :math:`n_{ij} = w_{ij} + w_{ji}` the
    gradient is :math:`\sum_j w_{ij} - n_{ij} p_{ij}` and the negative Hessian the Laplacian of the
    weights :math:`n_{ij} p_{ij} p_{ji}`.

    Parameters
    ----------
    wins : WinsLikelihood
        Strongly connected, or `l2` or `prior` is above 0.
    l2, prior : float
        Penalty, and virtual wins and losses of every item against one of utility 0.
    begin : ndarray, shape (n_items,), or None
        Where to begin, by default where every item has its odds of winning.
    tol : float
        Ends where a step would gain less.
    max_iter : int
        Steps.

    Returns
    -------
    WinsFit

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
    wins: WinsLikelihood,
    l2: float,
    prior: float,
    begin: _F64 | None,
    tol: float,
    max_iter: int,
) -> WinsFit:
    utility = begin
    if utility is None:
        utility = np.log(wins.won + 1 + prior) - np.log(wins.lost + 1 + prior)
    here = wins.at(utility)
    value = here.log_likelihood - _penalty(utility, l2, prior)
    objectives, converged, gain, before = [value], False, np.inf, 0.0
    while not converged and len(objectives) <= max_iter:
        gradient, diagonal, product = here.derivatives()
        own = np.full(len(utility), l2)
        gradient = gradient - l2 * utility
        if prior > 0:
            gradient -= prior * np.tanh(utility / 2)
            own += prior / 2 / np.square(np.cosh(utility / 2))
        elif l2 == 0:
            # Along the constant there is rounding alone, and no curvature that would bound a step.
            gradient -= gradient.mean()
        diagonal = diagonal + own
        _refuse_overflow(gradient, diagonal)
        enough = max(tol, _ROUNDING * abs(value))
        step, before = _newton_step(product, own, diagonal, gradient, enough, before)
        gain = float(gradient @ step) / 2
        size, halvings = 1.0, 0
        while True:
            after = utility + size * step
            there = wins.at(after)
            after_value = there.log_likelihood - _penalty(after, l2, prior)
            if gain < enough and 0 < value - after_value <= _ROUNDINGS * _ROUNDING * abs(value):
                # Where the objective cannot tell any more, its slope still can.
                after_value = value
            if after_value >= value or halvings == _HALVINGS:
                break
            # A gain below the tolerance is kept or broken by rounding alone.
            halvings = _HALVINGS if gain < enough else halvings + 1
            size = 0.0 if halvings == _HALVINGS else size / 2
        converged = gain < enough
        failed = not (converged or after_value > value)
        utility, value, here = after, after_value, there
        objectives.append(value)
        if failed:
            break
    constant = -2 * prior * len(utility) * np.log(2)
    objectives = [float(value + constant) for value in objectives]
    return WinsFit(utility, here.log_likelihood, objectives, converged, gain)


def _refuse_overflow(*sums: _F64 | float) -> None:
    if not all(np.isfinite(values).all() for values in sums):
        msg = "weights are too large for float64 to sum: divide them by a constant"
        raise ValueError(msg)


def _newton_step(
    product: Callable[[_F64], _F64],
    own: _F64,
    diagonal: _F64,
    gradient: _F64,
    enough: float,
    before: float,
) -> tuple[_F64, float]:
    """Solve (Hessian + own) step = gradient by conjugate gradients, scaled by the diagonal.

    Where nearly all items have met this takes a few products, less than to factor the matrix; and
    no thread of BLAS waits for one of ours. The gradient has no part along the constant, which is
    all that such a matrix may not determine. Returned beside the step is the size of the gradient,
    of which `before` is the last: how far these are apart says how exact a step is worth its cost.
    """
    step, residual = np.zeros_like(gradient), gradient.copy()
    # An item without information stays where it is.
    scale = np.where(diagonal > 0, diagonal, np.inf)
    scaled = residual / scale
    direction, size = scaled, float(np.vdot(residual, scaled))
    first = size
    shrunk = size / before if before > 0 else 1.0
    rough = min(max(shrunk**_POWER, _EXACT), _ROUGH) * first
    for _ in range(_CG_STEPS_AN_ITEM * len(gradient)):
        settled = size <= rough and float(gradient @ step) / 2 >= enough
        if settled or not size > _EXACT * first:
            break
        image = product(direction) + own * direction
        curvature = float(np.vdot(direction, image))
        if not curvature > 0:
            break
        length = size / curvature
        step += length * direction
        residual -= length * image
        scaled = residual / scale
        last, size = size, float(np.vdot(residual, scaled))
        direction = scaled + size / last * direction
    return step, first


def _penalty(utility: _F64, l2: float, prior: float) -> float:
    """Return the penalty, that of the prior less what it is where all utilities are 0.

    Beside that others would lose digits.
    """
    value = l2 / 2 * float(utility @ utility)
    return value + of_wins(utility, prior) if prior > 0 else value
