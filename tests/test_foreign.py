"""What callers pass for a matrix: tensors, frames, lists, texts; read, or refused in a sentence."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse

import prefmath
from prefmath._foreign import as_array

MATRIX = np.arange(12.0).reshape(4, 3)
TEXTS = ["a short answer", "an answer that is long enough to be cut where it is shown"]


def raises(error, message):
    return pytest.raises(error, match=f"^{re.escape(message)}$")


class Tensor:
    """As much of a tensor of torch as is asked of one."""

    def __init__(self, values, dtype="torch.float32", device="cpu", *, graph=False):
        self.values, self.dtype, self.device, self.graph = values, dtype, device, graph

    def detach(self):
        return Tensor(self.values, self.dtype, self.device)

    def float(self):
        return Tensor(self.values)

    def contiguous(self):
        return self

    def view(self, dtype):
        assert dtype == "int16"
        bits = self.values.astype(np.float32).view(np.uint32) >> 16
        return Tensor(bits.astype(np.uint16).view(np.int16))

    def __array__(self, dtype=None, copy=None):
        if self.graph:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        if self.dtype not in {"torch.float32", "torch.int16"}:
            raise TypeError("Got unsupported ScalarType")
        return self.values


def test_arrays_are_not_copied():
    assert as_array(MATRIX, "X") is MATRIX
    assert as_array(Tensor(MATRIX, graph=True), "X") is MATRIX
    frame = pd.DataFrame(MATRIX)
    np.testing.assert_array_equal(as_array(frame, "X"), MATRIX)
    np.testing.assert_array_equal(as_array(pl.DataFrame(MATRIX), "X"), MATRIX)


def test_bfloat16_tensors(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", SimpleNamespace(int16="int16"))
    found = as_array(Tensor(MATRIX, "torch.bfloat16"), "X")
    assert found.dtype.name == "bfloat16"
    np.testing.assert_array_equal(found.astype(np.float64), MATRIX)
    monkeypatch.setitem(__import__("sys").modules, "ml_dtypes", None)
    np.testing.assert_array_equal(as_array(Tensor(MATRIX, "torch.bfloat16"), "X"), MATRIX)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_real_tensors(dtype):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(MATRIX, dtype=getattr(torch, dtype), requires_grad=True)
    found = prefmath.similarity_matrix(tensor + 1)
    np.testing.assert_allclose(found, prefmath.similarity_matrix(MATRIX + 1), atol=1e-6)
    prefmath.select(tensor + 1, 2, quality=tensor[:, 0] + 1)


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        (Tensor(MATRIX, device="cuda:0"), TypeError, "X is a tensor on cuda:0: pass X.cpu()"),
        (
            Tensor(MATRIX, "torch.float8_e4m3fn"),
            TypeError,
            "X is a tensor of torch.float8_e4m3fn that NumPy cannot read: pass X.float()",
        ),
        (pl.DataFrame(MATRIX).lazy(), TypeError, "X is a lazy frame: collect it first"),
        (
            scipy.sparse.csr_array(MATRIX),
            TypeError,
            "X is a sparse matrix: pass X.toarray()",
        ),
        ([[1, 2], [3]], ValueError, "X must be rectangular: row 1 has 1 values and row 0 has 2"),
        ([[1, 2], 3], ValueError, "X must be rectangular: some rows are lists and some are not"),
        (
            np.ma.masked_equal(MATRIX, 5),
            ValueError,
            "X must not be missing: X[1, 2] is masked",
        ),
        (None, TypeError, "X must be a matrix, (rows, columns), not NoneType"),
        ({"a": [1]}, TypeError, "X must be a matrix, (rows, columns), not dict"),
        (
            TEXTS,
            TypeError,
            (
                "X must hold numbers, but X[0] is the text 'a short answer': embed texts "
                "first, one vector a text"
            ),
        ),
        (
            pd.Series(TEXTS[1:]),
            TypeError,
            (
                "X must hold numbers, but X[0] is the text 'an answer that is long enough …': "
                "embed texts first, one vector a text"
            ),
        ),
        ("a", TypeError, "X must be a matrix, (rows, columns), not str"),
    ],
)
def test_what_is_no_matrix(values, error, said):
    with raises(error, said):
        prefmath.similarity_matrix(values)
    with raises(error, said):
        prefmath.select(values, 1)


def test_a_mask_that_hides_nothing():
    found = prefmath.similarity_matrix(np.ma.masked_equal(MATRIX + 1, 99))
    np.testing.assert_array_equal(found, prefmath.similarity_matrix(MATRIX + 1))
