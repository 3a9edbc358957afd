//! Utility kernels.

use numpy::{PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2};
use prefmath_core::utility;
use pyo3::prelude::*;

use crate::arrays::{Embeddings, by_float, matrix, shaped, slice};
use crate::run::detached;

/// Utility table of items from their features.
#[pyfunction]
pub fn linear_utility<'py>(
    py: Python<'py>,
    features: Embeddings<'py>,
    coef: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let coef = matrix(&coef)?;
    by_float!(features, E => {
        let x = features.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            utility::linear_utility(x, coef, workers)
        })?;
        shaped(py, out, [x.n_rows(), coef.n_rows()])
    })
}

/// Gradient in the coefficients from one on the utility table.
#[pyfunction]
pub fn linear_pull_back<'py>(
    py: Python<'py>,
    features: Embeddings<'py>,
    of_table: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let of_table = matrix(&of_table)?;
    by_float!(features, E => {
        let x = features.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            utility::linear_pull_back(x, of_table, workers)
        })?;
        shaped(py, out, [of_table.n_columns(), x.n_columns()])
    })
}

/// Score of each unit in each class.
#[pyfunction]
pub fn linear_scores<'py>(
    py: Python<'py>,
    features: Embeddings<'py>,
    items: PyReadonlyArray1<'py, i32>,
    residuals: PyReadonlyArray2<'py, f64>,
    entry_offsets: PyReadonlyArray1<'py, i64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray3<f64>>> {
    let (items, offsets) = (slice(&items)?, slice(&entry_offsets)?);
    let residuals = matrix(&residuals)?;
    by_float!(features, E => {
        let x = features.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            utility::linear_scores(x, items, residuals, offsets, workers)
        })?;
        let n_units = offsets.len() - 1;
        shaped(py, out, [n_units, residuals.n_columns(), x.n_columns()])
    })
}
