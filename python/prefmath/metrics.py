"""Figures that say how well groups, sets and predictions came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from prefmath._labels import code_labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def adjusted_rand_index(true: ArrayLike, found: ArrayLike) -> float:
    """How well one grouping of people (or of anything) matches another.

    The share of pairs on which two groupings agree (together in both, or apart in both), moved and
    scaled so that equal groupings score 1 and groupings drawn at random, with the same group
    sizes, score 0 on average. The names of the groups do not matter, nor which of the two comes
    first.

    Parameters
    ----------
    true, found : array_like, shape (n,)
        The group of each, as labels of any kind that can be sorted.

    Returns
    -------
    float
        At most 1; below 0 where they agree less than chance would.

    Raises
    ------
    ValueError
        If there is nobody, a label is missing, or the two differ in length or are not
        one-dimensional.
    TypeError
        If the labels of one are of several kinds.

    References
    ----------
    Hubert and Arabie, "Comparing partitions", Journal of Classification 2 (1985), equation 5.

    Examples
    --------
    >>> adjusted_rand_index([0, 0, 1, 1], ["b", "b", "a", "a"])
    1.0
    >>> round(adjusted_rand_index([0, 0, 1, 1], [0, 0, 0, 1]), 3)
    0.0
    """
    left, right = (
        code_labels(labels, name).codes.astype(np.int64)
        for labels, name in ((true, "true"), (found, "found"))
    )
    if len(left) != len(right):
        msg = f"true and found must have one length: {len(left)} and {len(right)}"
        raise ValueError(msg)
    if len(left) == 0:
        raise ValueError("true and found must name a group for at least one")
    _, both = np.unique(left * (int(right.max()) + 1) + right, return_counts=True)
    together = _squares(both)
    in_left, in_right = _squares(np.bincount(left)), _squares(np.bincount(right))
    # ordered pairs (Python integers: products of these exceed 64 bits)
    only_left, only_right = in_left - together, in_right - together
    agree = together - len(left)
    apart = len(left) ** 2 - in_left - only_right
    if only_left == only_right == 0:
        return 1.0
    return (
        2.0
        * (agree * apart - only_left * only_right)
        / ((agree + only_left) * (only_left + apart) + (agree + only_right) * (only_right + apart))
    )


def _squares(counts: NDArray[np.int64]) -> int:
    return int(np.square(counts, dtype=np.int64).sum())
