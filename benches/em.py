"""What prefmath's EM does in an iteration, which `fit` does not offer by itself."""

from __future__ import annotations

from prefmath._threads import resolve_threads
from prefmath.models._fit.ascent import maximize
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.observation import form_of, observe
from prefmath.models._likelihood.penalty.l2 import L2
from prefmath.models._likelihood.population.classes import Classes
from prefmath.models._likelihood.problem import Problem
from prefmath.models._likelihood.utility.items import ItemUtility
from prefmath.models._likelihood.utility.linear import LinearUtility


def start(data, choices, features=None):
    """Return the problem and the state with the coefficients and class weights of `data`."""
    n_threads = resolve_threads(None)
    utility = ItemUtility(choices.n_items)
    if features is not None:
        utility = LinearUtility(features, n_threads)
    form = form_of(choices, "half", position_effect=False)
    observation = observe(choices, choices.n_items, form, n_threads)
    offsets = choices.annotator_offsets
    judged = Data(observation, offsets, choices.weight, n_threads)
    problem = Problem(utility, Classes(len(data.weights)), L2(data.l2), judged)
    return problem, problem.expect(data.coef, data.weights)


def iterate(problem_and_state):
    """Return coefficients, responsibilities and log-likelihood after one iteration."""
    problem, state = problem_and_state
    run = maximize(problem, state, tol=0, max_iter=1, report=lambda *_: None)
    return run.state.coef, run.state.latent, run.state.log_likelihood


def evaluate(problem_and_state):
    """Return gradient, responsibilities and log-likelihood at the parameters of a state."""
    problem, state = problem_and_state
    state = problem.expect(state.coef, state.mixing)
    return state.gradient, state.latent, state.log_likelihood
