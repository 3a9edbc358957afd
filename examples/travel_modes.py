"""From a table of trips to a model of what people choose, and what a dearer ticket changes.

Usage: python examples/travel_modes.py

Trips are drawn at random, in a layout that surveys have: a row a trip, for each way to travel a
column of its price and one of its minutes, who has a car, the traveller's income, and the way that
was taken. `Design` makes of it in one call what a model takes; names last to the end.
"""

from __future__ import annotations

import numpy as np

from prefmath import Design
from prefmath.models import ConditionalLogit

MODES = ["car", "bus", "rail"]


def trips(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw a table of trips, a dict of columns; a data frame of any library does as well."""
    price = rng.gamma(4, [1.5, 0.6, 1.0], (n, 3)).round(2)
    minutes = rng.gamma(5, [5, 9, 7], (n, 3)).round()
    income = rng.gamma(5, 0.8, n).round(1)
    has_car = rng.random(n) < 0.7
    utility = np.array([0.8, 0, 0.4]) - 0.4 * price - 0.05 * minutes
    utility[:, 0] += 0.3 * income
    utility[~has_car, 0] = -np.inf
    taken = (utility + rng.gumbel(size=(n, 3))).argmax(axis=1)
    table = {"mode": np.array(MODES)[taken], "income": income, "has_car": has_car}
    for at, mode in enumerate(MODES):
        table |= {f"price_{mode}": price[:, at], f"minutes_{mode}": minutes[:, at]}
    table["price_car"][~has_car] = np.nan  # nobody knows, and nobody asks
    return table


def design_of(table: dict[str, np.ndarray]) -> Design:
    """Say what the columns are; nothing is told by position."""
    return Design.from_wide(
        table,
        MODES,
        "mode",
        generic=["price", "minutes"],
        case_specific=["income"],
        asc=True,
        base="bus",
        availability={"car": "has_car", "bus": True, "rail": True},
    )


def main() -> None:
    """Fit, and compare what is expected at today's fares and at others."""
    table = trips(3000, np.random.default_rng(0))
    design = design_of(table)
    print(design, end="\n\n")

    model = ConditionalLogit().fit(*design)
    print(model.uncertainty(*design), end="\n\n")
    price, minutes = (
        model.coef_[0, list(design.features.columns).index(name)] for name in ("price", "minutes")
    )
    print(f"an hour less is worth {60 * minutes / price:.2f}\n")

    dearer = design_of(table | {"price_rail": 1.2 * table["price_rail"]})
    print("shares of trips, and with rail fares up by a fifth:")
    for at, mode in enumerate(MODES):
        shares = [
            np.bincount(each.alternative, model.predict_proba(*each))[at] / len(each.choices)
            for each in (design, dearer)
        ]
        print(f"  {mode:<5} {shares[0]:6.1%}  {shares[1]:6.1%}")


if __name__ == "__main__":
    main()
