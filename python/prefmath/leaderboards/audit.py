"""Whether a leaderboard is to be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import shown
from prefmath.models._inference.digits import estimate_text, p_text, percent_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]

__all__ = ["Audit"]


@dataclass(frozen=True, eq=False, repr=False)
class Audit:
    """What may be wrong with a leaderboard.

    Attributes
    ----------
    first_won : float or None
        Share of the decided battles that the item shown first won; None where nobody knows.
    order_effect, order_effect_se : float or None
        What being shown first adds to a utility, whoever was shown first, and its error.
    circles, triples : int
        Of how many threes that all met, each won most against one other.
    misfit, misfit_df, misfit_p : float
        Pearson's chi-square of win rates against what the scores say, its degrees of freedom, and
        how probable so much is where one score an item is right. Battles of one person are taken as
        independent.
    influence : list of (label, float)
        The annotators without whom some score would change most, and by how much on the scale of
        the board, to first order.
    clustering : float or None
        Errors by annotator over errors by vote, the median of the items; None where nobody is
        named.
    votes_needed : ndarray, shape (n_items - 1,)
        How many times as many votes would tell each item from the next, one comparison at a time;
        at most 1 where they are told apart.
    """

    first_won: float | None
    order_effect: float | None
    order_effect_se: float | None
    circles: int
    triples: int
    misfit: float
    misfit_df: int
    misfit_p: float
    influence: list[tuple[Any, float]]
    clustering: float | None
    votes_needed: _F64

    def __repr__(self) -> str:
        lines = ["Audit"]
        effect, error = self.order_effect, self.order_effect_se
        if self.first_won is None:
            lines.append("order: nobody knows what was shown first")
        else:
            told = "an effect that is not determined"
            if effect is not None and error is not None:
                told = f"an effect of {estimate_text(effect, error)} in logits"
            lines.append(
                f"order: the item shown first won {percent_text(self.first_won, 1)} of decided "
                f"battles, {told}"
            )
        lines.append(f"circles: {self.circles:,} of {self.triples:,} threes that all met")
        lines.append(
            f"fit: chi-square {self.misfit:.1f} with {self.misfit_df} degrees of freedom, "
            f"p = {p_text(self.misfit_p)}"
        )
        if self.influence:
            told = ", ".join(f"{shown(who)} by {by:.2g}" for who, by in self.influence)
            lines.append(f"influence: without one annotator a score changes most: {told}")
        if self.clustering is not None:
            lines.append(f"clustering: errors by annotator are {self.clustering:.2f} times by vote")
        close = int((self.votes_needed > 1).sum())
        if close:
            median = np.median(self.votes_needed[self.votes_needed > 1])
            lines.append(
                f"votes: {close} of {len(self.votes_needed)} neighbours are not told apart; half "
                f"of these would be with {median:.3g} times as many"
            )
        return "\n".join(lines)
