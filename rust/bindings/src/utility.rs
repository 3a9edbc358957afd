//! Utility kernels.

use numpy::{PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2};
use prefmath_core::observation::ChoiceSets;
use prefmath_core::utility;
use pyo3::prelude::*;

use crate::arrays::{Embeddings, by_float, matrix, optional, shaped, slice};
use crate::run::detached;

type Table<'py> = Bound<'py, PyArray2<f64>>;

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

/// What the judgements of units could say of each coefficient, summed by class.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
pub fn linear_spread<'py>(
    py: Python<'py>,
    features: Embeddings<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    items: PyReadonlyArray1<'py, i32>,
    outcome: Option<PyReadonlyArray1<'py, i32>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    unit_offsets: PyReadonlyArray1<'py, i64>,
    responsibilities: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<(Table<'py>, Table<'py>, Table<'py>)> {
    let (offsets, items) = (slice(&offsets)?, slice(&items)?);
    let (outcome, weight) = (optional(outcome.as_ref())?, optional(weight.as_ref())?);
    let (unit_offsets, responsibilities) = (slice(&unit_offsets)?, matrix(&responsibilities)?);
    by_float!(features, E => {
        let features = features.matrix::<E>()?;
        let [masses, squares, moments] = detached(py, n_threads, |workers| {
            let units = utility::SpreadOfUnits {
                features,
                sets: &ChoiceSets::new(offsets, items, features.n_rows())?,
                outcome,
                weight,
                unit_offsets,
                responsibilities,
            };
            utility::linear_spread(&units, workers)
        })?;
        let shape = [responsibilities.n_columns(), features.n_columns()];
        Ok((
            shaped(py, masses, shape)?,
            shaped(py, squares, shape)?,
            shaped(py, moments, shape)?,
        ))
    })
}
