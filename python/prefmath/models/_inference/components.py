"""How many classes there are: fits of several numbers of them, compared."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from prefmath._progress import reporting
from prefmath._threads import resolve_threads
from prefmath._validate import as_generator, as_whole_number
from prefmath.choices.folds import folds_of
from prefmath.models._determined.cells import cells_of
from prefmath.models._determined.choice_warnings import (
    UndeterminedWarning,
    WeightWarning,
    warn_of_little,
    warn_of_weights,
)
from prefmath.models._fit.only_choices import refuse_other_than_choices
from prefmath.models._fit.predictions import n_units_of, total_weight
from prefmath.models._fit.side_by_side import side_by_side
from prefmath.models._fit.start_report import LocalOptimumWarning
from prefmath.models._inference.text_table import text_table
from prefmath.models._likelihood.covariates import covariates_of
from prefmath.models._likelihood.problem import ConvergenceWarning
from prefmath.models.mixture import ChoiceMixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath._progress import Progress
    from prefmath.choices import Choices

    _F64 = NDArray[np.float64]

__all__ = ["ComponentSelection", "select_components"]

Criterion = Literal["bic", "aic", "icl", "held_out"]

# Numbers of classes further behind by the criterion are not chosen for a slightly better optimum:
# very strong evidence, in the words of Kass and Raftery (1995).
_MAY_BE_CHOSEN = 10.0

_N_FOLDS = 5


@dataclass(frozen=True, eq=False, repr=False)
class ComponentSelection:
    """Fits of several numbers of classes.

    Attributes
    ----------
    n_components : int
        The number that was chosen.
    model : ChoiceMixture
        The fit of that number.
    criterion : {"bic", "aic", "icl", "held_out"}
        What chose it.
    components : ndarray of int, shape (n,)
        The numbers that were tried.
    models : tuple of ChoiceMixture
        Their fits.
    log_likelihood, bic, aic, icl : ndarray, shape (n,)
        Of the fits; of the last three the least is best.
    n_parameters : ndarray of int, shape (n,)
        How many the data determine.
    held_out : ndarray, shape (n,), or None
        Log-likelihood of the judgements of annotators who were left out of the fit, summed over all
        of them as they weigh and count; the largest is best. None where it was not asked for.
    n_cells : int or None
        How many probabilities the data estimate, where every annotator judged once: of each set
        the outcomes that it may have, less one. They determine no more parameters. None where
        annotators judged more often.
    """

    n_components: int
    model: ChoiceMixture
    criterion: Criterion
    components: NDArray[np.int64]
    models: tuple[ChoiceMixture, ...]
    log_likelihood: _F64
    n_parameters: NDArray[np.int64]
    bic: _F64
    aic: _F64
    icl: _F64
    held_out: _F64 | None
    n_cells: int | None = None

    @property
    def behind(self) -> _F64:
        """How far each number is behind the choice by the criterion, as differences of BIC are."""
        held_out = np.zeros(1) if self.held_out is None else -2 * self.held_out
        costs = {"bic": self.bic, "aic": self.aic, "icl": self.icl, "held_out": held_out}
        cost = costs[self.criterion]
        behind: _F64 = cost - cost.min()
        return behind

    @property
    def is_largest_tried(self) -> bool:
        """Whether the choice is the largest number tried, so that more classes may be better."""
        return self.n_components == int(self.components.max())

    @property
    def undetermined(self) -> NDArray[np.int64]:
        """The numbers tried of which a model has more parameters than the data have cells."""
        beyond: NDArray[np.bool_] = np.zeros(len(self.components), np.bool_)
        if self.n_cells is not None:
            beyond = self.n_parameters > self.n_cells
        return self.components[beyond]

    def __repr__(self) -> str:
        columns = {
            "log-likelihood": self.log_likelihood,
            "BIC": self.bic,
            "AIC": self.aic,
            "ICL": self.icl,
        }
        if self.held_out is not None:
            columns["held-out"] = self.held_out
        rows = []
        for i, k in enumerate(self.components):
            mark = " *" if k == self.n_components else ""
            values = [f"{column[i]:,.1f}" for column in columns.values()]
            rows.append([f"{k}{mark}", str(self.n_parameters[i]), *values])
        table = text_table(["classes", "parameters", *columns], rows)
        if self.is_largest_tried:
            table += f"\n* {self.n_components} is the largest number tried: more may be better"
        if len(self.undetermined):
            beyond = ", ".join(map(str, self.undetermined))
            table += (
                f"\n{beyond} classes have more parameters than the {self.n_cells} cells of the "
                "data, which do not determine them"
            )
        return f"ComponentSelection({self.n_components} by {self.criterion})\n{table}"


def select_components(
    choices: Choices,
    features: ArrayLike | None = None,
    components: Iterable[int] = range(1, 7),
    *,
    criterion: Criterion = "bic",
    estimator: ChoiceMixture | None = None,
    n_folds: int | None = None,
    random_state: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    progress: Progress = None,
    membership: Any = None,
) -> ComponentSelection:
    """Fit several numbers of classes and choose one.

    Parameters
    ----------
    choices, features
        As for `ChoiceMixture.fit`.
    components : iterable of int
        The numbers of classes to try.
    criterion : {"bic", "icl", "aic", "held_out"}
        `bic` asks which number explains the data, and finds the true one if there is one [1]_;
        `icl` which number tells annotators apart, so that overlapping classes count less [2]_;
        `aic` and `held_out` which predicts new annotators best.
    estimator : ChoiceMixture, optional
        Whose parameters the fits have; not fitted itself. By default ``ChoiceMixture()``.
    n_folds : int, optional
        Parts into which annotators are drawn, each left out once for `held_out`: 5 for that
        criterion, and else only where asked for. Judgements, where nobody is named. An annotator
        whose `count` is c is c annotators, each drawn into a part; of a count that is not whole the
        fraction is one that counts less.
    random_state : int, Generator or None
        Where starts and parts come from. By default that of `estimator`. One seed, one answer, on
        any number of threads.
    n_threads : int, optional
        Fits at a time, each on one thread; by default as `estimator` has it.
    progress : callable, False or None
        Called with the fits done and their number; by default a bar where there is a terminal.
    membership : frame, mapping or array_like, optional
        Covariates of the annotators, as for `ChoiceMixture.fit`.

    Returns
    -------
    ComponentSelection
        The chosen number, its fit, and a table where it is printed.

    Raises
    ------
    ValueError
        If there is no such criterion or nothing to try, a number is below 1 or exceeds the
        annotators, or there are more parts than annotators.

    Warns
    -----
    LocalOptimumWarning
        If the best optimum of a number was found but once.
    ConvergenceWarning
        If fits have not settled within the iterations of `estimator`.

    References
    ----------
    .. [1] Schwarz (1978), Estimating the dimension of a model, Annals of Statistics 6; Keribin
       (2000), Consistent estimation of the order of mixture models, Sankhya A 62.
    .. [2] Biernacki, Celeux and Govaert (2000), Assessing a mixture model for clustering with the
       integrated completed likelihood, IEEE PAMI 22; here as BIC plus twice the entropy of the
       responsibilities (McLachlan and Peel 2000, Finite mixture models, section 6.10.3).

    Examples
    --------
    >>> from prefmath import Choices
    >>> from prefmath.models import select_components
    >>> winner = (["tea"] * 9 + ["milk"]) * 10 + (["milk"] * 9 + ["tea"]) * 6
    >>> loser = ["milk" if item == "tea" else "tea" for item in winner]
    >>> choices = Choices.from_pairs(winner, loser, annotator=[i // 10 for i in range(160)])
    >>> select_components(choices, components=[1, 2], random_state=0)
    ComponentSelection(2 by bic)
    classes  parameters  log-likelihood    BIC    AIC    ICL
    1                 1          -107.7  218.1  217.4  218.1
    2 *               3           -62.6  133.5  131.2  133.5
    * 2 is the largest number tried: more may be better
    """
    refuse_other_than_choices(choices)
    if criterion not in get_args(Criterion):
        names = ", ".join(get_args(Criterion))
        raise ValueError(f"criterion must be one of {names}, not {criterion!r}")
    if not isinstance(components, Iterable):
        raise TypeError(f"components must hold numbers of classes, not {components!r}")
    tried = sorted({as_whole_number(k, "components", 1) for k in components})
    if not tried:
        raise ValueError("components must name a number of classes to try")
    template = ChoiceMixture() if estimator is None else estimator
    rng = as_generator(template.random_state if random_state is None else random_state)
    seeds = dict(zip(tried, map(int, rng.integers(1 << 31, size=len(tried))), strict=True))
    if n_folds is None and criterion == "held_out":
        n_folds = _N_FOLDS
    folds = [] if n_folds is None else folds_of(choices, n_folds, None, rng)
    covariates = None if membership is None else covariates_of(membership, choices)
    if covariates is not None and folds and choices.annotator_ids is None:
        raise ValueError(
            "n_folds with membership needs annotators by name, so that covariates can follow them: "
            "give Choices annotator= with a label for each judgement"
        )
    threads = resolve_threads(template.n_threads if n_threads is None else n_threads)
    n_threads_each = 1 if threads > 1 else template.n_threads

    def fit(
        task: tuple[int, Callable[[], tuple[Choices, Choices]] | None], check: Callable[[], None]
    ) -> ChoiceMixture | float:
        n_components, fold = task
        model = type(template)(**template.get_params())
        model.set_params(
            n_components=n_components,
            random_state=seeds[n_components],
            n_threads=n_threads_each,
            progress=lambda *_: check(),
            warm_start=False,
        )
        if fold is None:
            model.fit(choices, features, membership=covariates)
            return model.set_params(n_threads=template.n_threads, progress=template.progress)
        kept, left_out = fold()
        model.fit(kept, features, membership=covariates)
        score = model.score(left_out, features, membership=covariates)
        return score * total_weight(left_out)

    # The longest first, so that none is left to run alone at the end.
    tasks = [(k, part) for k in reversed(tried) for part in (None, *folds)]
    warn_of_little(choices, position_effect=template.position_effect, stacklevel=2)
    warn_of_weights(choices, max(tried), stacklevel=2)
    with reporting(progress, "components") as report, warnings.catch_warnings():
        # Told once, before and below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UndeterminedWarning)
        warnings.simplefilter("ignore", LocalOptimumWarning)
        warnings.simplefilter("ignore", WeightWarning)
        results = side_by_side(fit, tasks, threads, report)
    models = [result for result in reversed(results) if isinstance(result, ChoiceMixture)]
    held_out = None
    if folds:
        scores = [result for result in reversed(results) if isinstance(result, float)]
        held_out = np.array(scores).reshape(len(tried), len(folds)).sum(axis=1)
    selection = _selection(criterion, choices, models, held_out)
    _warn_of_searches(selection)
    for undetermined in selection.model._undetermined:  # noqa: SLF001
        warnings.warn(undetermined, UndeterminedWarning, stacklevel=2)
    return selection


def _warn_of_searches(selection: ComponentSelection) -> None:
    """Tell of fits that have not settled, and of optima found but once that may be chosen."""
    models = selection.models
    unsettled = ", ".join(str(m.n_components) for m in models if not m.converged_)
    if unsettled:
        classes = "class" if unsettled == "1" else "classes"
        msg = f"EM has not settled with {unsettled} {classes}: raise max_iter of the estimator"
        warnings.warn(msg, ConvergenceWarning, stacklevel=3)
    once = ", ".join(
        str(model.n_components)
        for model, behind in zip(models, selection.behind, strict=True)
        if behind < _MAY_BE_CHOSEN
        and model.converged_
        and model.starts_ is not None
        and model.starts_.found_once
    )
    if once:
        msg = (
            f"the best optimum of {once} classes was found but once, so that a better one may be "
            "left and they may compare too low: raise n_init of the estimator"
        )
        warnings.warn(msg, LocalOptimumWarning, stacklevel=3)


def _selection(
    criterion: Criterion, choices: Choices, models: list[ChoiceMixture], held_out: _F64 | None
) -> ComponentSelection:
    log_likelihood = np.array([model.log_likelihood_ for model in models])
    n_parameters = np.array([model._n_parameters for model in models])  # noqa: SLF001
    bic = n_parameters * np.log(n_units_of(choices)) - 2 * log_likelihood
    fits = [model._fitted() for model in models]  # noqa: SLF001
    counts = choices.annotator_counts
    entropy = np.array([fit.population.entropy(fit.latent, counts) for fit in fits])
    figures = {
        "bic": bic,
        "aic": 2 * n_parameters - 2 * log_likelihood,
        "icl": bic + 2 * entropy,
    }
    cost = figures[criterion] if held_out is None or criterion != "held_out" else -held_out
    best = int(cost.argmin())
    components = np.array([fit.population.n_columns for fit in fits])
    return ComponentSelection(
        n_components=int(components[best]),
        model=models[best],
        criterion=criterion,
        components=components,
        models=tuple(models),
        log_likelihood=log_likelihood,
        n_parameters=n_parameters,
        held_out=held_out,
        n_cells=cells_of(choices),
        **figures,
    )
