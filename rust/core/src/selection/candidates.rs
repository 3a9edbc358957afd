//! The candidates of one pool, their norms, and their similarities to one of them.

use super::method::Terms;
use super::rules::PoolRules;
use crate::dot::{dots_and_squared_norms, dots_with, squared_norms};
use crate::error::{Error, Result};
use crate::matrix::not_finite;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Rows a task of one pool: enough work for a thread to be worth waking.
pub(super) const BLOCK: usize = 1024;

/// A chosen row of the pool and what it added.
pub(super) type Pick = (usize, f64);

/// Candidates `first..` of `X`, what counts, and what is allowed.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'a> {
    pub first: usize,
    pub n: usize,
    pub rows: &'a [f32],
    pub n_features: usize,
    /// The similarities of every two rows, where the caller has computed them; then there are no `rows`.
    pub given: Option<&'a [f64]>,
    pub terms: Terms<'a>,
    pub rules: PoolRules<'a>,
    /// What is read next, to be brought into the cache meanwhile: the rows of the next pool of many.
    pub next: &'a [f32],
}

impl<'a> Candidates<'a> {
    pub(super) fn len(&self) -> usize {
        self.n
    }

    pub(super) fn row(&self, index: usize) -> &'a [f32] {
        &self.rows[index * self.n_features..(index + 1) * self.n_features]
    }

    /// The similarities of a row with all others, if they are given.
    #[inline(always)]
    pub(super) fn given_row(&self, index: usize) -> Option<&'a [f64]> {
        self.given
            .map(|given| &given[index * self.n..(index + 1) * self.n])
    }

    /// Some of the rows, block after block.
    fn blocks(&self) -> impl ExactSizeIterator<Item = &'a [f32]> + Send + use<'a> {
        self.rows.chunks(BLOCK * self.n_features)
    }

    /// Takes one over the norm of each, and where a first choice is known the products with it.
    ///
    /// The products are written to `products`; one pass over the rows takes both.
    pub(super) fn measure(
        &self,
        first: Option<usize>,
        inverse_norm: &mut Vec<f64>,
        products: &mut [f64],
        workers: &Workers<'_>,
    ) -> Result<()> {
        if self.given.is_some() {
            inverse_norm.clear();
            inverse_norm.resized(self.n, 1.0)?;
            if let Some(row) = first.and_then(|first| self.given_row(first)) {
                products.copy_from_slice(row);
            }
            return Ok(());
        }
        inverse_norm.resized(self.len(), 0.0)?;
        let first = first.map(|first| self.row(first));
        let outputs = inverse_norm
            .chunks_mut(BLOCK)
            .zip(products.chunks_mut(BLOCK));
        let tasks = self.blocks().zip(outputs).enumerate();
        workers.run(tasks, |(block, (rows, (norms, products)))| {
            vectorize(Measure {
                rows,
                n_features: self.n_features,
                first,
                norms,
                products,
            });
            self.invert(block * BLOCK, norms)
        })
    }

    /// Turns squared norms, from the row `first` of the pool on, into one over the norms.
    pub(super) fn invert(&self, first: usize, norms: &mut [f64]) -> Result<()> {
        // No float32 is large enough for its square to overflow float64: a norm that is not finite shows a bad value.
        for (index, norm) in norms.iter_mut().enumerate() {
            let row = first + index;
            if !norm.is_finite() {
                return Err(not_finite("X", self.first + row, self.row(row)));
            }
            if *norm == 0.0 {
                return Err(Error::ZeroRow {
                    argument: "X",
                    row: self.first + row,
                });
            }
            *norm = 1.0 / norm.sqrt();
        }
        Ok(())
    }

    /// The error of a row that must be included and cannot be.
    pub(super) fn refuse_included(&self, row: usize) -> Error {
        Error::Shape(format!(
            "include cannot hold row {}: it adds nothing to those before it",
            self.first + row
        ))
    }
}

/// Turns the products of a chosen row with rows `first..` into similarities, by one over the norms of all.
#[inline(always)]
pub(super) fn normalize(inverse_norm: &[f64], chosen: usize, first: usize, products: &mut [f64]) {
    for (value, other) in products.iter_mut().zip(&inverse_norm[first..]) {
        *value *= inverse_norm[chosen] * other;
    }
}

/// The similarities of a block of rows, `first..`, with a chosen one.
#[inline(always)]
pub(super) fn similarities<T: Target>(
    candidates: &Candidates<'_>,
    inverse_norm: &[f64],
    chosen: usize,
    first: usize,
    out: &mut [f64],
) {
    if let Some(row) = candidates.given_row(chosen) {
        out.copy_from_slice(&row[first..first + out.len()]);
        return;
    }
    let d = candidates.n_features;
    let rows = &candidates.rows[first * d..(first + out.len()) * d];
    dots_with::<T>(candidates.row(chosen), rows, out);
    normalize(inverse_norm, chosen, first, out);
}

struct Measure<'a> {
    rows: &'a [f32],
    n_features: usize,
    first: Option<&'a [f32]>,
    norms: &'a mut [f64],
    products: &'a mut [f64],
}

impl Vectorized for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        match self.first {
            Some(first) => {
                dots_and_squared_norms::<T>(first, self.rows, self.products, self.norms);
            }
            None => squared_norms::<T>(self.n_features, self.rows, self.norms),
        }
    }
}
