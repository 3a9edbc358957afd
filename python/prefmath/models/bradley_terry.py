"""BradleyTerry: a utility for every item, from pairs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath._labels import distinct_labels
from prefmath._threads import resolve_threads
from prefmath.choices import Choices
from prefmath.choices import checks as check
from prefmath.models._determined.item_rows import refuse_sparse_rows
from prefmath.models._fit.fitted import Fitted
from prefmath.models._fit.fitting import Fit, last_utilities
from prefmath.models._fit.item_model import ItemModel
from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._fit.pair_counts import counted_pairs
from prefmath.models._fit.wins import wins_of_pairs
from prefmath.models._fit.wins_newton import fit_wins
from prefmath.models._likelihood.observation import Form

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.models._likelihood.problem import Problem
    from prefmath.models._likelihood.ties import Ties

__all__ = ["BradleyTerry"]

# Pairs are counted in a table of all pairs of items with at most so many cells a pair.
_CELLS_A_PAIR = 4


class BradleyTerry(ItemModel):
    r"""One utility for every item, alike for all annotators, from pairs.

    Item i wins against j with probability :math:`1 / (1 + e^{u_j - u_i})` [1]_. Where ties are
    outcomes of their own, i wins, j wins and neither does with probabilities in the ratio
    :math:`e^{u_i} : e^{u_j} : \nu e^{(u_i + u_j) / 2}` [2]_, or i wins with probability
    :math:`1 / (1 + \theta e^{u_j - u_i})` and j likewise [3]_. An effect of order is added to the
    utility of the item shown first.

    Parameters
    ----------
    ties : {"half", "davidson", "rao_kupper"}
        What becomes of ties: half a win for each of the two, or outcomes with a parameter of their
        own, nu of Davidson [2]_ or theta of Rao and Kupper [3]_.
    position_effect : bool
        Whether the item shown first has a utility of its own beside that of the item; the choices
        must then say which was, `Choices.from_pairs(..., first=)`.
    l2 : float
        Penalty ``l2 / 2`` times the sum of squared utilities. 0, the default, gives plain maximum
        likelihood.
    prior : float
        So many virtual wins and as many losses of every item against an item of utility 0, which
        keep utilities finite: an alternative to `l2`.
    tol : float
        An iteration that raises the log-likelihood by less ends the fit, if its score
        predicts no more either. In nats, over all data.
    max_iter : int
        Iterations.
    warm_start : bool
        Go on from the last fit instead of starting anew.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use.

    Attributes
    ----------
    utilities_ : ndarray, shape (n_items,)
        Of every row of the item table; their mean is 0.
    tie_ : float
        nu or theta; nan where a tie is half a win.
    order_effect_ : float
        Added to the utility of the item shown first; 0 without an effect of position.
    item_ids_ : ndarray or None
        Labels of the items, as in the choices.
    log_likelihood_ : float
        Of all judgements, summed, without the penalty.
    converged_, n_iter_ : bool, int
        Whether the fit settled, and after how many iterations.

    References
    ----------
    .. [1] Bradley and Terry (1952), Rank analysis of incomplete block designs: I. The method of
       paired comparisons, Biometrika 39.
    .. [2] Davidson (1970), On extending the Bradley-Terry model to accommodate ties in paired
       comparison experiments, Journal of the American Statistical Association 65, equation 2.4.
    .. [3] Rao and Kupper (1967), Ties in paired-comparison experiments: a generalization of the
       Bradley-Terry model, Journal of the American Statistical Association 62.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import BradleyTerry
    >>> choices = Choices.from_pairs(
    ...     ["tea", "tea", "milk", "milk", "water", "tea"],
    ...     ["milk", "water", "water", "tea", "tea", "water"],
    ... )
    >>> model = BradleyTerry().fit(choices)
    >>> model.item_ids_.tolist(), model.utilities_.round(3).tolist()
    (['milk', 'tea', 'water'], [0.602, 0.202, -0.804])
    """

    def __init__(
        self,
        *,
        ties: Ties = "half",
        position_effect: bool = False,
        l2: float = 0.0,
        prior: float = 0.0,
        tol: float = 1e-8,
        max_iter: int = 100,
        warm_start: bool = False,
        n_threads: int | None = None,
    ) -> None:
        self.ties = ties
        self.position_effect = position_effect
        self.l2 = l2
        self.prior = prior
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.n_threads = n_threads

    @property
    def order_effect_(self) -> float:
        """Added to the utility of the item shown first; 0 without an effect of position."""
        return float(self.position_effects_.sum())

    def fit(self, choices: Choices) -> Self:
        """Fit to pairs by Newton's method.

        Parameters
        ----------
        choices : Choices
            Pairs.

        Returns
        -------
        BradleyTerry
            This estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, these are no pairs, or without a penalty some utility
            has no finite estimate: there the items are named.
        TypeError
            If a parameter is of the wrong type, or `choices` are none.

        Warns
        -----
        ConvergenceWarning
            If the fit has not settled within `max_iter` iterations.
        """
        refuse_other_than_choices(choices)
        if choices.layout != "pairs":
            msg = f"choices must be pairs, not {choices.layout}"
            raise ValueError(msg)
        if self._of_wins_alone:
            self._check_parameters()
            refuse_sparse_rows(choices)
            return self._fit_wins(
                choices.winner,
                choices.loser,
                choices.tied,
                choices.counted_weight,
                choices.item_ids,
                choices.n_items,
                choices,
            )
        return self._fit(choices, None, _first_params)

    def fit_pairs(
        self,
        winner: ArrayLike,
        loser: ArrayLike,
        *,
        tie: ArrayLike | None = None,
        first: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        item_ids: ArrayLike | None = None,
    ) -> Self:
        """Fit to pairs in arrays of item rows, which are counted or sorted at once.

        Parameters
        ----------
        winner, loser : array_like of int, shape (n,)
            Rows of the item table: int32 and int64 are not copied.
        tie, first, weight : array_like, shape (n,), optional
            As for `Choices.from_pairs`; how often a pair was judged is a weight here.
        item_ids : array_like, shape (n_items,), optional
            Labels of the item table, one a row. By default there are as many rows as are named.

        Returns
        -------
        BradleyTerry
            This estimator, the same as from `fit`.

        Raises
        ------
        ValueError
            As `fit` and `Choices.from_pairs` do.
        TypeError
            As `fit` and `Choices.from_pairs` do.

        Examples
        --------
        >>> import numpy as np
        >>> from prefmath.models import BradleyTerry
        >>> winner, loser = np.array([0, 0, 1, 2, 2, 1]), np.array([1, 2, 2, 0, 1, 0])
        >>> BradleyTerry().fit_pairs(winner, loser).utilities_.round(3).tolist()
        [0.0, 0.0, 0.0]
        """
        self._check_parameters()
        n = check.length_of(winner, "winner")
        rows = check.integers(winner, "winner", n), check.integers(loser, "loser", n)
        ids = None if item_ids is None else distinct_labels(item_ids, "item_ids")
        n_items = int(max(a.max() for a in rows)) + 1 if ids is None else len(ids)
        tied, weight = check.tied_pairs(tie, n), check.weights(weight, n)
        order = None if first is None else check.booleans(first, "first", n)
        if ids is not None:
            _refuse_unknown_rows(rows, n_items)
        if self._of_wins_alone:
            if ids is None and n_items > 2 * n:
                refuse_sparse_rows(Choices.from_pairs(*rows))
            winner, loser = _as_kernels_take_them(rows)
            return self._fit_wins(winner, loser, tied, weight, ids, n_items)
        if n_items**2 > _CELLS_A_PAIR * n:
            choices = Choices.from_pairs(*rows, tie=tied, first=order, weight=weight)
            return self.fit(replace(choices, item_ids=ids, n_items=n_items))
        winner, loser = _as_kernels_take_them(rows)
        n_threads = resolve_threads(self.n_threads)
        order = order if self.position_effect else None
        choices = counted_pairs(winner, loser, tied, order, weight, n_items, n_threads)
        return self.fit(replace(choices, item_ids=ids))

    @property
    def _of_wins_alone(self) -> bool:
        """Whether it matters no more than who won how often against whom."""
        return self.ties == "half" and not self.position_effect

    def _fit_wins(
        self,
        winner: NDArray[Any],
        loser: NDArray[Any],
        tied: NDArray[np.bool_] | None,
        weight: NDArray[np.float64] | None,
        item_ids: NDArray[Any] | None,
        n_items: int,
        choices: Choices | None = None,
    ) -> Self:
        """Count who won against whom, and fit to that."""
        n_threads = resolve_threads(self.n_threads)
        wins = wins_of_pairs(winner, loser, tied, weight, n_items, n_threads)
        if self.l2 == 0 and self.prior == 0:
            wins.refuse_undetermined(item_ids)
        begin = self._last_utilities(item_ids, n_items)
        found = fit_wins(wins, self.l2, self.prior, begin, self.tol, self.max_iter)
        found_here = Fit(
            fitted=Fitted(
                coef=(found.utility - found.utility.mean())[None],
                extra=np.zeros((1, 0)),
                mixing=np.ones(1),
                latent=np.ones((1 if choices is None else choices.n_annotators, 1)),
                population=self._population(1),
                penalty=self._penalty(),
                form=Form("pairs", "half", 0),
                linear=False,
                spreads=None,
                annotator_ids=None if choices is None else choices.annotator_ids,
                annotator_counts=None if choices is None else choices.annotator_counts,
                item_ids=item_ids,
                n_threads=n_threads,
            ),
            log_likelihood=found.log_likelihood,
            objectives=found.objectives,
            converged=found.converged,
            gain=found.gain,
            undetermined=[],
        )
        self._keep(found_here)
        self._warn(found_here, stacklevel=4)
        return self

    def _last_utilities(
        self, item_ids: NDArray[Any] | None, n_items: int
    ) -> NDArray[np.float64] | None:
        """Utilities of the last fit for these items, by label, if they are where to begin."""
        if not (self.warm_start and hasattr(self, "coef_")):
            return None
        utilities = last_utilities(self._fitted(), item_ids)
        if utilities.shape != (1, n_items):
            msg = f"warm_start needs parameters of shape {(1, n_items)}, not {utilities.shape}"
            raise ValueError(msg)
        first: NDArray[np.float64] = utilities[0]
        return first


def _first_params(problem: Problem) -> NDArray[np.float64]:
    """Return the odds of every item against all that it met."""
    observation, weight, n_items = problem.observation, problem.data.weight, problem.utility.n_coef
    won, lost = (
        np.bincount(side, weight, n_items) + 1.0 for side in (observation.winner, observation.loser)
    )
    params = np.zeros((1, problem.utility.n_parameters))
    params[0, :n_items] = np.log(won / lost)
    params[0, :n_items] -= params[0, :n_items].mean()
    return params


def _refuse_unknown_rows(rows: tuple[NDArray[Any], NDArray[Any]], n_items: int) -> None:
    for name, of in zip(("winner", "loser"), rows, strict=True):
        if of.max() >= n_items:
            row = int((of >= n_items).argmax())
            msg = f"{name} must be a row of the {n_items} item_ids: {name}[{row}]={of[row]}"
            raise ValueError(msg)


def _as_kernels_take_them(rows: tuple[NDArray[Any], NDArray[Any]]) -> list[NDArray[Any]]:
    """Return rows as C-contiguous int32 if all are, or else int64."""
    short = all(column.dtype == np.int32 for column in rows)
    return [np.ascontiguousarray(column, np.int32 if short else np.int64) for column in rows]
