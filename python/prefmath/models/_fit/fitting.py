"""Fitting a choice model: pose the problem, solve it, and ask whether the data determine it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import positions_of
from prefmath.choices.counts import count_text
from prefmath.models._determined.connected import refuse_undetermined, wins_of
from prefmath.models._determined.direction_text import column_names, item_names
from prefmath.models._determined.identified import refuse_collinear, separation
from prefmath.models._determined.item_rows import refuse_sparse_rows
from prefmath.models._fit.ascent import gain_left
from prefmath.models._fit.fitted import Fitted
from prefmath.models._fit.gating import gate_found, gated, last_mixing, membership_warnings
from prefmath.models._fit.predictions import n_units_of
from prefmath.models._likelihood.design import design_of
from prefmath.models._likelihood.feature_names import named_columns, refuse_other_names
from prefmath.models._likelihood.parameters import labels_of_others
from prefmath.models._likelihood.posing import pose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.ascent import Run
    from prefmath.models._fit.start_report import Starts
    from prefmath.models._fit.starts import Search
    from prefmath.models._likelihood.covariates import CovariateTable
    from prefmath.models._likelihood.observation import Form
    from prefmath.models._likelihood.posing import Specification
    from prefmath.models._likelihood.problem import Problem

    _F64 = NDArray[np.float64]

__all__ = ["Fit", "fit", "last_utilities", "unsettled"]

# Judgements that are in a class with less than this part of the most probable are not its own.
_NOBODY = 1e-6
# Of so many items it is asked whether effects of positions and ties are determined beside them.
_FEW_ITEMS = 512


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found, and how far it came.

    `starts` says where starts ended, None where parameters to begin with were given.
    `undetermined` says of which classes the data leave a coefficient open; `gain` is what a further
    step would still add to the objective.
    """

    fitted: Fitted
    log_likelihood: float
    objectives: list[float]
    converged: bool
    gain: float
    undetermined: list[str]
    starts: Starts | None = None


def fit(
    specification: Specification,
    search: Search,
    choices: Choices,
    features: ArrayLike | None,
    *,
    n_threads: int,
    begin: Fitted | None = None,
    first_params: Callable[[Problem], _F64] | None = None,
    membership: CovariateTable | None = None,
) -> Fit:
    """Check that the data can determine the parameters, search for the best, and look again.

    The search begins where the last fit ended, `begin`, if there is one; or at `first_params`; or
    at random. Without a penalty the parameters of linear utilities, and those beside utilities of
    items, must be determined; only then are their names asked for. Where there is `membership`, the
    covariates of annotators tell how probable each class is for whom.
    """
    form, penalty = specification.form, specification.penalty
    _refuse_too_few(choices, specification.population.n_columns)
    if features is None:
        refuse_sparse_rows(choices)
    if penalty.is_none:
        _refuse_lack_of_ties(choices, form)
        if features is None:
            refuse_undetermined(*wins_of(choices), choices.n_items, choices.item_ids)
    design, covariates = None, None
    if membership is not None:
        design = design_of(membership, choices.annotator_counts)
        covariates = design.rows(membership)
        specification = gated(specification, covariates)
    problem = pose(specification, choices, features, n_threads, covariates)
    feature_names = None
    if features is not None:
        feature_names = named_columns(features, problem.utility.n_coef)
    names = _names(specification, problem, choices, features)
    if names is not None:
        refuse_collinear(problem, names)
    starts = None
    if begin is not None:
        refuse_other_names(feature_names, begin.feature_names, "in the fit to go on from")
        last = _last_params(problem, begin, choices)
        run = search.from_here(problem, last, last_mixing(problem, begin, design))
    elif first_params is not None:
        run = search.from_here(problem, first_params(problem), np.ones(1))
    else:
        run, starts = search.from_random_starts(problem)
    if names is not None and specification.one_column:
        _refuse_separated(problem, run, names, search.tol)
    order = specification.population.largest_first(run.state.mixing, run.state.masses)
    params = problem.utility.reported(run.state.coef, fixed=penalty.fixes_level)[order]
    n_coef = problem.utility.n_coef
    latent = run.state.latent
    if specification.one_column:
        # Nobody's judgements were kept apart.
        latent = np.ones((choices.n_annotators, 1))
    mixing = specification.population.reordered(run.state.mixing, order)
    gate = None if design is None else gate_found(problem, design, mixing, choices.n_annotators)
    fitted = Fitted(
        coef=np.ascontiguousarray(params[:, :n_coef]),
        extra=np.ascontiguousarray(params[:, n_coef:]),
        mixing=mixing,
        latent=np.ascontiguousarray(latent[:, order]),
        population=specification.population,
        penalty=penalty,
        form=form,
        linear=features is not None,
        spreads=problem.utility.spreads,
        annotator_ids=choices.annotator_ids,
        annotator_counts=choices.annotator_counts,
        item_ids=choices.item_ids,
        n_threads=n_threads,
        feature_names=feature_names,
        shares=problem.population.shares(mixing, problem.data),
        gate=gate,
    )
    undetermined = [] if gate is None else membership_warnings(gate)
    if names is not None and not specification.one_column:
        undetermined += _open_classes(problem, fitted, names, search.tol, settled=run.converged)
    return Fit(
        fitted=fitted,
        log_likelihood=run.state.log_likelihood,
        objectives=run.objectives,
        converged=run.converged,
        gain=0.0 if run.converged else gain_left(problem, run),
        undetermined=undetermined,
        starts=starts,
    )


