//! Similarity kernels.

use numpy::{PyArray2, PyReadonlyArray2};
use prefmath_core::similarity;
use pyo3::prelude::*;

use crate::arrays::{matrix, shaped};
use crate::run::detached;

/// Dot products of all rows.
#[pyfunction]
pub fn gram<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f32>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let x = matrix(&x)?;
    let out = detached(py, n_threads, |workers| similarity::gram(x, workers))?;
    shaped(py, out, [x.n_rows(), x.n_rows()])
}

/// Cosines of all rows.
#[pyfunction]
pub fn cosine<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f32>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let x = matrix(&x)?;
    let out = detached(py, n_threads, |workers| similarity::cosine(x, workers))?;
    shaped(py, out, [x.n_rows(), x.n_rows()])
}
