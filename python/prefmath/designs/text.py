"""Designs in words: how many choices of what, how often each alternative was there and chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from prefmath._label_values import listed
from prefmath.choices.text import judged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.choices import Choices
    from prefmath.designs.features import Features

__all__ = ["described"]

_SHOWN = 12


class _Design(Protocol):
    @property
    def choices(self) -> Choices: ...
    @property
    def features(self) -> Features: ...
    @property
    def alternatives(self) -> NDArray[Any] | None: ...
    @property
    def alternative(self) -> NDArray[np.int32] | None: ...
    @property
    def base(self) -> Any: ...


def described(design: _Design) -> str:
    """Return what a design holds, a line an alternative if these have labels."""
    n = design.features.shape[1]
    head = f"Design({judged(design.choices)}, {n:,} feature{'' if n == 1 else 's'})"
    foot = f"features: {listed(design.features.columns, _SHOWN)}"
    return "\n".join([head, *_table(design), foot])


def _table(design: _Design) -> list[str]:
    labels, code, choices = design.alternatives, design.alternative, design.choices
    if labels is None or code is None or choices.chosen is None:
        return []
    from prefmath.models._inference.text_table import text_table

    chosen = choices.items[choices.offsets[:-1] + choices.chosen]
    counts = [np.bincount(codes, minlength=len(labels)) for codes in (code, code[chosen])]
    rows = []
    for label, *figures in zip(labels.tolist()[:_SHOWN], *counts, strict=False):
        base = ", base" if design.base is not None and label == design.base else ""
        rows.append([f"{label}{base}", *(f"{figure:,}" for figure in figures)])
    if len(labels) > _SHOWN:
        rows.append([f"… {len(labels) - _SHOWN} more", "", ""])
    return [text_table(["", "available", "chosen"], rows)]
