"""Nearest neighbours, and near duplicates, in one array too large for the matrix of all pairs."""

from __future__ import annotations

import numpy as np
from baselines import duplicates, neighbors
from data import corpus, corpus_with_copies
from work import Call, Floor, Work, scaled

from prefmath import similarity

N, D, K, THRESHOLD = scaled(50_000), 384, 10, 0.9

# Equal rows, as boilerplate and empty answers make them, among others.
N_EQUAL, N_OTHERS = scaled(8_000), scaled(1_000)

N_TOP = scaled(1_000)


def x():
    return corpus_with_copies(N, D)


def equal_rows():
    x = corpus(N_EQUAL + N_OTHERS, D)
    rows = np.random.default_rng(7).permutation(len(x))[:N_EQUAL]
    x[rows] = x[rows[0]]
    return x


def groups(x):
    return similarity.duplicate_groups(x, THRESHOLD).labels


def top(x):
    found = similarity.top_pairs(x, N_TOP)
    return found.pairs, found.scores


def nearest(x):
    found = similarity.nearest_neighbors(x, K)
    return found.indices, found.scores


def near(x):
    found = similarity.near_duplicates(x, THRESHOLD)
    return found.pairs, found.scores


def same_neighbors(result, reference):
    """Equal rows but for the few that float32 sees in another order, and equal similarities."""
    (rows, scores), (expected, expected_scores) = result, reference
    assert (rows == expected).mean() > 0.999
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)


def same_pairs(result, reference):
    """Equal pairs but for those on the threshold itself."""
    found = [
        {tuple(pair) for pair in pairs[scores > THRESHOLD + 1e-5].tolist()}
        for pairs, scores in (result, reference)
    ]
    everything = [{tuple(pair) for pair in pairs.tolist()} for pairs, _ in (result, reference)]
    assert found[0] <= everything[1]
    assert found[1] <= everything[0]


def same_top(result, reference):
    """Equal similarities, but for the rounding of float32."""
    np.testing.assert_allclose(result[1], reference[1], atol=1e-5)


def in_peer(find, how_much, **options):
    return Call(lambda x: find(x, how_much), once=True, **options)


WORKS = (
    Work(
        name="neighbors",
        title=f"{K} nearest neighbours of each of {N:,} × {D}, cosine",
        data=x,
        calls={
            "prefmath": Call(nearest),
            "FAISS, flat index": in_peer(neighbors.in_faiss, K, needs="faiss"),
            "PyTorch, blocks": in_peer(neighbors.in_torch, K, needs="torch"),
            "scikit-learn": in_peer(neighbors.in_scikit_learn, K),
            "NumPy, blocks": in_peer(neighbors.in_numpy, K),
        },
        agree=same_neighbors,
        baseline="FAISS, flat index",
        bars={"FAISS, flat index": 0.35},
        memory_bar=100,
        # Half of the products suffice; screening may multiply bytes, at four times the rate.
        floor=Floor(int8=N * (N + 1) * D, bytes=4 * N * D),
    ),
    Work(
        name="duplicates",
        title=f"pairs of cosine above {THRESHOLD} among {N:,} × {D}",
        data=x,
        calls={
            "prefmath": Call(near),
            "NumPy, blocks of the upper triangle": in_peer(duplicates.in_numpy, THRESHOLD),
            "PyTorch, the same": in_peer(duplicates.in_torch, THRESHOLD, needs="torch"),
            "FAISS, range search": in_peer(duplicates.in_faiss, THRESHOLD, needs="faiss"),
        },
        agree=same_pairs,
        baseline="NumPy, blocks of the upper triangle",
        bars={
            "NumPy, blocks of the upper triangle": 0.3,
            "PyTorch, the same": 0.3,
            "FAISS, range search": 0.3,
        },
        floor=Floor(int8=N * (N + 1) * D, bytes=4 * N * D),
        remark=lambda found: f"{len(found[0]):,} pairs",
    ),
    Work(
        name="groups_of_copies",
        title=f"groups above {THRESHOLD}, {N_EQUAL:,} equal rows beside {N_OTHERS:,} × {D}",
        data=equal_rows,
        calls={
            "prefmath": Call(groups),
            "NumPy, blocks, and SciPy": in_peer(duplicates.groups_in_numpy, THRESHOLD),
        },
        agree=np.testing.assert_array_equal,
        baseline="NumPy, blocks, and SciPy",
        bars={"NumPy, blocks, and SciPy": 0.1},
        memory_bar=50,
        floor=Floor(int8=N_OTHERS * (N_OTHERS + 1) * D, bytes=4 * (N_EQUAL + N_OTHERS) * D),
        remark=lambda labels: f"{labels.max() + 1:,} groups",
    ),
    Work(
        name="top_pairs",
        title=f"{N_TOP:,} most similar pairs among {N:,} × {D}, cosine",
        data=x,
        calls={
            "prefmath": Call(top),
            "NumPy, blocks of the upper triangle": in_peer(duplicates.top_in_numpy, N_TOP),
        },
        agree=same_top,
        baseline="NumPy, blocks of the upper triangle",
        bars={"NumPy, blocks of the upper triangle": 0.3},
        floor=Floor(int8=N * (N + 1) * D, bytes=4 * N * D),
    ),
)


def bench_neighbors(work, who, timed):
    timed(work, who)
