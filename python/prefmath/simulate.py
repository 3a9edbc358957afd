"""A simulated population: people of different values, candidates that are mostly alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._validate import as_generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

TOPIC, VALUE, NOISE = 1.0, 0.5, 0.5
"""Lengths of the three parts of an embedding. Two candidates to one prompt then have a cosine of
0.83 on average if they express one value, and of 0.67 if not."""


@dataclass(frozen=True)
class Population:
    """People, what they value, and the candidates they may be shown.

    Attributes
    ----------
    group : ndarray of int64, shape (n_annotators,)
        The group of each person.
    coef : ndarray of float64, shape (n_groups, d)
        What a group values: the utility of a candidate is ``embedding @ coef[group]``.
    embeddings : ndarray of float32, shape (n_prompts * pool_size, d)
        One row a candidate, the candidates of a prompt one after another.
    offsets : ndarray of int64, shape (n_prompts + 1,)
        The candidates of prompt p are rows ``offsets[p]:offsets[p + 1]``.
    value : ndarray of int64, shape (n_prompts * pool_size,)
        The group whose value a candidate expresses.
    """

    group: NDArray[np.int64]
    coef: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    offsets: NDArray[np.int64]
    value: NDArray[np.int64]

    def utilities(self) -> NDArray[np.float64]:
        """Return how good each candidate is for each group.

        Returns
        -------
        ndarray of float64, shape (n_prompts * pool_size, n_groups)
            The true utilities.

        Examples
        --------
        >>> draw_population(10, 5, 3).utilities().shape
        (80, 3)
        """
        return self.embeddings.astype(np.float64) @ self.coef.T


def draw_population(
    n_annotators: int = 400,
    n_prompts: int = 500,
    n_groups: int = 4,
    *,
    pool_size: int = 16,
    n_dims: int = 32,
    default_share: float = 0.8,
    value_gap: float = 2.0,
    random_state: int | np.random.Generator | None = None,
) -> Population:
    """Draw people of several groups and pools of candidates that mostly express one value.

    What is assumed, and nothing else:

    - Each group values one direction of the embedding space; the directions are orthogonal.
      Everyone is in one of the groups, each with the same probability.
    - A candidate is the topic of its prompt, plus the direction of the one value it expresses, plus
      noise alike in all directions (those of the values too).
    - Monoculture: a candidate expresses the value of group 0, the default, with probability
      `default_share`, and each other value with an equal part of the rest. With 0.8 and four
      groups, four candidates drawn at random hold a given other value in a quarter of the sets,
      and all 16 in two thirds; [1]_ found 0.15 to 0.30 for sets sampled from language models.
    - `value_gap` is how much better a candidate of one's own value is than another, in logits. With
      2, a person picks the one candidate of their value among four 7 times in 10.

    Nothing depends on how the sets that people see are chosen from the pools.

    Parameters
    ----------
    n_annotators, n_prompts, n_groups : int
        How many people, prompts and groups of people.
    pool_size : int
        Candidates to a prompt.
    n_dims : int
        Length of an embedding, at least `n_groups`.
    default_share : float
        Probability that a candidate expresses the default value, between 0 and 1.
    value_gap : float
        Utility of a candidate of one's own value above that of another, on average.
    random_state : int, Generator or None
        The seed, or where to draw from.

    Returns
    -------
    Population
        The people and the candidates.

    Raises
    ------
    ValueError
        If a number is not positive, a share is not one, or there are more groups than dimensions.

    References
    ----------
    .. [1] "Cultivating Pluralism In Algorithmic Monoculture: The Community Alignment Dataset",
       arXiv 2507.09650.

    Examples
    --------
    >>> people = draw_population(100, 20, 4, random_state=0)
    >>> people.embeddings.shape, people.coef.shape
    ((320, 32), (4, 32))
    >>> float((people.value == 0).mean().round(1))
    0.8
    """
    sizes = {"n_annotators": n_annotators, "n_prompts": n_prompts, "n_groups": n_groups}
    for name, size in {**sizes, "pool_size": pool_size, "n_dims": n_dims}.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1: {size}")
    if n_groups > n_dims:
        raise ValueError(f"n_groups must not exceed n_dims: {n_groups} above {n_dims}")
    if not 0 <= default_share <= 1:
        raise ValueError(f"default_share must be between 0 and 1: {default_share}")
    rng = as_generator(random_state)
    values = np.linalg.qr(rng.standard_normal((n_dims, n_groups)))[0].T
    topics = rng.standard_normal((n_prompts, 1, n_dims))
    topics *= TOPIC / np.linalg.norm(topics, axis=2, keepdims=True)
    share = np.full(n_groups, (1 - default_share) / max(n_groups - 1, 1))
    share[0] = default_share if n_groups > 1 else 1.0
    value = rng.choice(n_groups, size=(n_prompts, pool_size), p=share)
    noise = rng.standard_normal((n_prompts, pool_size, n_dims)) * (NOISE / np.sqrt(n_dims))
    embeddings = topics + VALUE * values[value] + noise
    return Population(
        group=rng.integers(n_groups, size=n_annotators),
        coef=values * (value_gap / VALUE),
        embeddings=embeddings.reshape(-1, n_dims).astype(np.float32),
        offsets=np.arange(n_prompts + 1, dtype=np.int64) * pool_size,
        value=value.reshape(-1),
    )


def draw_choices(
    population: Population,
    annotator: ArrayLike,
    items: ArrayLike,
    random_state: int | np.random.Generator | None = None,
) -> NDArray[np.int64]:
    """Let people pick one of the candidates they are shown, by the logit model.

    Parameters
    ----------
    population : Population
        The people and the candidates.
    annotator : array_like of int, shape (n_judgements,)
        Who judges, as a position in ``population.group``.
    items : array_like of int, shape (n_judgements, k)
        What they are shown, as rows of ``population.embeddings``.
    random_state : int, Generator or None
        The seed, or where to draw from.

    Returns
    -------
    ndarray of int64, shape (n_judgements,)
        The position of the picked one among the k.

    Examples
    --------
    >>> people = draw_population(3, 2, 2, random_state=0)
    >>> draw_choices(people, [0, 1, 2], [[0, 1, 2], [3, 4, 5], [16, 17, 18]], 1).shape
    (3,)
    """
    rng = as_generator(random_state)
    shown = np.asarray(items)
    group = population.group[np.asarray(annotator)]
    utility = np.einsum(
        "jkd,jd->jk", population.embeddings[shown], population.coef[group], dtype=np.float64
    )
    # the largest of utilities with Gumbel noise is a draw from their softmax
    picked: NDArray[np.int64] = (utility + rng.gumbel(size=shown.shape)).argmax(axis=1)
    return picked
