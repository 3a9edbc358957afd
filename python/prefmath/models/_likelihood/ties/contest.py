"""What one outcome of a pair says of utilities: one side of a difference, and its threshold."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Contest"]


class Contest(NamedTuple):
    """An outcome is the likelier, the larger `factor` times a difference plus `tie` times a term.

    The difference is that of the utility of the winner less that of the loser, or the other way
    round where it is `turned`; of a tie the first of both stands for the winner. `of_ties` says
    which outcomes these are. The term is that of the parameter of ties.
    """

    of_ties: bool
    turned: bool
    factor: float
    tie: float
