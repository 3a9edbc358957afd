"""Preference models: who prefers what, from what people chose."""

from __future__ import annotations

from prefmath.models._choice_warnings import UndeterminedWarning
from prefmath.models._em import ConvergenceWarning
from prefmath.models._resamples import Bootstrap
from prefmath.models.bradley_terry import BradleyTerry
from prefmath.models.components import ComponentSelection, select_components
from prefmath.models.conditional_logit import ConditionalLogit
from prefmath.models.disagreements import Disagreement, disagreement
from prefmath.models.mixture import ChoiceMixture
from prefmath.models.plackett_luce import PlackettLuce
from prefmath.models.profiles import ClassProfiles, class_profiles
from prefmath.models.resampling import bootstrap
from prefmath.models.table import TableLikelihood, table_log_likelihood
from prefmath.models.uncertainty import Intervals, Uncertainty

__all__ = [
    "Bootstrap",
    "BradleyTerry",
    "ChoiceMixture",
    "ClassProfiles",
    "ComponentSelection",
    "ConditionalLogit",
    "ConvergenceWarning",
    "Disagreement",
    "Intervals",
    "PlackettLuce",
    "TableLikelihood",
    "Uncertainty",
    "UndeterminedWarning",
    "bootstrap",
    "class_profiles",
    "disagreement",
    "select_components",
    "table_log_likelihood",
]
