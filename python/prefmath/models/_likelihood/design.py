"""Covariates as the membership logit takes them: standardised, beside a constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefmath._label_values import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._likelihood.covariates import CovariateTable

    _F64 = NDArray[np.float64]

__all__ = ["Design", "design_of"]

# A covariate of which others explain all but this part of its standard deviation repeats them.
_REPEATS = 1e-7
# It takes part in what it repeats with no less than this, in standard deviations.
_PART = 1e-5
# Standard deviations below this part of the size are rounding.
_ROUNDING = 1e-13
# What all people of the fit share is alike to this part of its size: rounding, of many rows too.
_ALIKE = 1e-9
# A person is no further from the mean of the fit, in standard deviations.
_FARTHEST = 1e12


@dataclass(frozen=True, eq=False)
class Design:
    """How covariates become columns of a mean of 0 and a standard deviation of 1, beside a 1.

    `names` are those of the caller's columns, or None where they had none. A covariate that is the
    same for all is no column of its own but what stands for the constant: `constant` is its place,
    or -1, and `level` its value.
    """

    names: tuple[str, ...] | None
    center: _F64
    scale: _F64
    constant: int = -1
    level: float = 1.0

    @property
    def varying(self) -> NDArray[np.int64]:
        """Places of the caller's columns that vary."""
        n = len(self.center) + (self.constant >= 0)
        return np.delete(np.arange(n), [self.constant] if self.constant >= 0 else [])

    @property
    def n_given(self) -> int:
        """Columns of the caller."""
        return len(self.varying) + (self.constant >= 0)

    @property
    def called(self) -> tuple[str, ...]:
        """Names of the coefficients: of the constant, then of the covariates that vary."""
        given = self.names or tuple(f"covariate {j}" for j in range(self.n_given))
        first = given[self.constant] if self.constant >= 0 else "intercept"
        return (first, *(given[j] for j in self.varying))

    def rows(self, table: CovariateTable) -> _F64:
        """Return the standardised covariates of other people, (n, 1 + n_varying)."""
        values = self._in_order(table)
        others = np.zeros(len(values), np.bool_)
        if self.constant >= 0:
            others = np.abs(values[:, self.constant] - self.level) > _ALIKE * abs(self.level)
        if others.any():
            row = int(others.argmax())
            raise ValueError(
                f"membership has {values[row, self.constant]:g} for {shown(self.called[0])} in row "
                f"{row}, which was {self.level:g} for everyone in fit: nothing is known of others"
            )
        rows = np.ones((len(values), 1 + len(self.center)))
        with np.errstate(over="ignore"):
            rows[:, 1:] = (values[:, self.varying] - self.center) / self.scale
        far = np.argwhere(~(np.abs(rows) < _FARTHEST))
        if len(far):
            row, column = (int(place) for place in far[0])
            value = values[row, self.varying[column - 1]]
            raise ValueError(
                f"membership has {value:g} for {shown(self.called[column])} in row {row}, over "
                f"{_FARTHEST:.0e} standard deviations from the mean of fit: check its units"
            )
        return rows

    def _in_order(self, table: CovariateTable) -> _F64:
        """Return the columns in the order of the fit: by name, where both have names."""
        if self.names is not None and table.names is not None:
            for name in self.names:
                if name not in table.names:
                    raise ValueError(f"membership has no column {name!r}, as it had in fit")
            for name in table.names:
                if name not in self.names:
                    raise ValueError(f"membership has a column {name!r}, which it had not in fit")
            order = [table.names.index(name) for name in self.names]
            ordered: _F64 = table.values[:, order]
            return ordered
        if table.values.shape[1] != self.n_given:
            raise ValueError(
                f"membership must have {self.n_given} columns as in fit, not "
                f"{table.values.shape[1]}"
            )
        values: _F64 = table.values
        return values

    def to_units(self) -> _F64:
        """Return the matrix that makes the caller's coefficients of those of standardised ones."""
        units = np.diag(np.append(1.0, 1 / self.scale))
        units[0, 1:] = -self.center / self.scale
        units[0] /= self.level
        return units

    def from_units(self, coef: _F64) -> _F64:
        """Return the coefficients of standardised covariates for those of the caller's, by row."""
        params: _F64 = coef * np.append(self.level, self.scale)
        params[:, 0] += coef[:, 1:] @ self.center
        return params


def design_of(table: CovariateTable, counts: _F64 | None) -> Design:
    """Return how to standardise covariates, and refuse what they leave open.

    Raises
    ------
    ValueError
        If two columns have one name, or one is told by others.
    """
    names = table.called
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"membership has two columns {name!r}: give each a name of its own")
    counted = slice(None) if counts is None else counts > 0
    values = table.values[counted]
    size = np.abs(values).max(axis=0, initial=0.0)
    unit = np.where(size > 0, size, 1.0)
    people = None if counts is None else counts[counted]
    mean = np.average(values / unit, axis=0, weights=people)
    deviation = np.sqrt(np.average(np.square(values / unit - mean), axis=0, weights=people))
    flat = np.flatnonzero((deviation <= _ROUNDING) | (values == values[:1]).all(axis=0))
    constant = -1
    for j in flat:
        if constant >= 0 or size[j] == 0:
            told = "0" if size[j] == 0 else "the same"
            beside = f", as {names[constant]!r} is" if size[j] and constant >= 0 else ""
            raise ValueError(
                f"column {names[j]!r} of membership is {told} for every annotator{beside}, so that "
                "its coefficient is not determined: leave it out"
            )
        constant = int(j)
    varying = np.delete(np.arange(values.shape[1]), flat)
    design = Design(
        table.names,
        mean[varying] * unit[varying],
        deviation[varying] * unit[varying],
        constant,
        float(values[0, constant]) if constant >= 0 else 1.0,
    )
    _refuse_collinear(design.rows(table)[counted], design.called)
    return design


def _refuse_collinear(rows: _F64, names: tuple[str, ...]) -> None:
    """Refuse a covariate that a combination of those before it, and of the constant, equals."""
    lengths = np.sqrt(np.square(rows).sum(axis=0))
    upper: _F64 = np.asarray(np.linalg.qr(rows / lengths, mode="r"))
    for j in range(1, rows.shape[1]):
        if j < len(upper) and abs(upper[j, j]) > _REPEATS:
            continue
        n = min(j, len(upper))
        weights = np.linalg.lstsq(upper[:n, :n], upper[:n, j], rcond=None)[0]
        part = [names[i] for i in np.flatnonzero(np.abs(weights) > _PART)]
        others = " and ".join(map(repr, part[:5])) + (" and others" if len(part) > 5 else "")
        raise ValueError(
            f"column {names[j]!r} of membership is a combination of {others or 'others'}, so that "
            "its coefficient is not determined: leave one of them out"
        )
