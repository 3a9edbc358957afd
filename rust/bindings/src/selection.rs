//! Selection kernels.

use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use prefmath_core::selection;
use pyo3::prelude::*;

use crate::arrays::{matrix, optional, shaped, slice};
use crate::run::detached;

type OnePool<'py> = (Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<f64>>);
type ManyPools<'py> = (Bound<'py, PyArray2<i32>>, Bound<'py, PyArray2<f64>>);

/// Greedy DPP on one pool.
#[pyfunction]
pub fn greedy_dpp<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f32>,
    quality: Option<PyReadonlyArray1<'py, f64>>,
    k: usize,
    n_threads: usize,
) -> PyResult<OnePool<'py>> {
    let (x, quality) = (matrix(&x)?, optional(quality.as_ref())?);
    let (rows, gains) = detached(py, n_threads, |workers| {
        selection::greedy_dpp(x, quality, k, workers)
    })?;
    Ok((PyArray1::from_vec(py, rows), PyArray1::from_vec(py, gains)))
}

/// Greedy DPP on many pools.
#[pyfunction]
pub fn greedy_dpp_batch<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f32>,
    offsets: PyReadonlyArray1<'py, i64>,
    quality: Option<PyReadonlyArray1<'py, f64>>,
    k: usize,
    n_threads: usize,
) -> PyResult<ManyPools<'py>> {
    let (x, offsets, quality) = (matrix(&x)?, slice(&offsets)?, optional(quality.as_ref())?);
    let (rows, gains) = detached(py, n_threads, |workers| {
        selection::greedy_dpp_batch(x, offsets, quality, k, workers)
    })?;
    let shape = [offsets.len() - 1, k];
    Ok((shaped(py, rows, shape)?, shaped(py, gains, shape)?))
}
