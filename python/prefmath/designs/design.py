"""Design: choices and the features of every alternative shown, from one call on a frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.choices import Choices
from prefmath.designs.alternatives import alternatives_of
from prefmath.designs.arguments import about, labelled, largest_of
from prefmath.designs.long import Long
from prefmath.designs.source import source_of
from prefmath.designs.terms import matrix_of, terms_of
from prefmath.designs.text import described
from prefmath.designs.wide import Wide, check_pattern
from prefmath.io._long import Groups
from prefmath.io._named_columns import naming_columns

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from prefmath.designs.alternatives import Alternatives
    from prefmath.designs.features import Features
    from prefmath.designs.terms import Stack, Terms

__all__ = ["Design"]


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """Choices, and a row of features for every alternative that was shown.

    Made by `from_wide` or `from_long`, and handed on with a star: ``model.fit(*design)``,
    ``model.predict_proba(*design)``.

    Attributes
    ----------
    choices : Choices
        What was chosen; its items are the rows of `features`.
    features : Features, shape (n_rows, d)
        The numbers, with names: ``features.columns``.
    alternatives : ndarray or None
        Labels of the alternatives, in the caller's order; None where they have none.
    alternative : ndarray of int32, shape (n_rows,), or None
        Which of them each row is of. Probabilities come in the order of the rows, so that
        ``np.bincount(design.alternative, model.predict_proba(*design))`` are expected demands.
    rows : ndarray of int64, shape (n_rows,)
        The row of the frame that each row comes from.
    base : label or None
        The alternative that constants and case-specific coefficients are compared to.
    """

    choices: Choices
    features: Features
    alternatives: NDArray[Any] | None
    alternative: NDArray[np.int32] | None
    rows: NDArray[np.int64]
    base: Any

    @classmethod
    def from_wide(
        cls,
        frame: object,
        alternatives: Any,
        chosen: Any,
        *,
        generic: Any = (),
        alternative_specific: Any = (),
        case_specific: Any = (),
        asc: bool = False,
        base: Any = None,
        pattern: str = "{variable}_{alternative}",
        availability: Any = None,
        annotator: Any = None,
        weight: Any = None,
        count: Any = None,
        dtype: DTypeLike = np.float64,
    ) -> Design:
        """Make a design of a frame with a row for each choice set.

        ===================== ============================== =================================
        variables             columns of the frame           features, by name
        ===================== ============================== =================================
        ``asc=True``          none                           ``(intercept):bus``, not of `base`
        `generic`             one for each alternative       ``price``
        `alternative_specific` one for each alternative      ``time:bus``, ``time:car``, …
        `case_specific`       one                            ``income:bus``, …, not of `base`
        ===================== ============================== =================================

        Parameters
        ----------
        frame : data frame, dict of columns or list of dicts
            pandas, Polars, Arrow or what else narwhals knows; the last two need no library.
        alternatives : sequence of labels, or dict
            All alternatives. A dict tells what the labels are of the values in `chosen`:
            ``{1: "train", 2: "car"}``.
        chosen : str or dict
            A column of labels; or columns of 0 and 1 for each alternative, given like those of
            `availability`.
        generic, alternative_specific : sequence of str, or dict, optional
            Variables that have a column for each alternative, with one coefficient or with one for
            each. A dict tells for a variable where its columns are: a pattern of its own,
            ``{"price": "cost.{alternative}"}``, or the column of each label, or a number where it
            is the same in all rows, ``{"wait": {"bus": "wait_bus", "car": 0}}``. An alternative
            that a dict of `alternative_specific` leaves out has no coefficient.
        case_specific : sequence of str, optional
            Columns that are the same for all alternatives, as of the person.
        asc : bool
            Whether alternatives have constants.
        base : label, optional
            The alternative without a constant and without case-specific coefficients; by default
            the first.
        pattern : str
            What the columns of a variable are called.
        availability : str or dict, optional
            Columns of 0 and 1: their name as ``{variable}`` of the pattern, or a dict from labels
            to columns, or to True or False. What is not available is left out, and may have
            anything in its columns, or nothing. By default all are available.
        annotator, weight, count : str, optional
            Columns: who chose, so that rows of one person are a panel, what a row weighs, and how
            many people it stands for, as for `Choices.from_choice_sets`. ``annotator="each"`` says
            that every choice is a person's own, unless a column is called so.
        dtype : numpy.float64 or numpy.float32
            Type of the features.

        Returns
        -------
        Design

        Raises
        ------
        ValueError
            If a column is lacking; a value is missing or not finite, of what is available; what
            was chosen is not one of the alternatives, is not available, or there are two or none;
            `base` is none of the alternatives; or as `Choices.from_choice_sets` does. Rows and
            columns are named.
        TypeError
            If a column holds the wrong kind of values, or an argument is of the wrong type.
        ImportError
            If the frame needs narwhals, which is not installed.

        References
        ----------
        McFadden (1974), Conditional logit analysis of qualitative choice behavior, Frontiers in
        Econometrics. Names are like those of mlogit: Croissant (2020), Estimation of random utility
        models in R: the mlogit package, Journal of Statistical Software 95, section 2.

        Examples
        --------
        >>> from prefmath import Design
        >>> from prefmath.models import ConditionalLogit
        >>> frame = {
        ...     "mode": ["bus", "bus", "car", "car", "car", "car", "car", "bus"],
        ...     "price_car": [7, 6, 5, 4, 4, 3, 3, 3],
        ...     "price_bus": [1, 4, 3, 4, 3, 3, 4, 3],
        ...     "income": [4, 4, 4, 6, 2, 5, 5, 1],
        ... }
        >>> design = Design.from_wide(
        ...     frame, ["car", "bus"], "mode", generic=["price"], case_specific=["income"], asc=True
        ... )
        >>> design
        Design(8 choices among 2, 3 features)
                   available  chosen
        car, base          8       5
        bus                8       3
        features: '(intercept):bus', 'price', 'income:bus'
        >>> ConditionalLogit().fit(*design)
        ConditionalLogit()
        (intercept):bus   1.457
        price            -1.088
        income:bus       -1.032
        """
        source = source_of(frame)
        known = alternatives_of(alternatives)
        terms = terms_of(
            asc=asc,
            generic=generic,
            alternative_specific=alternative_specific,
            case_specific=case_specific,
            base=base,
            alternatives=known,
        )
        wide = Wide(source, known, check_pattern(pattern, "pattern"), largest_of(dtype))
        columns = {"chosen": chosen, "annotator": annotator, "weight": weight, "count": count}
        with naming_columns(columns):
            if availability is not None:
                wide.leave_out(availability)
            said = about(source, annotator, weight, count)
            judgements = Choices.like(wide.judgements(chosen, said))
        return cls._of(judgements, wide, wide.rows, terms, known, dtype)

    @classmethod
    def from_long(
        cls,
        frame: object,
        choice_set: Any,
        chosen: Any,
        *,
        alternative: Any = None,
        generic: Any = (),
        alternative_specific: Any = (),
        case_specific: Any = (),
        asc: bool = False,
        base: Any = None,
        alternatives: Any = None,
        availability: Any = None,
        annotator: Any = None,
        weight: Any = None,
        count: Any = None,
        dtype: DTypeLike = np.float64,
    ) -> Design:
        """Make a design of a frame with a row for each alternative of each choice set.

        Rows need not stand together, and sets may be of unequal size. Features are called as in
        `from_wide`, and stand in the order of the rows of the frame.

        Parameters
        ----------
        frame, case_specific, asc, base, dtype
            As for `from_wide`. By default the base is the first of `alternatives`.
        choice_set : str
            Column of ids of choice sets; they may begin anew for each annotator.
        chosen : str
            Column that is true, or 1, in one row of each set; or that has in all rows of a set the
            label of the alternative chosen. Numbers 0 and 1 are marks, never labels.
        alternative : str, optional
            Column of labels of alternatives. Without it they have none, as offers that differ in
            their features alone, and there are only `generic` variables.
        generic, alternative_specific : sequence of str, or dict, optional
            Columns with one coefficient, or with one for each alternative. A dict tells the column
            of a variable: ``{"price": "cost"}``.
        alternatives : sequence of labels, or dict, optional
            All alternatives, in the order that features shall have, as for `from_wide`; by default
            the sorted labels in the frame. Give them for a frame that may lack one.
        availability : str, optional
            Column of 0 and 1. Rows of 0 are left out, and may have anything in their features.
        annotator, weight, count : str, optional
            As for `from_wide`; columns that are the same in all rows of a set.

        Returns
        -------
        Design

        Raises
        ------
        ValueError, TypeError, ImportError
            As `from_wide`; and if an alternative stands in two rows of a set, or what must be the
            same in all rows of a set is not.

        Examples
        --------
        >>> from prefmath import Design
        >>> frame = {
        ...     "trip": [1, 1, 1, 2, 2],
        ...     "mode": ["bus", "car", "walk", "car", "bus"],
        ...     "choice": [0, 1, 0, 0, 1],
        ...     "price": [2.0, 4.0, 0.0, 6.0, 2.5],
        ... }
        >>> design = Design.from_long(
        ...     frame, "trip", "choice", alternative="mode", generic=["price"], asc=True, base="car"
        ... )
        >>> design
        Design(2 choices among 2 to 3, 3 features)
                     available  chosen
        bus                  2       1
        car, base            2       1
        walk                 1       0
        features: '(intercept):bus', '(intercept):walk', 'price'
        """
        source = source_of(frame)
        columns = {
            "choice_set": choice_set,
            "chosen": chosen,
            "alternative": alternative,
            "annotator": annotator,
            "weight": weight,
            "count": count,
        }
        with naming_columns(columns):
            known, code = labelled(source, alternative, alternatives)
            terms = terms_of(
                asc=asc,
                generic=generic,
                alternative_specific=alternative_specific,
                case_specific=case_specific,
                base=base,
                alternatives=known,
            )
            said = about(source, annotator, weight, count)
            groups = Groups(source.column("choice_set", choice_set), said.annotators)
            long = Long(source, groups, known, code, largest_of(dtype))
            if availability is not None:
                long.leave_out(availability)
            judgements = Choices.like(long.judgements(chosen, said))
        return cls._of(judgements, long, long.rows, terms, known, dtype)

    @classmethod
    def _of(
        cls,
        choices: Choices,
        stack: Stack,
        rows: NDArray[np.int64],
        terms: Terms,
        alternatives: Alternatives | None,
        dtype: DTypeLike,
    ) -> Design:
        return cls(
            choices=choices,
            features=matrix_of(stack, terms, alternatives, len(rows), dtype),
            alternatives=None if alternatives is None else alternatives.labels,
            alternative=stack.alternative,
            rows=rows,
            base=None
            if alternatives is None or terms.base is None
            else alternatives.labels.tolist()[terms.base],
        )

    def __iter__(self) -> Iterator[Choices | Features]:
        """Return choices and features, as `fit` and the like take them: ``fit(*design)``."""
        return iter((self.choices, self.features))

    def __repr__(self) -> str:
        return described(self)
