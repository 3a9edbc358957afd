"""Which parameters have no finite estimate from some data, and to which side they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from prefmath.models._determined.connected import reached_from
from prefmath.models._likelihood.complete_information import complete_information

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.units_behind import Behind
    from prefmath.models._likelihood.observation import Observation
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]
    _I8 = NDArray[np.int8]

__all__ = ["ABSENT", "FINITE", "Edges", "edges_of", "sides_of_items", "sides_of_parameters"]

FINITE = 0
ABSENT = 2
"""Neither finite nor known to run to a side, 1 above and -1 below: nothing tells."""

# Curvature below this share of what it is where utilities are equal may be that of running away.
_FLAT = 1e-3
# No curvature at all, but for rounding.
_NOTHING = 1e-12
# Newton's step from where a fit ended, in utility: what has settled moves less.
_MOVES = 0.1
# Utilities further off have left.
_FAR = 8.0
# Entries of a direction of no curvature, of unit length.
_ZERO = 1e-3


class Edges(NamedTuple):
    """Who won against whom, and in which outcome; a tie says both."""

    winner: NDArray[np.int32]
    loser: NDArray[np.int32]
    outcome: NDArray[np.int64]


def edges_of(observation: Observation) -> Edges:
    """Return the edges of pairs or choices of one among free utilities."""
    sizes = np.diff(observation.offsets)
    outcome = np.repeat(np.arange(observation.n_outcomes), sizes)
    best = observation.offsets[:-1] + observation.chosen
    others = np.ones(len(observation.items), np.bool_)
    others[best] = False
    winner = np.repeat(observation.items[best], sizes)[others]
    edges = Edges(winner, observation.items[others], outcome[others])
    if observation.tied is None:
        return edges
    back = observation.tied[edges.outcome]
    return Edges(
        np.concatenate([edges.winner, edges.loser[back]]),
        np.concatenate([edges.loser, edges.winner[back]]),
        np.concatenate([edges.outcome, edges.outcome[back]]),
    )


def sides_of_items(edges: Edges, weight: _F64, n_items: int) -> _I8:
    """Return for each item whether it has a finite utility, or to which side it runs.

    Utilities are finite among items each of which can be reached from every other by wins (Zermelo
    1929, Ford 1957), and are taken for those that hang together with an item of the most wins and
    losses. Whoever these are never reached from has no upper end, whoever they never reach no lower
    one.
    """
    counted = weight[edges.outcome] > 0
    winner, loser = edges.winner[counted], edges.loser[counted]
    met = np.bincount(winner, minlength=n_items) + np.bincount(loser, minlength=n_items)
    left = met > 0
    core, below, above = (np.zeros(n_items, np.bool_) for _ in range(3))
    while 2 * core.sum() < n_items and left.sum() > core.sum():
        hub = int(np.where(left, met, 0).argmax())
        down, up = (
            reached_from(hub, winner, loser, n_items),
            reached_from(hub, loser, winner, n_items),
        )
        if (down & up).sum() > core.sum():
            core, below, above = down & up, down & ~up, up & ~down
        left &= ~(down & up)
    sides = np.full(n_items, ABSENT, np.int8)
    sides[above], sides[below] = 1, -1
    if core.sum() > 1:
        sides[core] = FINITE
    elif above.any() != below.any():
        sides[core] = 1 if below.any() else -1
    return sides


def sides_of_parameters(
    utility: Utility,
    observation: Observation,
    params: _F64,
    outcome_weights: _F64,
    gradient: _F64,
    behind: Behind,
) -> _I8:
    """Return for each parameter of each class whether it is finite, or to which side it runs.

    A maximum likelihood estimate that is not finite shows where the fit ends: the log-likelihood is
    all but flat in some direction, beside what it would be were utilities equal, and Newton's step
    along it is still a step. Where it is quite flat, nothing tells.
    """
    sides = np.zeros(params.shape, np.int8)
    table = utility.table(params)
    complete = complete_information(utility, observation, params, table, outcome_weights)
    for z, hessian in enumerate(complete):
        if utility.linear is None:
            items = slice(utility.n_coef)
            hessian[items, items] += hessian[items, items].trace() / utility.n_coef**2
        known = behind.information[z] > 0
        unit = np.where(known, 1 / np.sqrt(np.where(known, behind.information[z], 1)), 1)
        scaled, scale = hessian * unit * unit[:, None], behind.scale[z]
        sides[z] = _sides(utility, params[z], scaled, gradient[z], unit, scale)
    return sides


def _sides(
    utility: Utility, params: _F64, hessian: _F64, gradient: _F64, unit: _F64, scale: _F64
) -> _I8:
    sides = np.zeros(len(unit), np.int8)
    try:
        np.linalg.cholesky(hessian - _FLAT * np.eye(len(hessian)))
    except np.linalg.LinAlgError:
        pass
    else:
        return sides
    values, vectors = np.linalg.eigh(hessian)
    step = np.zeros(len(unit))
    for value, vector in zip(values, vectors.T, strict=True):
        if value > _FLAT:
            break
        if value > _NOTHING:
            along = unit * vector * float(vector @ (unit * gradient)) / value
            table = utility.table(along[None])
            step += along if np.ptp(np.append(table, 0)) > _MOVES else 0
    step = _centred(utility, step)
    moves = np.abs(step) * scale > _MOVES / 2
    sides[moves] = np.sign(step[moves])
    for vector in vectors[:, values <= _NOTHING].T:
        along = _centred(utility, unit * vector) / unit
        flat = np.abs(along) > _ZERO
        # Where it has run too far for a gradient to be left, it shows by how far.
        away = _centred(utility, params) * scale
        sides[flat] = np.where(np.abs(away) > _FAR, np.sign(away), ABSENT)[flat]
    return sides


def _centred(utility: Utility, direction: _F64) -> _F64:
    """Return a direction of the parameters of a class, most items of which stay where they are."""
    if utility.linear is not None:
        return direction
    centred = direction.copy()
    centred[: utility.n_coef] -= np.median(direction[: utility.n_coef])
    return centred
