//! The matrix of similarities or distances of rows, in one pass: scaled, multiplied, turned into the metric, mirrored.

use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::product::{Corner, Finish};
use crate::simd::Target;

use super::both::Both;
use super::directions::directions;
use super::distances::distances;
use super::metric::Metric;
use super::real::{Embedding, Real};
use super::rows::{Argument, longest};

/// Writes the metric of every row of `x` with every row of `y`, or of `x`, to `out`, row-major.
///
/// With `x` alone only half is computed, and the result is exactly symmetric, its diagonal exact. Rows are shifted and scaled
/// while they are packed: no copy of `x` is made. Distances far smaller than the rows are long, and angles near zero or half
/// a turn, are computed again from the differences of the rows.
///
/// # Errors
/// Refuses NaN and infinity, rows of zeros where a direction is needed, and rows so long that a result might not fit.
pub fn similarity_matrix<E: Embedding>(
    x: Matrix<'_, E>,
    y: Option<Matrix<'_, E>>,
    metric: Metric,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    ensure(y.is_none_or(|y| y.n_columns() == x.n_columns()), || {
        format!(
            "X and Y must have as many columns: {} and {}",
            x.n_columns(),
            y.map_or(0, |y| y.n_columns())
        )
    })?;
    let x = Argument { name: "X", rows: x };
    let y = y.map(|rows| Argument { name: "Y", rows });
    match metric {
        Metric::Cosine | Metric::Angular => directions(x, y, metric, out, workers),
        Metric::Dot => dots(x, y, out, workers),
        _ => distances(x, y, metric, out, workers),
    }
}

fn dots<E: Embedding>(
    x: Argument<'_, E>,
    y: Option<Argument<'_, E>>,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    let both = Both::new(x, y, |rows| rows.squared_norms(workers))?;
    // By the Cauchy-Schwarz inequality no sum on the way to a product is larger than that of the norms.
    let limit = match &both.y {
        Some((_, norms)) => E::Real::LARGEST / longest(norms).max(1.0),
        None => E::Real::LARGEST.sqrt(),
    };
    x.refuse_longer(&both.x.1, limit, "products")?;
    let ones = filled(1.0, both.x.1.len().max(both.right().1.len()))?;
    both.multiply(&[], (&ones, &ones), &Products, out, workers)
}

/// The products as they are.
struct Products;

impl<R: Real> Finish<R> for Products {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(&self, _: Corner, _: &mut [[R; N]; M]) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, n_columns: usize) -> Vec<f32> {
        (0..n * n_columns)
            .map(|at| ((at * 7919) % 1009) as f32 / 500.0 - 1.0)
            .collect()
    }

    fn matrix_of<E: Embedding>(
        (x, n): (&[E], usize),
        y: Option<(&[E], usize)>,
        metric: Metric,
    ) -> Vec<E::Real> {
        let d = x.len() / n;
        let rows = |(values, n)| Matrix::new(values, n, d).unwrap();
        let mut out = vec![E::Real::default(); n * y.map_or(n, |(_, m)| m)];
        let workers = Workers::new(2, &|| false);
        similarity_matrix(rows((x, n)), y.map(rows), metric, &mut out, &workers).unwrap();
        out
    }

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    }

    #[test]
    fn dots_are_sums_of_products_and_symmetric_across_tiles() {
        let (n, d) = (600, 5);
        let x = rows(n, d);
        let out = matrix_of((&x, n), None, Metric::Dot);
        for i in (0..n).step_by(37) {
            for j in 0..n {
                let expected = dot(&x[i * d..][..d], &x[j * d..][..d]);
                assert!((f64::from(out[i * n + j]) - expected).abs() < 1e-5);
                assert_eq!(out[i * n + j].to_bits(), out[j * n + i].to_bits());
            }
        }
    }

    #[test]
    fn one_side_and_two_sides_agree_in_every_metric() {
        let (n, d) = (211, 7);
        let x = rows(n, d);
        for metric in [
            Metric::Cosine,
            Metric::Dot,
            Metric::Angular,
            Metric::Euclidean,
            Metric::SquaredEuclidean,
            Metric::Rbf { gamma: 0.3 },
        ] {
            let one = matrix_of((&x, n), None, metric);
            let two = matrix_of((&x, n), Some((&x, n)), metric);
            for (one, two) in one.iter().zip(&two) {
                assert!((one - two).abs() < 2e-6, "{metric:?}: {one} and {two}");
            }
        }
    }

    #[test]
    fn distances_of_near_rows_keep_their_digits() {
        let x = [1000.0_f32, 1.0, 1000.0, 1.0001, 3.0, 4.0];
        let out = matrix_of((&x, 3), None, Metric::Euclidean);
        let exact = f64::from(x[3]) - 1.0;
        assert!((f64::from(out[1]) / exact - 1.0).abs() < 1e-6);
        assert_eq!([out[0], out[4], out[8]], [0.0; 3]);
    }

    #[test]
    fn angles_of_near_and_opposite_rows_keep_their_digits() {
        let x = [1.0_f64, 0.0, 1.0, 1e-9, -1.0, 1e-9];
        let out = matrix_of((&x, 3), None, Metric::Angular);
        let small = 1e-9 / std::f64::consts::PI;
        assert!((out[1] / small - 1.0).abs() < 1e-6);
        assert!(((1.0 - out[2]) / small - 1.0).abs() < 1e-6);
    }

    #[test]
    fn cosine_does_not_depend_on_length() {
        let x = [1e-30_f32, 1e-30, 3e30, 3e30, 1.0, -1.0];
        let out = matrix_of((&x, 3), None, Metric::Cosine);
        let expected = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        for (value, expected) in out.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{out:?}");
        }
    }

    #[test]
    fn results_beyond_float32_are_refused() {
        let x = Matrix::new(&[1.0_f32, 1e20], 2, 1).unwrap();
        let error = similarity_matrix(x, None, Metric::Dot, &mut [0.0; 4], &Workers::serial());
        assert_eq!(
            error.unwrap_err().to_string(),
            "float32 cannot hold the products: X[1] has norm 1.000e20"
        );
    }
}
