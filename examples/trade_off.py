"""Draw what trade_off means: mean quality against diversity of 8 chosen from 400, for every method.

Usage: python examples/trade_off.py trade_off.png (needs matplotlib)
"""

from __future__ import annotations

import sys

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from prefmath.selection import METHODS, select


def candidates(n: int = 400, d: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Draw responses around a few topics; those of one topic are better than the others."""
    rng = np.random.default_rng(0)
    topic = rng.choice(8, size=n, p=[0.5, 0.2, 0.1, 0.06, 0.05, 0.04, 0.03, 0.02])
    centers = rng.standard_normal((8, d))
    x = centers[topic] + 0.6 * rng.standard_normal((n, d))
    return x.astype(np.float32), np.clip(rng.beta(4, 3, n) + 0.2 * (topic == 0), 0.02, 1)


def curve(x: np.ndarray, quality: np.ndarray, method: str, shares: np.ndarray) -> np.ndarray:
    """Return mean quality and mean dissimilarity of what is chosen for each trade-off."""
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    points = []
    for share in shares:
        rows = select(x, 8, method=method, quality=quality, trade_off=float(share)).indices
        apart = 1 - (unit[rows] @ unit[rows].T)[np.triu_indices(8, 1)].mean()
        points.append((apart, quality[rows].mean()))
    return np.array(points)


def main(path: str) -> None:
    """Draw one panel for every method."""
    x, quality = candidates()
    shares = np.linspace(0, 1, 11)
    figure, axes = plt.subplots(2, 4, figsize=(12, 6), sharex=True, sharey=True)
    for method, axis in zip(METHODS, axes.flat, strict=False):
        apart, good = curve(x, quality, method, shares).T
        axis.plot(apart, good, color="0.8", zorder=1)
        drawn = axis.scatter(apart, good, c=shares, cmap="viridis", zorder=2)
        axis.set_title(method)
    axes[1, 3].axis("off")
    figure.colorbar(drawn, ax=axes[1, 3], label="trade_off: 0 quality, 1 diversity")
    figure.supxlabel("how different the chosen are: mean 1 - cosine")
    figure.supylabel("mean quality of the chosen")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
