"""Class membership by covariates: coefficients, marginal effects on shares, and their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath.models._inference.contrasts import contrast_of
from prefmath.models._inference.digits import estimate_text, number_text
from prefmath.models._inference.hypotheses import wald
from prefmath.models._inference.intervals import as_level
from prefmath.models._inference.marks import (
    FEW_UNITS,
    FEWEST_UNITS,
    NEARLY_SINGULAR,
    NOT_DETERMINED,
    NOT_FINITE,
    footnotes,
    sign_of,
)
from prefmath.models._inference.membership_estimates import membership_estimates
from prefmath.models._inference.tails import normal_quantile
from prefmath.models._inference.text_table import text_table
from prefmath.models._likelihood.population.logit import effects_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._fit.gate import Gate
    from prefmath.models._inference.contrasts import Contrast
    from prefmath.models._inference.errors import Errors
    from prefmath.models._inference.hypotheses import HypothesisTest
    from prefmath.models._inference.membership_estimates import MembershipEstimates
    from prefmath.models._inference.point import Point

    _F64 = NDArray[np.float64]

__all__ = ["Membership", "MembershipUncertainty", "membership_of", "membership_uncertainty"]

# Where the model's error is so many times the robust one, the information is nearly singular.
_OUT_OF_PROPORTION = 3.0


@dataclass(frozen=True, eq=False, repr=False)
class Membership:
    r"""How covariates tell the class of a person: a multinomial logit.

    A person of covariates c is in class z with probability
    :math:`e^{\gamma_z \cdot c} / \sum_s e^{\gamma_s \cdot c}`, where the coefficients of class 0,
    the largest, are 0.

    Attributes
    ----------
    names : tuple of str
        Of the coefficients: the intercept, or the covariate that is the same for everyone, then the
        covariates that vary.
    coef : ndarray, shape (n_components, n_names)
        Coefficients in the units of the covariates, relative to class 0; infinite where covariates
        tell for certain that some people are not in a class.
    effects : ndarray, shape (n_components, n_names - 1)
        Marginal effects of the covariates that vary on the shares of the classes: the mean over the
        people of the fit of :math:`\pi_{az} (\gamma_z - \sum_s \pi_{as} \gamma_s)`; infinite with
        the coefficients.
    shares : ndarray, shape (n_components,)
        Mean over the people of the fit of their class probabilities: ``weights_``.

    See Also
    --------
    prefmath.models.ChoiceMixture.uncertainty : Their standard errors.
    """

    names: tuple[str, ...]
    coef: _F64
    effects: _F64
    shares: _F64

    def __repr__(self) -> str:
        cells = [
            [_alone(value, z) for z, value in enumerate(of_name)]
            for of_name in self.coef.T.tolist()
        ]
        table = _table(self.names, self.shares, cells)
        return f"Membership(coefficients of a logit, relative to class 0)\n{table}"


@dataclass(frozen=True, eq=False, repr=False)
class MembershipUncertainty:
    """Standard errors of the coefficients of membership, and of marginal effects on shares.

    Attributes
    ----------
    names, coef, effects : tuple of str, ndarray, ndarray
        As those of `Membership`.
    coef_se : ndarray, shape (n_components, n_names)
        Standard errors of the coefficients: 0 of class 0, which is what others are relative to, and
        infinite where a coefficient is.
    effects_se : ndarray, shape (n_components, n_names - 1)
        Standard errors of the marginal effects by the delta method, the covariates of the people
        being taken as they are.
    covariance : ndarray, shape ((n_components - 1) * n_names, (n_components - 1) * n_names)
        Of the coefficients, class after class from class 1 on.
    marks : ndarray of str, shape (n_components, n_names)
        Why an error of a coefficient is not to be relied on, or nothing: "few units" where fewer
        than 20 annotators, each counted as far as it is in it, stand for a class or for class 0;
        "nearly singular" where the robust error is far below the model's; "not finite".
    robust : bool
        Whether errors are robust to what the model does not know of the judgements of a person.
    """

    names: tuple[str, ...]
    coef: _F64
    effects: _F64
    coef_se: _F64
    effects_se: _F64
    covariance: _F64
    marks: NDArray[Any]
    robust: bool

    def interval(self, level: float = 0.95) -> _F64:
        """Return normal intervals of the coefficients; infinite where a coefficient is not known.

        Parameters
        ----------
        level : float
            Above 0 and below 1.

        Returns
        -------
        ndarray, shape (n_components, n_names, 2)
        """
        return _ends(self.coef, self.coef_se, level)

    def effects_interval(self, level: float = 0.95) -> _F64:
        """Return normal intervals of the marginal effects, (n_components, n_names - 1, 2)."""
        return _ends(self.effects, self.effects_se, level)

    def contrast(self, a: Any, b: Any = None, *, level: float = 0.95) -> Contrast:
        """Return the difference of two coefficients, as `Uncertainty.contrast` does by name."""
        return contrast_of(self._estimates(), a, b, level)

    def test(self, hypotheses: object = None) -> HypothesisTest:
        """Return Wald's test of coefficients, as `Uncertainty.test` does by name.

        ``"age = 0"`` is of all classes but class 0, whose coefficients are 0; ``"age[2] = 0"`` of
        class 2. By default all are 0, the constants included.
        """
        return wald(self._estimates(), hypotheses)

    def _estimates(self) -> MembershipEstimates:
        return membership_estimates(
            self.names, self.coef, self.coef_se, self.covariance, self.marks, robust=self.robust
        )

    def __repr__(self) -> str:
        any_marked = bool((self.marks != "").any())
        rows = []
        for j in range(len(self.names)):
            of_name = zip(self.coef[:, j], self.coef_se[:, j], self.marks[:, j], strict=True)
            rows.append([_with_error(*one, z, any_marked) for z, one in enumerate(of_name)])
        effects = [
            [_effect(*one) for one in zip(self.effects[:, j], self.effects_se[:, j], strict=True)]
            for j in range(len(self.names) - 1)
        ]
        kind = "robust standard errors" if self.robust else "standard errors"
        parts = [
            f"MembershipUncertainty({kind}; coefficients relative to class 0)",
            _table(self.names, None, rows),
        ]
        if effects:
            parts += ["marginal effects on shares", _table(self.names[1:], None, effects)]
        return "\n".join([*parts, *footnotes(self.marks, robust=self.robust, named=True)])


def membership_of(gate: Gate, shares: _F64, counts: _F64 | None) -> Membership:
    """Return what a fit found."""
    return Membership(gate.design.called, gate.coef, _effects(gate, counts), shares)


def membership_uncertainty(
    gate: Gate, point: Point, errors: Errors, *, robust: bool
) -> MembershipUncertainty:
    """Return the errors of the coefficients and effects in the units of the covariates."""
    k, c = gate.params.shape
    coef, effects = gate.coef, _effects(gate, point.problem.data.counts)
    n_coef = (k - 1) * c
    marks: NDArray[Any] = np.full((k, c), "", dtype="U20")
    if k == 1:
        nothing = np.zeros((1, c))
        return MembershipUncertainty(
            gate.design.called,
            coef,
            effects,
            nothing,
            nothing[:, 1:],
            np.zeros((0, 0)),
            marks,
            robust,
        )
    to_units: _F64 = np.kron(np.eye(k - 1), gate.design.to_units()).astype(np.float64)
    scale = np.tile(1 / gate.design.scale, k)
    found, of_model = (
        _transformed(matrix, to_units, scale) for matrix in (errors.beside, errors.beside_of_model)
    )
    variance, expected = found.diagonal().copy(), of_model.diagonal()
    few_in_class = _people(point) < FEWEST_UNITS
    few = np.zeros((k, c), np.bool_)
    few[1:] = robust & (few_in_class[1:] | few_in_class[0])[:, None]
    singular = robust & (expected > _OUT_OF_PROPORTION**2 * variance) & (expected > 0)
    singular_coef = np.zeros((k, c), np.bool_)
    singular_coef[1:] = singular[:n_coef].reshape(k - 1, c)
    marks = np.select(
        [gate.sides != 0, few, singular_coef], [NOT_FINITE, FEW_UNITS, NEARLY_SINGULAR], ""
    )
    marked = np.append(marks[1:].ravel() != "", np.repeat(few_in_class & robust, c - 1))
    variance = np.where(marked | singular, np.maximum(variance, expected), variance)
    found[np.diag_indices_from(found)] = variance
    errors_of_all = np.sqrt(np.maximum(variance, 0))
    coef_se = np.zeros((k, c))
    coef_se[1:] = errors_of_all[:n_coef].reshape(k - 1, c)
    coef_se[gate.sides != 0] = np.inf
    effects_se = errors_of_all[n_coef:].reshape(k, c - 1)
    effects_se[~np.isfinite(effects)] = np.inf
    return MembershipUncertainty(
        gate.design.called,
        coef,
        effects,
        coef_se,
        effects_se,
        found[:n_coef, :n_coef],
        marks,
        robust,
    )


def _transformed(matrix: _F64, to_units: _F64, scale: _F64) -> _F64:
    """Return the covariance of coefficients and effects in the units of the caller."""
    n = len(to_units)
    rows = np.concatenate([to_units @ matrix[:n], scale[:, None] * matrix[n:]])
    columns: _F64 = np.concatenate([rows[:, :n] @ to_units.T, rows[:, n:] * scale], axis=1)
    return columns


def _effects(gate: Gate, counts: _F64 | None) -> _F64:
    """Return the marginal effects in the units of the covariates."""
    effects = effects_of(gate.prior, gate.params, counts) / gate.design.scale
    away = (gate.sides[:, 1:] != 0).any(axis=0)
    effects[:, away] = np.copysign(np.inf, effects[:, away])
    return effects


def _people(point: Point) -> _F64:
    """Return how many annotators stand for each class, each counted as far as it is in it."""
    latent, counts = point.state.latent, point.problem.data.of_each
    total, squares = counts @ latent, counts @ np.square(latent)
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def _ends(values: _F64, errors: _F64, level: float) -> _F64:
    reach = normal_quantile(as_level(level))
    finite = np.where(np.isfinite(values), values, 0)
    ends: _F64 = finite[..., None] + errors[..., None] * np.array([-reach, reach])
    return ends


def _alone(value: float, z: int) -> str:
    if z == 0:
        return "0"
    return number_text(value) if np.isfinite(value) else ("∞" if value > 0 else "-∞")


def _with_error(value: float, error: float, mark: str, z: int, any_marked: bool) -> str:  # noqa: FBT001
    sign = sign_of(mark, any_marked=any_marked)
    if z == 0 or mark == NOT_DETERMINED or not np.isfinite(value):
        return _alone(value, z) + sign
    return estimate_text(value, error) + sign


def _effect(value: float, error: float) -> str:
    return estimate_text(value, error) if np.isfinite(value) else NOT_DETERMINED


def _table(names: tuple[str, ...], shares: _F64 | None, cells: list[list[str]]) -> str:
    n_classes = len(cells[0])
    rows = [[name, *of_name] for name, of_name in zip(names, cells, strict=True)]
    if shares is not None:
        rows = [["share", *(f"{share:.3f}" for share in shares)], *rows]
    return text_table(["", *(f"class {z}" for z in range(n_classes))], rows)
