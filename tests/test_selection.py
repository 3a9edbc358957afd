"""select and select_batch: what they return, and which arrays they take."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import prefmath
from kernel_data import embeddings, many_pools, random_embeddings
from prefmath import select, select_batch


def some_rows(n=12, d=7):
    return np.random.default_rng(0).standard_normal((n, d)).astype(np.float32)


def assert_equal_selection(one, two):
    np.testing.assert_array_equal(one.indices, two.indices)
    np.testing.assert_array_equal(one.gains, two.gains)


@given(embeddings(), st.integers(0, 50))
def test_what_select_returns(x, k):
    found = select(x, k, allow_fewer=True)
    assert found.indices.dtype == np.int64
    assert found.gains.dtype == np.float64
    assert found.indices.shape == found.gains.shape == (len(found),)
    assert len(found) <= min(k, *x.shape)
    assert len(set(found.indices.tolist())) == len(found)
    assert isinstance(found.value, float)
    assert found.value == pytest.approx(found.gains.sum())


def test_the_value_is_the_log_determinant():
    x, quality = some_rows(), np.linspace(0.5, 2, 12)
    found = select(x, 5, quality=quality)
    chosen = x[found.indices].astype(np.float64)
    rows = chosen / np.linalg.norm(chosen, axis=1, keepdims=True)
    rows *= quality[found.indices, None]
    assert found.value == pytest.approx(np.linalg.slogdet(rows @ rows.T)[1], abs=1e-10)


@given(many_pools())
def test_select_batch_is_select_on_each_pool(pools):
    x, offsets, quality, k = pools
    found = select_batch(x, offsets, k, quality=quality, allow_fewer=True)
    assert found.indices.dtype == np.int64
    assert found.indices.shape == found.gains.shape == (len(offsets) - 1, k)
    assert found.values.shape == (len(found),) == (len(offsets) - 1,)
    np.testing.assert_allclose(found.values, found.gains.sum(axis=1), atol=1e-12)
    for pool, (indices, gains) in enumerate(zip(found.indices, found.gains, strict=True)):
        rows = slice(offsets[pool], offsets[pool + 1])
        of_pool = None if quality is None else quality[rows]
        alone = select(x[rows], k, quality=of_pool, allow_fewer=True)
        n = len(alone)
        np.testing.assert_array_equal(indices[:n], alone.indices + rows.start)
        np.testing.assert_allclose(gains[:n], alone.gains, rtol=1e-12, atol=0)
        assert (indices[n:] == -1).all()
        assert (gains[n:] == 0).all()


def test_choosing_none():
    x = some_rows()
    assert select(x, 0).indices.tolist() == []
    assert select(x, 0).value == 0
    assert select(np.empty((0, 3), np.float32), 0).indices.tolist() == []
    found = select_batch(x, [0, 5, 12], 0)
    assert found.indices.shape == (2, 0)
    assert found.values.tolist() == [0, 0]


def test_choosing_all():
    x = some_rows(6, 7)
    assert sorted(select(x, 6).indices) == list(range(6))
    assert sorted(select_batch(x, [0, 6], 6).indices[0]) == list(range(6))


def test_no_pools_and_empty_pools():
    nothing = np.empty((0, 3), np.float32)
    assert select_batch(nothing, [0], 4).indices.shape == (0, 4)
    assert select_batch(nothing, [0, 0, 0], 0).indices.shape == (2, 0)
    found = select_batch(nothing, [0, 0, 0], 2, allow_fewer=True)
    assert found.indices.tolist() == [[-1, -1], [-1, -1]]
    found = select_batch(some_rows(2), [0, 0, 2, 2], 1, allow_fewer=True)
    assert found.indices.tolist() == [[-1], [0], [-1]]


def test_fewer_where_allowed():
    x = np.array([[1, 0], [2, 0], [0, 3], [1, 1]], np.float32)
    assert select(x, 4, allow_fewer=True).indices.tolist() == [0, 2]
    assert select(x, 99, quality=[1, 0, 0, 0], allow_fewer=True).indices.tolist() == [0]
    found = select_batch(x, [0, 2, 4], 5, allow_fewer=True)
    assert found.indices.tolist() == [[0, -1, -1, -1, -1], [2, 3, -1, -1, -1]]


def as_readonly(x):
    x = x.copy()
    x.flags.writeable = False
    return x


AS_GIVEN = {
    "float64": lambda x: x.astype(np.float64),
    "float64 in Fortran order": lambda x: np.asfortranarray(x, np.float64),
    "Fortran order": np.asfortranarray,
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "columns of a wider matrix": lambda x: np.pad(x, ((0, 0), (1, 2)))[:, 1:-2],
    "read-only": as_readonly,
    "big-endian": lambda x: x.astype(">f4"),
    "lists": lambda x: x.tolist(),
}


@pytest.mark.parametrize("name", AS_GIVEN)
def test_any_array_of_the_same_numbers_gives_the_same(name):
    x = some_rows(40)
    given_x = AS_GIVEN[name](x)
    before = np.array(given_x)
    offsets = [0, 25, 40]
    assert_equal_selection(select(given_x, 4), select(x, 4))
    assert_equal_selection(select_batch(given_x, offsets, 4), select_batch(x, offsets, 4))
    np.testing.assert_array_equal(np.array(given_x), before)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint16, np.int64])
def test_numbers_of_other_types_are_converted(dtype):
    x = random_embeddings(np.random.default_rng(1), 30, 6, grid=True)
    x = np.abs(np.clip(x, -3, 3)).astype(dtype)
    x[:, 0] += dtype(1)
    assert_equal_selection(select(x, 4), select(x.astype(np.float32), 4))


def test_what_is_given_stays_as_it_is():
    x, quality = some_rows(), np.linspace(0, 1, 12)
    offsets = np.array([0, 6, 12], np.uint8)
    copies = x.copy(), quality.copy(), offsets.copy()
    for array in (x, quality, offsets):
        array.flags.writeable = False
    select(x, 3, quality=quality)
    select_batch(x, offsets, 3, quality=quality)
    for array, copy in zip((x, quality, offsets), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("quality", [[1, 2, 3], np.array([1, 2, 3], np.float32), (1.0, 2, 3)])
def test_quality_may_be_of_any_numbers(quality):
    x = some_rows(3)
    assert_equal_selection(
        select(x, 2, quality=quality), select(x, 2, quality=np.array([1.0, 2.0, 3.0]))
    )


def test_reprs():
    x = np.eye(12, dtype=np.float32)
    assert repr(select(x, 2)) == "Selection(2 chosen: 0, 1; value 0; optimal)"
    rows = "0, 1, 2, 3, 4, 5, 6, 7, …"
    assert repr(select(x, 9)) == f"Selection(9 chosen: {rows}; value 0; optimal)"
    found = select_batch(x, [0, 3, 12], 4, allow_fewer=True)
    assert repr(found) == "BatchSelection(4 from each of 2 pools; 1 pools had fewer; mean value 0)"
    found = select_batch(x[:0], [0], 4)
    assert repr(found) == "BatchSelection(4 from each of 0 pools)"


def test_the_names_are_public():
    assert {"select", "select_batch", "Selection", "BatchSelection"} <= set(prefmath.__all__)
    assert isinstance(select(some_rows(), 1), prefmath.Selection)
    assert isinstance(select_batch(some_rows(), [0, 12], 1), prefmath.BatchSelection)
