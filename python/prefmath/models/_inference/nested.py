"""Two fitted models, one within the other, compared by their likelihoods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._inference.likelihood_ratio import (
    likelihood_ratio,
    refuse_jumps,
    refuse_other_choices,
    relied_on,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.choice_model import ChoiceModel
    from prefmath.models._fit.fitted import Fitted
    from prefmath.models._inference.hypotheses import HypothesisTest

    _F64 = NDArray[np.float64]

__all__ = ["compare_nested"]

# The share of a column's variance within sets that others leave over, up to which it is theirs.
_SPANNED = 1e-7
# Numbers of features that are widened at a time.
_BLOCK = 1 << 20


def compare_nested(
    small: ChoiceModel,
    large: ChoiceModel,
    choices: Choices,
    features: ArrayLike | None = None,
    *,
    small_features: ArrayLike | None = None,
    membership: Any = None,
    small_membership: Any = None,
) -> HypothesisTest:
    r"""Test a model against a larger one that it is a special case of, by their likelihoods.

    Twice the difference of log-likelihoods is chi-squared if the small model is true, with as many
    degrees of freedom as it has parameters less [1]_.

    Parameters
    ----------
    small, large : fitted models
        Of the same choices. The small one has fewer features, or features where the large one has a
        utility for each item, or no effects of position, or no covariates of membership.
    choices : Choices
        Those of both fits.
    features : array_like, shape (n_items, d), optional
        Those of the fit of `large`, if it has any.
    small_features : array_like, shape (n_items, d), optional
        Those of the fit of `small`; by default the same.
    membership, small_membership : frame, mapping or array_like, optional
        The covariates of annotators in the fits of `large` and of `small`; by default those of
        `small` are the same, if it was fitted with any.

    Returns
    -------
    HypothesisTest
        With statistic, degrees of freedom and p, and what the test relies on.

    Raises
    ------
    ValueError
        If these are not the choices of both fits; as far as can be told, if the small model is not
        a special case of the large one; or if they differ in the number of classes, where twice the
        difference is not chi-squared [2]_: `select_components` compares those.
    TypeError
        If these are no models or no choices.

    References
    ----------
    .. [1] Wilks (1938), The large-sample distribution of the likelihood ratio for testing composite
       hypotheses, Annals of Mathematical Statistics 9.
    .. [2] McLachlan and Peel (2000), Finite mixture models, section 6.4.

    Examples
    --------
    >>> import numpy as np
    >>> from prefmath import Choices
    >>> from prefmath.models import BradleyTerry, ConditionalLogit, compare_nested
    >>> choices = Choices.from_pairs([0, 0, 1, 2, 1, 0, 2] * 9, [1, 2, 2, 0, 0, 2, 1] * 9)
    >>> price = np.array([[1.0], [2.0], [3.0]])
    >>> small, large = ConditionalLogit().fit(choices, price), BradleyTerry().fit(choices)
    >>> compare_nested(small, large, choices, small_features=price)
    HypothesisTest(likelihood ratio test of ConditionalLogit within BradleyTerry)
    chi-squared 0.000, df 1, p 1.0000
    """
    fits = {}
    for name, model in (("small", small), ("large", large)):
        if not hasattr(model, "_fitted_for"):
            kind = type(model).__name__
            raise TypeError(f"{name} must be a fitted model such as ConditionalLogit, not {kind}")
        fits[name] = model._fitted_for(choices)  # noqa: SLF001
        refuse_jumps(smooth=fits[name].population.smooth)
    fits["large"] = fits["large"].among(membership)
    if small_membership is None and fits["small"].gate is not None:
        small_membership = membership
    fits["small"] = fits["small"].among(small_membership)
    of_small = small_features
    if small_features is None and fits["small"].linear and fits["small"].coef.shape[1] > 0:
        of_small = features
    _refuse_other_kinds(fits["small"], fits["large"])
    for name, model, x in (("small", small, of_small), ("large", large, features)):
        _refuse_other_data(name, model, fits[name], choices, x)
    _refuse_other_features(fits["small"], fits["large"], choices, of_small, features)
    df = large._n_parameters - small._n_parameters  # noqa: SLF001
    if df <= 0:
        raise ValueError(
            "large must have more parameters than small: they have "
            f"{large._n_parameters} and {small._n_parameters}"  # noqa: SLF001
        )
    return likelihood_ratio(
        small.log_likelihood_,
        large.log_likelihood_,
        df,
        (f"{type(small).__name__} within {type(large).__name__}",),
        relied_on(
            choices,
            (small._penalty_text(), large._penalty_text()),  # noqa: SLF001
            (bool(small.converged_), bool(large.converged_)),
            fits["large"].population.n_columns,
        ),
    )


def _refuse_other_kinds(small: Fitted, large: Fitted) -> None:
    """Refuse models that differ in what no test is of, or of which the small one has more."""
    n_small, n_large = small.population.n_columns, large.population.n_columns
    if n_small != n_large:
        raise ValueError(
            f"small and large must have the same number of classes, not {n_small} and {n_large}: "
            "where a class is empty the likelihood ratio is not chi-squared: compare them by "
            "select_components"
        )
    if small.form.ties != large.form.ties:
        raise ValueError(
            f"small and large must treat ties alike, not as {small.form.ties!r} and "
            f"{large.form.ties!r}: these are likelihoods of different outcomes"
        )
    if small.form.n_positions not in {0, large.form.n_positions}:
        raise ValueError("small has effects of position, which large has not: it is not nested")
    if not small.linear and large.linear:
        raise ValueError(
            "small has a utility for each item, and large is linear in features: it is not nested; "
            "the other way round it is"
        )
    if small.population.n_free > large.population.n_free:
        raise ValueError("small has parameters of its population that large has not: not nested")


def _refuse_other_data(
    name: str, model: ChoiceModel, fitted: Fitted, choices: Choices, x: ArrayLike | None
) -> None:
    """Refuse choices and features under which the model has not the likelihood of its fit."""
    argument = "features" if name == "large" else "small_features"
    shape: tuple[int, ...] = np.shape(x) if x is not None else ()
    width = shape[1] if len(shape) == 2 else fitted.coef.shape[1]
    if fitted.linear and width != fitted.coef.shape[1]:
        raise ValueError(
            f"{argument} must be those of the fit of {name}: of {fitted.coef.shape[1]} columns, "
            f"not {width}"
        )
    here = fitted.log_likelihood(choices, x)[1]
    what = f"choices and {argument}" if fitted.linear else "choices"
    refuse_other_choices(model.log_likelihood_, here, f"{what} of {name}")


def _refuse_other_features(
    small: Fitted,
    large: Fitted,
    choices: Choices,
    of_small: ArrayLike | None,
    of_large: ArrayLike | None,
) -> None:
    """Refuse columns of the small model that no sum of those of the large one is, within sets."""
    if not (small.linear and large.linear) or small.coef.shape[1] == 0:
        return
    one, judged = small.known(choices, of_small)
    other, _ = large.known(choices, of_large)
    x, y = _matrix(one), _matrix(other)
    gram = _gram_within_sets([y, x], judged)
    n = y.shape[1]
    scale = np.sqrt(gram.diagonal())
    safe = np.where(scale > 0, scale, 1)
    gram = gram / safe / safe[:, None]
    explained = np.linalg.lstsq(gram[:n, :n], gram[:n, n:], rcond=1e-12)[0]
    left = gram.diagonal()[n:] - (gram[:n, n:] * explained).sum(axis=0)
    if (left > _SPANNED).any():
        column = int(left.argmax())
        label = small.parameters.labels()[column]
        raise ValueError(
            f"{label!r} of small is no sum of features of large: small is not nested in it"
        )


def _matrix(utility: Any) -> NDArray[Any]:
    features: NDArray[Any] = utility.linear.features
    return features


def _gram_within_sets(parts: list[NDArray[Any]], judged: Choices) -> _F64:
    """Sum products of columns less their means in each set, some sets after the others."""
    offsets, width = judged.offsets, sum(part.shape[1] for part in parts)
    gram = np.zeros((width, width))
    first, n = 0, len(offsets) - 1
    while first < n:
        last = int(np.searchsorted(offsets, offsets[first] + _BLOCK // width, side="right")) - 1
        last = min(max(last, first + 1), n)
        rows = judged.items[offsets[first] : offsets[last]]
        block = np.concatenate([part[rows].astype(np.float64) for part in parts], axis=1)
        sizes = np.diff(offsets[first : last + 1])
        starts = offsets[first:last] - offsets[first]
        block -= np.repeat(np.add.reduceat(block, starts) / sizes[:, None], sizes, axis=0)
        gram += block.T @ block
        first = last
    return gram
