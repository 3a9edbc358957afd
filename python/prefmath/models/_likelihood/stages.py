"""Rankings as the choices of one that they stand for, each distinct choice worked out once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from prefmath.choices.judgements import Judgements, offsets_of, spans
from prefmath.models._likelihood.observation import Form, observe
from prefmath.models._likelihood.outcomes import distinct_outcomes

if TYPE_CHECKING:
    from prefmath.models._likelihood.problem import Problem

__all__ = ["of_stages"]


def of_stages(problem: Problem) -> Problem:
    """Return a problem of the same likelihood whose passes cost less, where there is one.

    People who rank few items choose again and again from the same sets: six items have 186
    choices from sets of two or more, and 720 orders of five choices each.
    """
    seen, data = problem.observation, problem.data
    if seen.kind != "ranking" or seen.n_ranked is None or seen.extra is not None:
        return problem
    sizes = np.diff(seen.offsets)
    n_stages = np.maximum(np.minimum(seen.n_ranked, sizes - 1), 1).astype(np.int64)
    of_stage = np.repeat(np.arange(len(sizes)), n_stages)
    stage = spans(np.zeros_like(n_stages), n_stages)
    remaining = sizes[of_stage] - stage
    stages = Judgements(
        layout="choice_sets",
        offsets=offsets_of(remaining),
        items=seen.items[spans(seen.offsets[of_stage] + stage, remaining)],
        chosen=np.zeros(len(of_stage), np.int32),
    )
    found = distinct_outcomes(stages, problem.utility.n_items, in_order=False)
    if found is None:
        return problem
    rows, outcome = found
    form = Form("choice_sets", "half", 0)
    n_items, n_threads = problem.utility.n_items, data.n_threads
    observation = observe(stages.gathered(rows), n_items, form, n_threads)
    ranking = np.arange(len(sizes)) if data.outcome is None else data.outcome.astype(np.int64)
    of_judgement = n_stages[ranking]
    chosen = outcome[spans(offsets_of(n_stages)[ranking], of_judgement)]
    apart = replace(
        data,
        observation=observation,
        annotator_offsets=offsets_of(of_judgement)[data.annotator_offsets],
        weight=None if data.weight is None else np.repeat(data.weight, of_judgement),
        outcome=chosen,
    )
    return replace(problem, data=apart)
