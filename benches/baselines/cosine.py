"""The cosine matrix in NumPy."""

from __future__ import annotations

import numpy as np


def cosine(x):
    """Normalise, then one product; NumPy hands a product with itself to the faster syrk."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    return unit @ unit.T
