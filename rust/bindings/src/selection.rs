//! Selection kernels.

use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use prefmath_core::selection::{self, Method, Projections, Rules, Source, Terms};
use pyo3::prelude::*;

use crate::arrays::{matrix, optional, shaped, slice};
use crate::run::{detached, refused};

type OnePool<'py> = (Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<f64>>);
type ManyPools<'py> = (Bound<'py, PyArray2<i32>>, Bound<'py, PyArray2<f64>>);
type ExactPools<'py> = (
    Bound<'py, PyArray2<i32>>,
    Bound<'py, PyArray2<f64>>,
    Bound<'py, PyArray1<bool>>,
);

/// Embeddings, one a row, or the similarities of every two rows of each pool, matrix after matrix.
#[derive(FromPyObject)]
pub enum GivenPools<'py> {
    Embeddings(PyReadonlyArray2<'py, f32>),
    Similarities(PyReadonlyArray1<'py, f64>),
}

impl GivenPools<'_> {
    fn source(&self) -> PyResult<Source<'_>> {
        Ok(match self {
            Self::Embeddings(x) => matrix(x)?.into(),
            Self::Similarities(values) => slice(values)?.into(),
        })
    }
}

/// eligible, include and its offsets by pool, group, least and most of each group, max_similarity.
#[derive(FromPyObject)]
pub struct GivenRules<'py>(
    Option<PyReadonlyArray1<'py, bool>>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
    Option<PyReadonlyArray1<'py, i32>>,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray1<'py, i64>,
    f64,
);

impl GivenRules<'_> {
    fn rules(&self) -> PyResult<Rules<'_>> {
        Ok(Rules {
            eligible: optional(self.0.as_ref())?,
            include: slice(&self.1)?,
            include_offsets: slice(&self.2)?,
            group: optional(self.3.as_ref())?,
            least: slice(&self.4)?,
            most: slice(&self.5)?,
            max_similarity: self.6,
        })
    }
}

fn terms_of<'a>(
    method: &str,
    bonus: Option<&'a PyReadonlyArray1<'_, f64>>,
    weight: f64,
) -> PyResult<Terms<'a>> {
    Ok(Terms {
        method: Method::named(method).map_err(refused)?,
        bonus: optional(bonus)?,
        weight,
    })
}

fn rules_of<'a>(rules: Option<&'a GivenRules<'_>>) -> PyResult<Option<Rules<'a>>> {
    rules.map(GivenRules::rules).transpose()
}

/// That of what is chosen from pools: a row each, as wide as the most that may be.
fn shape_of(offsets: &[i64], ks: &[i64]) -> [usize; 2] {
    let k = ks.iter().max().map_or(0, |&k| k as usize);
    [offsets.len() - 1, k]
}

/// The greedy choice from one pool.
#[pyfunction]
pub fn greedy<'py>(
    py: Python<'py>,
    x: GivenPools<'py>,
    method: &str,
    bonus: Option<PyReadonlyArray1<'py, f64>>,
    weight: f64,
    k: usize,
    rules: Option<GivenRules<'py>>,
    n_threads: usize,
) -> PyResult<OnePool<'py>> {
    let terms = terms_of(method, bonus.as_ref(), weight)?;
    let (x, rules) = (x.source()?, rules_of(rules.as_ref())?);
    let (rows, gains) = detached(py, n_threads, |workers| {
        selection::greedy(x, terms, k, rules, workers)
    })?;
    Ok((PyArray1::from_vec(py, rows), PyArray1::from_vec(py, gains)))
}

/// The greedy choice from many pools.
#[pyfunction]
pub fn greedy_batch<'py>(
    py: Python<'py>,
    x: GivenPools<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    method: &str,
    bonus: Option<PyReadonlyArray1<'py, f64>>,
    weight: f64,
    ks: PyReadonlyArray1<'py, i64>,
    rules: Option<GivenRules<'py>>,
    n_threads: usize,
) -> PyResult<ManyPools<'py>> {
    let terms = terms_of(method, bonus.as_ref(), weight)?;
    let (x, rules) = (x.source()?, rules_of(rules.as_ref())?);
    let (offsets, ks) = (slice(&offsets)?, slice(&ks)?);
    let (rows, gains) = detached(py, n_threads, |workers| {
        selection::greedy_batch(x, offsets, terms, ks, rules, workers)
    })?;
    let shape = shape_of(offsets, ks);
    Ok((shaped(py, rows, shape)?, shaped(py, gains, shape)?))
}

/// Samples of determinantal point processes whose kernels are projections.
#[pyfunction]
pub fn sample_projections<'py>(
    py: Python<'py>,
    vectors: PyReadonlyArray2<'py, f64>,
    sums: Option<PyReadonlyArray2<'py, f64>>,
    members: PyReadonlyArray1<'py, i32>,
    offsets: PyReadonlyArray1<'py, i64>,
    uniforms: PyReadonlyArray2<'py, f64>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray1<i32>>> {
    let projections = Projections {
        vectors: matrix(&vectors)?,
        sums: sums.as_ref().map(matrix).transpose()?,
        members: slice(&members)?,
        offsets: slice(&offsets)?,
        uniforms: matrix(&uniforms)?,
    };
    let items = detached(py, n_threads, |workers| {
        selection::sample_projections(projections, workers)
    })?;
    Ok(PyArray1::from_vec(py, items))
}

/// The best choice of all from many small pools, and whether the greedy one is as good.
#[pyfunction]
pub fn exact_batch<'py>(
    py: Python<'py>,
    x: GivenPools<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    method: &str,
    bonus: Option<PyReadonlyArray1<'py, f64>>,
    weight: f64,
    ks: PyReadonlyArray1<'py, i64>,
    rules: Option<GivenRules<'py>>,
    n_threads: usize,
) -> PyResult<ExactPools<'py>> {
    let terms = terms_of(method, bonus.as_ref(), weight)?;
    let (x, rules) = (x.source()?, rules_of(rules.as_ref())?);
    let (offsets, ks) = (slice(&offsets)?, slice(&ks)?);
    let ((rows, gains), of_greedy) = detached(py, n_threads, |workers| {
        selection::exact_batch(x, offsets, terms, ks, rules, workers)
    })?;
    let shape = shape_of(offsets, ks);
    Ok((
        shaped(py, rows, shape)?,
        shaped(py, gains, shape)?,
        PyArray1::from_vec(py, of_greedy),
    ))
}

/// Given sets refined by swaps.
#[pyfunction]
pub fn refine_batch<'py>(
    py: Python<'py>,
    x: GivenPools<'py>,
    offsets: PyReadonlyArray1<'py, i64>,
    method: &str,
    bonus: Option<PyReadonlyArray1<'py, f64>>,
    weight: f64,
    ks: PyReadonlyArray1<'py, i64>,
    rules: Option<GivenRules<'py>>,
    positions: PyReadonlyArray2<'py, i32>,
    n_threads: usize,
) -> PyResult<Bound<'py, PyArray2<i32>>> {
    let terms = terms_of(method, bonus.as_ref(), weight)?;
    let shape = [positions.shape()[0], positions.shape()[1]];
    let (x, rules) = (x.source()?, rules_of(rules.as_ref())?);
    let (offsets, ks) = (slice(&offsets)?, slice(&ks)?);
    let positions = positions.as_slice()?;
    let refined = detached(py, n_threads, |workers| {
        selection::refine_batch(x, offsets, terms, ks, rules, positions, workers)
    })?;
    shaped(py, refined, shape)
}
