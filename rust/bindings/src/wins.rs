//! Kernels over wins sorted by winner.

use numpy::{PyArray1, PyReadonlyArray1};
use prefmath_core::observation::{self, WinRows, Wins};
use pyo3::prelude::*;

use crate::arrays::{optional, slice};
use crate::pairs::{Rows, by_row};
use crate::run::detached;

type Vector<'py, T> = Bound<'py, PyArray1<T>>;

/// Offsets, losers, weights, and how often each item won and lost.
type Sorted<'py> = (
    Vector<'py, i64>,
    Vector<'py, i32>,
    Option<Vector<'py, f64>>,
    Vector<'py, f64>,
    Vector<'py, f64>,
);

/// Log-likelihood, gradient, diagonal, and the curvature of each win.
type Derivatives<'py> = (f64, Vector<'py, f64>, Vector<'py, f64>, Vector<'py, f64>);

/// Pairs sorted by winner: offsets, losers, weights, and how often each item won and lost.
#[pyfunction]
pub fn wins_by_winner<'py>(
    py: Python<'py>,
    winner: Rows<'py>,
    loser: Rows<'py>,
    tied: Option<PyReadonlyArray1<'py, bool>>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    n_items: usize,
    n_threads: usize,
) -> PyResult<Sorted<'py>> {
    let wins: Wins = by_row!(winner, loser, tied, weight, pairs => {
        detached(py, n_threads, |workers| {
            observation::wins_by_winner(pairs, n_items, workers)
        })
    })?;
    Ok((
        PyArray1::from_vec(py, wins.offsets),
        PyArray1::from_vec(py, wins.loser),
        wins.weight.map(|weight| PyArray1::from_vec(py, weight)),
        PyArray1::from_vec(py, wins.won),
        PyArray1::from_vec(py, wins.lost),
    ))
}

/// Log-likelihood of wins, its gradient, diagonal curvature, and the curvature of each win.
#[pyfunction]
pub fn win_derivatives<'py>(
    py: Python<'py>,
    utility: PyReadonlyArray1<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    loser: PyReadonlyArray1<'py, i32>,
    weight: Option<PyReadonlyArray1<'py, f64>>,
    n_threads: usize,
) -> PyResult<Derivatives<'py>> {
    let (utility, weight) = (slice(&utility)?, optional(weight.as_ref())?);
    let (offsets, loser) = (slice(&offsets)?, slice(&loser)?);
    let found = detached(py, n_threads, |workers| {
        let wins = WinRows::new(offsets, loser)?;
        observation::win_derivatives(utility, wins, weight, workers)
    })?;
    Ok((
        found.log_likelihood,
        PyArray1::from_vec(py, found.gradient),
        PyArray1::from_vec(py, found.diagonal),
        PyArray1::from_vec(py, found.curvature),
    ))
}

/// Negative Hessian of wins, times a direction.
#[pyfunction]
pub fn win_product<'py>(
    py: Python<'py>,
    direction: PyReadonlyArray1<'py, f64>,
    offsets: PyReadonlyArray1<'py, i64>,
    loser: PyReadonlyArray1<'py, i32>,
    curvature: PyReadonlyArray1<'py, f64>,
    n_threads: usize,
) -> PyResult<Vector<'py, f64>> {
    let (direction, curvature) = (slice(&direction)?, slice(&curvature)?);
    let (offsets, loser) = (slice(&offsets)?, slice(&loser)?);
    let out = detached(py, n_threads, |workers| {
        let wins = WinRows::new(offsets, loser)?;
        observation::win_product(direction, wins, curvature, workers)
    })?;
    Ok(PyArray1::from_vec(py, out))
}
