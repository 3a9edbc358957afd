"""BradleyTerry: a utility for every item, from pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from prefmath.models._fitting import ItemModel

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["BradleyTerry"]


class BradleyTerry(ItemModel):
    r"""One utility for every item, alike for all annotators, from pairs.

    Item i wins against j with probability :math:`1 / (1 + e^{u_j - u_i})` [1]_.
    A tie is half a win for each.

    Parameters
    ----------
    l2 : float
        Penalty ``l2 / 2`` times the sum of squared utilities. 0, the default, gives plain maximum
        likelihood.
    tol : float
        An iteration that raises the log-likelihood by less ends the fit. In nats, over all data.
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
        l2: float = 0.0,
        tol: float = 1e-8,
        max_iter: int = 100,
        warm_start: bool = False,
        n_threads: int | None = None,
    ) -> None:
        self.l2 = l2
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.n_threads = n_threads

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
        self._check_layout(choices, ("pairs",))
        return self._fit(choices, None)
