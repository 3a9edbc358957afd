//! The similarities of every two rows of a small pool, from products that are to the bit what [`crate::dot`] gives.

use std::array::from_fn;

use super::candidates::Candidates;
use super::prefetch::{fetch, part};
use crate::dot::{LANES, Sums, sum_lanes};
use crate::error::Result;
use crate::memory::Growing;
use crate::simd::{Target, Vectorized, vectorize};

/// Rows that are widened at a time, to be multiplied with those before them.
const LEFT: usize = 4;

/// Room for a few rows as doubles, padded with zeros to a multiple of 16 values.
#[derive(Default)]
pub(super) struct Wide {
    values: Vec<f64>,
}

impl Wide {
    /// Writes the similarities of every two rows, `stride` values a row, and one over the norms.
    ///
    /// # Errors
    /// Refuses NaN, infinity and rows of zeros.
    pub(super) fn similarities(
        &mut self,
        candidates: &Candidates<'_>,
        stride: usize,
        inverse_norm: &mut Vec<f64>,
        out: &mut [f64],
    ) -> Result<()> {
        let n = candidates.len();
        if candidates.given.is_some() {
            inverse_norm.clear();
            inverse_norm.resized(n, 1.0)?;
            for (row, out) in out.chunks_mut(stride.max(1)).take(n).enumerate() {
                if let Some(given) = candidates.given_row(row) {
                    out[..n].copy_from_slice(given);
                }
            }
            return Ok(());
        }
        self.products(candidates, stride, out)?;
        inverse_norm.clear();
        inverse_norm.extend(out.iter().step_by(stride + 1).take(n));
        candidates.invert(0, inverse_norm)?;
        for (row, &inverse) in out.chunks_mut(stride.max(1)).zip(&*inverse_norm) {
            for (value, other) in row.iter_mut().zip(&*inverse_norm) {
                *value *= inverse * other;
            }
        }
        Ok(())
    }

    /// Writes the product of every two rows; meanwhile fetches what is read next.
    fn products(
        &mut self,
        candidates: &Candidates<'_>,
        stride: usize,
        out: &mut [f64],
    ) -> Result<()> {
        let n_padded = candidates.n_features.next_multiple_of(LANES);
        self.values.resized(LEFT * n_padded, 0.0)?;
        vectorize(Products {
            left: &mut self.values,
            n_padded,
            candidates,
            stride,
            out,
        });
        Ok(())
    }
}

struct Products<'a> {
    left: &'a mut [f64],
    n_padded: usize,
    candidates: &'a Candidates<'a>,
    stride: usize,
    out: &'a mut [f64],
}

impl Vectorized for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(mut self) {
        let n = self.candidates.len();
        let end_of = |first: usize| (first + LEFT).min(n);
        let n_tiles = (0..n)
            .step_by(LEFT)
            .map(|first| end_of(first).div_ceil(2))
            .sum();
        let mut tile = 0;
        for first in (0..n).step_by(LEFT) {
            let end = end_of(first);
            for at in 0..LEFT {
                // Beyond the last row it is repeated; what comes of that is not written.
                self.widen::<T>((first + at).min(end - 1), at);
            }
            for column in (0..end).step_by(2) {
                fetch::<T>(part(self.candidates.next, tile, n_tiles));
                tile += 1;
                let columns = [column, (column + 1).min(end - 1)];
                // The first two rows end before the last two columns.
                let lower = column >= first + 2;
                if !T::WIDE {
                    // As many sums as 16 registers hold.
                    for column in columns {
                        if !lower {
                            self.tile::<T, 2, 1>(first, 0, [column]);
                        }
                        self.tile::<T, 2, 1>(first, 2, [column]);
                    }
                } else if lower {
                    self.tile::<T, 2, 2>(first, 2, columns);
                } else {
                    self.tile::<T, LEFT, 2>(first, 0, columns);
                }
            }
        }
    }
}

impl Products<'_> {
    #[inline(always)]
    fn widen<T: Target>(&mut self, row: usize, at: usize) {
        let (wide, _) = self.left[at * self.n_padded..(at + 1) * self.n_padded].as_chunks_mut();
        let (whole, rest) = self.candidates.row(row).as_chunks::<LANES>();
        for (values, wide) in whole.iter().zip(wide.iter_mut()) {
            widen_into::<T>(values, wide);
        }
        if !rest.is_empty() {
            widen_into::<T>(&padded(rest), &mut wide[whole.len()]);
        }
    }

    /// The products of `M` widened rows, `from..`, with some columns.
    #[inline(always)]
    fn tile<T: Target, const M: usize, const N: usize>(
        &mut self,
        first: usize,
        from: usize,
        columns: [usize; N],
    ) {
        let products = self.sums::<T, M, N>(from, columns);
        let n = self.candidates.len();
        for (row, products) in (first + from..n).zip(products) {
            for (column, product) in columns.into_iter().zip(products) {
                self.out[row * self.stride + column] = product;
                self.out[column * self.stride + row] = product;
            }
        }
    }

    #[inline(always)]
    fn sums<T: Target, const M: usize, const N: usize>(
        &self,
        from: usize,
        columns: [usize; N],
    ) -> [[f64; N]; M] {
        let left: [&[[f64; LANES]]; M] = from_fn(|m| {
            self.left[(from + m) * self.n_padded..(from + m + 1) * self.n_padded]
                .as_chunks()
                .0
        });
        let right = columns.map(|row| self.candidates.row(row).as_chunks::<LANES>());
        let mut sums: [[Sums<T>; N]; M] = [[[T::splat(0.0); 2]; N]; M];
        let n_whole = right[0].0.len();
        for at in 0..n_whole {
            add::<T, M, N>(
                left.map(|row| &row[at]),
                right.map(|(row, _)| &row[at]),
                &mut sums,
            );
        }
        if !right[0].1.is_empty() {
            let rests = right.map(|(_, rest)| padded(rest));
            add::<T, M, N>(left.map(|row| &row[n_whole]), rests.each_ref(), &mut sums);
        }
        let mut out = [[0.0; N]; M];
        for m in 0..M {
            for n in 0..N {
                out[m][n] = sum_lanes::<T>(sums[m][n]);
            }
        }
        out
    }
}

#[inline(always)]
#[allow(clippy::needless_range_loop)] // `half` is an index of all three
fn add<T: Target, const M: usize, const N: usize>(
    left: [&[f64; LANES]; M],
    right: [&[f32; LANES]; N],
    sums: &mut [[Sums<T>; N]; M],
) {
    for half in 0..2 {
        let mut columns = [T::splat(0.0); N];
        for n in 0..N {
            columns[n] = T::widen(&right[n].as_chunks().0[half]);
        }
        for m in 0..M {
            let row = T::load(&left[m].as_chunks().0[half]);
            for n in 0..N {
                sums[m][n][half] = T::mul_add_x8(row, columns[n], sums[m][n][half]);
            }
        }
    }
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    values[..rest.len()].copy_from_slice(rest);
    values
}

#[inline(always)]
fn widen_into<T: Target>(values: &[f32; LANES], wide: &mut [f64; LANES]) {
    let (halves, _) = values.as_chunks::<{ LANES / 2 }>();
    let (out, _) = wide.as_chunks_mut::<{ LANES / 2 }>();
    for half in 0..2 {
        out[half] = T::store(T::widen(&halves[half]));
    }
}
