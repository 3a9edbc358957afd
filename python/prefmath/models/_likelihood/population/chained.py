"""The log-likelihood of each judgement, given those of the same annotator that stand before it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from prefmath.models._likelihood.data import Data

    _F64 = NDArray[np.float64]

__all__ = ["chained"]


def chained(each: _F64, data: Data, log_prior: _F64, joined: Callable[[_F64], _F64]) -> _F64:
    r"""Take the evidence of annotators apart by judgements, by the chain rule.

    With :math:`e_t` the evidence of the first t judgements of an annotator, judgement t has
    :math:`e_t - e_{t-1} = \log p(y_t | y_1, \ldots, y_{t-1})`, and all of one sum to its evidence.

    Parameters
    ----------
    each : ndarray, shape (n_judgements, n_columns)
        Log-likelihood of every judgement in each column, by its weight.
    data : Data
        Whose they are.
    log_prior : ndarray, shape (1 or n_annotators, n_columns)
        What is known before.
    joined : callable
        Evidence of rows of joint log-likelihoods.

    Returns
    -------
    ndarray, shape (n_judgements,)
    """
    offsets = data.annotator_offsets
    sizes = np.diff(offsets)
    before = np.array(np.broadcast_to(log_prior, (data.n_rows, each.shape[1])))
    last = joined(before)
    found = np.empty(len(each))
    if data.n_rows <= sizes.max():
        for row, (begin, end) in enumerate(pairwise(offsets)):
            evidence = joined(before[row] + each[begin:end].cumsum(axis=0))
            found[begin:end] = np.diff(evidence, prepend=last[row])
        return found
    order = np.argsort(-sizes, kind="stable")
    ends = np.searchsorted(-sizes[order], -np.arange(sizes.max()), side="left")
    for place, n_left in enumerate(ends):
        rows = order[:n_left]
        at = offsets[rows] + place
        before[rows] += each[at]
        evidence = joined(before[rows])
        found[at] = evidence - last[rows]
        last[rows] = evidence
    return found
