"""The cosine matrix, of one array and of many small pools, in NumPy, PyTorch and NumKong."""

from __future__ import annotations

import numpy as np


def cosine(x):
    """Normalise, then one product; NumPy hands a product with itself to the faster syrk."""
    unit = x / np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]
    return unit @ unit.T


def through_float32(x):
    """Widen first: NumPy has no fast product of narrow types."""
    return cosine(x.astype(np.float32))


def in_torch(x):
    """The same two steps on a tensor of any floating type."""
    from torch.nn.functional import normalize

    unit = normalize(x)
    return unit @ unit.T


def in_torch_of_int8(x):
    """A product of bytes summed in int32, then scaled by the norms on its diagonal."""
    import torch

    products = torch._int_mm(x, x.T).to(torch.float32)  # noqa: SLF001
    inverse_norm = products.diagonal().rsqrt()
    return products.mul_(inverse_norm).mul_(inverse_norm[:, None])


def in_numkong(x):
    """One call, on one thread; what lies below the diagonal is left undefined."""
    import numkong

    bits = x.view(np.uint16) if x.dtype.name == "bfloat16" else x
    return numkong.angulars_symmetric(bits, dtype=x.dtype.name)


def grams(x):
    """All pools in one call; NumPy loops over BLAS."""
    return x @ x.transpose(0, 2, 1)


def grams_in_torch(x):
    """All pools in one call."""
    import torch

    return torch.bmm(x, x.transpose(1, 2))
