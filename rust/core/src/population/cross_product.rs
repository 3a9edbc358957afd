//! Sums over rows: of their products with the rows of another matrix, or of the rows themselves.
//!
//! A product of the linear algebra library adds up in an order that depends on its threads; this one does not.

use std::ops::Range;

use crate::blocks::{Blocks, add_all};
use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::memory::{filled, product, room};
use crate::outer_products::{SIDE, stretch};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Rows that a thread takes at a time, and how many of them stay in the cache meanwhile.
const ROWS: usize = 512;
const ROWS_AT_ONCE: usize = 32;

/// `leftᵀ · right`, row-major: Σ_i left_i right_iᵀ, or without `left` the sum of the rows of `right`.
///
/// Rows are added in blocks that end at `block_ends`, see `blocks.rs`; by default in one.
///
/// # Errors
/// Refuses arrays that do not belong together.
pub fn cross_product(
    left: Option<Matrix<'_, f64>>,
    right: Matrix<'_, f64>,
    block_ends: Option<&[i64]>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let (n, n_columns) = (right.n_rows(), right.n_columns());
    let n_left = left.map_or(n, |left| left.n_rows());
    ensure(n_left == n, || {
        format!("left has {n_left} rows and right {n}")
    })?;
    let n_rows = left.map_or(1, |left| left.n_columns());
    let n_panels = n_columns.div_ceil(SIDE);
    let blocks = Blocks::of_rows(block_ends, n, ROWS)?;
    let size = product([n_rows, n_panels])?;
    let work = |rows| {
        let mut sums = filled([0.0; SIDE], size)?;
        vectorize(OfRows {
            left,
            right,
            rows,
            sums: &mut sums,
        });
        Ok(sums)
    };
    let tasks = blocks.pieces().iter().cloned();
    let sums = workers.reduce(&blocks, tasks, work, |sums, terms| {
        add_all(sums.as_flattened_mut(), terms.as_flattened());
    })?;
    let Some(sums) = sums else {
        return filled(0.0, product([n_rows, n_columns])?);
    };
    let mut out = room(product([n_rows, n_columns])?)?;
    for panels in sums.chunks_exact(n_panels.max(1)) {
        out.extend_from_slice(&panels.as_flattened()[..n_columns]);
    }
    Ok(out)
}

struct OfRows<'a> {
    left: Option<Matrix<'a, f64>>,
    right: Matrix<'a, f64>,
    rows: Range<usize>,
    sums: &'a mut [[f64; SIDE]],
}

impl Vectorized for OfRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(mut self) {
        let n_columns = self.left.map_or(1, |left| left.n_columns());
        let all = self.rows.clone();
        for first in all.clone().step_by(ROWS_AT_ONCE) {
            self.rows = first..all.end.min(first + ROWS_AT_ONCE);
            let mut column = 0;
            while column + 4 <= n_columns {
                self.add::<T, 4>(column);
                column += 4;
            }
            while column < n_columns {
                self.add::<T, 1>(column);
                column += 1;
            }
        }
    }
}

impl OfRows<'_> {
    /// Adds the rows of `right` times `W` columns of `left`, from `first`.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // over registers
    fn add<T: Target, const W: usize>(&mut self, first: usize) {
        let n_panels = self.right.n_columns().div_ceil(SIDE);
        for panel in 0..n_panels {
            let mut sums = [T::splat(0.0); W];
            for w in 0..W {
                sums[w] = T::load(&self.sums[(first + w) * n_panels + panel]);
            }
            for row in self.rows.clone() {
                let x = stretch::<T, f64>(self.right.row(row), panel);
                for w in 0..W {
                    let scale = self.left.map_or(1.0, |left| left.row(row)[first + w]);
                    sums[w] = T::mul_add_x8(T::splat(scale), x, sums[w]);
                }
            }
            for w in 0..W {
                self.sums[(first + w) * n_panels + panel] = T::store(sums[w]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition_on_any_number_of_threads() {
        for (n, a, b) in [(0, 2, 3), (1, 1, 1), (2000, 5, 11), (1500, 9, 1)] {
            let value = |at: usize| ((at * 7919) % 1009) as f64 / 1009.0 - 0.5;
            let left: Vec<f64> = (0..n * a).map(value).collect();
            let right: Vec<f64> = (0..n * b).map(|at| value(at + 13)).collect();
            let left = Matrix::new(&left, n, a).unwrap();
            let right = Matrix::new(&right, n, b).unwrap();
            let found = cross_product(Some(left), right, None, &Workers::serial()).unwrap();
            let three = Workers::new(3, &|| false);
            let on_three = cross_product(Some(left), right, None, &three).unwrap();
            assert_eq!(found, on_three);
            let sums = cross_product(None, right, None, &three).unwrap();
            for j in 0..b {
                for i in 0..a {
                    let products = (0..n).map(|row| left.row(row)[i] * right.row(row)[j]);
                    assert!((found[i * b + j] - products.sum::<f64>()).abs() < 1e-10);
                }
                let values = (0..n).map(|row| right.row(row)[j]);
                assert!((sums[j] - values.sum::<f64>()).abs() < 1e-10);
            }
        }
    }
}
