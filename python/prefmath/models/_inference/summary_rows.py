"""The rows of a summary, before they are text, LaTeX or a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefmath.choices.counts import count_text
from prefmath.models._inference.digits import error_text, interval_text, p_text, value_text
from prefmath.models._inference.marks import NOT_DETERMINED, sign_of

if TYPE_CHECKING:
    from prefmath.models._inference.fit_statistics import FitStatistics

__all__ = ["HEADER", "Block", "Row", "cells_of", "figures_of"]

HEADER = ("estimate", "std. error", "z", "p")


@dataclass(frozen=True)
class Row:
    """A parameter; one without z and p is bounded, as a share is."""

    kind: str
    label: str
    estimate: float
    se: float
    z: float | None
    p: float | None
    low: float
    high: float
    mark: str


@dataclass(frozen=True)
class Block:
    """Rows that belong together, and how many more there are than are shown."""

    title: str
    component: int
    rows: tuple[Row, ...]
    rest: int


def cells_of(row: Row, *, any_marked: bool) -> list[str]:
    """Return a row as text: label, estimate, error, z, p and interval."""
    label = " ".join(row.label.split())
    sign = sign_of(row.mark, any_marked=any_marked)
    if row.mark == NOT_DETERMINED:
        return [label, NOT_DETERMINED + sign, "", "", "", ""]
    return [
        label,
        value_text(row.estimate, row.se),
        error_text(row.se) + sign,
        "" if row.z is None else f"{row.z:.2f}",
        "" if row.p is None else p_text(row.p),
        interval_text(row.low, row.high),
    ]


def figures_of(statistics: FitStatistics) -> list[tuple[str, str]]:
    """Return the name of each figure of fit, and the figure as text."""
    counts = [
        ("annotators", statistics.n_annotators),
        ("judgements", statistics.n_judgements),
        ("parameters", statistics.n_parameters),
    ]
    found = [
        ("log-likelihood", f"{statistics.log_likelihood:,.4f}"),
        ("null log-likelihood", f"{statistics.null_log_likelihood:,.4f}"),
        ("McFadden's ρ²", f"{statistics.rho_squared:z.3f}"),
        ("adjusted ρ²", f"{statistics.adjusted_rho_squared:z.3f}"),
        ("AIC", f"{statistics.aic:,.3f}"),
        ("BIC", f"{statistics.bic:,.3f}"),
        *((name, count_text(n)) for name, n in counts if n is not None),
    ]
    if statistics.total_weight != statistics.n_judgements:
        found.insert(-1, ("by weight and count", f"{statistics.total_weight:,.10g}"))
    return found
