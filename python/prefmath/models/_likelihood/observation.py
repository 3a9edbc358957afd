"""What annotators did with choice sets, as log-likelihood and derivatives over a utility table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._kernels import kernels
from prefmath.choices.judgements import Judgements, sides, spans
from prefmath.models._likelihood.outcomes import distinct_outcomes
from prefmath.models._likelihood.ties import TIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices
    from prefmath.choices.judgements import Layout
    from prefmath.models._likelihood.ties import Ties

    _F64 = NDArray[np.float64]

__all__ = ["Form", "Observation", "form_of", "observe", "observe_outcomes"]

_KINDS = {"pairs": "pair", "choice_sets": "choose_one", "rankings": "ranking"}


@dataclass(frozen=True)
class Form:
    """How outcomes depend on utilities: `n_positions` effects of position, and how ties come about.

    The parameters of these are rows of the utility table after those of the items: first one for
    every position but the last shown of a pair, or the first of a set; then that of ties.
    """

    layout: Layout
    ties: Ties
    n_positions: int

    @property
    def has_tie(self) -> bool:
        """Whether ties have a parameter of their own."""
        return self.ties != "half"

    @property
    def n_extra(self) -> int:
        """Parameters beside those of utility."""
        return self.n_positions + self.has_tie


@dataclass(frozen=True, eq=False)
class Observation:
    """Outcomes over a utility table with `n_rows` rows, its last those of positions and ties.

    A pair is a set of two whose first was chosen, unless it is `tied`. An item in a set has the
    utility of its row and of the row that `extra` names beside it, -1 for none. Where these are a
    part of more data, `whole` says how many entries those have, which decide how passes are made.
    """

    kind: str
    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    chosen: NDArray[np.int32]
    tied: NDArray[np.bool_] | None
    extra: NDArray[np.int32] | None
    n_ranked: NDArray[np.int32] | None
    ties: Ties
    tie_row: int
    n_rows: int
    n_threads: int
    whole: int | None = None

    @property
    def n_entries_of_all(self) -> int:
        """Items of all sets, and of those that these are part of."""
        return len(self.items) if self.whole is None else self.whole

    @property
    def n_outcomes(self) -> int:
        """Outcomes whose likelihood is worked out."""
        return len(self.offsets) - 1

    @cached_property
    def winner(self) -> NDArray[np.int32]:
        """Row of the first item of each pair, which won unless the pair is tied."""
        return np.ascontiguousarray(sides(self.items)[0])

    @cached_property
    def loser(self) -> NDArray[np.int32]:
        """Row of the second item of each pair."""
        return np.ascontiguousarray(sides(self.items)[1])

    @property
    def simple(self) -> bool:
        """Whether one of a set was chosen, or half of it, by the utilities of items alone."""
        return self.extra is None and self.tie_row < 0 and self.n_ranked is None

    @cached_property
    def described(self) -> tuple[Any, ...]:
        """The observation as kernels take it."""
        return (
            self.kind,
            None if self.kind == "pair" else self.offsets,
            self.items,
            self.chosen if self.kind == "choose_one" else None,
            self.tied,
            self.extra,
            self.n_ranked,
            self.ties,
            self.tie_row,
            None,
        )

    def log_likelihood(self, table: _F64) -> _F64:
        """Log-likelihood of each outcome under each class, (n_outcomes, n_classes)."""
        return kernels.log_likelihood(table, self.described, self.n_threads)

    def gradient(
        self, table: _F64, weights: _F64, block_ends: NDArray[np.int64] | None = None
    ) -> tuple[_F64, _F64]:
        """Gradient and diagonal curvature of the weighted log-likelihood, each like `table`.

        Outcomes are added up in blocks that end at `block_ends`, by default in one.
        """
        described = (*self.described[:-1], block_ends)
        return kernels.table_gradient(table, described, weights, self.n_threads)

    def curvature_product(self, table: _F64, weights: _F64, direction: _F64) -> _F64:
        """Negative Hessian of the weighted log-likelihood on the table, times a direction."""
        return kernels.curvature_product(table, self.described, weights, direction, self.n_threads)


def form_of(choices: Choices, ties: Ties, *, position_effect: bool) -> Form:
    """Return what parameters the outcomes of choices have beside utilities.

    Raises
    ------
    ValueError
        If ties are to have one and these are not pairs, or it is not known what was shown where.
    """
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(map(repr, TIES))}, not {ties!r}")
    if ties != "half" and choices.layout != "pairs":
        raise ValueError(f"ties={ties!r} needs pairs, not {choices.layout}")
    n_positions = 0
    if position_effect:
        if choices.layout == "rankings":
            raise ValueError("position_effect needs pairs or choice sets, not rankings")
        if choices.layout == "pairs" and choices.first is None:
            raise ValueError(
                "position_effect needs pairs that say what was shown first: "
                "Choices.from_pairs(..., first=)"
            )
        n_positions = int(np.diff(choices.offsets).max()) - 1
    return Form(choices.layout, ties, n_positions)


def observe(judgements: Judgements, n_items: int, form: Form, n_threads: int) -> Observation:
    """Describe judgements over a utility table with `n_items` rows of items.

    Raises
    ------
    ValueError
        If they are not of the form, or a position is beyond those it knows.
    """
    if judgements.layout != form.layout and form.n_extra:
        raise ValueError(f"choices must be {form.layout} as in fit, not {judgements.layout}")
    extra = _position_rows(judgements, n_items, form.n_positions) if form.n_positions else None
    chosen = judgements.chosen
    return Observation(
        kind=_KINDS[judgements.layout],
        offsets=judgements.offsets,
        items=judgements.items,
        # The best of a ranking stands first.
        chosen=np.zeros(len(judgements.offsets) - 1, np.int32) if chosen is None else chosen,
        tied=judgements.tied,
        extra=extra,
        n_ranked=judgements.n_ranked,
        ties=form.ties,
        tie_row=n_items + form.n_positions if form.has_tie else -1,
        n_rows=n_items + form.n_extra,
        n_threads=n_threads,
    )


def observe_outcomes(
    choices: Judgements, n_items: int, form: Form, n_threads: int
) -> tuple[Observation, NDArray[np.int32] | None]:
    """Describe the distinct outcomes of judgements, and say which each judgement has.

    None says that every judgement is an outcome of its own.
    """
    found = distinct_outcomes(choices, n_items, in_order=form.n_positions > 0)
    if found is None:
        return observe(choices, n_items, form, n_threads), None
    rows, outcome = found
    return observe(choices.gathered(rows), n_items, form, n_threads), outcome


def _position_rows(choices: Judgements, n_items: int, n_positions: int) -> NDArray[np.int32]:
    """Row of the table for the position of each entry of `items`, -1 for the reference."""
    if choices.layout == "pairs":
        if choices.first is None:
            raise ValueError("choices must say what was shown first, as in fit")
        first = np.empty((len(choices.first), 2), np.bool_)
        first[:, 0] = choices.first
        np.logical_not(choices.first, out=first[:, 1])
        return np.where(first.reshape(-1), n_items, -1).astype(np.int32)
    sizes = np.diff(choices.offsets)
    if int(sizes.max()) > n_positions + 1:
        raise ValueError(
            f"choice sets must have at most {n_positions + 1} positions as in fit, "
            f"not {sizes.max()}"
        )
    position = spans(np.zeros_like(sizes), sizes)
    return np.where(position > 0, n_items - 1 + position, -1).astype(np.int32)
