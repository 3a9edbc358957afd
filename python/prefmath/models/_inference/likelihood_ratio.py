"""The likelihood-ratio test, and what it relies on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prefmath.models._inference.hypotheses import HypothesisTest
from prefmath.models._inference.tails import chi2_tail

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["likelihood_ratio", "refuse_jumps", "refuse_other_choices", "relied_on"]

# Log-likelihoods of the same data by two ways of adding differ by less, relatively.
_ROUNDING = 1e-7


def likelihood_ratio(
    small: float, large: float, df: int, hypotheses: tuple[str, ...], notes: tuple[str, ...]
) -> HypothesisTest:
    """Return the test of a smaller model within a larger one, by their log-likelihoods.

    Raises
    ------
    ValueError
        If the small one fits better, so that they are not nested, or not at their optima.
    """
    gain = large - small
    if gain < -_ROUNDING * (1 + abs(large)):
        raise ValueError(
            f"the larger model must fit no worse than the smaller, but its log-likelihood is "
            f"{large:,.4f} and that of the other {small:,.4f}: they are not nested, or the larger "
            "has not reached its optimum: raise n_init or max_iter, or lower l2"
        )
    statistic = max(2 * gain, 0.0)
    p = chi2_tail(statistic, df)
    return HypothesisTest("likelihood ratio", hypotheses, statistic, df, p, notes)


def relied_on(
    choices: Choices, penalties: tuple[str, str], converged: tuple[bool, bool], n_classes: int
) -> tuple[str, ...]:
    """Say what a likelihood-ratio test relies on, of a smaller and a larger model."""
    notes = []
    if choices.has_annotators and choices.n_annotators < len(choices) and n_classes == 1:
        notes.append(
            "takes judgements of one annotator for independent; Wald's test with robust errors "
            "does not"
        )
    if choices.weight is not None:
        notes.append("takes a row of weight w for w judgements")
    if n_classes > 1:
        notes.append("relies on both fits having reached their highest optimum: see n_init")
    small, large = penalties
    if small or large:
        of = small if small == large else f"{small or 'none'} and {large or 'none'}"
        notes.append(
            f"of penalised fits ({of}): the statistic is that of log-likelihoods without the "
            "penalty, and chi-squared only where that hardly matters"
        )
    for which, settled in zip(("smaller", "larger"), converged, strict=True):
        if not settled:
            notes.append(f"the fit of the {which} model has not settled")
    return tuple(notes)


def refuse_jumps(*, smooth: bool) -> None:
    """Refuse a likelihood that has no chi-squared ratio."""
    if not smooth:
        raise ValueError(
            "tests are of a smooth likelihood, and that of hard=True jumps from one class to "
            "another: fit with hard=False"
        )


def refuse_other_choices(of_fit: float, here: float, what: str) -> None:
    """Refuse choices under which a model has not the log-likelihood of its fit."""
    if not abs(here - of_fit) <= _ROUNDING * (1 + abs(of_fit)):
        raise ValueError(
            f"{what} must be those of fit: the log-likelihood was {of_fit:,.4f}, and is "
            f"{here:,.4f} with these"
        )
