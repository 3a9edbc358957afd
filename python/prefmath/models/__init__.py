"""Preference models: who prefers what, from what people chose."""

from __future__ import annotations

from prefmath.models._em import ConvergenceWarning
from prefmath.models._resamples import Bootstrap
from prefmath.models.bootstrap import bootstrap
from prefmath.models.mixture import ChoiceMixture
from prefmath.models.uncertainty import Intervals, Uncertainty

__all__ = [
    "Bootstrap",
    "ChoiceMixture",
    "ConvergenceWarning",
    "Intervals",
    "Uncertainty",
    "bootstrap",
]
