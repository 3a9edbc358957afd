"""Facility location and k-medoids by submodlib, apricot and kmedoids, which take a whole matrix."""

from __future__ import annotations

import warnings

import numpy as np


def similarities(x):
    """Cosines, those below 0 as 0."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    matrix = unit @ unit.T
    return np.maximum(matrix, 0, out=matrix)


def submodlib(x, k):
    from submodlib import FacilityLocationFunction

    with warnings.catch_warnings():  # of its use of SciPy
        warnings.simplefilter("ignore")
        function = FacilityLocationFunction(
            n=len(x), mode="dense", sijs=similarities(x), separate_rep=False
        )
        chosen = function.maximize(
            budget=k,
            optimizer="LazyGreedy",
            stopIfZeroGain=False,
            stopIfNegativeGain=False,
            show_progress=False,
        )
    rows, gains = zip(*chosen, strict=True)
    return np.array(rows), np.array(gains)


def apricot(x, k):
    from apricot import FacilityLocationSelection

    model = FacilityLocationSelection(k, metric="precomputed", optimizer="lazy")
    model.fit(similarities(x))
    return np.array(model.ranking), np.array(model.gains)


def fasterpam(x, k):
    """Swaps from a random start; the order of the medoids means nothing."""
    import kmedoids

    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    distance = unit @ unit.T
    np.subtract(1, distance, out=distance)
    return np.array(kmedoids.fasterpam(distance, k, random_state=0).medoids), None
