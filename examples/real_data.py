"""Diverse selection and latent classes on two real data sets.

Usage: python examples/real_data.py DATA

DATA is a folder with two data sets, which are not part of this repository:

- llmfao/ (CC BY 4.0, D. Ustalov): responses of 70 language models to 19 prompts, their embeddings,
  and pairwise judgements by crowd workers, with ties;
- electricity/ (Huber and Train 2001): 361 people's choices among four electricity suppliers.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import prefmath
from prefmath.models import ChoiceMixture


def select_responses(folder: Path) -> None:
    """Choose four responses of each prompt, and say how alike they are."""
    responses = pd.read_parquet(folder / "responses.parquet")
    embeddings = np.load(folder / "embeddings.npy").astype(np.float32)
    shown = responses["text"].str.strip().ne("").to_numpy()
    order = np.flatnonzero(shown)[np.argsort(responses["prompt"].to_numpy()[shown], kind="stable")]
    pools, offsets = embeddings[order], [0]
    offsets += np.cumsum(responses["prompt"].iloc[order].value_counts(sort=False)).tolist()

    chosen = prefmath.select_batch(pools, offsets, 4).indices
    rng = np.random.default_rng(0)
    drawn = np.array([rng.choice(np.arange(*ends), 4, replace=False) for ends in pairwise(offsets)])
    print(f"{len(order):,} responses to {len(chosen)} prompts, 4 of each")
    for name, sets in (("drawn at random", drawn), ("chosen to differ", chosen)):
        alike = [prefmath.similarity_matrix(pools[rows])[np.triu_indices(4, 1)] for rows in sets]
        print(f"  {name:<17} mean cosine {np.mean(alike):.3f}")
    names = responses["name"].iloc[order[chosen[0]]]
    print(f"  for the first prompt: {', '.join(names)}\n")


def fit_pairs(folder: Path) -> None:
    """Fit classes of crowd workers to their judgements of models; a tie is half a win each."""
    judged = pd.read_csv(folder / "comparisons_crowd.csv.gz")
    left_won = judged["winner"].ne("right")
    choices = prefmath.Choices.from_pairs(
        judged["name_x"].where(left_won, judged["name_y"]),
        judged["name_y"].where(left_won, judged["name_x"]),
        tie=judged["winner"].eq("tie"),
        annotator=judged["worker"],
    )
    print(choices)
    for n_components in (1, 2, 3):
        model = ChoiceMixture(n_components, random_state=0).fit(choices)
        report(model, model.bic(choices))
    names = np.asarray(model.item_ids_)
    print("each class's favourites among the models:")
    for weight, utilities in zip(model.weights_, model.coef_, strict=True):
        favourites = names[np.argsort(-utilities)[:4]]
        print(f"  {weight:6.1%}  {', '.join(favourites)}")
    print()


def fit_suppliers(folder: Path) -> None:
    """Fit classes of people who choose suppliers for six features."""
    table = pd.read_csv(folder / "electricity.csv.gz")
    names = ["pf", "cl", "loc", "wk", "tod", "seas"]
    features = table[names].to_numpy(np.float64)
    choices = prefmath.Choices.from_frame(
        table, layout="choice_sets", choice_set="chid", chosen="choice", annotator="id"
    )
    print(choices)
    for n_components in (1, 2, 3):
        model = ChoiceMixture(n_components, random_state=0).fit(choices, features)
        report(model, model.bic(choices, features))
    print(pd.DataFrame(model.coef_, columns=names, index=model.weights_.round(3)).round(2))


def report(model: ChoiceMixture, bic: float) -> None:
    """Print a line on a fit."""
    weights = ", ".join(f"{weight:.1%}" for weight in model.weights_)
    print(
        f"  {len(model.weights_)} classes: log-likelihood {model.log_likelihood_:.4f}, "
        f"BIC {bic:.1f}, weights {weights}"
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    data = Path(sys.argv[1])
    select_responses(data / "llmfao")
    fit_pairs(data / "llmfao")
    fit_suppliers(data / "electricity")
