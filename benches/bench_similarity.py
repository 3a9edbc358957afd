"""The cosine matrix, of one array in several types of number, and of many small pools."""

from __future__ import annotations

import numpy as np
from baselines import cosine
from data import corpus, flat, pools
from work import Call, Floor, Work, scaled

from prefmath import similarity

N_POOLS, POOL, D = scaled(10_000), 16, 384
SQUARE = scaled(2_000), 1_024


def scikit_learn(x):
    from sklearn.metrics.pairwise import cosine_similarity

    return cosine_similarity(x)


def tensor(x):
    import torch

    # bfloat16 is no type of NumPy's own: the bits are handed over.
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(x)


def widened(of_bfloat16):
    return of_bfloat16.float().numpy()


def similarities(distances):
    """Bring one minus the cosine, above the diagonal, into a form to compare."""
    above = np.triu(1 - np.asarray(distances))
    return above + np.triu(above, 1).T


def close(tolerance):
    def agree(result, reference):
        np.testing.assert_allclose(np.asarray(result), reference, atol=tolerance)

    return agree


def of_shape(n, d, **bars):
    return Work(
        name=f"cosine-{n}",
        title=f"cosine matrix of {n:,} × {d:,}",
        data=lambda: corpus(n, d),
        calls={
            "prefmath": Call(similarity.similarity_matrix),
            "NumPy": Call(cosine.cosine),
            "scikit-learn": Call(scikit_learn),
            "PyTorch": Call(cosine.in_torch, tensor, needs="torch"),
        },
        agree=close(1e-5),
        baseline="NumPy",
        floor=Floor(float32=n * (n + 1) * d, bytes=4 * (n * n + n * d)),
        **bars,
    )


def corpus_of(dtype):
    """Draw a corpus; bytes take most of their range."""
    x = corpus(*SQUARE)
    if dtype == "int8":
        return (x * np.float32(20)).clip(-127, 127).astype(np.int8)
    if dtype == "bfloat16":
        import ml_dtypes

        return x.astype(ml_dtypes.bfloat16)
    return x.astype(dtype)


def narrow(dtype, in_torch, tolerance):
    n, d = SQUARE
    return Work(
        name=f"cosine-{dtype}",
        title=f"cosine matrix of {n:,} × {d:,}, {dtype}",
        data=lambda: corpus_of(dtype),
        calls={
            "prefmath": Call(similarity.similarity_matrix),
            "NumPy, through float32": Call(cosine.through_float32),
            "NumKong, one thread": Call(cosine.in_numkong, finish=similarities, needs="numkong"),
            **({"PyTorch": in_torch} if in_torch else {}),
        },
        agree=close(tolerance),
        baseline="NumPy, through float32",
    )


WORKS = (
    of_shape(scaled(10_000), 384, bars={"NumPy": 0.55}, numba_bar=3),
    of_shape(*SQUARE),
    narrow("float16", None, 1e-5),
    # The peers round what they return, or the unit vectors, to bfloat16.
    narrow("bfloat16", Call(cosine.in_torch, tensor, finish=widened, needs="torch"), 2e-2),
    narrow("int8", Call(cosine.in_torch_of_int8, tensor, needs="torch"), 1e-5),
    Work(
        name="grams",
        title=f"Gram matrices of {N_POOLS:,} pools of {POOL} × {D}",
        data=lambda: pools(N_POOLS, POOL, D),
        calls={
            "prefmath": Call(
                lambda data: similarity.gram_batch(*data),
                flat,
                finish=lambda grams: grams.stack(),
            ),
            "NumPy": Call(cosine.grams),
            "PyTorch, bmm": Call(cosine.grams_in_torch, tensor, needs="torch"),
        },
        agree=close(1e-2),
        baseline="NumPy",
        bars={"NumPy": 0.25, "PyTorch, bmm": 0.6},
        numba_bar=3,
        floor=Floor(
            float32=N_POOLS * POOL * (POOL + 1) * D,
            bytes=4 * N_POOLS * POOL * (D + POOL),
        ),
    ),
)


def bench_similarity(work, who, timed):
    timed(work, who)
