"""The log-likelihood of each annotator or judgement, which sum to that of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from prefmath.models._likelihood.data import Data

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.fitted import Fitted

    _F64 = NDArray[np.float64]

__all__ = ["By", "pointwise_of"]

By = Literal["judgement", "annotator"]


def pointwise_of(fitted: Fitted, choices: Choices, features: ArrayLike | None, by: By) -> _F64:
    """Return log-likelihoods, as `ChoiceModel.pointwise` says."""
    if by not in get_args(By):
        names = " or ".join(map(repr, get_args(By)))
        raise ValueError(f"by must be {names}, not {by!r}")
    if by == "annotator":
        if not choices.has_annotators:
            raise ValueError(
                "by='annotator' needs to know who judged, and nobody is named: give Choices "
                "annotator=, or take by='judgement'"
            )
        evidence, counts = fitted.expect(choices, features)[1], choices.annotator_counts
        return evidence if counts is None else evidence * counts
    table, observation, judged = fitted.tabulated(choices, features)
    each = observation.log_likelihood(table)
    if judged.weight is not None:
        each = each * judged.weight[:, None]
    if fitted.population.n_columns == 1:
        found = each[:, 0]
    else:
        data = Data(observation, judged.annotator_offsets, None, fitted.n_threads)
        found = fitted.population.chained(each, data, fitted.of_anyone(choices))
    if judged.count is not None:
        found = found * judged.count
    return choices.restore(found)
