"""Arguments of odd sizes: a kernel refuses them or answers, and never panics."""

from __future__ import annotations

import numpy as np
import pytest

from large_calls import CALLS

REFUSALS = (ValueError, TypeError, MemoryError, OverflowError)

native = pytest.importorskip("prefmath._native")


class Recorder:
    """Stands for the kernels, and keeps the arguments that one was called with."""

    def __getattr__(self, name):
        return lambda *arguments: (name, list(arguments))


def typical_calls():
    for make, small, _ in CALLS.values():
        yield make(Recorder(), *small)()


def odd_ones(value):
    """Return values of odd sizes that may stand where this one does."""
    if isinstance(value, np.ndarray):
        yield value[:0].copy()
        yield value[:1].copy()
        yield np.concatenate([value, value])
        if value.ndim > 1:
            yield np.ascontiguousarray(value[..., :0])
            yield np.ascontiguousarray(value[..., :1])
        if value.dtype.kind == "i" and value.dtype.itemsize > 1:
            # No size between what is small and what no memory holds, which would be filled.
            large = 1 << (50 if value.dtype.itemsize == 8 else 30)
            for number in (-1, large, np.iinfo(value.dtype).max, np.iinfo(value.dtype).min):
                yield np.full_like(value, number)
                last = value.copy()
                last[..., -1:] = number
                yield last
        if value.dtype.kind == "f":
            for number in (0, np.nan, np.inf, 1e300):
                with np.errstate(over="ignore"):
                    yield np.full_like(value, number)
    elif isinstance(value, tuple):
        for at, part in enumerate(value):
            for odd in odd_ones(part):
                yield (*value[:at], odd, *value[at + 1 :])
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        yield from (0, 1, 2, -1, 1 << 50, 1 << 62, (1 << 63) - 1, 1 << 64)
    elif isinstance(value, float):
        yield from (0.0, -1.0, np.nan, np.inf)
    elif isinstance(value, str):
        yield "other"


def met(name, arguments):
    try:
        getattr(native, name)(*arguments)
    except REFUSALS:
        return None
    except BaseException as error:  # noqa: BLE001 - a panic is no Exception
        return f"{name}: {type(error).__name__}: {error}"
    return None


def test_no_argument_of_an_odd_size_panics():
    panics = []
    for name, arguments in typical_calls():
        for at, value in enumerate(arguments[:-1]):
            panics += [
                met(name, [*arguments[:at], odd, *arguments[at + 1 :]]) for odd in odd_ones(value)
            ]
    assert [panic for panic in panics if panic] == []


@pytest.mark.parametrize("size", [1, 3])
def test_a_tie_takes_two(kernels, size):
    features, coef, chosen = np.eye(2), np.zeros((1, 2)), np.zeros(2, np.int32)
    offsets, items = np.array([0, size, size + 2]), np.arange(size + 2, dtype=np.int32) % 2
    tied, people = np.array([True, False]), np.array([0, 2])
    sets = offsets, items, chosen, tied
    message = rf"a tie takes two items: tied\[0\] is of a choice set of {size}"
    with pytest.raises(ValueError, match=message):
        kernels.linear_posterior(features, coef, *sets, None, people, None, np.zeros(1), None, 1)
    with pytest.raises(ValueError, match=message):
        kernels.linear_statistics(
            features, np.zeros((2, 1)), *sets, np.ones((2, 1)), False, None, 1
        )
