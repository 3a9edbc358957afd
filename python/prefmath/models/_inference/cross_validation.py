"""How well a model predicts judgements that it was not fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._fit.predictions import decided_weight, total_weight
from prefmath.models._inference.fit_statistics import null_log_likelihood
from prefmath.models._inference.text_table import text_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.choices.folds import By
    from prefmath.models._fit.choice_model import ChoiceModel

    _F64 = NDArray[np.float64]

__all__ = ["CrossValidation", "cross_validate"]


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidation:
    """Scores of a model on judgements left out, fold by fold.

    Attributes
    ----------
    by : {"annotator", "context", "judgement"}
        What a fold left out whole.
    score, train_score : ndarray, shape (n_folds,)
        Mean log-likelihood of a judgement left out, and of one fitted to, in nats.
    accuracy : ndarray, shape (n_folds,)
        Share of the judgements left out in which the most probable alternative was chosen. Of
        rankings it is of the first place; ties are passed over, and 0 where there is nothing else.
    chance : ndarray, shape (n_folds,)
        Mean log-likelihood where every alternative is as probable.
    n_judgements : ndarray of int, shape (n_folds,)
        Judgements left out.
    """

    by: str
    score: _F64
    train_score: _F64
    accuracy: _F64
    chance: _F64
    n_judgements: NDArray[np.int64]

    def __repr__(self) -> str:
        rows = [
            [f"{at}", *(f"{of[at]:.4f}" for of in self._columns), f"{self.n_judgements[at]:,}"]
            for at in range(len(self.score))
        ]
        mean = [f"{of.mean():.4f}" for of in self._columns]
        header = ["fold", "log-lik.", "fitted", "chance", "accuracy", "judgements"]
        title = f"CrossValidation(by {self.by}; a judgement, in nats)"
        return "\n".join([title, text_table(header, [*rows, ["mean", *mean, ""]])])

    @property
    def _columns(self) -> tuple[_F64, _F64, _F64, _F64]:
        return self.score, self.train_score, self.chance, self.accuracy


def cross_validate(
    model: ChoiceModel,
    choices: Choices,
    features: ArrayLike | None = None,
    *,
    n_folds: int = 5,
    by: By | None = None,
    random_state: int | np.random.Generator | None = None,
) -> CrossValidation:
    """Fit a model to all folds but one, try it on that one, for each.

    Parameters
    ----------
    model : estimator
        Its parameters are taken; it is not fitted itself.
    choices : Choices
        What was chosen.
    features : array_like, shape (n_items, d), optional
        Of the items, for models of features.
    n_folds, by, random_state
        As in `Choices.folds`. By annotator, people are new to the model; by context, prompts are.

    Returns
    -------
    CrossValidation

    Raises
    ------
    ValueError
        If a fit refuses the judgements that are left; the message names the fold.

    Notes
    -----
    scikit-learn's ``GridSearchCV`` and ``cross_val_score`` take choices too, for models without
    features: they cut judgements, or groups of them by a splitter of groups. They hand no features
    to `score`; for models of features use this function.

    Examples
    --------
    >>> from prefmath.choices import Choices
    >>> from prefmath.models import BradleyTerry, cross_validate
    >>> choices = Choices.from_pairs([0, 0, 1, 2] * 9, [1, 2, 2, 0] * 9)
    >>> cross_validate(BradleyTerry(), choices, n_folds=3, random_state=0)
    CrossValidation(by judgement; a judgement, in nats)
    fold  log-lik.   fitted   chance  accuracy  judgements
    0      -0.6152  -0.6646  -0.6931    0.8333          12
    1      -0.6675  -0.6295  -0.6931    0.7500          12
    2      -0.6989  -0.6208  -0.6931    0.6667          12
    mean   -0.6605  -0.6383  -0.6931    0.7500
    """
    refuse_other_than_choices(choices)
    beside = () if features is None else (features,)
    found = []
    for at, (train, test) in enumerate(choices.folds(n_folds, by=by, random_state=random_state)):
        again: Any = type(model)(**model.get_params())
        try:
            again.fit(train, *beside)
        except ValueError as error:
            raise ValueError(f"without fold {at}: {error}") from error
        probability = again.predict_proba(test, *beside)
        chance = null_log_likelihood(test, getattr(model, "ties", "half")) / total_weight(test)
        scores = again.score(test, *beside), again.score(train, *beside), chance
        found.append((*scores, accuracy_of(probability, test), len(test)))
    score, train_score, by_chance, accuracy, n = map(np.array, zip(*found, strict=True))
    unit = by or ("annotator" if choices.has_annotators else "judgement")
    return CrossValidation(unit, score, train_score, accuracy, by_chance, n)


def accuracy_of(probability: _F64, choices: Choices) -> float:
    """Return the share of judgements whose choice was the most probable, by weight and count.

    Where several are equally probable the choice is one of these by chance.
    """
    sizes = np.diff(choices.offsets)
    by_set = np.empty_like(probability)
    by_set[choices.restore_items(np.arange(len(probability)))] = probability
    largest = np.maximum.reduceat(by_set, choices.offsets[:-1])
    best = by_set == np.repeat(largest, sizes)
    n_best = np.add.reduceat(best, choices.offsets[:-1], dtype=np.float64)
    place = (
        choices.offsets[:-1] if choices.chosen is None else choices.offsets[:-1] + choices.chosen
    )
    right = best[place] / n_best
    weight = decided_weight(choices)
    total = weight.sum()
    return float(right @ weight / total) if total > 0 else 0.0
