//! NumPy arrays as the slices and matrices of the core, without a copy, and back.

use numpy::ndarray::{Dim, Dimension, IntoDimension};
use numpy::{
    Element as NumpyElement, PyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2,
    PyUntypedArrayMethods,
};
use prefmath_core::Matrix;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::run::refused;

/// The values of a C-contiguous vector.
pub fn slice<'a, T: NumpyElement>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
    array
        .as_slice()
        .map_err(|_| PyValueError::new_err("kernels take C-contiguous arrays"))
}

/// The values of an optional vector.
pub fn optional<'a, T: NumpyElement>(
    array: Option<&'a PyReadonlyArray1<'_, T>>,
) -> PyResult<Option<&'a [T]>> {
    array.map(slice).transpose()
}

/// A C-contiguous matrix.
pub fn matrix<'a, T: NumpyElement>(array: &'a PyReadonlyArray2<'_, T>) -> PyResult<Matrix<'a, T>> {
    let values = array
        .as_slice()
        .map_err(|_| PyValueError::new_err("kernels take C-contiguous arrays"))?;
    let &[n_rows, n_columns] = array.shape() else {
        return Err(PyValueError::new_err("kernels take matrices here"));
    };
    Matrix::new(values, n_rows, n_columns).map_err(refused)
}

/// A vector of the core as an array of the given shape; the values are moved, not copied.
pub fn shaped<T: NumpyElement, const N: usize>(
    py: Python<'_>,
    values: Vec<T>,
    shape: [usize; N],
) -> PyResult<Bound<'_, PyArray<T, Dim<[usize; N]>>>>
where
    Dim<[usize; N]>: Dimension,
    [usize; N]: IntoDimension<Dim = Dim<[usize; N]>>,
{
    PyArray1::from_vec(py, values).reshape(shape)
}
