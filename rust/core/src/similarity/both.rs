//! The rows of one argument or of two, with a number for each, multiplied.

use super::real::{Embedding, Real};
use super::rows::{Argument, Scaled};
use crate::error::Result;
use crate::parallel::Workers;
use crate::product::{Finish, Sides, product_into};

/// One or two arguments, with what belongs to each of their rows.
pub(super) struct Both<'a, E> {
    pub x: (Argument<'a, E>, Vec<f64>),
    pub y: Option<(Argument<'a, E>, Vec<f64>)>,
}

impl<'a, E: Embedding> Both<'a, E> {
    pub fn new(
        x: Argument<'a, E>,
        y: Option<Argument<'a, E>>,
        of_rows: impl Fn(Argument<'a, E>) -> Result<Vec<f64>>,
    ) -> Result<Self> {
        Ok(Self {
            x: (x, of_rows(x)?),
            y: y.map(|y| Ok((y, of_rows(y)?))).transpose()?,
        })
    }

    /// The right side of the products.
    pub fn right(&self) -> &(Argument<'a, E>, Vec<f64>) {
        self.y.as_ref().unwrap_or(&self.x)
    }

    /// Multiplies the rows, shifted and scaled, and finishes the products.
    pub fn multiply(
        &self,
        center: &[f64],
        scales: (&[f64], &[f64]),
        finish: &impl Finish<E::Real>,
        out: &mut [E::Real],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let source = |rows, scales| Scaled {
            rows,
            center,
            scales,
        };
        let left = source(self.x.0.rows, scales.0);
        let right = source(self.right().0.rows, scales.1);
        let sides = match self.y {
            Some(_) => Sides::Two(&left, &right),
            None => Sides::One(&left),
        };
        product_into(E::Real::ARITHMETIC, &sides, finish, out, workers)
    }
}
