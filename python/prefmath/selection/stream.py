"""Choose k rows from chunks that come once: sieves, one for each guess of the best value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_number, as_whole_number
from prefmath.selection._directions import as_directions
from prefmath.selection._results import Selection
from prefmath.selection._rules import as_row_numbers
from prefmath.selection._sieves import Adding, Apart, Sieve
from prefmath.selection.values import set_value, units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["select_stream"]

_METHODS = ("dpp", "max_min")

# Sieves that a chunk goes through.
_MOST_SIEVES = 1000


def select_stream(
    chunks: Iterable[ArrayLike],
    k: int,
    method: str = "dpp",
    *,
    include: ArrayLike | None = None,
    epsilon: float = 0.1,
) -> Selection:
    """Choose `k` rows of all chunks in one pass, holding a few times `k` rows and one chunk.

    Each sieve guesses the best value there is and keeps a row that adds enough for its guess; the
    best sieve wins. A row comes once and never again.

    Parameters
    ----------
    chunks : iterable of array_like of float32, shape (n_i, d)
        Rows in any number of chunks.
    k : int
        How many to choose.
    method : {"dpp", "max_min"}
        Under ``"max_min"`` the smallest distance √(2 - 2s) of a pair is at least 1 / (2 (1 + ε)) of
        the best possible. Under ``"dpp"`` the regularised log det(1 + S), which is monotone, is at
        least 1/2 - ε of the best possible [1]_; the value is log det S as for `select`.
    include : array_like of int or bool, optional
        Rows of the first chunk that must be chosen, as row numbers or as a mask of that chunk; they
        come first, in this order, and count towards `k`. Put rows that were chosen before at the
        head of the stream. Under ``"dpp"`` the guarantee is then of what the others add to them.
    epsilon : float
        How closely guesses lie, between 0 and 1: smaller is better and slower. No more than a
        thousand sieves are made, for which it must be about 0.01.

    Returns
    -------
    Selection
        `indices` count the rows of all chunks, in the order in which they came, but for those
        included, which come first. `gains` are what
        each added to `value` in that order.

    Raises
    ------
    ValueError
        If there are fewer than `k` rows that differ, or as `select`.
    TypeError
        If an argument is of the wrong type.

    Notes
    -----
    It takes no quality. facility_location, saturated_coverage and k_medoids value a choice by all
    rows of the pool, most of which are gone; mmr and max_sum have no guarantee in one pass.

    References
    ----------
    .. [1] Badanidiyuru, Mirzasoleiman, Karbasi, Krause (2014), Streaming submodular maximization:
       massive data summarization on the fly.

    Examples
    --------
    >>> import numpy as np
    >>> from prefmath.selection import select_stream
    >>> rows = np.eye(8, dtype=np.float32)
    >>> select_stream([rows[:4], rows[4:], rows], 8, "max_min").indices
    array([0, 1, 2, 3, 4, 5, 6, 7])
    """
    if method not in _METHODS:
        raise ValueError(
            f"a stream has the methods 'dpp' and 'max_min', not {method!r}: the others "
            "need all rows at once or have no guarantee in one pass"
        )
    step = as_number(epsilon, "epsilon")
    if not 0 < step < 1:
        raise ValueError(f"epsilon must lie between 0 and 1, not {epsilon}")
    k = as_whole_number(k, "k", 0)
    if not isinstance(chunks, Iterable):
        raise TypeError(f"chunks must be arrays one after the other, not {type(chunks).__name__}")
    # Rounded up to three digits, so that what the error advises is accepted.
    span = _guesses(method, k)[1] if k else 0.0
    finest = float(f"{1.001 * np.expm1(span / _MOST_SIEVES):.2e}") if k else 0.0
    if step < finest:
        raise ValueError(
            f"epsilon must be at least {finest:g} for k={k}, so that no more than "
            f"{_MOST_SIEVES:,} sieves are needed, not {epsilon}"
        )
    epsilon = step
    sieves: list[Sieve] = []
    n_chunks = n_seen = n_columns = 0
    for chunk in chunks:
        x = as_directions(chunk)
        unit = units(x, slice(0, len(x)), n_seen)
        head = np.empty(0, np.int64)
        if n_chunks == 0:
            head = _included(include, len(x), k)
            sieves = _sieves(method, k, len(head), epsilon)
            n_columns = x.shape[1]
        elif x.shape[1] != n_columns:
            raise ValueError(
                f"chunks must have as many columns as the first, {n_columns}, but chunk {n_chunks} "
                f"has {x.shape[1]}"
            )
        for sieve in sieves:
            sieve.take_chunk(x, unit, n_seen, head)
        n_chunks += 1
        n_seen += len(x)
        if method == "max_min":
            # One that is full with a larger distance is better than all those below.
            full = next((at for at, sieve in enumerate(sieves) if len(sieve.rows) == k), None)
            sieves = sieves[: None if full is None else full + 1]
    if n_chunks == 0 and include is not None:
        raise ValueError("include names rows of the first chunk, and the stream has none")
    complete = [sieve for sieve in sieves if len(sieve.rows) == k]
    if k and not complete:
        n_found = max((len(sieve.rows) for sieve in sieves), default=0)
        raise ValueError(f"only {n_found} of {n_seen} rows differ enough, fewer than k={k}")
    if not k:
        return Selection(np.empty(0, np.int64), np.empty(0), 0.0)
    best = max(sieves, key=lambda sieve: sieve.value) if method == "dpp" else complete[0]
    best.fill(complete[0])
    x = np.stack(best.values)
    value = set_value(x, np.arange(k), method)
    if method == "max_min":
        gains = _nearest_before(units(x, slice(0, k)))
        return Selection(_rows(best), gains, value, upper_bound=(2 + 2 * epsilon) ** 2 * value)
    values = [set_value(x, np.arange(n), method) for n in range(k + 1)]
    if not np.isfinite(value):
        n_found = int(np.isfinite(values).sum()) - 1
        raise ValueError(f"only {n_found} of {n_seen} rows differ enough, fewer than k={k}")
    return Selection(_rows(best), np.diff(values), value)


def _included(include: ArrayLike | None, n: int, k: int) -> NDArray[np.int64]:
    """Return the rows of the first chunk that must be chosen."""
    if include is None:
        return np.empty(0, np.int64)
    rows = as_row_numbers(include, "include", n, "the first chunk")
    if len(rows) > k:
        raise ValueError(f"include has {len(rows)} rows, more than k={k}")
    return rows


def _guesses(method: str, n_free: int) -> tuple[float, float]:
    """Return the largest guess for `n_free` rows, and the logarithm of its ratio to the smallest.

    Above the largest no two rows lie, or add as much; below the smallest are copies.
    """
    most, least = (2.0, 1e-3) if method == "max_min" else (2 * n_free * np.log(2), np.log(2) / 2)
    return most, float(np.log(most / least))


def _sieves(method: str, k: int, n_included: int, epsilon: float) -> list[Sieve]:
    """Return a sieve for each guess, beginning with the largest."""
    make: type[Sieve] = Apart if method == "max_min" else Adding
    most, span = _guesses(method, max(k - n_included, 1))
    n_guesses = 1 + int(span / np.log1p(epsilon)) if k else 0
    return [make(k, most / (1 + epsilon) ** at) for at in range(n_guesses)]


def _rows(sieve: Sieve) -> NDArray[np.int64]:
    return np.array(sieve.rows, np.int64)


def _nearest_before(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each row is from the nearest before it; 0 for the first."""
    distance = 1 - unit @ unit.T
    distance[~np.tri(len(unit), k=-1, dtype=np.bool_)] = np.inf
    nearest: NDArray[np.float64] = distance.min(axis=1)
    nearest[0] = 0
    return nearest
