"""ChoiceMixture: latent classes of annotators who want different things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from prefmath.models._fit.choice_model import ChoiceModel
from prefmath.models._fit.gate import gate_of
from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._inference.membership import Membership, membership_of
from prefmath.models._likelihood.covariates import table_of_covariates
from prefmath.models._likelihood.population.classes import Classes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

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
        a common model, the others from a few annotators a class. Of small data all run to the end,
        and with a penalty moves are tried from there, the best ends first: a class is given up and
        another split, or put where annotators are explained worst [2]_, until the best optimum was
        found several times or 4,000,000 judgements and alternatives, times classes, were passed
        over for each start. Of large data, where a pass is over more than 40,000 of these, starts
        run for some iterations, of annotators drawn at random where there are many, and the best
        of them to the end. Where features are more than 64, starts run in the few directions along
        which annotators differ most.
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
    starts_ : Starts or None
        Where starts and moves ended, and how many agree on the best; prints as a table. None after
        `warm_start` went on from a fit, and of a model that was loaded.
    converged_, n_iter_ : bool, int
        Whether the best start settled, and after how many iterations.
    annotator_ids_, item_ids_ : ndarray or None
        Labels, as in the choices.
    membership_ : Membership
        Coefficients of membership by name, and marginal effects on the shares of the classes; there
        only where the model was fitted with `membership`. ``weights_`` are then the mean of the
        class probabilities of the people of the fit.
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
    .. [2] Ueda, Nakano, Ghahramani and Hinton (2000), SMEM algorithm for mixture models, Neural
       Computation 12.

    McFadden (1974), Conditional logit analysis of qualitative choice behavior.
    Bhat (1997), An endogenous segmentation mode choice model: EM for latent class logit.
    Dayton and Macready (1988), Concomitant-variable latent-class models.
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

    @property
    def membership_(self) -> Membership:
        """How covariates tell the class of a person, with coefficients by name.

        There is no such attribute where a model was fitted without membership.
        """
        self._check_fitted()
        gate = gate_of(self)
        if gate is None:
            msg = f"this {type(self).__name__} was fitted without membership"
            raise AttributeError(msg)
        return membership_of(gate, self.weights_, self.annotator_counts_)

    def membership_proba(self, membership: Any) -> NDArray[np.float64]:
        """Class probabilities of people by their covariates alone.

        Parameters
        ----------
        membership : frame, mapping or array_like
            A row a person, with the columns that it had in `fit`; by name, where columns have
            names.

        Returns
        -------
        ndarray, shape (n_people, n_components)
            In the order of the rows.

        Raises
        ------
        ValueError
            If the model was fitted without membership, a column lacks or is not known, or a number
            is missing.
        TypeError
            If something is no number.
        """
        self._check_fitted()
        gate = gate_of(self)
        if gate is None:
            msg = "membership_proba needs a model that was fitted with membership"
            raise ValueError(msg)
        covariates = gate.design.rows(table_of_covariates(membership))
        if len(gate.params) == 1:
            return np.ones((len(covariates), 1))
        return self._fitted().population.prior(gate.params, covariates)

    def __repr__(self) -> str:
        gate = gate_of(self)
        if gate is None:
            return super().__repr__()
        return f"{super().__repr__()}\n{self.membership_!r}"

    def _population(self, n_columns: int) -> Classes:
        return Classes(n_columns, hard=bool(self.hard))

    def fit(
        self,
        choices: Choices,
        features: ArrayLike | None = None,
        *,
        membership: Any = None,
    ) -> Self:
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
        membership : frame, mapping or array_like of shape (n_annotators, n_covariates), optional
            What annotators are like, a row for each: classes are then not alike probable for all,
            but by the multinomial logit of membership [1]_ [2]_, with an intercept, relative to
            class 0. Rows of a frame belong to the annotators that its index names, or a column
            ``"annotator"`` or ``"annotator_id"``; without names they stand in the order of
            ``choices.annotator_ids``, as rows of arrays do. Numbers of any unit and booleans; what
            is text is refused: make it columns of 0 and 1 for each level but the one to compare
            with. A column that is the same for everyone takes the place of the intercept. No number
            may be missing.

        Returns
        -------
        ChoiceMixture
            This estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, an annotator has no covariates, or one of these is
            missing or told by others; if features are missing for an item or not finite, or there
            are more classes than annotators; or if without a penalty an item or a coefficient has
            no finite estimate. These are named.
        TypeError
            If a parameter or `features` is of the wrong type.

        Warns
        -----
        LocalOptimumWarning
            If the best optimum of small data was found but once, by one start or move.
        ConvergenceWarning
            If the best start has not settled within `max_iter` iterations.
        UndeterminedWarning
            If covariates tell for certain that some annotators are not in a class, so that
            coefficients of membership run to infinity; if without a penalty a coefficient has no
            finite estimate in one of several classes; if choices have a single alternative, or
            positions have effects in sets of unequal size.
        WeightWarning
            If there are several classes, and the judgements of one person weigh alike but not as
            those of others, as if `count` were meant.

        References
        ----------
        .. [1] Dayton and Macready (1988), Concomitant-variable latent-class models, Journal of the
           American Statistical Association 83, equation 4.
        .. [2] Bhat (1997), An endogenous segmentation mode choice model with an application to
           intercity travel, Transportation Science 31, equation 3.

        Examples
        --------
        >>> import numpy as np
        >>> from prefmath import Choices
        >>> from prefmath.models import ChoiceMixture
        >>> rng = np.random.default_rng(0)
        >>> age = rng.integers(20, 80, size=100)
        >>> tea = np.repeat(rng.random(100) < (age - 10) / 80, 8) ^ (rng.random(800) < 0.1)
        >>> winner = np.where(tea, "tea", "milk")
        >>> loser = np.where(tea, "milk", "tea")
        >>> choices = Choices.from_pairs(winner, loser, annotator=np.repeat(range(100), 8))
        >>> model = ChoiceMixture(2, random_state=0).fit(choices, membership={"age": age})
        >>> model.membership_
        Membership(coefficients of a logit, relative to class 0)
                   class 0  class 1
        share        0.571    0.429
        intercept        0   -2.573
        age              0   0.0448
        >>> model.membership_proba({"age": [25, 75]}).round(2)
        array([[0.81, 0.19],
               [0.31, 0.69]])
        """
        refuse_other_than_choices(choices)
        if membership is not None and self.hard:
            raise ValueError(
                "membership needs hard=False: hard classes take no account of how many people are "
                "in them, so that covariates have no share to tell"
            )
        return self._fit(choices, features, membership=membership)
