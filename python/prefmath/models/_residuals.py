"""What each entry of a judgement adds to the slope: chosen or not, less its probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._observation import Observation

__all__ = ["entry_residuals"]


def entry_residuals(
    observation: Observation, table: NDArray[np.float64], first: int, last: int
) -> NDArray[np.float64]:
    """Slope of each judgement's log-likelihood at the utility of each of its entries.

    Judgements `first` to `last`; a row for each entry of `observation.items` in them, a column for
    each class.
    """
    begin, end = observation.offsets[first], observation.offsets[last]
    starts = observation.offsets[first:last] - begin
    sizes = np.diff(observation.offsets[first : last + 1])
    shares = table[observation.items[begin:end]]
    shares -= np.repeat(np.maximum.reduceat(shares, starts), sizes, axis=0)
    np.exp(shares, out=shares)
    shares /= np.repeat(np.add.reduceat(shares, starts), sizes, axis=0)
    np.negative(shares, out=shares)
    chosen = starts + observation.chosen[first:last]
    if observation.tied is None:
        shares[chosen] += 1
    else:
        half = observation.tied[first:last, None] / 2
        shares[chosen] += 1 - half
        shares[starts + 1 - observation.chosen[first:last]] += half
    return shares
