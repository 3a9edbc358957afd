//! The sum of the outer products of all rows, or of the unit vectors along them.

use std::ops::Range;

use super::pools::rows::squared_norm;
use super::real::Embedding;
use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::memory::{filled, product};
use crate::outer_products::{OuterProducts, SIDE, Tile, stretch};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Rows that enter together.
const BLOCK: usize = 8;

/// Multiplications of a thread at a time, at most and while it has many rows at least.
const WORK: usize = 1 << 29;
const ROWS: (usize, usize) = (256, 4096);

/// Σ x xᵀ over the rows x, or over x / |x| if `unit`, row-major `(d, d)` and exactly symmetric; summed in float64.
///
/// Divided by the number of rows, that of unit rows has the same eigenvalues, but for zeros, as the matrix of their cosines.
///
/// # Errors
/// Refuses NaN and infinity, float64 rows whose squares float64 cannot hold, and rows of zeros if `unit`.
pub fn covariance<E: Embedding>(
    x: Matrix<'_, E>,
    unit: bool,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let (n, d) = (x.n_rows(), x.n_columns());
    ensure(d > 0, || "X must have a column".to_owned())?;
    let length = (WORK / d.saturating_mul(d)).clamp(ROWS.0, ROWS.1);
    let chunks = (0..n)
        .step_by(length)
        .map(|first| first..n.min(first + length));
    let mut sum = filled([[0.0; SIDE]; SIDE], n_tiles(d)?)?;
    workers.fold(
        chunks,
        |rows| vectorize(OfRows { x, unit, rows }),
        |tiles: Vec<Tile>| {
            for (sum, tile) in sum.as_flattened_mut().iter_mut().zip(tiles.as_flattened()) {
                for (sum, value) in sum.iter_mut().zip(tile) {
                    *sum += value;
                }
            }
        },
    )?;
    square(d, &sum)
}

/// Tiles of the lower triangle.
fn n_tiles(d: usize) -> Result<usize> {
    let n_panels = d.div_ceil(SIDE);
    Ok(product([n_panels, n_panels + 1])? / 2)
}

/// The matrix whose lower triangle is in the tiles.
fn square(d: usize, tiles: &[Tile]) -> Result<Vec<f64>> {
    let mut out = filled(0.0, product([d, d])?)?;
    for i in 0..d {
        let panel = i / SIDE;
        let row = &tiles[panel * (panel + 1) / 2..];
        for j in 0..=i {
            let value = row[j / SIDE][i % SIDE][j % SIDE];
            out[i * d + j] = value;
            out[j * d + i] = value;
        }
    }
    Ok(out)
}

/// The sum over some rows.
struct OfRows<'a, E> {
    x: Matrix<'a, E>,
    unit: bool,
    rows: Range<usize>,
}

impl<E: Embedding> Vectorized for OfRows<'_, E> {
    type Output = Result<Vec<Tile>>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<Vec<Tile>> {
        let d = self.x.n_columns();
        let mut tiles = filled([[0.0; SIDE]; SIDE], n_tiles(d)?)?;
        let mut vectors = OuterProducts::<f64>::new(d.div_ceil(SIDE), BLOCK)?;
        let mut scales = [1.0; BLOCK];
        for first in self.rows.clone().step_by(BLOCK) {
            let rows = first..self.rows.end.min(first + BLOCK);
            for (scale, row) in scales.iter_mut().zip(rows.clone()) {
                let norm = squared_norm::<T, E>(self.x, row, self.unit)?;
                *scale = if self.unit { 1.0 / norm.sqrt() } else { 1.0 };
            }
            let panels = vectors.reserve::<T>(rows.len(), &mut tiles);
            for (panel, stretches) in panels.enumerate() {
                for ((out, row), &scale) in stretches.iter_mut().zip(rows.clone()).zip(&scales) {
                    let values = stretch::<T, E>(self.x.row(row), panel);
                    *out = T::store(T::mul_add_x8(values, T::splat(scale), T::splat(0.0)));
                }
            }
        }
        vectors.sum_into::<T>(&mut tiles);
        Ok(tiles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_of_outer_products_and_symmetric() {
        let (n, d) = (5000, 21);
        let values: Vec<f32> = (0..n * d)
            .map(|at| ((at * 7919) % 1009) as f32 - 504.5)
            .collect();
        let x = Matrix::new(&values, n, d).unwrap();
        for unit in [false, true] {
            let found = covariance(x, unit, &Workers::new(3, &|| false)).unwrap();
            assert_eq!(found, covariance(x, unit, &Workers::serial()).unwrap());
            for i in 0..d {
                for j in 0..d {
                    let expected: f64 = (0..n)
                        .map(|row| {
                            let row = x.row(row);
                            let square: f64 =
                                row.iter().map(|v| f64::from(*v) * f64::from(*v)).sum();
                            let product = f64::from(row[i]) * f64::from(row[j]);
                            if unit { product / square } else { product }
                        })
                        .sum();
                    let error = (found[i * d + j] - expected).abs();
                    assert!(
                        error <= 1e-12 * found[0].abs().max(found[i * d + i]),
                        "{error}"
                    );
                    assert_eq!(found[i * d + j].to_bits(), found[j * d + i].to_bits());
                }
            }
        }
    }

    #[test]
    fn rows_without_direction_count_only_as_they_are() {
        let x = Matrix::new(&[0_i8, 0, 3, 4], 2, 2).unwrap();
        let sum = covariance(x, false, &Workers::serial()).unwrap();
        assert_eq!(sum, [9.0, 12.0, 12.0, 16.0]);
        let error = covariance(x, true, &Workers::serial()).unwrap_err();
        assert!(error.to_string().ends_with("X[0] is all zeros"));
    }
}
