//! Similarity kernels.

use numpy::{
    Element as NumpyElement, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1,
    PyUntypedArrayMethods,
};
use prefmath_core::similarity::{self, Embedding, Metric, Score};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Embeddings, Stored, by_element, optional, shaped};
use crate::run::detached_with;

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
    let mut out = out
        .cast::<PyArray2<E::Real>>()?
        .try_readwrite()
        .map_err(|_| PyValueError::new_err("out must be writable and not an argument as well"))?;
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

fn score_of(name: &str) -> PyResult<Score> {
    match name {
        "cosine" => Ok(Score::Cosine),
        "dot" => Ok(Score::Dot),
        "sqeuclidean" => Ok(Score::SquaredDistance),
        _ => Err(PyValueError::new_err(format!("no such score: {name}"))),
    }
}

type Table<'py, T> = Bound<'py, PyArray2<T>>;

/// The `k` nearest rows of `y`, or other rows of `x`, of every row of `x`.
#[pyfunction]
#[pyo3(signature = (x, y, k, metric, progress, n_threads))]
pub fn nearest_neighbors<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    y: Option<Embeddings<'py>>,
    k: usize,
    metric: &str,
    progress: Option<Py<PyAny>>,
    n_threads: usize,
) -> PyResult<(Table<'py, i32>, Table<'py, f64>)> {
    let score = score_of(metric)?;
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let y = y.as_ref().map(Embeddings::matrix::<E>).transpose()?;
        let (rows, scores) = detached_with(py, n_threads, progress, |workers| {
            similarity::nearest_neighbors(x, y, k, score, workers)
        })?;
        let shape = [x.n_rows(), k];
        Ok((shaped(py, rows, shape)?, shaped(py, scores, shape)?))
    })
}

/// The pairs of rows, of one pool where there are pools, that are at least, or at most, so similar.
#[pyfunction]
#[pyo3(signature = (x, offsets, threshold, metric, max_pairs, progress, n_threads))]
pub fn pairs_above<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: Option<PyReadonlyArray1<'py, i64>>,
    threshold: f64,
    metric: &str,
    max_pairs: usize,
    progress: Option<Py<PyAny>>,
    n_threads: usize,
) -> PyResult<Pairs<'py>> {
    let (score, offsets) = (score_of(metric)?, optional(offsets.as_ref())?);
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let found = detached_with(py, n_threads, progress, |workers| {
            similarity::pairs_above(x, offsets, threshold, score, max_pairs, workers)
        })?;
        pairs_of(py, found)
    })
}

/// The lowest row that such pairs connect each row with.
#[pyfunction]
#[pyo3(signature = (x, offsets, threshold, metric, progress, n_threads))]
pub fn groups_above<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: Option<PyReadonlyArray1<'py, i64>>,
    threshold: f64,
    metric: &str,
    progress: Option<Py<PyAny>>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<i32>>> {
    let (score, offsets) = (score_of(metric)?, optional(offsets.as_ref())?);
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let rows = detached_with(py, n_threads, progress, |workers| {
            similarity::groups_above(x, offsets, threshold, score, workers)
        })?;
        Ok(PyArray1::from_vec(py, rows))
    })
}

/// The `n` best pairs, the best first.
#[pyfunction]
#[pyo3(signature = (x, offsets, n, metric, progress, n_threads))]
pub fn top_pairs<'py>(
    py: Python<'py>,
    x: Embeddings<'py>,
    offsets: Option<PyReadonlyArray1<'py, i64>>,
    n: usize,
    metric: &str,
    progress: Option<Py<PyAny>>,
    n_threads: usize,
) -> PyResult<Pairs<'py>> {
    let (score, offsets) = (score_of(metric)?, optional(offsets.as_ref())?);
    by_element!(x, E => {
        let x = x.matrix::<E>()?;
        let found = detached_with(py, n_threads, progress, |workers| {
            similarity::top_pairs(x, offsets, n, score, workers)
        })?;
        pairs_of(py, found)
    })
}

type Pairs<'py> = (Table<'py, i32>, Bound<'py, PyArray1<f64>>);

fn pairs_of(py: Python<'_>, (pairs, scores): similarity::Pairs) -> PyResult<Pairs<'_>> {
    let shape = [pairs.len(), 2];
    Ok((
        shaped(py, pairs.into_flattened(), shape)?,
        PyArray1::from_vec(py, scores),
    ))
}
