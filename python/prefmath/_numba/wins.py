"""Bradley and Terry's likelihood of wins sorted by winner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._njit import njit
from ._tasks import in_order, rows
from .pairs import check_pairs, pair_refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I64 = NDArray[np.int64]
    _I32 = NDArray[np.int32]

__all__ = ["win_derivatives", "win_product", "wins_by_winner"]

_WINS_PER_TASK, _WINS_AN_ITEM = 1 << 16, 4
_WINS_A_CELL = 2
_MOST_ITEMS = 2**31 - 1
_NO_TIES = np.empty(0, np.bool_)
_NO_WEIGHT = np.empty(0)


def wins_by_winner(
    winner: NDArray[Any],
    loser: NDArray[Any],
    tied: NDArray[np.bool_] | None,
    weight: _F64 | None,
    n_items: int,
    n_threads: int,  # noqa: ARG001
) -> tuple[_I64, _I32, _F64 | None, _F64, _F64]:
    """Sort pairs by winner; half a win for each of a tie; wins alike are counted together."""
    check_pairs(winner, loser, tied, weight)
    if not 1 <= n_items <= _MOST_ITEMS:
        raise ValueError(f"n_items must lie between 1 and {_MOST_ITEMS}, not {n_items}")
    ties = _NO_TIES if tied is None else tied
    weights = _NO_WEIGHT if weight is None else weight
    ends = np.zeros(n_items + 1, np.int64)
    won, lost = np.zeros(n_items), np.zeros(n_items)
    wrong = _tally(winner, loser, ties, weights, n_items, ends, won, lost)
    if wrong >= 0:
        raise ValueError(pair_refusal(winner, loser, wrong, n_items))
    offsets = np.cumsum(ends)
    whole = tied is None and weight is None
    losers, counts = np.empty(offsets[-1], np.int32), np.empty(0 if whole else offsets[-1])
    _sort(winner, loser, ties, weights, offsets[:-1].copy(), losers, counts)
    if _WINS_A_CELL * _distinct(offsets, losers, np.zeros(n_items, np.int64)) <= len(losers):
        counts = np.ones(len(losers)) if whole else counts
        offsets, n = _together(offsets, losers, counts, np.zeros(n_items, np.int64))
        return offsets, losers[:n].copy(), counts[:n].copy(), won, lost
    return offsets, losers, None if whole else counts, won, lost


def win_derivatives(
    utility: _F64, offsets: _I64, loser: _I32, weight: _F64 | None, n_threads: int
) -> tuple[float, _F64, _F64, _F64]:
    """Log-likelihood of wins, its gradient and diagonal curvature, and the curvature of each."""
    tasks = _tasks(offsets, loser, "utility", utility)
    _check_wins("weight", weight, loser)
    weights = _NO_WEIGHT if weight is None else weight
    curvature = np.empty(len(loser))

    def run(first: int, last: int) -> tuple[float, _F64, _F64]:
        gradient, diagonal = np.zeros(len(utility)), np.zeros(len(utility))
        value = _derivatives(
            utility, offsets, loser, weights, first, last, gradient, diagonal, curvature
        )
        return value, gradient, diagonal

    log_likelihood, gradient, diagonal = 0.0, np.zeros(len(utility)), np.zeros(len(utility))
    for value, own_gradient, own_diagonal in in_order(run, tasks, n_threads):
        log_likelihood += value
        gradient += own_gradient
        diagonal += own_diagonal
    return log_likelihood, gradient, diagonal, curvature


def win_product(
    direction: _F64, offsets: _I64, loser: _I32, curvature: _F64, n_threads: int
) -> _F64:
    """Negative Hessian of wins, times a direction."""
    tasks = _tasks(offsets, loser, "direction", direction)
    _check_wins("curvature", curvature, loser)

    def run(first: int, last: int) -> _F64:
        own = np.zeros(len(direction))
        _product(direction, offsets, loser, curvature, first, last, own)
        return own

    out = np.zeros(len(direction))
    for own in in_order(run, tasks, n_threads):
        out += own
    return out


def _tasks(offsets: _I64, loser: _I32, name: str, values: _F64) -> list[tuple[int, int]]:
    """Check wins against values of items, and cut them."""
    n = len(offsets) - 1
    if not len(offsets) or offsets[0] != 0:
        raise ValueError("offsets must start with 0")
    if (np.diff(offsets) < 0).any():
        at = int((np.diff(offsets) < 0).argmax())
        raise ValueError(
            f"offsets must not decrease: offsets[{at + 1}]={offsets[at + 1]} after "
            f"offsets[{at}]={offsets[at]}"
        )
    if offsets[-1] != len(loser):
        raise ValueError(
            f"offsets must end with the number of values: offsets[-1]={offsets[-1]} for "
            f"{len(loser)}"
        )
    if len(values) != n:
        raise ValueError(f"{name} must have one entry an item: {len(values)} for {n}")
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values)).argmax())
        raise ValueError(f"{name} must be finite: {name}[{row}, 0] is {values[row]}")
    unknown = (loser < 0) | (loser >= n)
    if unknown.any():
        at = int(unknown.argmax())
        raise ValueError(f"loser must lie between 0 and {max(n - 1, 0)}: loser[{at}]={loser[at]}")
    return rows(len(loser), max(_WINS_PER_TASK, _WINS_AN_ITEM * len(offsets)))


def _check_wins(name: str, values: _F64 | None, loser: _I32) -> None:
    if values is not None and len(values) != len(loser):
        raise ValueError(f"{name} must have one entry a win: {len(values)} for {len(loser)}")


@njit
def _tally(winner, loser, tied, weight, n_items, ends, won, lost):
    for s in range(len(winner)):
        i, j = winner[s], loser[s]
        if i < 0 or i >= n_items or j < 0 or j >= n_items or i == j:
            return s
        counts = weight[s] if len(weight) else 1.0
        ends[i + 1] += 1
        if len(tied) and tied[s]:
            ends[j + 1] += 1
            for side in (i, j):
                won[side] += counts / 2
                lost[side] += counts / 2
        else:
            won[i] += counts
            lost[j] += counts
    return -1


@njit
def _sort(winner, loser, tied, weight, after, losers, counts):
    for s in range(len(winner)):
        i, j = winner[s], loser[s]
        once = weight[s] if len(weight) else 1.0
        both = len(tied) and tied[s]
        losers[after[i]] = j
        if len(counts):
            counts[after[i]] = once / 2 if both else once
        after[i] += 1
        if both:
            losers[after[j]] = i
            counts[after[j]] = once / 2
            after[j] += 1


@njit
def _distinct(offsets, losers, last):
    n = 0
    for row in range(len(offsets) - 1):
        for at in range(offsets[row], offsets[row + 1]):
            if last[losers[at]] != row + 1:
                last[losers[at]] = row + 1
                n += 1
    return n


@njit
def _together(offsets, losers, counts, place):
    ends = np.zeros(len(offsets), np.int64)
    n = 0
    for row in range(len(offsets) - 1):
        first = n
        for at in range(offsets[row], offsets[row + 1]):
            j, once = losers[at], counts[at]
            here = place[j]
            # Where in the row the item stands, if that is it which stands there.
            if first <= here < n and losers[here] == j:
                counts[here] += once
            else:
                place[j] = n
                losers[n] = j
                counts[n] = once
                n += 1
        ends[row + 1] = n
    return ends, n


@njit
def _derivatives(utility, offsets, loser, weight, first, last, gradient, diagonal, curvature):
    total = 0.0
    row = np.searchsorted(offsets, first, side="right") - 1
    for at in range(first, last):
        while offsets[row + 1] <= at:
            row += 1
        j = loser[at]
        margin = utility[row] - utility[j]
        counts = weight[at] if len(weight) else 1.0
        small = np.exp(-abs(margin))
        more = 1 / (1 + small)
        score = counts * (more if margin < 0 else small * more)
        own = counts * small * more * more
        total += counts * (min(margin, 0.0) - np.log1p(small))
        gradient[row] += score
        gradient[j] -= score
        diagonal[row] += own
        diagonal[j] += own
        curvature[at] = own
    return total


@njit
def _product(direction, offsets, loser, curvature, first, last, out):
    row = np.searchsorted(offsets, first, side="right") - 1
    for at in range(first, last):
        while offsets[row + 1] <= at:
            row += 1
        moved = curvature[at] * (direction[row] - direction[loser[at]])
        out[row] += moved
        out[loser[at]] -= moved
