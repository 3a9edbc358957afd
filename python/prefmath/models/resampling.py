"""Bootstrap over annotators: refits to annotators drawn with replacement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_whole_number
from prefmath.models._em import maximize
from prefmath.models._matching import best_assignment
from prefmath.models._predictor import as_choices_of_one
from prefmath.models._resamples import Bootstrap
from prefmath.models._side_by_side import side_by_side
from prefmath.models._uncertain import units_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress
    from prefmath.choices import Choices
    from prefmath.models._em import Problem
    from prefmath.models._fitting import ChoiceModel

    _F64 = NDArray[np.float64]

__all__ = ["bootstrap"]


def bootstrap(
    model: ChoiceModel,
    choices: Choices,
    features: ArrayLike | None = None,
    *,
    n_resamples: int = 1000,
    random_state: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    progress: Progress = None,
) -> Bootstrap:
    """Refit a model to annotators drawn with replacement, as many as there are.

    Every refit starts from the model, so that it takes few iterations, and classes are matched to
    the model's by who is in them.

    Parameters
    ----------
    model : ChoiceMixture, BradleyTerry, PlackettLuce or ConditionalLogit
        Fitted to these choices.
    choices, features
        Those of `fit`. Where nobody is named, judgements are drawn rather than annotators.
    n_resamples : int
        How many refits, at least 2. Percentiles want a thousand, standard errors fifty.
    random_state : int, Generator or None
        Where the draws come from. One seed, one answer, on any number of threads.
    n_threads : int, optional
        Refits at a time, each on one thread; by default that of the model.
    progress : callable, False or None
        Called with the refits done and their number; by default a bar where there is a terminal.

    Returns
    -------
    Bootstrap
        With `interval`, `ranks`, and a table where it is printed.

    Raises
    ------
    ValueError
        If the model is not fitted, or not to such choices, or `n_resamples` is below 2.

    References
    ----------
    Efron and Tibshirani (1993), An introduction to the bootstrap, chapters 6 and 13.
    McLachlan and Peel (2000), Finite mixture models, section 2.16.

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import ChoiceMixture, bootstrap
    >>> winner, loser = ["tea"] * 30 + ["milk"] * 10, ["milk"] * 30 + ["tea"] * 10
    >>> choices = Choices.from_pairs(winner, loser, annotator=[*range(20), *range(20)])
    >>> model = ChoiceMixture().fit(choices)
    >>> found = bootstrap(model, choices, n_resamples=200, random_state=0)
    >>> found.ranks().tolist()
    [[[2, 2], [1, 1]]]
    """
    n_resamples = as_whole_number(n_resamples, "n_resamples", 2)
    threads = resolve_threads(model.n_threads if n_threads is None else n_threads)
    problem = _posed(model, choices, features)
    units = units_of(choices, problem.annotator_offsets)
    named = choices.annotator_ids is not None
    n_units = len(units) - 1
    seeds = np.random.default_rng(random_state).integers(1 << 63, size=n_resamples)

    def refit(seed: np.int64, check: Callable[[], None]) -> tuple[_F64, _F64, bool]:
        counts = np.random.default_rng(seed).multinomial(n_units, np.full(n_units, 1 / n_units))
        if named:
            drawn = replace(problem, counts=counts.astype(np.float64))
        else:
            weight = np.repeat(counts, np.diff(units)).astype(np.float64)
            drawn = replace(
                problem, weight=weight * (1 if problem.weight is None else problem.weight)
            )
        run = maximize(
            drawn,
            drawn.expect(model._params(), model.weights_),  # noqa: SLF001
            tol=model.tol,
            max_iter=model.max_iter,
            report=lambda *_: check(),
        )
        order = np.zeros(1, np.int64)
        if len(model.weights_) > 1:
            order = best_assignment(model.responsibilities_.T @ run.state.responsibilities)
        params = problem.utility.centered(run.state.coef, problem.l2)
        coef = params[:, : model.coef_.shape[1]]
        return coef[order], run.state.weights[order], run.converged

    with reporting(progress, "bootstrap") as report:
        found = side_by_side(refit, list(seeds), threads, report)
    estimate, names, of_items = model.named_coef()
    coef = np.stack([one[0] for one in found])
    return Bootstrap(
        coef=coef - coef.mean(axis=2, keepdims=True) if of_items else coef,
        weights=np.stack([one[1] for one in found]),
        converged=np.array([one[2] for one in found]),
        estimate_coef=estimate,
        estimate_weights=model.weights_.copy(),
        names=names,
        of_items=of_items,
    )


def _posed(model: ChoiceModel, choices: Choices, features: ArrayLike | None) -> Problem:
    """Return the problem that the model solved, for one thread."""
    model._table(as_choices_of_one(choices), features)  # noqa: SLF001
    given, fitted = (
        np.array(()) if ids is None else ids for ids in (choices.item_ids, model.item_ids_)
    )
    if not np.array_equal(given, fitted) or choices.n_annotators != len(model.responsibilities_):
        raise ValueError("choices must be those of fit")
    serial = type(model)(**model.get_params() | {"n_threads": 1})
    return serial._problem(choices, features, by_annotator=True)  # noqa: SLF001
