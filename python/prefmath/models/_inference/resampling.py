"""Bootstrap over annotators: refits to annotators drawn with replacement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_generator, as_whole_number
from prefmath.models._fit.side_by_side import side_by_side
from prefmath.models._inference.collected import bootstrap_of
from prefmath.models._inference.drawing import (
    drawn_counts,
    resamples_at_once,
    weights_of_outcomes,
)
from prefmath.models._inference.refitting import posed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress
    from prefmath.choices import Choices
    from prefmath.models._fit.choice_model import ChoiceModel
    from prefmath.models._inference.collected import Refit
    from prefmath.models._inference.refitting import Pose
    from prefmath.models._inference.resamples import Bootstrap

    _F64 = NDArray[np.float64]

__all__ = ["bootstrap"]

# Percentiles want a thousand; of more than this a digit was too many.
_MOST_RESAMPLES = 10_000_000


def bootstrap(
    model: ChoiceModel,
    choices: Choices,
    features: ArrayLike | None = None,
    *,
    n_resamples: int = 1000,
    random_state: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    progress: Progress = None,
    membership: Any = None,
) -> Bootstrap:
    """Refit a model to annotators drawn with replacement, as many as there are.

    An annotator whose `count` is c is c annotators, each drawn for itself. Where counts are not
    whole, as many are drawn as their sum rounded, each as probable as it counts, and what is drawn
    is scaled to the sum.

    Every refit starts from the model, so that it takes few iterations, and classes are matched to
    the model's by who is in them.

    Without `l2` or `prior` a resample may have no finite estimate of some parameter: of an item
    that wins all its games there, or was not drawn; of a feature that tells winners from losers.
    Such a parameter counts as above or below all others in percentiles, whose ends may be infinite;
    what was not drawn is missing. The other parameters of the resample stay. Utilities are less the
    mean of the items that are finite in 95% of resamples and do not swing by odds of 50 either way;
    where one of those is not finite in a resample, its zero is set by the others of them, which
    must be more than half. Parameters that are not finite in over 5% of resamples, or behind which
    fewer than 20 units stand, are marked, and so are classes that
    nothing tells apart.

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
    membership : frame, mapping or array_like, optional
        That of `fit`, for a model fitted with it: annotators are drawn with their covariates.

    Returns
    -------
    Bootstrap
        With `interval`, `ranks`, and a table where it is printed.

    Raises
    ------
    ValueError
        If the model is not fitted, or not to such choices, or `n_resamples` is below 2.
    MemoryError
        If the parameters of so many resamples do not fit.

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
    n_resamples = as_whole_number(n_resamples, "n_resamples", 2, _MOST_RESAMPLES)
    threads = resolve_threads(model.n_threads if n_threads is None else n_threads)
    pose = posed(model, choices, features, membership)
    seeds = as_generator(random_state).integers(1 << 63, size=n_resamples)
    try:
        with reporting(progress, "bootstrap") as report:
            found = _refits(pose, list(seeds), threads, report)
        return bootstrap_of(
            found,
            pose.fitted.params,
            pose.fitted.told_shares.copy(),
            pose.fitted.parameters,
            pose.behind,
            pose.point.state.latent,
            pose.base,
            named=choices.has_annotators,
            gate=pose.fitted.gate,
        )
    except MemoryError:
        size = n_resamples * pose.fitted.params.size * 8 / 2**30
        raise MemoryError(
            f"{n_resamples:,} resamples of {pose.fitted.params.size:,} parameters are "
            f"{size:,.1f} GiB, held several times, and there is not as much memory: ask for fewer"
        ) from None


def _refits(
    pose: Pose, seeds: list[np.int64], n_threads: int, report: Callable[[int, int], object] | None
) -> list[Refit]:
    """Return what each resample says, in the order of the seeds of their draws."""

    def draw(seed: np.int64, _: Callable[[], None]) -> _F64:
        return drawn_counts(pose.base, np.random.default_rng(seed))

    def refit(seed: np.int64, check: Callable[[], None]) -> Refit:
        return pose.refit(draw(seed, check), check)

    if not pose.weighs_outcomes:
        return side_by_side(refit, seeds, n_threads, report)

    found: list[Refit] = []
    data = pose.problem.data
    size = resamples_at_once(len(pose.units) - 1, data.observation.n_outcomes)
    for first in range(0, len(seeds), size):
        drawn = side_by_side(draw, seeds[first : first + size], n_threads, None)
        weights = weights_of_outcomes(drawn, data, pose.units, n_threads)
        told = None if report is None else partial(_told, report, first, len(seeds))
        found += side_by_side(pose.refit_weighed, weights, n_threads, told)
    return found


def _told(report: Callable[[int, int], object], first: int, n: int, done: int, _: int) -> object:
    return report(first + done, n)
