//! The rows of a small pool as doubles, for dot products in the order of [`crate::dot`] with nothing left to convert.
//!
//! A pool of some dozen rows stays in a core's cache: it is read from memory once, and what follows runs at the speed of
//! the arithmetic.

use std::array::from_fn;

use crate::dot::{LANES, Sums, sum_lanes};
use crate::simd::{Target, Vectorized, vectorize};

/// Bytes that stay in a core's second cache beside all else.
const MOST_BYTES: usize = 400_000;

/// Rows as doubles, each padded with zeros to a multiple of 16 values.
#[derive(Default)]
pub(super) struct Wide {
    values: Vec<f64>,
    stride: usize,
}

impl Wide {
    /// Whether rows are few enough to be widened.
    pub(super) fn fits(n_rows: usize, n_features: usize) -> bool {
        n_rows * n_features.next_multiple_of(LANES) * size_of::<f64>() <= MOST_BYTES
    }

    /// Takes rows in, writes their squared norms, and their products with one of them if asked for.
    pub(super) fn fill(
        &mut self,
        rows: &[f32],
        n_features: usize,
        partner: Option<usize>,
        norms: &mut [f64],
        products: &mut [f64],
    ) {
        self.stride = n_features.next_multiple_of(LANES);
        let n_values = rows.len() / n_features * self.stride;
        if self.values.len() < n_values {
            self.values.resize(n_values, 0.0);
        }
        vectorize(Fill {
            wide: self,
            rows,
            n_features,
            partner,
            norms,
            products,
        });
    }

    #[inline(always)]
    fn row(&self, row: usize) -> &[[f64; LANES]] {
        let (chunks, _) = self.values[row * self.stride..(row + 1) * self.stride].as_chunks();
        chunks
    }

    /// Writes the product of a row with each of the rows `first..`.
    #[inline(always)]
    pub(super) fn dots_with<T: Target>(&self, row: usize, first: usize, out: &mut [f64]) {
        let (fours, rest) = out.as_chunks_mut::<4>();
        let done = first + 4 * fours.len();
        for (at, out) in fours.iter_mut().enumerate() {
            [*out] = self.products::<T, 1, 4>([row], from_fn(|lane| first + 4 * at + lane));
        }
        for (at, out) in rest.iter_mut().enumerate() {
            [[*out]] = self.products::<T, 1, 1>([row], [done + at]);
        }
    }

    /// Writes the similarities of all `n` rows, from one over their norms.
    pub(super) fn similarities(&self, inverse_norm: &[f64], out: &mut [f64]) {
        vectorize(Similarities {
            wide: self,
            inverse_norm,
            out,
        });
    }

    /// The products of `M` rows with `N` others.
    #[inline(always)]
    fn products<T: Target, const M: usize, const N: usize>(
        &self,
        left: [usize; M],
        right: [usize; N],
    ) -> [[f64; N]; M] {
        let (left, right) = (
            left.map(|row| self.row(row)),
            right.map(|row| self.row(row)),
        );
        let mut sums: [[Sums<T>; N]; M] = [[[T::splat(0.0); 2]; N]; M];
        for at in 0..left[0].len() {
            let mut columns = [[T::splat(0.0); 2]; N];
            for n in 0..N {
                columns[n] = halves::<T>(&right[n][at]);
            }
            for m in 0..M {
                let row = halves::<T>(&left[m][at]);
                for n in 0..N {
                    for half in 0..2 {
                        sums[m][n][half] =
                            T::mul_add_x8(row[half], columns[n][half], sums[m][n][half]);
                    }
                }
            }
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
fn halves<T: Target>(values: &[f64; LANES]) -> Sums<T> {
    let (halves, _) = values.as_chunks();
    [T::load(&halves[0]), T::load(&halves[1])]
}

struct Fill<'a> {
    wide: &'a mut Wide,
    rows: &'a [f32],
    n_features: usize,
    partner: Option<usize>,
    norms: &'a mut [f64],
    products: &'a mut [f64],
}

impl Vectorized for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let stride = self.wide.stride;
        let wide = self.wide.values.chunks_exact_mut(stride);
        for ((row, wide), norm) in self
            .rows
            .chunks_exact(self.n_features)
            .zip(wide)
            .zip(self.norms)
        {
            let (wide, _) = wide.as_chunks_mut::<LANES>();
            let (whole, rest) = row.as_chunks::<LANES>();
            let mut sums: Sums<T> = [T::splat(0.0); 2];
            for (values, wide) in whole.iter().zip(wide.iter_mut()) {
                *wide = widen_into::<T>(values, &mut sums);
            }
            if !rest.is_empty() {
                let mut values = [0.0; LANES];
                values[..rest.len()].copy_from_slice(rest);
                wide[whole.len()] = widen_into::<T>(&values, &mut sums);
            }
            *norm = sum_lanes::<T>(sums);
        }
        if let Some(partner) = self.partner {
            self.wide.dots_with::<T>(partner, 0, self.products);
        }
    }
}

/// The values as doubles; their squares go to the sums.
#[inline(always)]
fn widen_into<T: Target>(values: &[f32; LANES], sums: &mut Sums<T>) -> [f64; LANES] {
    let (halves, _) = values.as_chunks::<{ LANES / 2 }>();
    let mut wide = [0.0; LANES];
    let (out, _) = wide.as_chunks_mut::<{ LANES / 2 }>();
    for half in 0..2 {
        let values = T::widen(&halves[half]);
        sums[half] = T::mul_add_x8(values, values, sums[half]);
        out[half] = T::store(values);
    }
    wide
}

struct Similarities<'a> {
    wide: &'a Wide,
    inverse_norm: &'a [f64],
    out: &'a mut [f64],
}

impl Vectorized for Similarities<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(mut self) {
        let n = self.inverse_norm.len();
        let whole = n - n % 4;
        for left in (0..whole).step_by(4) {
            for right in (0..left + 4).step_by(2) {
                let rows = from_fn(|at| left + at);
                let products = self.wide.products::<T, 4, 2>(rows, [right, right + 1]);
                for (row, products) in rows.into_iter().zip(products) {
                    for (column, product) in [right, right + 1].into_iter().zip(products) {
                        self.write(row, column, product);
                    }
                }
            }
        }
        for row in whole..n {
            for column in 0..=row {
                let [[product]] = self.wide.products::<T, 1, 1>([row], [column]);
                self.write(row, column, product);
            }
        }
    }
}

impl Similarities<'_> {
    #[inline(always)]
    fn write(&mut self, row: usize, column: usize, product: f64) {
        let n = self.inverse_norm.len();
        let similarity = product * (self.inverse_norm[row] * self.inverse_norm[column]);
        self.out[row * n + column] = similarity;
        self.out[column * n + row] = similarity;
    }
}
