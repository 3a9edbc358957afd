//! The mean cosine of all pairs of rows, in one pass: Σ_{i≠j} u_i·u_j = |Σ u_i|² − n for n unit vectors u.

use std::array::from_fn;
use std::ops::Range;

use super::super::real::Embedding;
use super::figure::{Figure, figures};
use super::pieces::{check_groups, refuse_groups_without_pairs};
use super::rows::squared_norm;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::simd::Target;

/// The mean cosine of the pairs of different rows of each pool; pool `p` holds the rows `offsets[p]..offsets[p + 1]`.
///
/// Everything is summed in float64.
///
/// # Errors
/// Refuses pools of fewer than two rows, NaN, infinity and rows of zeros.
pub fn mean_cosine<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: &[i64],
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    check_groups(x, offsets)?;
    refuse_groups_without_pairs(offsets)?;
    figures(&MeanCosine { x }, offsets, workers)
}

struct MeanCosine<'a, E> {
    x: Matrix<'a, E>,
}

/// Rows that are added together: the sums are loaded and stored once for all of them.
const BLOCK: usize = 4;

impl<E: Embedding> Figure for MeanCosine<'_, E> {
    /// The sum of the unit vectors.
    type Part = Vec<f64>;

    #[inline(always)]
    fn part<T: Target>(&self, _: usize, rows: Range<usize>) -> Result<Vec<f64>> {
        let mut sums = filled(0.0, self.x.n_columns())?;
        let whole = rows.len() / BLOCK * BLOCK;
        let singles = rows.start + whole..rows.end;
        for first in (rows.start..singles.start).step_by(BLOCK) {
            self.add::<T, BLOCK>(first, &mut sums)?;
        }
        for row in singles {
            self.add::<T, 1>(row, &mut sums)?;
        }
        Ok(sums)
    }

    fn join(first: &mut Vec<f64>, after: Vec<f64>) {
        for (sum, value) in first.iter_mut().zip(after) {
            *sum += value;
        }
    }

    #[inline(always)]
    fn finish(n_rows: usize, sums: Vec<f64>) -> f64 {
        let n = n_rows as f64;
        // Side by side: one after the other each addition would wait for the one before.
        let (chunks, rest) = sums.as_chunks::<8>();
        let mut squares = [0.0; 8];
        for chunk in chunks {
            for (square, sum) in squares.iter_mut().zip(chunk) {
                *square += sum * sum;
            }
        }
        let of_rest = rest.iter().map(|sum| sum * sum);
        let square: f64 = squares.into_iter().chain(of_rest).sum();
        ((square - n) / (n * (n - 1.0))).clamp(-1.0, 1.0)
    }
}

impl<E: Embedding> MeanCosine<'_, E> {
    /// Adds `N` rows, each divided by its norm.
    #[inline(always)]
    fn add<T: Target, const N: usize>(&self, first: usize, sums: &mut [f64]) -> Result<()> {
        let mut scales = [0.0; N];
        for (scale, row) in scales.iter_mut().zip(first..) {
            *scale = 1.0 / squared_norm::<T, E>(self.x, row, true)?.sqrt();
        }
        let rows: [&[E]; N] = from_fn(|n| self.x.row(first + n));
        let ((chunks, rest), n_chunks) = (sums.as_chunks_mut::<8>(), rows[0].len() / 8);
        let row_chunks = rows.map(|row| &row.as_chunks::<8>().0[..n_chunks]);
        for (at, chunk) in chunks.iter_mut().enumerate() {
            let mut sum = T::load(chunk);
            for n in 0..N {
                let values = E::widen_x8::<T>(&row_chunks[n][at]);
                sum = T::mul_add_x8(values, T::splat(scales[n]), sum);
            }
            *chunk = T::store(sum);
        }
        for (at, sum) in (n_chunks * 8..).zip(rest) {
            for n in 0..N {
                *sum = T::mul_add(rows[n][at].widen(), scales[n], *sum);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_over_pairs_of_different_rows() {
        let x = [3.0_f32, 0.0, 0.0, 0.5, -2.0, 0.0, 1.0, 1.0, 7.0, 7.0];
        let x = Matrix::new(&x, 5, 2).unwrap();
        let found = mean_cosine(x, &[0, 3, 5], &Workers::serial()).unwrap();
        assert!((found[0] + 1.0 / 3.0).abs() < 1e-15, "{found:?}");
        assert!((found[1] - 1.0).abs() < 1e-15, "{found:?}");
    }

    #[test]
    fn a_large_pool_is_cut_and_gives_the_same_on_any_number_of_threads() {
        let n = 5000;
        let values: Vec<i8> = (0..n * 19).map(|at| (at * at % 251) as i8).collect();
        let x = Matrix::new(&values, n, 19).unwrap();
        let offsets = [0, 3, 4500, 5000];
        let alone = mean_cosine(x, &offsets, &Workers::serial()).unwrap();
        let together = mean_cosine(x, &offsets, &Workers::new(3, &|| false)).unwrap();
        assert_eq!(alone, together);
        let mut sum = [0.0; 19];
        for row in values[3 * 19..4500 * 19].chunks(19) {
            let norm = row
                .iter()
                .map(|&v| f64::from(v) * f64::from(v))
                .sum::<f64>()
                .sqrt();
            for (sum, &value) in sum.iter_mut().zip(row) {
                *sum += f64::from(value) / norm;
            }
        }
        let expected = (sum.iter().map(|s| s * s).sum::<f64>() - 4497.0) / (4497.0 * 4496.0);
        assert!((alone[1] - expected).abs() < 1e-14);
    }

    #[test]
    fn short_pools_and_bad_rows_are_named() {
        let refused = |x: &[f64], offsets: &[i64]| {
            let x = Matrix::new(x, x.len(), 1).unwrap();
            mean_cosine(x, offsets, &Workers::serial())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused(&[1.0, 2.0, 3.0], &[0, 2, 3]),
            "a pair takes two rows: pool 1 has 1 row"
        );
        assert_eq!(
            refused(&[1.0, 2.0], &[0, 0, 2]),
            "a pair takes two rows: pool 0 has no rows"
        );
        assert_eq!(
            refused(&[1.0, 2.0, 0.0], &[0, 3]),
            "cosine similarity needs non-zero rows: X[2] is all zeros"
        );
        assert_eq!(
            refused(&[1.0, 2.0, f64::NAN], &[0, 3]),
            "X must be finite: X[2, 0] is nan"
        );
        assert_eq!(
            refused(&[1.0, 1e-200, 2.0], &[0, 3]),
            "float64 cannot hold the squares of so small numbers: X[1]"
        );
    }
}
