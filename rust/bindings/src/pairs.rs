//! Pairs whose rows come as int32 or int64, without widening them.

use numpy::{Element, PyReadonlyArray1};
use prefmath_core::observation::Pairs;
use pyo3::prelude::*;

use crate::arrays::{optional, slice};

/// Rows of items as they come.
#[derive(FromPyObject)]
pub enum Rows<'py> {
    I32(PyReadonlyArray1<'py, i32>),
    I64(PyReadonlyArray1<'py, i64>),
}

/// `by_row!(winner, loser, tied, weight, pairs => body)`: the body with the pairs, of whichever dtype their rows have.
macro_rules! by_row {
    ($winner:expr, $loser:expr, $tied:expr, $weight:expr, $pairs:ident => $body:expr) => {
        match (&$winner, &$loser) {
            (crate::pairs::Rows::I32(winner), crate::pairs::Rows::I32(loser)) => {
                let $pairs = crate::pairs::pairs(winner, loser, $tied.as_ref(), $weight.as_ref())?;
                $body
            }
            (crate::pairs::Rows::I64(winner), crate::pairs::Rows::I64(loser)) => {
                let $pairs = crate::pairs::pairs(winner, loser, $tied.as_ref(), $weight.as_ref())?;
                $body
            }
            _ => Err(pyo3::exceptions::PyTypeError::new_err(
                "winner and loser must have one dtype, int32 or int64",
            )),
        }
    };
}
pub(crate) use by_row;

/// Pairs of rows of one dtype.
pub fn pairs<'a, R: Element>(
    winner: &'a PyReadonlyArray1<'_, R>,
    loser: &'a PyReadonlyArray1<'_, R>,
    tied: Option<&'a PyReadonlyArray1<'_, bool>>,
    weight: Option<&'a PyReadonlyArray1<'_, f64>>,
) -> PyResult<Pairs<'a, R>> {
    Ok(Pairs {
        winner: slice(winner)?,
        loser: slice(loser)?,
        tied: optional(tied)?,
        weight: optional(weight)?,
    })
}
