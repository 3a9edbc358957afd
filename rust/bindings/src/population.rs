//! E-step and M-step kernels.

use numpy::{
    PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
    PyUntypedArrayMethods,
};
use prefmath_core::{Matrix, observation::ChoiceSets, population, solve};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::{Embeddings, by_float, matrix, optional, shaped, slice};
use crate::run::{detached, refused};

type Posterior<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>);
type LinearPosterior<'py> = (
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray2<f64>>,
);
type Statistics<'py> = (Bound<'py, PyArray2<f64>>, Bound<'py, PyArray3<f64>>);

/// Responsibilities and log-likelihood of each annotator.
#[pyfunction]
pub fn posterior_by_annotator<'py>(
    py: Python<'py>,
    log_likelihood: PyReadonlyArray2<'py, f64>,
    outcome: Option<PyReadonlyArray1<'py, i32>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    annotator_offsets: PyReadonlyArray1<'py, i64>,
    log_prior: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Posterior<'py>> {
    let ll = matrix(&log_likelihood)?;
    let (outcome, weight) = (optional(outcome.as_ref())?, optional(weight.as_ref())?);
    let (offsets, prior) = (slice(&annotator_offsets)?, matrix(&log_prior)?);
    let (responsibilities, evidence) = detached(py, n_threads, |workers| {
        population::posterior_by_annotator(ll, outcome, weight, offsets, prior, workers)
    })?;
    let shape = [evidence.len(), ll.n_columns()];
    Ok((
        shaped(py, responsibilities, shape)?,
        PyArray1::from_vec(py, evidence),
    ))
}

/// Weight of each outcome in each class.
#[pyfunction]
pub fn outcome_weights<'py>(
    py: Python<'py>,
    responsibilities: PyReadonlyArray2<'py, f64>,
    outcome: Option<PyReadonlyArray1<'py, i32>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    annotator_offsets: PyReadonlyArray1<'py, i64>,
    n_outcomes: usize,
    block_ends: Option<PyReadonlyArray1<'py, i64>>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (shares, offsets) = (matrix(&responsibilities)?, slice(&annotator_offsets)?);
    let (outcome, weight) = (optional(outcome.as_ref())?, optional(weight.as_ref())?);
    let ends = optional(block_ends.as_ref())?;
    let out = detached(py, n_threads, |workers| {
        population::outcome_weights(shares, outcome, weight, offsets, n_outcomes, ends, workers)
    })?;
    shaped(py, out, [n_outcomes, shares.n_columns()])
}

/// Gradient and Hessian of the weighted log-likelihood in linear coefficients.
#[pyfunction]
pub fn linear_statistics<'py>(
    py: Python<'py>,
    features: Embeddings<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    items: PyReadonlyArray1<'py, i32>,
    chosen: PyReadonlyArray1<'py, i32>,
    tied: Option<PyReadonlyArray1<'py, bool>>,
    weights: PyReadonlyArray2<'py, f64>,
    in_float64: bool,
    block_ends: Option<PyReadonlyArray1<'py, i64>>,
    n_threads: usize,
) -> PyResult<Statistics<'py>> {
    let (utility, weights) = (matrix(&utility)?, matrix(&weights)?);
    let (offsets, items) = (slice(&offsets)?, slice(&items)?);
    let (chosen, tied) = (slice(&chosen)?, optional(tied.as_ref())?);
    let ends = optional(block_ends.as_ref())?;
    let sets = ChoiceSets::new(offsets, items, utility.n_rows()).map_err(refused)?;
    by_float!(features, E => {
        let x = features.matrix::<E>()?;
        let (gradient, hessian) = detached(py, n_threads, |workers| {
            population::linear_statistics(x, utility, &sets, chosen, tied, weights, in_float64, ends, workers)
        })?;
        let (n_classes, d) = (utility.n_columns(), x.n_columns());
        Ok((
            shaped(py, gradient, [n_classes, d])?,
            shaped(py, hessian, [n_classes, d, d])?,
        ))
    })
}

/// Responsibilities, log-likelihood of each annotator, and gradient in the coefficients, in one pass.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn linear_posterior<'py>(
    py: Python<'py>,
    features: Embeddings<'py>,
    coef: PyReadonlyArray2<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    items: PyReadonlyArray1<'py, i32>,
    chosen: PyReadonlyArray1<'py, i32>,
    tied: Option<PyReadonlyArray1<'py, bool>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    annotator_offsets: PyReadonlyArray1<'py, i64>,
    counts: Option<PyReadonlyArray1<'py, f64>>,
    log_prior: PyReadonlyArray1<'py, f64>,
    block_ends: Option<PyReadonlyArray1<'py, i64>>,
    n_threads: usize,
) -> PyResult<LinearPosterior<'py>> {
    let coef = matrix(&coef)?;
    let (offsets, items, chosen) = (slice(&offsets)?, slice(&items)?, slice(&chosen)?);
    let (tied, weight) = (optional(tied.as_ref())?, optional(weight.as_ref())?);
    let (annotator_offsets, log_prior) = (slice(&annotator_offsets)?, slice(&log_prior)?);
    let (counts, block_ends) = (optional(counts.as_ref())?, optional(block_ends.as_ref())?);
    by_float!(features, E => {
        let features = features.matrix::<E>()?;
        let (responsibilities, evidence, gradient) = detached(py, n_threads, |workers| {
            let judged = population::LinearJudgements {
                features,
                sets: &ChoiceSets::new(offsets, items, features.n_rows())?,
                chosen,
                tied,
                weight,
                annotator_offsets,
                counts,
                block_ends,
            };
            population::linear_posterior(&judged, coef, log_prior, workers)
        })?;
        let shape = [evidence.len(), coef.n_rows()];
        Ok((
            shaped(py, responsibilities, shape)?,
            PyArray1::from_vec(py, evidence),
            shaped(py, gradient, [coef.n_rows(), coef.n_columns()])?,
        ))
    })
}

/// Sum over rows of their products with those of another matrix.
#[pyfunction]
pub fn cross_product<'py>(
    py: Python<'py>,
    left: Option<PyReadonlyArray2<'py, f64>>,
    right: PyReadonlyArray2<'py, f64>,
    block_ends: Option<PyReadonlyArray1<'py, i64>>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let (left, right) = (left.as_ref().map(matrix).transpose()?, matrix(&right)?);
    let block_ends = optional(block_ends.as_ref())?;
    let out = detached(py, n_threads, |workers| {
        population::cross_product(left, right, block_ends, workers)
    })?;
    let n_rows = left.map_or(1, |left| left.n_columns());
    shaped(py, out, [n_rows, right.n_columns()])
}

/// Newton direction of every class.
#[pyfunction]
pub fn newton_direction<'py>(
    py: Python<'py>,
    gradient: PyReadonlyArray2<'py, f64>,
    hessian: PyReadonlyArray3<'py, f64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let gradient = matrix(&gradient)?;
    let values = hessian
        .as_slice()
        .map_err(|_| PyValueError::new_err("kernels take C-contiguous arrays"))?;
    let &[n_classes, d, _] = hessian.shape() else {
        return Err(PyValueError::new_err("hessian must have three axes"));
    };
    let columns = values.len().checked_div(n_classes).unwrap_or(d * d);
    let hessian = Matrix::new(values, n_classes, columns).map_err(refused)?;
    let out = detached(py, n_threads, |workers| {
        solve::newton_direction(gradient, hessian, workers)
    })?;
    shaped(py, out, [gradient.n_rows(), gradient.n_columns()])
}
