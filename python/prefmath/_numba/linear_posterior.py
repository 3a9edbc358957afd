"""E-step and gradient for utilities linear in features, annotator by annotator, in one pass."""

from __future__ import annotations

from operator import iadd
from typing import TYPE_CHECKING, Any

import numpy as np

from ._blocks import pieces_of_groups, reduce
from ._njit import njit
from ._widened import rows_of
from .observation._checks import check_choices, check_offsets
from .utility import dot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]
    _Bool = NDArray[np.bool_]

__all__ = ["linear_posterior"]

_VALUES_PER_TASK = 1 << 20
_NO_TIES = np.empty(0, np.bool_)
_NO_WEIGHT = np.empty(0)


def linear_posterior(
    features: NDArray[Any],
    coef: _F64,
    offsets: _I64,
    items: _I32,
    chosen: _I32,
    tied: _Bool | None,
    weight: _F64 | None,
    annotator_offsets: _I64,
    counts: _F64 | None,
    log_prior: _F64,
    block_ends: _I64 | None,
    n_threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Apply Bayes' rule to each annotator, and sum the gradient under what it gives."""
    check_choices(offsets, items, chosen, tied, len(features))
    check_offsets("annotator_offsets", annotator_offsets, len(chosen))
    n_annotators, (n_classes, d) = len(annotator_offsets) - 1, coef.shape
    responsibilities, evidence = np.empty((n_annotators, n_classes)), np.empty(n_annotators)
    ties = _NO_TIES if tied is None else tied
    weights = _NO_WEIGHT if weight is None else weight
    repeats = _NO_WEIGHT if counts is None else counts

    def run(first: int, last: int) -> NDArray[np.float64]:
        part = np.zeros((n_classes, d))
        begin, end = offsets[annotator_offsets[[first, last]]]
        rows, members = rows_of(features, items[begin:end])
        _linear_posterior(
            rows,
            coef,
            offsets,
            members,
            begin,
            chosen,
            ties,
            weights,
            annotator_offsets,
            repeats,
            log_prior,
            first,
            last,
            responsibilities,
            evidence,
            part,
        )
        return part

    entries = max(_VALUES_PER_TASK // max(d, 1), 1)
    pieces = pieces_of_groups(block_ends, offsets[annotator_offsets], entries)
    gradient = reduce(run, pieces, iadd, n_threads)
    return responsibilities, evidence, np.zeros((n_classes, d)) if gradient is None else gradient


@njit
def _linear_posterior(
    features,
    coef,
    offsets,
    members,
    origin,
    chosen,
    tied,
    weight,
    annotator_offsets,
    counts,
    log_prior,
    first,
    last,
    responsibilities,
    evidence,
    gradient,
):
    n_classes, d = coef.shape
    for annotator in range(first, last):
        begin, end = annotator_offsets[annotator], annotator_offsets[annotator + 1]
        base = offsets[begin]
        p = np.empty((offsets[end] - base, n_classes))
        for at in range(len(p)):
            row = features[members[base - origin + at]]
            for k in range(n_classes):
                p[at, k] = dot(row, coef[k])
        joint = responsibilities[annotator]
        joint[:] = log_prior
        for s in range(begin, end):
            w = weight[s] if len(weight) > 0 else 1.0
            start, stop = offsets[s] - base, offsets[s + 1] - base
            halved = len(tied) > 0 and tied[s]
            for k in range(n_classes):
                good = p[start + chosen[s], k]
                if halved:
                    good = (p[start, k] + p[start + 1, k]) / 2
                joint[k] += w * (good - _softmax(p, start, stop, k))
        peak = joint.max()
        total = 0.0
        for k in range(n_classes):
            joint[k] = np.exp(joint[k] - peak)
            total += joint[k]
        for k in range(n_classes):
            joint[k] /= total
        evidence[annotator] = peak + np.log(total)
        count = counts[annotator] if len(counts) > 0 else 1.0
        for s in range(begin, end):
            w = weight[s] if len(weight) > 0 else 1.0
            halved = len(tied) > 0 and tied[s]
            for at in range(offsets[s], offsets[s + 1]):
                share = 0.5 if halved else (1.0 if at - offsets[s] == chosen[s] else 0.0)
                row = features[members[at - origin]]
                for k in range(n_classes):
                    residual = count * w * joint[k] * (share - p[at - base, k])
                    for j in range(d):
                        gradient[k, j] += residual * row[j]


@njit
def _softmax(p, start, stop, k):
    """Replace utilities by probabilities; return the logarithm of the sum of exponentials."""
    peak = -np.inf
    for at in range(start, stop):
        peak = max(peak, p[at, k])
    total = 0.0
    for at in range(start, stop):
        p[at, k] = np.exp(p[at, k] - peak)
        total += p[at, k]
    for at in range(start, stop):
        p[at, k] /= total
    return peak + np.log(total)
