//! Observation kernels.

use numpy::{PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2};
use prefmath_core::observation::{self, Description, Observation};
use pyo3::prelude::*;

use crate::arrays::{matrix, optional, shaped, slice};
use crate::pairs::{Rows, by_row};
use crate::run::detached;

type Table<'py> = Bound<'py, PyArray2<f64>>;

/// An observation as Python has it: kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, block_ends.
type Described<'py> = (
    String,
    Option<PyReadonlyArray1<'py, i64>>,
    PyReadonlyArray1<'py, i32>,
    Option<PyReadonlyArray1<'py, i32>>,
    Option<PyReadonlyArray1<'py, bool>>,
    Option<PyReadonlyArray1<'py, i32>>,
    Option<PyReadonlyArray1<'py, i32>>,
    String,
    i64,
    Option<PyReadonlyArray1<'py, i64>>,
);

/// The arrays of an observation.
fn description<'a>(described: &'a Described<'_>) -> PyResult<Description<'a>> {
    let (kind, offsets, items, chosen, tied, extra, n_ranked, ties, tie_row, block_ends) =
        described;
    Ok(Description {
        kind,
        offsets: optional(offsets.as_ref())?,
        items: slice(items)?,
        chosen: optional(chosen.as_ref())?,
        tied: optional(tied.as_ref())?,
        extra: optional(extra.as_ref())?,
        n_ranked: optional(n_ranked.as_ref())?,
        ties,
        tie_row: *tie_row,
        block_ends: optional(block_ends.as_ref())?,
    })
}

/// Log-likelihood of each outcome.
#[pyfunction]
pub fn log_likelihood<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    observation: Described<'py>,
    n_threads: usize,
) -> PyResult<Table<'py>> {
    let (utility, described) = (matrix(&utility)?, description(&observation)?);
    let (out, n_outcomes) = detached(py, n_threads, |workers| {
        let observation = Observation::new(&described, utility.n_rows())?;
        let out = observation::log_likelihood(utility, &observation, workers)?;
        Ok((out, observation.n_outcomes()))
    })?;
    shaped(py, out, [n_outcomes, utility.n_columns()])
}

/// Gradient and diagonal curvature on the utility table.
#[pyfunction]
pub fn table_gradient<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    observation: Described<'py>,
    weights: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<(Table<'py>, Table<'py>)> {
    let (utility, described) = (matrix(&utility)?, description(&observation)?);
    let weights = matrix(&weights)?;
    let (gradient, curvature) = detached(py, n_threads, |workers| {
        let observation = Observation::new(&described, utility.n_rows())?;
        observation::table_gradient(utility, &observation, weights, workers)
    })?;
    let shape = [utility.n_rows(), utility.n_columns()];
    Ok((shaped(py, gradient, shape)?, shaped(py, curvature, shape)?))
}

/// Negative Hessian on the utility table, times a direction.
#[pyfunction]
pub fn curvature_product<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    observation: Described<'py>,
    weights: PyReadonlyArray2<'py, f64>,
    direction: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Table<'py>> {
    let (utility, described) = (matrix(&utility)?, description(&observation)?);
    let (weights, direction) = (matrix(&weights)?, matrix(&direction)?);
    let out = detached(py, n_threads, |workers| {
        let observation = Observation::new(&described, utility.n_rows())?;
        observation::curvature_product(utility, &observation, weights, direction, workers)
    })?;
    shaped(py, out, [utility.n_rows(), utility.n_columns()])
}

/// Negative Hessian between any two rows of the utility table, of choices and rankings.
#[pyfunction]
pub fn table_curvature<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    observation: Described<'py>,
    weights: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray3<f64>>> {
    let (utility, described) = (matrix(&utility)?, description(&observation)?);
    let weights = matrix(&weights)?;
    let out = detached(py, n_threads, |workers| {
        let observation = Observation::new(&described, utility.n_rows())?;
        observation::table_curvature(utility, &observation, weights, workers)
    })?;
    shaped(
        py,
        out,
        [utility.n_columns(), utility.n_rows(), utility.n_rows()],
    )
}

/// Slopes of each outcome in the utilities of its entries, and in the parameter of ties.
#[pyfunction]
pub fn residuals<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray2<'py, f64>,
    observation: Described<'py>,
    n_threads: usize,
) -> PyResult<(Table<'py>, Option<Table<'py>>)> {
    let (utility, described) = (matrix(&utility)?, description(&observation)?);
    let (entries, ties) = detached(py, n_threads, |workers| {
        let observation = Observation::new(&described, utility.n_rows())?;
        observation::residuals(utility, &observation, workers)
    })?;
    let n_classes = utility.n_columns();
    let ties = ties.map(|ties| {
        let n_outcomes = ties.len() / n_classes;
        shaped(py, ties, [n_outcomes, n_classes])
    });
    let entries = shaped(py, entries, [described.items.len(), n_classes])?;
    Ok((entries, ties.transpose()?))
}

/// Table of wins, and of ties where there are some.
#[pyfunction]
pub fn count_pairs<'py>(
    py: Python<'py>,
    winner: Rows<'py>,
    loser: Rows<'py>,
    tied: Option<PyReadonlyArray1<'py, bool>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    n_items: usize,
    n_threads: usize,
) -> PyResult<(Table<'py>, Option<Table<'py>>)> {
    let (wins, ties) = by_row!(winner, loser, tied, weight, pairs => {
        detached(py, n_threads, |workers| {
            observation::count_pairs(pairs, n_items, workers)
        })
    })?;
    let shape = [n_items, n_items];
    let ties = ties.map(|ties| shaped(py, ties, shape)).transpose()?;
    Ok((shaped(py, wins, shape)?, ties))
}
