"""ConditionalLogit: utilities linear in the features of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from prefmath.models._fit.choice_model import ChoiceModel
from prefmath.models._fit.only_choices import refuse_other_than_choices

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from prefmath.choices import Choices
    from prefmath.models._likelihood.ties import Ties

__all__ = ["ConditionalLogit"]


class ConditionalLogit(ChoiceModel):
    r"""Utilities linear in the features of items, alike for all annotators.

    Item i of a set is chosen with probability :math:`e^{u_i} / \sum_j e^{u_j}` where
    :math:`u_i = x_i^\top \beta` (multinomial logit [1]_). A pair is a choice among two, its tie
    half a win for each; a ranking is the choices of one that it stands for [2]_.

    Parameters
    ----------
    ties : {"half", "davidson", "rao_kupper"}
        What becomes of tied pairs: half a win for each of the two, or outcomes with a parameter of
        their own, as in `BradleyTerry`.
    position_effect : bool
        Whether positions have utilities of their own beside those of the items: the item of a pair
        shown first, which the choices must then tell, or all positions of a choice set but the
        first. These are no constants of alternatives: where sets are of unequal size, a position
        need not hold the same alternative in all.
    l2 : float
        Penalty ``l2 / 2`` times the sum of squared coefficients, each times the spread of its
        feature within choice sets: the root mean square deviation from the mean of a set, over
        judgements as they count. So it does not depend on what features are measured in. 0, the
        default, gives plain maximum likelihood.
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
    coef_ : ndarray, shape (1, d)
        Coefficients of the features.
    position_effects_ : ndarray, shape (1, n_positions)
        Utility of the item shown first of a pair, or of the second and later positions of a set.
    tie_ : ndarray, shape (1,)
        Parameter of ties, nu or theta; nan where a tie is half a win.
    log_likelihood_ : float
        Of all judgements, summed, without the penalty.
    converged_, n_iter_ : bool, int
        Whether the fit settled, and after how many iterations.
    n_features_in_ : int
        Columns of the features.
    feature_names_in_ : ndarray of str, shape (d,)
        What the frame or design in `fit` calls them; there is no such attribute where they have no
        names, or not all are strings. Features of other names, or in another order, are refused
        from then on.

    References
    ----------
    .. [1] McFadden (1974), Conditional logit analysis of qualitative choice behavior, Frontiers in
       Econometrics.
    .. [2] Beggs, Cardell and Hausman (1981), Assessing the potential demand for electric cars,
       Journal of Econometrics 17.

    Examples
    --------
    >>> import numpy as np
    >>> from prefmath import Choices
    >>> from prefmath.models import ConditionalLogit
    >>> price = np.array([[1.0], [2.0], [3.0]])
    >>> choices = Choices.from_choice_sets([0, 3, 6, 9], [0, 1, 2] * 3, [0, 0, 2])
    >>> ConditionalLogit().fit(choices, price).coef_.round(3).tolist()
    [[-0.522]]
    """

    def __init__(
        self,
        *,
        ties: Ties = "half",
        position_effect: bool = False,
        l2: float = 0.0,
        tol: float = 1e-8,
        max_iter: int = 100,
        warm_start: bool = False,
        n_threads: int | None = None,
    ) -> None:
        self.ties = ties
        self.position_effect = position_effect
        self.l2 = l2
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.n_threads = n_threads

    def fit(self, choices: Choices, features: ArrayLike | None = None) -> Self:
        """Fit to judgements by Newton's method.

        Parameters
        ----------
        choices : Choices
            Pairs, choice sets or rankings. Rankings are taken apart first, which needs memory for
            the choices that they stand for.
        features : array_like of float64, float32, float16 or bfloat16, shape (n_items, d), optional
            One row for each row of the item table; C-contiguous arrays are read as they are and
            not copied, other numbers become float64. Names of a frame's columns, or of the features
            of a `prefmath.Design`, are kept. May be left out with `position_effect`: positions
            alone then tell what is chosen.

        Returns
        -------
        ConditionalLogit
            This estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, or features are missing for an item or not finite; or
            if without a penalty a coefficient has no finite estimate: as a combination of columns
            is the same for all alternatives of every choice, or tells what was chosen. The columns
            are named.
        TypeError
            If a parameter or `features` is of the wrong type, or `choices` are none.

        Warns
        -----
        ConvergenceWarning
            If the fit has not settled within `max_iter` iterations.
        UndeterminedWarning
            If choices have a single alternative, or positions have effects in sets of unequal size.
        """
        refuse_other_than_choices(choices)
        if features is None:
            if not self.position_effect:
                msg = "features are missing: only with position_effect may positions alone tell"
                raise ValueError(msg)
            features = np.zeros((choices.n_items, 0))
        return self._fit(choices, features)
