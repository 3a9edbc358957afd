"""Arguments that wide and long designs share: labels, what is said of rows, the type of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._labels import code_labels
from prefmath.choices import build
from prefmath.designs.alternatives import Alternatives, alternatives_of, coded

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from prefmath.designs.source import Source

__all__ = ["about", "labelled", "largest_of"]


def labelled(
    source: Source, alternative: Any, given: Any
) -> tuple[Alternatives | None, NDArray[np.int32] | None]:
    """Return the alternatives of a long frame, and which of them each row is of."""
    if alternative is None:
        if given is not None:
            raise ValueError("alternatives needs labels of alternatives: name their column")
        return None, None
    values = source.column("alternative", alternative)
    if given is not None:
        known = alternatives_of(given)
        return known, coded(values, known, "alternative")
    labels, code = code_labels(values, "alternative")
    return Alternatives(labels, labels), code


def about(source: Source, annotator: Any, weight: Any, count: Any) -> build.About:
    """Return what is said of every row."""
    who = annotator
    if annotator is not None and not (build.is_each(annotator) and not source.has(annotator)):
        who = source.column("annotator", annotator)
    weights, counts = (
        None if name is None else source.column(role, name)
        for role, name in (("weight", weight), ("count", count))
    )
    return build.about(len(source), who, weights, counts, None)


def largest_of(dtype: DTypeLike) -> float:
    """Return the largest number that features of a type may hold."""
    try:
        kind = np.dtype(dtype).name
    except TypeError:
        kind = "unknown"
    if kind not in {"float64", "float32"}:
        raise ValueError(f"dtype must be numpy.float64 or numpy.float32, got {dtype!r}")
    return float(np.finfo(kind).max)
