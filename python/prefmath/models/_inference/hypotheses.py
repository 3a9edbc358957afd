"""Hypotheses about named parameters, and Wald's test of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from prefmath._validate import as_number
from prefmath.models._inference.digits import number_text, p_text
from prefmath.models._inference.marks import NOT_DETERMINED, footnotes
from prefmath.models._inference.named import Names, covariance_of, gravest, name_text
from prefmath.models._inference.tails import chi2_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from prefmath.models._inference.named import Estimates

    _F64 = NDArray[np.float64]

__all__ = ["Equations", "HypothesisTest", "as_equations", "wald"]

# Equations whose left sides differ by less, in units of their errors, say the same.
_ROUNDING = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class HypothesisTest:
    """A test of some hypotheses at once.

    Attributes
    ----------
    kind : {"Wald", "likelihood ratio"}
        Which test it is.
    hypotheses : tuple of str
        What is tested: that all of these hold.
    statistic : float
        Large where they do not.
    df : int
        Degrees of freedom: how many equations there are, without those that others imply.
    p : float
        How probable so large a statistic is if they hold, by the chi-squared distribution. 0 where
        float64 holds nothing as small.
    notes : tuple of str
        What the test relies on, and what is not to be relied on.
    """

    kind: str
    hypotheses: tuple[str, ...]
    statistic: float
    df: int
    p: float
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        of = "; ".join(self.hypotheses[:_SHOWN])
        rest = len(self.hypotheses) - _SHOWN
        of += f"; and {rest:,} more" if rest > 0 else ""
        head = f"{self.kind} test of {of}"
        figures = f"chi-squared {number_text(self.statistic)}, df {self.df}, p {p_text(self.p)}"
        return "\n".join([f"HypothesisTest({head})", figures, *self.notes])


_SHOWN = 6


@dataclass(frozen=True, eq=False)
class Equations:
    """Sums of parameters and what they are to be: rows of `weights` times parameters = `values`.

    `places` has for each hypothesis the columns and classes of what is named on both sides, and
    `numbers` what is on the right if that is a number.
    """

    texts: tuple[str, ...]
    weights: _F64
    values: _F64
    places: tuple[tuple[tuple[int, int | None], ...], ...]
    numbers: tuple[float | None, ...]


def as_equations(hypotheses: object, names: Names, n_coef: int, *, of_items: bool) -> Equations:
    """Return hypotheses as equations; None stands for all coefficients 0, or all items equal.

    Raises
    ------
    ValueError
        If there is none, or one names no parameter or is no equation.
    TypeError
        If one is no text, pair or number.
    """
    sides = _sides(hypotheses, names, n_coef, of_items=of_items)
    if not sides:
        raise ValueError("hypotheses must hold one at least")
    texts, rows, values, places = [], [], [], []
    numbers: list[float | None] = []
    for at, (left, right) in enumerate(sides):
        argument = f"hypotheses[{at}]"
        weights, _ = names.weights(left, argument)
        place = [names.find(left, argument)]
        value = 0.0
        if isinstance(right, _Value):
            value = right.number
        else:
            others, _ = names.weights(right, argument)
            place.append(names.find(right, argument))
            # One class beside all of them: each of them is to be as that one.
            weights = weights - others
        texts.append(f"{name_text(left)} = {name_text(right)}")
        keep = weights.any(axis=1)
        if not keep.any():
            raise ValueError(f"{argument} holds by definition: {texts[-1]}")
        rows.append(weights[keep])
        values.append(np.full(int(keep.sum()), value))
        places.append(tuple(place))
        numbers.append(right.number if isinstance(right, _Value) else None)
    return Equations(
        tuple(texts), np.concatenate(rows), np.concatenate(values), tuple(places), tuple(numbers)
    )


@dataclass(frozen=True)
class _Value:
    """A number on the right of an equation."""

    number: float

    def __str__(self) -> str:
        return f"{self.number:g}"


def _sides(
    hypotheses: object, names: Names, n_coef: int, *, of_items: bool
) -> list[tuple[Any, Any]]:
    """Return the left and the right of each hypothesis."""
    if hypotheses is None:
        labels: list[Any] = names.labels[:n_coef]
        if not of_items:
            return [(label, _Value(0.0)) for label in labels]
        return [(label, labels[0]) for label in labels[1:]]
    if isinstance(hypotheses, str):
        hypotheses = [hypotheses]
    if isinstance(hypotheses, Mapping):
        return [
            (name, _value(number, f"hypotheses[{name!r}]")) for name, number in hypotheses.items()
        ]
    if not isinstance(hypotheses, Iterable) or isinstance(hypotheses, bytes):
        kind = type(hypotheses).__name__
        raise TypeError(f"hypotheses must be texts, pairs of names or a dict, not {kind}")
    return [_two_sides(one, f"hypotheses[{at}]", names) for at, one in enumerate(hypotheses)]


def _two_sides(one: object, argument: str, names: Names) -> tuple[Any, Any]:
    """Take one hypothesis apart: a pair of names, or a text with an equality sign."""
    if isinstance(one, tuple):
        if len(one) != 2:
            raise ValueError(f"{argument} must be a pair of names, not {len(one)}")
        left, right = one
        return (
            (left, right) if right in names else (left, _number_or_refuse(right, argument, names))
        )
    if not isinstance(one, str):
        kind = type(one).__name__
        raise TypeError(f"{argument} must be a text or a pair of names, not {kind}")
    # A label may hold an equality sign itself: the first that leaves a name before it is meant.
    for at in [i for i, letter in enumerate(one) if letter == "="]:
        left, right = one[:at].strip(), one[at + 1 :].strip()
        if left in names and right in names:
            return left, right
        if left in names and _number(right) is not None:
            return left, _value(_number(right), argument)
        if right in names and _number(left) is not None:
            return right, _value(_number(left), argument)
    left, sign, right = (part.strip() for part in one.partition("="))
    if not sign:
        raise ValueError(f"{argument} must be an equation such as 'a = b' or 'a = 0', not {one!r}")
    raise names.unknown(right if left in names else left, argument)


def _number(text: str) -> float | None:
    """Return the number that a text is, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def _number_or_refuse(right: object, argument: str, names: Names) -> _Value:
    if isinstance(right, (int, float, np.number)) and not isinstance(right, bool):
        return _value(right, argument)
    raise names.unknown(right, argument)


