"""ChoiceMixture: latent classes of annotators who want different things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from prefmath.models._fit.choice_model import ChoiceModel
from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._likelihood.population.classes import Classes

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import ArrayLike

    from prefmath.choices import Choices
    from prefmath.models._likelihood.ties import Ties

__all__ = ["ChoiceMixture"]


class ChoiceMixture(ChoiceModel):
    r"""Latent classes of annotators, each with utilities of its own.

    An annotator belongs to class z with probability π_z and then chooses item c of a set with
    probability :math:`e^{u_{cz}} / \sum_i e^{u_{iz}}` (multinomial logit; for pairs,
    Bradley-Terry). A tie counts as half a win for each side unless `ties` says otherwise, a ranking
    as the choices of one that it stands for (Plackett-Luce). Utilities are linear in the features
    of an item, or free for every item. With one class it is plain conditional logit, Bradley-Terry
    or Plackett-Luce.

    Of a person who counts c times (`count` of the choices) the log-likelihood is taken c times. A
    `weight` w of a judgement is another thing: the judgement seen w times from one person, whose
    class it tells the more surely.

    Parameters
    ----------
    n_components : int
        Number of classes.
    hard : bool
        Whether every annotator belongs to one class, the one that explains the judgements best,
        instead of to each with a probability. The hard EM of MaxMin-RLHF [1]_: simpler to tell, but
        coefficients are further apart than they are in truth where people judged little, and
        there are no standard errors, only `bootstrap`.
    ties : {"half", "davidson", "rao_kupper"}
        What becomes of tied pairs: half a win for each of the two, or outcomes with a parameter of
        their own, as in `BradleyTerry`.
    position_effect : bool
        Whether positions have utilities of their own beside those of the items: the item of a pair
        shown first, which the choices must then tell, or all positions of a choice set but the
        first. These are no constants of alternatives: where sets are of unequal size, a position
        need not hold the same alternative in all.
    l2 : float
        Penalty ``l2 / 2`` times the sum of squares of the utilities of items, or of coefficients
        times the spread of their feature within choice sets: the root mean square deviation from
        the mean of a set, over judgements as they count. So it does not depend on what features
        are measured in. Small by default, so that items that only win keep finite utilities; 0
        gives plain maximum likelihood.
    n_init : int
        Number of random starts: every other one from k-means++ on what annotators would change in
        a common model, the others from a few annotators a class. All run for some iterations, of
        annotators drawn at random where there are many, and the best of them to the end. Where
        features are more than 64, starts run in the few directions along which annotators differ
        most.
    tol : float
        An iteration that raises the penalised log-likelihood by less ends the fit, if its score
        predicts no more either. In nats, over all data.
    max_iter : int
        Iterations a start.
    warm_start : bool
        Go on from the last fit instead of starting anew.
    random_state : int, numpy.random.Generator or None
        Where the starts come from. One seed, one answer, on any number of threads.
    n_threads : int, optional
        By default ``PREFMATH_NUM_THREADS``, or else the cores that this process may use.
    progress : callable, optional
        Called as ``progress(start, iteration, lower_bound)`` after every iteration; the bound is
        that of the annotators looked at.

    Attributes
    ----------
    coef_ : ndarray, shape (n_components, d)
        Coefficients of the features; without features the utility of every item. Classes stand in
        the order of their weights.
    position_effects_ : ndarray, shape (n_components, n_positions)
        Utility of the item shown first of a pair, or of the second and later positions of a set.
    tie_ : ndarray, shape (n_components,)
        Parameter of ties, nu or theta; nan where a tie is half a win.
    weights_ : ndarray, shape (n_components,)
        Share of the annotators in each class.
    responsibilities_ : ndarray, shape (n_annotators, n_components)
        How probable each class is for each annotator, in the order of `annotator_ids_`.
    log_likelihood_ : float
        Of all judgements, summed, without the penalty.
    lower_bound_, lower_bounds_ : float, list of float
        Penalised log-likelihood at the end, and after every iteration: it never falls.
    converged_, n_iter_ : bool, int
        Whether the best start settled, and after how many iterations.
    annotator_ids_, item_ids_ : ndarray or None
        Labels, as in the choices.
    feature_names_in_ : ndarray of str, shape (d,)
        What the frame or design in `fit` calls the features; there is no such attribute where they
        have no names, or not all are strings. Features of other names, or in another order, are
        refused from then on.

    See Also
    --------
    prefmath.Choices : The container of judgements.

    References
    ----------
    .. [1] Chakraborty and others (2024), MaxMin-RLHF: alignment with diverse human preferences,
       arXiv 2402.08925, algorithm 2.

    McFadden (1974), Conditional logit analysis of qualitative choice behavior.
    Bhat (1997), An endogenous segmentation mode choice model: EM for latent class logit.
    Lange (1995), A quasi-Newton acceleration of the EM algorithm.
    Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding.

    Examples
    --------
    >>> import numpy as np
    >>> from prefmath import Choices
    >>> from prefmath.models import ChoiceMixture
    >>> choices = Choices.from_pairs(["tea", "tea", "milk"], ["milk", "water", "water"])
    >>> model = ChoiceMixture().fit(choices)
    >>> model.item_ids_[model.coef_[0].argsort()[::-1]].tolist()
    ['tea', 'milk', 'water']
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        hard: bool = False,
        ties: Ties = "half",
        position_effect: bool = False,
        l2: float = 1e-3,
        n_init: int = 10,
        tol: float = 1e-6,
        max_iter: int = 500,
        warm_start: bool = False,
        random_state: int | np.random.Generator | None = None,
        n_threads: int | None = None,
        progress: Callable[[int, int, float], None] | None = None,
    ) -> None:
        self.n_components = n_components
        self.hard = hard
        self.ties = ties
        self.position_effect = position_effect
        self.l2 = l2
        self.n_init = n_init
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_threads = n_threads
        self.progress = progress

    def _population(self, n_columns: int) -> Classes:
        return Classes(n_columns, hard=bool(self.hard))

    def fit(self, choices: Choices, features: ArrayLike | None = None) -> Self:
        """Fit to judgements by expectation-maximisation.

        Parameters
        ----------
        choices : Choices
            The judgements. Rankings are taken apart first, which needs memory for the choices that
            they stand for.
        features : array_like of float64, float32, float16 or bfloat16, shape (n_items, d), optional
            One row for each row of the item table; C-contiguous arrays are read as they are and
            not copied, other numbers become float64. Names of a frame's columns, or of the features
            of a `prefmath.Design`, are kept. Without features every item has a free utility; where
            they have no columns, shape (n_items, 0), positions alone tell what is chosen.

        Returns
        -------
        ChoiceMixture
            This estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, features are missing for an item or not finite, or there
            are more classes than annotators; or if without a penalty an item or a coefficient has
            no finite estimate. These are named.
        TypeError
            If a parameter or `features` is of the wrong type.

        Warns
        -----
        ConvergenceWarning
            If the best start has not settled within `max_iter` iterations.
        UndeterminedWarning
            If without a penalty a coefficient has no finite estimate in one of several classes; if
            choices have a single alternative, or positions have effects in sets of unequal size.
        WeightWarning
            If there are several classes, and the judgements of one person weigh alike but not as
            those of others, as if `count` were meant.
        """
        refuse_other_than_choices(choices)
        return self._fit(choices, features)
