"""Count the known groups, of 60, that each method covers with 60 of 6,000 statements.

Usage: python examples/covered_groups.py DATA [EVERY]

DATA/persona_statements (CC BY 4.0, Perez et al. 2022) holds 6,000 statements for and against 30
traits, and their embeddings; a group is one side of one trait. It is not part of this repository.
With EVERY only every so many statements are looked at, which is sooner done.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from prefmath.selection import METHODS, select


def main(folder: Path, every: int = 1) -> None:
    """Print a line for every method, and one for random choice."""
    x = np.load(folder / "embeddings.npy")[::every].astype(np.float32)
    table = pd.read_parquet(folder / "statements.parquet")[::every]
    group = table.groupby(["dimension", "matches"]).ngroup().to_numpy()
    rng = np.random.default_rng(0)
    drawn = [len(set(group[rng.choice(len(x), 60, replace=False)])) for _ in range(1000)]
    traits = table["dimension"].to_numpy()
    print(f"{'method':<20} groups of {group.max() + 1}   traits of {len(set(traits))}")
    print(f"{'random':<20} {np.mean(drawn):9.1f}")
    for method in METHODS:
        rows = select(x, 60, method=method).indices
        print(f"{method:<20} {len(set(group[rows])):9d}   {len(set(traits[rows])):9d}")


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) / "persona_statements", *map(int, sys.argv[2:]))