def _value(number: Any, argument: str) -> _Value:
    value = as_number(number, argument)
    if not np.isfinite(value):
        raise ValueError(f"{argument} must be finite, not {value}")
    return _Value(value)


def wald(estimates: Estimates, hypotheses: object) -> HypothesisTest:
    """Return Wald's test, as `Uncertainty.test` says."""
    parameters = estimates.parameters
    names = Names(parameters, len(estimates.params))
    n_coef = len(parameters.names)
    equations = as_equations(hypotheses, names, n_coef, of_items=parameters.of_items)
    marks = gravest(estimates, equations.weights)
    if NOT_DETERMINED in marks:
        which = equations.weights[marks.index(NOT_DETERMINED)]
        column = _not_determined(estimates, which)
        raise ValueError(f"hypotheses are about {column}, of which the judgements say nothing")
    off = equations.weights @ estimates.params.ravel() - equations.values
    statistic, df = _statistic(equations.weights, off, covariance_of(estimates))
    notes = footnotes(np.array(marks), robust=estimates.robust, named=estimates.named)
    return HypothesisTest(
        kind="Wald",
        hypotheses=equations.texts,
        statistic=statistic,
        df=df,
        p=chi2_tail(statistic, df),
        notes=(
            estimates.kind_text(),
            *(f"relies on an error marked {note}" for note in notes),
        ),
    )


def _statistic(weights: _F64, off: _F64, covariance: _F64) -> tuple[float, int]:
    """Return the squared distance from what is to be, and the rank of its covariance."""
    used = np.flatnonzero(weights.any(axis=0))
    part = weights[:, used]
    v = part @ covariance[np.ix_(used, used)] @ part.T
    scale = np.sqrt(np.maximum(v.diagonal(), 0))
    if not scale.max() > 0:
        raise ValueError("hypotheses must be about what may be off: their errors are 0")
    safe = np.where(scale > 0, scale, 1)
    values, vectors = np.linalg.eigh(v / safe / safe[:, None])
    along = vectors.T @ (off / safe)
    kept = values > _ROUNDING * values.max()
    # Along what is left out the equations say the same, and must then ask for the same.
    left = np.abs(along[~kept])
    if left.size and left.max() > 1e-6 * max(1.0, float(np.abs(off / safe).max())):
        raise ValueError("hypotheses contradict each other, or what holds by definition")
    return float((np.square(along[kept]) / values[kept]).sum()), int(kept.sum())


def _not_determined(estimates: Estimates, weights: _F64) -> str:
    z, column = np.argwhere(
        (weights.reshape(estimates.params.shape) != 0) & (estimates.marks == NOT_DETERMINED)
    )[0]
    where = f" in class {z}" if len(estimates.params) > 1 else ""
    return estimates.parameters.called(int(column)) + where
