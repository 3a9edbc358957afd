"""What a kind of judgement works on: consecutive outcomes, and values of their entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]

__all__ = ["Part", "Values"]


class Part(NamedTuple):
    """Consecutive outcomes; outcome i has the entries ``offsets[i]:offsets[i + 1]`` of the part."""

    entries: slice
    offsets: NDArray[np.int64]
    chosen: _I32
    tied: NDArray[np.bool_]
    n_ranked: _I32
    tie: _F64
    """Parameter of ties of each class."""


class Values(NamedTuple):
    """Values of entries, and values of outcomes on the parameter of ties, if there is one."""

    entries: _F64
    tie: _F64 | None

    @classmethod
    def joined(cls, parts: Sequence[Values]) -> Values:
        """Put the values of consecutive parts one after the other."""
        ties = [part.tie for part in parts if part.tie is not None]
        entries = np.concatenate([part.entries for part in parts])
        return cls(entries, np.concatenate(ties) if ties else None)

    @classmethod
    def like(cls, u: _F64, part: Part) -> Values:
        """Make room for values of the entries and the ties of a part."""
        return cls(np.empty_like(u), np.empty((len(part.tied), u.shape[1])))
