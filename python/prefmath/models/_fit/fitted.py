"""A fitted model as what follows from it needs it: parameters, and whose and of what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._label_values import positions_of
from prefmath.models._fit.known_items import known_items
from prefmath.models._likelihood.data import Data
from prefmath.models._likelihood.feature_names import named_columns, refuse_other_names
from prefmath.models._likelihood.features import features_of
from prefmath.models._likelihood.observation import observe
from prefmath.models._likelihood.parameters import Parameters
from prefmath.models._likelihood.utility.items import ItemUtility
from prefmath.models._likelihood.utility.linear import LinearUtility

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from prefmath.choices import Choices
    from prefmath.models._fit.gate import Gate
    from prefmath.models._likelihood.observation import Form, Observation
    from prefmath.models._likelihood.penalty import Penalty
    from prefmath.models._likelihood.population import Population
    from prefmath.models._likelihood.utility import Utility

    _F64 = NDArray[np.float64]

__all__ = ["Fitted"]


@dataclass(frozen=True, eq=False)
class Fitted:
    """Coefficients and what stands beside them, a row each column; the population as it was found.

    `mixing` are the parameters of the population and `latent` what each annotator of the fit is,
    who stands for so many as `annotator_counts` says. The penalty is on coefficients times
    `spreads`, by default 1. `shares` are those of the columns, by default `mixing`; `gate` is what
    covariates tell of them, and `membership` the covariates of those who are asked for, as the
    caller gave them.
    """

    coef: _F64
    extra: _F64
    mixing: _F64
    latent: _F64
    population: Population
    penalty: Penalty
    form: Form
    linear: bool
    spreads: _F64 | None
    annotator_ids: NDArray[Any] | None
    item_ids: NDArray[Any] | None
    n_threads: int
    feature_names: tuple[str, ...] | None = None
    annotator_counts: _F64 | None = None
    shares: _F64 | None = None
    gate: Gate | None = None
    membership: Any = None

    @cached_property
    def params(self) -> _F64:
        """Parameters of every column: of utility, then of positions and ties."""
        return np.concatenate([self.coef, self.extra], axis=1)

    @property
    def told_shares(self) -> _F64:
        """Shares of the columns."""
        return self.mixing if self.shares is None else self.shares

    @cached_property
    def parameters(self) -> Parameters:
        """What the parameters are of."""
        names = self.feature_names if self.linear else self.item_ids
        named = names is not None
        if names is None:
            kind = "feature" if self.linear else "item"
            names = tuple(f"{kind} {j}" for j in range(self.coef.shape[1]))
        form = self.form
        of_pairs = form.layout == "pairs"
        return Parameters(
            np.asarray(names), not self.linear, form.n_positions, form.ties, of_pairs, named
        )

    def known(self, choices: Choices, features: ArrayLike | None) -> tuple[Utility, Choices]:
        """Return the utility of the items of some choices, and the choices over its table.

        Raises
        ------
        ValueError
            If items are not those of the fit, or features are missing, too many or not alike.
        TypeError
            If items have labels where the fit had row numbers, or the other way round.
        """
        n_coef, n_extra = self.coef.shape[1], self.form.n_extra
        if not self.linear:
            if features is not None:
                raise ValueError("features must be left out: the model was fitted without")
            items = known_items(choices, self.item_ids, n_coef)
            judged = replace(choices, items=items, n_items=n_coef, item_ids=self.item_ids)
            return ItemUtility(n_coef, n_extra), judged
        if features is None and n_coef > 0:
            raise ValueError("features are missing: the model was fitted to features")
        x = features_of(choices, features, columns=n_coef > 0)
        refuse_other_names(named_columns(features, x.shape[1]), self.feature_names)
        if x.shape[1] != n_coef:
            msg = f"features must have {n_coef} columns as in fit, not {x.shape[1]}"
            raise ValueError(msg)
        utility = LinearUtility(x, self.n_threads, n_extra, spreads=self.spreads)
        return utility, replace(choices, n_items=len(x))

    def observe(self, judged: Choices) -> Observation:
        """Describe choices over the table of the model."""
        return observe(judged, judged.n_items, self.form, self.n_threads)

    def tabulated(
        self, choices: Choices, features: ArrayLike | None
    ) -> tuple[_F64, Observation, Choices]:
        """Return the utility table for some choices, what was done, and the choices over it."""
        utility, judged = self.known(choices, features)
        return utility.table(self.params), self.observe(judged), judged

    def expect(
        self, choices: Choices, features: ArrayLike | None, prior: _F64 | None = None
    ) -> tuple[_F64, _F64]:
        """Return what annotators are and their log-likelihood, given their judgements alone.

        `prior` is what is known of them before, by default what is known of anyone.
        """
        table, observation, judged = self.tabulated(choices, features)
        data = Data.of(judged, observation, None, self.n_threads)
        before = self.of_anyone(choices) if prior is None else prior
        return self.population.latent(table, data, before)

    def log_likelihood(self, choices: Choices, features: ArrayLike | None) -> tuple[_F64, float]:
        """Return what annotators are, and the log-likelihood of all, each as often as it counts."""
        latent, evidence = self.expect(choices, features)
        counts = choices.annotator_counts
        return latent, float(evidence.sum() if counts is None else (evidence * counts).sum())

    def before(self, choices: Choices) -> _F64:
        """Return what is known of annotators: by their id from the fit, or as of anyone."""
        at = np.full(choices.n_annotators, -1)
        if choices.annotator_ids is not None and self.annotator_ids is not None:
            at = positions_of(choices.annotator_ids, self.annotator_ids, "annotator")
        of_anyone = self.of_anyone(choices)
        prior = np.broadcast_to(of_anyone, (len(at), of_anyone.shape[1])).copy()
        prior[at >= 0] = self.latent[at[at >= 0]]
        return prior

    def of_anyone(self, choices: Choices) -> _F64:
        """Return what is known of annotators who judged nothing, a row for all or for each.

        Raises
        ------
        ValueError
            If that depends on covariates, and those of someone are not known.
        """
        if self.gate is None:
            return self.population.prior(self.mixing)
        if self.membership is None:
            return self.gate.known(choices, self.annotator_ids)
        covariates = self.gate.covariates(self.membership, choices)
        if self.population.n_columns == 1:
            return self.population.prior(self.mixing)
        return self.population.prior(self.mixing, covariates)

    def covariates(self, choices: Choices) -> _F64 | None:
        """Return the standardised covariates of annotators, if the population asks for them."""
        if self.gate is None or self.population.n_columns == 1:
            return None
        if self.membership is None:
            raise ValueError("membership is missing: hand in that of fit")
        return self.gate.covariates(self.membership, choices)

    def among(self, membership: Any) -> Fitted:
        """Return the same for people of some covariates.

        Raises
        ------
        ValueError
            If the model was fitted without.
        """
        if membership is None:
            return self
        if self.gate is None:
            raise ValueError("membership must be left out: the model was fitted without")
        return replace(self, membership=membership)
