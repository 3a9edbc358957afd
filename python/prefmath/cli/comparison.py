"""The experiment of the demo: what is learned from sets drawn at random and from diverse sets."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.metrics import adjusted_rand_index
from prefmath.simulate import Population, draw_choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHOWN = 4
"""Candidates that a person is shown."""


@dataclass(frozen=True)
class Task:
    """Who judges which prompt, and which prompts are kept for the test: the same for all sets."""

    annotator: NDArray[np.int64]
    prompt: NDArray[np.int64]
    held_out: NDArray[np.int64]
    seed: int


@dataclass(frozen=True)
class Learned:
    """What a model knows of people."""

    groups: float
    """Adjusted Rand index of the most probable class of each person and the true groups."""
    accuracy: float
    """Share of favourites found, over people and held-out prompts."""
    worst: float
    """The same in the group where it is lowest."""


@dataclass(frozen=True)
class Outcome:
    """What came of one way to choose the sets."""

    similarity: float
    """Mean cosine of two candidates in a set."""
    values: float
    """Mean number of values on show in a set."""
    fitted: Learned
    """By the mixture that was fitted on the judgements."""
    known: Learned
    """By Bayes' rule on the same judgements, if what each group values were known."""


def draw_task(population: Population, seed: int, judgements: int) -> Task:
    """Draw who judges which prompts; a fifth of the prompts, at most 100, is held out.

    Parameters
    ----------
    population : Population
        People and candidates.
    seed : int
        The seed.
    judgements : int
        Prompts that a person judges, all different.

    Returns
    -------
    Task
        Fewer judgements where there are not so many prompts.

    Examples
    --------
    >>> from prefmath.simulate import draw_population
    >>> task = draw_task(draw_population(3, 50), 0, 20)
    >>> len(task.annotator), len(task.held_out)
    (60, 10)
    """
    rng = np.random.default_rng([seed, 1])
    n_prompts, n_annotators = len(population.offsets) - 1, len(population.group)
    n_held_out = min(max(n_prompts // 5, 1), 100)
    shuffled = rng.permutation(n_prompts)
    kept = shuffled[n_held_out:]
    n_judged = min(judgements, len(kept))
    prompt = [rng.choice(kept, n_judged, replace=False) for _ in range(n_annotators)]
    return Task(
        annotator=np.repeat(np.arange(n_annotators), n_judged),
        prompt=np.concatenate(prompt),
        held_out=shuffled[:n_held_out],
        seed=seed,
    )


def random_sets(population: Population, seed: int) -> NDArray[np.int64]:
    """Choose `SHOWN` candidates of each pool at random, each set as likely as any other.

    Examples
    --------
    >>> from prefmath.simulate import draw_population
    >>> random_sets(draw_population(1, 20), 0).shape
    (20, 4)
    """
    rng = np.random.default_rng([seed, 2])
    sizes = np.diff(population.offsets)
    chosen = [rng.choice(size, SHOWN, replace=False) for size in sizes]
    return np.stack(chosen) + population.offsets[:-1, None]


def diverse_sets(population: Population) -> NDArray[np.int64]:
    """Choose `SHOWN` candidates of each pool by the greedy determinantal point process.

    Examples
    --------
    >>> from prefmath.simulate import draw_population
    >>> diverse_sets(draw_population(1, 20)).shape
    (20, 4)
    """
    from prefmath.selection import select_batch

    return select_batch(population.embeddings, population.offsets, SHOWN).indices


def learn(
    population: Population,
    task: Task,
    sets: NDArray[np.int64],
    *,
    n_starts: int,
    progress: Callable[[int, int, float], None] | None = None,
) -> Outcome:
    """Let people pick from the sets, fit a mixture on their picks, and see what it knows.

    Parameters
    ----------
    population : Population
        People and candidates.
    task : Task
        Who judges what.
    sets : ndarray of int64, shape (n_prompts, k)
        What is shown for each prompt, as rows of the embeddings.
    n_starts : int
        Starts of the fit.
    progress : callable, optional
        Passed to `ChoiceMixture`.

    Returns
    -------
    Outcome
        The figures.
    """
    from prefmath.choices import Choices
    from prefmath.models import ChoiceMixture, LocalOptimumWarning

    items = sets[task.prompt]
    chosen = draw_choices(population, task.annotator, items, np.random.default_rng([task.seed, 3]))
    choices = Choices.from_choice_sets(
        np.arange(len(items) + 1) * items.shape[1],
        items.reshape(-1),
        chosen,
        annotator=task.annotator,
    )
    n_groups = len(population.coef)
    model = ChoiceMixture(n_groups, n_init=n_starts, random_state=task.seed, progress=progress)
    with warnings.catch_warnings():
        # Look-alikes tell so little that starts disagree: the table shows what comes of it.
        warnings.simplefilter("ignore", LocalOptimumWarning)
        model.fit(choices, population.embeddings)
    unit = population.embeddings[sets]
    unit = unit / np.linalg.norm(unit, axis=2, keepdims=True)
    k = items.shape[1]
    shown = np.sort(population.value[sets], axis=1)
    return Outcome(
        similarity=float(((unit.sum(axis=1) ** 2).sum(axis=1).mean() - k) / (k * (k - 1))),
        values=float((np.diff(shown, axis=1) > 0).sum(axis=1).mean() + 1),
        fitted=_score(population, task, model.coef_, model.responsibilities_),
        known=_score(
            population, task, population.coef, _posterior(population, task, items, chosen)
        ),
    )


def _posterior(
    population: Population,
    task: Task,
    items: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the probability of each group for each person, by the true model."""
    utility = population.utilities()[items]
    picked = np.take_along_axis(utility, chosen[:, None, None], axis=1)[:, 0]
    log_likelihood = picked - np.logaddexp.reduce(utility, axis=1)
    total = np.zeros((len(population.group), utility.shape[2]))
    np.add.at(total, task.annotator, log_likelihood)
    return _softmax(total, axis=1)


def _score(
    population: Population,
    task: Task,
    coef: NDArray[Any],
    responsibilities: NDArray[np.float64],
) -> Learned:
    """Compare groups with the true ones, and predicted favourites with the true favourites."""
    pools = population.embeddings.reshape(len(population.offsets) - 1, -1, coef.shape[1])
    pools = pools[task.held_out].astype(np.float64)
    favourite = (pools @ population.coef.T).argmax(axis=1).T[population.group]
    probability = _softmax(pools @ coef.T, axis=1)
    expected = np.einsum("pcg,ag->apc", probability, responsibilities)
    right = expected.argmax(axis=2) == favourite
    by_group = [right[population.group == group].mean() for group in np.unique(population.group)]
    return Learned(
        groups=adjusted_rand_index(population.group, responsibilities.argmax(axis=1)),
        accuracy=float(right.mean()),
        worst=float(min(by_group)),
    )


def _softmax(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    exponential = np.exp(values - values.max(axis=axis, keepdims=True))
    share: NDArray[np.float64] = exponential / exponential.sum(axis=axis, keepdims=True)
    return share
