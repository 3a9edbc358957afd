"""PlackettLuce: a utility for every item, from rankings or choices of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from prefmath.models._fit.item_model import ItemModel
from prefmath.models._fit.only_choices import refuse_other_than_choices

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["PlackettLuce"]


class PlackettLuce(ItemModel):
    r"""One utility for every item, alike for all annotators, from rankings.

    The best of a set is item i with probability :math:`e^{u_i} / \sum_j e^{u_j}`, the second best
    of what is left likewise, and so on [1]_ [2]_. Choices of one, rankings of the first few and
    pairs without ties are rankings too, of which less is known.

    Parameters
    ----------
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
    item_ids_ : ndarray or None
        Labels of the items, as in the choices.
    log_likelihood_ : float
        Of all judgements, summed, without the penalty.
    converged_, n_iter_ : bool, int
        Whether the fit settled, and after how many iterations.

    References
    ----------
    .. [1] Luce (1959), Individual choice behavior: a theoretical analysis.
    .. [2] Plackett (1975), The analysis of permutations, Applied Statistics 24.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import PlackettLuce
    >>> choices = Choices.from_rankings([0, 3, 6, 8], list("abcbcaca"), weight=[4, 2, 1])
    >>> model = PlackettLuce().fit(choices)
    >>> model.item_ids_.tolist(), model.utilities_.round(3).tolist()
    (['a', 'b', 'c'], [0.096, 0.501, -0.597])
    """

    def __init__(
        self,
        *,
        l2: float = 0.0,
        prior: float = 0.0,
        tol: float = 1e-8,
        max_iter: int = 100,
        warm_start: bool = False,
        n_threads: int | None = None,
    ) -> None:
        self.l2 = l2
        self.prior = prior
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.n_threads = n_threads

    def fit(self, choices: Choices) -> Self:
        """Fit to judgements by Newton's method.

        Parameters
        ----------
        choices : Choices
            Rankings, choice sets, or pairs without ties.

        Returns
        -------
        PlackettLuce
            This estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, a pair is tied, or without a penalty some utility has
            no finite estimate: there the items are named.
        TypeError
            If a parameter is of the wrong type, or `choices` are none.

        Warns
        -----
        ConvergenceWarning
            If the fit has not settled within `max_iter` iterations.
        """
        refuse_other_than_choices(choices)
        if choices.tied is not None:
            row = int(choices.restore(choices.tied).argmax())
            msg = f"choices must have no ties, which BradleyTerry fits: row {row} is one"
            raise ValueError(msg)
        return self._fit(choices, None)
