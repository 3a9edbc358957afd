//! Kernels of many pools: Gram matrices, figures of diversity, covariance.

use numpy::{PyArray1, PyArray2, PyReadonlyArray1};
use prefmath_core::similarity::{self, Entry, Measure};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Embeddings, by_element, shaped, slice};
use crate::run::detached;

type Figures<'py> = Bound<'py, PyArray1<f64>>;

fn measure_of(metric: &str) -> PyResult<Measure> {
    match metric {
        "cosine" => Ok(Measure::Cosine),
        "sqeuclidean" => Ok(Measure::SquaredDistance),
        _ => Err(PyValueError::new_err(format!("no such metric: {metric}"))),
    }
}

/// Gram matrices, or those of cosines, one after the other.
#[pyfunction]
pub fn gram_batch<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    metric: &str,
    n_threads: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let offsets = slice(&offsets)?;
    let entry = match metric {
        "dot" => Entry::Dot,
        "cosine" => Entry::Cosine,
        _ => return Err(PyValueError::new_err(format!("no such metric: {metric}"))),
    };
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            similarity::gram_batch(x, offsets, entry, workers)
        })?;
        Ok(PyArray1::from_vec(py, out).into_any())
    })
}

/// Mean cosine of the pairs of each pool.
#[pyfunction]
pub fn mean_cosine<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    n_threads: usize,
) -> PyResult<Figures<'py>> {
    let offsets = slice(&offsets)?;
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            similarity::mean_cosine(x, offsets, workers)
        })?;
        Ok(PyArray1::from_vec(py, out))
    })
}

/// The closest two rows of each pool.
#[pyfunction]
pub fn closest_pairs<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    metric: &str,
    n_threads: usize,
) -> PyResult<(Bound<'py, PyArray2<i32>>, Figures<'py>)> {
    let (offsets, measure) = (slice(&offsets)?, measure_of(metric)?);
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let (rows, scores) = detached(py, n_threads, |workers| {
            similarity::closest_pairs(x, offsets, measure, workers)
        })?;
        let n_pools = scores.len();
        Ok((shaped(py, rows, [n_pools, 2])?, PyArray1::from_vec(py, scores)))
    })
}

/// The largest distance of a row of each pool to the nearest selected one.
#[pyfunction]
pub fn coverage<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    selected: PyReadonlyArray1<'py, i64>,
    selected_offsets: PyReadonlyArray1<'py, i64>,
    metric: &str,
    n_threads: usize,
) -> PyResult<Figures<'py>> {
    let (offsets, measure) = (slice(&offsets)?, measure_of(metric)?);
    let (selected, selected_offsets) = (slice(&selected)?, slice(&selected_offsets)?);
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            similarity::coverage(x, offsets, selected, selected_offsets, measure, workers)
        })?;
        Ok(PyArray1::from_vec(py, out))
    })
}

/// The sum of the outer products of all rows, or of the unit vectors along them.
#[pyfunction]
pub fn covariance<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    unit: bool,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let out = detached(py, n_threads, |workers| {
            similarity::covariance(x, unit, workers)
        })?;
        shaped(py, out, [x.n_columns(), x.n_columns()])
    })
}
