"""Latent classes of annotators: the E-step, and what the M-step needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._blocks import add_arrays, blocks_of, pieces_of_groups, reduce
from ._keyed_sums import sums_by_key
from ._njit import njit
from ._tasks import groups, in_order
from ._widened import rows_of
from .observation._checks import check_choices, check_finite, check_offsets
from .observation.choose_one import probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _F64 = NDArray[np.float64]
    _I32 = NDArray[np.int32]
    _I64 = NDArray[np.int64]
    _Bool = NDArray[np.bool_]

__all__ = ["linear_statistics", "outcome_weights", "posterior_by_annotator"]

_ITEMS_PER_TASK = 16384
_JUDGEMENTS_PER_TASK = 16384
_NO_TIES = np.empty(0, np.bool_)
_NO_OUTCOME = np.empty(0, np.int32)
_NO_WEIGHT = np.empty(0)

# A judgement whose weight under a class is this small changes no digit of any sum it would enter.
_NEGLIGIBLE = 1e-18


def posterior_by_annotator(
    log_likelihood: _F64,
    outcome: _I32 | None,
    weight: _F64 | None,
    annotator_offsets: _I64,
    log_prior: _F64,
    n_threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Apply Bayes' rule to the judgements of each annotator."""
    _check_judgements(outcome, weight, annotator_offsets, len(log_likelihood))
    shape = len(annotator_offsets) - 1, log_likelihood.shape[1]
    responsibilities, evidence = np.empty(shape), np.empty(shape[0])
    outcome = _NO_OUTCOME if outcome is None else outcome
    weight = _NO_WEIGHT if weight is None else weight

    def run(first: int, last: int) -> None:
        _posterior(
            log_likelihood,
            outcome,
            weight,
            annotator_offsets,
            log_prior,
            first,
            last,
            responsibilities,
            evidence,
        )

    for _ in in_order(run, groups(annotator_offsets, _JUDGEMENTS_PER_TASK), n_threads):
        pass
    return responsibilities, evidence


@njit
def _posterior(ll, outcome, weight, offsets, log_prior, first, last, responsibilities, evidence):
    for annotator in range(first, last):
        joint = responsibilities[annotator]
        joint[:] = log_prior[annotator if len(log_prior) > 1 else 0]
        for judgement in range(offsets[annotator], offsets[annotator + 1]):
            w = weight[judgement] if len(weight) > 0 else 1.0
            row = outcome[judgement] if len(outcome) > 0 else judgement
            for k in range(len(joint)):
                joint[k] += w * ll[row, k]
        peak = joint.max()
        total = 0.0
        for k in range(len(joint)):
            joint[k] = np.exp(joint[k] - peak)
            total += joint[k]
        for k in range(len(joint)):
            joint[k] /= total
        evidence[annotator] = peak + np.log(total)


def outcome_weights(
    responsibilities: _F64,
    outcome: _I32 | None,
    weight: _F64 | None,
    annotator_offsets: _I64,
    n_outcomes: int,
    block_ends: _I64 | None,
    n_threads: int,
) -> NDArray[np.float64]:
    """Sum weight times responsibility over the judgements of each outcome."""
    _check_judgements(outcome, weight, annotator_offsets, n_outcomes)
    n_annotators = len(annotator_offsets) - 1
    if len(responsibilities) != n_annotators or not responsibilities.shape[1]:
        rows = f"responsibilities must have {n_annotators} rows and a column a class"
        raise ValueError(f"{rows}, not shape {responsibilities.shape}")
    check_finite("responsibilities", responsibilities)
    if weight is not None:
        check_finite("weight", weight[:, None])
    blocks = blocks_of(block_ends, n_annotators)
    values = np.repeat(responsibilities, np.diff(annotator_offsets), axis=0)
    if weight is not None:
        values *= weight[:, None]
    if outcome is None:
        return values
    edges = annotator_offsets[[0, *(end for _, end in blocks)]]
    return sums_by_key(outcome, values, edges, n_outcomes, n_threads)


def _check_judgements(
    outcome: _I32 | None, weight: _F64 | None, annotator_offsets: _I64, n_outcomes: int
) -> None:
    n_judgements = n_outcomes if outcome is None else len(outcome)
    check_offsets("annotator_offsets", annotator_offsets, n_judgements)
    if weight is not None and len(weight) != n_judgements:
        raise ValueError(f"weight has {len(weight)} values for {n_judgements} judgements")
    if outcome is not None and len(outcome) > 0:
        wrong = (outcome < 0) | (outcome >= n_outcomes)
        if wrong.any():
            at = int(wrong.argmax())
            least = f"outcome must be below the {n_outcomes} outcomes and not negative"
            raise ValueError(f"{least}: outcome[{at}]={outcome[at]}")


def linear_statistics(
    features: NDArray[Any],
    utility: _F64,
    offsets: _I64,
    items: _I32,
    chosen: _I32,
    tied: _Bool | None,
    weights: _F64,
    in_float64: bool,  # noqa: ARG001, FBT001
    block_ends: _I64 | None,
    n_threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum gradient and negative Hessian in the coefficients, here always in float64."""
    check_choices(offsets, items, chosen, tied, len(features))
    d, n_classes = features.shape[1], utility.shape[1]
    shapes = (n_classes, d), (n_classes, d, d)
    ties = _NO_TIES if tied is None else tied

    def run(first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shown = items[offsets[first] : offsets[last]]
        rows, members = rows_of(features, shown)
        p = utility[shown]
        probabilities(p, offsets[first : last + 1] - offsets[first], p)
        one, two = (np.zeros(shape) for shape in shapes)
        _linear_statistics(rows, offsets, members, chosen, ties, weights, first, last, p, one, two)
        return one, two

    pieces = pieces_of_groups(block_ends, offsets, _ITEMS_PER_TASK)
    total = reduce(run, pieces, add_arrays, n_threads)
    gradient, hessian = (np.zeros(shape) for shape in shapes) if total is None else total
    upper = np.triu_indices(d, 1)
    hessian[:, upper[0], upper[1]] = hessian[:, upper[1], upper[0]]
    return gradient, hessian


@njit
def _linear_statistics(
    features, offsets, members, chosen, tied, weights, first, last, p, gradient, hessian
):
    """Sum by West's (1979) update.

    With P and m the probability and the mean of the items before i, item i adds
    w p_i P / (P + p_i) (x_i - m)(x_i - m)ᵀ.
    """
    n_classes, d = gradient.shape
    mean, difference = np.empty(d), np.empty(d)
    base = offsets[first]
    for k in range(n_classes):
        for s in range(first, last):
            weight = weights[s, k]
            if weight <= _NEGLIGIBLE:
                continue
            halved = len(tied) > 0 and tied[s]
            before = 0.0
            for at in range(offsets[s], offsets[s + 1]):
                row = features[members[at - base]]
                share = 0.5 if halved else (1.0 if at - offsets[s] == chosen[s] else 0.0)
                if share > 0.0:
                    for j in range(d):
                        gradient[k, j] += weight * share * row[j]
                probability = p[at - base, k]
                after = before + probability
                if before == 0.0:
                    for j in range(d):
                        mean[j] = row[j]
                elif probability > 0.0:
                    scale = weight * probability * before / after
                    for j in range(d):
                        difference[j] = row[j] - mean[j]
                        mean[j] += probability / after * difference[j]
                    for i in range(d):
                        scaled = scale * difference[i]
                        for j in range(i + 1):
                            hessian[k, i, j] += scaled * difference[j]
                before = after
            for j in range(d):
                gradient[k, j] -= weight * mean[j]
