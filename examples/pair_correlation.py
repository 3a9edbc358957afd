"""Draw how choices repel each other: pair correlation against similarity, for samplers and methods.

Usage: python examples/pair_correlation.py pair_correlation.png (needs matplotlib)
"""

from __future__ import annotations

import sys

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from prefmath import pair_correlation, sample_dpp, select_batch

N_POOLS, POOL, D, K = 2000, 16, 24, 4


def candidates() -> tuple[np.ndarray, np.ndarray]:
    """Draw pools of responses around a few topics each, which have something in common."""
    rng = np.random.default_rng(0)
    topics = rng.standard_normal((N_POOLS, 4, D)) + rng.standard_normal((N_POOLS, 1, D))
    topic = rng.integers(4, size=(N_POOLS, POOL))
    x = np.take_along_axis(topics, topic[:, :, None], axis=1)
    x += 0.5 * rng.standard_normal(x.shape)
    return x.reshape(-1, D).astype(np.float32), np.arange(0, N_POOLS * POOL + 1, POOL)


def main(path: str) -> None:
    """Draw a line for every way of choosing."""
    x, offsets = candidates()
    rng = np.random.default_rng(1)
    at_random = offsets[:-1, None] + rng.permuted(np.tile(np.arange(POOL), (N_POOLS, 1)), axis=1)
    chosen = {
        "uniform": at_random[:, :K],
        "sample_dpp": sample_dpp(x, K, offsets=offsets, random_state=0)[:, 0],
        "select, dpp": select_batch(x, offsets, K),
        "select, facility_location": select_batch(x, offsets, K, method="facility_location"),
    }
    figure, axis = plt.subplots(figsize=(7, 4.5))
    for name, sets in chosen.items():
        found = pair_correlation(sets, x, offsets=offsets, bins=np.linspace(0, 1, 11))
        middle = (found.lower + found.upper) / 2
        axis.errorbar(middle, found.ratio, yerr=2 * found.standard_error, marker=".", label=name)
    axis.axhline(found.uniform, color="0.8", zorder=0)
    axis.set_xlabel("cosine similarity of a pair")
    axis.set_ylabel("P(i, j) / (P(i) P(j))")
    axis.set_ylim(bottom=0)
    axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
