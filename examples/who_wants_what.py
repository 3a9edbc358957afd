"""What classes of people disagree on, how sure that is, and who is in them.

Usage: python examples/who_wants_what.py DATA

DATA is a folder with llmfao/ (CC BY 4.0, D. Ustalov; not part of this repository): which of two
language models answered better, in 8,931 judgements of 124 crowd workers, 4 in 10 of them ties.
Ties have a parameter in each class (Davidson's model), so that workers who rarely decide may differ
from those who always do, whatever they like.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import prefmath
from prefmath.models import ChoiceMixture, class_profiles, disagreement, select_components


def read(folder: Path) -> tuple[pd.DataFrame, prefmath.Choices]:
    """Return the judgements as they are, and as choices."""
    judged = pd.read_csv(folder / "comparisons_crowd.csv.gz")
    left_won = judged["winner"].ne("right")
    choices = prefmath.Choices.from_pairs(
        judged["name_x"].where(left_won, judged["name_y"]),
        judged["name_y"].where(left_won, judged["name_x"]),
        tie=judged["winner"].eq("tie"),
        annotator=judged["worker"],
    )
    return judged, choices


def habits(judged: pd.DataFrame) -> pd.DataFrame:
    """Describe workers, of whom nothing else is known, by how they work."""
    of_worker = judged.assign(
        tie=judged["winner"].eq("tie"), left=judged["winner"].eq("left")
    ).groupby("worker")
    share = of_worker[["tie", "left"]].mean()
    return pd.DataFrame(
        {
            "ties": np.where(share["tie"] > 0.5, "most", "fewer"),
            "decides for": np.where(share["left"] > (1 - share["tie"]) / 2, "left", "right"),
            "judged": np.where(of_worker.size() > 50, "over 50", "up to 50"),
        },
        index=share.index,
    )


def main(folder: Path) -> None:
    """Choose the number of classes, and say what they are."""
    judged, choices = read(folder)
    print(choices)
    # A penalty of 1 says that utilities are mostly within 2 of each other.
    estimator = ChoiceMixture(ties="davidson", l2=1.0, n_init=4, tol=1e-4, random_state=0)
    found = select_components(choices, components=[1, 2, 3], estimator=estimator, n_folds=4)
    print(found)

    model = found.model
    errors = model.uncertainty(choices)
    print(f"\n{errors}")
    print(f"\nWhat they disagree on:\n{disagreement(model, uncertainty=errors)}")
    workers = habits(judged)
    who = class_profiles(model, workers, annotator=workers.index, choices=choices)
    print(f"\nWho they are:\n{who}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) / "llmfao")
