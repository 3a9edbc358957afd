//! The similarities of every two rows of a small pool, by dot products in the order of [`crate::dot`].

use std::array::from_fn;

use super::candidates::Candidates;
use crate::dot::{LANES, Sums, sum_lanes};
use crate::simd::{Target, Vectorized, vectorize};

/// Rows that are multiplied at a time with two others.
const LEFT: usize = 4;

/// Room for a few rows as doubles, padded with zeros to a multiple of 16 values.
#[derive(Default)]
pub(super) struct Wide {
    values: Vec<f64>,
}

impl Wide {
    /// Writes the similarities of every two rows, from one over their norms.
    pub(super) fn similarities(
        &mut self,
        candidates: &Candidates<'_>,
        inverse_norm: &[f64],
        out: &mut [f64],
    ) {
        let stride = candidates.n_features.next_multiple_of(LANES);
        self.values.resize((LEFT + 2) * stride, 0.0);
        vectorize(Similarities {
            left: &mut self.values,
            stride,
            candidates,
            inverse_norm,
            out,
        });
    }
}

struct Similarities<'a> {
    left: &'a mut [f64],
    stride: usize,
    candidates: &'a Candidates<'a>,
    inverse_norm: &'a [f64],
    out: &'a mut [f64],
}

impl Vectorized for Similarities<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(mut self) {
        let n = self.inverse_norm.len();
        for first in (0..n).step_by(LEFT) {
            let n_left = LEFT.min(n - first);
            for at in 0..LEFT {
                // Beyond the last row it is repeated; what comes of that is not written.
                self.widen::<T>(first + at.min(n_left - 1), at);
            }
            let end = first + n_left;
            for right in (0..end).step_by(2) {
                let last = (right + 1).min(end - 1);
                let products = self.products::<T>([right, last]);
                for (at, products) in products.into_iter().enumerate().take(n_left) {
                    for (column, product) in [right, last].into_iter().zip(products) {
                        self.write(first + at, column, product);
                    }
                }
            }
        }
    }
}

impl Similarities<'_> {
    #[inline(always)]
    fn widen<T: Target>(&mut self, row: usize, at: usize) {
        let (wide, _) = self.left[at * self.stride..(at + 1) * self.stride].as_chunks_mut();
        let (whole, rest) = self.candidates.row(row).as_chunks::<LANES>();
        for (values, wide) in whole.iter().zip(wide.iter_mut()) {
            widen_into::<T>(values, wide);
        }
        if !rest.is_empty() {
            let mut values = [0.0; LANES];
            values[..rest.len()].copy_from_slice(rest);
            widen_into::<T>(&values, &mut wide[whole.len()]);
        }
    }

    /// The products of the widened rows with two others.
    #[inline(always)]
    fn products<T: Target>(&self, right: [usize; 2]) -> [[f64; 2]; LEFT] {
        let left: [&[[f64; LANES]]; LEFT] = from_fn(|at| {
            self.left[at * self.stride..(at + 1) * self.stride]
                .as_chunks()
                .0
        });
        let rows = right.map(|row| self.candidates.row(row).as_chunks::<LANES>());
        let mut sums: [[Sums<T>; 2]; LEFT] = [[[T::splat(0.0); 2]; 2]; LEFT];
        let n_whole = rows[0].0.len();
        for at in 0..n_whole {
            add::<T>(
                left.map(|row| &row[at]),
                rows.map(|(row, _)| &row[at]),
                &mut sums,
            );
        }
        if !rows[0].1.is_empty() {
            let rests = rows.map(|(_, rest)| {
                let mut values = [0.0; LANES];
                values[..rest.len()].copy_from_slice(rest);
                values
            });
            add::<T>(left.map(|row| &row[n_whole]), rests.each_ref(), &mut sums);
        }
        let mut out = [[0.0; 2]; LEFT];
        for m in 0..LEFT {
            for n in 0..2 {
                out[m][n] = sum_lanes::<T>(sums[m][n]);
            }
        }
        out
    }

    #[inline(always)]
    fn write(&mut self, row: usize, column: usize, product: f64) {
        let n = self.inverse_norm.len();
        let similarity = product * (self.inverse_norm[row] * self.inverse_norm[column]);
        self.out[row * n + column] = similarity;
        self.out[column * n + row] = similarity;
    }
}

#[inline(always)]
fn add<T: Target>(
    left: [&[f64; LANES]; LEFT],
    right: [&[f32; LANES]; 2],
    sums: &mut [[Sums<T>; 2]; LEFT],
) {
    let (left, right) = (
        left.map(|row| row.as_chunks().0),
        right.map(|row| row.as_chunks().0),
    );
    let mut columns = [[T::splat(0.0); 2]; 2];
    for n in 0..2 {
        columns[n] = [T::widen(&right[n][0]), T::widen(&right[n][1])];
    }
    for m in 0..LEFT {
        let row = [T::load(&left[m][0]), T::load(&left[m][1])];
        for n in 0..2 {
            for half in 0..2 {
                sums[m][n][half] = T::mul_add_x8(row[half], columns[n][half], sums[m][n][half]);
            }
        }
    }
}

#[inline(always)]
fn widen_into<T: Target>(values: &[f32; LANES], wide: &mut [f64; LANES]) {
    let (halves, _) = values.as_chunks::<{ LANES / 2 }>();
    let (out, _) = wide.as_chunks_mut::<{ LANES / 2 }>();
    for half in 0..2 {
        out[half] = T::store(T::widen(&halves[half]));
    }
}
