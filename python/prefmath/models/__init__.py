"""Preference models: who prefers what, from what people chose."""

from __future__ import annotations

from prefmath.models._determined.choice_warnings import UndeterminedWarning, WeightWarning
from prefmath.models._fit.start_report import LocalOptimumWarning, Starts
from prefmath.models._inference.components import ComponentSelection, select_components
from prefmath.models._inference.contrasts import Contrast
from prefmath.models._inference.cross_validation import CrossValidation, cross_validate
from prefmath.models._inference.disagreements import Disagreement, disagreement
from prefmath.models._inference.fit_statistics import FitStatistics
from prefmath.models._inference.hypotheses import HypothesisTest
from prefmath.models._inference.nested import compare_nested
from prefmath.models._inference.profiles import ClassProfiles, class_profiles
from prefmath.models._inference.quasi_variances import QuasiVariances
from prefmath.models._inference.ratios import Ratio
from prefmath.models._inference.resamples import Bootstrap
from prefmath.models._inference.resampling import bootstrap
from prefmath.models._inference.summary import Summary
from prefmath.models._inference.uncertainty import Intervals, Uncertainty
from prefmath.models._likelihood.problem import ConvergenceWarning
from prefmath.models.bradley_terry import BradleyTerry
from prefmath.models.conditional_logit import ConditionalLogit
from prefmath.models.mixture import ChoiceMixture
from prefmath.models.plackett_luce import PlackettLuce
from prefmath.models.table import TableLikelihood, table_log_likelihood

__all__ = [
    "Bootstrap",
    "BradleyTerry",
    "ChoiceMixture",
    "ClassProfiles",
    "ComponentSelection",
    "ConditionalLogit",
    "Contrast",
    "ConvergenceWarning",
    "CrossValidation",
    "Disagreement",
    "FitStatistics",
    "HypothesisTest",
    "Intervals",
    "LocalOptimumWarning",
    "PlackettLuce",
    "QuasiVariances",
    "Ratio",
    "Starts",
    "Summary",
    "TableLikelihood",
    "Uncertainty",
    "UndeterminedWarning",
    "WeightWarning",
    "bootstrap",
    "class_profiles",
    "compare_nested",
    "cross_validate",
    "disagreement",
    "select_components",
    "table_log_likelihood",
]
