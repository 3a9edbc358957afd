//! Rows of a pool as they are multiplied, and their norms.

use super::super::exact::dot;
use super::super::real::{Embedding, Real};
use super::super::rows::Argument;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::memory::Growing;
use crate::simd::Target;

/// Rows in the type that they are computed in: as they are, or converted into `buffer`.
///
/// # Errors
/// If there is no memory for the buffer.
#[inline(always)]
pub fn reals<'a, T: Target, E: Embedding>(
    rows: &'a [E],
    buffer: &'a mut Vec<E::Real>,
) -> Result<&'a [E::Real]> {
    if let Some(rows) = E::as_reals(rows) {
        return Ok(rows);
    }
    buffer.resized(rows.len(), E::Real::default())?;
    let ((chunks, rest), (outs, out_rest)) = (rows.as_chunks(), buffer.as_chunks_mut());
    for (out, values) in outs.iter_mut().zip(chunks) {
        *out = E::reals_x8::<T>(values);
    }
    for (out, value) in out_rest.iter_mut().zip(rest) {
        *out = E::Real::from_f64(value.widen());
    }
    Ok(buffer)
}

/// The squared norm of a row of X.
///
/// # Errors
/// Refuses NaN and infinity, and, where directions count, rows without one.
#[inline(always)]
pub fn squared_norm<T: Target, E: Embedding>(
    x: Matrix<'_, E>,
    row: usize,
    with_direction: bool,
) -> Result<f64> {
    let values = x.row(row);
    let norm = dot::<T, E>(values, values);
    // float64 alone has values whose squares it cannot hold.
    if !norm.is_finite() || (with_direction && norm < f64::MIN_POSITIVE) {
        refuse(x, row, norm)?;
    }
    Ok(norm)
}

#[cold]
fn refuse<E: Embedding>(x: Matrix<'_, E>, row: usize, norm: f64) -> Result<()> {
    let argument = "X";
    let x = Argument {
        name: argument,
        rows: x,
    };
    x.check(row, norm)?;
    Err(Error::ZeroRow { argument, row })
}
