"""Whether the data determine linear coefficients: no column repeats others, none separates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath.models._determined.contests import contests_of, n_contests, some_contests
from prefmath.models._determined.direction_text import collinear, separated, too_few
from prefmath.models._determined.separation import null_space, separating, spans_all, sparse_basis
from prefmath.models._likelihood.subset import spread
from prefmath.models._likelihood.ties import tie_model
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._determined.contests import Contests
    from prefmath.models._likelihood.problem import Problem

    _F64 = NDArray[np.float64]

__all__ = ["refuse_collinear", "separation"]

# Contests a parameter that are looked at: nearly always enough to tell that all is well.
_FIRST_LOOK = 2
_SECOND_LOOK = 16
_AT_LEAST = 16
_MOST_NUMBERS = 3e7
_MANY = 1000
# So many single columns are asked before their combinations are.
_CANDIDATES = 4
# A contest is open if what lost is no less probable than this share of an equal one, or, at a fit
# that has settled, if much more than the tolerance could still be gained by it.
_OPEN = 0.1
_LIVE = 1e-5
_TIMES_TOL = 100.0
_SHARE_OF_WEIGHT = 0.1


def refuse_collinear(problem: Problem, names: list[str]) -> None:
    """Refuse features of which some combination is the same for all alternatives of every set.

    Raises
    ------
    ValueError
        With the columns and the combination named.
    """
    data = problem.data
    utility, observation, weight = _linear(problem), data.observation, data.counted_weight
    if weight is not None and data.outcome is not None:
        weight = np.bincount(data.outcome, weight, observation.n_outcomes).astype(np.float64)
    n_rows = n_contests(observation)
    if n_rows < utility.n_parameters and _n_columns(problem):
        raise ValueError(too_few(n_rows, utility.n_parameters))
    wanted = _FIRST_LOOK * utility.n_parameters + _AT_LEAST
    if _say_all(_counted(some_contests(utility, observation, wanted), weight)):
        return
    contests = _counted(contests_of(utility, observation), weight)
    some = contests.of(_spread(np.ones(len(contests), np.bool_), utility.n_parameters))
    space = _unseen(some)
    if not space.shape[1]:
        return
    scale = _scale(contests)
    basis = _without(space, contests, scale)
    if basis.shape[1]:
        best = basis[:, np.count_nonzero(basis, axis=0).argmin()]
        raise ValueError(collinear(names, best, scale, n_columns=_n_columns(problem)))


def separation(
    problem: Problem,
    weight: _F64 | None,
    params: _F64,
    names: list[str],
    tol: float,
    *,
    settled: bool,
    where: str = "",
) -> str | None:
    """Say along which direction the likelihood rises for ever, if there is one.

    Every chosen alternative scores at least as much as all others of its set along it, and some
    score more (Albert and Anderson 1984). Where it exists, a climb has gone far along it, so that
    what lost against what was chosen is improbable there: contests that are open are 0 along it.
    These span all directions in nearly all data, which a small part of them tells. What is left is
    searched, and what is found holds for all data.
    """
    utility, observation, params = _linear(problem), problem.observation, params.copy()
    ties = tie_model(observation.ties)
    if ties is not None:
        params[-1] = ties.term(params[-1])
    if not np.isfinite(params).all():
        return None
    wanted = _FIRST_LOOK * utility.n_parameters + _AT_LEAST
    some = _counted(some_contests(utility, observation, wanted), weight)
    if _say_all(some.of(some.even | (_lost(some, some.scores(params)) > _OPEN))):
        return None
    contests = _counted(contests_of(utility, observation), weight)
    lost = _lost(contests, contests.all_scores(params))
    live = contests.even | (lost > _OPEN)
    if settled:
        of_outcome = np.ones(len(contests)) if weight is None else weight[contests.outcome]
        enough = min(_TIMES_TOL * tol, _SHARE_OF_WEIGHT * float(of_outcome.mean()))
        live |= (of_outcome * lost >= enough) & (lost >= _LIVE)
    some = contests.of(_spread(contests.even | (lost > _OPEN), utility.n_parameters))
    scale = _scale(contests)
    basis = _without(_unseen(some), contests.of(live), scale)
    if not basis.shape[1]:
        return None
    found = _searched(basis, contests, contests.of(~live))
    if found is not None:
        return separated(names, found, scale, n_columns=_n_columns(problem), where=where)
    unseen = _without(basis, contests, scale)
    if unseen.shape[1]:
        return collinear(names, unseen[:, 0], scale, n_columns=_n_columns(problem), where=where)
    return None


def _n_columns(problem: Problem) -> int:
    """Return the coefficients of columns: none where items have utilities of their own."""
    return 0 if problem.utility.linear is None else problem.utility.n_coef


def _linear(problem: Problem) -> LinearUtility:
    """Return the utility, its parameters the coefficients in the units of the features."""
    utility = problem.utility
    if utility.linear is not None:
        return utility.linear.without_units
    # Utilities of items are coefficients of indicators, that of the first item being 0.
    indicators = np.ascontiguousarray(np.eye(utility.n_items)[:, 1:])
    return LinearUtility(indicators, problem.n_threads, utility.n_extra)


def _searched(basis: _F64, contests: Contests, decided: Contests) -> _F64 | None:
    """Search a space for what separates, its basis first; every contest is asked."""
    value, error = decided.along(basis)
    value[np.abs(value) <= error] = 0
    moved = (value != 0).any(axis=0)
    basis, value = basis[:, moved], value[:, moved]
    candidates = []
    for sign in (1.0, -1.0):
        alone = np.flatnonzero((sign * value >= 0).all(axis=0))
        candidates += [sign * basis[:, [j]] for j in alone]
    candidates.sort(key=np.count_nonzero)
    if not candidates and basis.shape[1] > 1:
        length = np.abs(value).max(axis=0)
        basis, value = basis / length, value / length
        size = np.linalg.norm(value, axis=1)
        found = separating(value[size > 0] / size[size > 0, None])
        candidates = [] if found is None else [(basis @ found)[:, None]]
    for candidate in candidates[:_CANDIDATES]:
        value, error = contests.along(candidate)
        equal = np.abs(value) <= error
        if equal[contests.even].all() and (equal | (value > 0)).all() and not equal.all():
            direction: _F64 = candidate[:, 0]
            return direction
    return None


def _say_all(contests: Contests) -> bool:
    """Whether a few contests determine all parameters, for sure."""
    with np.errstate(over="ignore", invalid="ignore"):
        rows = contests.rows()
    return not np.isfinite(rows).all() or spans_all(rows)


def _unseen(contests: Contests) -> _F64:
    """Return a basis of the directions of which a few contests say nothing."""
    with np.errstate(over="ignore", invalid="ignore"):
        rows = contests.rows()
    if not np.isfinite(rows).all():
        return np.zeros((rows.shape[1], 0))
    space = null_space(rows)
    return sparse_basis(space, _scale(contests)) if space.shape[1] else space


def _spread(which: NDArray[np.bool_], n_parameters: int) -> NDArray[np.int64]:
    """Return some of those that are true, evenly spread: as many as are looked at closely."""
    wanted = min(_SECOND_LOOK * n_parameters, int(_MOST_NUMBERS) // n_parameters)
    found = np.flatnonzero(which)
    return found[spread(len(found), min(len(found), max(wanted, _FIRST_LOOK * n_parameters)))]


def _counted(contests: Contests, weight: _F64 | None) -> Contests:
    return contests if weight is None else contests.of(weight[contests.outcome] > 0)


def _lost(contests: Contests, score: _F64) -> _F64:
    """Return the probability of each alternative, times the number of those of its outcome."""
    # Relative to what was chosen, the most probable of an outcome first, so that none overflows.
    n = int(contests.outcome.max(initial=-1)) + 1
    top = np.zeros(n)
    np.maximum.at(top, contests.outcome, -score)
    odds = np.exp(-score - top[contests.outcome])
    total = np.exp(-top) + np.bincount(contests.outcome, odds, n)
    size = 1 + np.bincount(contests.outcome, minlength=n)
    lost: _F64 = odds / total[contests.outcome] * size[contests.outcome]
    return lost


def _without(space: _F64, contests: Contests, scale: _F64) -> _F64:
    """Return a basis of the directions of a space along which these contests are 0, to rounding."""
    while space.shape[1] and len(contests):
        value, error = contests.along(space)
        value[np.abs(value) <= error] = 0
        size = np.linalg.norm(value, axis=1)
        nonzero = size > 0
        if not nonzero.any():
            break
        space = sparse_basis(space @ null_space(value[nonzero] / size[nonzero, None]), scale)
    return space


def _scale(contests: Contests) -> _F64:
    """Return by how much each parameter changes scores, so that directions have no unit."""
    few = contests.of(slice(None, None, max(1, len(contests) // _MANY)))
    scale: _F64 = np.abs(few.rows()).max(axis=0, initial=0.0)
    features = contests.utility.features
    for j in np.flatnonzero(scale[: features.shape[1]] == 0):
        scale[j] = np.abs(features[:, j].astype(np.float64)).max(initial=0.0)
    scale[scale == 0] = 1.0
    return scale
