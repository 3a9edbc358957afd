"""Cells of data: how many probabilities they estimate, and so at most how many parameters."""

from __future__ import annotations

from math import perm
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from prefmath.choices import Choices

__all__ = ["cells_of"]


def cells_of(choices: Choices) -> int | None:
    """Count the free probabilities of outcomes, where every annotator judged once.

    That is of each set that was shown how many outcomes it may have, less one, since they sum to 1;
    no model determines more parameters (Goodman 1974, Exploratory latent structure analysis using
    both identifiable and unidentifiable models, Biometrika 61, section 4). None where annotators
    judged more often: of several judgements of one together there are cells beyond counting.
    """
    sizes = np.diff(choices.offsets)
    if not len(sizes) or int(np.diff(choices.annotator_offsets).max()) > 1:
        return None
    if choices.annotator_ids is None:
        return None
    n_ranked = np.ones_like(sizes) if choices.n_ranked is None else choices.n_ranked
    tied = choices.tied is not None and bool(choices.tied.any())
    width = int(sizes.max())
    table = np.full((len(sizes), width + 1), -1, np.int64)
    table[:, 0] = np.minimum(n_ranked, sizes - 1)
    table[:, 1:][np.arange(width) < sizes[:, None]] = choices.items
    table[:, 1:].sort(axis=1)
    cells = 0
    for row in np.unique(table, axis=0):
        cells += perm(int((row[1:] >= 0).sum()), int(row[0])) - 1 + tied
    return cells