def unsettled(found_gain: float, n_iter: int, max_iter: int, *, linear: bool) -> str:
    """Say why a fit has not settled, and what to do."""
    msg = f"the fit has not settled after {n_iter} iterations: "
    if n_iter >= max_iter:
        gain = f"{found_gain:.2g}"
        return f"{msg}raise max_iter, since a step may still raise the log-likelihood by {gain}"
    return (
        f"{msg}no step raises the log-likelihood any more, although its gradient "
        f"predicts a gain of {found_gain:.2g}: set l2 above 0"
        + (", or leave out what nearly repeats other features" if linear else "")
    )


def _names(
    specification: Specification, problem: Problem, choices: Choices, features: ArrayLike | None
) -> list[str] | None:
    """Name the parameters where it is asked whether the data determine them."""
    form, utility = specification.form, problem.utility
    beside = form.n_extra > 0 and specification.one_column and utility.n_coef <= _FEW_ITEMS
    if not specification.penalty.is_none or not (features is not None or beside):
        return None
    of_pairs = choices.layout == "pairs"
    others = labels_of_others(form.n_positions, form.ties, of_pairs=of_pairs)
    if features is None:
        return item_names(choices, others)
    return column_names(features, utility.n_coef, others)


def _refuse_separated(problem: Problem, run: Run, names: list[str], tol: float) -> None:
    """Refuse data that let a parameter run to infinity, or say nothing of it."""
    utility = problem.utility
    params = utility.reported(run.state.coef, fixed=False)[0]
    if utility.linear is None:
        params[: utility.n_coef] -= params[0]
        params = params[1:]
    weight = problem.data.weight
    found = separation(problem, weight, params, names, tol, settled=run.converged)
    if found is not None:
        raise ValueError(found)


def _open_classes(
    problem: Problem, fitted: Fitted, names: list[str], tol: float, *, settled: bool
) -> list[str]:
    """Say in which classes a coefficient runs to infinity, or is not determined."""
    told = []
    weights = problem.data.outcome_weights(fitted.latent)
    for z, weight in enumerate(np.ascontiguousarray(weights.T)):
        weight[weight <= _NOBODY * weight.max()] = 0
        where = f" in class {z}"
        params = fitted.params[z]
        found = separation(problem, weight, params, names, tol, settled=settled, where=where)
        if found is not None:
            told.append(found)
    return told


def _last_params(problem: Problem, begin: Fitted, choices: Choices) -> _F64:
    """Parameters of the last fit for a problem of the same items, by label, and features."""
    linear = problem.utility.linear is not None
    coef = begin.coef if linear else last_utilities(begin, choices.item_ids)
    params = np.concatenate([coef, begin.extra], axis=1)
    shape = problem.population.n_columns, problem.utility.n_parameters
    if params.shape != shape:
        msg = f"warm_start needs parameters of shape {shape}, not {params.shape}"
        raise ValueError(msg)
    return problem.penalty.levelled(problem.utility, problem.utility.from_coef(params))


def last_utilities(begin: Fitted, item_ids: NDArray[Any] | None) -> _F64:
    """Utilities of the last fit, by label those of items that have another row now."""
    known_ids = begin.item_ids
    if known_ids is None or item_ids is None or np.array_equal(item_ids, known_ids):
        return begin.coef
    return _matched(begin.coef, known_ids, item_ids)


def _matched(coef: _F64, known_ids: NDArray[Any], item_ids: NDArray[Any]) -> _F64:
    """Return utilities for other items: those that were there keep theirs, new ones start at 0."""
    rows = positions_of(item_ids, known_ids, "item_ids")
    matched: _F64 = np.where(rows >= 0, coef[:, rows], 0.0)
    return matched


def _refuse_too_few(choices: Choices, n_components: int) -> None:
    if n_components == 1:
        return
    if not choices.has_annotators and len(choices) > 1:
        raise ValueError(
            f"n_components={n_components} needs to know whose judgements belong together, and "
            "nobody is named: give Choices annotator= with a label for each judgement, or "
            'annotator="each" if every judgement is that of another person'
        )
    n_units = n_units_of(choices)
    if n_components > n_units:
        msg = f"n_components={n_components} exceeds the {count_text(n_units)} annotators"
        raise ValueError(msg)


def _refuse_lack_of_ties(choices: Choices, form: Form) -> None:
    """Refuse pairs from which the parameter of ties runs to infinity."""
    if form.has_tie:
        weight = choices.counted_weight
        counted = np.ones(len(choices), np.bool_) if weight is None else weight > 0
        n_tied = 0 if choices.tied is None else int((choices.tied & counted).sum())
        if n_tied in {0, int(counted.sum())}:
            which = "none" if n_tied == 0 else "all"
            verb = "is" if n_tied == 0 else "are"
            msg = (
                f"ties={form.ties!r} needs pairs that are tied and pairs that are not, and {which} "
                f"{verb}: set l2 above 0"
            )
            raise ValueError(msg)
