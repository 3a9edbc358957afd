//! Utility and observation kernels.

use numpy::{PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use prefmath_core::{choice, choice::ChoiceSets, choice::Pairs, utility};
use pyo3::prelude::*;

use crate::arrays::{matrix, optional, shaped, slice};
use crate::run::{detached, refused};

type Table<'py> = Bound<'py, PyArray2<f64>>;

/// Features as they come, without widening them.
#[derive(FromPyObject)]
pub enum Features<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
}

/// Utility table of items from their features.
#[pyfunction]
pub fn linear_utility<'py>(
    py: Python<'py>,
    features: Features<'py>,
    coef: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Table<'py>> {
    let coef = matrix(&coef)?;
    let (out, n_items) = match &features {
        Features::F32(features) => {
            let x = matrix(features)?;
            (
                detached(py, n_threads, |workers| {
                    utility::linear_utility(x, coef, workers)
                })?,
                x.n_rows(),
            )
        }
        Features::F64(features) => {
            let x = matrix(features)?;
            (
                detached(py, n_threads, |workers| {
                    utility::linear_utility(x, coef, workers)
                })?,
                x.n_rows(),
            )
        }
    };
    shaped(py, out, [n_items, coef.n_rows()])
}

/// Log-likelihood of choices of one.
#[pyfunction]
pub fn choose_one_log_likelihood<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    items: PyReadonlyArray1<'py, i32>,
    chosen: PyReadonlyArray1<'py, i32>,
    n_threads: usize,
) -> PyResult<Table<'py>> {
    let (utility, offsets, items, chosen) = (
        matrix(&utility)?,
        slice(&offsets)?,
        slice(&items)?,
        slice(&chosen)?,
    );
    let out = detached(py, n_threads, |workers| {
        let sets = ChoiceSets::new(offsets, items, utility.n_rows())?;
        choice::choose_one_log_likelihood(utility, &sets, chosen, workers)
    })?;
    shaped(py, out, [offsets.len() - 1, utility.n_columns()])
}

/// Gradient and diagonal curvature of choices of one.
#[pyfunction]
pub fn choose_one_gradient<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    items: PyReadonlyArray1<'py, i32>,
    chosen: PyReadonlyArray1<'py, i32>,
    weights: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<(Table<'py>, Table<'py>)> {
    let (utility, offsets, items, chosen) = (
        matrix(&utility)?,
        slice(&offsets)?,
        slice(&items)?,
        slice(&chosen)?,
    );
    let weights = matrix(&weights)?;
    let (gradient, curvature) = detached(py, n_threads, |workers| {
        let sets = ChoiceSets::new(offsets, items, utility.n_rows())?;
        choice::choose_one_gradient(utility, &sets, chosen, weights, workers)
    })?;
    let shape = [utility.n_rows(), utility.n_columns()];
    Ok((shaped(py, gradient, shape)?, shaped(py, curvature, shape)?))
}

/// Negative Hessian of choice sets, times a direction.
#[pyfunction]
pub fn curvature_product<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    items: PyReadonlyArray1<'py, i32>,
    weights: PyReadonlyArray2<'py, f64>,
    direction: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Table<'py>> {
    let (utility, offsets, items) = (matrix(&utility)?, slice(&offsets)?, slice(&items)?);
    let (weights, direction) = (matrix(&weights)?, matrix(&direction)?);
    let out = detached(py, n_threads, |workers| {
        let sets = ChoiceSets::new(offsets, items, utility.n_rows())?;
        choice::curvature_product(utility, &sets, weights, direction, workers)
    })?;
    shaped(py, out, [utility.n_rows(), utility.n_columns()])
}

/// Log-likelihood of pairs.
#[pyfunction]
pub fn pair_log_likelihood<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    pairs: PyReadonlyArray1<'py, i32>,
    tied: Option<PyReadonlyArray1<'py, bool>>,
    n_threads: usize,
) -> PyResult<Table<'py>> {
    let (utility, items, tied) = (matrix(&utility)?, slice(&pairs)?, optional(tied.as_ref())?);
    let out = detached(py, n_threads, |workers| {
        choice::pair_log_likelihood(
            utility,
            &Pairs::new(items, tied, utility.n_rows())?,
            workers,
        )
    })?;
    shaped(py, out, [items.len() / 2, utility.n_columns()])
}

/// Gradient and diagonal curvature of pairs.
#[pyfunction]
pub fn pair_gradient<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    pairs: PyReadonlyArray1<'py, i32>,
    tied: Option<PyReadonlyArray1<'py, bool>>,
    weights: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<(Table<'py>, Table<'py>)> {
    let (utility, items, tied) = (matrix(&utility)?, slice(&pairs)?, optional(tied.as_ref())?);
    let (weights, pairs) = (
        matrix(&weights)?,
        Pairs::new(items, tied, utility.n_rows()).map_err(refused)?,
    );
    let (gradient, curvature) = detached(py, n_threads, |workers| {
        choice::pair_gradient(utility, &pairs, weights, workers)
    })?;
    let shape = [utility.n_rows(), utility.n_columns()];
    Ok((shaped(py, gradient, shape)?, shaped(py, curvature, shape)?))
}
