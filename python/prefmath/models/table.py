"""The likelihood of choices on a table of utilities that the caller filled, and its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._foreign import as_array
from prefmath._threads import resolve_threads
from prefmath._validate import as_matrix
from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.observation import form_of, observe_outcomes
from prefmath.models._likelihood.population.classes import Classes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._likelihood.observation import Form
    from prefmath.models._likelihood.ties import Ties

    _F64 = NDArray[np.float64]

__all__ = ["TableLikelihood", "table_log_likelihood"]

# Mixing proportions are estimated until they move by less, or so often.
_SETTLED = 1e-10
_ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class TableLikelihood:
    """What choices say of a table of utilities.

    Attributes
    ----------
    log_likelihood : float
        Of all judgements, summed, the annotators' classes being unknown.
    gradient : ndarray, of the shape of the table
        Its derivative in every utility.
    tie_gradient : ndarray, shape (n_classes,), or None
        Its derivative in `tie`, where that was given.
    position_gradient : ndarray, shape (n_positions, n_classes), or None
        Its derivative in `position`, where that was given.
    weights : ndarray, shape (n_classes,)
        Mixing proportions of the classes, as given or as estimated.
    responsibilities : ndarray, shape (n_annotators, n_classes)
        How probable each class is for each annotator.
    """

    log_likelihood: float
    gradient: _F64
    tie_gradient: _F64 | None
    position_gradient: _F64 | None
    weights: _F64
    responsibilities: _F64

    def __repr__(self) -> str:
        n_items, n_classes = len(self.gradient), len(self.weights)
        of = f"{n_items:,} items in {n_classes} class" + ("es" if n_classes > 1 else "")
        return f"TableLikelihood({self.log_likelihood:,.4f}, with gradient for {of})"


def table_log_likelihood(
    choices: Choices,
    table: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    ties: Ties = "half",
    tie: ArrayLike | None = None,
    position: ArrayLike | None = None,
    n_threads: int | None = None,
) -> TableLikelihood:
    r"""Return the log-likelihood of choices under utilities from anywhere, and its gradient.

    So a model of one's own, such as a network on embeddings, is trained: it fills the table, and
    the gradient on the table is handed back to it. With several columns annotators belong to
    latent classes, and the likelihood is that of their judgements with the class unknown:
    :math:`\sum_h \log \sum_z \pi_z \prod_{s \in h} P(s \mid u_z)`.

    Parameters
    ----------
    choices : Choices
        What was chosen.
    table : array_like, shape (n_items,) or (n_items, n_classes)
        Utility of every row of the item table, for one class or for several.
    weights : array_like, shape (n_classes,), optional
        Mixing proportions of the classes. By default those of greatest likelihood for this table,
        found by expectation-maximisation; the gradient is then that with the best ones, too.
    ties : {"half", "davidson", "rao_kupper"}
        What becomes of tied pairs, as in `BradleyTerry`.
    tie : array_like, scalar or shape (n_classes,), optional
        Logarithm of Davidson's nu, or of the logarithm of Rao and Kupper's theta; 0 by default,
        and not used where ties are halves.
    position : array_like, shape (n_positions,) or (n_positions, n_classes), optional
        Utility of the item of a pair shown first, or of the second and later positions of a set.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use.

    Returns
    -------
    TableLikelihood
        With `log_likelihood`, `gradient` and what else follows.

    Raises
    ------
    ValueError
        If a shape does not fit, a value is not finite, or weights are negative or do not sum to 1.
    TypeError
        If `choices` are none.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import table_log_likelihood
    >>> choices = Choices.from_pairs([0, 0, 1], [1, 2, 2])
    >>> found = table_log_likelihood(choices, [0.0, 0.0, 0.0])
    >>> round(found.log_likelihood, 4), found.gradient.tolist()
    (-2.0794, [1.0, 0.0, -1.0])
    """
    refuse_other_than_choices(choices)
    utility = _matrix(table, "table")
    if len(utility) < choices.n_items:
        msg = f"table must have a row for each of {choices.n_items} items, not {len(utility)}"
        raise ValueError(msg)
    n_items, n_classes = utility.shape
    threads = resolve_threads(n_threads)
    form = form_of(choices, ties, position_effect=position is not None)
    rows = np.concatenate([utility, *_extra_rows(form, tie, position, n_classes)])
    observation, outcome = observe_outcomes(choices, n_items, form, threads)
    proportions = None if weights is None else _proportions(weights, n_classes)
    data = Data.of(choices, observation, outcome, threads)
    classes = Classes(n_classes)
    log_likelihood = observation.log_likelihood(rows)

    def posterior(at: _F64) -> tuple[_F64, _F64]:
        return classes.assigned(log_likelihood, data, classes.prior(at))

    if proportions is None:
        proportions, (responsibilities, evidence) = _best_proportions(posterior, data, n_classes)
    else:
        responsibilities, evidence = posterior(proportions)
    gradient, _ = observation.gradient(rows, data.outcome_weights(responsibilities))
    return TableLikelihood(
        log_likelihood=float(data.sum(evidence)),
        gradient=gradient[:n_items].reshape(np.shape(table)),
        tie_gradient=gradient[-1] if form.has_tie else None,
        position_gradient=(
            gradient[n_items : n_items + form.n_positions] if form.n_positions else None
        ),
        weights=proportions,
        responsibilities=responsibilities,
    )


def _best_proportions(posterior: Any, data: Data, n_classes: int) -> tuple[_F64, tuple[_F64, _F64]]:
    """Find those of greatest likelihood: it is concave in them, so that EM finds the maximum."""
    proportions = np.full(n_classes, 1 / n_classes)
    found = posterior(proportions)
    for _ in range(_ITERATIONS if n_classes > 1 else 0):
        better = data.sum(found[0]) / data.n_annotators
        moved = np.abs(better - proportions).max()
        proportions, found = better, posterior(better)
        if moved < _SETTLED:
            break
    return proportions, found


def _extra_rows(
    form: Form, tie: ArrayLike | None, position: ArrayLike | None, n_classes: int
) -> list[_F64]:
    """Rows of the table for positions and ties."""
    rows = []
    if position is not None:
        given = _matrix(position, "position")
        if given.shape[1] == 1:
            given = np.repeat(given, n_classes, axis=1)
        if given.shape != (form.n_positions, n_classes):
            shape = form.n_positions, n_classes
            msg = f"position must have shape {shape}, not {given.shape}"
            raise ValueError(msg)
        rows.append(given)
    if form.has_tie:
        given = np.zeros(()) if tie is None else _numbers(tie, "tie")
        if given.shape not in {(), (1,), (n_classes,)}:
            raise ValueError(f"tie must have shape {(n_classes,)}, not {given.shape}")
        value = np.broadcast_to(given, n_classes)
        if not np.isfinite(value).all():
            msg = f"tie must be finite, not {value[~np.isfinite(value)][0]}"
            raise ValueError(msg)
        rows.append(value[None])
    return rows


def _matrix(values: ArrayLike, name: str) -> _F64:
    """Return values as a float64 matrix of finite numbers; one dimension is one column."""
    array = as_array(values, name)
    matrix = as_matrix(array[:, None] if array.ndim == 1 else array, name)
    matrix = np.ascontiguousarray(matrix, np.float64)
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        msg = f"{name} must be finite: {name}[{row}, {column}] is {matrix[row, column]}"
        raise ValueError(msg)
    return matrix


def _proportions(weights: ArrayLike, n_classes: int) -> _F64:
    proportions = _numbers(weights, "weights")
    if proportions.shape != (n_classes,):
        msg = f"weights must have shape {(n_classes,)}, not {proportions.shape}"
        raise ValueError(msg)
    if not (proportions >= 0).all() or not abs(proportions.sum() - 1) < 1e-6:
        msg = f"weights must not be negative and sum to 1, not {proportions.tolist()}"
        raise ValueError(msg)
    normed: _F64 = proportions / proportions.sum()
    return normed


def _numbers(values: ArrayLike, name: str) -> _F64:
    array = as_array(values, name)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got dtype {array.dtype}")
    return array.astype(np.float64, copy=False)
