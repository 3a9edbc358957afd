"""Latent classes of annotators: the E-step, and what the M-step needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._njit import njit
from ._tasks import groups, in_order
from ._widened import rows_of
from .observation._checks import check_finite, check_offsets, check_tied
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
    n_threads: int,  # noqa: ARG001
) -> NDArray[np.float64]:
    """Sum weight times responsibility over the judgements of each outcome, in their order."""
    _check_judgements(outcome, weight, annotator_offsets, n_outcomes)
    n_annotators = len(annotator_offsets) - 1
    if len(responsibilities) != n_annotators or not responsibilities.shape[1]:
        rows = f"responsibilities must have {n_annotators} rows and a column a class"
        raise ValueError(f"{rows}, not shape {responsibilities.shape}")
    check_finite("responsibilities", responsibilities)
    if weight is not None:
        check_finite("weight", weight[:, None])
    out = np.zeros((n_outcomes, responsibilities.shape[1]))
    outcome = np.arange(n_outcomes, dtype=np.int32) if outcome is None else outcome
    weight = _NO_WEIGHT if weight is None else weight
    _outcome_weights(responsibilities, outcome, weight, annotator_offsets, out)
    return out


@njit
def _outcome_weights(responsibilities, outcome, weight, offsets, out):
    for annotator in range(len(responsibilities)):
        for judgement in range(offsets[annotator], offsets[annotator + 1]):
            w = weight[judgement] if len(weight) > 0 else 1.0
            for k in range(out.shape[1]):
                out[outcome[judgement], k] += w * responsibilities[annotator, k]


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
    n_threads: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum gradient and negative Hessian of the weighted log-likelihood in the coefficients."""
    check_tied(offsets, tied)
    d, n_classes = features.shape[1], utility.shape[1]
    gradient, hessian = np.zeros((n_classes, d)), np.zeros((n_classes, d, d))
    ties = _NO_TIES if tied is None else tied

    def run(first: int, last: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        shown = items[offsets[first] : offsets[last]]
        rows, members = rows_of(features, shown)
        p = utility[shown]
        probabilities(p, offsets[first : last + 1] - offsets[first], p)
        one, two = np.zeros_like(gradient), np.zeros_like(hessian)
        _linear_statistics(rows, offsets, members, chosen, ties, weights, first, last, p, one, two)
        return one, two

    for one, two in in_order(run, groups(offsets, _ITEMS_PER_TASK), n_threads):
        gradient += one
        hessian += two
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
