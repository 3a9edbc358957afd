//! Similarity kernels.

use numpy::{
    Element as NumpyElement, PyArray2, PyReadonlyArray2, PyReadwriteArray2, PyUntypedArrayMethods,
};
use prefmath_core::similarity::{self, Embedding, Metric};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Embeddings, Stored, by_element, matrix, shaped};
use crate::run::{detached, detached_with};

fn metric_of(name: &str, gamma: f64) -> PyResult<Metric> {
    match name {
        "cosine" => Ok(Metric::Cosine),
        "dot" => Ok(Metric::Dot),
        "angular" => Ok(Metric::Angular),
        "euclidean" => Ok(Metric::Euclidean),
        "sqeuclidean" => Ok(Metric::SquaredEuclidean),
        "rbf" => Ok(Metric::Rbf { gamma }),
        _ => Err(PyValueError::new_err(format!("no such metric: {name}"))),
    }
}

/// Writes the metric of all rows of `x` with all rows of `y`, or of `x`, to `out`.
#[pyfunction]
#[pyo3(signature = (x, y, metric, gamma, out, progress, n_threads))]
pub fn similarity_matrix<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    y: Option<Embeddings<'py>>,
    metric: &str,
    gamma: f64,
    out: &Bound<'py, PyAny>,
    progress: Option<Py<PyAny>>,
    n_threads: usize,
) -> PyResult<()> {
    let metric = metric_of(metric, gamma)?;
    by_element!(x, E => into::<E>(py, &x, y.as_ref(), metric, out, progress, n_threads))
}

fn into<'py, E: Stored + Embedding<Real: NumpyElement>>(
    py: Python<'py>,
    x: &Embeddings<'py>,
    y: Option<&Embeddings<'py>>,
    metric: Metric,
    out: &Bound<'py, PyAny>,
    progress: Option<Py<PyAny>>,
    n_threads: usize,
) -> PyResult<()> {
    let x = x.matrix::<E>()?;
    let y = y.map(Embeddings::matrix::<E>).transpose()?;
    let mut out: PyReadwriteArray2<'py, E::Real> = out.extract()?;
    let shape = [x.n_rows(), y.unwrap_or(x).n_rows()];
    if out.shape() != shape {
        let message = format!("out must have shape {shape:?}, not {:?}", out.shape());
        return Err(PyValueError::new_err(message));
    }
    let out = out
        .as_slice_mut()
        .map_err(|_| PyValueError::new_err("kernels write to C-contiguous arrays"))?;
    detached_with(py, n_threads, progress, |workers| {
        similarity::similarity_matrix(x, y, metric, out, workers)
    })
}

/// Dot products of all rows.
#[pyfunction]
pub fn gram<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f32>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    square(py, &x, Metric::Dot, n_threads)
}

/// Cosines of all rows.
#[pyfunction]
pub fn cosine<'py>(
    py: Python<'py>,
    x: PyReadonlyArray2<'py, f32>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    square(py, &x, Metric::Cosine, n_threads)
}

fn square<'py>(
    py: Python<'py>,
    x: &PyReadonlyArray2<'py, f32>,
    metric: Metric,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let x = matrix(x)?;
    let n = x.n_rows();
    let mut out = vec![0.0; n * n];
    detached(py, n_threads, |workers| {
        similarity::similarity_matrix(x, None, metric, &mut out, workers)
    })?;
    shaped(py, out, [n, n])
}
