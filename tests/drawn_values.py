"""Arguments as strangers pass them: mostly good, sometimes odd in shape, type, strides or value."""

from __future__ import annotations

import contextlib

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

SPECIAL = [
    np.nan,
    np.inf,
    -np.inf,
    0.0,
    -0.0,
    5e-324,
    1e-45,
    1e-60,
    1e-300,
    1e300,
    3e38,
    1e39,
    -1e39,
]
FLOATS = [
    np.float32,
    np.float32,
    np.float32,
    np.float64,
    np.float64,
    np.float16,
    ml_dtypes.bfloat16,
]
OTHERS = [np.int8, np.int64, np.uint64, np.longdouble, ">f4", "<f8", np.int32, np.uint8]
WRONG = [np.bool_, np.complex128, object, "U8", "S4", "M8[s]"]
NO_MATRIX = [
    None,
    3,
    "text",
    ["a text", "another"],
    [[1, 2], [3]],
    [],
    [[]],
    {"a": 1},
    np.zeros((2, 2, 2)),
]

METRICS = ["cosine", "dot", "euclidean", "sqeuclidean", "angular", "rbf", "manhattan", None]
METHODS = [
    "dpp", "mmr", "max_sum", "max_min", "facility_location", "saturated_coverage", "k_medoids",
]  # fmt: skip


def mostly(good, *odd):
    """Draw from `good` seven times out of eight, otherwise one of the odd values."""
    return st.integers(0, 7).flatmap(lambda at: st.sampled_from(odd) if at == 3 else good)


def seldom(strategy):
    """Draw None three times out of four."""
    return st.integers(0, 3).flatmap(lambda at: strategy if at == 1 else st.none())


def whole(low, high):
    """Whole numbers of a range, or what is none or far outside."""
    odd = (-1, 0, high + 1, 2**31, 2**62, 2**63, 10**30, True, 1.0, "3", None, np.int8(3), [1])
    return mostly(st.integers(low, high), *odd)


def numbers(low, high):
    """Numbers of a range, or what is none or far outside."""
    odd = (*SPECIAL, low, high, 10**400, "1", None, 1j, True, np.float16(0.5), [0.5])
    return mostly(st.floats(low, high), *odd)


def seeds():
    return mostly(st.integers(0, 99), -1, None, 1.5, "a", 2**70, np.random.default_rng(0))


def threads():
    return mostly(st.sampled_from([None, 1, 2, 3]), 0, -1, 2**64, 1.5, "2")


@st.composite
def values(draw, shape):
    """Draw an array: normal values or few distinct ones, sometimes with special ones."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    kind = draw(st.sampled_from(["normal", "normal", "few", "copies", "scales", "zeros"]))
    array = rng.standard_normal(shape)
    if kind == "few":
        array = rng.integers(-2, 3, shape).astype(float)
    if kind == "copies" and len(array) > 1:
        array = array[rng.integers(0, (len(array) + 1) // 2, len(array))]
    if kind == "scales":
        array = array * 10.0 ** rng.integers(-9, 9, shape[-1])
    if kind == "zeros":
        array = array * (rng.random(shape) < 0.3)
    if array.size and draw(st.integers(0, 4)) == 0:
        for _ in range(draw(st.integers(1, 3))):
            array[tuple(int(rng.integers(n)) for n in shape)] = draw(st.sampled_from(SPECIAL))
    return array


@st.composite
def laid_out(draw, array):
    """Draw the same array in another layout or as lists."""
    how = draw(st.sampled_from(["C", "C", "C", "F", "every second", "reversed", "frozen", "lists"]))
    if how == "F":
        return np.asfortranarray(array)
    if how == "every second":
        return np.repeat(array, 2, axis=0)[::2]
    if how == "reversed":
        return array[::-1].copy()[::-1]
    if how == "frozen":
        array.flags.writeable = False
    return array.tolist() if how == "lists" else array


@st.composite
def matrices(draw, n=None, max_rows=12):
    """Draw embeddings or features of `n` rows, or of any number."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.sampled_from(NO_MATRIX))
    n = draw(st.integers(0, max_rows)) if n is None else n
    d = draw(st.sampled_from([1, 2, 3, 4, 8, 8, 33, 384]))
    array = draw(values((n, d)))
    dtypes = mostly(st.sampled_from(FLOATS + OTHERS), *WRONG)
    with np.errstate(all="ignore"), contextlib.suppress(TypeError, ValueError, OverflowError):
        array = array.astype(draw(dtypes))
    return draw(laid_out(array))


def rows_of(matrix):
    """Return how many rows what was drawn has, as far as it has rows."""
    return len(matrix) if isinstance(matrix, list) else getattr(matrix, "shape", (0,))[0]


@st.composite
def offsets(draw, n):
    """Draw offsets that cut `n` rows, or odd ones."""
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=4)))
    good = np.array([0, *cuts, n], draw(st.sampled_from([np.int64, np.int32, np.uint64])))
    odd = (
        [], [0], [1, n], [0, n + 1], [0, 2**40], [0, -1, n], [0.0, n], None, "ab", [[0, n]],
        np.array([0, 2**63], np.uint64), [0, None],
    )  # fmt: skip
    return draw(mostly(st.just(good), *odd))


@st.composite
def qualities(draw, n):
    """Draw one number a row, or odd ones."""
    good = draw(values((n,)))
    if draw(st.booleans()):
        good = np.abs(good)
    with np.errstate(all="ignore"):
        odd = (good * 1j, good.astype("M8[s]"), good[:, None], np.ma.masked_less(good, 0))
    odd = (*odd, [], [1.0], ["a"] * n, [None] * n, 3.0)
    return draw(mostly(laid_out(good), *odd))


LABELS = st.one_of(
    st.integers(0, 4),
    st.sampled_from(["a", "b", "tea", ""]),
    st.sampled_from([2**53, 2**53 + 1, 2**60, 2**63, 2**64, -1]),
)


@st.composite
def labels(draw, n, few=4):
    """Draw `n` labels of one kind, or of odd or several kinds."""
    kind = draw(st.sampled_from(["int", "int", "text", "text", "date", "large", "float", "mixed"]))
    codes = draw(st.lists(st.integers(0, few - 1), min_size=n, max_size=n))
    if kind == "int":
        return np.array(codes, draw(st.sampled_from([np.int64, np.int32, np.uint8, np.uint64])))
    if kind == "text":
        return [("tea", "milk", "a", "zebra", "élan", "water")[c % 6] for c in codes]
    if kind == "date":
        return np.array(codes, "M8[D]")
    if kind == "large":
        return [2**53 + c for c in codes]
    if kind == "float":
        return [float(c) for c in codes]
    return draw(
        st.lists(st.one_of(LABELS, st.none(), st.sampled_from(SPECIAL)), min_size=n, max_size=n)
    )
